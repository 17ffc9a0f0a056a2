"""Neighbourhoods: hops from the focus both ways, paths between two assets, edges among some."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.lineage_layout.graphs import UPSTREAMS, unhurried

from freshline_catalog.lineage_layout.neighbourhood import (
    Direction,
    Near,
    around,
    between,
    downstreams,
    within,
)

UP, DOWN, FOCUS, BOTH = Direction.UPSTREAM, Direction.DOWNSTREAM, Direction.FOCUS, Direction.BOTH
CASES: dict[str, tuple[tuple[str, ...], int | None, int | None, list[Near]]] = {
    "one hop both ways": (
        ("marts.daily",),
        1,
        1,
        [
            Near("marts.daily", 0, FOCUS),
            Near("core.paid_orders", 1, UP),
            Near("reports.board", 1, DOWN),
        ],
    ),
    "no hop is the focus alone": (("marts.daily",), 0, 0, [Near("marts.daily", 0, FOCUS)]),
    "all the way up": (
        ("core.order_lines",),
        None,
        0,
        [
            Near("core.order_lines", 0, FOCUS),
            Near("staging.orders", 1, UP),
            Near("raw.orders", 2, UP),
        ],
    ),
    "what lies between two in focus is both": (
        ("core.order_lines", "marts.daily"),
        1,
        1,
        [
            Near("core.order_lines", 0, FOCUS),
            Near("marts.daily", 0, FOCUS),
            Near("core.paid_orders", 1, BOTH),
            Near("reports.board", 1, DOWN),
            Near("staging.orders", 1, UP),
        ],
    ),
    "what is unknown is left out": (("gone",), None, None, []),
}


@pytest.mark.parametrize(("focus", "up", "down", "expected"), CASES.values(), ids=CASES)
def test_around(
    focus: tuple[str, ...], up: int | None, down: int | None, expected: list[Near]
) -> None:
    assert list(around(UPSTREAMS, focus, up, down)) == expected


PATHS = {
    "every way between two": (
        ("staging.orders", "reports.board"),
        {
            "staging.orders",
            "core.order_lines",
            "core.paid_orders",
            "marts.customer_lifetime_value",
            "marts.daily",
            "reports.board",
        },
    ),
    "none against the stream": (("reports.board", "staging.orders"), set[str]()),
    "itself": (("marts.daily", "marts.daily"), {"marts.daily"}),
    "nothing from the unknown": (("gone", "marts.daily"), set[str]()),
}


@pytest.mark.parametrize(("ends", "expected"), PATHS.values(), ids=PATHS)
def test_between(ends: tuple[str, str], expected: set[str]) -> None:
    assert between(UPSTREAMS, *ends) == expected


def test_within_keeps_edges_with_both_ends() -> None:
    keys = ("reports.board", "marts.daily", "core.paid_orders", "gone")
    assert within(UPSTREAMS, keys) == (
        ("core.paid_orders", "marts.daily"),
        ("marts.daily", "reports.board"),
    )


def test_downstreams_know_what_is_only_read() -> None:
    assert downstreams({"b": ("a", "a")}) == {"b": [], "a": ["b"]}


@st.composite
def lineages(draw: st.DrawFn) -> dict[str, list[str]]:
    keys = [f"k{number}" for number in range(draw(st.integers(1, 7)))]
    return {
        key: draw(st.lists(st.sampled_from(keys[:place]), unique=True)) if place else []
        for place, key in enumerate(keys)
    }


def paths(upstreams: dict[str, list[str]], start: str, end: str) -> list[list[str]]:
    """Return every path down from start to end, by trying all."""
    if start == end:
        return [[end]]
    return [[*path, end] for u in upstreams[end] for path in paths(upstreams, start, u)]


@unhurried
@given(lineages(), st.data())
def test_hops_are_the_length_of_the_shortest_path(
    upstreams: dict[str, list[str]], data: st.DataObject
) -> None:
    focus = data.draw(st.sampled_from(sorted(upstreams)))
    up, down = data.draw(st.integers(0, 4)), data.draw(st.integers(0, 4))
    expected: set[Near] = set()
    for key in upstreams:
        above, below = paths(upstreams, key, focus), paths(upstreams, focus, key)
        hops = min((len(path) - 1 for path in above + below), default=99)
        direction = FOCUS if key == focus else UP if above else DOWN
        if hops <= (0 if key == focus else up if above else down):
            expected.add(Near(key, hops, direction))
    found = around(upstreams, [focus], up, down)
    assert set(found) == expected
    assert [near.hops for near in found] == sorted(near.hops for near in found)


@unhurried
@given(lineages(), st.data())
def test_between_is_all_that_any_path_passes(
    upstreams: dict[str, list[str]], data: st.DataObject
) -> None:
    start, end = (data.draw(st.sampled_from(sorted(upstreams))) for _ in range(2))
    passed = {key for path in paths(upstreams, start, end) for key in path}
    assert between(upstreams, start, end) == passed
