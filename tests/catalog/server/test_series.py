"""Figures over time: thinned out without losing an extreme, and drawn inside of their charts."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshline_catalog.server.builds.series import (
    BOTTOM,
    HEIGHT,
    LEAST,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Mark,
    MarkKind,
    Point,
    Recorded,
    Series,
    Unit,
    chart_of,
    marks_of,
    series_of,
    thinned,
)

VALUES = st.lists(st.floats(0, 1e12), min_size=1, max_size=1200)


def points_of(values: list[float]) -> list[Point]:
    return [Point(1000.0 + 60 * place, value, f"r{place}") for place, value in enumerate(values)]


@settings(deadline=None)
@given(VALUES, st.integers(10, 300))
def test_thinning_keeps_first_last_and_both_extremes(values: list[float], most: int) -> None:
    points = points_of(values)
    kept = thinned(points, most)
    assert len(kept) <= max(most, 1)
    assert {*kept} <= {*points}
    assert [*kept] == sorted(kept)
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert min(p.value for p in kept) == min(values)
    assert max(p.value for p in kept) == max(values)


@settings(deadline=None)
@given(VALUES, st.booleans())
def test_all_points_and_lines_lie_inside_of_the_chart(values: list[float], log: bool) -> None:
    points = points_of(values)
    series = Series(name="Rows", unit=Unit.ROWS, points=tuple(points))
    chart = chart_of(series, (), points[0].at, points[-1].at, log=log)
    assert len(chart.spots) == sum(value >= LEAST for value in values) if log else len(values)
    for spot in chart.spots:
        assert LEFT <= spot.x <= WIDTH - RIGHT
        assert TOP - 0.1 <= spot.y <= HEIGHT - BOTTOM + 0.1
    for rule in chart.rules:
        assert TOP - 0.1 <= rule.place <= HEIGHT - BOTTOM + 0.1
    for one, other in pairwise(chart.spots):
        assert one.x <= other.x
        assert (one.point.value <= other.point.value) == (one.y >= other.y) or abs(
            one.y - other.y
        ) <= 0.1


@pytest.mark.parametrize("values", [[0.0], [5.0], [5.0, 5.0], [0.0, 0.0], [1e-9], [3e11, 3e11 + 1]])
@pytest.mark.parametrize("log", [False, True])
def test_charts_of_one_value_are_charts_too(values: list[float], log: bool) -> None:
    series = Series(name="Rows", unit=Unit.ROWS, points=tuple(points_of(values)))
    assert chart_of(series, (), 1000.0, 1000.0, log=log).moments


def test_marks_are_failures_and_other_queries() -> None:
    events = [
        Recorded(1.0, "materialized", "r1", 1, 5, 10, "q1", 0.5),
        Recorded(2.0, "attempt_failed", "r2"),
        Recorded(3.0, "materialized", "r3", 2, 5, 10, "q1", 0.5),
        Recorded(4.0, "materialized", "r4", 3, 5, 10, "q2", 0.5),
    ]
    assert marks_of(events) == (
        Mark(2.0, MarkKind.FAILED, "r2"),
        Mark(4.0, MarkKind.CODE, "r4"),
    )


def test_a_view_has_durations_and_no_rows() -> None:
    events = [Recorded(1.0, "materialized", "r1", 1, None, 0, "q1", 0.5)]
    assert [series.name for series in series_of(events)] == ["Duration"]
