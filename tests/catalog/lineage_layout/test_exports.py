"""Exports: Mermaid, DOT and positions say what the picture says."""

import json
import os
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.lineage_layout.graphs import chain, graphs, shop, unhurried
from tests.catalog.lineage_layout.pictures import DRAWING

from freshline_catalog.lineage_layout.dot import dot
from freshline_catalog.lineage_layout.drawing import Drawing, Face
from freshline_catalog.lineage_layout.graph import Edge, Graph, Line, Node
from freshline_catalog.lineage_layout.layout import layout
from freshline_catalog.lineage_layout.mermaid import mermaid
from freshline_catalog.lineage_layout.positions import positions

GOLDEN = Path(__file__).parent / "golden"
IN_BOXES = shop(boxes=True, closed=frozenset({"raw"}))
GOLDENS = {
    "shop.mmd": mermaid(shop(), DRAWING),
    "shop-in-boxes.mmd": mermaid(IN_BOXES, DRAWING),
    "shop.dot": dot(shop(), DRAWING),
    "shop-in-boxes.dot": dot(IN_BOXES, DRAWING),
}
HOSTILE = st.text(alphabet='a"\\\n\r;]}>-#&<|`\u202e\x00', max_size=12) | st.text(max_size=12)


@pytest.mark.parametrize("name", GOLDENS)
def test_an_export_reads_as_expected(name: str) -> None:
    """FRESHLINE_UPDATE_GOLDEN=1 writes the files anew; the difference is then reviewed."""
    if os.environ.get("FRESHLINE_UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(GOLDENS[name], encoding="utf-8")
    assert GOLDENS[name] == (GOLDEN / name).read_text(encoding="utf-8")


@unhurried
@given(HOSTILE, HOSTILE)
def test_no_text_ends_its_line_or_its_quotes_in_mermaid(label: str, words: str) -> None:
    graph = Graph(nodes=(Node(key="a"), Node(key="b")), edges=chain("a", "b"))
    told = mermaid(graph, Drawing(faces={"a": Face(label=f"a{label}", words=words)}))
    first, node, other, arrow = told.splitlines()
    assert (first, other, arrow) == ("graph LR", '  n1["b"]', "  n0 --> n1")
    inside = node.removeprefix('  n0["').removesuffix('"]').replace("<br/>", "", 1)
    assert not set('"<>;[]{}|`\\&') & set(re.sub(r"#\d+;", "", inside))


@unhurried
@given(HOSTILE, HOSTILE)
def test_no_text_ends_its_line_or_its_quotes_in_dot(label: str, words: str) -> None:
    graph = Graph(nodes=(Node(key="a"), Node(key=f"b{label}")), edges=chain("a", f"b{label}"))
    told = dot(graph, Drawing(faces={"a": Face(label=f"a{label}", words=words)}))
    lines = told.splitlines()
    assert len(lines) == 7
    quoted = r'"(?:[^"\\]|\\.)*"'
    assert re.fullmatch(rf'  "a" \[label={quoted}\];', lines[3])
    assert re.fullmatch(rf'  "a" -> {quoted};', lines[5])


def test_two_columns_are_one_arrow_the_most_direct() -> None:
    nodes = (Node(key="a", columns=("x", "y")), Node(key="b", columns=("x",)))
    edges = tuple(
        Edge(upstream="a", downstream="b", from_column=column, to_column="x", line=line)
        for column, line in (("x", Line.INDIRECT), ("y", Line.DIRECT))
    )
    graph = Graph(nodes=nodes, edges=edges)
    assert '  "a" -> "b";' in dot(graph, Drawing()).splitlines()
    assert "  n0 --> n1" in mermaid(graph, Drawing()).splitlines()


@unhurried
@given(graphs())
def test_routes_can_be_drawn_from_positions_alone(graph: Graph) -> None:
    found = layout(graph)
    told = json.loads(positions(found))
    layers: list[tuple[int, int]] = told["layers"]
    triples: list[list[int]] = [
        told["places"][at : at + 3] for at in range(0, len(told["places"]), 3)
    ]
    assert [place.node.key for place in found.places] == told["keys"]
    assert [(p.layer, p.y, p.node.height) for p in found.places] == [tuple(t) for t in triples]
    assert all(place.x == layers[place.layer][0] for place in found.places)
    edges: list[list[int]] = told["edges"]
    for route, edge in zip(found.routes, edges, strict=True):
        start, end, *levels = edge
        assert (told["keys"][start], told["keys"][end]) == (
            route.edge.upstream,
            route.edge.downstream,
        )
        step = -1 if route.returns else 1
        first = triples[start][0] + step
        passed = [layers[first + step * index] for index in range(len(levels))]
        points = [
            point
            for (x, width), level in zip(passed, levels, strict=True)
            for point in ((x, level), (x + width, level))[::step]
        ]
        assert tuple(points) == route.points[1:-1]
        assert first + step * len(levels) == triples[end][0]


def test_positions_of_columns_have_the_levels_of_their_ends() -> None:
    nodes = (Node(key="a", columns=("x",)), Node(key="b"))
    edge = Edge(upstream="a", downstream="b", from_column="x")
    found = layout(Graph(nodes=nodes, edges=(edge,)))
    told = json.loads(positions(found))
    assert told["ports"] == [[found.routes[0].points[0][1], found.routes[0].points[-1][1]]]
    assert json.loads(positions(layout(shop())))["ports"] == []


def test_positions_are_compact() -> None:
    keys = [f"k{number}" for number in range(100)]
    graph = Graph(
        nodes=tuple(Node(key=key) for key in keys),
        edges=tuple(Edge(upstream=u, downstream=d) for u, d in pairwise(keys)),
    )
    assert len(positions(layout(graph))) < 50 * len(keys)
