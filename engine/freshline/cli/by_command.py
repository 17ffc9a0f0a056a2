"""The engine by commands: what pages want done, done by this very command line in other processes.

1. Whoever asks waits for a process of its own group, for so long and for so much output; then the
   whole group is ended. Options come first, then `--`: no selection is ever taken for an option.
2. A run goes on when whoever began it is gone: it has a session of its own, and writes to no pipe.
3. Errors come back as they were: code, message and help.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from freshline.catalog import By, Ended, Engine, Rows, Surveyed, Wanted
from freshline.cli.automation.watched import folders
from freshline.cli.compose import ACTOR, RUN
from freshline.cli.main import ERRORS
from freshline.cli.stamps import stamp
from freshline.codec import decode
from freshline.declare.files import list_files
from freshline.errors import (
    BusyError,
    DefinitionError,
    Diagnostic,
    FreshlineError,
    InternalError,
    ResourceError,
    TimedOutError,
)
from freshline.secrets import redacted

_SOON, _LATER, _LONG = 60.0, 600.0, 24 * 3600.0  # seconds
_MOST_OUTPUT = 64 * 1024 * 1024
_MOST_SAID = 4000
_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """An error as a command tells it."""

    code: str
    message: str
    help: str = ""
    problems: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a survey has to say of itself."""

    made_of: str
    data: tuple[str, ...]
    untraced: int


