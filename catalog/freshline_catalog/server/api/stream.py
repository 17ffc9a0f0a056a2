"""The stream: hints that something has changed, as server-sent events.

A hint says what to look at again, not what it looks like now: whoever misses one has missed
nothing once they look. Its id is the sequence up to which it speaks; a browser that lost the
connection says the last one it had, and goes on from there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, cast

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from freshline import codec
from freshline_catalog.server.access import needs
from freshline_catalog.server.api.events import Who
from freshline_catalog.server.door import sessions
from freshline_catalog.server.door.limits import STREAMS
from freshline_catalog.server.door.redaction import Redactor
from freshline_catalog.server.feed import HIGHEST
from freshline_catalog.server.news import Moment, News
from freshline_catalog.server.page import API, answers
from freshline_catalog.server.people import Role
from freshline_catalog.server.problems import TooOftenError
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services
from freshline_catalog.server.waiting import Polled, present
from freshline_catalog.statements import statements

HEARTBEAT = 15.0
# Who is further behind than this, or missed more at once, looks at everything again.
OLDEST = 10_000
_MOST = 200
_LOOK_UP = 1.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What to look at again: the assets and runs that something happened to, up to a sequence.

    `survey` is the serial of the last survey: where it grew, any asset may look otherwise.
    `automation` grows with every decision, request and wish about them.
    """

    sequence: int
    assets: tuple[str, ...]
    runs: tuple[str, ...]
    survey: int
    automation: int


class Places:
    """The streams that are open, counted by session."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}

    def enter(self, session: str) -> None:
        """Count a stream; TooOftenError where a session has as many as it may."""
        if self._open.get(session, 0) >= STREAMS:
            raise TooOftenError(
                f"there are {STREAMS} streams open already",
                seconds=int(HEARTBEAT),
                help="close one of the pages",
            )
        self._open[session] = self._open.get(session, 0) + 1

    def leave(self, session: str) -> None:
        """A stream has ended."""
        left = self._open.pop(session, 1) - 1
        if left > 0:
            self._open[session] = left


class Streams:
    """The streams of one application."""

    def __init__(self, services: Services, news: News | None = None) -> None:
        self._services = services
        self._news = news or services.hub or Polled(services)
        self._redact = Redactor()

    async def hints(self, request: Request, after: int | None) -> AsyncIterator[bytes]:
        """Yield hints from `after` on (None: from now) until the reader or the session is gone."""
        loop = asyncio.get_running_loop()
        now = await run_in_threadpool(present, self._services)
        seen = now if after is None else now._replace(sequence=after)
        yield b"retry: 2000\n\n"
        if not 0 <= now.sequence - seen.sequence <= OLDEST:
            yield self._reset(now)
            seen = now
        beat = loop.time() + HEARTBEAT
        while not self._news.is_over and not await request.is_disconnected():
            now = await self._news.wait(seen, max(0.0, min(_LOOK_UP, beat - loop.time())))
            if now != seen:
                yield await run_in_threadpool(self._hint, seen, now)
                seen = now
            if loop.time() < beat:
                continue
            beat = loop.time() + HEARTBEAT
            if not await run_in_threadpool(self._may_stay, request):
                return
            yield b": still here\n\n"

    def _may_stay(self, request: Request) -> bool:
        secret = sessions.held(request, self._services.address)
        return secret is not None and sessions.find(self._services, secret) is not None

    def _hint(self, seen: Moment, now: Moment) -> bytes:
        sql = statements("feed")["touched"]
        bindings = (seen.sequence, now.sequence, *self._services.scope, _MOST)
        with self._services.log.reader() as connection:
            rows = cast(list[tuple[str, str]], connection.execute(sql, bindings).fetchall())
        if len(rows) == _MOST:
            return self._reset(now)
        hint = Hint(
            sequence=now.sequence,
            assets=tuple(sorted({asset for asset, _ in rows if asset})),
            runs=tuple(sorted({run for _, run in rows if run})),
            survey=now.survey,
            automation=now.automation,
        )
        return self._told("change", hint)

    def _reset(self, now: Moment) -> bytes:
        everything = Hint(
            sequence=now.sequence,
            assets=(),
            runs=(),
            survey=now.survey,
            automation=now.automation,
        )
        return self._told("reset", everything)

    def _told(self, event: str, hint: Hint) -> bytes:
        data = self._redact(codec.encode(hint))
        return b"event: %b\nid: %d\ndata: %b\n\n" % (event.encode(), hint.sequence, data)


class Following(StreamingResponse):
    """An answer that goes on until its reader has gone, and then says so."""

    def __init__(self, hints: AsyncIterator[bytes], leave: Callable[[], None]) -> None:
        self._leave = leave
        super().__init__(hints, media_type="text/event-stream", headers=_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the hints."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add the stream to an application."""
    del renderer  # a stream is no page
    streams, places = Streams(services), Places()

    async def stream(
        request: Request,
        user: Who,
        after: Annotated[
            int | None, Query(ge=0, le=HIGHEST, description="Hints from this sequence on")
        ] = None,
        last_event_id: Annotated[
            str, Header(max_length=30, description="The id of the last hint that came through")
        ] = "",
    ) -> Response:
        if last_event_id:
            is_number = last_event_id.isascii() and last_event_id.isdecimal()
            # What is no place of ours is ahead of all: its reader looks at everything again.
            after = min(int(last_event_id), HIGHEST) if is_number else HIGHEST
        places.enter(user.session)
        return Following(streams.hints(request, after), partial(places.leave, user.session))

    told = answers(Hint)
    told[200] = {
        "description": "Events `change` and `reset`, each with a hint as its data",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
    app.get(
        f"{API}/stream",
        response_model=None,
        responses=told,
        operation_id="stream",
        name="api.stream",
        summary="Hints that something has changed, as server-sent events.",
        openapi_extra=needs(Role.VIEWER),
    )(stream)
