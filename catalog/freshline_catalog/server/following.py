"""Named consumers: readers of the events whose place is kept here, so that all see their lag."""

from dataclasses import dataclass
from functools import partial
from typing import cast

from freshline.errors import UsageError
from freshline_catalog.connection import Connection, Row
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.feed import Filter, forward, last_of
from freshline_catalog.server.people import User
from freshline_catalog.server.problems import AbsentError, InvalidError
from freshline_catalog.server.reading import instant
from freshline_catalog.server.services import Services
from freshline_catalog.statements import statements

NAME = r"^[a-z0-9][a-z0-9_.-]{0,63}$"
MOST = 1000
_COUNTED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A named reader of events, and how far behind it is.

    `position` is the sequence up to which it has read; `waiting` counts the events behind it that
    it wants, up to 1000, and `since` is when the first of them happened, in unix seconds. `problem`
    says why its selection means nothing any more.
    """

    name: str
    selection: str
    position: int
    last: int
    waiting: int
    since: float | None
    actor: str
    updated: float
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumers:
    """All named consumers, by name."""

    consumers: tuple[Consumer, ...]


def consumers(asked: Asked) -> Consumers:
    """Return all consumers with their lag."""
    rows = asked.connection.execute(statements("consumers")["all"], asked.services.scope)
    return Consumers(consumers=tuple(_consumer(asked, row) for row in rows.fetchall()))


def consumer(asked: Asked, name: str) -> Consumer:
    """Return a consumer with its lag; AbsentError for an unknown one."""
    sql, bindings = statements("consumers")["one"], (*asked.services.scope, name)
    rows = asked.connection.execute(sql, bindings).fetchall()
    if not rows:
        raise AbsentError("there is no consumer of this name", help="make it with PUT")
    return _consumer(asked, rows[0])


def put(
    services: Services, user: User, name: str, selection: str, position: int | None
) -> Consumer:
    """Make a consumer, or change it; a new one begins behind the newest event.

    UsageError where the selection means nothing, InvalidError for a place that is not there yet.
    """
    with instant(services, user) as asked:
        asked.selected(selection)
        _refuse_beyond(asked, position)
    bindings = (*services.scope, name, selection, position, user.actor, services.clock.now())
    sql = statements("consumers")

    def write(connection: Connection) -> None:
        connection.execute(sql["put"], bindings)
        count = cast(int, connection.execute(sql["count"], services.scope).fetchall()[0][0])
        if count > MOST:
            raise InvalidError(f"there are {MOST} consumers already", help="remove some")

    services.log.write(write)
    with instant(services, user) as asked:
        return consumer(asked, name)


def ack(services: Services, user: User, name: str, sequence: int) -> Consumer:
    """Record that a consumer has read up to a sequence; it never goes back by this."""
    with instant(services, user) as asked:
        consumer(asked, name)
        _refuse_beyond(asked, sequence)
    bindings = (*services.scope, name, sequence, services.clock.now())
    sql = statements("consumers")["ack"]
    services.log.write(lambda connection: connection.execute(sql, bindings))
    with instant(services, user) as asked:
        return consumer(asked, name)


def drop(services: Services, name: str) -> None:
    """Forget a consumer; AbsentError for an unknown one."""
    sql = statements("consumers")["drop"]
    work = partial(_dropped, sql=sql, bindings=(*services.scope, name))
    if not services.log.write(work):
        raise AbsentError("there is no consumer of this name")


def _dropped(connection: Connection, *, sql: str, bindings: tuple[str, ...]) -> bool:
    return bool(connection.execute(sql, bindings).fetchall())


def _refuse_beyond(asked: Asked, position: int | None) -> None:
    last = last_of(asked).sequence
    if position is not None and position > last:
        raise InvalidError("nothing has happened there yet", help=f"the last event is {last}")


def _consumer(asked: Asked, row: Row) -> Consumer:
    name, selection, position, actor, updated = cast(tuple[str, str, int, str, float], row)
    problem = ""
    try:
        wanted = Filter(assets=asked.selected(selection))
        waiting = forward(asked, wanted, position, _COUNTED).events
    except UsageError as error:
        problem, waiting = error.message, ()
    return Consumer(
        name=name,
        selection=selection,
        position=position,
        last=last_of(asked).sequence,
        waiting=len(waiting),
        since=waiting[0].at if waiting else None,
        actor=actor,
        updated=updated,
        problem=problem,
    )
