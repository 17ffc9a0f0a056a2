"""The log of one run: a file of JSON lines, written while it goes, for people who look later.

Each line is one write, so a run that is killed loses at most the line under way. A disk that is
full or cannot be written ends the log and never the run. What counts is in the catalog: this file
may be deleted at any time, and those of the last runs only are kept.
"""

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from freshline.calls import Line
from freshline.codec import encode
from freshline.errors import CodeError, FreshlineError
from freshline.execute.deadline import duration
from freshline.execute.run import FINAL, Status
from freshline.execute.runner import Progress, RunReport
from freshline.ports import Clock
from freshline.reconcile.facts import Facts
from freshline.reconcile.planned import Plan
from freshline.secrets import redacted

KEPT = 200
SLOW = 60.0
MOST = 100_000_000  # bytes of what the code of one attempt says
_LINE = 150  # bytes of a line beside what is said, about
_SUFFIX = ".jsonl"
_LEVELS: Mapping[Status, str] = {
    Status.RETRYING: "warning",
    Status.FAILED: "error",
    Status.SKIPPED: "warning",
    Status.CANCELLED: "warning",
}
# What code calls its levels, as we do.
_SAID: Mapping[str, str] = {
    "debug": "debug",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
    "critical": "error",
    "fatal": "error",
}
# Colours and the like, which only a terminal understands; and what no text holds.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

Redact = Callable[[str], str]


