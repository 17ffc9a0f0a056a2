"""How requests come to read: who asks is known, and one instant of the catalog lies before them."""

from collections.abc import Iterator
from typing import Annotated, cast

from fastapi import Depends, Request

from freshline_catalog.server.asked import Asked, Role, User
from freshline_catalog.server.services import Services
from freshline_catalog.statements import statements


def signed_in(request: Request) -> User:
    """Return who asks."""
    user = User(actor="local", role=Role.OPERATOR)
    request.state.user = user
    return user


def reading(request: Request, user: Annotated[User, Depends(signed_in)]) -> Iterator[Asked]:
    """Lend a connection for the length of a request, at one instant of the catalog."""
    services = cast(Services, request.app.state.services)
    with services.log.reader() as connection:
        connection.execute("begin")
        try:
            last = connection.execute(statements("queries")["last_sequence"]).fetchall()[0][0]
            request.state.sequence = last  # what the page knows; the stream tells what came later
            rows = connection.execute(statements("entries")["survey"], services.scope).fetchall()
            yield Asked(
                services=services,
                user=user,
                connection=connection,
                now=services.clock.now(),
                survey=cast(int, rows[0][0]) if rows else 0,
            )
        finally:
            connection.execute("rollback")


Reading = Annotated[Asked, Depends(reading)]
