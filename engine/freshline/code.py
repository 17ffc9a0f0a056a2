"""Code that people write instead of SQL, as declared: where it runs, what it gets, what it is.

A function of Python runs in a worker process of its location, a command in a process of its own.
Neither ever runs in a process of Freshline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from freshline.errors import Span

MAIN = "main"  # the location of all code that no other location holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A folder of code with its own interpreter.

    `path` is relative to the project's root, `.` for all of it. `python` is a version such as 3.12,
    or the path of an interpreter or of a virtual environment; None for the one that runs Freshline.
    `requirements` is the file that says what is to be installed in an environment made for it.
    """

    name: str
    path: str = "."
    python: str | None = None
    requirements: str | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeInput:
    """An upstream as code receives it.

    `name` is the parameter; `key` what it stands for: a whole key, or the last segment of one that
    is found when all keys are known. `columns` are those that the code gets, None for all. `form`
    is what it gets them as, in a worker's words. An `optional` one may not exist yet.
    """

    name: str
    key: str
    columns: tuple[str, ...] | None = None
    form: str = "rows"
    optional: bool = False
    span: Span | None = None
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceDefinition:
    """A connection or a client that functions ask for by a parameter's type.

    `type` is module:Class; `settings` may refer to secrets, which are put in when it is made.
    """

    name: str
    type: str
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a process of user code may take: bytes of memory, open files, bytes of one file."""

    memory: int | None = None
    files: int | None = None
    file_size: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What makes an asset that is not made by SQL.

    `function` is file.py:name for what a file below assets/ declares, module:name for `run:`, and
    empty where a `command` runs. Where one call makes several assets, `output` says which of its
    outputs this one is, and `outputs` holds the keys of all of them by output. `version` is the
    hash of all that the result hangs on beside the inputs, and `text` the code that was hashed, as
    it is kept for comparisons; `files` are the project's files that it comes from. Code that is not
    `pure` runs always. `returns` is the form that it gives the output in, in a worker's words:
    `bytes` and `path` are files. `packages` are the distributions that its import brings in, with
    their versions.
    """

    location: str = MAIN
    function: str = ""
    command: tuple[str, ...] = ()
    inputs: tuple[CodeInput, ...] = ()
    output: str = ""
    outputs: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    subset: bool = False
    config: Mapping[str, object] = field(default_factory=dict[str, object])
    resources: Mapping[str, str] = field(default_factory=dict[str, str])
    reads_env: tuple[str, ...] = ()
    limits: Limits = NO_LIMITS
    fresh_process: bool = False
    pure: bool = True
    returns: str = "rows"
    version: str = ""
    text: str = ""
    files: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def makes_files(self) -> bool:
        """Whether the output is files, kept as a table with a row for each."""
        return self.returns in ("bytes", "path")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCheck:
    """A check that is a function: it gets the rows of the asset `of` and what else it asks for.

    `code` says what it is and takes, as that of an asset does; `is_blocking` keeps a version that
    fails it from being published. `line` is the text at `span`.
    """

    of: str
    name: str
    span: Span
    code: Code
    line: str = ""
    is_blocking: bool = True
    description: str = ""
