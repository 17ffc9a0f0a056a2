"""The quotient of a graph by its closed groups: each becomes one node, and edges are merged."""

from collections import Counter

from freshline_catalog.lineage_layout.graph import Edge, Graph, Line, Node, group_key

_RANKS = [*Line]


def quotient(graph: Graph) -> Graph:
    """Return the graph that is drawn, in an order that hangs on nothing but its keys.

    Edges within a closed group go, edges that become the same are merged, and the most direct line
    among them is kept. Raise ValueError where two nodes have one key or an edge has an end that is
    no node.
    """
    nodes = {node.key: node for node in graph.nodes}
    if len(nodes) != len(graph.nodes):
        twice = next(key for key, n in Counter(n.key for n in graph.nodes).items() if n > 1)
        raise ValueError(f"two nodes have the key {twice!r}")
    counts = Counter(node.group for node in graph.nodes if node.group in graph.closed)
    closed = {
        group: Node(key=group_key(group), group=group, members=counts[group]) for group in counts
    }
    if shared := nodes.keys() & {node.key for node in closed.values()}:
        raise ValueError(f"a node has the key of a closed group: {min(shared)!r}")
    stands = {key: closed.get(node.group, node) for key, node in nodes.items()}
    merged: dict[tuple[str, str, str, str], Edge] = {}
    for edge in graph.edges:
        if edge.upstream not in stands or edge.downstream not in stands:
            raise ValueError(f"no node at an end of {edge.upstream!r} -> {edge.downstream!r}")
        seen = _between(edge, stands[edge.upstream], stands[edge.downstream])
        if seen.upstream == seen.downstream:
            continue
        place = (seen.upstream, seen.downstream, seen.from_column, seen.to_column)
        known = merged.get(place)
        merged[place] = seen if known is None else _stronger(known, seen)
    kept = [node for node in graph.nodes if node.group not in closed]
    return Graph(
        nodes=tuple(sorted((*kept, *closed.values()), key=lambda node: node.key)),
        edges=tuple(merged[place] for place in sorted(merged)),
        boxes=graph.boxes,
    )


def _between(edge: Edge, upstream: Node, downstream: Node) -> Edge:
    """Return the edge as it runs between the nodes that stand for its ends."""
    if upstream.key == edge.upstream and downstream.key == edge.downstream:
        return edge
    return Edge(
        upstream=upstream.key,
        downstream=downstream.key,
        line=edge.line,
        from_column="" if upstream.members else edge.from_column,
        to_column="" if downstream.members else edge.to_column,
        is_masked=edge.is_masked and not downstream.members,
    )


def _stronger(one: Edge, other: Edge) -> Edge:
    """Return the more direct of two edges between the same ends, the unmasked among equals."""
    return min(one, other, key=lambda edge: (_RANKS.index(edge.line), edge.is_masked))
