"""Acts in SQLite: `freshline.acts.Acts` in the same file as the decisions that ask for them."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, cast

from freshline import codec
from freshline.acts import (
    Acts,
    Change,
    Delivering,
    Delivery,
    DeliveryState,
    Incident,
    Mute,
)
from freshline.errors import FencedError, InternalError
from freshline.ports import Lease
from freshline.refresh import Notify
from freshline_catalog.connection import Connection, Row, Value
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.faults import translated
from freshline_catalog.statements import statements


class SqliteActs:
    """The acts and incidents in the catalog of `log`, whose errors are raised as it does.

    InternalError says that a text cannot be written: nothing is kept then.
    """

    def __init__(self, log: SqliteEventLog) -> None:
        self._log = log

    def due(
        self, project: str, environment: str, now: float, limit: int = 100
    ) -> tuple[Delivering, ...]:
        """Return deliveries that are to be attempted by now, the oldest first."""
        return self._delivering("due", project, environment, now, max(0, limit))

    def next_due(self, project: str, environment: str, after: float) -> float | None:
        """Return when the next delivery behind a moment is due, None where none waits."""
        return cast("float | None", self._rows("next_due", project, environment, after)[0][0])

    def last_told(self, project: str, environment: str) -> Mapping[str, float]:
        """Return by recipient of notices when something was last delivered."""
        rows = cast(list[tuple[str, float]], self._rows("last_told", project, environment))
        return dict(rows)

    def settle(self, id: str, at: float, state: DeliveryState, said: str) -> bool:
        """Write down how a waiting delivery ended; False where that is known already."""
        row = (id, at, state.value, _writable(said))
        return self._log.write(lambda connection: _settle(connection, *row))

    def put_off(self, id: str, due: float, said: str) -> bool:
        """Write down that an attempt failed, and when the next is due; False where none waits."""
        row = (id, due, _writable(said))
        return self._log.write(lambda connection: _changed(connection, "put_off", *row))

    def deliveries(
        self,
        project: str,
        environment: str,
        *,
        state: DeliveryState | None = None,
        limit: int = 50,
    ) -> tuple[Delivering, ...]:
        """Return deliveries, the newest first."""
        which = state.value if state is not None else None
        return self._delivering("deliveries", project, environment, which, max(0, limit))

    def revive(self, id: str, at: float) -> bool:
        """Let a dead delivery be attempted anew; False where there is none of that id."""
        return self._log.write(lambda connection: _changed(connection, "revive", id, at))

    def mutes(self, project: str, environment: str) -> tuple[Mute, ...]:
        """Return what is muted, also what has run out."""
        rows = self._rows("mutes", project, environment)
        return tuple(
            Mute(subject=subject, actor=actor, reason=reason, at=at, until=until)
            for subject, actor, reason, at, until in cast(
                list[tuple[str, str, str, float, "float | None"]], rows
            )
        )

    def mute(self, project: str, environment: str, mute: Mute) -> None:
        """Mute a subject; again, and the latest word counts."""
        words = (_writable(mute.subject), _writable(mute.actor), _writable(mute.reason))
        row = (project, environment, *words, mute.at, mute.until)
        self._log.write(lambda connection: _stirring(connection, "mute", *row))

    def unmute(self, project: str, environment: str, subject: str) -> bool:
        """Tell of a subject again; False where it was not muted."""
        row = (project, environment, _writable(subject))
        return self._log.write(lambda connection: bool(_stirring(connection, "unmute", *row)))

    def incidents(
        self, project: str, environment: str, *, only_open: bool = False, limit: int = 200
    ) -> tuple[Incident, ...]:
        """Return incidents, the newest first."""
        name = "open_incidents" if only_open else "incidents"
        rows = self._rows(name, project, environment, max(0, limit))
        with translated(self._log.path):
            return tuple(codec.decode(cast(str, row[0]), Incident) for row in rows)

    def change(
        self, leader: Lease, project: str, environment: str, changes: Sequence[Change]
    ) -> tuple[Change, ...]:
        """Keep what became of incidents, with what is to be told, in one transaction.

        Return those that were kept: one that is open or closed already changes nothing.
        FencedError, and nothing is kept, when somebody has led since.
        """
        written = [
            _Changed(change, _text(change.incident), drafts(change.deliveries))
            for change in changes
        ]
        work = partial(_change, leader=leader, scope=(project, environment), changes=written)
        return self._log.write(work, weight=1 + len(written))

    def forget_acts(self, project: str, environment: str, before: float) -> None:
        """Remove settled deliveries and closed incidents from before a moment."""

        def work(connection: Connection) -> None:
            for name in ("forget_deliveries", "forget_incidents"):
                _run(connection, name, project, environment, before)

        self._log.write(work, weight=100)

    def _delivering(self, name: str, *bindings: Value) -> tuple[Delivering, ...]:
        rows = self._rows(name, *bindings)
        with translated(self._log.path):
            return tuple(_read(row) for row in rows)

    def _rows(self, name: str, *bindings: Value) -> list[Row]:
        with self._log.reader() as connection:
            return _run(connection, name, *bindings)


_: type[Acts] = SqliteActs


class Draft(NamedTuple):
    """A delivery on its way into its table, with the JSON that will be stored."""

    delivery: Delivery
    body: str


def drafts(deliveries: Sequence[Delivery]) -> tuple[Draft, ...]:
    """Return deliveries with their JSON; InternalError where one holds what cannot be written."""
    return tuple(Draft(delivery, _text(delivery)) for delivery in deliveries)


def put(connection: Connection, deliveries: Sequence[Draft]) -> None:
    """Keep deliveries within a transaction of the caller's; one that is kept already stays."""
    for delivery, body in deliveries:
        scope = (delivery.project, delivery.environment, delivery.at)
        is_notice = int(isinstance(delivery.act, Notify))
        _run(connection, "put", delivery.id, *scope, delivery.recipient, is_notice, body)


