"""daemon: keep an environment fresh without being asked; of one project, or of several."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from importlib.metadata import entry_points
from pathlib import Path
from types import FrameType
from typing import Protocol, cast

import click

from freshline.cli.automation.attending import Attendant, stop_all
from freshline.cli.automation.launching import RunProcesses
from freshline.cli.automation.reloading import Reloading
from freshline.cli.compose import (
    LOGS,
    Project,
    RandomIds,
    SystemClock,
    actor,
    acts_in,
    automation_in,
    catalog_path,
    event_log,
)
from freshline.cli.options import common, said
from freshline.cli.scope import Scoped, scope_of
from freshline.cli.senses.sensing import Senses
from freshline.cli.several import Meant, meant_by, roots_of
from freshline.errors import BusyError, FencedError
from freshline.lineage.graph import Graph
from freshline.operate.daemon import Daemon
from freshline.operate.deciding import evaluate
from freshline.operate.telling import Telling
from freshline.operate.world import World
from freshline.ports import EventLog, Holder, Lease
from freshline.reconcile.facts import Facts
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Plan, Wish
from freshline.ticks import Automation, leadership

_STANDBY = 0.3  # seconds between two attempts to lead


class Pulse(Protocol):
    """A number that moves when somebody else changed the catalog, cheap to be asked for."""

    def __call__(self) -> int:
        """Return the number."""
        ...

    def close(self) -> None:
        """Let go of the catalog."""
        ...


@click.command()
@click.argument("folders", nargs=-1)
@click.option("--attended", is_flag=True, hidden=True)
@common
def daemon(folders: tuple[str, ...], attended: bool) -> int:
    """Keep everything fresh by itself, until Ctrl-C: what `up` does, without its pages.

    A second one of the same environment stands by, and takes over when the first is gone. FOLDERS
    are those of several projects, or one that holds several: each has a daemon of its own.
    """
    roots = roots_of(folders, said())
    environment = said().environment
    if len(roots) > 1:
        return _attended(meant_by(roots, environment), environment)
    (root,) = roots
    scoped = scope_of(root, environment)
    over = _until_told()
    if attended:
        threading.Thread(target=_until_alone, args=(over,), daemon=True).start()
    automate(root, scoped, over)
    return 0


def _attended(projects: Sequence[Meant], environment: str | None) -> int:
    """Attend to a daemon for each of several projects, until a signal says that it is enough."""
    over = _until_told()
    attendants = [Attendant(each.root, environment, each.name) for each in projects]
    _say(f"{', '.join(each.name for each in projects)} are kept fresh")
    for attendant in attendants:
        attendant.start()
    over.wait()
    stop_all(attendants)
    return 0


def _until_told() -> threading.Event:
    """Return what is set when a signal says that it is enough."""
    over = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        over.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return over


def automate(root: Path, scoped: Scoped, over: threading.Event) -> None:
    """Lead, as soon as nobody else does, and keep things fresh; until it is over."""
    with closing(event_log(root)) as log, closing(pulse_of(root)) as pulse:
        automation = automation_in(log)
        stands_by = False
        while not over.is_set():
            try:
                lease = log.acquire(leader_of(scoped.environment))
            except BusyError as error:
                if not stands_by:
                    _say(f"stands by: {error.message}")
                stands_by = True
                over.wait(_STANDBY)
                continue
            stands_by = False
            with suppress(FencedError):
                _lead(world_of(root, scoped, (log, automation, pulse)), lease, over)
            lease.release()


def _lead(world: World, lease: Lease, over: threading.Event) -> None:
    daemon = Daemon(world, lease)
    try:
        while not over.is_set():
            daemon.pass_by()
            daemon.rest(over.wait)
    finally:
        daemon.close()


def world_of(root: Path, scoped: Scoped, kept: tuple[EventLog, Automation, Pulse]) -> World:
    """Return all that the daemon of an environment deals with, over an opened catalog."""
    log, automation, pulse = kept
    named = None if scoped.is_first else scoped.environment
    clock = SystemClock()
    view = _View(root, scoped, log)
    senses = Senses(root, (scoped.project, scoped.environment), (log, automation), named)
    return World(
        project=scoped.project,
        environment=scoped.environment,
        events=log,
        automation=automation,
        clock=clock,
        pulse=pulse,
        definitions=Reloading(root, named),
        processes=RunProcesses(root, named, root / LOGS),
        look=view.look,
        seen=lambda graph, memories, _: senses.seen(graph, memories, clock.now()),
        stirs=senses.stirs,
        let_go=senses.close,
        evaluate=evaluate,
        is_live=view.is_live,
        new_id=RandomIds().new,
        say=_say,
        telling=Telling(acts_in(log), scoped.environment, _say),
    )


class _View:
    """What the daemon sees of a project, by one opened catalog."""

    def __init__(self, root: Path, scoped: Scoped, log: EventLog) -> None:
        self._root, self._scoped = root, scoped
        self._log = log
        self._project: Project | None = None

    def look(self, graph: Graph) -> tuple[Plan, Facts]:
        """Return the plan of everything, and the facts that it comes from."""
        if self._project is None or self._project.graph is not graph:
            self._project = Project(self._root, self._scoped.environment, graph, self._log)
        sight = self._project.sight
        seen = look(graph, self._root, self._scoped.environment, sight)
        return plan_from(seen, sight, Wish())

    def is_live(self, run: str) -> bool:
        """Say whether the process of a run is there: it shares the environment then."""
        holders = self._log.holders(f"apply:{self._scoped.environment}")
        return any(holder.run == run for holder in holders)


def leader_of(environment: str) -> Holder:
    """Return who we are when we lead an environment."""
    return Holder(
        name=leadership(environment),
        actor=actor(),
        host=socket.gethostname(),
        pid=os.getpid(),
        since=time.time(),
        purpose="automation",
    )


def pulse_of(root: Path) -> Pulse:
    """Return what tells that somebody else changed the catalog."""
    (found,) = entry_points(group="freshline.pulses", name="sqlite")
    return cast(Pulse, found.load()(catalog_path(root)))


def _until_alone(over: threading.Event) -> None:
    """Wait until whoever began this process is gone: then nobody holds the other end."""
    with suppress(OSError, ValueError):
        while sys.stdin.buffer.read(4096):
            pass
    over.set()


def _say(words: str) -> None:
    with suppress(OSError, ValueError):  # nobody need listen
        click.echo(words, err=True)