class RunLog:
    """Writes what happens in a run to `folder`/RUN.jsonl; without a folder to nowhere.

    Every text passes through `redact` before it is written. Of what the code of one attempt says
    the first `most` bytes are kept. Safe to call from several threads, for one asset from one.
    """

    def __init__(
        self,
        folder: Path | None,
        run: str,
        clock: Clock,
        redact: Redact = redacted,
        *,
        most: int = MOST,
    ) -> None:
        self._run = run
        self._clock = clock
        self._redact = redact
        self._most = most
        self._said: dict[str, int] = {}  # bytes that the code of an attempt has said
        self._done: dict[str, tuple[float, str]] = {}  # how far it said that it was
        self._file: int | None = None
        if folder is None:
            return
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            forget_old(folder, KEPT - 1)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._file = os.open(folder / f"{run}{_SUFFIX}", flags, 0o666)

    def began(self, plan: Plan, facts: Facts, actor: str, command: str) -> None:
        """Write who began what."""
        steps = len(plan.steps)
        message = f"{command} by {actor}: {steps} step{'' if steps == 1 else 's'}"
        self._write(
            "run_started",
            message,
            environment=facts.environment,
            plan_id=plan.plan_id,
            actor=actor,
            command=command,
            steps=steps,
        )
        for warning in plan.warnings:
            self._write("plan_warning", warning, level="warning")

    def progress(self, now: Progress, place: str) -> None:
        """Write that a step began, waits, was put off or ended; `place` is its declaration's."""
        if now.status is Status.RUNNING:
            self._said.pop(now.asset, None)
            self._done.pop(now.asset, None)
            message = "started" if now.attempt == 1 else f"started again, attempt {now.attempt}"
            self._write("step_started", message, asset=now.asset, attempt=now.attempt)
            return
        ended = now.status in FINAL
        put_off = "step_queued" if now.status is Status.QUEUED else "step_retried"
        self._write(
            "step_ended" if ended else put_off,
            _sentence(now),
            level=_LEVELS.get(now.status, "info"),
            asset=now.asset,
            status=now.status.value,
            attempt=now.attempt if now.status not in (Status.SKIPPED, Status.CANCELLED) else None,
            rows=now.rows,
            seconds=round(now.seconds, 3) if now.seconds else None,
            wait=round(now.wait, 3) if now.wait is not None else None,
            **_told(now.error, place),
        )
        for check in now.checks:
            self._write(
                "check_failed",
                f"check {check.name}: {check.error or _failing(check.failing)}",
                level="error" if check.severity.value == "block" else "warning",
                asset=now.asset,
                check=check.name,
                failing=check.failing,
            )
        if ended and now.seconds >= SLOW:
            message = f"took {duration(now.seconds)}"
            self._write("step_slow", message, level="warning", asset=now.asset)

    def line(self, asset: str, line: Line) -> None:
        """Write what the code of an asset says; progress where it differs from what it said."""
        text = _CONTROLS.sub(" ", _ESCAPES.sub("", line.text.rstrip("\r\n")))
        if line.source != "progress":
            self._say("code_line", asset, text, line)
            return
        done = round(min(max(line.done or 0.0, 0.0), 1.0), 2)
        if self._done.get(asset) != (done, text):
            self._done[asset] = (done, text)
            self._say("code_progress", asset, text, line, done)

    def _say(
        self, event: str, asset: str, text: str, line: Line, done: float | None = None
    ) -> None:
        """Write a line of code while its attempt may say more, and once that it may not."""
        said = self._said.get(asset, 0)
        if said > self._most:
            return
        said += len(text.encode("utf-8", "replace")) + _LINE
        self._said[asset] = said
        if said <= self._most:
            self._write(
                event,
                text,
                level=_SAID.get(line.level.lower(), "info"),
                time=self._moment(line.at),
                asset=asset,
                source=line.source,
                done=done,
            )
            return
        most = f"{self._most / 1_000_000:,.0f} MB"
        message = f"its code says more than {most} in this attempt: the rest is left out"
        self._write("code_cut", message, level="warning", asset=asset)

    def ended(self, report: RunReport) -> None:
        """Write how the run ended."""
        counts: dict[str, int] = {}
        for status in report.status.values():
            counts[status.value] = counts.get(status.value, 0) + 1
        words = ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
        level = "info" if report.outcome.value == "succeeded" else "error"
        self._write("run_finished", f"{report.outcome}: {words}", level=level, counts=counts)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None

    def _moment(self, at: float) -> str:
        """Return a moment that code told as it is written; now, where there is no such moment."""
        try:
            return _iso(at)
        except (ValueError, OverflowError, OSError):
            return _iso(self._clock.now())

    def _write(self, event: str, message: str, *, level: str = "info", **fields: object) -> None:
        if self._file is None:
            return
        line: dict[str, object] = {
            "time": _iso(self._clock.now()),
            "level": level,
            "event": event,
            "run": self._run,
            "message": message,
            **{name: value for name, value in fields.items() if value is not None},
        }
        shown = {k: self._redact(v) if isinstance(v, str) else v for k, v in line.items()}
        try:
            os.write(self._file, encode(shown) + b"\n")
        except OSError:
            self.close()


def _iso(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def forget_old(folder: Path, keep: int) -> None:
    """Remove all but the newest logs; their names sort by time."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(_SUFFIX))
    for name in names[: max(len(names) - keep, 0)]:
        with suppress(OSError):
            os.unlink(folder / name)


def _sentence(now: Progress) -> str:
    parts = [] if now.status is Status.RETRYING else [now.status.value]
    if now.rows is not None:
        parts.append(f"{now.rows:,} rows")
    if now.status is Status.BUILT:
        parts.append(duration(now.seconds))
    if now.note:
        parts.append(now.note)
    words = ", ".join(parts)
    return f"{words}: {now.error.code} {now.error.message}" if now.error is not None else words


def _told(error: FreshlineError | None, place: str) -> dict[str, object]:
    if error is None:
        return {}
    where = str(error.span) if error.span is not None else place
    trace = error.trace if isinstance(error, CodeError) and error.trace else None
    return {
        "code": error.code,
        "error": error.message,
        "help": error.help,
        "place": where,
        "trace": trace,
    }


def _failing(count: int) -> str:
    return f"{count} failing row{'' if count == 1 else 's'}"