def refuse_follower(connection: Connection, leader: Lease) -> None:
    """Raise FencedError when somebody has held the lease since."""
    rows = connection.execute(statements("automation")["epoch"], (leader.name,)).fetchall()
    if not rows or rows[0][0] != leader.epoch:
        raise FencedError(
            f"somebody else leads by now: {leader.name} was taken again",
            help="nothing was changed; whoever leads goes on",
        )


class _Changed(NamedTuple):
    change: Change
    body: str
    deliveries: tuple[Draft, ...]


def _change(
    connection: Connection, leader: Lease, scope: tuple[str, str], changes: Sequence[_Changed]
) -> tuple[Change, ...]:
    refuse_follower(connection, leader)
    kept: list[Change] = []
    for each in changes:
        incident = each.change.incident
        row = (incident.id, *scope, incident.opened, incident.closed, each.body)
        is_kept = _changed(connection, "open_incident", *row) or _changed(
            connection, "change_incident", incident.id, incident.closed, each.body
        )
        if is_kept:
            put(connection, each.deliveries)
            kept.append(each.change)
    if kept:
        _run(connection, "stir", *scope)
    return tuple(kept)


def _settle(connection: Connection, id: str, *row: Value) -> bool:
    is_settled = _changed(connection, "settle", id, *row)
    if is_settled:
        _run(connection, "stir_for", id)
    return is_settled


def _stirring(connection: Connection, name: str, *bindings: Value) -> list[Row]:
    """Run a statement that begins with project and environment, and have pages look again."""
    found = _run(connection, name, *bindings)
    _run(connection, "stir", *bindings[:2])
    return found


def _read(row: Row) -> Delivering:
    body, state, attempts, due, settled, said = cast(
        tuple[str, str, int, float, "float | None", str], row
    )
    return Delivering(
        delivery=codec.decode(body, Delivery),
        state=DeliveryState(state),
        attempts=attempts,
        due=due,
        settled=settled,
        said=said,
    )


def _text(value: object) -> str:
    try:
        return codec.encode(value).decode()
    except (TypeError, ValueError) as error:
        raise InternalError(f"an act cannot be written as JSON: {error}") from error


def _writable(text: str) -> str:
    _text(text)
    return text


def _changed(connection: Connection, name: str, *bindings: Value) -> bool:
    return bool(_run(connection, name, *bindings))


def _run(connection: Connection, name: str, *bindings: Value) -> list[Row]:
    return connection.execute(statements("acts")[name], bindings).fetchall()
