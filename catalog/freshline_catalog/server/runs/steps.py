"""The steps of a run, told from its events alone, also while it goes and after it died.

Rules:
1. What a run was to act upon is a step; what it attempted all the same is one too.
2. An attempt belongs to the run that began it. One that a later run found and closed, or whose
   version it found in storage, is none of the later run's steps.
3. A run that said how it ended says what became of steps that left no event.
4. A step under way is running where its run is, and was interrupted where that has died.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from freshline.versions import PublishKind


class StepStatus(StrEnum):
    """Where a step is, or how it ended."""

    WAITING = "waiting"
    RUNNING = "running"
    BUILT = "built"
    REPUBLISHED = "republished"
    VERIFIED = "verified"
    CHECKED = "checked"
    DROPPED = "dropped"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    NOT_BEGUN = "not begun"  # and it never will: its run has died


BAD = frozenset(
    {
        StepStatus.FAILED,
        StepStatus.SKIPPED,
        StepStatus.CANCELLED,
        StepStatus.INTERRUPTED,
        StepStatus.NOT_BEGUN,
    }
)


class StepEvent(NamedTuple):
    """What one event of a run says of one asset; what its kind does not say is None.

    `attempt` is the publish_id that it is about, `failing` how many checks did not pass.
    """

    at: float
    kind: str
    asset: str
    attempt: str | None = None
    version: int | None = None
    published: str | None = None
    rows: int | None = None
    bytes: int | None = None
    code: str | None = None
    message: str | None = None
    failing: int | None = None
    found: bool = False


class Doing(NamedTuple):
    """How a run stands: what it was to act upon, and how it ended, where it did.

    `left` are the assets whose steps did not end well, each with its status; None for a run that
    has not said how it ended. `live` says of such a run that its process is there.
    """

    assets: tuple[str, ...]
    left: Mapping[str, str] | None
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One asset in a run: what became of it, from when to when, and what it gave.

    `version` and what follows describe the version that was published; `because` is the failed
    asset for which a step was skipped, where the graph of today says so.
    """

    asset: str
    status: StepStatus
    began: float | None = None
    ended: float | None = None
    attempts: int = 0
    version: int | None = None
    published: PublishKind | None = None
    rows: int | None = None
    bytes: int | None = None
    failing_checks: int = 0
    code: str = ""
    message: str = ""
    because: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it took; None where it never began, or has not ended."""
        if self.began is None or self.ended is None:
            return None
        return max(self.ended - self.began, 0.0)


@dataclass(slots=True)
class _Gathered:
    """What the events of one asset add up to."""

    began: float | None = None
    ended: float | None = None
    attempts: dict[str, None] = field(default_factory=dict[str, None])
    is_open: bool = False
    version: StepEvent | None = None
    failure: StepEvent | None = None
    kinds: set[str] = field(default_factory=set[str])
    failing: int = 0


def steps_of(events: Iterable[StepEvent], doing: Doing) -> tuple[Step, ...]:
    """Return the steps of a run: in the order in which they began, then those that never did."""
    gathered = {asset: _Gathered() for asset in doing.assets}
    for event in events:
        _gather(gathered.setdefault(event.asset, _Gathered()), event)
    wanted = {*doing.assets}
    steps = [
        _step(asset, known, doing)
        for asset, known in gathered.items()
        if asset in wanted or known.attempts
    ]
    places = {step.asset: place for place, step in enumerate(steps)}
    late = float("inf")
    steps.sort(key=lambda s: (late if s.began is None else s.began, places[s.asset]))
    return tuple(steps)


def counts_of(steps: Iterable[Step]) -> dict[str, int]:
    """Return how many steps are in each status that occurs, in the order of the statuses."""
    found = [step.status for step in steps]
    return {status.value: found.count(status) for status in StepStatus if status in found}


def failed_above(
    skipped: str, failed: Collection[str], upstreams: Mapping[str, Iterable[str]]
) -> str:
    """Return the nearest failed asset that something hangs on; empty where the graph has none."""
    queue, seen = [skipped], {skipped}
    for key in queue:  # it grows meanwhile
        for upstream in upstreams.get(key, ()):
            if upstream in failed:
                return upstream
            if upstream not in seen:
                seen.add(upstream)
                queue.append(upstream)
    return ""


def _gather(known: _Gathered, event: StepEvent) -> None:
    match event.kind:
        case "attempt_started":
            known.attempts[event.attempt or ""] = None
            known.is_open, known.failure = True, None
        case "attempt_failed" if event.attempt in known.attempts:
            known.is_open, known.failure = False, event
        case "materialized" if not event.found or event.attempt in known.attempts:
            known.is_open, known.version = False, event
        case "checked":
            known.failing = event.failing or 0
        case "verified" | "dropped":
            pass
        case _:
            return
    known.kinds.add(event.kind)
    known.began = event.at if known.began is None else min(known.began, event.at)
    known.ended = event.at if known.ended is None else max(known.ended, event.at)


def _step(asset: str, known: _Gathered, doing: Doing) -> Step:
    status = _status(asset, known, doing)
    failure = known.failure if status in (StepStatus.FAILED, StepStatus.CANCELLED) else None
    is_under_way = status in (StepStatus.RUNNING, StepStatus.INTERRUPTED)
    version = known.version
    return Step(
        asset=asset,
        status=status,
        began=known.began,
        ended=None if is_under_way else known.ended,
        attempts=len(known.attempts),
        version=version.version if version is not None else None,
        published=_published(version),
        rows=version.rows if version is not None else None,
        bytes=version.bytes if version is not None else None,
        failing_checks=known.failing,
        code=(failure.code or "") if failure is not None else "",
        message=(failure.message or "") if failure is not None else "",
    )


def _published(version: StepEvent | None) -> PublishKind | None:
    return PublishKind(version.published) if version is not None and version.published else None


def _status(asset: str, known: _Gathered, doing: Doing) -> StepStatus:
    """Return the status of a step: the run's own word first, then what its events say."""
    if doing.left is not None and asset in doing.left:
        return _word(doing.left[asset])
    if known.is_open:
        return StepStatus.RUNNING if doing.live else StepStatus.INTERRUPTED
    if known.failure is not None:
        return StepStatus.FAILED
    if known.version is not None:
        computed = _published(known.version) is PublishKind.BUILD
        return StepStatus.BUILT if computed else StepStatus.REPUBLISHED
    for kind, status in _SETTLED.items():
        if kind in known.kinds:
            return status
    if doing.left is not None:  # it ended well, and found that all was on record
        return StepStatus.CHECKED
    return StepStatus.WAITING if doing.live else StepStatus.NOT_BEGUN


# What says how a step ended that published nothing, the strongest word first.
_SETTLED: Mapping[str, StepStatus] = {
    "dropped": StepStatus.DROPPED,
    "verified": StepStatus.VERIFIED,
    "checked": StepStatus.CHECKED,
}


def _word(text: str) -> StepStatus:
    """Return the status that a run's record names; a newer Freshline may have others."""
    try:
        return StepStatus(text)
    except ValueError:
        return StepStatus.FAILED
