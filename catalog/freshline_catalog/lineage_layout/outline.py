"""The outline of a graph, for texts that other tools draw: boxes, nodes in none, and arrows."""

from typing import NamedTuple

from freshline_catalog.lineage_layout.graph import Graph, Line, Node
from freshline_catalog.lineage_layout.quotient import quotient


class Outline(NamedTuple):
    """What is drawn, each part sorted; of two nodes there is one arrow, the most direct."""

    nodes: tuple[Node, ...]
    boxes: tuple[tuple[str, tuple[Node, ...]], ...]
    loose: tuple[Node, ...]
    arrows: tuple[tuple[str, str, Line], ...]


def outline(graph: Graph) -> Outline:
    """Return the outline of a graph; ValueError where an edge has an end that is no node."""
    drawn = quotient(graph)
    boxes: dict[str, list[Node]] = {}
    loose: list[Node] = []
    for node in drawn.nodes:
        is_boxed = drawn.boxes and node.group and not node.members
        (boxes.setdefault(node.group, []) if is_boxed else loose).append(node)
    ranks = [*Line]
    arrows: dict[tuple[str, str], Line] = {}
    for edge in drawn.edges:
        known = arrows.get((edge.upstream, edge.downstream), edge.line)
        arrows[edge.upstream, edge.downstream] = min(known, edge.line, key=ranks.index)
    return Outline(
        nodes=drawn.nodes,
        boxes=tuple((group, tuple(boxes[group])) for group in sorted(boxes)),
        loose=tuple(loose),
        arrows=tuple((u, d, arrows[u, d]) for u, d in sorted(arrows)),
    )
