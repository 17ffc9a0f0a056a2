"""The composer: from a folder to a project with its storages, catalog and clock.

Adapters enter by their entry points, ours like anybody's. What a command does not touch is not
imported or opened: the engine (DuckDB) only when something is computed or asked.
"""

import os
import re
import shutil
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

from freshline.acts import Acts
from freshline.catalog import Exporter, Saying, Server, Surveys
from freshline.cli.code import outside, workers
from freshline.cli.options import Common
from freshline.declare.files import find_root
from freshline.definitions import ProjectDefinition, StorageDefinition
from freshline.errors import DefinitionError, FreshlineError, ResourceError, UsageError
from freshline.execute.place import Place
from freshline.keys import time_ordered_id
from freshline.lineage.cache import Foreseen, load_graph
from freshline.lineage.files.prepared import CACHE
from freshline.lineage.graph import Graph
from freshline.lineage.outside import Columns
from freshline.ports import EventLog, Holder, Ports, Sight, Storage
from freshline.secrets import resolved
from freshline.suggest import closest
from freshline.ticks import Automation
from freshline.tokens import Tokens

STATE = ".freshline"
LOGS = f"{STATE}/logs"
# Set by programs that run commands for somebody else.
ACTOR, RUN = "FRESHLINE_ACTOR", "FRESHLINE_RUN"
_LONGEST_NAME = 200
_IS_RUN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return unix seconds, UTC."""
        return time.time()

    def until(self, at: float) -> float:
        """Return the seconds until a time."""
        return max(at - self.now(), 0.0)


class RandomIds:
    """Identifiers from the machine's clock and randomness."""

    def new(self) -> str:
        """Return a new time-ordered identifier."""
        return time_ordered_id(time.time(), os.urandom(10))


class Project:
    """An opened project: its graph at once, its storages and its catalog when they are asked for.

    So that rows can be read where nothing can be written.
    """

    def __init__(
        self, root: Path, environment: str, graph: Graph, events: EventLog | None = None
    ) -> None:
        self.root, self.environment, self.graph = root, environment, graph
        self._opened = events

    @cached_property
    def storages(self) -> Mapping[str, Storage]:
        """The storages by name."""
        return storages_of(self.root, self.graph.project)

    @cached_property
    def sight(self) -> Sight:
        """What a plan looks at."""
        return Sight(events=self._events, storages=self.storages, clock=SystemClock())

    @cached_property
    def _events(self) -> EventLog:
        return self._opened if self._opened is not None else event_log(self.root)

    def close(self) -> None:
        """Close what was opened here: not a catalog that was given."""
        if "_events" in self.__dict__ and self._opened is None:
            self._events.close()

    @property
    def declared(self) -> int:
        """How many assets are declared, those that are set aside among them."""
        graph = self.graph
        aside = {key for key, found in graph.quarantined.items() if not found.is_source}
        return len(graph.assets.keys() | aside)

    @property
    def place(self) -> Place:
        """Where an apply of this project works."""
        first = self.graph.project.environments[0]
        is_first = self.environment == first
        name = "views.duckdb" if is_first else f"views.{self.environment}.duckdb"
        return Place(
            graph=self.graph,
            root=self.root,
            environment=self.environment,
            views=self.root / name,
            logs=self.root / LOGS,
            # Under the name that most commands compile it by, so that it is compiled for these too.
            relearn=partial(compiled, self.root, None if is_first else self.environment),
        )

    @contextmanager
    def working(self) -> Generator[Ports]:
        """Return the world for a run, and end every process of user code after it."""
        ports = self.ports()
        try:
            yield ports
        finally:
            if ports.workers is not None:
                ports.workers.close()

    def ports(self) -> Ports:
        """Return the world for a run, with a new engine."""
        from freshline.execute.sql_engine import SqlEngine, statements_of

        sources = [self.root / f for s in self.graph.sources.values() for f in s.files]
        folders = [folder for s in self.storages.values() for folder in s.readable()]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        # A folder for each process: DuckDB's files in it are called the same in every one.
        spilled = self.root / STATE / "tmp"
        spilled.mkdir(parents=True, exist_ok=True)
        scratch = spilled / f"{os.getpid()}-{os.urandom(4).hex()}"
        folders += [spilled, self.root / CACHE]
        engine = SqlEngine(
            folders=folders,
            files=sources,
            scratch=scratch,
            macros=statements_of(self.graph),
        )
        return Ports(
            events=self.sight.events,
            storages=self.storages,
            clock=self.sight.clock,
            compute=engine,
            ids=RandomIds(),
            workers=workers() if self._has_code else None,
        )

    @property
    def _has_code(self) -> bool:
        assets, sources = self.graph.assets.values(), self.graph.sources.values()
        checks = (check for asset in assets for check in asset.checks)
        of_sources = (check for source in sources for check in source.checks)
        made = any(asset.code is not None for asset in assets)
        return made or any(check.code is not None for check in (*checks, *of_sources))


def root_of(said: Common) -> Path:
    """Return the root of the project that the caller means, or raise UsageError."""
    start = said.project or Path.cwd()
    if not start.is_dir():
        raise UsageError(f"there is no folder {start}", help="give the project's folder to -p")
    root = find_root(start)
    if root is None:
        raise UsageError(
            f"no freshline.yaml in {start.resolve()} or any folder above it",
            help="go to a project, name one with -p DIR, or make one with `freshline init`",
        )
    return root


