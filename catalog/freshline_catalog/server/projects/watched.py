"""Hints that some project stands otherwise than before, for the page that lists them all."""

from collections.abc import AsyncIterator
from functools import partial

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from freshline import codec
from freshline_catalog.server.access import needs
from freshline_catalog.server.api.events import Who
from freshline_catalog.server.api.stream import Following, Hint, Places
from freshline_catalog.server.door import sessions
from freshline_catalog.server.news import Moment
from freshline_catalog.server.page import API
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.projects.lobby import Lobby

_EVERY = 1.0  # seconds between two looks, while somebody watches


def add(app: FastAPI, lobby: Lobby) -> None:
    """Add the stream of hints to the application."""
    places = Places()

    async def stream(request: Request, user: Who) -> Response:
        places.enter(user.session)
        return Following(_hints(lobby, request, user), partial(places.leave, user.session))

    app.get(
        f"{API}/stream",
        response_model=None,
        include_in_schema=False,
        name="api.stream",
        openapi_extra=needs(Role.VIEWER),
    )(stream)


async def _hints(lobby: Lobby, request: Request, user: User) -> AsyncIterator[bytes]:
    """Yield a hint whenever a project stands otherwise, until the reader or the session is gone."""
    yield b"retry: 2000\n\n"
    before = await run_in_threadpool(lobby.standings.all, user)
    yield _hint(lobby)  # the page may be older than the first look
    while not lobby.hub.is_over and not await request.is_disconnected():
        await lobby.hub.wait(Moment(0, 0), _EVERY)
        if not await run_in_threadpool(_may_stay, lobby, request):
            return
        now = await run_in_threadpool(lobby.standings.all, user)
        yield _hint(lobby) if now != before else b": still here\n\n"
        before = now


def _hint(lobby: Lobby) -> bytes:
    # A serial like no other before it: whoever has one looks again.
    serial = int(lobby.clock.now() * 1000)
    hint = Hint(sequence=0, assets=(), runs=(), survey=serial, automation=0)
    return b"event: change\ndata: %b\n\n" % codec.encode(hint)


def _may_stay(lobby: Lobby, request: Request) -> bool:
    secret = sessions.held(request, lobby.address)
    return secret is not None and sessions.find(lobby, secret) is not None
