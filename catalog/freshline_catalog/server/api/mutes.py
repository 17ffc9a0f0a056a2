"""Mutes in the API: of what no notices are sent, by whom and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Body, FastAPI, Form, Path, Request, Response
from pydantic import Field

from freshline import codec
from freshline_catalog.server import actions
from freshline_catalog.server.access import needs
from freshline_catalog.server.api.doing import Short, Who
from freshline_catalog.server.automation.incidents import MuteFacts, mute_facts, mutes
from freshline_catalog.server.page import API, JSON, answers
from freshline_catalog.server.people import Role
from freshline_catalog.server.problems import InvalidError
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services

Subject = Annotated[
    str, Path(min_length=1, max_length=200, description="A sensor, an asset, or a pattern")
]
_AT = f"{API}/mutes"
_LASTING: Mapping[str, float | None] = {
    "1h": 3600.0,
    "8h": 8 * 3600.0,
    "1d": 86400.0,
    "1w": 7 * 86400.0,
    "": None,
}
_CHOICES = "1h, 8h, 1d, 1w, or nothing for until it is unmuted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutes:
    """All that is muted now."""

    mutes: tuple[MuteFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Muting:
    """Why something is muted, and until when: unix seconds, or nothing for until it is unmuted."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    until: float | None = None


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add mutes to an application."""

    def every(request: Request, asked: Reading) -> Response:
        found = tuple(mute_facts(mute) for mute in mutes(asked))
        return renderer.answer(request, codec.encode(Mutes(mutes=found)), JSON)

    def put(
        request: Request, user: Who, subject: Subject, muting: Annotated[Muting, Body()]
    ) -> Response:
        mute = actions.mute(services, user, subject, muting.reason, muting.until)
        return renderer.answer(request, codec.encode(mute_facts(mute)), JSON)

    def drop(user: Who, subject: Subject) -> Response:
        actions.unmute(services, user, subject)
        return Response(status_code=204)

    _add_forms(app, services)
    app.get(
        _AT,
        response_model=None,
        responses=answers(Mutes),
        operation_id="mutes",
        summary="Of what no notices are sent.",
        openapi_extra=needs(Role.VIEWER),
    )(every)
    bodies = (400, 413, 415)
    app.put(
        f"{_AT}/{{subject}}",
        response_model=None,
        responses=answers(MuteFacts, *bodies),
        operation_id="mute",
        summary="Send no notices of a sensor, an asset, or what a pattern names.",
        openapi_extra=needs(Role.OPERATOR),
    )(put)
    gone = answers(MuteFacts, *bodies)
    gone[204] = {"description": "Notices are sent again"}
    del gone[200]
    app.delete(
        f"{_AT}/{{subject}}",
        status_code=204,
        response_model=None,
        responses=gone,
        operation_id="unmute",
        summary="Send notices again.",
        openapi_extra=needs(Role.OPERATOR),
    )(drop)


def _add_forms(app: FastAPI, services: Services) -> None:
    """Add what the page of an asset sends: `key` is the asset, `subject` what its mute names."""

    def mute(
        user: Who,
        key: Short,
        reason: Short = "",
        lasting: Annotated[str, Form(alias="for", max_length=10)] = "",
    ) -> Response:
        if lasting not in _LASTING:
            raise InvalidError("it cannot be muted for that long", help=f"say {_CHOICES}")
        seconds = _LASTING[lasting]
        until = services.clock.now() + seconds if seconds is not None else None
        actions.mute(services, user, key, reason, until)
        return _back(services, key)

    def unmute(user: Who, key: Short, subject: Short) -> Response:
        actions.unmute(services, user, subject)
        return _back(services, key)

    for name, form in (("mute", mute), ("unmute", unmute)):
        app.post(
            f"/{name}",
            include_in_schema=False,
            name=f"{name}.do",
            openapi_extra=needs(Role.OPERATOR),
        )(form)


def _back(services: Services, key: str) -> Response:
    """Return the answer that sends a browser on, so that going back does nothing again."""
    there = f"{services.address.path}/assets/{quote(key, safe='')}"
    return Response(status_code=303, headers={"Location": there})
