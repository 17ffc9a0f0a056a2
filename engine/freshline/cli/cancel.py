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
from freshline.events import RunCancelRequested, RunFinished
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
    """Stop the apply that is under way here, or of several RUN."""
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
    there = log.holders(name)
    if not there:
        words = f"nothing is running in {environment}"
        if asked is not None:
            words = f"run {asked} has ended already"
        return {"run": asked, "outcome": "not running"}, words, 0
    holder = _meant(project, there, asked)
    _refuse_others(holder, environment)
    begun = log.events(run=holder.run, limit=1) if holder.run else ()
    current = holder.run if begun else None
    if current is not None:
        event = RunCancelRequested(
            at=project.sight.clock.now(), run=current, actor=actor(), reason=reason
        )
        log.append([event])
    if holder in log.holders(name):  # still there
        _interrupt(holder)
    return _waited(log, holder, current, wait)


def _meant(project: Project, there: tuple[Holder, ...], asked: str | None) -> Holder:
    """Return who is to be stopped: the one whose run was asked for, or the only apply."""
    environment = project.environment
    applies = [h for h in there if h.purpose == "apply"] or list(there)
    if asked is not None:
        for holder in there:
            if holder.run == asked:
                return holder
        runs = ", ".join(h.run or "another one, which has not begun a step yet" for h in applies)
        be = "it is" if len(applies) == 1 else "they are"
        raise UsageError(
            f"run {asked} is not under way", help=f"in {environment} {be} {runs}; see `runs`"
        )
    if len(applies) > 1:
        runs = ", ".join(f"{h.run} of {h.actor}" for h in applies)
        raise UsageError(
            f"{len(applies)} applies are under way in {environment}", help=f"say which: {runs}"
        )
    return applies[0]


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
    while holder in log.holders(holder.name):
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
