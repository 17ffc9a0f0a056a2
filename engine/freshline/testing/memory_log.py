"""The event log in memory: the reference implementation of `freshline.ports.EventLog`."""

import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from freshline import codec
from freshline.acts import Delivering, Incident, Mute
from freshline.claims import Claim
from freshline.errors import BusyError, CatalogError, InternalError, ResourceError, UsageError
from freshline.events import AttemptStarted, Event, Materialized, Recorded, RunStarted
from freshline.failpoints import failpoint
from freshline.keys import Target
from freshline.ports import EventLog, Holder, Lease, Wait
from freshline.state import State, TargetState, advance
from freshline.ticks import Arrival, Halt, Mover, Requested, Tick
from freshline.versions import Build, Logic

Scope = tuple[str, str]
TickKey = tuple[str, str, Mover, str, str]


class Decisions:
    """What automation decided; `MemoryAutomation` and `MemoryActs` read and write it."""

    def __init__(self) -> None:
        self.ticks: list[Tick] = []
        self.keys: set[TickKey] = set()
        self.memories: dict[Scope, dict[str, str]] = {}
        self.requests: dict[str, Requested] = {}
        self.halts: dict[Scope, dict[tuple[Mover, str], Halt]] = {}
        self.arrivals: dict[Scope, list[Arrival]] = {}
        self.arrived = 0
        self.deliveries: dict[str, Delivering] = {}
        self.mutes: dict[Scope, dict[str, Mute]] = {}
        self.incidents: dict[str, tuple[Scope, Incident]] = {}


