"""What automation decided, as values: ticks, requested runs and memories; and who keeps them.

A tick is one evaluation of the reconciler, a schedule or a sensor. Its row, what it has to remember
and the runs that it asks for are kept in one transaction, or not at all: after a crash either
everything has been decided or nothing was. Whoever is not the leader any more keeps nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from freshline.acts import AssetVersion, Delivery, Happening, Kind, delivery_id, parted
from freshline.errors import Diagnostic
from freshline.events import RunRequested
from freshline.ports import Lease
from freshline.refresh import Act, Materialize


class Mover(StrEnum):
    """What made somebody ask for a run."""

    RECONCILER = "reconciler"
    SCHEDULE = "schedule"
    SENSOR = "sensor"
    PERSON = "person"


class TickOutcome(StrEnum):
    """What came of a tick."""

    REQUESTED = "requested"  # a run was asked for
    NOTHING = "nothing"  # nothing was to be done, or nothing had arrived
    SKIPPED = "skipped"  # it was left out: paused, a holiday, too late to catch up
    FAILED = "failed"  # it could not be evaluated; its memory is as it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One evaluation, and why it came out so.

    `key` names what was evaluated within `mover` and `name`: of a schedule the moment, as UTC text;
    of a sensor what it consumed. No two ticks of one name have one key: the later one is not kept,
    nor anything that came with it.
    """

    project: str
    environment: str
    mover: Mover
    name: str
    key: str
    at: float
    outcome: TickOutcome
    why: str
    run: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A run that is wanted, under the id that it will have.

    `assets` are exactly those to build where `only` is set; else a `selection` is made fresh with
    what it needs. A higher `priority` goes first. `why` is one sentence.
    """

    run: str
    project: str
    environment: str
    at: float
    mover: Mover
    name: str
    why: str
    assets: tuple[str, ...] = ()
    selection: str = ""
    only: bool = False
    priority: int = 0


def event_of(request: Request) -> RunRequested:
    """Return the event that a request is told by."""
    return RunRequested(
        at=request.at,
        run=request.run,
        project=request.project,
        environment=request.environment,
        mover=request.mover.value,
        name=request.name,
        why=request.why,
        assets=request.assets,
        selection=request.selection,
    )


class RequestState(StrEnum):
    """How far a requested run is."""

    QUEUED = "queued"
    LAUNCHED = "launched"  # its process was begun, by whoever led then
    ENDED = "ended"
    CANCELLED = "cancelled"  # before it began


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """A request with what became of it; `said` is what its process told last, if it failed."""

    request: Request
    state: RequestState = RequestState.QUEUED
    launched: float | None = None
    ended: float | None = None
    pid: int | None = None
    outcome: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What one evaluation leaves behind: kept whole, or not at all.

    `memories` are texts by name, None to forget one; only who decides reads them. `acts` are what
    is to be done beside runs, once the decision is kept: at least once each. `about` is what
    arrived.
    """

    tick: Tick
    memories: Mapping[str, str | None]
    requests: tuple[Request, ...] = ()
    acts: tuple[Act, ...] = ()
    about: tuple[AssetVersion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """The wish that a schedule or sensor does nothing until it is resumed."""

    mover: Mover
    name: str
    actor: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event that somebody told of over the API, in the order in which they came."""

    sequence: int
    name: str
    at: float
    actor: str
    body: str = ""


DEFINITIONS = "definitions"  # the name of the reconciler's ticks about them, and of the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """What is wrong with the definitions. `is_old`: those that were good last are in force.

    `since` is when the one or the other came about.
    """

    is_old: bool
    since: float
    count: int
    problems: tuple[Diagnostic, ...]


def deliveries_of(decided: Decided) -> tuple[Delivery, ...]:
    """Return what is to be delivered because of a decision; the same decision gives the same."""
    tick = decided.tick
    happening = Happening(
        kind=Kind.FIRED,
        name=tick.name,
        at=tick.at,
        why=tick.why,
        assets=decided.about,
        run=tick.run,
        details=tick.details,
    )
    acts = [a for act in decided.acts if not isinstance(act, Materialize) for a in parted(act)]
    scope = (tick.project, tick.environment)
    return tuple(
        Delivery(
            id=delivery_id(*scope, tick.mover.value, tick.name, tick.key, str(number)),
            project=tick.project,
            environment=tick.environment,
            at=tick.at,
            act=act,
            happening=happening,
        )
        for number, act in enumerate(acts)
    )


def leadership(environment: str) -> str:
    """Return the name of the lease of whoever decides in an environment."""
    return f"lead:{environment}"


class Automation(Protocol):
    """Where decisions are kept. Safe to call from several threads; every change is durable."""

    def memories(self, project: str, environment: str) -> Mapping[str, str]:
        """Return what is remembered, by name."""
        ...

    def decide(self, leader: Lease, decided: Sequence[Decided]) -> tuple[Decided, ...]:
        """Keep decisions in their order, in one transaction; return those that were kept.

        One whose tick is there already is left out with all that came with it. FencedError, and
        nothing is kept, when somebody has led since.
        """
        ...

    def requests(self, project: str, environment: str) -> tuple[Requested, ...]:
        """Return the requests that have not ended, in the order in which they were made."""
        ...

    def past_requests(
        self, project: str, environment: str, limit: int = 50
    ) -> tuple[Requested, ...]:
        """Return requests, newest first, whatever became of them."""
        ...

    def launched(self, leader: Lease, run: str, at: float, pid: int) -> bool:
        """Write down that the process of a queued run was begun; False where it is not queued.

        FencedError when somebody has led since.
        """
        ...

    def requeue(self, leader: Lease, run: str) -> bool:
        """Queue a launched run again, whose process is gone and did nothing; False where it is not.

        FencedError when somebody has led since.
        """
        ...

    def ended(self, run: str, at: float, outcome: str, said: str = "") -> bool:
        """Write down how a launched run ended; False where that is known already."""
        ...

    def withdraw(self, run: str, at: float, actor: str) -> bool:
        """Cancel a queued request; False where it is not queued any more."""
        ...

    def ticks(
        self,
        project: str,
        environment: str,
        *,
        mover: Mover | None = None,
        name: str | None = None,
        limit: int = 50,
    ) -> tuple[Tick, ...]:
        """Return the newest ticks, newest first."""
        ...

    def forget(self, project: str, environment: str, before: float) -> None:
        """Remove ticks, ended requests and events from outside from before a moment.

        The keys of ticks that asked for a run go on guarding it.
        """
        ...

    def halts(self, project: str, environment: str) -> tuple[Halt, ...]:
        """Return which schedules and sensors are halted."""
        ...

    def halt(self, project: str, environment: str, halt: Halt) -> None:
        """Halt a schedule or sensor; again, and the latest word counts."""
        ...

    def resume(self, project: str, environment: str, mover: Mover, name: str) -> bool:
        """Let a schedule or sensor go on; False where it was not halted."""
        ...

    def arrive(self, project: str, environment: str, arrival: Arrival) -> int:
        """Write down an event from outside; return its sequence number."""
        ...

    def arrivals(self, project: str, environment: str, after: int) -> tuple[Arrival, ...]:
        """Return events from outside behind a sequence number, ascending."""
        ...
