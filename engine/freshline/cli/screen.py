"""What an apply shows: its plan, its steps as they end, what runs now, and how it ended."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

import click

from freshline.cli.checking import failures_text
from freshline.cli.compose import Project, terminal_width
from freshline.cli.layout import folded
from freshline.cli.render import (
    aside_lines,
    diagnostics_text,
    error_text,
    held_lines,
    plan_text,
    progress_text,
    standing_text,
)
from freshline.cli.tracing import excerpt_lines
from freshline.errors import CodeError
from freshline.events import Outcome
from freshline.execute.apply import Applied, succeeded
from freshline.execute.deadline import duration
from freshline.execute.run import FINAL, Status
from freshline.execute.runner import Progress
from freshline.reconcile.checks import Standing
from freshline.reconcile.planned import Plan, report
from freshline.secrets import redacted

_COLORS = {"fresh": "green", "stale": "yellow", "maybe stale": "yellow", "missing": "red"}
_COLORS["fresh*"] = "green"  # by a guess at its sources
_LONGEST_NAME = 48


class Screen:
    """What a run shows while it goes: lines as steps end, and on a terminal a line that counts."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._live = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._running: dict[str, None] = {}
        self._waiting: dict[str, None] = {}
        self._queued: dict[str, None] = {}
        self._widest = self._covered = 0
        self._place: Callable[[str], object] = str

    def plan(self, project: Project, made: Plan) -> None:
        """Show what will be done, and what is set aside."""
        self._widest = min(max((len(s.asset) for s in made.steps), default=0), _LONGEST_NAME)
        graph = project.graph

        def place(key: str) -> object:
            declared = key in graph.assets or key in graph.sources
            return graph.span_of(key) if declared else "not declared any more"

        self._place = place
        if self._quiet:
            return
        if made.steps or made.renamed:
            click.echo(plan_text(made, project.declared, terminal_width(2)), err=True)
        broken = [d for d in made.problems if d.severity == "error"]
        if broken:
            click.echo(diagnostics_text(broken), err=True)

    def progress(self, now: Progress) -> None:
        """Show that a step began, was put off or ended."""
        if self._quiet:
            return
        self._running.pop(now.asset, None)
        self._waiting.pop(now.asset, None)
        self._queued.pop(now.asset, None)
        if now.status is Status.RUNNING:
            self._running[now.asset] = None
        else:
            self._ended(now)
        if now.status is Status.RETRYING:
            self._waiting[now.asset] = None
        if now.status is Status.QUEUED:
            self._queued[now.asset] = None
        going_on = _going_on(self._running, self._waiting, self._queued)
        if self._live and going_on:
            room = shutil.get_terminal_size().columns - 1
            text = f"  {now.done}/{now.total} {going_on}"
            self._clear()
            click.echo(text[:room], nl=False, err=True)
            self._covered = len(text[:room])

    def done(self) -> None:
        """Clear the line that counts."""
        self._clear()

    def _ended(self, now: Progress) -> None:
        room = len(str(now.total))
        place = f"{now.done:>{room}}/{now.total}" if now.status in FINAL else " " * (2 * room + 1)
        detail = _detail(now)
        name = now.asset.ljust(self._widest) if detail else now.asset
        self._line(progress_text(now.status, name, detail, place))
        if now.checks:
            self._line(failures_text(now.checks, 6))
        if now.error is not None and now.status is Status.FAILED:
            trace = now.error.trace if isinstance(now.error, CodeError) else ""
            where = excerpt_lines(trace, f"all of it: `freshline logs {now.asset}`")
            self._line(_indented(error_text(now.error, where)))
            if now.error.span is None and not now.checks and not where:
                self._line(f"        {click.style(str(self._place(now.asset)), fg='cyan')}")
        elif now.error is not None and now.status is Status.RETRYING:
            self._line(_indented(f"{now.error.code} {now.error.message}"))

    def _line(self, text: str) -> None:
        self._clear()
        click.echo(text, err=True)

    def _clear(self) -> None:
        """Wipe the line that counts with spaces: every terminal understands them."""
        if self._covered:
            click.echo(f"\r{' ' * self._covered}\r", nl=False, err=True)
            self._covered = 0


