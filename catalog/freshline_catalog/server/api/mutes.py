"""Mutes in the API: of what no notices are sent, by whom and why."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Body, FastAPI, Path, Request, Response
from pydantic import Field

from freshline import codec
from freshline.acts import Mute
from freshline_catalog.acts import SqliteActs
from freshline_catalog.server.access import needs
from freshline_catalog.server.api.events import Who
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteFacts:
    """Of what no notices are sent, by whom, why, and until when."""

    subject: str
    actor: str
    reason: str
    at: float
    until: float | None


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
    acts = SqliteActs(services.log)

    def every(request: Request, asked: Reading) -> Response:
        known = acts.mutes(*services.scope)
        found = tuple(_facts(mute) for mute in known if mute.holds(asked.now))
        return renderer.answer(request, codec.encode(Mutes(mutes=found)), JSON)

    def put(
        request: Request, user: Who, subject: Subject, muting: Annotated[Muting, Body()]
    ) -> Response:
        now = services.clock.now()
        if muting.until is not None and not now < muting.until:
            raise InvalidError("that moment has passed", help="name one to come")
        mute = Mute(
            subject=subject, actor=user.actor, reason=muting.reason, at=now, until=muting.until
        )
        acts.mute(*services.scope, mute)
        return renderer.answer(request, codec.encode(_facts(mute)), JSON)

    def drop(subject: Subject) -> Response:
        acts.unmute(*services.scope, subject)
        return Response(status_code=204)

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


def _facts(mute: Mute) -> MuteFacts:
    return MuteFacts(
        subject=mute.subject,
        actor=mute.actor,
        reason=mute.reason,
        at=mute.at,
        until=mute.until,
    )
