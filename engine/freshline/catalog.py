"""The contracts around the asset catalog: what it is told, and what it may ask to be done.

The catalog's server knows neither compiler nor planner. It keeps `Survey`s that others make, and
has its actions done by an `Engine`, each in a process apart, just as a person at a terminal would.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from freshline.survey import ColumnHop, Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who wants something done, and why: it goes on record."""

    actor: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be made fresh: a selection, empty for everything, and how."""

    selection: str = ""
    only: bool = False
    force: bool = False


# Files are shown where they are small, and of a kind that is (as LIKE understands it).
MOST_OF_A_FILE = 2_000_000
SHOWN_FILES = (
    *("image/png", "image/jpeg", "image/gif", "image/webp"),
    *("text/%", "application/json"),
)


class Rows(NamedTuple):
    """Some rows of an asset, each value as text, None where it is null.

    Of an asset that is files: name, media type, content as DuckDB writes bytes where a page can
    show it, and how many bytes there are.
    """

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str | None, ...], ...]
    more: bool = False


class Ended(NamedTuple):
    """How a process ended: its exit code and the last of what it said on stderr."""

    code: int
    said: str


class Surveyed(NamedTuple):
    """What the files looked like that a survey was made from; whether column lineage is missing."""

    stamp: str
    is_untraced: bool = False


class Engine(Protocol):
    """Planning and applying, done elsewhere. Every method may raise a FreshlineError that says why.

    Methods that change something return when it is on record; `apply` when its process has begun.
    """

    def stamp(self) -> str:
        """Return what the project's files look like: another text, and a survey may be another."""
        ...

    def folders(self) -> tuple[Path, ...]:
        """Return the folders in which something moves when that does."""
        ...

    def survey(self) -> Surveyed:
        """Have a survey made and kept."""
        ...

    def trace(self) -> None:
        """Have what is missing of column lineage taken and kept: that may take a while."""
        ...

    def plan(self, wanted: Wanted) -> Mapping[str, object]:
        """Return the plan in its published JSON shape."""
        ...

    def apply(
        self, wanted: Wanted, plan_id: str, by: By, run: str, ended: Callable[[Ended], None]
    ) -> None:
        """Begin run `run`, which does this plan or, where it is another by now, nothing."""
        ...

    def cancel(self, run: str, by: By) -> None:
        """Ask a run that is under way to stop."""
        ...

    def pause(self, keys: Sequence[str], by: By) -> None:
        """Leave assets as they are."""
        ...

    def resume(self, keys: Sequence[str], by: By) -> None:
        """End the pause of assets."""
        ...

    def rollback(self, key: str, number: int, until: str | None, by: By) -> None:
        """Make an older version current and pin it; `until` is a date, or a time such as 7d."""
        ...

    def unpin(self, key: str, by: By) -> None:
        """Let an asset follow its definition and inputs again."""
        ...

    def accept(self, key: str, check: str, by: By) -> None:
        """Take a failing check as it is, for the content that it failed on."""
        ...

    def rows(self, key: str, limit: int) -> Rows:
        """Return the first rows of an asset's current version."""
        ...


class Surveys(Protocol):
    """The keeper of surveys, one for each environment. Safe to call from several processes."""

    def keep(self, survey: Survey) -> tuple[str, ...]:
        """Keep a survey in place of the one before, in one transaction with what searches read.

        Return the keys whose column lineage is not on record. An older survey than the one that is
        kept changes nothing.
        """
        ...

    def scopes(self) -> tuple[tuple[str, str], ...]:
        """Return of which projects and environments there is a survey, the newest first."""
        ...

    def untraced(self, project: str, environment: str) -> tuple[tuple[str, str], ...]:
        """Return the keys whose column lineage is not on record, each with its `traced_by`."""
        ...

    def keep_hops(
        self, project: str, environment: str, hops: Iterable[tuple[str, str, Sequence[ColumnHop]]]
    ) -> None:
        """Keep column lineage: key, the `traced_by` it holds for, and the hops."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What is to be served, and how: the catalog in a file, for one project and environment.

    `logs` is where runs keep theirs. Without a `port` the next one from `first` on is taken that is
    free. `ready` is told the address and, below it, the path of a link that signs in once.
    """

    project: str
    environment: str
    catalog: Path
    logs: Path
    engine: Engine
    ready: Callable[[str, str], None]
    host: str = "127.0.0.1"
    port: int | None = None
    first: int = 8321
    read_only: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A project that was found: see `Serving`."""

    project: str
    environment: str
    catalog: Path
    logs: Path
    engine: Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfSeveral:
    """A project that is served beside others: under `name`, from the `folder` that people said.

    `find` opens it, or raises FreshlineError as long as nobody can say what it is.
    """

    name: str
    folder: str
    find: Callable[[], Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSeveral:
    """Several projects that are to be served under one address, and how: see `Serving`."""

    projects: tuple[OneOfSeveral, ...]
    ready: Callable[[str, str], None]
    host: str = "127.0.0.1"
    port: int | None = None
    first: int = 8321
    read_only: bool = False
    version: str = ""


class Server(Protocol):
    """Who serves catalogs."""

    def __call__(self, wanted: Serving | ServingSeveral) -> None:
        """Serve until a signal says that it is enough.

        UsageError for a host that others can reach, ResourceError where no port is free.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporting:
    """What is to be written as a folder of pages, and where: see `Serving`.

    `keep` is what no replaced folder may hold, the project's files; `force` replaces one that
    holds something else. `survey` is called when it is sure that the folder may be written: it has
    a survey kept.
    """

    project: str
    environment: str
    catalog: Path
    logs: Path
    keep: tuple[Path, ...]
    folder: Path
    survey: Callable[[], None]
    force: bool = False
    version: str = ""


class Exported(NamedTuple):
    """How many pages were written, and how many files with what they are shown with."""

    pages: int
    files: int


class Exporter(Protocol):
    """Who writes catalogs as pages that need no server."""

    def __call__(self, wanted: Exporting) -> Exported:
        """Write the folder, in place of an older one of the same kind.

        UsageError where there is something else in its place.
        """
        ...
