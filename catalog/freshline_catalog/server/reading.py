"""How requests come to read: who asks is known, and one instant of the catalog lies before them."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Annotated, cast

from fastapi import Depends, Request

from freshline_catalog.server.asked import Asked
from freshline_catalog.server.automation.definitions import unreadable
from freshline_catalog.server.door.guard import signed_in
from freshline_catalog.server.people import User
from freshline_catalog.server.services import Services
from freshline_catalog.server.waiting import moment_for
from freshline_catalog.statements import statements


@contextmanager
def instant(services: Services, user: User) -> Generator[Asked]:
    """Lend a connection that stands at one instant of the catalog."""
    with services.log.reader() as connection:
        connection.execute("begin")
        try:
            now = moment_for(services, connection)
            rows = connection.execute(statements("entries")["survey"], services.scope).fetchall()
            yield Asked(
                services=services,
                user=user,
                connection=connection,
                now=services.clock.now(),
                survey=cast(int, rows[0][0]) if rows else 0,
                sequence=now.sequence,
                serials=(now.survey, now.automation),
            )
        finally:
            connection.execute("rollback")


def reading(request: Request, user: Annotated[User, Depends(signed_in)]) -> Iterator[Asked]:
    """Lend a connection for the length of a request, at one instant of the catalog."""
    with instant(cast(Services, request.app.state.services), user) as asked:
        # What the page knows; the stream tells the rest.
        request.state.sequence, request.state.serials = asked.sequence, asked.serials
        request.state.unreadable = unreadable(asked)
        yield asked


Reading = Annotated[Asked, Depends(reading)]
