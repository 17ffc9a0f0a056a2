"""Acts and incidents in memory: the reference implementation of `freshline.acts.Acts`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from freshline import codec
from freshline.acts import Acts, Change, Delivering, DeliveryState, Incident, Mute
from freshline.errors import InternalError
from freshline.ports import Lease
from freshline.refresh import Notify
from freshline.testing.memory_automation import refuse_follower
from freshline.testing.memory_log import Decisions, MemoryEventLog

_TRIED = (DeliveryState.DELIVERED, DeliveryState.DEAD)


class MemoryActs:
    """Acts that last as long as the ledger of `log`; CatalogError once that log is closed.

    InternalError says that a text cannot be written: nothing is kept then.
    """

    def __init__(self, log: MemoryEventLog) -> None:
        self._log = log

    def due(
        self, project: str, environment: str, now: float, limit: int = 100
    ) -> tuple[Delivering, ...]:
        """Return deliveries that are to be attempted by now, the oldest first."""
        found = [each for each in self._waiting(project, environment) if each.due <= now]
        return tuple(sorted(found, key=lambda each: each.due)[: max(0, limit)])

    def next_due(self, project: str, environment: str, after: float) -> float | None:
        """Return when the next delivery behind a moment is due, None where none waits."""
        found = (each.due for each in self._waiting(project, environment) if each.due > after)
        return min(found, default=None)

    def last_told(self, project: str, environment: str) -> Mapping[str, float]:
        """Return by recipient of notices when something was last delivered."""
        found: dict[str, float] = {}
        for each in self._here(project, environment):
            is_notice = isinstance(each.delivery.act, Notify)
            if is_notice and each.state is DeliveryState.DELIVERED and each.settled is not None:
                name = each.delivery.recipient
                found[name] = max(found.get(name, each.settled), each.settled)
        return found

    def settle(self, id: str, at: float, state: DeliveryState, said: str) -> bool:
        """Write down how a waiting delivery ended; False where that is known already."""
        _refuse_unwritable(said)
        with self._log.opened() as ledger:
            known = ledger.decisions.deliveries.get(id)
            if known is None or known.state is not DeliveryState.WAITING:
                return False
            attempts = known.attempts + (state in _TRIED)
            ledger.decisions.deliveries[id] = replace(
                known, state=state, settled=at, said=said, attempts=attempts
            )
            return True

    def put_off(self, id: str, due: float, said: str) -> bool:
        """Write down that an attempt failed, and when the next is due; False where none waits."""
        _refuse_unwritable(said)
        with self._log.opened() as ledger:
            known = ledger.decisions.deliveries.get(id)
            if known is None or known.state is not DeliveryState.WAITING:
                return False
            ledger.decisions.deliveries[id] = replace(
                known, attempts=known.attempts + 1, due=due, said=said
            )
            return True

    def deliveries(
        self,
        project: str,
        environment: str,
        *,
        state: DeliveryState | None = None,
        limit: int = 50,
    ) -> tuple[Delivering, ...]:
        """Return deliveries, the newest first."""
        newest = reversed(self._here(project, environment))
        found = [each for each in newest if state in (None, each.state)]
        return tuple(found[: max(0, limit)])

    def revive(self, id: str, at: float) -> bool:
        """Let a dead delivery be attempted anew; False where there is none of that id."""
        with self._log.opened() as ledger:
            known = ledger.decisions.deliveries.get(id)
            if known is None or known.state is not DeliveryState.DEAD:
                return False
            waits = replace(known, state=DeliveryState.WAITING, attempts=0, due=at, settled=None)
            ledger.decisions.deliveries[id] = waits
            return True

    def mutes(self, project: str, environment: str) -> tuple[Mute, ...]:
        """Return what is muted, also what has run out."""
        with self._log.opened() as ledger:
            found = ledger.decisions.mutes.get((project, environment), {})
            return tuple(found[subject] for subject in sorted(found))

    def mute(self, project: str, environment: str, mute: Mute) -> None:
        """Mute a subject; again, and the latest word counts."""
        _refuse_unwritable(mute)
        with self._log.opened() as ledger:
            ledger.decisions.mutes.setdefault((project, environment), {})[mute.subject] = mute

    def unmute(self, project: str, environment: str, subject: str) -> bool:
        """Tell of a subject again; False where it was not muted."""
        _refuse_unwritable(subject)
        with self._log.opened() as ledger:
            known = ledger.decisions.mutes.get((project, environment), {})
            return known.pop(subject, None) is not None

    def incidents(
        self, project: str, environment: str, *, only_open: bool = False, limit: int = 200
    ) -> tuple[Incident, ...]:
        """Return incidents, the newest first."""
        with self._log.opened() as ledger:
            scope = (project, environment)
            newest = reversed(ledger.decisions.incidents.values())
            here = [incident for place, incident in newest if place == scope]
        found = [each for each in here if not only_open or each.closed is None]
        return tuple(found[: max(0, limit)])

    def change(
        self, leader: Lease, project: str, environment: str, changes: Sequence[Change]
    ) -> tuple[Change, ...]:
        """Keep what became of incidents, with what is to be told, all or nothing.

        Return those that were kept: one that is open or closed already changes nothing.
        FencedError, and nothing is kept, when somebody has led since.
        """
        for each in changes:
            _refuse_unwritable(each)
        with self._log.opened() as ledger:
            refuse_follower(ledger, leader)
            scope = (project, environment)
            return tuple(each for each in changes if _changes(ledger.decisions, scope, each))

    def forget_acts(self, project: str, environment: str, before: float) -> None:
        """Remove settled deliveries and closed incidents from before a moment."""
        old = [
            each.delivery.id
            for each in self._here(project, environment)
            if each.settled is not None and each.settled < before
        ]
        over = [
            each.id
            for each in self.incidents(project, environment, limit=1_000_000_000)
            if each.closed is not None and each.closed < before
        ]
        with self._log.opened() as ledger:
            for id in old:
                ledger.decisions.deliveries.pop(id, None)
            for id in over:
                ledger.decisions.incidents.pop(id, None)

    def _here(self, project: str, environment: str) -> list[Delivering]:
        with self._log.opened() as ledger:
            return [
                each
                for each in ledger.decisions.deliveries.values()
                if (each.delivery.project, each.delivery.environment) == (project, environment)
            ]

    def _waiting(self, project: str, environment: str) -> list[Delivering]:
        here = self._here(project, environment)
        return [each for each in here if each.state is DeliveryState.WAITING]


_: type[Acts] = MemoryActs


def _changes(known: Decisions, scope: tuple[str, str], change: Change) -> bool:
    """Keep one change; say whether there was anything to keep."""
    incident = change.incident
    before = known.incidents.get(incident.id)
    if before is not None and before[1].closed is not None:
        return False
    known.incidents[incident.id] = (scope, incident)
    for delivery in change.deliveries:
        known.deliveries.setdefault(delivery.id, Delivering(delivery=delivery, due=delivery.at))
    return True


def _refuse_unwritable(value: object) -> None:
    try:
        codec.encode(value)
    except (TypeError, ValueError) as error:
        raise InternalError(f"an act cannot be written as JSON: {error}") from error
