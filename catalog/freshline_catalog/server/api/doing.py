"""Having something done: the forms of pages, and the same as calls of the API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, Form, Request, Response
from pydantic import Field

from freshline import codec
from freshline_catalog.server import actions
from freshline_catalog.server.access import needs
from freshline_catalog.server.actions import Acceptance, Materialization, Rollback
from freshline_catalog.server.doings import Doing
from freshline_catalog.server.door.guard import signed_in
from freshline_catalog.server.page import API, JSON, answers
from freshline_catalog.server.pages.acting import planned
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.problems import OutdatedError
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services

Who = Annotated[User, Depends(signed_in)]
Text = Annotated[str, Form(max_length=actions.LONGEST_SELECTION)]
Short = Annotated[str, Form(max_length=actions.LONGEST_REASON)]
_MAY = needs(Role.OPERATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutAsset:
    """An asset that something is to be done about, and why. `id` names the action, if given."""

    key: Annotated[str, Field(max_length=200)]
    reason: Annotated[str, Field(max_length=actions.LONGEST_REASON)] = ""
    id: Annotated[str, Field(max_length=40)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutRun:
    """A run that is to stop, and why. `id` names the action, if given."""

    run: Annotated[str, Field(max_length=40)]
    reason: Annotated[str, Field(max_length=actions.LONGEST_REASON)] = ""
    id: Annotated[str, Field(max_length=40)] = ""


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add every action to an application: as a form, and as a call."""
    _add_materialize(app, services, renderer)
    _add_cancel(app, services, renderer)
    _add_rollback(app, services, renderer)
    _add_accept(app, services, renderer)
    for name, act in (
        ("pause", actions.pause),
        ("resume", actions.resume),
        ("unpin", actions.unpin),
    ):
        _add_about_asset(app, services, renderer, name, act)


def _add_materialize(app: FastAPI, services: Services, renderer: Renderer) -> None:
    def form(
        request: Request,
        user: Who,
        order: Annotated[Materialization, Depends(_ordered)],
    ) -> Response:
        try:
            done = actions.materialize(services, user, order)
        except OutdatedError:
            view = planned(services, user, order.wanted, outdated=True)
            return renderer.page(request, "materialize.html", view, 409)
        return _to(services, f"/runs/{done.run}")

    def call(request: Request, user: Who, order: Materialization) -> Response:
        """Begin a run that does the plan of this id, as `GET /api/v1/plan` shows it."""
        return _answer(renderer, request, actions.materialize(services, user, order))

    _serve(app, "materialize", form, call)


def _ordered(
    plan: Short,
    select: Text = "",
    only: Annotated[bool, Form()] = False,
    force: Annotated[bool, Form()] = False,
    reason: Short = "",
    id: Short = "",
) -> Materialization:
    """Return what a form orders."""
    return Materialization(select=select, plan=plan, only=only, force=force, reason=reason, id=id)


def _add_cancel(app: FastAPI, services: Services, renderer: Renderer) -> None:
    def form(user: Who, run: Short, reason: Short = "", id: Short = "") -> Response:
        actions.cancel(services, user, run, reason, id)
        return _to(services, f"/runs/{quote(run, safe='')}")

    def call(request: Request, user: Who, about: AboutRun) -> Response:
        """Ask a run that is under way to stop."""
        done = actions.cancel(services, user, about.run, about.reason, about.id)
        return _answer(renderer, request, done)

    _serve(app, "cancel", form, call)


def _add_rollback(app: FastAPI, services: Services, renderer: Renderer) -> None:
    def form(user: Who, wanted: Annotated[Rollback, Depends(_rolled_back)]) -> Response:
        actions.rollback(services, user, wanted)
        return _to_asset(services, wanted.key)

    def call(request: Request, user: Who, wanted: Rollback) -> Response:
        """Make an older version current and pin it."""
        return _answer(renderer, request, actions.rollback(services, user, wanted))

    _serve(app, "rollback", form, call)


def _rolled_back(
    select: Short,
    number: Annotated[int, Form(ge=1, le=1_000_000_000)],
    reason: Short = "",
    until: Short = "",
    id: Short = "",
) -> Rollback:
    """Return the rollback that a form wants."""
    return Rollback(key=select, number=number, until=until, reason=reason, id=id)


def _add_accept(app: FastAPI, services: Services, renderer: Renderer) -> None:
    def form(
        user: Who, select: Short, check: Short, reason: Short = "", id: Short = ""
    ) -> Response:
        wanted = Acceptance(key=select, check=check, reason=reason, id=id)
        actions.accept(services, user, wanted)
        return _to_asset(services, select, "/checks")

    def call(request: Request, user: Who, wanted: Acceptance) -> Response:
        """Take a failing check as it is, for the content that it failed on."""
        return _answer(renderer, request, actions.accept(services, user, wanted))

    _serve(app, "accept", form, call)


def _add_about_asset(
    app: FastAPI,
    services: Services,
    renderer: Renderer,
    name: str,
    act: Callable[[Services, User, str, str, str], Doing],
) -> None:
    def form(user: Who, select: Short, reason: Short = "", id: Short = "") -> Response:
        act(services, user, select, reason, id)
        return _to_asset(services, select)

    def call(request: Request, user: Who, about: AboutAsset) -> Response:
        done = act(services, user, about.key, about.reason, about.id)
        return _answer(renderer, request, done)

    call.__doc__ = act.__doc__
    _serve(app, name, form, call)


def _serve(
    app: FastAPI, name: str, form: Callable[..., Response], call: Callable[..., Response]
) -> None:
    """Add an action as a form at /NAME and as a call at /api/v1/actions/NAME."""
    app.post(f"/{name}", include_in_schema=False, name=f"{name}.do", openapi_extra=_MAY)(form)
    app.post(
        f"{API}/actions/{name}",
        response_model=None,
        responses=answers(Doing, 404, 409, 413, 415),
        operation_id=f"do_{name}",
        name=f"api.{name}.do",
        summary=(call.__doc__ or "").partition("\n")[0],
        openapi_extra=_MAY,
    )(call)


def _answer(renderer: Renderer, request: Request, done: Doing) -> Response:
    return renderer.answer(request, codec.encode(done), JSON)


def _to_asset(services: Services, key: str, tab: str = "") -> Response:
    return _to(services, f"/assets/{quote(key, safe='')}{tab}")


def _to(services: Services, address: str) -> Response:
    """Return the answer that sends a browser on, so that going back does nothing again."""
    return Response(status_code=303, headers={"Location": f"{services.address.path}{address}"})
