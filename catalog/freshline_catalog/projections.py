"""Projections: the tables folded from the log, written only by `project`.

`freshline.state.advance` is the whole meaning of an event for its target; the other tables are
indexes into the log. `project` therefore gives the same rows whether it is called for one event at
a time, as events are appended, or for the whole log, as `rebuild` and the audit do.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from freshline import codec
from freshline.errors import BusyError, CatalogError
from freshline.events import (
    KINDS,
    AttemptFailed,
    AttemptStarted,
    Event,
    Materialized,
    RunFinished,
    RunStarted,
)
from freshline.keys import Target
from freshline.state import TargetState, advance
from freshline_catalog.connection import Connection
from freshline_catalog.figures import figures
from freshline_catalog.statements import statements

_STRETCH = 1000


class Entry(NamedTuple):
    """An event in its place: its sequence, and the number of the target it was filed under."""

    sequence: int
    target_id: int | None
    event: Event


def read_event(kind: str, body: str) -> Event:
    """Return the event that a row of the log describes; CatalogError where that cannot be."""
    known = KINDS.get(kind)
    if known is None:
        raise CatalogError(
            f'the catalog holds an event of the unknown kind "{kind}"',
            help="upgrade Freshline: a newer one has used this catalog",
        )
    return codec.decode(body, known)


def load_state(connection: Connection, target_id: int) -> TargetState | None:
    """Return what is known of a target, None where nothing is."""
    rows = connection.execute(statements("projections")["state"], (target_id,)).fetchall()
    return codec.decode(cast(str, rows[0][0]), TargetState) if rows else None


def project(connection: Connection, entries: Iterable[Entry]) -> None:
    """Bring the folded tables forward by a stretch of the log, inside the caller's transaction.

    Raise BusyError when an attempt starts on a target that has a live one.
    """
    states: dict[int, TargetState] = {}
    for entry in entries:
        target: Target | None = getattr(entry.event, "target", None)
        if target is not None and entry.target_id is not None:
            known = states.get(entry.target_id) or load_state(connection, entry.target_id)
            known = known or TargetState(target=target)
            _refuse_second_attempt(known, entry.event)
            states[entry.target_id] = advance(known, entry.sequence, entry.event)
        _index(connection, entry)
    save = statements("projections")["save_state"]
    for target_id, state in states.items():
        row = (target_id, state.sequence, codec.encode(state).decode(), *figures(state))
        connection.execute(save, row)


def rebuild(connection: Connection) -> None:
    """Empty the folded tables and fold the log into them anew, inside the caller's transaction."""
    sql = statements("projections")
    for name in ("forget_states", "forget_materializations", "forget_attempts", "forget_runs"):
        connection.execute(sql[name])
    for stretch in stretches(connection):
        project(connection, [entry for entry, _ in stretch])


def _refuse_second_attempt(known: TargetState, event: Event) -> None:
    if isinstance(event, AttemptStarted) and known.attempt is not None:
        raise BusyError(
            f"{known.target} is being built by run {known.attempt.run}",
            help="wait for that run to end, or stop it; an interrupted one is recovered by apply",
        )


def _index(connection: Connection, entry: Entry) -> None:
    sql = statements("projections")
    sequence, target_id, event = entry
    match event:
        case RunStarted():
            row: tuple[str | int | None, ...]
            row = (sequence, event.run, event.project, event.environment)
            connection.execute(sql["start_run"], row)
        case RunFinished():
            connection.execute(sql["finish_run"], (sequence, event.outcome.value, event.run))
        case AttemptStarted():
            row = (sequence, target_id, event.publish_id, event.run, event.fence, event.base)
            connection.execute(sql["start_attempt"], row)
        case AttemptFailed():
            connection.execute(sql["end_attempt"], (sequence, target_id, event.publish_id))
        case Materialized():
            build, logic = codec.encode(event.build).decode(), codec.encode(event.logic).decode()
            version, code = event.build.version, event.build.trace.code_version
            row = (sequence, target_id, version.mat_id, version.publish_id, code, build, logic)
            connection.execute(sql["add_materialization"], row)
            connection.execute(sql["end_attempt"], (sequence, target_id, version.publish_id))
        case _:
            pass


def stretches(connection: Connection) -> Iterator[Sequence[tuple[Entry, Target | None]]]:
    """Yield the log in order, a thousand events at a time, each with the target it is filed under.

    Reading in stretches leaves no statement open while the caller writes.
    """
    after = 0
    while rows := connection.execute(
        statements("projections")["stretch"], (after, _STRETCH)
    ).fetchall():
        stretch: list[tuple[Entry, Target | None]] = []
        for row in rows:
            after, kind, body, target_id = cast(tuple[int, str, str, int | None], row[:4])
            filed = None if target_id is None else Target(*cast(tuple[str, str, str, str], row[4:]))
            stretch.append((Entry(after, target_id, read_event(kind, body)), filed))
        yield stretch
