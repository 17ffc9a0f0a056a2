"""The proper graph: long edges get a lane in every layer that they pass, so edges join neighbours.

Its vertices are numbers: first the nodes, then the lanes, then what keeps a box closed where a
group has nothing in a layer. A *pin* is what an edge is fastened to: that of a vertex has its
number, and the columns of a node have pins of their own after all vertices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import NamedTuple

from freshline_catalog.lineage_layout.graph import Edge, Graph, Node
from freshline_catalog.lineage_layout.layers import layering_of_groups

FREE = -1  # the group of what stands in no box
_ABREAST = 3  # of what is joined to nothing, so many stand below each other for one beside


class Span(NamedTuple):
    """The layers of a box, both included."""

    first: int
    last: int


class Strand(NamedTuple):
    """An edge on its way from left to right: its pins, with lanes between the first and the last.

    One that `returns` leads from the last to the first.
    """

    edge: Edge
    pins: tuple[int, ...]
    returns: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proper:
    """A graph whose edges join neighbouring layers.

    `up` and `down` give for each vertex the pins that it is joined to; `owners` and `offsets` give
    for each pin its vertex, and how far below the middle of it the pin is.
    """

    nodes: tuple[Node, ...]
    layers: list[list[int]]
    layer_of: list[int]
    up: list[list[int]]
    down: list[list[int]]
    groups: list[int]
    group_names: tuple[str, ...]
    spans: tuple[Span, ...]
    names: list[str]
    owners: list[int]
    offsets: list[int]
    pull_up: list[int]
    pull_down: list[int]
    strands: list[Strand]

    @property
    def size(self) -> int:
        """The number of vertices."""
        return len(self.up)

    def height(self, vertex: int) -> int:
        """Return the height of a vertex; only nodes have one."""
        return self.nodes[vertex].height if vertex < len(self.nodes) else 0


class _Building:
    """A proper graph that grows; everything is appended in an order given by the keys."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self.number = {node.key: number for number, node in enumerate(graph.nodes)}
        up, down = _neighbours(graph.edges, self.number)
        names = {box_of(node) for node in graph.nodes if graph.boxes} - {""}
        self.group_names = tuple(sorted(names))
        group_number = {name: number for number, name in enumerate(self.group_names)}
        self.groups = [group_number.get(box_of(node), FREE) for node in graph.nodes]
        self.layer_of, self.places = layering_of_groups(up, down, self.groups)
        self._spread([n for n in range(len(up)) if not up[n] and not down[n]])
        self.spans = self._spans()
        self.names = [node.key for node in graph.nodes]
        self.links: list[tuple[int, int]] = []  # of pins; one of a column is below zero until last
        self.columns: list[tuple[int, str]] = []
        self.column_number: dict[tuple[int, str], int] = {}
        self.lanes: dict[tuple[int, str, int], list[int]] = {}
        self.strands = [self._strand(edge) for edge in graph.edges]
        self._close_boxes()

    def _spread(self, alone: list[int]) -> None:
        """Spread nodes of a group that are joined to nothing over the layers of the group."""
        joined: dict[int, list[int]] = {}
        lonely = set(alone)
        for node, group in enumerate(self.groups):
            if node not in lonely:
                joined.setdefault(group, []).append(self.layer_of[node])
        by_group: dict[int, list[int]] = {}
        for node in alone:
            by_group.setdefault(self.groups[node], []).append(node)
        for group, nodes in by_group.items():
            layers = joined.get(group) or [0, isqrt(len(nodes) // _ABREAST)]
            first, count = min(layers), max(layers) - min(layers) + 1
            for turn, node in enumerate(nodes):
                self.layer_of[node] = first + turn % count

    def _spans(self) -> tuple[Span, ...]:
        members: list[list[int]] = [[] for _ in self.group_names]
        for node, group in enumerate(self.groups):
            if group != FREE:
                members[group].append(self.layer_of[node])
        return tuple(Span(min(layers), max(layers)) for layers in members)

    def _pin(self, node: int, column: str) -> int:
        if not column or column not in self.nodes[node].columns:
            return node
        place = (node, column)
        if place not in self.column_number:
            self.column_number[place] = len(self.columns)
            self.columns.append(place)
        return -1 - self.column_number[place]

    def _strand(self, edge: Edge) -> Strand:
        start, end = self.number[edge.upstream], self.number[edge.downstream]
        first, last = self._pin(start, edge.from_column), self._pin(end, edge.to_column)
        returns = self.places[start] > self.places[end]
        if returns:
            start, end, first, last = end, start, last, first
        lanes = self._lanes_of(start, end, first, f"{edge.line}{'<' if returns else ''}")
        pins = (first, *lanes, last)
        self.links.append((pins[-2], last))
        return Strand(edge, pins, returns)

    def _lanes_of(self, start: int, end: int, first: int, line: str) -> list[int]:
        """Return the lanes from one node to another; edges of one pin and line share them."""
        left, right = self.layer_of[start], self.layer_of[end]
        if right - left < 2:
            return []
        source, target = self.groups[start], self.groups[end]
        # Those that end in a box keep to themselves, as their lanes may lie in it.
        trunk = self.lanes.setdefault((first, line, target), [])
        for layer in range(left + 1 + len(trunk), right):
            group = FREE
            if source != FREE and layer <= self.spans[source].last:
                group = source
            elif target != FREE and layer >= self.spans[target].first:
                group = target
            column = self.columns[-1 - first][1] if first < 0 else ""
            box = self.group_names[target] if target != FREE else ""
            name = "\n".join((self.nodes[start].key, column, line, box, str(layer - left)))
            self.links.append((trunk[-1] if trunk else first, self._vertex(name, layer, group)))
            trunk.append(len(self.names) - 1)
        return trunk[: right - left - 1]

    def _vertex(self, name: str, layer: int, group: int) -> int:
        self.names.append(name)
        self.layer_of.append(layer)
        self.groups.append(group)
        return len(self.names) - 1

    def _close_boxes(self) -> None:
        held = set(zip(self.groups, self.layer_of, strict=True))
        for group, span in enumerate(self.spans):
            for layer in range(span.first, span.last + 1):
                if (group, layer) not in held:
                    self._vertex(f"\n{self.group_names[group]}\n{layer - span.first}", layer, group)

    def finished(self) -> Proper:
        """Return the proper graph, its columns' pins now numbered after all vertices."""
        size = len(self.names)
        owners = [*range(size), *(node for node, _ in self.columns)]
        offsets = [0] * size
        offsets += [self.nodes[node].port(column) for node, column in self.columns]
        up: list[list[int]] = [[] for _ in range(size)]
        down: list[list[int]] = [[] for _ in range(size)]
        pull_up, pull_down = [0] * size, [0] * size
        for start, end in self.links:
            left = start if start >= 0 else size - 1 - start
            right = end if end >= 0 else size - 1 - end
            down[owners[left]].append(right)
            up[owners[right]].append(left)
            pull_down[owners[left]] += offsets[left]
            pull_up[owners[right]] += offsets[right]
        layers: list[list[int]] = [[] for _ in range(max(self.layer_of, default=-1) + 1)]
        for vertex, layer in enumerate(self.layer_of):
            layers[layer].append(vertex)
        strands = [
            strand._replace(pins=tuple(p if p >= 0 else size - 1 - p for p in strand.pins))
            for strand in self.strands
        ]
        return Proper(
            nodes=self.nodes,
            layers=layers,
            layer_of=self.layer_of,
            up=up,
            down=down,
            groups=self.groups,
            group_names=self.group_names,
            spans=self.spans,
            names=self.names,
            owners=owners,
            offsets=offsets,
            pull_up=pull_up,
            pull_down=pull_down,
            strands=strands,
        )


def proper(graph: Graph) -> Proper:
    """Return the proper graph of one whose nodes and edges are sorted by key."""
    return _Building(graph).finished()


def box_of(node: Node) -> str:
    """Return the group whose box a node stands in; a closed group stands in none."""
    return "" if node.members else node.group


def _neighbours(
    edges: Sequence[Edge], number: dict[str, int]
) -> tuple[list[list[int]], list[list[int]]]:
    """Return for each node those that it reads and those that read it, each once."""
    up: list[list[int]] = [[] for _ in number]
    down: list[list[int]] = [[] for _ in number]
    last = None
    for edge in edges:
        pair = (number[edge.upstream], number[edge.downstream])
        if pair != last:  # they are sorted, so that columns of the same two follow each other
            down[pair[0]].append(pair[1])
            up[pair[1]].append(pair[0])
        last = pair
    return up, down
