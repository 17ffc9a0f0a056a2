"""The order of vertices within each layer: few crossings, groups together, what was known kept.

Sweeps of medians, left to right and back, and swaps of neighbours after them; the best order seen
is the one returned. Three rules bind the order of a layer:

- what stands in a group stands together, and two groups stand in one order in all layers;
- what has an anchor, which says how far down it stood in the picture before, keeps its order among
  its like;
- all else goes where it crosses least.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from freshline_catalog.lineage_layout.crossings import Order, Places, crossings, swapped
from freshline_catalog.lineage_layout.isotonic import isotonic
from freshline_catalog.lineage_layout.proper import FREE, Proper


class Ordered(NamedTuple):
    """The vertices of each layer from the top down, and how often edges cross."""

    order: Order
    crossings: int


class _Look(NamedTuple):
    """So many sweeps, and swaps after them; a close look swaps after each sweep too."""

    sweeps: int
    swaps: int
    is_close: bool = False


class _Effort(NamedTuple):
    """Where to start, how to look at each start, and how at the best that came of them."""

    starts: tuple[int, ...]
    first: _Look
    kept: int
    then: _Look


def _effort(size: int) -> _Effort:
    """Return how hard to try: small pictures are looked at closely, large ones from afar."""
    if size <= 120:
        return _Effort((2, 1, 0), _Look(4, 2), 2, _Look(6, 4, True))
    if size <= 400:
        return _Effort((2, 1, 0), _Look(4, 1), 2, _Look(6, 4, True))
    if size <= 1200:
        return _Effort((2, 1), _Look(3, 0), 1, _Look(5, 2))
    if size <= 8000:
        return _Effort((2, 1), _Look(4, 0), 1, _Look(6, 3))
    return _Effort((2, 1), _Look(2, 0), 1, _Look(2, 1))


def ordered(proper: Proper, anchors: Mapping[str, int]) -> Ordered:
    """Return the order of a proper graph; `anchors` are by the names of vertices."""
    known = [anchors.get(name) for name in proper.names]
    effort = _effort(proper.size)
    if any(height is not None for height in known):
        heights = _estimated(proper, known)
        return _Sweeping(proper, [h is not None for h in known]).best(heights, effort.then)
    is_fixed = [False] * proper.size
    starts = [_depth_first(proper, start) for start in effort.starts]
    if proper.group_names:
        # Where groups belong is seen best before they bind.
        loose = _Sweeping(proper, is_fixed, has_groups=False)
        starts = [loose.heights_of(loose.best(h, effort.then).order) for h in starts]
    sweeping = _Sweeping(proper, is_fixed)
    found = sorted((sweeping.best(h, effort.first) for h in starts), key=_crossings)
    kept = [sweeping.heights_of(one.order) for one in found[: effort.kept]]
    better = [(sweeping.best(heights, effort.then), heights) for heights in kept]
    best, heights = min(better, key=lambda pair: pair[0].crossings)
    best = min(best, found[0], key=_crossings)
    return sweeping.regrouped(best, heights, effort) if effort.then.is_close else best


def _crossings(found: Ordered) -> int:
    return found.crossings


class _Sweeping:
    """The order of one proper graph while it gets better."""

    def __init__(self, proper: Proper, is_fixed: list[bool], has_groups: bool = True) -> None:
        self.proper = proper
        self.is_fixed = is_fixed
        self.groups = proper.groups if has_groups else [FREE] * proper.size
        self.is_bound = [
            any(is_fixed[v] or self.groups[v] != FREE for v in layer) for layer in proper.layers
        ]
        self.is_settled = [all(is_fixed[v] for v in layer) for layer in proper.layers]
        self.places: Places = [0.0] * len(proper.owners)
        self.columns: dict[int, list[tuple[int, float]]] = {}
        for pin in range(proper.size, len(proper.owners)):
            owner = proper.owners[pin]
            share = 0.4 * proper.offsets[pin] / (proper.height(owner) // 2)
            self.columns.setdefault(owner, []).append((pin, share))

    def regrouped(self, best: Ordered, heights: Sequence[float], effort: _Effort) -> Ordered:
        """Return the best order after trying to swap groups that stand above each other."""
        means = self._means(heights)
        ranked = sorted(means, key=lambda group: (means[group], group))
        is_better = False
        for place in (*range(1, len(ranked)), *range(len(ranked) - 1, 0, -1)):
            one, other = ranked[place - 1 : place + 1]
            spans = self.proper.spans[one], self.proper.spans[other]
            if spans[0].last < spans[1].first or spans[1].last < spans[0].first:
                continue
            trial = {**means, one: means[other], other: means[one]}
            found = self.best(heights, effort.first, trial)
            if found.crossings < best.crossings:
                best, means, is_better = found, trial, True
                ranked[place - 1 : place + 1] = other, one
        if not is_better:
            return best
        again = self.best(self.heights_of(best.order), effort.then, means)
        return min(best, again, key=_crossings)

    def best(
        self, heights: Sequence[float], look: _Look, means: Mapping[int, float] | None = None
    ) -> Ordered:
        """Return the best order that sweeps find from a start given by heights.

        Groups stand in the order of their means, which are those of the heights as a rule.
        """
        order = self._start(heights, means or self._means(heights))
        best = Ordered(_copied(order), self._count(order))
        in_vain = 0
        for turn in range(look.sweeps):
            if not best.crossings or in_vain == 4:
                break
            self._sweep(order, turn)
            if look.is_close:
                self._swap(order, 2)
            count = self._count(order)
            in_vain += 1
            if count < best.crossings:
                best, in_vain = Ordered(_copied(order), count), 0
        if not best.crossings or not look.swaps:
            return best
        order = _copied(best.order)
        for index, layer in enumerate(order):
            self._put(index, layer, order)
        self._swap(order, look.swaps)
        return Ordered(order, self._count(order))

    def heights_of(self, order: Order) -> list[float]:
        """Return how far down each vertex stands, as a share of its layer."""
        heights = [0.0] * self.proper.size
        for layer in order:
            for place, vertex in enumerate(layer):
                heights[vertex] = (place + 0.5) / len(layer)
        return heights

    def _means(self, heights: Sequence[float]) -> dict[int, float]:
        """Return where each group stands: what is fixed in it decides, where there is any."""
        found: dict[tuple[int, bool], list[float]] = {}
        for group, height, is_fixed in zip(self.groups, heights, self.is_fixed, strict=True):
            if group != FREE:
                found.setdefault((group, is_fixed), []).append(height)
        # What is fixed comes later in the order of the keys, and so has the last word.
        return {group: fmean(found[group, is_fixed]) for group, is_fixed in sorted(found)}

    def _start(self, heights: Sequence[float], means: Mapping[int, float]) -> Order:
        """Return the order by height, each group standing at its mean."""

        def place(vertex: int) -> tuple[float, int, float, int]:
            group = self.groups[vertex]
            outer = heights[vertex] if group == FREE else means[group]
            return outer, group, heights[vertex], vertex

        order: Order = [[] for _ in self.proper.layers]
        for index, layer in enumerate(self.proper.layers):
            self._put(index, sorted(layer, key=place), order)
        return order

    def _put(self, index: int, layer: list[int], order: Order) -> None:
        order[index] = layer
        places = self.places
        for place, vertex in enumerate(layer):
            places[vertex] = place
        if self.columns:
            for place, vertex in enumerate(layer):
                for pin, share in self.columns.get(vertex, ()):
                    places[pin] = place + share

    def _count(self, order: Order) -> int:
        return crossings(order, self.proper.down, self.places)

    def _sweep(self, order: Order, turn: int) -> None:
        """Sort each layer by its neighbours on one side, to the right in even turns."""
        last = len(order) - 1
        indices = range(1, last + 1) if turn % 2 == 0 else range(last - 1, -1, -1)
        pins = self.proper.up if turn % 2 == 0 else self.proper.down
        for index in indices:
            layer = order[index]
            if self.is_settled[index]:
                continue
            keys = _medians(layer, pins, self.places)
            if self.is_bound[index]:
                found = self._bound(layer, keys)
            else:
                found = [layer[i] for i in sorted(range(len(layer)), key=keys.__getitem__)]
            self._put(index, found, order)

    def _bound(self, layer: list[int], keys: list[float]) -> list[int]:
        """Return a layer sorted by key as far as groups and what is fixed allow."""
        bundles: dict[int, list[tuple[float, int]]] = {}
        for vertex, key in zip(layer, keys, strict=True):
            group = self.groups[vertex]
            # What is free is a bundle of its own, under a number that no group has.
            bundles.setdefault(group if group != FREE else -2 - vertex, []).append((key, vertex))
        spine: list[tuple[float, list[int]]] = []
        loose: list[tuple[float, list[int]]] = []
        for name, found in bundles.items():
            key = fmean(key for key, _ in found)
            if name <= FREE and not self.is_fixed[found[0][1]]:
                loose.append((key, [found[0][1]]))
            else:
                spine.append((key, self._within(found)))
        return [vertex for members in _merged(spine, loose) for vertex in members]

    def _within(self, members: list[tuple[float, int]]) -> list[int]:
        fixed = [(key, [v]) for key, v in members if self.is_fixed[v]]
        loose = [(key, [v]) for key, v in members if not self.is_fixed[v]]
        return [vertex for found in _merged(fixed, loose) for vertex in found]

    def _swap(self, order: Order, most: int) -> None:
        sides = (self.proper.up, self.proper.down)
        waiting = set(range(len(order)))
        for _ in range(most):
            changed: set[int] = set()
            for index in sorted(waiting):
                if swapped(order[index], sides, self.places, self._may_swap):
                    self._put(index, order[index], order)
                    changed.add(index)
            waiting = {near for index in changed for near in (index - 1, index, index + 1)}
            waiting &= set(range(len(order)))

    def _may_swap(self, one: int, other: int) -> bool:
        is_fixed = self.is_fixed[one] and self.is_fixed[other]
        return not is_fixed and self.groups[one] == self.groups[other]


def _copied(order: Order) -> Order:
    return [[*layer] for layer in order]


def _merged(
    spine: list[tuple[float, list[int]]], loose: list[tuple[float, list[int]]]
) -> list[list[int]]:
    """Return what is loose put among what keeps its order, where the keys say."""
    keys = isotonic([key for key, _ in spine], [1.0] * len(spine))
    bound = [(key, members) for key, (_, members) in zip(keys, spine, strict=True)]
    return [members for _, members in sorted([*bound, *loose], key=lambda found: found[0])]


def _medians(layer: list[int], pins: Sequence[Sequence[int]], places: Places) -> list[float]:
    """Return the median place of what each vertex is joined to on one side.

    Of an even number it leans to where they stand closer together. What is joined to nothing there
    stays with the vertex above it.
    """
    keys: list[float] = []
    last = -1.0
    for vertex in layer:
        joined = pins[vertex]
        count = len(joined)
        if count == 1:
            last = places[joined[0]]
        elif count == 2:
            last = (places[joined[0]] + places[joined[1]]) / 2
        elif count:
            found = sorted([places[pin] for pin in joined])
            middle = count // 2
            last = found[middle]
            if count % 2 == 0:
                above, below = found[middle - 1] - found[0], found[-1] - found[middle]
                if above + below:
                    last = (found[middle - 1] * below + found[middle] * above) / (above + below)
                else:
                    last = (found[middle - 1] + found[middle]) / 2
        keys.append(last)
    return keys


def _depth_first(proper: Proper, start: int) -> list[float]:
    """Return a height for each vertex: its turn in a walk that goes deep before it goes wide.

    The starts differ in the end that the walk begins at, and in which side it follows first.
    """
    ahead, behind = (proper.up, proper.down) if start == 1 else (proper.down, proper.up)
    layers = proper.layers[::-1] if start == 1 else proper.layers
    turns = [-1.0] * proper.size
    turn = 0
    for layer in layers:
        for root in layer:
            stack = [root]
            while stack:
                vertex = stack.pop()
                if turns[vertex] >= 0:
                    continue
                turns[vertex] = turn
                turn += 1
                if start < 2:
                    stack += [proper.owners[pin] for pin in reversed(behind[vertex])]
                stack += [proper.owners[pin] for pin in reversed(ahead[vertex])]
    return turns


def _estimated(proper: Proper, known: Sequence[int | None]) -> list[float]:
    """Return the known heights, and for what is new the mean of those that it is joined to."""
    heights = [float("nan") if height is None else float(height) for height in known]
    lowest = max(height for height in known if height is not None) + 1.0
    new = [vertex for vertex, height in enumerate(known) if height is None]
    while new:
        found: dict[int, float] = {}
        for vertex in new:
            joined = [proper.owners[p] for p in (*proper.up[vertex], *proper.down[vertex])]
            near = [heights[v] for v in joined if heights[v] == heights[v]]
            if near:
                found[vertex] = fmean(near)
        for vertex in new if not found else found:
            heights[vertex] = found.get(vertex, lowest)
        new = [vertex for vertex in new if heights[vertex] != heights[vertex]]
    return heights
