"""The layout of a lineage graph: where its nodes, edges and boxes are, from left to right."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt
from typing import NamedTuple

from freshline_catalog.lineage_layout.alignment import aligned
from freshline_catalog.lineage_layout.coordinates import coordinates
from freshline_catalog.lineage_layout.graph import Edge, Graph, Node
from freshline_catalog.lineage_layout.ordering import ordered
from freshline_catalog.lineage_layout.proper import FREE, Proper, Strand, box_of, proper
from freshline_catalog.lineage_layout.quotient import quotient
from freshline_catalog.lineage_layout.room import roomy
from freshline_catalog.lineage_layout.spacing import (
    BETWEEN_NODES,
    BOX_HEAD,
    BOX_PADDING,
    MARGIN,
    above,
)

_GAP = 72  # between layers, and more where an edge has far to rise
_GAP_STEP, _RISE_STEP, _GAP_STEPS = 16, 220, 4
_ABREAST = 3


class Place(NamedTuple):
    """A node and the upper left corner of its rectangle."""

    node: Node
    layer: int
    x: int
    y: int


class Layer(NamedTuple):
    """The left edge of a layer, and its width."""

    x: int
    width: int


class Route(NamedTuple):
    """An edge and the points it passes: it curves from the first to the second, runs level to the
    third, curves to the fourth, and so on.

    One that returns comes from a circle, which only closed groups can make: it runs to the left.
    """

    edge: Edge
    points: tuple[tuple[int, int], ...]
    returns: bool


class Box(NamedTuple):
    """A group drawn around its nodes."""

    group: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything is, in whole pixels; places are in topological order.

    `anchors` are what the next layout takes as `previous`, so that the picture does not jump.
    """

    places: tuple[Place, ...]
    routes: tuple[Route, ...]
    boxes: tuple[Box, ...]
    layers: tuple[Layer, ...]
    width: int
    height: int
    crossings: int
    anchors: Mapping[str, int]


def layout(graph: Graph, previous: Mapping[str, int] | None = None) -> Layout:
    """Return the layout of a graph, which hangs on nothing but the two arguments.

    With the anchors of a layout before, nodes of one layer that were in one layer there keep their
    order. Raise ValueError where two nodes have one key or an edge has an end that is no node.
    """
    drawn = quotient(graph)
    joined = {key for edge in drawn.edges for key in (edge.upstream, edge.downstream)}
    apart = [n for n in drawn.nodes if n.key not in joined and not (box_of(n) and drawn.boxes)]
    aside = {node.key for node in apart}
    together = Graph(
        nodes=tuple(node for node in drawn.nodes if node.key not in aside),
        edges=drawn.edges,
        boxes=drawn.boxes,
    )
    found = proper(together)
    order, count = ordered(found, previous or {})
    wanted = coordinates(found, order)
    heights = roomy(found, order, aligned(found, order, wanted), wanted)
    return _Placing(found, order, heights).placed(apart, count)


