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
        if not pins:
            continue
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
    left, right = (
        [
            [places[pins[0]]] if len(pins) == 1 else sorted([places[pin] for pin in pins])
            for pins in map(side.__getitem__, layer)
        ]
        for side in sides
    )
    is_changed = False
    for i in range(len(layer) - 1):
        j = i + 1
        # Of most pairs no edge of the upper one ends below one of the lower: nothing to gain.
        may_gain = left[i] and left[j] and left[i][-1] > left[j][0]
        if not (may_gain or (right[i] and right[j] and right[i][-1] > right[j][0])):
            continue
        gain = _gain(left[i], left[j]) + _gain(right[i], right[j])
        if gain > 0 and may_swap(layer[i], layer[j]):
            layer[i], layer[j] = layer[j], layer[i]
            left[i], left[j] = left[j], left[i]
            right[i], right[j] = right[j], right[i]
            is_changed = True
    return is_changed


def _gain(upper: Places, lower: Places) -> int:
    """Return how many crossings fewer there are when the lower one comes first."""
    if not upper or not lower:
        return 0
    if len(upper) == 1 == len(lower):
        return (upper[0] > lower[0]) - (upper[0] < lower[0])
    gain = 0
    for place in lower:
        gain += len(upper) - bisect_right(upper, place) - bisect_left(upper, place)
    return gain