def graph_of(said: Common, foreseen: Foreseen | None = None) -> tuple[Path, str, Graph]:
    """Return root, environment and compiled graph; what is broken in it is set aside.

    `foreseen` is what the cache held a while ago.
    """
    root = root_of(said)
    graph = compiled(root, said.environment, foreseen=foreseen)
    names = graph.project.environments
    environment = said.environment or names[0]
    if environment not in names:
        near = closest(environment, names)
        hint = f'did you mean "{near[0]}"? ' if near else ""
        raise UsageError(
            f'there is no environment "{environment}"',
            help=f"{hint}environments: {', '.join(names)}",
        )
    return root, environment, graph


def compiled(
    root: Path,
    environment: str | None,
    more: Columns | None = None,
    foreseen: Foreseen | None = None,
) -> Graph:
    """Return the compiled graph; `more` are columns of what code made that are not on record."""
    world = outside(root, catalog_path(root), more)
    return load_graph(root, environment, root / STATE / "cache", world, foreseen)


@contextmanager
def opened(said: Common) -> Generator[Project]:
    """Open the project that the caller means, and close its catalog afterwards."""
    root, environment, graph = graph_of(said)
    if not graph.project.name:  # without a name there is no state to speak of
        raise DefinitionError("the project cannot be read", diagnostics=graph.diagnostics)
    project = Project(root, environment, graph)
    try:
        yield project
    finally:
        project.close()


def catalog_path(root: Path) -> Path:
    """Return where a project's catalog lies."""
    return root / STATE / "catalog.db"


def holder(environment: str, purpose: str) -> Holder:
    """Return who we are, for a lease on an environment."""
    import socket

    return Holder(
        name=f"apply:{environment}",
        actor=actor(),
        host=socket.gethostname(),
        pid=os.getpid(),
        since=time.time(),
        purpose=purpose,
    )


def actor() -> str:
    """Return the name of whoever runs this command: FRESHLINE_ACTOR where somebody set it."""
    import getpass

    named = " ".join(os.environ.get(ACTOR, "").split())[:_LONGEST_NAME]
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def run_wanted() -> str | None:
    """Return the id that FRESHLINE_RUN gives the run to come, None where it gives none."""
    wanted = os.environ.get(RUN)
    if wanted is not None and not _IS_RUN(wanted):
        raise UsageError(f"{RUN} is no id of a run", help="give it a UUID, in lower case")
    return wanted


def terminal_width(stream: int = 1) -> int | None:
    """Return the width of the terminal, None where the output (2: the progress) goes elsewhere."""
    return shutil.get_terminal_size().columns if os.isatty(stream) else None


def event_log(root: Path) -> EventLog:
    """Return the event log in a project's catalog."""
    return event_log_at(catalog_path(root))


def event_log_at(path: Path) -> EventLog:
    """Return the event log in a catalog's file."""
    (found,) = entry_points(group="freshline.event_logs", name="sqlite")
    return cast(EventLog, found.load()(path))


def surveys_in(log: EventLog) -> Surveys:
    """Return the keeper of surveys in the catalog of an event log."""
    (found,) = entry_points(group="freshline.surveys", name="sqlite")
    return cast(Surveys, found.load()(log))


def automation_in(log: EventLog) -> Automation:
    """Return where decisions are kept in the catalog of an event log."""
    (found,) = entry_points(group="freshline.automations", name="sqlite")
    return cast(Automation, found.load()(log))


def acts_in(log: EventLog) -> Acts:
    """Return where acts and incidents are kept in the catalog of an event log."""
    (found,) = entry_points(group="freshline.acts", name="sqlite")
    return cast(Acts, found.load()(log))


def tokens_in(log: EventLog) -> Tokens:
    """Return the keeper of tokens in the catalog of an event log."""
    (found,) = entry_points(group="freshline.tokens", name="sqlite")
    return cast(Tokens, found.load()(log))


def saying() -> Saying:
    """Return who reads what is said in the catalogs of other projects."""
    (found,) = entry_points(group="freshline.sayings", name="sqlite")
    return cast(Saying, found.load())


def server() -> Server:
    """Return who serves catalogs."""
    (found,) = entry_points(group="freshline.servers", name="web")
    return cast(Server, found.load())


def exporter() -> Exporter:
    """Return who writes catalogs as pages that need no server."""
    (found,) = entry_points(group="freshline.exporters", name="web")
    return cast(Exporter, found.load())


def storages_of(root: Path, project: ProjectDefinition) -> dict[str, Storage]:
    """Return the storages of a project by the names that it gives them."""
    return {storage.name: _storage(root, storage) for storage in project.storages}


def _storage(root: Path, definition: StorageDefinition) -> Storage:
    known = entry_points(group="freshline.storages")
    found = [point for point in known if point.name == definition.adapter]
    if not found:
        near = closest(definition.adapter, [point.name for point in known])
        hint = f'did you mean "{near[0]}"? ' if near else ""
        raise UsageError(
            f'storage {definition.name}: there is no adapter "{definition.adapter}"',
            help=f"{hint}adapters: {', '.join(sorted(point.name for point in known))}",
        )
    try:
        settings = {name: resolved(value) for name, value in definition.settings.items()}
    except FreshlineError as error:
        raise ResourceError(
            f"storage {definition.name}: {error.message}", help=error.help, span=definition.span
        ) from error
    place = root / str(settings.pop("path", f"{STATE}/{definition.name}"))
    try:
        return cast(Storage, found[0].load()(place, **settings))
    except TypeError as error:
        raise UsageError(
            f"storage {definition.name}: {error}", help="correct its settings in freshline.yaml"
        ) from error
    except ImportError as error:
        raise FreshlineError(
            f"storage {definition.name}: its adapter cannot be loaded: {error}",
            help=f"install what {found[0].value.split(':')[0]} needs",
        ) from error
