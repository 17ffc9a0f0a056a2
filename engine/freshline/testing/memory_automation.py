"""Decisions in memory: the reference implementation of `freshline.ticks.Automation`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from freshline import codec
from freshline.acts import Delivering
from freshline.errors import FencedError, InternalError, ResourceError
from freshline.events import RunWithdrawn
from freshline.failpoints import failpoint
from freshline.ports import Lease
from freshline.testing.memory_log import Decisions, Ledger, MemoryEventLog, TickKey
from freshline.ticks import (
    Arrival,
    Automation,
    Decided,
    Halt,
    Mover,
    Request,
    Requested,
    RequestState,
    Tick,
    TickOutcome,
    deliveries_of,
    event_of,
)

_OPEN = (RequestState.QUEUED, RequestState.LAUNCHED)


class MemoryAutomation:
    """Decisions that last as long as the ledger of `log`; CatalogError once that log is closed."""

    def __init__(self, log: MemoryEventLog) -> None:
        self._log = log

    def memories(self, project: str, environment: str) -> Mapping[str, str]:
        """Return what is remembered, by name."""
        with self._log.opened() as ledger:
            return dict(ledger.decisions.memories.get((project, environment), {}))

    def decide(self, leader: Lease, decided: Sequence[Decided]) -> tuple[Decided, ...]:
        """Keep decisions in their order, all or none; return those that were kept.

        One whose tick is there already is left out with all that came with it. FencedError when
        somebody has led since.
        """
        for each in decided:
            _refuse_unwritable(each)
        with self._log.opened() as ledger:
            refuse_follower(ledger, leader)
            kept = _kept(ledger.decisions, decided)
            _pass("tick.before_commit")
            for each in kept:
                _keep(ledger.decisions, each)
                self._log.append([event_of(request) for request in each.requests])
        _pass("tick.after_commit")
        return kept

    def requests(self, project: str, environment: str) -> tuple[Requested, ...]:
        """Return the requests that have not ended, in the order in which they were made."""
        found = reversed(self.past_requests(project, environment, limit=1_000_000_000))
        return tuple(each for each in found if each.state in _OPEN)

    def past_requests(
        self, project: str, environment: str, limit: int = 50
    ) -> tuple[Requested, ...]:
        """Return requests, newest first, whatever became of them."""
        with self._log.opened() as ledger:
            newest = reversed(ledger.decisions.requests.values())
            here = [each for each in newest if _scope(each.request) == (project, environment)]
            return tuple(here[: max(0, limit)])

    def launched(self, leader: Lease, run: str, at: float, pid: int) -> bool:
        """Write down that the process of a queued run was begun; False where it is not queued.

        FencedError when somebody has led since.
        """
        with self._log.opened() as ledger:
            refuse_follower(ledger, leader)
            known = ledger.decisions.requests.get(run)
            if known is None or known.state is not RequestState.QUEUED:
                return False
            begun = replace(known, state=RequestState.LAUNCHED, launched=at, pid=pid)
            ledger.decisions.requests[run] = begun
            return True

    def requeue(self, leader: Lease, run: str) -> bool:
        """Queue a launched run again, whose process is gone and did nothing; False where it is not.

        FencedError when somebody has led since.
        """
        with self._log.opened() as ledger:
            refuse_follower(ledger, leader)
            known = ledger.decisions.requests.get(run)
            if known is None or known.state is not RequestState.LAUNCHED:
                return False
            queued = replace(known, state=RequestState.QUEUED, launched=None, pid=None)
            ledger.decisions.requests[run] = queued
            return True

    def ended(self, run: str, at: float, outcome: str, said: str = "") -> bool:
        """Write down how a launched run ended; False where that is known already."""
        _refuse_unwritable((outcome, said))
        with self._log.opened() as ledger:
            known = ledger.decisions.requests.get(run)
            if known is None or known.state is not RequestState.LAUNCHED:
                return False
            over = replace(known, state=RequestState.ENDED, ended=at, outcome=outcome, said=said)
            ledger.decisions.requests[run] = over
            return True

    def withdraw(self, run: str, at: float, actor: str) -> bool:
        """Cancel a queued request; False where it is not queued any more."""
        with self._log.opened() as ledger:
            known = ledger.decisions.requests.get(run)
            if known is None or known.state is not RequestState.QUEUED:
                return False
            project, environment = _scope(known.request)
            gone = RunWithdrawn(
                at=at, run=run, project=project, environment=environment, actor=actor
            )
            self._log.append([gone])
            ledger.decisions.requests[run] = replace(known, state=RequestState.CANCELLED, ended=at)
            return True

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
        with self._log.opened() as ledger:
            found = [
                tick
                for tick in reversed(ledger.decisions.ticks)
                if (tick.project, tick.environment) == (project, environment)
                and mover in (None, tick.mover)
                and name in (None, tick.name)
            ]
        return tuple(found[: max(0, limit)])

    def forget(self, project: str, environment: str, before: float) -> None:
        """Remove ticks, ended requests and events from outside from before a moment.

        The keys of ticks that asked for a run go on guarding it.
        """
        scope = (project, environment)
        with self._log.opened() as ledger:
            known = ledger.decisions
            old = [tick for tick in known.ticks if _is_old(tick, scope, before)]
            free = {_key(tick) for tick in old if tick.outcome is not TickOutcome.REQUESTED}
            known.keys -= free
            known.ticks = [tick for tick in known.ticks if not _is_old(tick, scope, before)]
            known.requests = {
                run: each
                for run, each in known.requests.items()
                if _scope(each.request) != scope
                or each.state in _OPEN
                or each.ended is None
                or each.ended >= before
            }
            arrivals = known.arrivals.get(scope, [])
            known.arrivals[scope] = [arrival for arrival in arrivals if arrival.at >= before]

    def halts(self, project: str, environment: str) -> tuple[Halt, ...]:
        """Return which schedules and sensors are halted."""
        with self._log.opened() as ledger:
            found = ledger.decisions.halts.get((project, environment), {})
            return tuple(found[name] for name in sorted(found))

    def halt(self, project: str, environment: str, halt: Halt) -> None:
        """Halt a schedule or sensor; again, and the latest word counts."""
        _refuse_unwritable(halt)
        with self._log.opened() as ledger:
            found = ledger.decisions.halts.setdefault((project, environment), {})
            found[halt.mover, halt.name] = halt

    def resume(self, project: str, environment: str, mover: Mover, name: str) -> bool:
        """Let a schedule or sensor go on; False where it was not halted."""
        with self._log.opened() as ledger:
            found = ledger.decisions.halts.get((project, environment), {})
            return found.pop((mover, name), None) is not None

    def arrive(self, project: str, environment: str, arrival: Arrival) -> int:
        """Write down an event from outside; return its sequence number."""
        _refuse_unwritable(arrival)
        with self._log.opened() as ledger:
            ledger.decisions.arrived += 1
            sequence = ledger.decisions.arrived
            found = ledger.decisions.arrivals.setdefault((project, environment), [])
            found.append(replace(arrival, sequence=sequence))
            return sequence

    def arrivals(self, project: str, environment: str, after: int) -> tuple[Arrival, ...]:
        """Return events from outside behind a sequence number, ascending."""
        with self._log.opened() as ledger:
            found = ledger.decisions.arrivals.get((project, environment), [])
            return tuple(arrival for arrival in found if arrival.sequence > after)


_: type[Automation] = MemoryAutomation


def _kept(known: Decisions, decided: Sequence[Decided]) -> tuple[Decided, ...]:
    """Return the decisions that are new, before anything is changed."""
    keys, runs = set(known.keys), set(known.requests)
    kept: list[Decided] = []
    for each in decided:
        if _key(each.tick) in keys:
            continue
        for request in each.requests:
            if request.run in runs:
                raise InternalError(f"run {request.run} has been asked for before")
            runs.add(request.run)
        keys.add(_key(each.tick))
        kept.append(each)
    return tuple(kept)


def _keep(known: Decisions, decided: Decided) -> None:
    tick = decided.tick
    known.keys.add(_key(tick))
    known.ticks.append(tick)
    memories = known.memories.setdefault((tick.project, tick.environment), {})
    for name, value in decided.memories.items():
        if value is None:
            memories.pop(name, None)
        else:
            memories[name] = value
    for request in decided.requests:
        known.requests[request.run] = Requested(request=request)
    for delivery in deliveries_of(decided):
        known.deliveries.setdefault(delivery.id, Delivering(delivery=delivery, due=delivery.at))


def refuse_follower(ledger: Ledger, leader: Lease) -> None:
    """Raise FencedError when somebody has held the lease since."""
    if ledger.epochs.get(leader.name) != leader.epoch:
        raise FencedError(
            f"somebody else leads by now: {leader.name} was taken again",
            help="nothing was changed; whoever leads goes on",
        )


def _refuse_unwritable(value: object) -> None:
    try:
        codec.encode(value)
    except (TypeError, ValueError) as error:
        raise InternalError(f"a decision cannot be written as JSON: {error}") from error


def _key(tick: Tick) -> TickKey:
    return tick.project, tick.environment, tick.mover, tick.name, tick.key


def _scope(request: Request) -> tuple[str, str]:
    return request.project, request.environment


def _is_old(tick: Tick, scope: tuple[str, str], before: float) -> bool:
    return (tick.project, tick.environment) == scope and tick.at < before


def _pass(name: str) -> None:
    try:
        failpoint(name)
    except OSError as error:
        raise ResourceError(f"the catalog in memory cannot be used: {error.strerror}") from error
