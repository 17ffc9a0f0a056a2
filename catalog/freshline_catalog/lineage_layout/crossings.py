"""Crossings: how often edges between neighbouring layers cross, and swaps that make it less."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence

Order = list[list[int]]
Places = list[float]  # of each pin in its layer


def crossings(order: Order, down: Sequence[Sequence[int]], places: Places) -> int:
    """Return the number of crossings in all."""
    return sum(_after(layer, down, places) for layer in order)


def _after(layer: Sequence[int], down: Sequence[Sequence[int]], places: Places) -> int:
    """Return the number of crossings between a layer and the next.

    Its edges are taken from the top down, and each is crossed by those before it that end lower.
    """
    ends: Places = []
    total, lowest = 0, -1.0
    for vertex in layer:
        pins = down[vertex]
        for place in [places[pins[0]]] if len(pins) == 1 else sorted([places[p] for p in pins]):
            if place >= lowest:
                ends.append(place)
                lowest = place
            else:
                total += len(ends) - bisect_right(ends, place)
                insort(ends, place)
    return total


def swapped(
    layer: list[int],
    sides: Sequence[Sequence[Sequence[int]]],
    places: Places,
    may_swap: Callable[[int, int], bool],
) -> bool:
    """Swap neighbours in a layer wherever that makes crossings fewer; say whether any were.

    `sides` are the pins that each vertex is joined to on the left and on the right.
    """
    ends = [[sorted([places[p] for p in side[v]]) for v in layer] for side in sides]
    left, right = ends
    is_changed = False
    for i in range(len(layer) - 1):
        gain = _gain(left[i], left[i + 1]) + _gain(right[i], right[i + 1])
        if gain > 0 and may_swap(layer[i], layer[i + 1]):
            layer[i], layer[i + 1] = layer[i + 1], layer[i]
            for row in ends:
                row[i], row[i + 1] = row[i + 1], row[i]
            is_changed = True
    return is_changed


def _gain(upper: Places, lower: Places) -> int:
    """Return how many crossings fewer there are when the lower one comes first."""
    if not upper or not lower:
        return 0
    if upper[-1] < lower[0]:
        return -len(upper) * len(lower)
    return sum(
        len(upper) - bisect_right(upper, place) - bisect_left(upper, place) for place in lower
    )
