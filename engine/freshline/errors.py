"""Everything that can be wrong, as one tree of errors and one shape of diagnostic.

    FreshlineError
    |-- DefinitionError        the author's task: the project as written cannot be used
    |-- UsageError             the caller's task: a command was asked for something it cannot do
    |-- ComputeError           the asset's own query failed on the data it met
    |   |-- CheckFailedError     the rows are not as a blocking check wants them
    |   |-- TimedOutError        it took longer than its `timeout:` allows
    |   |-- CodeError            the asset's own code failed
    |   `-- WorkerLostError      the process of its code ended before the code did
    |-- ResourceError          the operator's task: disk, permission, memory
    |   |-- BusyError          somebody else is doing this right now
    |   `-- DeniedError        no permission, no such file: waiting changes nothing
    |-- StorageError           a storage did not do what was asked
    |   |-- ConflictError      the head moved since the attempt was planned
    |   |-- FencedError        a newer attempt has taken over
    |   |-- UnknownOutcomeError  nobody can tell whether the publish happened
    |   `-- CorruptError       what is stored is not what was written
    |-- CatalogError           the catalog cannot be read or written
    |   `-- CatalogDamagedError  its file is not what was written
    `-- InternalError          our task: please report it

An error says what is wrong in `message` and what to do in `help`. Foreign errors are wrapped
where they enter, `raise ... from error`. `retryable` says by type whether the same call may
succeed later.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Severity(StrEnum):
    """Whether a diagnostic sets its asset aside or only informs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in a file of the project: 1-based line and column, `length` characters long."""

    file: str
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        """Render as editors understand it: file:line:column."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding about the project: what, where, and the way out.

    `excerpt` is the source line the span lies in; `asset` is the key that the finding sets aside.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    span: Span | None = None
    excerpt: str = ""
    fix: str = ""
    related: tuple[tuple[Span, str], ...] = ()
    asset: str | None = None


class FreshlineError(Exception):
    """The root: never raised itself."""

    code: ClassVar[str] = "F000"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, help: str = "", span: Span | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.span = span


class DefinitionError(FreshlineError):
    """The project as written cannot be used; `diagnostics` holds every finding."""

    code = "F100"

    def __init__(
        self, message: str, *, diagnostics: tuple[Diagnostic, ...], help: str = ""
    ) -> None:
        super().__init__(message, help=help)
        self.diagnostics = diagnostics


class UsageError(FreshlineError):
    """A command or function was asked for something it cannot do."""

    code = "F200"


class ComputeError(FreshlineError):
    """The query of an asset failed on the data it met."""

    code = "F300"


class CheckFailedError(ComputeError):
    """The rows are not as a blocking check wants them."""

    code = "F310"


class TimedOutError(ComputeError):
    """A step took longer than its `timeout:` allows, and was interrupted."""

    code = "F320"


class CodeError(ComputeError):
    """The code of an asset failed; `trace` is its stack trace, the author's own frames first."""

    code = "F330"

    def __init__(
        self, message: str, *, help: str = "", span: Span | None = None, trace: str = ""
    ) -> None:
        super().__init__(message, help=help, span=span)
        self.trace = trace


class WorkerLostError(CodeError):
    """The process of an asset's code ended before the code did: killed, crashed, out of memory."""

    code = "F340"
    retryable = True


class ResourceError(FreshlineError):
    """The machine refused: disk full, no permission, no memory."""

    code = "F400"
    retryable = True


class BusyError(ResourceError):
    """Somebody else holds what is needed; the message says who."""

    code = "F401"


class DeniedError(ResourceError):
    """The machine refused for good: no permission, no such file; waiting changes nothing."""

    code = "F403"
    retryable = False


class UnbuiltError(ResourceError):
    """An asset was asked for that has no version yet: that much is known of it."""

    code = "F404"


class StorageError(FreshlineError):
    """A storage did not do what was asked of it."""

    code = "F500"


class ConflictError(StorageError):
    """The published head is not the one this attempt was planned against."""

    code = "F501"
    retryable = True


class FencedError(StorageError):
    """A newer attempt has taken over; this one may not publish any more."""

    code = "F502"


class UnknownOutcomeError(StorageError):
    """The publish may or may not have happened: ask `Storage.resolve`, never assume."""

    code = "F503"
    retryable = True


class CorruptError(StorageError):
    """What is stored is not what was written; `name` is the damaged object."""

    code = "F504"

    def __init__(self, message: str, *, name: str, help: str = "") -> None:
        super().__init__(message, help=help)
        self.name = name


class CatalogError(FreshlineError):
    """The catalog database cannot be read or written."""

    code = "F600"


class CatalogDamagedError(CatalogError):
    """The catalog's file is not what was written: restore it, or rebuild it from storage."""

    code = "F601"


class InternalError(FreshlineError):
    """A promise of ours is broken: this is a bug in Freshline."""

    code = "F900"
