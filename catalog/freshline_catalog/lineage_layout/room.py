"""Room to move: units are kept apart, and then move to where their edges are short.

What stands where is bound by differences: each vertex stands so far below the one above it in its
layer, and all of a box below what is above the box in any of its layers. The upper and the lower
edge of each box are items beside the units.
"""

from collections.abc import Iterator
from typing import NamedTuple

from freshline_catalog.lineage_layout.alignment import Units
from freshline_catalog.lineage_layout.crossings import Order
from freshline_catalog.lineage_layout.proper import FREE, Proper
from freshline_catalog.lineage_layout.spacing import BETWEEN_BOXES, above, below, distance

_FAR = 1 << 40
_ALMOST = 14  # pixels: an edge that rises less looks like a mistake

Bounds = list[list[tuple[int, int]]]  # for each item: others, and how far from them at least


class Bound(NamedTuple):
    """The differences between items, from either end, and the items from the top down."""

    over: Bounds
    under: Bounds
    turns: list[int]


def roomy(proper: Proper, order: Order, units: Units, wanted: list[int]) -> list[int]:
    """Return heights of vertices near the wanted ones: units are straight, and boxes apart."""
    weights, sums = [0] * units.number, [0] * units.number
    for vertex, unit in enumerate(units.unit_of):
        sums[unit] += wanted[vertex] - units.below[vertex]
        weights[unit] += 1
    means = [total // weight for total, weight in zip(sums, weights, strict=True)]
    bound = _bound(proper, order, units)
    items = _parted(bound, means)
    pulls = _pulls(proper, units)
    _relax(pulls, bound, items, _sweeps(proper.size))
    _snap(pulls, bound, items)
    return [items[unit] + low for unit, low in zip(units.unit_of, units.below, strict=True)]


def _sweeps(size: int) -> int:
    """Return how often to let units move; of a large picture nobody sees that much."""
    if size <= 300:
        return 8
    return 4 if size <= 1200 else 2


def _bound(proper: Proper, order: Order, units: Units) -> Bound:
    total = units.number + 2 * len(proper.group_names)
    far: dict[tuple[int, int], int] = {}
    for upper, lower, apart in _differences(proper, order, units):
        if apart > far.get((upper, lower), -_FAR):
            far[upper, lower] = apart
    over: Bounds = [[] for _ in range(total)]
    under: Bounds = [[] for _ in range(total)]
    for (upper, lower), apart in far.items():
        under[upper].append((lower, apart))
        over[lower].append((upper, apart))
    return Bound(over, under, _topological(over, under))


def _differences(proper: Proper, order: Order, units: Units) -> Iterator[tuple[int, int, int]]:
    """Yield (upper item, lower item, how far apart at least)."""
    unit_of, low = units.unit_of, units.below
    tops, groups = units.number, proper.groups
    bottoms = tops + len(proper.group_names)
    for layer in order:
        before = -1
        for vertex in layer:
            group, unit = groups[vertex], unit_of[vertex]
            half = proper.height(vertex) // 2
            if group != FREE:
                yield tops + group, unit, above(group) + half - low[vertex]
                yield unit, bottoms + group, below(group) + half + low[vertex]
            if before >= 0:
                other, upper = groups[before], unit_of[before]
                if other == group:
                    apart = distance(proper, before, vertex)
                    yield upper, unit, apart + low[before] - low[vertex]
                else:
                    apart = BETWEEN_BOXES
                    if other == FREE:
                        apart += proper.height(before) // 2 + low[before]
                    if group == FREE:
                        apart += half - low[vertex]
                    yield (
                        upper if other == FREE else bottoms + other,
                        unit if group == FREE else tops + group,
                        apart,
                    )
            before = vertex


def _topological(over: Bounds, under: Bounds) -> list[int]:
    waiting = [len(found) for found in over]
    turns = [item for item, count in enumerate(waiting) if not count]
    for item in turns:
        for lower, _ in under[item]:
            waiting[lower] -= 1
            if not waiting[lower]:
                turns.append(lower)
    return turns


def _parted(bound: Bound, wanted: list[int]) -> list[int]:
    """Return heights of items that keep all differences and lie near the wanted ones.

    They are the mean of two answers, of which one gives way only downwards and the other only
    upwards: what holds for both holds for their mean.
    """
    edges = len(bound.over) - len(wanted)
    sinking = [*wanted, *([-_FAR] * edges)]
    rising = [*wanted, *([_FAR] * edges)]
    for item in bound.turns:
        for upper, apart in bound.over[item]:
            sinking[item] = max(sinking[item], sinking[upper] + apart)
    for item in reversed(bound.turns):
        for lower, apart in bound.under[item]:
            rising[item] = min(rising[item], rising[lower] - apart)
    return [(one + other) // 2 for one, other in zip(sinking, rising, strict=True)]


def _pulls(proper: Proper, units: Units) -> Bounds:
    """Return for each unit the others that it is joined to, and how far below them it would be."""
    pulls: Bounds = [[] for _ in range(units.number)]
    unit_of, low = units.unit_of, units.below
    owners, offsets = proper.owners, proper.offsets
    for strand in proper.strands:
        first = strand.pins[0]
        for second in strand.pins[1:]:
            left, right = owners[first], owners[second]
            if unit_of[left] != unit_of[right]:
                drop = low[left] + offsets[first] - low[right] - offsets[second]
                pulls[unit_of[right]].append((unit_of[left], drop))
                pulls[unit_of[left]].append((unit_of[right], -drop))
            first = second
    return pulls


def _relax(pulls: Bounds, bound: Bound, items: list[int], sweeps: int) -> None:
    """Let each unit move to the median of where those that it is joined to want it.

    Boxes are stretched in one sweep, so that what is in them can move, and tight in the next.
    """
    over, under = bound.over, bound.under
    edges = range(len(pulls), len(items))
    half = len(pulls) + len(edges) // 2
    for sweep in range(sweeps):
        for edge in edges:
            is_top = edge < half
            if is_top == (sweep % 2 == 0):
                items[edge] = max((items[o] + far for o, far in over[edge]), default=-_FAR)
            else:
                items[edge] = min((items[o] - far for o, far in under[edge]), default=_FAR)
        for unit in range(len(pulls)) if sweep % 2 else range(len(pulls) - 1, -1, -1):
            joined = pulls[unit]
            if not joined:
                continue
            wanted = sorted([items[other] + drop for other, drop in joined])
            middle = len(wanted) // 2
            found = wanted[middle]
            if len(wanted) % 2 == 0:
                found = (wanted[middle - 1] + found) // 2
            for upper, far in over[unit]:
                found = max(found, items[upper] + far)
            for lower, far in under[unit]:
                found = min(found, items[lower] - far)
            items[unit] = found


def _snap(pulls: Bounds, bound: Bound, items: list[int]) -> None:
    """Make edges straight that almost are, where there is room and no straight one is lost."""
    for unit, joined in enumerate(pulls):
        rises = [items[other] + drop - items[unit] for other, drop in joined]
        rise = min(rises, key=abs, default=0)
        if not 0 < abs(rise) <= _ALMOST:
            continue
        found = items[unit] + rise
        if all(items[upper] + far <= found for upper, far in bound.over[unit]) and all(
            found <= items[lower] - far for lower, far in bound.under[unit]
        ):
            items[unit] = found
