"""Limits: how large, how deep, how long and how often a request may be.

Everything here is cheap and comes before anything is done with what a caller sent.
"""

import threading
from collections.abc import Iterator
from typing import NamedTuple, cast

import msgspec
from fastapi import Request
from starlette.types import Message

from freshline_catalog.server.problems import InvalidError, MediaError, TooMuchError

LARGEST_BODY = 1 << 20
LONGEST_ADDRESS = 2048
LONGEST_QUERY = 8192
DEEPEST = 32
STREAMS = 5
_MOST_BUCKETS = 10_000
_FORM = "application/x-www-form-urlencoded"


class Rate(NamedTuple):
    """So many requests in so many seconds, of one caller, to all that goes by this name."""

    name: str
    most: int
    seconds: float


LOGINS = Rate("login", 10, 60.0)
SEARCHES = Rate("search", 20, 1.0)


class Buckets:
    """Token buckets, one for each rate and caller: full at first, filled again evenly."""

    def __init__(self) -> None:
        self._left: dict[tuple[str, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, rate: Rate, caller: str, now: float) -> float:
        """Take a token; return 0, or in how many seconds there will be one."""
        with self._lock:
            if len(self._left) >= _MOST_BUCKETS:
                self._left.clear()  # rather forget than grow
            left, at = self._left.get((rate.name, caller), (float(rate.most), now))
            speed = rate.most / rate.seconds
            left = min(float(rate.most), left + max(0.0, now - at) * speed)
            enough = left >= 1
            self._left[rate.name, caller] = (left - 1 if enough else left, now)
        return 0.0 if enough else (1 - left) / speed


async def received(request: Request) -> Request:
    """Return the request with its body read, bounded and looked through.

    TooMuchError, MediaError for a body that is neither JSON nor a form, InvalidError for JSON that
    cannot be read.
    """
    if not _has_body(request):
        return request
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        raise _too_large()
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise _too_large()
        chunks.append(chunk)
    body = b"".join(chunks)
    if body:
        _look_through(request, body)
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


def _has_body(request: Request) -> bool:
    headers = request.headers
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _look_through(request: Request, body: bytes) -> None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == _FORM:
        return
    if media != "application/json":
        raise MediaError(
            "a body of this kind is not read here", help="send JSON, as application/json"
        )
    try:
        value = msgspec.json.decode(body)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise InvalidError(
            "the body is not JSON as it should be", help="send JSON in UTF-8"
        ) from error
    level = [cast(object, value)]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise _too_deep()


def _inside(value: object) -> Iterator[object]:
    match value:
        case list():
            yield from cast("list[object]", value)
        case dict():
            yield from cast("dict[str, object]", value).values()
        case _:
            return


def _too_large() -> TooMuchError:
    return TooMuchError("the body is too large", help=f"send at most {LARGEST_BODY} bytes")


def _too_deep() -> TooMuchError:
    return TooMuchError("the body is too deep", help=f"nest at most {DEEPEST} levels")
