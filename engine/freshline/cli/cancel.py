"""cancel: ask the apply that is under way, in whatever terminal, to stop."""

import os
import signal
import socket
import time

import click

from freshline.cli.compose import Project, actor, opened
from freshline.cli.options import as_json, common, said
from freshline.cli.records import one_run
from freshline.codec import encode
from freshline.errors import DeniedError, ResourceError, UsageError
from freshline.events import Recorded, RunCancelRequested, RunFinished, RunStarted
from freshline.ports import EventLog, Holder

_LOOK = 0.05  # seconds between two looks whether it has ended


@click.command()
@click.argument("run", required=False)
@click.option("--reason", default="", metavar="TEXT", help="Why; it goes on record.")
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    help="For how many seconds to wait until it has ended.",
)
@as_json
@common
def cancel(run: str | None, reason: str, wait: float, as_json: bool) -> int:
    """Stop the apply that is under way here, or RUN if it is that one."""
    with opened(said()) as project:
        answer, words, code = _cancelled(project, run, reason, wait)
    if as_json:
        click.echo(encode({"version": 1, **answer}))
    else:
        click.echo(words)
    return code


def _cancelled(
    project: Project, run: str | None, reason: str, wait: float
) -> tuple[dict[str, object], str, int]:
    """Return what came of it, for programs and for people, and the exit code."""
    log, environment = project.sight.events, project.environment
    name = f"apply:{environment}"
    started = log.runs(project.graph.project.name, 10_000)
    asked = one_run(started, run).event.run if run is not None else None
    holder = log.holder(name)
    if holder is None:
        words = f"nothing is running in {environment}"
        if asked is not None:
            words = f"run {asked} has ended already"
        return {"run": asked, "outcome": "not running"}, words, 0
    current = _current(project, started, holder)
    if asked is not None and asked != current:
        there = current or "another one, which has not begun a step yet"
        raise UsageError(
            f"run {asked} is not under way", help=f"in {environment} it is {there}; see `runs`"
        )
    _refuse_others(holder, environment)
    if current is not None:
        event = RunCancelRequested(
            at=project.sight.clock.now(), run=current, actor=actor(), reason=reason
        )
        log.append([event])
    if log.holder(name) == holder:  # still the one that was looked at
        _interrupt(holder)
    return _waited(log, holder, current, wait)


def _current(project: Project, started: tuple[Recorded, ...], holder: Holder) -> str | None:
    """Return the run that the holder has begun, None where it is planning still."""
    for entry in started:
        event = entry.event
        if isinstance(event, RunStarted) and event.environment == project.environment:
            return event.run if event.at >= holder.since else None
    return None


def _refuse_others(holder: Holder, environment: str) -> None:
    if holder.purpose != "apply":
        raise UsageError(
            f"{environment} is held by {holder.purpose}, not by an apply",
            help="it ends by itself; only an apply is cancelled",
        )
    if holder.host != socket.gethostname():
        raise UsageError(
            f"the apply in {environment} runs on {holder.host}, this is {socket.gethostname()}",
            help=f"run freshline cancel there; it is process {holder.pid}, of {holder.actor}",
        )


def _interrupt(holder: Holder) -> None:
    try:
        os.kill(holder.pid, signal.SIGINT)
    except ProcessLookupError:
        return  # it ended in this moment
    except PermissionError as error:
        raise DeniedError(
            f"process {holder.pid} belongs to {holder.actor}", help=f"ask {holder.actor} to stop it"
        ) from error


def _waited(
    log: EventLog, holder: Holder, run: str | None, wait: float
) -> tuple[dict[str, object], str, int]:
    """Wait until the holder has let go, and say how its run ended; 0 is for who does not wait."""
    if wait == 0:
        what = f"run {run}" if run is not None else f"the apply by {holder.actor}"
        return {"run": run, "outcome": "asked"}, f"{what} was asked to stop", 0
    until = time.monotonic() + wait
    while log.holder(holder.name) == holder:
        if time.monotonic() >= until:
            raise ResourceError(
                f"process {holder.pid} was asked to stop and has not ended in {wait:g} s",
                help="a step that is publishing ends first; ask again, or wait longer with --wait",
            )
        time.sleep(_LOOK)
    if run is None:
        words = f"stopped before its first step: an apply by {holder.actor}"
        return {"run": None, "outcome": "cancelled"}, words, 0
    entries = log.events(run=run, limit=1_000_000)
    end = next((e.event for e in entries if isinstance(e.event, RunFinished)), None)
    outcome = end.outcome.value if end else "not finished"
    counts = ", ".join(f"{n} {status}" for status, n in sorted(end.counts.items())) if end else ""
    words = f"run {run} {outcome}{f': {counts}' if counts else ''}"
    return {"run": run, "outcome": outcome, "counts": dict(end.counts) if end else {}}, words, 0
