"""Alignment: what is to stand at one height, so that edges between run straight.

A *unit* is a chain of vertices through neighbouring layers. The lanes of a long edge come first,
then a vertex and the median of those it is joined to, where each is that of the other. Two chains
never cross, which is why all of them can be had at once.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from freshline_catalog.lineage_layout.crossings import Order
from freshline_catalog.lineage_layout.proper import FREE, Proper

_MOST = (96, 64, 32)  # pixels that an edge of each rank may rise by and yet be made straight


class Units(NamedTuple):
    """For each vertex its unit, and how far below the height of its unit its middle is."""

    unit_of: list[int]
    below: list[int]
    number: int


class _Joint(NamedTuple):
    """An edge that might run straight; those of a lower rank come first."""

    rank: int
    rise: int
    left_place: int
    right_place: int
    left: int
    right: int
    drop: int


def aligned(proper: Proper, order: Order, heights: list[int]) -> Units:
    """Return the units of an ordered graph whose vertices stand about at some heights."""
    places = [0] * proper.size
    for layer in order:
        for place, vertex in enumerate(layer):
            places[vertex] = place
    unit_of, below = [-1] * proper.size, [0] * proper.size
    count = 0
    for layer in order:
        for vertex in layer:
            if unit_of[vertex] < 0:
                unit_of[vertex] = count
                count += 1
        for joint in _straight(sorted(_joints(proper, layer, places, heights))):
            unit_of[joint.right] = unit_of[joint.left]
            below[joint.right] = below[joint.left] + joint.drop
    return Units(unit_of, below, count)


def _joints(
    proper: Proper, layer: list[int], places: list[int], heights: list[int]
) -> Iterator[_Joint]:
    """Yield the edges to the right of a layer that might run straight."""
    nodes, owners, offsets = len(proper.nodes), proper.owners, proper.offsets
    for left in layer:
        ends = proper.down[left]
        if not ends:
            continue
        middle = _middle(ends, owners, places)
        for end in ends:
            right = owners[end]
            is_lane = (left >= nodes) + (right >= nodes)
            if is_lane == 2:
                rank = 0
            else:
                starts = proper.up[right]
                is_middle = right in middle and left in _middle(starts, owners, places)
                if not is_middle and not is_lane:
                    continue
                rank = 1 if is_middle else 2
            if _may_align(proper, left, right):
                start = _pin_towards(proper, right, left)
                drop = offsets[start] - offsets[end]
                rise = abs(heights[left] + drop - heights[right])
                if rise <= _MOST[rank]:
                    yield _Joint(rank, rise, places[left], places[right], left, right, drop)


def _middle(pins: list[int], owners: list[int], places: list[int]) -> tuple[int, ...]:
    """Return the one that stands in the middle, or none of an even number."""
    if len(pins) == 1:
        return (owners[pins[0]],)
    found = sorted({owners[pin] for pin in pins}, key=places.__getitem__)
    return (found[len(found) // 2],) if len(found) % 2 else ()


def _pin_towards(proper: Proper, vertex: int, other: int) -> int:
    """Return the first pin of `other` that a vertex is joined to on its left."""
    return next(pin for pin in proper.up[vertex] if proper.owners[pin] == other)


def _may_align(proper: Proper, left: int, right: int) -> bool:
    """Tell whether no box stands between: one that spans both layers and holds only one of them."""
    one, other = proper.groups[left], proper.groups[right]
    if one == other:
        return True
    layer = proper.layer_of[left]
    is_out = one == FREE or proper.spans[one].last == layer
    is_in = other == FREE or proper.spans[other].first == layer + 1
    return is_out and is_in


def _straight(joints: list[_Joint]) -> list[_Joint]:
    """Return those of one gap that can all be had: no two cross or meet."""
    lefts: list[int] = []
    rights: list[int] = []
    taken: list[_Joint] = []
    for joint in joints:
        at = bisect_left(lefts, joint.left_place)
        is_free = at == len(lefts) or (
            lefts[at] != joint.left_place and rights[at] > joint.right_place
        )
        if is_free and (at == 0 or rights[at - 1] < joint.right_place):
            lefts.insert(at, joint.left_place)
            rights.insert(at, joint.right_place)
            taken.append(joint)
    return taken
