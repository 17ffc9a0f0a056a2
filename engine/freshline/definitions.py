"""What authors declare, as frozen values: the only form in which the rest of the house knows it.

YAML, SQL front matter and (later) Python each parse to these same values; nothing here can fail,
read a file or know where an asset will be stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from freshline.code import Code, CodeCheck, Location, ResourceDefinition
from freshline.errors import Diagnostic, Span
from freshline.other_catalogs import Origin, OtherCatalog
from freshline.people import Channel, OwnerDefinition, Webhooks
from freshline.refresh import Freshness, Refresh, ScheduleDefinition, SensorDefinition, Trigger


class Kind(StrEnum):
    """What an asset is kept as."""

    TABLE = "table"  # rows, in a storage
    VIEW = "view"  # nothing: its query stands wherever it is read


class Stage(StrEnum):
    """How far people may rely on an asset."""

    EXPERIMENTAL = "experimental"  # may change or go without notice
    CERTIFIED = "certified"  # somebody answers for it
    DEPRECATED = "deprecated"  # will go; nothing new should read it


class Column(NamedTuple):
    """A column as it is: its exact spelling and its DuckDB type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDefinition:
    """A column as its author describes it; the type is asserted, never cast, on SQL assets."""

    name: str
    type: str | None = None
    not_null: bool = False
    description: str = ""
    span: Span | None = None


class CheckKind(StrEnum):
    """What a check asserts."""

    NOT_NULL = "not_null"
    UNIQUE = "unique"
    IN = "in"
    BETWEEN = "between"
    MATCHES = "matches"
    REFERENCES = "references"
    ROWS = "rows"
    SQL = "sql"
    CODE = "code"


class CheckSeverity(StrEnum):
    """What a failing check does: keep the version from being published, or only tell."""

    BLOCK = "block"
    WARN = "warn"


class Edit(NamedTuple):
    """One replacement: text[start:end] of the original became `length` characters of the result."""

    start: int
    end: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlText:
    """The SQL of an asset as the parser gets it, with the way back to the file.

    `text` is what remains of `original` after variables were rendered; `edits` says where.
    `original` begins at `line` and `column` of `file`; its later lines are indented by `indent`.
    """

    text: str
    original: str
    file: str
    line: int = 1
    column: int = 1
    indent: int = 0
    edits: tuple[Edit, ...] = ()
    variables: tuple[str, ...] = ()

    def span(self, offset: int, length: int = 1) -> Span:
        """Return the place in the file that character `offset` of `text` came from."""
        shift = 0  # how far the text before the next edit lies behind the original
        position = None
        for edit in self.edits:
            begins = edit.start + shift
            if offset < begins:
                break
            if offset < begins + edit.length:
                position, length = edit.start, edit.end - edit.start
                break
            shift += edit.length - (edit.end - edit.start)
        if position is None:
            position = offset - shift
        before = self.original[:position]
        row = before.count("\n")
        column = position - (before.rfind("\n") + 1) + 1
        column += self.indent if row else self.column - 1
        return Span(file=self.file, line=self.line + row, column=column, length=length)

    def line_at(self, span: Span) -> str:
        """Return the source line that a span of this text lies in, as the file shows it."""
        rows = self.original.split("\n")
        row = span.line - self.line
        indent = self.indent if row else self.column - 1
        return " " * indent + rows[row] if 0 <= row < len(rows) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDefinition:
    """An assertion on the rows of an asset or source.

    `arguments` are the allowed values of `in`, the bounds of `between` and `rows` (None: open), the
    pattern of `matches`, key and column of `references`. `sql` is the query of kind sql, which
    gives failing rows. `sample` is how many failing rows are kept; `line` is the text at `span`.
    """

    name: str
    kind: CheckKind
    span: Span
    line: str = ""
    columns: tuple[str, ...] = ()
    arguments: tuple[str | int | float | bool | None, ...] = ()
    sql: SqlText | None = None
    severity: CheckSeverity = CheckSeverity.BLOCK
    sample: int = 5
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """Where an asset stands in its life; one that is going may say what to read and until when.

    `replacement` is the key of another asset, `sunset` a date such as 2027-01-31.
    """

    stage: Stage
    replacement: str | None = None
    sunset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a failed step is tried again, and after how long.

    The first retry comes `delay` seconds after the failure, each later one `backoff` times as long
    after its own.
    """

    count: int
    delay: float = 5.0
    backoff: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Which old versions are kept: the newest `versions`, and all of the last `days`."""

    versions: int = 5
    days: float = 7.0


class Was(NamedTuple):
    """The key that an asset had before, and where that is said; `line` is the text there."""

    key: str
    span: Span
    line: str = ""


class Volatile(StrEnum):
    """When rows that hang on the clock, or on chance, are made anew."""

    FREEZE = "freeze"  # never because of time
    HOUR = "hour"  # with every hour, in UTC
    DAY = "day"  # with every day, in UTC


class Looks(StrEnum):
    """What readers of an asset look at when it has a new version."""

    CONTENT = "content"  # equal content is no change
    LOGIC = "logic"  # every version is a change, unless the queries prove that none shows
    OFF = "off"  # every version is a change


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """What keeps a new version of an asset from making its readers stale.

    `round` is the quantum that floats are rounded to before content is compared.
    """

    by: Looks = Looks.CONTENT
    round: float | None = None


