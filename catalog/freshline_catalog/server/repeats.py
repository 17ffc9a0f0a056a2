"""Requests that come twice: with an `Idempotency-Key`, the second gets the answer of the first.

1. The key is taken before anything is done, and the answer is kept under it afterwards, for a day.
2. The same key with another request is refused: one of the two would be lost.
3. A key whose request began and never ended, since the server died in between, is refused too:
   nobody knows whether it was done, and doing it again is what the key was to prevent.
"""

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, cast

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from freshline import codec
from freshline_catalog.connection import Connection
from freshline_catalog.server.people import User
from freshline_catalog.server.problems import InvalidError, UsedKeyError
from freshline_catalog.server.services import Services
from freshline_catalog.server.statuses import status_of
from freshline_catalog.statements import statements

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT = 86400.0
_LONGEST = 200
_UNDER_WAY = 0
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _Kept(NamedTuple):
    request: str
    status: int
    body: str


async def once(request: Request, handler: Handler) -> Response:
    """Handle a request, or return the answer that its key has already."""
    key = request.headers.get(HEADER)
    user = cast(User | None, getattr(request.state, "user", None))
    if key is None or user is None or request.method != "POST":
        return await handler(request)
    if not 0 < len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
        raise InvalidError(
            f"{HEADER} is no key", help=f"use up to {_LONGEST} letters, digits and signs"
        )
    services = cast(Services, request.app.state.services)
    asked = codec.digest(request.url.path, request.url.query, await request.body())
    kept = await run_in_threadpool(_take, services, user.actor, key, asked)
    if kept is not None:
        return _again(kept, asked)
    try:
        response = await handler(request)
    except Exception as error:
        # What was refused is no answer: the caller may mend it and use the key again. After an
        # error of ours nobody knows how far it came, and the key stays taken.
        if status_of(error) < 500:
            await run_in_threadpool(_give_back, services, user.actor, key)
        raise
    row = (response.status_code, bytes(response.body).decode(), user.actor, key)
    sql = statements("repeats")["keep"]
    await run_in_threadpool(services.log.write, lambda c: c.execute(sql, row))
    return response


def _take(services: Services, actor: str, key: str, asked: str) -> _Kept | None:
    """Take a key; return what it was used for where it is taken already."""
    sql, now = statements("repeats"), services.clock.now()

    def work(connection: Connection) -> _Kept | None:
        connection.execute(sql["forget"], (now - KEPT,))
        rows = connection.execute(sql["find"], (actor, key)).fetchall()
        if rows:
            return _Kept(*cast(tuple[str, int, str], rows[0]))
        connection.execute(sql["take"], (actor, key, asked, now))
        return None

    return services.log.write(work)


def _give_back(services: Services, actor: str, key: str) -> None:
    sql = statements("repeats")["give_back"]
    services.log.write(lambda connection: connection.execute(sql, (actor, key)))


def _again(kept: _Kept, asked: str) -> Response:
    if kept.request != asked:
        raise UsedKeyError(
            f"this {HEADER} was used for another request", help="a new request needs a new key"
        )
    if kept.status == _UNDER_WAY:
        raise UsedKeyError(
            f"the request with this {HEADER} has begun, and its end is not on record",
            help="look whether it was done before you ask again, with a new key",
        )
    media = "application/json" if kept.body else None
    return Response(kept.body, kept.status, {REPLAYED: "true"}, media)
