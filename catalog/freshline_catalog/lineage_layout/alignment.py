"""Alignment: what is to stand at one height, so that edges between run straight.

A *unit* is a chain of vertices through neighbouring layers. The lanes of a long edge come first,
then a vertex and the median of those it is joined to, where each is that of the other. Two chains
never cross, and none crosses a box, which is why all of them can be had at once.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from freshline_catalog.lineage_layout.crossings import Order
from freshline_catalog.lineage_layout.proper import FREE, Proper

_MOST = (96, 64, 32)  # pixels that an edge of each rank may rise by and yet be made straight
_NOBODY = -1


class Units(NamedTuple):
    """For each vertex its unit, and how far below the height of its unit its middle is."""

    unit_of: list[int]
    below: list[int]
    number: int


class _Joint(NamedTuple):
    """An edge that might run straight; those of a lower rank come first, then the flatter ones."""

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
    joints = _joints(proper, places, heights)
    count = 0
    for index, layer in enumerate(order):
        for vertex in layer:
            if unit_of[vertex] < 0:
                unit_of[vertex] = count
                count += 1
        for found in _parts(proper, order, index, joints[index]):
            for joint in _straight(sorted(found)):
                unit_of[joint.right] = unit_of[joint.left]
                below[joint.right] = below[joint.left] + joint.drop
    return Units(unit_of, below, count)


def _joints(proper: Proper, places: list[int], heights: list[int]) -> list[list[_Joint]]:
    """Return for each layer the edges to its right that might run straight."""
    nodes, owners, offsets = len(proper.nodes), proper.owners, proper.offsets
    middle_left = [_middle(pins, owners, places) for pins in proper.up]
    middle_right = [_middle(pins, owners, places) for pins in proper.down]
    found: list[list[_Joint]] = [[] for _ in proper.layers]
    for start, end in _links(proper):
        left, right = owners[start], owners[end]
        lanes = (left >= nodes) + (right >= nodes)
        is_middle = middle_right[left] == right and middle_left[right] == left
        if not (is_middle or lanes) or not _may_align(proper, left, right):
            continue
        rank = 0 if lanes == 2 else 1 if is_middle else 2
        drop = offsets[start] - offsets[end]
        rise = abs(heights[left] + drop - heights[right])
        if rise <= _MOST[rank]:
            joint = _Joint(rank, rise, places[left], places[right], left, right, drop)
            found[proper.layer_of[left]].append(joint)
    return found


def _links(proper: Proper) -> Iterator[tuple[int, int]]:
    """Yield the pins that are joined, those of a shared lane once."""
    seen: set[tuple[int, int]] = set()
    for strand in proper.strands:
        start = strand.pins[0]
        for end in strand.pins[1:]:
            if (start, end) not in seen:
                seen.add((start, end))
                yield start, end
            start = end


def _middle(pins: list[int], owners: list[int], places: list[int]) -> int:
    """Return the vertex that stands in the middle, or nobody of an even number."""
    if len(pins) == 1:
        return owners[pins[0]]
    found = sorted({owners[pin] for pin in pins}, key=places.__getitem__)
    return found[len(found) // 2] if len(found) % 2 else _NOBODY


def _may_align(proper: Proper, left: int, right: int) -> bool:
    """Tell whether no box stands between: one that spans both layers and holds only one of them."""
    one, other = proper.groups[left], proper.groups[right]
    if one == other:
        return True
    layer = proper.layer_of[left]
    is_out = one == FREE or proper.spans[one].last == layer
    is_in = other == FREE or proper.spans[other].first == layer + 1
    return is_out and is_in


def _parts(
    proper: Proper, order: Order, index: int, joints: list[_Joint]
) -> Iterator[list[_Joint]]:
    """Yield what can be told apart: the edges within each box, and those around all of them.

    Among the latter a box that spans both layers is an edge already taken, so that none crosses it.
    """
    inside: dict[int, list[_Joint]] = {}
    outside: list[_Joint] = []
    for joint in joints:
        group = proper.groups[joint.left]
        is_inside = group != FREE and group == proper.groups[joint.right]
        (inside.setdefault(group, []) if is_inside else outside).append(joint)
    for group, span in enumerate(proper.spans):
        if span.first <= index < span.last:
            left, right = (
                next(place for place, v in enumerate(layer) if proper.groups[v] == group)
                for layer in order[index : index + 2]
            )
            outside.append(_Joint(-1, 0, left, right, _NOBODY, _NOBODY, 0))
    yield from inside.values()
    yield outside


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
            if joint.left != _NOBODY:
                taken.append(joint)
    return taken
