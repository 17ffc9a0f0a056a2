"""Automation: who decides, what is queued, what happens next, and what was decided and why."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Query

from freshline.ports import Holder
from freshline.ticks import Arrival, Mover, Tick, leadership
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.automation import decided
from freshline_catalog.server.automation.definitions import Unreadable, unreadable
from freshline_catalog.server.automation.movers import Moving, last_survey, movers
from freshline_catalog.server.automation.queue import Request, open_requests, past_requests
from freshline_catalog.server.automation.sensing import Awaited, awaited, last_fired
from freshline_catalog.server.feed import HIGHEST
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading
from freshline_catalog.statements import statements

_UPCOMING, _TICKS, _PAST, _ARRIVALS = 12, 20, 10, 10
_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A moment at which something is looked at: an asset by its key, or what moves by its name.

    `waits` says what an asset waits for until then.
    """

    at: float
    asset: str = ""
    mover: Mover | None = None
    name: str = ""
    waits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """What is built by itself, and why not.

    `leader` is whose process decides at this moment, None where nobody's does. `unreadable` says
    why the project cannot be read now: what could be read last is in force. `aside` counts the
    assets that are set aside, and `waiting` those that something holds back, by what. `coming` are
    the next moments; `past` what was asked for last.
    """

    leader: Holder | None
    surveyed_at: float | None
    unreadable: Unreadable | None
    aside: int
    queue: tuple[Request, ...]
    coming: tuple[Upcoming, ...]
    waiting: dict[str, int]
    schedules: tuple[Moving, ...]
    sensors: tuple[Moving, ...]
    ticks: tuple[Tick, ...]
    past: tuple[Request, ...]
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was decided, newest first: by all, or by one schedule or sensor.

    `one` is the schedule or sensor where it is about one that is known: `fired` is with which tick
    it asked for something last, `awaited` what it waits for, where it is a sensor. `next` is the
    cursor of what is older, empty at the end.
    """

    mover: Mover | None
    name: str
    one: Moving | None
    awaited: tuple[Awaited, ...]
    fired: Tick | None
    ticks: tuple[Tick, ...]
    next: str


def automation(asked: Reading) -> Automation:
    """Show what is queued, what happens next, and what was decided and why."""
    survey = last_survey(asked)
    schedules, sensors = movers(asked, survey)
    sql = statements("automation")
    rows = asked.connection.execute(sql["gates"], (asked.survey,)).fetchall()
    waiting = {str(gate): cast(int, count) for gate, count in rows}
    aside = asked.connection.execute(sql["aside"], (asked.survey,)).fetchall()
    environment = asked.services.scope.environment
    return Automation(
        leader=asked.services.log.holder(leadership(environment)),
        surveyed_at=survey.at if survey is not None else None,
        unreadable=unreadable(asked),
        aside=cast(int, aside[0][0]),
        queue=open_requests(asked),
        coming=_coming(asked, (*schedules, *sensors)),
        waiting=waiting,
        schedules=schedules,
        sensors=sensors,
        ticks=decided.ticks(asked, _TICKS).ticks,
        past=past_requests(asked, _PAST),
        arrivals=decided.arrivals(asked, _ARRIVALS),
    )


def history(
    asked: Reading,
    mover: Annotated[Mover | None, Query(description="Only what such a one decided")] = None,
    name: Annotated[str, Query(max_length=200, description="Only what it decided")] = "",
    cursor: Annotated[
        str, Query(max_length=18, pattern="^[0-9]*$", description="`next` of the page before")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = _PAGE,
) -> History:
    """Return what was decided and why, newest first."""
    before = int(cursor) if cursor else HIGHEST
    found = decided.ticks(asked, limit, mover=mover, name=name, before=before)
    one = _one(asked, mover, name)
    return History(
        mover=mover,
        name=name,
        one=one,
        awaited=awaited(one.last) if one is not None and mover is Mover.SENSOR else (),
        fired=last_fired(asked, one.mover, name) if one is not None else None,
        ticks=found.ticks,
        next=found.next,
    )


def _one(asked: Asked, mover: Mover | None, name: str) -> Moving | None:
    """Return the schedule or sensor that is meant, None where none is or none is known."""
    if not name or mover not in (Mover.SCHEDULE, Mover.SENSOR):
        return None
    schedules, sensors = movers(asked, last_survey(asked))
    known = schedules if mover is Mover.SCHEDULE else sensors
    return next((each for each in known if each.name == name), None)


def _coming(asked: Asked, moving: tuple[Moving, ...]) -> tuple[Upcoming, ...]:
    sql = statements("automation")["coming"]
    rows = asked.connection.execute(sql, (asked.survey, asked.now, _UPCOMING)).fetchall()
    assets = [
        Upcoming(at=at, asset=key, waits=waits)
        for key, at, waits in cast("list[tuple[str, float, str]]", rows)
    ]
    others = [
        Upcoming(at=each.again, mover=each.mover, name=each.name)
        for each in moving
        if each.again is not None and each.again >= asked.now
    ]
    return tuple(sorted((*assets, *others), key=lambda each: each.at)[:_UPCOMING])


PAGES = (
    Page(path="/automation", make=automation, template="automation.html"),
    Page(path="/automation/ticks", make=history, template="ticks.html"),
)
