"""The chart of a run: its steps as bars over time, laid out here and drawn by a template.

A pure function of values. Whatever the clocks said, every bar lies inside, begins where it should
in comparison with the others, and is wide enough to be seen and pointed at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from freshline_catalog.server.runs.steps import Step, StepStatus

ROW, BAR, LABELS, AXIS, NARROWEST = 24, 14, 260, 24, 3
_TICKS = 6
_UNITS = (1.0, 2.0, 5.0)
# Beyond a minute people count in sixties.
_LONG = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step: where it is drawn, in pixels, and what it is."""

    step: Step
    x: float
    y: int
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line across the chart, so many seconds after the run began."""

    x: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars from top to bottom in the order of the steps, and the lines behind them."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def chart_of(steps: Sequence[Step], began: float, ended: float, width: int = 960) -> Chart:
    """Return the chart of the steps that began, over the time from `began` to `ended`.

    A step that is under way reaches to the end, a step that never began is not in the chart.
    """
    shown = [(step, step.began) for step in steps if step.began is not None]
    first = min([began, *(at for _, at in shown)])
    last = max([ended, first, *(step.ended or at for step, at in shown)])
    scale = (width - LABELS) / (last - first) if last > first else 0.0
    bars: list[Bar] = []
    for place, (step, at) in enumerate(shown):
        is_open = step.status in (StepStatus.RUNNING, StepStatus.INTERRUPTED)
        until = last if step.ended is None and is_open else step.ended or at
        length = max((max(until, at) - at) * scale, NARROWEST)
        x = min(LABELS + (at - first) * scale, width - NARROWEST)
        bars.append(
            Bar(
                step=step,
                x=round(x, 1),
                y=AXIS + place * ROW + (ROW - BAR) // 2,
                width=round(min(length, width - x), 1),
            )
        )
    return Chart(
        width=width,
        height=AXIS + len(shown) * ROW,
        bars=tuple(bars),
        ticks=_ticks(last - first, scale),
    )


def _ticks(length: float, scale: float) -> tuple[Tick, ...]:
    every = spacing(length)
    if not every:
        return (Tick(x=float(LABELS), seconds=0.0),)
    count = int(length / every + 1e-9) + 1
    return tuple(
        Tick(x=round(LABELS + place * every * scale, 1), seconds=round(place * every, 6))
        for place in range(count)
    )


def spacing(length: float) -> float:
    """Return a round distance that divides a length into at most six; 0 for no length."""
    if length <= 0:
        return 0.0
    if length > _LONG[0] * _TICKS:
        for every in _LONG:
            if length / every <= _TICKS:
                return float(every)
        days = 1
        while length / (days * 86400) > _TICKS:
            days *= 2
        return days * 86400.0
    power = 1e-3
    while True:
        for unit in _UNITS:
            if length / (power * unit) <= _TICKS:
                return power * unit
        power *= 10
