"""The parts of the layout: counting crossings, isotonic regression, and letters in little room."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.lineage_layout.graphs import unhurried

from freshline_catalog.lineage_layout.crossings import crossings, swapped
from freshline_catalog.lineage_layout.isotonic import isotonic
from freshline_catalog.lineage_layout.lettering import cut_at_the_end, cut_in_the_middle

Pairs = list[tuple[int, int]]
PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20)


def two_layers(pairs: Pairs) -> tuple[list[list[int]], list[list[int]], list[float]]:
    """Return the order, the pins below and the places of six vertices joined to six others."""
    down = [[6 + right for left, right in pairs if left == vertex] for vertex in range(6)]
    return [[*range(6)], [*range(6, 12)]], [*down, *([] for _ in range(6))], [*range(6)] * 2


def by_hand(pairs: Pairs, place: list[int]) -> int:
    return sum(
        (place[a] < place[c] and b > d) or (place[a] > place[c] and b < d)
        for number, (a, b) in enumerate(pairs)
        for c, d in pairs[:number]
    )


@unhurried
@given(PAIRS)
def test_crossings_are_the_pairs_of_edges_that_cross(pairs: Pairs) -> None:
    order, down, places = two_layers(pairs)
    assert crossings(order, down, places) == by_hand(pairs, [*range(6)])


@unhurried
@given(PAIRS)
def test_a_swap_makes_crossings_fewer_and_none_leaves_them(pairs: Pairs) -> None:
    order, down, places = two_layers(pairs)
    layer = order[0]
    nothing: list[list[int]] = [[] for _ in range(12)]
    before = by_hand(pairs, [*range(6)])
    is_changed = swapped(layer, (nothing, down), places, lambda one, other: True)
    after = by_hand(pairs, [layer.index(vertex) for vertex in range(6)])
    assert (after < before) == is_changed
    assert sorted(layer) == [*range(6)]


@unhurried
@given(PAIRS)
def test_what_may_not_be_swapped_stays(pairs: Pairs) -> None:
    order, down, places = two_layers(pairs)
    nothing: list[list[int]] = [[] for _ in range(12)]
    assert not swapped(order[0], (nothing, down), places, lambda one, other: False)
    assert order[0] == [*range(6)]


NUMBERS = st.lists(st.integers(-20, 20), min_size=1, max_size=8)


@unhurried
@given(NUMBERS, st.data())
def test_isotonic_numbers_rise_and_none_that_rise_are_closer(
    wanted: list[int], data: st.DataObject
) -> None:
    size = len(wanted)
    weights = data.draw(st.lists(st.integers(1, 4), min_size=size, max_size=size))
    other = sorted(data.draw(st.lists(st.integers(-20, 20), min_size=size, max_size=size)))
    found = isotonic(wanted, weights)

    def cost(numbers: list[float] | list[int]) -> float:
        rows = zip(numbers, wanted, weights, strict=True)
        return sum(weight * (number - target) ** 2 for number, target, weight in rows)

    assert all(a <= b + 1e-9 for a, b in pairwise(found))
    assert cost(found) <= cost(other) + 1e-6


@unhurried
@given(NUMBERS)
def test_what_rises_already_stays(wanted: list[int]) -> None:
    assert isotonic(sorted(wanted), [1] * len(wanted)) == sorted(wanted)


CUTS = {
    "short enough": ("daily", 8, "daily", "daily"),
    "just enough": ("marts.daily", 11, "marts.daily", "marts.daily"),
    "too long": ("marts.daily_orders", 9, "mart…ders", "marts.da…"),
    "wide letters count twice": ("日本語の表", 7, "日本…表", "日本語…"),
    "marks that stand on letters count nothing": (
        "e\u0301e\u0301",
        2,
        "e\u0301e\u0301",
        "e\u0301e\u0301",
    ),
    "a cut leaves no space before it": ("fresh, 2 h", 8, "fres…2 h", "fresh,…"),
}


@pytest.mark.parametrize(("text", "cells", "middle", "end"), CUTS.values(), ids=CUTS)
def test_texts_are_cut_to_fit(text: str, cells: int, middle: str, end: str) -> None:
    assert cut_in_the_middle(text, cells) == middle
    assert cut_at_the_end(text, cells) == end
