"""SVG: well-formed and safe whatever it is told, and readable without colours or a pointer."""

import os
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.lineage_layout.graphs import chain, graphs, shop, trace, unhurried
from tests.catalog.lineage_layout.pictures import DRAWING, plain_faces

from freshline_catalog.lineage_layout.drawing import ChipState, Drawing, Face, State
from freshline_catalog.lineage_layout.graph import Edge, Graph, Line, Node, group_key
from freshline_catalog.lineage_layout.layout import layout
from freshline_catalog.lineage_layout.lettering import plain
from freshline_catalog.lineage_layout.svg import standalone, svg

GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "g", "a", "rect", "path", "circle", "text", "title"}
HOSTILE = [
    "<script>alert(1)</script>",
    "\"' onload='alert(1)' x=\"",
    "]]> & &amp; <!-- --> <?x ?>",
    "a\x00b\x08c\x1bd\x7fe\x9f",
    "daily\u202egpj.exe\u2066\u200f",
    "\ud800 lone \ufffe\uffff",
    "line\nbreak\ttab\r",
    "表名がとても長いのでここでは真ん中で切られます",
    "e\u0301" * 60,
    "",
    " ",
]
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=40)


def root(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def classes(element: ElementTree.Element) -> list[str]:
    return element.get("class", "").split()


def text_of(element: ElementTree.Element, name: str) -> str:
    return next((t.text or "" for t in element.iter(f"{SVG}text") if name in classes(t)), "")


def nodes(picture: ElementTree.Element) -> list[ElementTree.Element]:
    return [element for element in picture.iter() if "node" in classes(element)]


def edges(picture: ElementTree.Element) -> list[ElementTree.Element]:
    return [element for element in picture.iter() if "edge" in classes(element)]


@unhurried
@given(graphs())
def test_any_graph_is_well_formed_and_has_neither_style_nor_script(graph: Graph) -> None:
    picture = root(svg(layout(graph), plain_faces(graph)))
    for element in picture.iter():
        assert element.tag.removeprefix(SVG) in ELEMENTS
        assert "style" not in element.attrib
        assert not any(name.startswith("on") for name in element.attrib)
    ids = [element.get("id") for element in picture.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


FACES = st.builds(
    Face,
    label=TEXTS,
    words=TEXTS,
    chip=TEXTS,
    title=TEXTS,
    link=TEXTS | TEXTS.map(lambda text: f"javascript:{text}"),
    state=st.sampled_from(State),
    chip_state=st.sampled_from(ChipState),
)


@unhurried
@given(TEXTS, TEXTS, FACES, FACES, TEXTS)
def test_nothing_that_is_told_becomes_markup(
    key: str, group: str, face: Face, box: Face, label: str
) -> None:
    node = Node(key=f"k{key}", group=group, columns=("c", key))
    edge = Edge(upstream="a", downstream=node.key, line=Line.INDIRECT, to_column=key)
    graph = Graph(nodes=(Node(key="a"), node), edges=(edge,))
    faces = {node.key: face, group_key(group): box}
    drawing = Drawing(label=label, faces=faces, focus=frozenset({node.key}))
    for text in (svg(layout(graph), drawing), standalone(layout(graph), drawing)):
        text.encode()
        picture = root(text)
        inside = {element.tag.removeprefix(SVG) for element in picture.iter()}
        assert inside <= ELEMENTS | {"style"}
        for element in picture.iter():
            assert not any(name.startswith("on") for name in element.attrib)
            href = re.sub(r"[\x00-\x20]", "", element.get("href", "")).lower()
            assert not href.startswith(("javascript:", "data:", "vbscript:"))
        assert picture.get("aria-label") == plain(label)


@pytest.mark.parametrize("key", [k for k in HOSTILE if k.isprintable()])
def test_a_key_is_read_back_from_the_picture_as_it_is(key: str) -> None:
    graph = Graph(nodes=(Node(key="a"), Node(key=key)), edges=chain("a", key))
    picture = root(svg(layout(graph), Drawing()))
    assert [node.get("data-key") for node in nodes(picture)] == ["a", key]
    assert [(e.get("data-from"), e.get("data-to")) for e in edges(picture)] == [("a", key)]


LINKS = {
    "/assets/marts.daily": True,
    "?closed=raw": True,
    "#top": True,
    "assets/x": True,
    "https://catalog.example/assets/x": True,
    "javascript:alert(1)": False,
    " java\tscript:alert(1)": False,
    "\x01JavaScript:alert(1)": False,
    "data:text/html,x": False,
    "vbscript:x": False,
}


@pytest.mark.parametrize(("link", "is_link"), LINKS.items(), ids=map(repr, LINKS))
def test_a_node_links_to_pages_alone(link: str, is_link: bool) -> None:
    graph = Graph(nodes=(Node(key="a"),))
    node = nodes(root(svg(layout(graph), Drawing(faces={"a": Face(link=link)}))))[0]
    assert node.tag == f"{SVG}{'a' if is_link else 'g'}"
    assert node.get("href") == (link if is_link else None)


@unhurried
@given(graphs(is_closing=False))
def test_nodes_are_links_in_topological_order(graph: Graph) -> None:
    found = nodes(root(svg(layout(graph), plain_faces(graph))))
    turn = {node.get("data-key"): turn for turn, node in enumerate(found)}
    assert turn.keys() == {node.key for node in graph.nodes}
    assert all(turn[edge.upstream] < turn[edge.downstream] for edge in graph.edges)
    assert all(node.tag == f"{SVG}a" and node.get("href") for node in found)


def test_the_name_of_a_link_is_the_text_that_it_shows() -> None:
    """An aria-label would have to say it all again, and could say something else."""
    for node in nodes(root(svg(layout(shop()), DRAWING))):
        assert "aria-label" not in node.attrib
        assert text_of(node, "name")
        title = next(node.iter(f"{SVG}title")).text or ""
        assert title.startswith(node.get("data-key", "?"))


def test_a_long_key_is_cut_in_its_middle_and_whole_in_the_title() -> None:
    key = "marts.customer_lifetime_value_by_region_and_month"
    graph = Graph(nodes=(Node(key=key),))
    node = nodes(root(svg(layout(graph), Drawing())))[0]
    name = text_of(node, "name")
    assert "…" in name
    begin, _, end = name.partition("…")
    assert key.startswith(begin) and key.endswith(end) and abs(len(begin) - len(end)) <= 1
    assert next(node.iter(f"{SVG}title")).text == key


def test_every_state_is_told_by_a_word_and_a_glyph_too() -> None:
    told: dict[str | None, tuple[str, str]] = {}
    for node in nodes(root(svg(layout(shop()), DRAWING))):
        told[node.get("data-key")] = (classes(node)[1], text_of(node, "words"))
    assert told["raw.orders"] == ("fresh", "● fresh, 2 h ago")
    assert told["staging.orders"][0] == "stale" and told["staging.orders"][1].startswith("◐ stale")
    assert told["core.paid_orders"] == ("failed", "✕ failed 07:12")
    assert told["marts.daily"] == ("none", "○ never built")


def test_the_focus_is_told_without_colour() -> None:
    current = [n for n in nodes(root(svg(layout(shop()), DRAWING))) if n.get("aria-current")]
    assert [node.get("data-key") for node in current] == ["marts.daily"]


def test_the_picture_is_a_group_with_a_name() -> None:
    picture = root(svg(layout(shop()), DRAWING))
    assert picture.get("role") == "group"
    assert picture.get("aria-label") == "Lineage around marts.daily"
    found = layout(shop())
    assert picture.get("viewBox") == f"0 0 {found.width} {found.height}"


def test_the_kinds_of_edges_have_classes() -> None:
    lines = {
        (e.get("data-from"), e.get("data-to")): classes(e)[1:]
        for e in edges(root(svg(layout(shop()), DRAWING)))
    }
    assert lines["raw.web_events", "reports.marketing"] == ["sensor"]
    assert lines["raw.orders", "staging.orders"] == []
    kinds = [classes(edge)[1:] for edge in edges(root(svg(layout(trace()), Drawing())))]
    assert kinds.count(["indirect"]) == 2 and kinds.count([]) == 5


def test_columns_are_rows_that_edges_name() -> None:
    picture = root(svg(layout(trace()), Drawing()))
    rows = [found for e in picture.iter() if (found := e.get("data-column"))]
    assert sorted(rows) == sorted(c for node in trace().nodes for c in node.columns)
    named = {(e.get("data-from-column"), e.get("data-to-column")) for e in edges(picture)}
    assert ("currency", "net") in named


def test_a_masked_column_says_so() -> None:
    graph = trace()
    masked = replace(graph, edges=(replace(graph.edges[0], is_masked=True), *graph.edges[1:]))
    picture = root(svg(layout(masked), Drawing()))
    rows = [e for e in picture.iter() if e.get("data-column") and text_of(e, "masked")]
    assert [row.get("data-column") for row in rows] == ["amount"]


def test_a_closed_group_says_how_many_it_stands_for() -> None:
    found = layout(shop(closed=frozenset({"raw"})))
    node = next(n for n in nodes(root(svg(found, DRAWING))) if "closed" in classes(n))
    assert (text_of(node, "name"), text_of(node, "words")) == ("▸ raw", "4 assets")


def test_a_box_has_a_head_that_can_close_it() -> None:
    picture = root(svg(layout(shop(boxes=True)), DRAWING))
    heads = {e.get("data-group"): e.find(f"{SVG}a") for e in picture.iter() if "box" in classes(e)}
    head = heads["staging"]
    assert head is not None and head.get("href") == "?closed=staging"
    assert text_of(head, "name") == "▾ staging"
    assert heads["raw"] is None


def test_groups_have_hues_of_their_own_and_keep_them_when_one_closes() -> None:
    def hues(graph: Graph) -> dict[str, str]:
        picture = root(svg(layout(graph), Drawing()))
        return {
            (node.get("data-key") or "").removeprefix("group:").partition(".")[0]: classes(dot)[0]
            for node in nodes(picture)
            for dot in node.iter(f"{SVG}circle")
        }

    found = hues(shop())
    assert len(set(found.values())) == len(found) == 5
    assert hues(shop(closed=frozenset({"raw", "core"}))) == found


def test_a_file_of_its_own_has_its_style_and_no_links_that_lead_nowhere() -> None:
    faces = {**DRAWING.faces, "raw.orders": Face(link="https://catalog.example/raw.orders")}
    text = standalone(layout(shop()), replace(DRAWING, faces=faces))
    picture = root(text)
    assert text.startswith("<?xml")
    style = picture.find(f"{SVG}style")
    assert style is not None and "--fresh" in (style.text or "")
    assert "prefers-color-scheme: dark" in (style.text or "")
    links = [element.get("href") for element in picture.iter(f"{SVG}a")]
    assert links == ["https://catalog.example/raw.orders"]


CSS = files("freshline_catalog").joinpath("web", "static", "lineage.css").read_text("utf-8")
TOKENS = files("freshline_catalog").joinpath("web", "static", "tokens.css").read_text("utf-8")


def test_the_style_uses_the_tokens_and_only_those() -> None:
    assert set(re.findall(r"var\(--([\w-]+)\)", CSS)) <= set(re.findall(r"--([\w-]+):", TOKENS))
    assert "/*" not in CSS


def test_every_class_of_a_picture_has_a_style() -> None:
    pictures = [
        svg(layout(graph), DRAWING)
        for graph in (shop(boxes=True), shop(closed=frozenset({"raw"})), trace())
    ]
    found = {name for text in pictures for e in root(text).iter() for name in classes(e)}
    structure = {"boxes", "edges", "nodes", "node", "none", "closed"}
    assert found - structure <= set(re.findall(r"\.([a-z][a-z0-9-]*)", CSS))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def tokens(part: int) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", TOKENS.split("@media")[part]))


@pytest.mark.parametrize("part", [0, 1], ids=["in light", "in dark"])
def test_colours_stand_out_from_the_ground(part: int) -> None:
    found = tokens(part)
    for ground in ("bg", "surface"):
        for text in ("text", "muted", "accent"):
            assert contrast(found[text], found[ground]) >= 4.5, (text, ground)
        for mark in ("strong", "fresh", "failed", "running", "none", "stale"):
            assert contrast(found[mark], found[ground]) >= 3, (mark, ground)
    for hue in re.findall(r"fill: (#[0-9a-f]{6});", CSS):
        assert contrast(hue, found["bg"]) >= 3, hue


GOLDENS = {
    "shop.svg": svg(layout(shop()), DRAWING),
    "shop-in-boxes.svg": svg(layout(shop(boxes=True, closed=frozenset({"raw"}))), DRAWING),
    "trace.svg": svg(layout(trace()), Drawing(label="The trace of marts.daily.net")),
}


@pytest.mark.parametrize("name", GOLDENS)
def test_a_picture_is_drawn_as_expected(name: str) -> None:
    """FRESHLINE_UPDATE_GOLDEN=1 writes the files anew; look at them before you commit them."""
    if os.environ.get("FRESHLINE_UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(GOLDENS[name] + "\n", encoding="utf-8")
    assert GOLDENS[name] + "\n" == (GOLDEN / name).read_text(encoding="utf-8")