class CommandEngine:
    """The engine of the project below `root` in an environment."""

    def __init__(self, root: Path, environment: str) -> None:
        self._root, self._environment = root, environment
        self._data: tuple[str, ...] = ()
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._asking: set[subprocess.Popen[bytes]] = set()
        self._is_over = False

    def close(self) -> None:
        """End whatever is being asked; runs that were begun go on."""
        with self._lock:
            self._is_over = True
            asking = tuple(self._asking)
        for process in asking:
            _end(process)

    def stamp(self) -> str:
        """Return what the files look like that the last survey was made from."""
        return stamp(self._root, list_files(self._root), self._data)

    def folders(self) -> tuple[Path, ...]:
        """Return the folders in which something moves when that does."""
        return folders(self._root, self._data, has_code=False)

    def survey(self) -> Surveyed:
        """Have a survey made and kept."""
        out = self._asked(["catalog", "survey", "--part", "entries", "--json"], _LONG)
        made = decode(out, _Made)
        self._data = made.data
        return Surveyed(made.made_of, made.untraced > 0)

    def trace(self) -> None:
        """Have missing column lineage taken and kept."""
        self._asked(["catalog", "survey", "--part", "lineage", "--json"], _LONG)

    def plan(self, wanted: Wanted) -> Mapping[str, object]:
        """Return the plan in its published JSON shape."""
        with self._one_of_few():
            out = self._asked(["plan", "--json", *_how(wanted)], _LATER)
        return decode(out, dict[str, object])

    def apply(
        self, wanted: Wanted, plan_id: str, by: By, run: str, ended: Callable[[Ended], None]
    ) -> None:
        """Begin a run that nobody needs to wait for."""
        arguments = ["apply", "--quiet", "--yes", "--plan", plan_id, *_how(wanted)]
        said = tempfile.TemporaryFile()
        process = self._started(arguments, subprocess.DEVNULL, said, {ACTOR: by.actor, RUN: run})

        def wait() -> None:
            with said:
                code = process.wait()
                ended(Ended(code, _last_of(said)))

        threading.Thread(target=wait, name=f"run {run}", daemon=True).start()

    def cancel(self, run: str, by: By) -> None:
        """Ask a run that is under way to stop."""
        self._changed("cancel", ["--wait", "0"], [run], by)

    def pause(self, keys: Sequence[str], by: By) -> None:
        """Leave assets as they are."""
        self._changed("pause", [], keys, by)

    def resume(self, keys: Sequence[str], by: By) -> None:
        """End the pause of assets."""
        self._changed("resume", [], keys, by)

    def rollback(self, key: str, number: int, until: str | None, by: By) -> None:
        """Make an older version current and pin it."""
        end = ["--until", until] if until is not None else []
        self._changed("rollback", ["--yes", "--to", str(number), *end], [key], by)

    def unpin(self, key: str, by: By) -> None:
        """Let an asset follow its definition and inputs again."""
        self._changed("unpin", [], [key], by)

    def accept(self, key: str, check: str, by: By) -> None:
        """Take a failing check as it is, for the content that it failed on."""
        self._changed("check", [f"--accept={key}:{check}"], [], by)

    def rows(self, key: str, limit: int) -> Rows:
        """Return the first rows of an asset's current version."""
        with self._one_of_few():
            out = self._asked(["preview", "--typed", f"--limit={limit}", "--", key], _SOON)
        return decode(out, Rows)

    def _changed(self, verb: str, options: Sequence[str], words: Sequence[str], by: By) -> None:
        reason = [f"--reason={by.reason}"] if by.reason.strip() else []
        with self._one_of_few():
            self._asked([verb, *options, *reason, "--", *words], _SOON, {ACTOR: by.actor})

    def _one_of_few(self) -> "_Free":
        return _Free(self._free)

    def _asked(
        self, arguments: Sequence[str], seconds: float, more: Mapping[str, str] | None = None
    ) -> bytes:
        """Return what a command answers, or raise the error that it tells."""
        process = self._started(
            arguments, subprocess.PIPE, subprocess.PIPE, {ERRORS: "json", **(more or {})}
        )
        with self._lock:
            self._asking.add(process)
            is_over = self._is_over
        try:
            out, err = _heard(process, 0 if is_over else seconds)
        finally:
            _end(process)
            with self._lock:
                self._asking.discard(process)
        if process.returncode == 0:
            return out
        raise _error(err, arguments[0])

    def _started(
        self,
        arguments: Sequence[str],
        out: int,
        err: int | IO[bytes],
        more: Mapping[str, str],
    ) -> "subprocess.Popen[bytes]":
        place = ["-p", str(self._root), "--env", self._environment]
        command = [sys.executable, "-m", "freshline", *place, *arguments]
        try:
            return subprocess.Popen(
                command,
                cwd=self._root,
                env={**os.environ, "NO_COLOR": "1", **more},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise ResourceError(
                f"no process could be started: {error}", help="look at this machine's memory"
            ) from error


_: Callable[[Path, str], Engine] = CommandEngine


class _Free:
    """One of the few processes that may answer at one time; BusyError where all are busy."""

    def __init__(self, free: threading.BoundedSemaphore) -> None:
        self._free = free

    def __enter__(self) -> None:
        if not self._free.acquire(timeout=10):
            raise BusyError("too much is being asked at once", help="try again in a moment")

    def __exit__(self, *_: object) -> None:
        self._free.release()


def _how(wanted: Wanted) -> list[str]:
    flags = [f"--{flag}" for flag in ("only", "force") if getattr(wanted, flag)]
    return [*flags, "--", *([wanted.selection] if wanted.selection.strip() else [])]


def _heard(process: "subprocess.Popen[bytes]", seconds: float) -> tuple[bytes, bytes]:
    """Return all that a process writes until it ends; raise where that is too late or too much."""
    heard: dict[str, bytes] = {"out": b"", "err": b""}
    too_much = threading.Event()

    def listen(name: str, pipe: IO[bytes], most: int) -> None:
        heard[name] = pipe.read(most)
        if pipe.read(1):
            too_much.set()
            _end(process)

    assert process.stdout is not None and process.stderr is not None
    listeners = [
        threading.Thread(target=listen, args=("out", process.stdout, _MOST_OUTPUT), daemon=True),
        threading.Thread(target=listen, args=("err", process.stderr, _MOST_OUTPUT), daemon=True),
    ]
    with process.stdout, process.stderr:
        for listener in listeners:
            listener.start()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise TimedOutError(
                f"there was no answer within {seconds:g} seconds", help="ask for less, or again"
            ) from error
        finally:
            _end(process)
            for listener in listeners:
                listener.join()
    if too_much.is_set():
        raise ResourceError("the answer is too long", help="ask for less")
    return heard["out"], heard["err"]


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process with all that it began; one that has ended is left alone."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _error(said: bytes, verb: str) -> FreshlineError:
    """Return the error that a command tells in its last line."""
    text = said.decode(errors="replace").strip()
    try:
        told = decode(text.rpartition("\n")[2], _Problem)
    except ValueError:
        return InternalError(f"`freshline {verb}` failed: {redacted(text[-_MOST_SAID:])}")
    kinds = {kind.code: kind for kind in _kinds(FreshlineError)}
    kind = kinds.get(told.code, ResourceError)
    if issubclass(kind, DefinitionError):
        return kind(told.message, diagnostics=told.problems, help=told.help)
    return kind(told.message, help=told.help)


def _kinds(kind: type[FreshlineError]) -> list[type[FreshlineError]]:
    return [kind, *(deep for child in kind.__subclasses__() for deep in _kinds(child))]


def _last_of(said: IO[bytes]) -> str:
    said.seek(0, os.SEEK_END)
    said.seek(max(0, said.tell() - _MOST_SAID))
    return redacted(said.read().decode(errors="replace").strip())
