"""The queue: runs that were asked for, and what became of them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from freshline import codec
from freshline.ticks import Mover, Requested, RequestState
from freshline_catalog.automation import read_requested
from freshline_catalog.connection import Row
from freshline_catalog.server.asked import Asked
from freshline_catalog.statements import statements

FIRST_ASSETS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A run that was asked for: by what, why, what it is to do, and what became of it.

    `assets` are the first of exactly those that are to be built, `count` how many these are; with
    none a `selection` is made fresh, empty for everything. `outcome` is how the run ended, and
    `said` what its process told last where that was badly. `launched` and `ended` are unix seconds.
    """

    run: str
    at: float
    mover: Mover
    name: str
    why: str
    assets: tuple[str, ...]
    count: int
    selection: str
    priority: int
    state: RequestState
    launched: float | None
    ended: float | None
    pid: int | None
    outcome: str
    said: str


def open_requests(asked: Asked) -> tuple[Request, ...]:
    """Return what is queued or under way: what goes first stands first."""
    rows = _rows(asked, "open_requests", *asked.services.scope)
    return tuple(sorted(_requests(rows), key=lambda each: -each.priority))


def past_requests(asked: Asked, limit: int) -> tuple[Request, ...]:
    """Return what was asked for last, newest first, whatever became of it."""
    return tuple(_requests(_rows(asked, "past_requests", *asked.services.scope, limit)))


def requests_for(asked: Asked, key: str, runs: Collection[str], limit: int) -> tuple[Request, ...]:
    """Return the last requests that name an asset, or that led to one of its runs; newest first."""
    known = codec.encode(sorted(runs)).decode()
    rows = _rows(asked, "requests_for", *asked.services.scope, key, known, limit)
    return tuple(_requests(rows))


def request_of(asked: Asked, run: str) -> Request | None:
    """Return what a run was asked for by, None where automation did not."""
    return next(_requests(_rows(asked, "request_of", *asked.services.scope, run)), None)


def _rows(asked: Asked, name: str, *bindings: str | int) -> list[Row]:
    return asked.connection.execute(statements("automation")[name], bindings).fetchall()


def _requests(rows: Iterable[Row]) -> Iterator[Request]:
    return map(_request, map(read_requested, rows))


def _request(found: Requested) -> Request:
    request = found.request
    return Request(
        run=request.run,
        at=request.at,
        mover=request.mover,
        name=request.name,
        why=request.why,
        assets=request.assets[:FIRST_ASSETS],
        count=len(request.assets),
        selection=request.selection,
        priority=request.priority,
        state=found.state,
        launched=found.launched,
        ended=found.ended,
        pid=found.pid,
        outcome=found.outcome,
        said=found.said,
    )