class _Placing:
    """The geometry of one graph whose order and heights are known."""

    def __init__(self, found: Proper, order: list[list[int]], heights: list[int]) -> None:
        self.proper = found
        nodes = found.nodes
        tops = [
            height - found.height(vertex) // 2 - above(found.groups[vertex])
            for vertex, height in enumerate(heights)
        ]
        up = MARGIN - min(tops, default=MARGIN)
        self.heights = [height + up for height in heights]
        self.widths = [
            max((nodes[v].width for v in layer if v < len(nodes)), default=0) for layer in order
        ]
        self.lefts = self._columns(len(order))

    def _columns(self, count: int) -> list[int]:
        """Return the left edge of each layer; edges that rise far get more room to do so."""
        rises = [0] * count
        for strand in self.proper.strands:
            for left, right in pairwise(strand.pins):
                layer = self.proper.layer_of[self.proper.owners[left]]
                rises[layer] = max(rises[layer], abs(self._level(left) - self._level(right)))
        margin = MARGIN + (BOX_PADDING if self.proper.group_names else 0)
        lefts = [margin] * count
        for layer in range(1, count):
            steps = min(_GAP_STEPS, rises[layer - 1] // _RISE_STEP)
            gap = _GAP + _GAP_STEP * steps
            lefts[layer] = lefts[layer - 1] + self.widths[layer - 1] + gap
        return lefts

    def _level(self, pin: int) -> int:
        return self.heights[self.proper.owners[pin]] + self.proper.offsets[pin]

    def placed(self, apart: list[Node], count: int) -> Layout:
        """Return the layout, with nodes that stand apart in rows below the others."""
        nodes, layer_of = self.proper.nodes, self.proper.layer_of
        places = [
            Place(node, layer_of[v], self.lefts[layer_of[v]], self.heights[v] - node.height // 2)
            for v, node in enumerate(nodes)
        ]
        boxes = self._boxes(places)
        lanes = self.heights[len(nodes) :]
        bottom = max(
            (*(p.y + p.node.height for p in places), *(b.y + b.height for b in boxes), *lanes),
            default=0,
        )
        places += self._rows(apart, bottom + 2 * BETWEEN_NODES if places else MARGIN)
        places.sort(key=lambda place: (place.layer, place.y, place.node.key))
        margin = MARGIN + (BOX_PADDING if boxes else 0)
        anchors = dict(zip(self.proper.names, self.heights, strict=True))
        return Layout(
            places=tuple(places),
            routes=tuple(self._route(strand) for strand in self.proper.strands),
            boxes=boxes,
            layers=tuple(map(Layer, self.lefts, self.widths)),
            width=max((p.x + p.node.width for p in places), default=0) + margin,
            height=max((bottom, *(p.y + p.node.height for p in places))) + MARGIN,
            crossings=count,
            anchors=anchors,
        )

    def _rows(self, apart: list[Node], top: int) -> list[Place]:
        """Return places in rows below all else, where there are many in layers of their own."""
        if not apart:
            return []
        width = max(node.width for node in apart)
        columns = max(len(self.lefts), isqrt((len(apart) - 1) // _ABREAST) + 1)
        while len(self.lefts) < columns:
            lefts, widths = self.lefts, self.widths
            lefts.append(lefts[-1] + widths[-1] + _GAP if lefts else MARGIN)
            widths.append(width)
        places: list[Place] = []
        for start in range(0, len(apart), columns):
            row = apart[start : start + columns]
            places += [Place(node, layer, self.lefts[layer], top) for layer, node in enumerate(row)]
            top += max(node.height for node in row) + BETWEEN_NODES
        return places

    def _route(self, strand: Strand) -> Route:
        owners, layer_of = self.proper.owners, self.proper.layer_of
        first, *lanes, last = strand.pins
        start = owners[first]
        points = [
            (self.lefts[layer_of[start]] + self.proper.nodes[start].width, self._level(first))
        ]
        for lane in lanes:
            left, level = self.lefts[layer_of[lane]], self.heights[lane]
            points += [(left, level), (left + self.widths[layer_of[lane]], level)]
        points.append((self.lefts[layer_of[owners[last]]], self._level(last)))
        if strand.returns:
            points.reverse()
        return Route(strand.edge, tuple(points), strand.returns)

    def _boxes(self, places: list[Place]) -> tuple[Box, ...]:
        """Return the boxes around groups, and around the lanes that lie in them."""
        boxes: list[Box] = []
        members: list[list[int]] = [[] for _ in self.proper.group_names]
        for vertex, group in enumerate(self.proper.groups):
            if group != FREE:
                members[group].append(vertex)
        for name, span, found in zip(
            self.proper.group_names, self.proper.spans, members, strict=True
        ):
            halves = [(self.heights[v], self.proper.height(v) // 2) for v in found]
            top = min(height - half for height, half in halves) - BOX_HEAD
            bottom = max(height + half for height, half in halves) + BOX_PADDING
            left = self.lefts[span.first] - BOX_PADDING
            right = self.lefts[span.last] + self.widths[span.last] + BOX_PADDING
            boxes.append(Box(name, left, top, right - left, bottom - top))
        return tuple(boxes)
