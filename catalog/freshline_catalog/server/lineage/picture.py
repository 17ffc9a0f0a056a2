"""Pictures: the graph that is drawn, with its places, as facts that a template or a tool draws."""

from collections.abc import Mapping
from dataclasses import dataclass

from freshline_catalog.lineage_layout.graph import Edge, Graph, Line, Node
from freshline_catalog.lineage_layout.layout import Box, Layer, Layout, Place, Route
from freshline_catalog.server.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnNode:
    """An asset with its place, or a closed group: then `members` counts by the word they show.

    `columns` are those to list in it; `standing` is None of a group.
    """

    key: str
    group: str
    kind: str
    language: str
    is_files: bool
    columns: tuple[str, ...]
    standing: Standing | None
    built_at: float | None
    members: Mapping[str, int]
    layer: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnEdge:
    """An edge with the points that it passes; one that `returns` runs from right to left."""

    upstream: str
    downstream: str
    line: Line
    from_column: str
    to_column: str
    points: tuple[tuple[int, int], ...]
    returns: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBox:
    """An open group, drawn around its nodes."""

    group: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawn graph, from left to right, in pixels; nodes stand in topological order."""

    width: int
    height: int
    focus: tuple[str, ...]
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    boxes: tuple[DrawnBox, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a picture says of a node besides its place."""

    kind: str
    language: str = ""
    is_files: bool = False
    standing: Standing | None = None
    built_at: float | None = None
    members: Mapping[str, int] | None = None


def picture(layout: Layout, facts: Mapping[str, Facts], focus: frozenset[str]) -> Picture:
    """Return the picture of a layout; `facts` has every node that is in it."""
    return Picture(
        width=layout.width,
        height=layout.height,
        focus=tuple(sorted(focus & {place.node.key for place in layout.places})),
        nodes=tuple(_node(place, facts[place.node.key]) for place in layout.places),
        edges=tuple(_edge(route) for route in layout.routes),
        boxes=tuple(
            DrawnBox(group=box.group, x=box.x, y=box.y, width=box.width, height=box.height)
            for box in layout.boxes
        ),
    )


def layout_of(drawn: Picture) -> Layout:
    """Return the layout that a picture is of."""
    return Layout(
        places=tuple(Place(_bare(node), node.layer, node.x, node.y) for node in drawn.nodes),
        routes=tuple(Route(_bare_edge(edge), edge.points, edge.returns) for edge in drawn.edges),
        boxes=tuple(Box(box.group, box.x, box.y, box.width, box.height) for box in drawn.boxes),
        layers=_layers(drawn),
        width=drawn.width,
        height=drawn.height,
        crossings=0,
        anchors={},
    )


def graph_of(drawn: Picture) -> Graph:
    """Return the graph that a picture is of, with its closed groups as nodes."""
    return Graph(
        nodes=tuple(_bare(node) for node in drawn.nodes),
        edges=tuple(_bare_edge(edge) for edge in drawn.edges),
        boxes=bool(drawn.boxes),
    )


def _node(place: Place, facts: Facts) -> DrawnNode:
    node = place.node
    return DrawnNode(
        key=node.key,
        group=node.group,
        kind=facts.kind,
        language=facts.language,
        is_files=facts.is_files,
        columns=node.columns,
        standing=facts.standing,
        built_at=facts.built_at,
        members=facts.members or {},
        layer=place.layer,
        x=place.x,
        y=place.y,
        width=node.width,
        height=node.height,
    )


def _edge(route: Route) -> DrawnEdge:
    edge = route.edge
    return DrawnEdge(
        upstream=edge.upstream,
        downstream=edge.downstream,
        line=edge.line,
        from_column=edge.from_column,
        to_column=edge.to_column,
        points=route.points,
        returns=route.returns,
    )


def _bare(node: DrawnNode) -> Node:
    return Node(
        key=node.key,
        group=node.group,
        columns=tuple(map(_shown, node.columns)),
        width=node.width,
        members=sum(node.members.values()),
    )


def _bare_edge(edge: DrawnEdge) -> Edge:
    return Edge(
        upstream=edge.upstream,
        downstream=edge.downstream,
        line=edge.line,
        from_column=_shown(edge.from_column),
        to_column=_shown(edge.to_column),
    )


def _shown(column: str) -> str:
    """Return a column as people read it: `*` is which rows there are."""
    return "(rows)" if column == "*" else column


def _layers(drawn: Picture) -> tuple[Layer, ...]:
    widths: dict[int, Layer] = {}
    for node in drawn.nodes:
        known = widths.get(node.layer, Layer(node.x, 0))
        widths[node.layer] = Layer(known.x, max(known.width, node.width))
    return tuple(widths[layer] for layer in sorted(widths))
