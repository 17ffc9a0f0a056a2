"""What is said to workers and what they say: values for one call of user code, and for loading it.

Everything here crosses a process boundary as JSON (`freshline.worker` holds the protocol), so it is
plain data. Rows never travel in it: they stand in files, whose paths do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from freshline.code import NO_LIMITS, Limits, Location
from freshline.definitions import CheckSeverity, Column


class Format(StrEnum):
    """How rows stand in the files between Freshline and user code."""

    PARQUET = "parquet"
    ROWS = "jsonl"  # a JSON object a line; values as freshline.worker says
    CSV = "csv"  # as commands write it: with a header, types to be sniffed
    JSON = "json"  # as commands write it: an array of objects, or one a line
    FILE = "file"  # no rows: the files themselves, whatever they are


class Frame(NamedTuple):
    """One line of a stack trace; `is_user` tells the project's code from packages and from ours."""

    file: str
    line: int
    function: str
    text: str = ""
    is_user: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception of user code: its type, what it says, and the frames, innermost last."""

    type: str
    message: str
    frames: tuple[Frame, ...] = ()
    cause: "Raised | None" = None


# ---- loading: what a file of Python declares


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldParameter:
    """A parameter that is an upstream or a resource: `resource` is module:Class where it is one."""

    name: str
    form: str = "rows"
    has_default: bool = False
    resource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldInput:
    """What a decorator says of one parameter."""

    key: str
    columns: tuple[str, ...] | None = None
    optional: bool = False
    trigger: bool = True
    ignore_checks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOutput:
    """One output; `name` is empty for the only one. `settings` are keys of an asset in YAML."""

    name: str = ""
    key: str | None = None
    optional: bool = False
    settings: Mapping[str, object] = field(default_factory=dict[str, object])


class FunctionKind(StrEnum):
    """What a decorator makes of a function."""

    ASSET = "asset"
    MULTI_ASSET = "multi_asset"
    CHECK = "check"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFunction:
    """A decorated function as a worker found it; lines are 1-based, `end` is the last one.

    `context` and `config` are the names of the parameters that receive these, empty without.
    `config_schema` is a JSON Schema of the config. `of` is the asset that a check is about, `path`
    what a source observer looks at. `settings` are keys of an asset in YAML, as the decorator got
    them.
    """

    kind: FunctionKind
    name: str
    line: int
    end: int
    key: str | None = None
    parameters: tuple[ToldParameter, ...] = ()
    inputs: Mapping[str, ToldInput] = field(default_factory=dict[str, ToldInput])
    outputs: tuple[ToldOutput, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    description: str = ""
    context: str = ""
    config: str = ""
    config_schema: Mapping[str, object] | None = None
    of: str | None = None
    returns: str = "rows"
    pure: bool = True
    code_version: str | None = None
    subset: bool = False
    reads_env: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFile:
    """What loading one file gave: its functions, or the error that its import ended with.

    `packages` are the distributions that the whole import brought in, with their versions.
    """

    file: str
    functions: tuple[ToldFunction, ...] = ()
    error: Raised | None = None
    packages: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The wish to know what files declare; `functions` are module:name of `run:` in YAML."""

    root: str
    location: Location
    files: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


# ---- calling


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One input of a call: absolute paths of its files, which hold exactly these columns.

    `missing` is an optional input that does not exist.
    """

    name: str
    key: str
    form: str
    format: Format
    files: tuple[str, ...]
    columns: tuple[Column, ...] = ()
    missing: bool = False


class Wanted(NamedTuple):
    """One output that a call is to make, with the key of its asset.

    An `optional` one may come back as missing; what `@multi_asset` says of it counts as well.
    """

    name: str
    key: str
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource to make for a parameter: module:Class, and its settings with secrets put in."""

    type: str
    settings: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a function, or of a command. `scratch` is an empty folder of its own.

    `timeout` is in seconds. `about` is what a Context tells: run, environment, asset, partition
    and attempt.
    """

    id: str
    root: str
    location: Location
    scratch: str
    function: str = ""
    command: tuple[str, ...] = ()
    given: tuple[Given, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    config: Mapping[str, object] = field(default_factory=dict[str, object])
    resources: Mapping[str, Resource] = field(default_factory=dict[str, Resource])
    about: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: Limits = NO_LIMITS
    timeout: float | None = None
    fresh_process: bool = False


class Datum(NamedTuple):
    """One value of metadata: `kind` is text, markdown, int, float, bool, json, url, path, table,
    image (base64 with its media type) or time.
    """

    kind: str
    value: object


Metadata = Mapping[str, Datum]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One output as a worker wrote it. Of Format.ROWS `columns` are names with DuckDB types.

    Of Format.FILE `media_types` holds one for each of the files. `missing` is an optional output
    that was not made this time.
    """

    name: str
    format: Format = Format.PARQUET
    files: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    media_types: tuple[str, ...] = ()
    rows: int | None = None
    metadata: Metadata = field(default_factory=dict[str, Datum])
    missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTold:
    """What a check in code found; `output` is the output of the call that it is about."""

    name: str
    passed: bool
    severity: CheckSeverity = CheckSeverity.BLOCK
    description: str = ""
    output: str = ""
    metadata: Metadata = field(default_factory=dict[str, Datum])


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """How a call ended that ended well."""

    made: tuple[Made, ...] = ()
    checks: tuple[CheckTold, ...] = ()
    metadata: Metadata = field(default_factory=dict[str, Datum])


class Line(NamedTuple):
    """A line that user code wrote or logged: unix seconds, level, text, and where it came from.

    `source` is log, stdout, stderr or progress; a progress line's `done` goes from 0 to 1.
    """

    at: float
    level: str
    text: str
    source: str = "log"
    done: float | None = None


class Workers(Protocol):
    """Where user code runs: in processes of its own. Safe to call from several threads at once."""

    def load(self, load: Load) -> tuple[ToldFile, ...]:
        """Return what each file declares, and then one more for each function asked for.

        A file that cannot be imported is told with its error; CodeError where the location itself
        cannot be made ready.
        """
        ...

    def call(self, call: Call, tell: Callable[[Line], None]) -> Returned:
        """Run a function or a command to its end; what it says on its way goes to `tell`.

        CodeError where it raised, WorkerLostError where its process ended, TimedOutError after
        `call.timeout`; when this returns or raises nothing of the call is running any more.
        """
        ...

    def interrupt(self, call: str | None = None) -> None:
        """Make a call under way fail soon, without an id all of them; `call` raises CodeError."""
        ...

    def close(self) -> None:
        """End every process."""
        ...
