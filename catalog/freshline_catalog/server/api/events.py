"""Events as programs read them: one sequence, by asking for what is behind a place in it."""

import asyncio
from typing import Annotated, NamedTuple

from fastapi import Depends, FastAPI, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from freshline import codec
from freshline.tokens import TokenScope
from freshline_catalog.search.selecting import LONGEST
from freshline_catalog.server.access import needs
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.door.guard import signed_in
from freshline_catalog.server.feed import (
    HIGHEST,
    MOST,
    Events,
    Filter,
    forward,
    known_kinds,
    last_of,
)
from freshline_catalog.server.news import Moment, News
from freshline_catalog.server.page import API, JSON, answers
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.problems import RefusedError
from freshline_catalog.server.reading import instant
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services
from freshline_catalog.server.waiting import Polled

LONGEST_WAIT = 30
# Whoever has gone is noticed as often, and not waited for any more.
_LOOK_UP = 1.0

After = Annotated[
    int,
    Query(ge=-1, le=HIGHEST, description="Only events behind this sequence; -1: behind the newest"),
]
Wait = Annotated[
    float,
    Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait where there is nothing yet"),
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="At most so many events")]
Kinds = Annotated[tuple[str, ...], Query(description="Only events of these kinds", max_length=50)]
Select = Annotated[
    str, Query(max_length=LONGEST, description="Only events of the assets of this selection")
]
Asset = Annotated[str, Query(max_length=200, description="Only events of this asset")]
Run = Annotated[str, Query(max_length=200, description="Only events of this run")]
Payload = Annotated[bool, Query(description="Whether each event comes whole, in `payload`")]
Who = Annotated[User, Depends(signed_in)]


class Place(NamedTuple):
    """Where to read: behind which sequence, how many, how long to wait, and which assets."""

    after: int
    limit: int
    wait: float
    select: str = ""
    asset: str = ""


def wanted_by(kind: Kinds = (), run: Run = "", payload: Payload = False) -> Filter:
    """Return the part of a filter that needs no look into the catalog."""
    return Filter(kinds=known_kinds(kind), run=run, payload=payload)


def place_of(
    after: After = 0, limit: Limit = 100, wait: Wait = 0, select: Select = "", asset: Asset = ""
) -> Place:
    """Return where a request wants to read."""
    return Place(after, limit, wait, select, asset)


def assets_of(asked: Asked, select: str, asset: str) -> frozenset[str] | None:
    """Return the keys that a selection and a single key leave together; None for all.

    Of those that whoever asks may know of: a token may be for some assets only.
    """
    mine, keys = asked.selected(asked.user.selection), asked.selected(select)
    if mine is not None:
        keys = mine if keys is None else keys & mine
    if not asset:
        return keys
    return frozenset({asset} if keys is None or asset in keys else ())


class Reader:
    """Reads events for requests that may have to wait, and holds nothing while they do."""

    def __init__(self, services: Services, news: News | None = None) -> None:
        self._services = services
        self._news = news or services.hub or Polled(services)

    async def read(self, request: Request, user: User, wanted: Filter, place: Place) -> Events:
        """Return events of a place, waiting for the first where there is none."""
        loop = asyncio.get_running_loop()
        end = loop.time() + place.wait
        while True:
            before, found = await run_in_threadpool(self._look, user, wanted, place)
            left = end - loop.time()
            if found.events or left <= 0 or self._news.is_over or await request.is_disconnected():
                return found
            # What does not fit need not be looked through again.
            place = place._replace(after=found.position)
            if not found.more:
                await self._news.wait(before, min(_LOOK_UP, left))

    def _look(self, user: User, wanted: Filter, place: Place) -> tuple[Moment, Events]:
        with instant(self._services, user) as asked:
            if place.after < 0:
                return last_of(asked), Events(events=(), position=asked.sequence, more=False)
            assets = assets_of(asked, place.select, place.asset)
            found = forward(asked, wanted._replace(assets=assets), place.after, place.limit)
            return last_of(asked), found


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add the sequence of events to an application."""
    reader = Reader(services)

    async def events(
        request: Request,
        user: Who,
        wanted: Annotated[Filter, Depends(wanted_by)],
        place: Annotated[Place, Depends(place_of)],
    ) -> Response:
        if wanted.payload and user.selection:
            raise RefusedError(
                f"the token {user.session.partition(':')[2]} is for some assets only",
                help="whole events tell of others too: leave out `payload`",
            )
        found = await reader.read(request, user, wanted, place)
        return renderer.answer(request, codec.encode(found), JSON)

    app.get(
        f"{API}/events",
        response_model=None,
        responses=answers(Events),
        operation_id="events",
        name="api.events.after",
        summary="Events behind a sequence, oldest first; with `wait`, the next that come.",
        openapi_extra=needs(Role.VIEWER, scope=TokenScope.EVENTS),
    )(events)
