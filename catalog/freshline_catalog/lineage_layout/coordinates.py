"""How far down each vertex stands: near the mean of what it is joined to, in its order.

Sweeps to the right and back move each layer to where the layer beside it wants it. What a layer
cannot have all at once is settled by isotonic regression, in which the lanes of long edges weigh
more than nodes, so that long edges run straight.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from math import fsum

from freshline_catalog.lineage_layout.crossings import Order
from freshline_catalog.lineage_layout.isotonic import isotonic
from freshline_catalog.lineage_layout.proper import Proper
from freshline_catalog.lineage_layout.spacing import distance

_LANE_WEIGHT = 3.0


def coordinates(proper: Proper, order: Order) -> list[int]:
    """Return for each vertex how far down its middle is, in whole pixels."""
    return _Settling(proper, order).settled()


def _sweeps(size: int) -> int:
    """Return how often to sweep there and back; fewer where there is much to move."""
    if size <= 400:
        return 4
    return 3 if size <= 8000 else 2


class _Settling:
    """The coordinates of one ordered graph while they settle."""

    def __init__(self, proper: Proper, order: Order) -> None:
        self.proper = proper
        self.order = order
        count = len(proper.nodes)
        self.weights = [
            [
                _LANE_WEIGHT
                if v >= count
                else 1.0 + 0.25 * (len(proper.up[v]) + len(proper.down[v]))
                for v in layer
            ]
            for layer in order
        ]
        self.starts = [
            [0, *accumulate(distance(proper, upper, lower) for upper, lower in pairwise(layer))]
            for layer in order
        ]
        self.heights = [0.0] * len(proper.owners)
        self.is_plain = len(proper.owners) == proper.size
        self.pins: dict[int, list[int]] = {}
        for pin in range(proper.size, len(proper.owners)):
            self.pins.setdefault(proper.owners[pin], []).append(pin)

    def settled(self) -> list[int]:
        """Return the coordinates after some sweeps."""
        for index, starts in enumerate(self.starts):
            half = starts[-1] / 2 if starts else 0.0
            self._put(index, [start - half for start in starts])
        last = len(self.order)
        right, left = range(1, last), range(last - 2, -1, -1)
        up, down = (self.proper.up, self.proper.pull_up), (self.proper.down, self.proper.pull_down)
        for _ in range(_sweeps(self.proper.size)):
            self._sweep(right, *up)
            self._sweep(left, *down)
        joined = [[*above, *below] for above, below in zip(up[0], down[0], strict=True)]
        pulls = [above + below for above, below in zip(up[1], down[1], strict=True)]
        self._sweep(range(last), joined, pulls)
        self._sweep(range(last - 1, -1, -1), joined, pulls)
        return self._whole()

    def _sweep(self, indices: Iterable[int], joined: list[list[int]], pulls: list[int]) -> None:
        """Move layers to where the pins that they are joined to want them, on average."""
        heights = self.heights
        for index in indices:
            starts = self.starts[index]
            wanted: list[float] = []
            for vertex, start in zip(self.order[index], starts, strict=True):
                pins = joined[vertex]
                count = len(pins)
                if count == 1:
                    wanted.append(heights[pins[0]] - pulls[vertex] - start)
                elif count:
                    # The built-in sum rounds otherwise from one Python to the next.
                    total = fsum([heights[pin] for pin in pins])
                    wanted.append((total - pulls[vertex]) / count - start)
                else:
                    wanted.append(heights[vertex] - start)
            found = isotonic(wanted, self.weights[index])
            self._put(index, [z + s for z, s in zip(found, starts, strict=True)])

    def _put(self, index: int, found: Sequence[float]) -> None:
        heights = self.heights
        for vertex, height in zip(self.order[index], found, strict=True):
            heights[vertex] = height
        if not self.is_plain:
            for vertex in self.order[index]:
                for pin in self.pins.get(vertex, ()):
                    heights[pin] = heights[vertex] + self.proper.offsets[pin]

    def _whole(self) -> list[int]:
        """Return the coordinates rounded; what stands apart enough stays so."""
        whole = [0] * self.proper.size
        for layer, starts in zip(self.order, self.starts, strict=True):
            least: int | None = None
            for vertex, start in zip(layer, starts, strict=True):
                found = round(self.heights[vertex] - start)
                least = found if least is None or found > least else least
                whole[vertex] = least + start
        return whole
