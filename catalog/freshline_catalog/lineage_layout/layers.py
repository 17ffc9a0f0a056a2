"""Layers: every node gets a column of the picture, to the right of all that it depends on."""

from collections.abc import Sequence
from typing import NamedTuple

Links = Sequence[Sequence[int]]


class Layering(NamedTuple):
    """The layer of each node, and its place in a topological order.

    An edge from a later place to an earlier one returns: only a circle has such.
    """

    layers: list[int]
    places: list[int]


def layering(up: Links, down: Links) -> Layering:
    """Return layers by the longest path, then pulled towards their readers.

    What is read more than it reads moves right until it stands beside its nearest reader, which
    makes edges shorter; sources are the plainest case.
    """
    return _layered(up, down, len(up))


def layering_of_groups(up: Links, down: Links, groups: Sequence[int]) -> Layering:
    """Return layers where a group begins to the right of all groups that it reads.

    `groups` give the group of each node, below zero where it has none. Where groups read each other
    in circles, or the picture would become much wider, the layers are those of nodes alone.
    """
    plain = layering(up, down)
    count = max(groups, default=-1) + 1
    if count < 2:
        return plain
    pairs = {(groups[u], groups[d]) for u, found in enumerate(down) for d in found}
    after = [(a, b) for a, b in sorted(pairs) if 0 <= a != b >= 0 and (b, a) not in pairs]
    size = len(up)
    ends, starts = (
        size,
        size + count,
    )  # the numbers of what stands for the end of a group, its start
    links = [(node, ends + group) for node, group in enumerate(groups) if group >= 0]
    links += [(starts + group, node) for node, group in enumerate(groups) if group >= 0]
    links += [(ends + one, starts + other) for one, other in after]
    more_up = [*map(list, up), *([] for _ in range(2 * count))]
    more_down = [*map(list, down), *([] for _ in range(2 * count))]
    for left, right in links:
        more_down[left].append(right)
        more_up[right].append(left)
    found = _layered(more_up, more_down, size)
    is_circular = any(
        found.places[left] > found.places[right]
        for left, readers in enumerate(more_down)
        for right in readers
    )
    widest = 3 * max(plain.layers) // 2 + 2
    if is_circular or max(found.layers[:size]) - min(found.layers[:size]) > widest:
        return plain
    first = min(found.layers[:size])
    return Layering([layer - first for layer in found.layers[:size]], found.places[:size])


def _layered(up: Links, down: Links, size: int) -> Layering:
    """Return layers of items, of which the first are nodes and the others bounds of groups.

    A bound may share its layer with a node, but not with another bound.
    """
    order = _topological(up, down)
    places = [0] * len(order)
    for place, item in enumerate(order):
        places[item] = place
    layers = [0] * len(order)
    for item in order:
        mine, is_node = places[item], item < size
        layers[item] = max(
            (layers[u] + ((u < size) == is_node) for u in up[item] if places[u] < mine), default=0
        )
    for item in reversed(order):
        mine, is_node = places[item], item < size
        below = [d for d in down[item] if places[d] > mine]
        above = sum(1 for u in up[item] if places[u] < mine and u < size)
        if below and (not is_node or sum(1 for d in below if d < size) > above):
            layers[item] = min(layers[d] - ((d < size) == is_node) for d in below)
    return Layering(layers, places)


def _topological(up: Links, down: Links) -> list[int]:
    """Return the nodes, upstreams first; a circle is cut where most leads out and least in."""
    waiting = [len(above) for above in up]
    order = [node for node, count in enumerate(waiting) if not count]
    is_placed = [not count for count in waiting]
    done = 0
    while True:
        while done < len(order):
            for reader in down[order[done]]:
                waiting[reader] -= 1
                if not waiting[reader] and not is_placed[reader]:
                    is_placed[reader] = True
                    order.append(reader)
            done += 1
        if len(order) == len(up):
            return order
        left = [node for node, placed in enumerate(is_placed) if not placed]
        cut = max(left, key=lambda node: (len(down[node]) - waiting[node], -node))
        is_placed[cut] = True
        order.append(cut)