class Ledger:
    """What outlives a process: the events, the states folded from them, and who holds which lease.

    Several logs over one ledger are several processes at one catalog.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.entries: list[Recorded] = []
        self.states: dict[Target, TargetState] = {}
        self.held: dict[str, list[MemoryLease]] = {}
        self.gates: dict[str, Holder] = {}
        self.epochs: dict[str, int] = {}
        self.decisions = Decisions()


class MemoryLease:
    """A lease in a ledger, held until released."""

    def __init__(self, ledger: Ledger, holder: Holder, epoch: int, shared: bool) -> None:
        self._ledger = ledger
        self._epoch = epoch
        self.holder = holder
        self.shared = shared

    @property
    def name(self) -> str:
        """What it is a right to."""
        return self.holder.name

    @property
    def epoch(self) -> int:
        """A number that grows with every holder."""
        return self._epoch

    def release(self) -> None:
        """Give it back; idempotent."""
        with self._ledger.lock:
            held = self._ledger.held[self.holder.name]
            held[:] = [each for each in held if each is not self]


class MemoryEventLog:
    """An event log that lasts as long as its `ledger`.

    Events pass through the codec on their way in, so what is read back is what any other log would
    give. After a simulated crash, `close` the log of the process that died, which ends its leases,
    and open another one over the same ledger.
    """

    def __init__(self, ledger: Ledger | None = None) -> None:
        self.ledger = ledger or Ledger()
        self._leases: list[MemoryLease] = []
        self._is_closed = False

    def append(self, events: Sequence[Event]) -> int:
        """Record the events, all or none, in order. Return the last sequence.

        BusyError when an AttemptStarted meets a live attempt.
        """
        copies = [_copy(event) for event in events]
        with self.opened() as ledger:
            last = _record(ledger, copies)
        if any(isinstance(event, Materialized) for event in events):
            _pass("record.after_commit")
        return last

    def claim(self, claims: Sequence[Claim]) -> tuple[int, ...]:
        """Record the intents as AttemptStarted events; return their fences, higher than any before.

        All or none; BusyError when a target has a live attempt, when another version than `seen` is
        on record, or when as many attempts live in its environment as one of its pools has places.
        """
        _pass("claim.before")
        with self.opened() as ledger:
            intents: list[AttemptStarted] = []
            for wish in claims:
                known = _known(ledger.states, wish.target)
                if refused := wish.refusal(known, _taken(ledger, wish.target, intents)):
                    raise refused
                intents.append(
                    AttemptStarted(
                        at=wish.at,
                        run=wish.run,
                        target=wish.target,
                        publish_id=wish.publish_id,
                        fence=known.fence + 1,
                        base=wish.base,
                        pools=tuple(name for name, _ in wish.places),
                    )
                )
            _record(ledger, [_copy(intent) for intent in intents])
        _pass("claim.after_commit")
        return tuple(intent.fence for intent in intents)

    def acquire(self, holder: Holder, *, shared: bool = False, wait: Wait | None = None) -> Lease:
        """Take the lease `holder.name`, alone or shared.

        While it cannot be had, `wait` is called with a BusyError that says who has it; without a
        `wait` the error is raised.
        """
        if shared and not holder.run:
            raise UsageError("who shares a lease shares it for a run")
        try:
            while True:
                try:
                    return self._acquired(holder, shared)
                except BusyError as busy:
                    if wait is None:
                        raise
                    if not shared:
                        self.ledger.gates.setdefault(holder.name, holder)
                    wait(busy)
        finally:
            if self.ledger.gates.get(holder.name) is holder:
                del self.ledger.gates[holder.name]

    def _acquired(self, holder: Holder, shared: bool) -> Lease:
        with self.opened() as ledger:
            held = ledger.held.setdefault(holder.name, [])
            gate = ledger.gates.get(holder.name)
            if shared and gate is not None:
                raise BusyError(f"{_sentence(gate)}, who waits to have it alone")
            in_the_way = [
                each.holder
                for each in held
                if not (shared and each.shared) or each.holder.run == holder.run
            ]
            if in_the_way:
                raise BusyError("; ".join(map(_sentence, in_the_way)), help="wait for it to end")
            epoch = ledger.epochs[holder.name] = ledger.epochs.get(holder.name, 0) + 1
            lease = MemoryLease(ledger, holder, epoch, shared)
            held.append(lease)
            self._leases.append(lease)
            return lease

    def holder(self, name: str) -> Holder | None:
        """Return who holds a lease at this moment, the last to come of several; None for nobody."""
        found = self.holders(name)
        return found[-1] if found else None

    def holders(self, name: str) -> tuple[Holder, ...]:
        """Return all who hold a lease at this moment, in the order in which they came."""
        with self.opened() as ledger:
            return tuple(each.holder for each in ledger.held.get(name, ()))

    def snapshot(self, project: str, environment: str) -> State:
        """Return what is known to exist there, as of one instant."""
        with self.opened() as ledger:
            targets = {
                target: state
                for target, state in ledger.states.items()
                if target.project == project and target.environment == environment
            }
            return State(sequence=len(ledger.entries), targets=targets)

    def builds(self, target: Target, limit: int = 100) -> tuple[Build, ...]:
        """Return the versions materialized for a target, latest first, one for each mat_id."""
        latest: dict[str, Build] = {}
        for event in self._materialized():
            if event.target == target:
                latest.setdefault(event.build.version.mat_id, event.build)
        return tuple(latest.values())[: max(0, limit)]

    def logic(self, mat_ids: Iterable[str]) -> Mapping[str, Logic]:
        """Return the logic of versions by mat_id; unknown ones are left out."""
        wanted, found = set(mat_ids), dict[str, Logic]()
        for event in self._materialized():
            mat_id = event.build.version.mat_id
            if mat_id in wanted:
                found.setdefault(mat_id, event.logic)
        return found

    def events(
        self, *, after: int = 0, limit: int = 500, asset: str | None = None, run: str | None = None
    ) -> tuple[Recorded, ...]:
        """Return events behind a sequence in ascending order."""
        behind = [entry for entry in self._entries() if entry.sequence > after]
        return tuple(entry for entry in behind if _is_about(entry, asset, run))[: max(0, limit)]

    def latest(self, *, limit: int = 50, asset: str | None = None) -> tuple[Recorded, ...]:
        """Return the newest events, newest first."""
        newest = reversed(self._entries())
        return tuple(entry for entry in newest if _is_about(entry, asset, None))[: max(0, limit)]

    def runs(self, project: str, limit: int = 50) -> tuple[Recorded, ...]:
        """Return RunStarted events, newest first."""
        return tuple(
            entry
            for entry in reversed(self._entries())
            if isinstance(entry.event, RunStarted) and entry.event.project == project
        )[: max(0, limit)]

    def close(self) -> None:
        """Give back the leases taken here; any later call raises CatalogError."""
        self._is_closed = True
        for lease in self._leases:
            lease.release()

    @contextmanager
    def opened(self) -> Generator[Ledger]:
        """Lend the ledger for as long as a block lasts, and to nobody else."""
        if self._is_closed:
            raise CatalogError("the catalog in memory is closed", help="Open it again.")
        with self.ledger.lock:
            yield self.ledger

    def _entries(self) -> tuple[Recorded, ...]:
        with self.opened() as ledger:
            return tuple(ledger.entries)

    def _materialized(self) -> Iterable[Materialized]:
        """Return the publishes, latest first."""
        newest = reversed(self._entries())
        return [entry.event for entry in newest if isinstance(entry.event, Materialized)]


_: type[EventLog] = MemoryEventLog


def _record(ledger: Ledger, events: Sequence[Event]) -> int:
    """Fold the events aside first, so that a refused one leaves the ledger as it was."""
    states: dict[Target, TargetState] = {}
    entries: list[Recorded] = []
    for sequence, event in enumerate(events, len(ledger.entries) + 1):
        entries.append(Recorded(sequence=sequence, event=event))
        target: Target | None = getattr(event, "target", None)
        if target is not None:
            known = states.get(target) or _known(ledger.states, target)
            if isinstance(event, AttemptStarted) and known.attempt is not None:
                raise BusyError(f"{target} is being built by run {known.attempt.run}")
            states[target] = advance(known, sequence, event)
    ledger.entries += entries
    ledger.states |= states
    return len(ledger.entries)


def _taken(
    ledger: Ledger, target: Target, intents: Sequence[AttemptStarted]
) -> Callable[[str], int]:
    """Return what counts the places taken of a pool, by attempts that live and those to come."""

    def taken(pool: str) -> int:
        alive = (
            state.attempt
            for place, state in ledger.states.items()
            if (place.project, place.environment) == (target.project, target.environment)
        )
        return sum(a is not None and pool in a.pools for a in (*alive, *intents))

    return taken


def _pass(name: str) -> None:
    try:
        failpoint(name)
    except OSError as error:
        raise ResourceError(f"the catalog in memory cannot be used: {error.strerror}") from error


def _copy(event: Event) -> Event:
    try:
        return codec.decode(codec.encode(event), type(event))
    except (TypeError, ValueError) as error:
        raise InternalError(f"a {event.kind} event cannot be written as JSON: {error}") from error


def _known(states: Mapping[Target, TargetState], target: Target) -> TargetState:
    return states.get(target) or TargetState(target=target)


def _is_about(entry: Recorded, asset: str | None, run: str | None) -> bool:
    target: Target | None = getattr(entry.event, "target", None)
    is_asset = asset is None or (target is not None and target.asset == asset)
    return is_asset and (run is None or entry.event.run == run)


def _sentence(holder: Holder) -> str:
    since = datetime.fromtimestamp(holder.since, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return (
        f"{holder.name} is in use: {holder.purpose} by {holder.actor} on {holder.host},"
        f" process {holder.pid}, since {since}"
    )
