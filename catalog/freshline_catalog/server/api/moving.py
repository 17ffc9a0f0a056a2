"""Automation in the API: schedules and sensors paused and resumed, runs withdrawn, events told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from fastapi import Body, FastAPI, Form, Path, Request, Response
from pydantic import Field

from freshline import codec
from freshline.ticks import Arrival, Mover
from freshline_catalog.server import actions
from freshline_catalog.server.access import needs
from freshline_catalog.server.api.doing import Short, Who
from freshline_catalog.server.automation.movers import Moving, moving
from freshline_catalog.server.doings import Doing
from freshline_catalog.server.following import NAME
from freshline_catalog.server.page import API, JSON, answers
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.reading import instant
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services

Act = Callable[[Services, User, Moving, str, str], Doing]
_MAY = needs(Role.OPERATOR)


class Kinds(StrEnum):
    """What can be paused and resumed, as addresses name it."""

    SCHEDULES = "schedules"
    SENSORS = "sensors"


_MOVERS = {Kinds.SCHEDULES: Mover.SCHEDULE, Kinds.SENSORS: Mover.SENSOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why something is to be done. `id` names the action, if given."""

    reason: Annotated[str, Field(max_length=actions.LONGEST_REASON)] = ""
    id: Annotated[str, Field(max_length=40)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What an event from outside says, for whoever is fired by it."""

    body: Mapping[str, object] = field(default_factory=dict[str, object])


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add what people and programs may do about automation to an application."""
    acts: Mapping[str, Act] = {"pause": actions.pause_mover, "resume": actions.resume_mover}
    for name, act in acts.items():
        _add_about_mover(app, services, renderer, (name, act))
    _add_withdraw(app, services, renderer)
    _add_events(app, services, renderer)


def _add_about_mover(
    app: FastAPI, services: Services, renderer: Renderer, named: tuple[str, Act]
) -> None:
    verb, act = named

    def form(
        user: Who,
        mover: Annotated[Mover, Form()],
        name: Short,
        reason: Short = "",
        id: Short = "",
    ) -> Response:
        act(services, user, _known(services, user, mover, name), reason, id)
        return _back(services)

    def call(
        request: Request,
        user: Who,
        kind: Annotated[Kinds, Path(description="Which kind of thing it is")],
        name: Annotated[str, Path(max_length=200, description="Its name")],
        why: Annotated[Why, Body()],
    ) -> Response:
        known = _known(services, user, _MOVERS[kind], name)
        done = act(services, user, known, why.reason, why.id)
        return renderer.answer(request, codec.encode(done), JSON)

    _form(app, verb, form)
    app.post(
        f"{API}/automation/{{kind}}/{{name}}/{verb}",
        response_model=None,
        responses=answers(Doing, 400, 404, 409, 413, 415),
        operation_id=f"{verb}_mover",
        summary=(act.__doc__ or "").partition("\n")[0],
        openapi_extra=_MAY,
    )(call)


def _add_withdraw(app: FastAPI, services: Services, renderer: Renderer) -> None:
    def form(user: Who, run: Short, reason: Short = "", id: Short = "") -> Response:
        actions.withdraw(services, user, run, reason, id)
        return _back(services)

    def call(
        request: Request,
        user: Who,
        run: Annotated[str, Path(max_length=40, description="The run's id")],
        why: Annotated[Why, Body()],
    ) -> Response:
        done = actions.withdraw(services, user, run, why.reason, why.id)
        return renderer.answer(request, codec.encode(done), JSON)

    _form(app, "withdraw", form)
    app.post(
        f"{API}/automation/requests/{{run}}/withdraw",
        response_model=None,
        responses=answers(Doing, 400, 404, 409, 413, 415),
        operation_id="withdraw_request",
        summary="Cancel a run that is queued, before it begins.",
        openapi_extra=_MAY,
    )(call)


def _add_events(app: FastAPI, services: Services, renderer: Renderer) -> None:
    def call(
        request: Request,
        user: Who,
        name: Annotated[str, Path(pattern=NAME, description="The event's name")],
        told: Annotated[Telling, Body()],
    ) -> Response:
        body = codec.encode(told.body).decode() if told.body else ""
        arrival = actions.tell(services, user, name, body)
        return renderer.answer(request, codec.encode(arrival), JSON)

    app.post(
        f"{API}/events/{{name}}",
        response_model=None,
        responses=answers(Arrival, 400, 409, 413, 415),
        operation_id="tell_event",
        summary="Tell of an event, for sensors that wait for one of this name.",
        openapi_extra=_MAY,
    )(call)


def _form(app: FastAPI, verb: str, form: Callable[..., Response]) -> None:
    path = f"/automation/{verb}"
    app.post(path, include_in_schema=False, name=f"automation.{verb}.do", openapi_extra=_MAY)(form)


def _known(services: Services, user: User, mover: Mover, name: str) -> Moving:
    with instant(services, user) as asked:
        return moving(asked, mover, name)


def _back(services: Services) -> Response:
    """Return the answer that sends a browser on, so that going back does nothing again."""
    return Response(status_code=303, headers={"Location": f"{services.address.path}/automation"})
