"""daemon: keep an environment fresh without being asked; of one project, or of several."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast

import click

from freshline.bell import Bell, Watch
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
from freshline.cli.folders import Meant, meant_by, roots_of
from freshline.cli.options import common, said
from freshline.cli.scope import Scoped, scope_of
from freshline.cli.senses.sensing import Senses
from freshline.errors import BusyError, FencedError
from freshline.lineage.graph import Graph
from freshline.operate.daemon import Daemon
from freshline.operate.deciding import evaluate
from freshline.operate.telling import Telling
from freshline.operate.world import World
from freshline.ports import EventLog, Holder
from freshline.reconcile.facts import Facts
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Plan, Wish
from freshline.ticks import Automation, leadership

_STANDBY = 0.3  # seconds between two attempts to lead


class Pulse(Protocol):
    """A number that moves when somebody else changed the catalog, cheap to be asked for."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders in which a file is written to just before it moves."""
        ...

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
    over, bell = threading.Event(), Bell()
    end = _until_told(over, bell)
    if attended:
        threading.Thread(target=_until_alone, args=(end,), daemon=True).start()
    automate(root, scoped, over, bell)
    return 0


def _attended(projects: Sequence[Meant], environment: str | None) -> int:
    """Attend to a daemon for each of several projects, until a signal says that it is enough."""
    over, bell = threading.Event(), Bell()
    _until_told(over, bell)
    attendants = [Attendant(each.root, environment, each.name) for each in projects]
    _say(f"{', '.join(each.name for each in projects)} are kept fresh")
    for attendant in attendants:
        attendant.start()
    over.wait()
    stop_all(attendants)
    return 0


def _until_told(over: threading.Event, bell: Bell) -> Callable[[], None]:
    """Return what says that it is over, as signals do from now on."""

    def end(*_: object) -> None:
        over.set()
        bell.ring()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return end


def automate(root: Path, scoped: Scoped, over: threading.Event, bell: Bell) -> None:
    """Lead, as soon as nobody else does, and keep things fresh; until it is over.

    Whoever says that it is over rings the bell.
    """
    with ExitStack() as opened:
        log = opened.enter_context(closing(event_log(root)))
        pulse = opened.enter_context(closing(pulse_of(root)))
        watch = opened.enter_context(closing(Watch()))
        watch.over(pulse.folders)
        bell.hears(watch)
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
                world = world_of(root, scoped, (log, automation, pulse), bell)
                _lead(Daemon(world, lease), over, bell)
            lease.release()


def _lead(daemon: Daemon, over: threading.Event, bell: Bell) -> None:
    try:
        while not over.is_set():
            daemon.pass_by()
            bell.wait(daemon.patience())
    finally:
        daemon.close()


def world_of(
    root: Path, scoped: Scoped, kept: tuple[EventLog, Automation, Pulse], bell: Bell
) -> World:
    """Return all that the daemon of an environment deals with, over an opened catalog.

    The bell rings when something of it stirs.
    """
    log, automation, pulse = kept
    named = None if scoped.is_first else scoped.environment
    clock = SystemClock()
    view = _View(root, scoped, log)
    scope = (scoped.project, scoped.environment)
    senses = Senses(root, scope, (log, automation), named, rouse=bell.ring)
    return World(
        project=scoped.project,
        environment=scoped.environment,
        events=log,
        automation=automation,
        clock=clock,
        pulse=pulse,
        definitions=Reloading(root, named, bell),
        processes=RunProcesses(root, named, root / LOGS, bell),
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


def _until_alone(end: Callable[[], None]) -> None:
    """Wait until whoever began this process is gone: then nobody holds the other end."""
    with suppress(OSError, ValueError):
        while sys.stdin.buffer.read(4096):
            pass
    end()


def _say(words: str) -> None:
    with suppress(OSError, ValueError):  # nobody need listen
        click.echo(words, err=True)
