"""Recording: events enter the log, and the folded tables follow in the same transaction.

Everything here runs inside a transaction of the caller's.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from freshline import codec
from freshline.claims import Claim
from freshline.errors import InternalError
from freshline.events import AttemptStarted, Event
from freshline.keys import Target
from freshline.ports import Holder
from freshline.state import TargetState
from freshline_catalog.connection import Connection
from freshline_catalog.lease import SHARE
from freshline_catalog.projections import Entry, load_state, project
from freshline_catalog.statements import statements


class Draft(NamedTuple):
    """An event on its way into the log, with the JSON that will be stored."""

    event: Event
    body: str


def draft(event: Event) -> Draft:
    """Return an event with its JSON; InternalError when it holds what JSON cannot say."""
    try:
        return Draft(event, codec.encode(event).decode())
    except (TypeError, ValueError) as error:
        raise InternalError(f"a {event.kind} event cannot be written as JSON: {error}") from error


def record(connection: Connection, drafts: Sequence[Draft]) -> int:
    """Append events and bring the folded tables forward; return the last sequence.

    Raise BusyError when an AttemptStarted meets a live attempt on its target.
    """
    sql = statements("recording")
    last = last_sequence(connection)
    entries: list[Entry] = []
    for sequence, (event, body) in enumerate(drafts, last + 1):
        target: Target | None = getattr(event, "target", None)
        target_id = None if target is None else target_number(connection, target)
        row = (sequence, event.at, event.kind, target_id, event.run, body)
        connection.execute(sql["add_event"], row)
        entries.append(Entry(sequence, target_id, event))
    project(connection, entries)
    return last + len(drafts)


def claim(connection: Connection, claims: Sequence[Claim]) -> tuple[int, ...]:
    """Record each intent as an AttemptStarted event; return the fences given out.

    Raise BusyError when a target has a live attempt, be it one of the same call, when it has
    another version than its claimer has seen, or when a pool has no place for it.
    """
    intents: list[AttemptStarted] = []
    for wish in claims:
        known = load_state(connection, target_number(connection, wish.target))
        fence = 1 if known is None else known.fence + 1
        taken = _taken(connection, wish.target, intents)
        if refused := wish.refusal(known or TargetState(target=wish.target), taken):
            raise refused
        intents.append(
            AttemptStarted(
                at=wish.at,
                run=wish.run,
                target=wish.target,
                publish_id=wish.publish_id,
                fence=fence,
                base=wish.base,
                pools=tuple(name for name, _ in wish.places),
            )
        )
    record(connection, [draft(intent) for intent in intents])
    return tuple(intent.fence for intent in intents)


def _taken(
    connection: Connection, target: Target, intents: Sequence[AttemptStarted]
) -> Callable[[str], int]:
    """Return what counts the places taken of a pool, by attempts that live and those to come."""

    def taken(pool: str) -> int:
        row = (target.project, target.environment, pool)
        rows = connection.execute(statements("recording")["places_taken"], row).fetchall()
        return cast(int, rows[0][0]) + sum(pool in each.pools for each in intents)

    return taken


def take_lease(
    connection: Connection, holder: Holder, *, shared: bool = False, gone: Sequence[str] = ()
) -> int:
    """Write down who holds the lease `holder.name` now, alone or shared; return the epoch.

    What is on record of holders under the names in `gone` is forgotten.
    """
    sql, text = statements("recording"), codec.encode(holder).decode()
    for name in gone:
        connection.execute(sql["forget_lease"], (name,))
    rows = connection.execute(sql["take_lease"], (holder.name, text)).fetchall()
    epoch = cast(int, rows[0][0])
    if shared:
        connection.execute(sql["share_lease"], (f"{holder.name}{SHARE}{holder.run}", text, epoch))
    return epoch


def last_sequence(connection: Connection) -> int:
    """Return the sequence of the newest event, 0 in an empty log."""
    rows = connection.execute(statements("recording")["last_sequence"]).fetchall()
    return cast(int, rows[0][0])


def target_number(connection: Connection, target: Target) -> int:
    """Return the number under which a target is known, giving it one if it has none."""
    sql = statements("recording")
    rows = connection.execute(sql["find_target"], target).fetchall()
    if not rows:
        rows = connection.execute(sql["add_target"], target).fetchall()
    return cast(int, rows[0][0])
