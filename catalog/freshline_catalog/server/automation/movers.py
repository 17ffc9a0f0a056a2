"""Schedules and sensors: what they wait for, what became of it, and whether they are paused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from freshline import codec
from freshline.errors import Span
from freshline.suggest import closest
from freshline.survey import EntryMover, Survey
from freshline.ticks import Halt, Mover, Tick
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.automation.decided import last_tick
from freshline_catalog.server.problems import AbsentError
from freshline_catalog.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """A schedule or sensor. `again` is its next moment, None where nobody knows or it is paused.

    `zone` is the time zone in which that is declared, empty where none is. `halt` says who paused
    it; `last` is what it came to last. One that is not `declared` any more is shown for as long as
    it is paused.
    """

    mover: Mover
    name: str
    words: str
    does: str
    selection: str
    again: float | None
    zone: str
    description: str
    owner: str
    place: Span | None
    declared: bool
    halt: Halt | None
    last: Tick | None


def movers(asked: Asked, survey: Survey | None) -> tuple[tuple[Moving, ...], tuple[Moving, ...]]:
    """Return the schedules and the sensors, by name."""
    halts = {(halt.mover, halt.name): halt for halt in halts_of(asked)}
    schedules = survey.schedules if survey is not None else ()
    sensors = survey.sensors if survey is not None else ()
    return (
        _moving(asked, Mover.SCHEDULE, schedules, halts),
        _moving(asked, Mover.SENSOR, sensors, halts),
    )


def halts_of(asked: Asked) -> tuple[Halt, ...]:
    """Return which schedules and sensors are paused."""
    rows = asked.connection.execute(statements("automation")["halts"], asked.services.scope)
    found = cast("list[tuple[str, str, str, str, float]]", rows.fetchall())
    return tuple(
        Halt(mover=Mover(mover), name=name, actor=actor, reason=reason, at=at)
        for mover, name, actor, reason, at in found
    )


def moving(asked: Asked, mover: Mover, name: str) -> Moving:
    """Return one schedule or sensor; AbsentError with the nearest names."""
    schedules, sensors = movers(asked, last_survey(asked))
    known = {each.name: each for each in (schedules if mover is Mover.SCHEDULE else sensors)}
    if name not in known:
        near = closest(name, list(known))
        hint = f'did you mean "{near[0]}"?' if near else "see the page of automation"
        raise AbsentError(f"there is no {mover.value} of this name", help=hint)
    return known[name]


def last_survey(asked: Asked) -> Survey | None:
    """Return the last survey without its entries, None where nobody has looked yet."""
    rows = asked.connection.execute(statements("checks")["survey"], (asked.survey,)).fetchall()
    return codec.decode(cast(str, rows[0][4]), Survey) if rows else None


def _moving(
    asked: Asked,
    mover: Mover,
    declared: Sequence[EntryMover],
    halts: dict[tuple[Mover, str], Halt],
) -> tuple[Moving, ...]:
    entries = {each.name: each for each in declared}
    left = {name: EntryMover(name=name, words="") for kind, name in halts if kind is mover}
    found = {**left, **entries}
    return tuple(
        Moving(
            mover=mover,
            name=name,
            words=each.words,
            does=each.does,
            selection=each.selection,
            again=each.again if (mover, name) not in halts else None,
            zone=each.zone,
            description=each.description,
            owner=each.owner or "",
            place=each.place,
            declared=name in entries,
            halt=halts.get((mover, name)),
            last=last_tick(asked, mover, name),
        )
        for name, each in sorted(found.items())
    )