class ProbeKind(StrEnum):
    """How a change of a source is noticed."""

    AUTO = "auto"  # by content, where size, time and inode say that there may be one
    CONTENT = "content"  # by content, read at every look
    ETAG = "etag"  # by what the store of an address says
    MTIME = "mtime"  # by names, sizes and times
    TTL = "ttl"  # not at all for a while, then as `auto`
    ALWAYS = "always"  # every look is a change


class Trust(StrEnum):
    """How far a version of a source says what its content is."""

    PROOF = "proof"
    STRONG = "strong"
    HEURISTIC = "heuristic"


_TRUST = {
    ProbeKind.CONTENT: Trust.PROOF,
    ProbeKind.ALWAYS: Trust.PROOF,
    ProbeKind.MTIME: Trust.HEURISTIC,
    ProbeKind.TTL: Trust.HEURISTIC,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How the version of a source is taken; `ttl` is in seconds, for the kind of that name."""

    kind: ProbeKind = ProbeKind.AUTO
    ttl: float = 0.0

    @property
    def trust(self) -> Trust:
        """How far its answer can be relied on."""
        return _TRUST.get(self.kind, Trust.STRONG)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDefinition:
    """One asset as declared: what computes it, and what people should know about it.

    What code makes has it in `code`, and in `sql` nothing but where its source stands.
    `links` are titles with addresses. `retries` is None where the author says nothing of it;
    `timeout` is in seconds, None where a step may take as long as it wants. `preview` says that
    the asset's page may show rows. `refresh` says when it is kept fresh without being asked,
    `triggers` how it regards inputs that it does not take like the others, and `pool` which pool
    its steps take a place in.
    """

    key: str
    file: str
    span: Span
    sql: SqlText
    kind: Kind = Kind.TABLE
    storage: str | None = None
    description: str = ""
    owner: str | None = None
    group: str = ""
    tags: tuple[str, ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict[str, object])
    links: tuple[tuple[str, str], ...] = ()
    columns: tuple[ColumnDefinition, ...] = ()
    checks: tuple[CheckDefinition, ...] = ()
    lifecycle: Lifecycle | None = None
    retries: Retries | None = None
    timeout: float | None = None
    was: Was | None = None
    volatile: Volatile | None = None
    cutoff: Cutoff = Cutoff()
    preview: bool = False
    code: Code | None = None
    refresh: Refresh = field(default_factory=Refresh)
    triggers: tuple[Trigger, ...] = ()
    freshness: Freshness | None = None
    pool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDefinition:
    """Files that Freshline reads but does not build.

    `path` is relative to the project's root and may be a glob; `options` go to DuckDB's reader.
    What another catalog has is brought to the folder `path` before it is read: `origin` says from
    where.
    """

    key: str
    file: str
    span: Span
    path: str
    format: str
    options: tuple[tuple[str, object], ...] = ()
    probe: Probe = Probe()
    description: str = ""
    owner: str | None = None
    group: str = ""
    tags: tuple[str, ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict[str, object])
    columns: tuple[ColumnDefinition, ...] = ()
    checks: tuple[CheckDefinition, ...] = ()
    freshness: Freshness | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroDefinition:
    """A function that authors write once: one CREATE MACRO statement, as it stands in its file.

    `name` is lower case; `text` the whole statement without the semicolon.
    """

    name: str
    file: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageDefinition:
    """A named place for versions: the adapter that serves it and the adapter's own settings."""

    name: str
    adapter: str
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDefinition:
    """What freshline.yaml says of the project as a whole, in the environment it was read for.

    `strict` means that nothing runs while anything is broken. `pools` say how many steps of each
    pool, or with each tag, may run at one time; `runs` how many runs.
    """

    name: str
    file: str = "freshline.yaml"
    environments: tuple[str, ...] = ("main",)
    storages: tuple[StorageDefinition, ...] = (StorageDefinition(name="lake", adapter="lake"),)
    default_storage: str = "lake"
    retention: Retention = Retention()
    strict: bool = False
    locations: tuple[Location, ...] = ()
    resources: tuple[ResourceDefinition, ...] = ()
    pools: Mapping[str, int] = field(default_factory=dict[str, int])
    runs: int = 4
    catalogs: tuple[OtherCatalog, ...] = ()
    owners: tuple[OwnerDefinition, ...] = ()
    channels: tuple[Channel, ...] = ()
    webhooks: Webhooks = field(default_factory=Webhooks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A whole project as read from its files: the good definitions and every finding.

    `broken` names the keys that could be told apart but not understood; `causes` are the codes of
    what is wrong where that is said of more than the one asset.
    """

    project: ProjectDefinition
    assets: tuple[AssetDefinition, ...] = ()
    sources: tuple[SourceDefinition, ...] = ()
    macros: tuple[MacroDefinition, ...] = ()
    code_checks: tuple[CodeCheck, ...] = ()
    schedules: tuple[ScheduleDefinition, ...] = ()
    sensors: tuple[SensorDefinition, ...] = ()
    broken: tuple[str, ...] = ()
    causes: Mapping[str, str] = field(default_factory=dict[str, str])
    diagnostics: tuple[Diagnostic, ...] = ()
