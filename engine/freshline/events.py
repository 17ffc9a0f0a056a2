"""What happened, as frozen values: the only thing the catalog stores and state is folded from.

Every event carries `at`, unix seconds in UTC as the recorder's clock had it; order is given by the
log's sequence numbers, never by `at`. Kinds are stable names: they are stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from freshline.calls import Datum, Metadata
from freshline.definitions import CheckKind, CheckSeverity
from freshline.keys import Target
from freshline.versions import Build, Logic, Read, Version


class Outcome(StrEnum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found in one content.

    `check` is the digest of what was asked; `contents` are the data versions it was asked of: the
    asset's own, then those of the others that it reads. `rows` are some of the failing ones, each
    value as DuckDB writes it, under `columns`. `error` says why the check could not be run.
    """

    name: str
    kind: CheckKind
    severity: CheckSeverity
    check: str
    contents: tuple[str, ...]
    failing: int = 0
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether the check could be run and found nothing."""
        return not self.failing and not self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The part that all events share: when, and in which run."""

    kind: ClassVar[str] = ""
    at: float
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequested(Event):
    """Automation asked for a run: it waits in the queue under the id that it will have.

    `mover` is what asked, by its name: a reconciler, schedule, sensor or person. `assets` are
    exactly those to build; without any, a `selection` is made fresh.
    """

    kind: ClassVar[str] = "run_requested"
    project: str
    environment: str
    mover: str
    name: str
    why: str
    assets: tuple[str, ...] = ()
    selection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWithdrawn(Event):
    """Somebody cancelled a run that had been asked for, before it began."""

    kind: ClassVar[str] = "run_withdrawn"
    project: str
    environment: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """Somebody began to execute a plan; `assets` are what its steps act upon."""

    kind: ClassVar[str] = "run_started"
    project: str
    environment: str
    plan_id: str
    actor: str
    command: str
    steps: int
    assets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCancelRequested(Event):
    """Somebody asked a run to stop, from outside of its process."""

    kind: ClassVar[str] = "run_cancel_requested"
    actor: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """A run ended; `counts` says how many steps ended in which status.

    `unfinished` are the assets whose steps did not end well, each with the status it has.
    """

    kind: ClassVar[str] = "run_finished"
    outcome: Outcome
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    unfinished: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDefined(Event):
    """An asset's definition entered the catalog, or changed; `spec` is what pages show of it."""

    kind: ClassVar[str] = "asset_defined"
    target: Target
    digest: str
    spec: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceObserved(Event):
    """A version of a source was seen; `signature` lets the next probe trust unchanged files."""

    kind: ClassVar[str] = "source_observed"
    target: Target
    version: str
    signature: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted(Event):
    """The intent to publish: `base` is the version number it was planned against, 0 for none."""

    kind: ClassVar[str] = "attempt_started"
    target: Target
    publish_id: str
    fence: int
    base: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed(Event):
    """An attempt ended without publishing; `candidate` is what it would have published, if kept.

    `trace` is the stack trace of code that failed, its author's frames first.
    """

    kind: ClassVar[str] = "attempt_failed"
    target: Target
    publish_id: str
    code: str
    message: str
    candidate: Version | None = None
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Materialized(Event):
    """A version was published; `recovered` when found in storage, not reported by its step.

    `metadata` is what its code told of it, by name.
    """

    kind: ClassVar[str] = "materialized"
    target: Target
    build: Build
    logic: Logic
    recovered: bool = False
    metadata: Metadata = field(default_factory=dict[str, Datum])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified(Event):
    """The current version was found to be what a rebuild would give: cut off, nothing computed.

    `inputs` are the versions it now stands for; `stamp` replaces the storage's stamp where given,
    and `code_version`, under the rules of `canonicaliser`, the hash of what was found to be the
    same query.
    """

    kind: ClassVar[str] = "verified"
    target: Target
    mat_id: str
    inputs: tuple[Read, ...]
    stamp: str | None = None
    code_version: str | None = None
    canonicaliser: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Event):
    """Checks were run on a content: of a candidate before its publish, or of what is current.

    `version` is the mat_id of the version that was looked at, or a source's version.
    """

    kind: ClassVar[str] = "checked"
    target: Target
    version: str
    data_version: str
    results: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAccepted(Event):
    """Somebody takes a content as it is although a check fails on it."""

    kind: ClassVar[str] = "check_accepted"
    target: Target
    name: str
    check: str
    contents: tuple[str, ...]
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged(Event):
    """The bytes of the current version were read and are not those that were written.

    Its stamp is not trusted any more: whoever looks next reads the bytes, so that a repair counts.
    """

    kind: ClassVar[str] = "damaged"
    target: Target
    publish_id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned(Event):
    """Somebody wants an asset kept at the version `mat_id`; `until` is unix seconds, or no end.

    Recorded before the version is the head again: whoever plans next makes it so.
    """

    kind: ClassVar[str] = "pinned"
    target: Target
    mat_id: str
    actor: str
    reason: str
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpinned(Event):
    """Somebody ended a pin."""

    kind: ClassVar[str] = "unpinned"
    target: Target
    actor: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """Somebody wants an asset left as it is, whatever version that be."""

    kind: ClassVar[str] = "paused"
    target: Target
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Event):
    """Somebody ended a pause."""

    kind: ClassVar[str] = "resumed"
    target: Target
    actor: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(Event):
    """Versions out of retention were removed, `bytes` of them that no other version uses.

    The current one is among them only where its asset is not declared any more.
    """

    kind: ClassVar[str] = "removed"
    target: Target
    storage: str
    numbers: tuple[int, ...]
    publish_ids: tuple[str, ...]
    bytes: int
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped(Event):
    """An asset that is not declared any more is none of this environment any more.

    Its bytes stay for a while, and whoever declares it again finds them.
    """

    kind: ClassVar[str] = "dropped"
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(Event):
    """An asset took the place of what had another key; `was` are its former keys, latest first.

    Its versions, now under this key, are recorded before.
    """

    kind: ClassVar[str] = "renamed"
    target: Target
    was: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event with its place in the log."""

    sequence: int
    event: Event


KINDS: Mapping[str, type[Event]] = {
    kind.kind: kind
    for kind in (
        RunRequested,
        RunWithdrawn,
        RunStarted,
        RunCancelRequested,
        RunFinished,
        AssetDefined,
        SourceObserved,
        AttemptStarted,
        AttemptFailed,
        Materialized,
        Verified,
        Checked,
        CheckAccepted,
        Damaged,
        Pinned,
        Unpinned,
        Paused,
        Resumed,
        Removed,
        Dropped,
        Renamed,
    )
}