def show_outcome(applied: Applied, seconds: float) -> None:
    """Say how an apply ended, in one line, behind what stays wrong."""
    ended = applied.report
    for problem in (*applied.problems, *applied.left_out):
        click.secho(f"warning: {problem}", fg="yellow", err=True)
    if ended is None:
        for found in applied.plan.failing:
            click.echo(standing_text(found), err=True)
        for line in held_lines(applied.plan, with_end=True):
            click.echo(line, err=True)
        for warning in applied.plan.warnings:
            click.echo(f"  {click.style('warning', fg='yellow')} {warning}", err=True)
        for line in aside_lines(applied.plan, terminal_width(2)):
            click.echo(line, err=True)
        total = len(applied.plan.fresh)
        rest = _aside(applied) + _failing(applied)
        held = (("pinned", applied.plan.pinned), ("paused", applied.plan.paused))
        rest += "".join(f", {len(kept)} {word}" for word, kept in held if kept)
        stale = any(each.reasons for _, kept in held for each in kept)
        words = "nothing else is stale" if stale or applied.plan.quarantined else "nothing is stale"
        if applied.plan.quarantined and not total:
            words, rest = "nothing was done", rest.removeprefix(", ")
            click.secho(f"{words}: {rest}", fg="yellow")
            return
        click.secho(f"{words}: {total} fresh{rest}", fg="yellow" if rest else "green")
        return
    counts = ((status.value, ended.count(status)) for status in FINAL)
    words = ", ".join(f"{n} {name}" for name, n in sorted(counts) if n)
    color = {Outcome.SUCCEEDED: "green", Outcome.FAILED: "red"}.get(ended.outcome, "yellow")
    if bad := _failing(applied) + _aside(applied):
        words, color = words + bad, "yellow" if color == "green" else color
    click.secho(f"{ended.outcome} in {seconds:.1f} s: {words}   run {ended.run}", fg=color)


def _aside(applied: Applied) -> str:
    aside = len(applied.plan.quarantined)
    return f", {aside} set aside" if aside else ""


def _without_run(applied: Applied) -> Outcome:
    return Outcome.SUCCEEDED if succeeded(applied) else Outcome.FAILED


def outcome(applied: Applied) -> dict[str, object]:
    """Return how an apply ended, as JSON says it."""
    ended = applied.report
    return {
        "version": 1,
        "plan_id": applied.plan.plan_id,
        "run": ended.run if ended else None,
        "outcome": ended.outcome if ended else _without_run(applied),
        "steps": [
            {
                "asset": key,
                "status": status,
                "error": _error(ended.errors.get(key)) if ended else None,
            }
            for key, status in (ended.status.items() if ended else ())
        ],
        "fresh": [fresh.asset for fresh in applied.plan.fresh],
        "quarantined": applied.plan.quarantined,
        **{name: report(applied.plan)[name] for name in ("pinned", "paused", "failing")},
        "problems": list(applied.problems),
        "left_out": list(applied.left_out),
    }


def status_lines(
    rows: Sequence[Mapping[str, object]], failing: Iterable[Standing], width: int | None
) -> list[str]:
    """Return a line for each asset and check that is worth one, in columns."""
    widest = min(max((len(str(row["asset"])) for row in rows), default=0), _LONGEST_NAME)
    lines: list[str] = []
    for row in rows:
        word, asset = str(row["status"]), str(row["asset"])
        mark = click.style(f"{word:<11}", fg=_COLORS.get(word, "red"))
        name = asset.ljust(widest)
        head = f"{mark} {name}  "
        lines += folded(head, str(row["why"]), indent=len(name) + 14, width=width)
        for more in ("held_back", "failure"):
            if row[more]:
                label = click.style(f"{more.replace('_', ' '):<11}", fg="red")
                lines += folded(f"{label} ", str(row[more]), indent=12, width=width)
    return [*lines, *(standing_text(found).lstrip() for found in failing)]


def _going_on(running: Iterable[str], waiting: Iterable[str], queued: Iterable[str]) -> str:
    named = (("running", running), ("retrying", waiting), ("queued", queued))
    parts = [(word, ", ".join(keys)) for word, keys in named]
    return ", ".join(f"{word} {names}" for word, names in parts if names)


def _detail(now: Progress) -> str:
    parts: list[str] = []
    if now.rows is not None:
        parts.append(f"{now.rows:,} row{'' if now.rows == 1 else 's'}")
    if now.status is Status.BUILT:
        parts.append(f"{now.seconds:.2f} s" if now.seconds < 100 else duration(now.seconds))
    if now.note:
        parts.append(now.note)
    return "  ".join(parts)


def _failing(applied: Applied) -> str:
    """Count the checks that are known to fail on what stays as it is, and that nobody accepted."""
    bad = sum(found.blocks for found in applied.plan.failing)
    return f", {bad} failing check{'' if bad == 1 else 's'}" if bad else ""


def _error(error: Exception | None) -> dict[str, str] | None:
    code = getattr(error, "code", "")
    return None if error is None else {"code": code, "message": redacted(str(error))}


def _indented(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        words = line.lstrip()
        indent = 6 + len(line) - len(words)
        lines += folded(" " * indent, words, indent=indent, width=terminal_width(2))
    return "\n".join(lines)
