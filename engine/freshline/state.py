"""State: what is known to exist, as one snapshot folded from events.

`advance` is the whole fold of one target, used by the catalog's tables and by tests alike, so the
two can never disagree. Replaying an event is harmless: each keeps the sequence it was folded from.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from freshline.events import (
    AssetDefined,
    AttemptFailed,
    AttemptStarted,
    CheckAccepted,
    Checked,
    CheckResult,
    Damaged,
    Dropped,
    Event,
    Materialized,
    Paused,
    Pinned,
    Recorded,
    Removed,
    Renamed,
    Resumed,
    SourceObserved,
    Unpinned,
    Verified,
)
from freshline.keys import Target
from freshline.versions import Build, Version

HOUR = "hour "  # begins what says, among contents, when a check was asked that reads the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt that has not reported how it ended; it has a place of each of its `pools`."""

    run: str
    publish_id: str
    fence: int
    base: int
    at: float
    pools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why the last attempt on a target failed; cleared by the next success."""

    run: str
    at: float
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The last seen version of a source, with what lets the next probe trust unchanged files."""

    version: str
    signature: Mapping[str, object]
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A failing check that somebody takes as it is, for this content and no other."""

    name: str
    check: str
    contents: tuple[str, ...]
    actor: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The wish that an asset keeps the version `mat_id`, until a moment or until it is unpinned."""

    mat_id: str
    actor: str
    reason: str
    at: float
    until: float | None = None

    def holds(self, now: float) -> bool:
        """Say whether the pin is still in force."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The wish that an asset is left as it is until it is resumed."""

    actor: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """All that is known of one target.

    `candidate` is the version that the last attempt did not publish because a check failed, still
    there to be looked at. `checks` are the latest results on the current and the last candidate's
    content. A `pin` may have run out: ask it. `dropped` is when the asset was dropped, None while
    it is not. `was` are the keys that the asset had before, latest first.
    """

    target: Target
    sequence: int = 0
    fence: int = 0
    build: Build | None = None
    attempt: Attempt | None = None
    failure: Failure | None = None
    observation: Observation | None = None
    definition: str = ""
    spec: Mapping[str, object] = field(default_factory=dict[str, object])
    candidate: Version | None = None
    checks: tuple[CheckResult, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    pin: Pin | None = None
    pause: Pause | None = None
    dropped: float | None = None
    was: tuple[str, ...] = ()

    def result(self, check: str, contents: tuple[str, ...]) -> CheckResult | None:
        """Return what a check found in a content, None where that is not known."""
        found = (r for r in self.checks if r.check == check and r.contents == contents)
        return next(found, None)

    def accepts(self, result: CheckResult) -> bool:
        """Say whether somebody takes this result as it is."""
        asked = (result.check, _timeless(result.contents))
        return any((a.check, _timeless(a.contents)) == asked for a in self.accepted)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of one environment, as of event `sequence`; keyed by target."""

    sequence: int = 0
    targets: Mapping[Target, TargetState] = field(default_factory=dict[Target, TargetState])

    def of(self, target: Target) -> TargetState:
        """Return the state of a target; nothing known is a state too."""
        return self.targets.get(target) or TargetState(target=target)


def advance(known: TargetState, sequence: int, event: Event) -> TargetState:
    """Return the state of a target after one event on it; one already folded changes nothing."""
    if sequence <= known.sequence:
        return known
    known = replace(known, sequence=sequence)
    match event:
        case AttemptStarted():
            attempt = Attempt(
                run=event.run,
                publish_id=event.publish_id,
                fence=event.fence,
                base=event.base,
                at=event.at,
                pools=event.pools,
            )
            return replace(known, attempt=attempt, fence=max(known.fence, event.fence))
        case AttemptFailed():
            failure = Failure(run=event.run, at=event.at, code=event.code, message=event.message)
            ended = _unless(known.attempt, event.publish_id)
            return replace(known, failure=failure, attempt=ended, candidate=event.candidate)
        case Materialized():
            version = event.build.version
            return replace(
                known,
                build=event.build,
                failure=None,
                candidate=None,
                attempt=_unless(known.attempt, version.publish_id),
                fence=max(known.fence, version.fence),
                dropped=None,
            )
        case Verified():
            return replace(known, failure=None, build=_verified(known.build, event))
        case SourceObserved():
            seen = Observation(version=event.version, signature=event.signature, at=event.at)
            return replace(known, observation=seen)
        case Checked():
            return replace(known, checks=_checks(known, event))
        case CheckAccepted():
            return replace(known, accepted=_accepted(known, event))
        case AssetDefined():
            return replace(known, definition=event.digest, spec=event.spec)
        case _:
            return _cared_for(known, event)


def fold(recorded: Iterable[Recorded], state: State | None = None) -> State:
    """Return the state that a stretch of the log leads to, from `state` or from nothing."""
    start = state or State()
    targets, last = dict(start.targets), start.sequence
    for entry in recorded:
        last = entry.sequence
        target: Target | None = getattr(entry.event, "target", None)
        if target is not None:
            known = targets.get(target) or TargetState(target=target)
            targets[target] = advance(known, entry.sequence, entry.event)
    return State(sequence=last, targets=targets)


def _timeless(contents: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(content for content in contents if not content.startswith(HOUR))


def _cared_for(known: TargetState, event: Event) -> TargetState:
    """Return the state after what people did about an asset, or found of it."""
    match event:
        case Pinned():
            pin = Pin(
                mat_id=event.mat_id,
                actor=event.actor,
                reason=event.reason,
                at=event.at,
                until=event.until,
            )
            return replace(known, pin=pin)
        case Unpinned():
            return replace(known, pin=None)
        case Paused():
            return replace(known, pause=Pause(actor=event.actor, reason=event.reason, at=event.at))
        case Resumed():
            return replace(known, pause=None)
        case Damaged():
            build = known.build
            if build is None or build.version.publish_id != event.publish_id:
                return known
            return replace(known, build=replace(build, stamp=""))
        case Removed():
            build = known.build
            gone = build is not None and build.version.publish_id in event.publish_ids
            return replace(known, build=None, pin=None) if gone else known
        case Renamed():
            return replace(known, was=event.was)
        case Dropped():
            left = TargetState(target=known.target, sequence=known.sequence, fence=known.fence)
            return replace(left, attempt=known.attempt, dropped=event.at)
        case _:
            return known


def _unless(attempt: Attempt | None, ended: str) -> Attempt | None:
    return None if attempt is None or attempt.publish_id == ended else attempt


def _checks(known: TargetState, event: Checked) -> tuple[CheckResult, ...]:
    """Keep results on the current content, and on the one just looked at; of each the latest."""
    kept = {event.data_version}
    if known.build is not None:
        kept.add(known.build.trace.data_version)
    latest = {
        (result.check, result.contents[0]): result
        for result in (*known.checks, *event.results)
        if result.contents[0] in kept
    }
    return tuple(latest.values())


def _accepted(known: TargetState, event: CheckAccepted) -> tuple[Acceptance, ...]:
    others = (a for a in known.accepted if (a.check, a.contents) != (event.check, event.contents))
    return (
        *others,
        Acceptance(
            name=event.name,
            check=event.check,
            contents=event.contents,
            actor=event.actor,
            reason=event.reason,
            at=event.at,
        ),
    )


def _verified(build: Build | None, event: Verified) -> Build | None:
    if build is None or build.version.mat_id != event.mat_id:
        return build
    trace = replace(build.trace, inputs=event.inputs)
    if event.code_version is not None and event.canonicaliser is not None:
        trace = replace(trace, code_version=event.code_version, canonicaliser=event.canonicaliser)
    return replace(
        build, trace=trace, stamp=event.stamp if event.stamp is not None else build.stamp
    )
