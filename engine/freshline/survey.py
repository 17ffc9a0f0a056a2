"""A survey: one look at a whole project, with an entry in the asset catalog for each of its assets.

Who can compile and plan makes it; the catalog, which can do neither, keeps it for pages, searches
and whoever asks. It is derived: a lost survey is made again, and nothing but pages hangs on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from freshline.definitions import CheckKind, CheckSeverity, Lifecycle, Trust
from freshline.errors import Diagnostic, Span
from freshline.verdicts import Reason


class EntryKind(StrEnum):
    """What an entry is about."""

    TABLE = "table"
    VIEW = "view"
    SOURCE = "source"


class Language(StrEnum):
    """What an asset is written in."""

    SQL = "SQL"
    PYTHON = "Python"
    COMMAND = "command"  # whatever language that is in


class Status(StrEnum):
    """What the plan says of an asset. A source has none of these: it is there, or set aside."""

    FRESH = "fresh"
    STALE = "stale"
    MAYBE = "maybe stale"  # it is known when its inputs are rebuilt
    MISSING = "missing"
    PINNED = "pinned"
    PAUSED = "paused"
    BLOCKED = "blocked"
    ASIDE = "set aside"
    SOURCE = "source"


class EntryColumn(NamedTuple):
    """A column: its type as it is, what its author says of it, and what it is declared to be."""

    name: str
    type: str
    description: str = ""
    declared: str | None = None
    not_null: bool = False


class EntryCheck(NamedTuple):
    """A check as declared; `digest` is what results on record name it by, `sql` what it asks."""

    name: str
    kind: CheckKind
    severity: CheckSeverity
    digest: str
    columns: tuple[str, ...] = ()
    description: str = ""
    sql: str = ""
    place: Span | None = None


class Setting(NamedTuple):
    """A value in force, who said it (built-in, defaults, folder, asset, environment), and where."""

    name: str
    value: str
    by: str
    place: Span | None = None


class EntryParameter(NamedTuple):
    """What code is given: the parameter, what it stands for, and what it gets of that.

    `columns` are those that it gets, None for all; `form` is what it gets them as.
    """

    name: str
    upstream: str
    columns: tuple[str, ...] | None = None
    form: str = "rows"
    optional: bool = False
    place: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCode:
    """What makes an asset that is not made by SQL: a function of Python, or a command.

    `source` is its text, which begins at `place`. `location` is where it runs, `python` the
    interpreter that is declared for that and `requirements` what is installed there. `files` are
    the project's own that it comes from, `packages` those of others with their versions,
    `resources` the names of what is made for it by parameter. `output` is which of the `outputs` of
    one call the asset is. Code that is not `pure` runs always. `makes_files` says that the asset is
    files, kept as a row for each.
    """

    function: str = ""
    command: tuple[str, ...] = ()
    source: str = ""
    place: Span | None = None
    location: str = ""
    python: str | None = None
    requirements: str | None = None
    files: tuple[str, ...] = ()
    config: Mapping[str, object] = field(default_factory=dict[str, object])
    resources: tuple[tuple[str, str], ...] = ()
    reads_env: tuple[str, ...] = ()
    packages: tuple[tuple[str, str], ...] = ()
    parameters: tuple[EntryParameter, ...] = ()
    output: str = ""
    outputs: tuple[tuple[str, str], ...] = ()
    pure: bool = True
    makes_files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is declared of one asset or source, and what the plan says of it.

    `upstreams` are what it reads; `windows` the columns of each, None for all of them. `sql` is the
    author's text and `query` what runs; of what code makes both are empty, and `code` says what
    that is. `language` is None of a source, and of what is set aside. `why` are the reasons for
    its status, `proof` the one of a fresh asset; `action` is what a plan would do, empty where
    nothing. `traced_by` is the digest of what its column lineage hangs on: where it is equal, the
    hops on record still hold. A source may stand for an asset of the project that is its
    `neighbour`.

    `refresh` says in words when it is built by itself; `waiting` why that is not now, by which
    `gate`, empty where it would be; `again` when it is looked at next, None where only an event can
    change anything. `freshness` is what its policy says of its age, empty without one.
    """

    key: str
    kind: EntryKind
    status: Status
    place: Span | None = None
    description: str = ""
    owner: str | None = None
    group: str = ""
    tags: tuple[str, ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict[str, object])
    links: tuple[tuple[str, str], ...] = ()
    lifecycle: Lifecycle | None = None
    storage: str = ""
    sql: str = ""
    query: str = ""
    settings: tuple[Setting, ...] = ()
    columns: tuple[EntryColumn, ...] = ()
    checks: tuple[EntryCheck, ...] = ()
    upstreams: tuple[str, ...] = ()
    windows: tuple[tuple[str, tuple[str, ...] | None], ...] = ()
    why: tuple[Reason, ...] = ()
    proof: str = ""
    action: str = ""
    trust: Trust = Trust.STRONG
    problems: tuple[Diagnostic, ...] = ()
    preview: bool = False
    code_version: str = ""
    traced_by: str = ""
    language: Language | None = None
    code: EntryCode | None = None
    neighbour: "EntryNeighbour | None" = None
    refresh: str = ""
    waiting: str = ""
    gate: str = ""
    again: float | None = None
    freshness: str = ""


class EntryNeighbour(NamedTuple):
    """An asset of a project on this machine; `path` is from the root of this project to its root.

    `catalog` is what that project is called here.
    """

    catalog: str
    asset: str
    path: str


class ColumnHop(NamedTuple):
    """One step of column lineage: a column of the entry is made from a column of an upstream.

    `*` stands for which rows there are. `kind` is a transformation, from direct to opaque.
    """

    column: str
    upstream: str
    origin: str
    kind: str
    place: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whom to turn to: contacts by what they are (email, chat, ...)."""

    name: str
    contacts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryMover:
    """A schedule or a sensor: `words` say when it moves, `does` what it does then, both in words.

    `selection` is what it makes fresh, empty where it does something else. `again` is its next
    moment, as far as that is known.
    """

    name: str
    words: str
    does: str = ""
    selection: str = ""
    again: float | None = None
    description: str = ""
    owner: str | None = None
    place: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A project in one environment as of `at`, unix seconds, and of event `sequence`.

    `entries` stand in topological order, sources first. `problems` are all findings about the
    project; `orphans` are assets on record that nobody declares any more. `made_of` is the digest
    of the files it was made from.
    """

    project: str
    environment: str
    at: float
    sequence: int
    plan_id: str
    entries: tuple[Entry, ...]
    owners: tuple[Owner, ...] = ()
    orphans: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    warnings: tuple[str, ...] = ()
    made_of: str = ""
    schedules: tuple[EntryMover, ...] = ()
    sensors: tuple[EntryMover, ...] = ()
