"""The process of a run that was asked for: it waits for its run, looks it up, and carries it out.

    python -m freshline.cli.automation.carrying ROOT [ENVIRONMENT]

The id of the run comes in one line on standard input. Where that ends instead, nothing happens. The
catalog says what was asked for, and whose it is: a run that was given to another process meanwhile
is none of ours.

Whoever waits has read the project already. When the run is there it is only asked whether that is
still how it is; and no more of the world is looked at than what the run hangs on.
"""

import gc
import math
import os
import sys
from contextlib import closing, suppress
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

from freshline.cli.compose import (
    ACTOR,
    LOGS,
    STATE,
    Project,
    automation_in,
    event_log,
    graph_of,
    holder,
)
from freshline.cli.options import Common
from freshline.cli.select import selected
from freshline.errors import BusyError, DefinitionError, FreshlineError
from freshline.events import Outcome
from freshline.execute.apply import Applied, Order, apply
from freshline.execute.in_line import in_line
from freshline.execute.rounds import apply_in_rounds
from freshline.execute.runner import Patience
from freshline.lineage.cache import Foreseen, foreseen
from freshline.operate.world import BUSY
from freshline.ports import EventLog
from freshline.reconcile.planned import Wish
from freshline.ticks import Mover, Request, RequestState

RECOVER = "recover"
_SHOWN = 8
_CODES = {Outcome.SUCCEEDED: 0, Outcome.CANCELLED: 130}


def main() -> None:
    """Wait for a line, then do what it says; leave as `apply` does, with 75 where it must wait."""
    root = Path(sys.argv[1])
    environment = sys.argv[2] if len(sys.argv) > 2 else None
    log = _ready(root)
    early = _early(root, environment, log)
    line = sys.stdin.readline().strip()
    if not line:
        return
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _write_to(root, line)
    try:
        with closing(log):
            project = _project(root, environment, log, early)
            code = recovered(project) if line == RECOVER else carried_out(project, line)
    except BusyError as error:
        _say(error)
        code = BUSY
    except FreshlineError as error:
        _say(error)
        code = 1
    sys.exit(code)


def carried_out(project: Project, run: str) -> int:
    """Carry out a run that was given to this process; return the exit code that `apply` would."""
    scope = (project.graph.project.name, project.environment)
    automation = automation_in(project.sight.events)
    found = [each for each in automation.requests(*scope) if each.request.run == run]
    if not found or found[0].state is not RequestState.LAUNCHED or found[0].pid != os.getpid():
        return 0
    request = found[0].request
    os.environ[ACTOR] = actor_of(request)
    if project.graph.project.strict and project.graph.failed:
        sys.stderr.write(f"nothing was done: the environment {scope[1]} is strict\n")
        return 1
    applied = _applied(project, request)
    if applied.report is None:
        return 1 if applied.problems else 0
    return _CODES.get(applied.report.outcome, 1)


class _Early(NamedTuple):
    """The project as it was when there was no hurry."""

    foreseen: Foreseen
    project: Project


def _early(root: Path, environment: str | None, log: EventLog) -> _Early | None:
    """Read what the cache and the catalog hold; None where there is nothing to be used yet."""
    found = foreseen(root, environment, root / STATE / "cache")
    if found is None or not found.whole.graph.project.name:
        return None
    graph = found.whole.graph
    project = Project(root, environment or graph.project.environments[0], graph, log)
    with suppress(FreshlineError):  # it will be met again when it matters
        project.sight.events.snapshot(graph.project.name, project.environment)
    gc.collect()
    gc.freeze()  # all this lives to the end
    return _Early(found, project)


def _project(
    root: Path, environment: str | None, log: EventLog, early: _Early | None = None
) -> Project:
    common = Common(project=root, environment=environment)
    before = early.foreseen if early is not None else None
    root, environment, graph = graph_of(common, before)
    if not graph.project.name:
        raise DefinitionError("the project cannot be read", diagnostics=graph.diagnostics)
    if early is not None and graph is early.project.graph:
        return early.project
    return Project(root, environment, graph, log)


def recovered(project: Project) -> int:
    """Settle what dead runs left behind: an apply of nothing does that first."""
    with project.working() as ports:
        order = _order(project, frozenset(), "recovery")
        apply(project.place, ports, order, lambda plan: None, lambda progress: None)
    return 0


def actor_of(request: Request) -> str:
    """Return who a run is done for: a person, or what asked for it."""
    if request.mover is Mover.PERSON:
        return request.name
    if request.mover is Mover.RECONCILER:
        return Mover.RECONCILER.value
    return f"{request.mover.value} {request.name}"


def said_file(logs: Path, run: str) -> Path:
    """Return where the process of a run writes what it says."""
    return logs / f"{run}.said"


def _applied(project: Project, request: Request) -> Applied:
    with project.working() as ports:
        return apply_in_rounds(
            project.place,
            ports,
            _requested(project, request),
            lambda plan: None,
            lambda progress: None,
        )


def _requested(project: Project, request: Request) -> Order:
    words = request.selection.split()
    if request.only:
        graph = project.graph
        known = graph.assets.keys() | graph.sources.keys() | graph.quarantined.keys()
        chosen: frozenset[str] | None = frozenset(request.assets) & known
    else:
        chosen = selected(project, words, with_aside=True)
    order = _order(project, chosen, _command(request))
    wish = Wish(selected=chosen, only=request.only, named=frozenset(words))
    return Order(
        wish=wish,
        holder=order.holder,
        command=order.command,
        jobs=order.jobs,
        run=request.run,
        patience=order.patience,
        wait=order.wait,
        narrow=True,
    )


def _order(project: Project, chosen: frozenset[str] | None, command: str) -> Order:
    return Order(
        wish=Wish(selected=chosen, only=True),
        holder=holder(project.environment, "apply"),
        command=command,
        jobs=min(8, 2 * (os.cpu_count() or 1)),
        patience=Patience(in_line=math.inf),
        wait=in_line(project.sight.clock),
    )


def _command(request: Request) -> str:
    """Return the command by which a person would have this done."""
    if not request.only:
        return " ".join(["freshline", "apply", "--", request.selection]).removesuffix(" -- ")
    shown = list(request.assets[:_SHOWN])
    more = len(request.assets) - len(shown)
    return " ".join(["freshline", "apply", "--only", *shown, *([f"(+{more})"] if more else [])])


def _ready(root: Path) -> EventLog:
    """Import and open all that a run needs sooner or later, before there is any hurry."""
    import duckdb

    for module in ("getpass", "freshline.execute.sql_engine", "freshline.execute.views"):
        import_module(module)
    for adapter in entry_points(group="freshline.storages", name="lake"):
        adapter.load()
    duckdb.connect().close()
    log = event_log(root)
    automation_in(log)
    log.latest(limit=1)
    return log


def _write_to(root: Path, run: str) -> None:
    """Let stderr be a file from now on, that whoever attends to the run can read later."""
    logs = root / LOGS
    logs.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    os.dup2(os.open(said_file(logs, run), flags, 0o644), 2)


def _say(error: FreshlineError) -> None:
    sys.stderr.write(f"{error.code} {error.message}\n{error.help}".strip() + "\n")


if __name__ == "__main__":
    main()
