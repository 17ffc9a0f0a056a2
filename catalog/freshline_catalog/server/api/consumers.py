"""Named consumers in the API: made, read through, acknowledged and removed."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Body, Depends, FastAPI, Path, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from freshline import codec
from freshline_catalog.search.selecting import LONGEST
from freshline_catalog.server import following
from freshline_catalog.server.access import needs
from freshline_catalog.server.api.events import Limit, Place, Reader, Wait, Who, wanted_by
from freshline_catalog.server.feed import HIGHEST, Events, Filter
from freshline_catalog.server.following import Consumer, Consumers
from freshline_catalog.server.page import API, JSON, answers
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.reading import Reading, instant
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services

Name = Annotated[str, Path(pattern=following.NAME, description="The consumer's name")]
Sequence = Annotated[int, Field(ge=0, le=HIGHEST)]
_AT = f"{API}/consumers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a consumer wants: events of the assets of a selection, empty for all events.

    `position` is the sequence behind which it begins; a new one begins behind the newest event,
    and an old one stays where it is, where none is said.
    """

    selection: Annotated[str, Field(max_length=LONGEST)] = ""
    position: Sequence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Up to which sequence a consumer has read."""

    sequence: Sequence


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add the named consumers to an application."""
    _add_reading(app, services, renderer)
    _add_changing(app, services, renderer)


def _add_reading(app: FastAPI, services: Services, renderer: Renderer) -> None:
    reader = Reader(services)

    def every(request: Request, asked: Reading) -> Response:
        return renderer.answer(request, codec.encode(following.consumers(asked)), JSON)

    def one(request: Request, asked: Reading, name: Name) -> Response:
        return renderer.answer(request, codec.encode(following.consumer(asked, name)), JSON)

    async def events(
        request: Request,
        user: Who,
        name: Name,
        wanted: Annotated[Filter, Depends(wanted_by)],
        limit: Limit = 100,
        wait: Wait = 0,
    ) -> Response:
        known = await run_in_threadpool(_known, services, user, name)
        place = Place(known.position, limit, wait, known.selection)
        found = await reader.read(request, user, wanted, place)
        return renderer.answer(request, codec.encode(found), JSON)

    says = needs(Role.VIEWER)
    app.get(
        _AT,
        response_model=None,
        responses=answers(Consumers),
        operation_id="consumers",
        summary="All named consumers, with their lag.",
        openapi_extra=says,
    )(every)
    app.get(
        f"{_AT}/{{name}}",
        response_model=None,
        responses=answers(Consumer, 404),
        operation_id="consumer",
        summary="A named consumer, with its lag.",
        openapi_extra=says,
    )(one)
    app.get(
        f"{_AT}/{{name}}/events",
        response_model=None,
        responses=answers(Events, 404),
        operation_id="consumer_events",
        summary="The events behind a consumer's place, oldest first.",
        openapi_extra=says,
    )(events)


def _add_changing(app: FastAPI, services: Services, renderer: Renderer) -> None:
    def put(request: Request, user: Who, name: Name, declared: Declared) -> Response:
        made = following.put(services, user, name, declared.selection, declared.position)
        return renderer.answer(request, codec.encode(made), JSON)

    def ack(request: Request, user: Who, name: Name, read: Annotated[Read, Body()]) -> Response:
        made = following.ack(services, user, name, read.sequence)
        return renderer.answer(request, codec.encode(made), JSON)

    def drop(name: Name) -> Response:
        following.drop(services, name)
        return Response(status_code=204)

    says = needs(Role.OPERATOR)
    bodies = (400, 413, 415)
    app.put(
        f"{_AT}/{{name}}",
        response_model=None,
        responses=answers(Consumer, *bodies),
        operation_id="put_consumer",
        summary="Make a named consumer, or change what it wants.",
        openapi_extra=says,
    )(put)
    app.post(
        f"{_AT}/{{name}}/ack",
        response_model=None,
        responses=answers(Consumer, 404, 409, *bodies),
        operation_id="ack_consumer",
        summary="Say up to which sequence a consumer has read; it never goes back by this.",
        openapi_extra=says,
    )(ack)
    gone = answers(Consumer, 404, *bodies)
    gone[204] = {"description": "It is there no more"}
    del gone[200]
    app.delete(
        f"{_AT}/{{name}}",
        status_code=204,
        response_model=None,
        responses=gone,
        operation_id="drop_consumer",
        summary="Forget a named consumer.",
        openapi_extra=says,
    )(drop)


def _known(services: Services, user: User, name: str) -> Consumer:
    with instant(services, user) as asked:
        return following.consumer(asked, name)
