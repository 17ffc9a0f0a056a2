"""Figures of one asset over time: each a series that is thinned out without losing an extreme.

Pure functions of values; `chart_of` says where a template draws them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

LEAST = 1e-9  # what is less is nothing: seconds and counts are all larger
MOST = 300  # points of a series: more than a chart has pixels to tell apart
MOST_TOLD = 24  # figures that code told, those of the newest versions first
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 150, 64, 12, 10, 20


class Unit(StrEnum):
    """What a figure counts."""

    ROWS = "rows"
    BYTES = "bytes"
    SECONDS = "seconds"
    CHECKS = "checks"
    NUMBER = "number"  # whatever code counts


class Point(NamedTuple):
    """A figure at a moment: of which run, and of which version where there is one."""

    at: float
    value: float
    run: str
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A figure over time, oldest first. `thinned` is whether points were left out."""

    name: str
    unit: Unit
    points: tuple[Point, ...]
    thinned: bool = False


class MarkKind(StrEnum):
    """What happened at a moment."""

    FAILED = "failed"
    CODE = "code changed"


class Mark(NamedTuple):
    """Something that happened, to be seen in all charts."""

    at: float
    kind: MarkKind
    run: str


class Recorded(NamedTuple):
    """What one event says: a version that was published, an attempt that failed, or checks."""

    at: float
    kind: str
    run: str
    version: int | None = None
    rows: int | None = None
    bytes: int | None = None
    code: str | None = None
    seconds: float | None = None
    failing: int | None = None
    told: Mapping[str, float] = {}  # what its code told in numbers


def series_of(events: Sequence[Recorded]) -> tuple[Series, ...]:
    """Return the figures that events say anything of, oldest first; what code told comes last."""
    made = [event for event in events if event.kind == "materialized"]
    found = (
        _series("Rows", Unit.ROWS, ((e, e.rows) for e in made)),
        _series("Size", Unit.BYTES, ((e, e.bytes) for e in made if e.rows is not None)),
        _series("Duration", Unit.SECONDS, ((e, e.seconds) for e in made)),
        _series("Checks that did not pass", Unit.CHECKS, ((e, e.failing) for e in events)),
    )
    names = dict.fromkeys(name for event in reversed(made) for name in event.told)
    told = (
        _series(name, Unit.NUMBER, ((e, e.told.get(name)) for e in made))
        for name in sorted([*names][:MOST_TOLD])
    )
    return tuple(each for each in (*found, *told) if each.points)


def marks_of(events: Iterable[Recorded]) -> tuple[Mark, ...]:
    """Return the failures, and the versions whose query was another than the one before."""
    marks: list[Mark] = []
    code: str | None = None
    for event in events:
        if event.kind == "attempt_failed":
            marks.append(Mark(event.at, MarkKind.FAILED, event.run))
        elif event.kind == "materialized":
            if code is not None and event.code != code:
                marks.append(Mark(event.at, MarkKind.CODE, event.run))
            code = event.code
    return tuple(marks)


def thinned(points: Sequence[Point], most: int = MOST) -> tuple[Point, ...]:
    """Return at most so many points: of every stretch of time its lowest, highest and last."""
    if len(points) <= most:
        return tuple(points)
    first, last = points[0].at, points[-1].at
    stretches = max((most - 1) // 3, 1)
    length = (last - first) / stretches or 1.0
    kept: dict[int, list[int]] = {}
    for place, point in enumerate(points):
        kept.setdefault(min(int((point.at - first) / length), stretches - 1), []).append(place)
    chosen: set[int] = {0}
    for places in kept.values():
        chosen.add(min(places, key=lambda place: points[place].value))
        chosen.add(max(places, key=lambda place: points[place].value))
        chosen.add(places[-1])
    return tuple(points[place] for place in sorted(chosen))


class Spot(NamedTuple):
    """A point where it is drawn, in pixels."""

    x: float
    y: float
    point: Point


class Rule(NamedTuple):
    """A line across a chart, and the value that it stands for."""

    place: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A series as it is drawn: its points, the lines behind them, and what happened meanwhile."""

    series: Series
    spots: tuple[Spot, ...]
    rules: tuple[Rule, ...]
    moments: tuple[Rule, ...]
    marks: tuple[tuple[float, Mark], ...]

    @property
    def line(self) -> str:
        """The points as SVG's polyline wants them."""
        return " ".join(f"{spot.x},{spot.y}" for spot in self.spots)


def chart_of(
    series: Series, marks: Iterable[Mark], since: float, until: float, *, log: bool = False
) -> Chart:
    """Return where a series is drawn between two moments; a log scale has no place for zero."""
    points = [p for p in series.points if p.value >= LEAST] if log else [*series.points]
    length = max(until - since, 1e-9)

    def across(at: float) -> float:
        part = min(max((at - since) / length, 0.0), 1.0)
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    values = [point.value for point in points]
    low, high = _range(values, log=log)

    def down(value: float) -> float:
        of, bottom, top = (math.log10(v) if log else v for v in (value, low, high))
        part = (of - bottom) / (top - bottom) if top > bottom else 0.5
        return round(HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM), 1)

    between = (since, since + length / 2, since + length)
    return Chart(
        series=series,
        spots=tuple(Spot(across(p.at), down(p.value), p) for p in points),
        rules=tuple(Rule(down(v), v) for v in _rules(low, high, log=log)) if points else (),
        moments=tuple(Rule(across(at), at) for at in between),
        marks=tuple((across(m.at), m) for m in marks if since <= m.at <= until),
    )


def _series(name: str, unit: Unit, values: Iterable[tuple[Recorded, float | None]]) -> Series:
    points = [Point(e.at, float(v), e.run, e.version) for e, v in values if v is not None]
    points.sort(key=lambda point: point.at)
    kept = thinned(points)
    return Series(name=name, unit=unit, points=kept, thinned=len(kept) < len(points))


def _range(values: Sequence[float], *, log: bool) -> tuple[float, float]:
    """Return the ends of an axis: from zero where that costs less than half of the height."""
    if not values:
        return (1.0, 10.0) if log else (0.0, 1.0)
    low, high = min(values), max(values)
    if log:
        return 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high) + 1e-9)
    if 0 <= low <= high / 2 or low == high >= 0:
        low = 0.0
    step = _step(high - low)
    return math.floor(low / step) * step, max(math.ceil(high / step), 1) * step


def _rules(low: float, high: float, *, log: bool) -> tuple[float, ...]:
    if log:
        first, last = round(math.log10(low)), round(math.log10(high))
        every = max((last - first) // 3, 1)
        return tuple(10.0**power for power in range(first, last + 1, every))
    step = _step(high - low)
    return tuple(low + place * step for place in range(round((high - low) / step) + 1))


def _step(length: float) -> float:
    """Return a round distance that divides a length into at most four."""
    if length < LEAST:
        return 1.0
    power = 10.0 ** math.floor(math.log10(length / 4))
    return next(power * unit for unit in (1, 2, 5, 10, 20) if length / (power * unit) <= 4)
