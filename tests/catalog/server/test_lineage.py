"""Lineage: what is shown around what, in a picture and a table that say the same, and as files."""

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import Served
from tests.catalog.server.html import Element, faults
from tests.catalog.server.shop import page, shop
from tests.catalog.server.world import made_world
from tests.catalog.surveyed import entry, layered, survey

from freshline.survey import Status
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.surveys import SqliteSurveys

__all__ = ["made_world", "shop"]

GOLDEN = Path(__file__).parent / "golden"
PATHS = (
    "/lineage",
    "/lineage?view=table",
    "/lineage?select=marts.daily",
    "/lineage?select=tag:nightly&view=graph",
    "/lineage?select=%2Bmarts.daily&up=0&down=99",
    "/lineage?only=stale",
    "/lineage?only=failed&view=table",
    "/lineage?external=0",
    "/lineage?from=raw.orders&to=marts.ratio",
    "/lineage?from=raw.orders&to=",
    "/lineage?from=marts.ratio&to=raw.orders",
    "/lineage?select=nothing.of.this.name",
    "/lineage?select=(((",
    "/lineage?closed=marts&closed=raw",
    "/lineage?find=daily",
    "/lineage?find=zzz",
    "/lineage?select=tag:kpi&only=stale",
    "/lineage?column=staging.orders.amount",
    "/lineage?column=staging.orders.amount&view=table&rows=0",
    "/lineage?column=staging.orders.nothing",
    "/lineage?column=nothing",
    "/assets/marts.daily/lineage",
    "/assets/marts.daily/lineage?up=0&down=0",
    "/assets/marts.daily/lineage?view=table",
    "/assets/raw.orders/lineage",
    "/assets/marts.broken/lineage",
    "/assets/finance.budget/lineage",
    "/assets/finance.old/lineage",
)


def around(client: TestClient, query: str = "") -> dict[str, Any]:
    """Return what is around what is in focus, as tools are told."""
    found: dict[str, Any] = client.get(f"/lineage.json{query}").json()
    assert found["trouble"] is None, found["trouble"]
    shown: dict[str, Any] = found["around"]
    return shown


def keys(found: dict[str, Any]) -> set[str]:
    """Return the keys in a table."""
    return {row["key"] for row in found["rows"]}


def edges(found: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the edges of a picture."""
    return {(edge["upstream"], edge["downstream"]) for edge in found["picture"]["edges"]}


def nodes(main: Element) -> dict[str, Element]:
    """Return the nodes of the picture in a page, by key."""
    return {e.attributes["data-key"]: e for e in main.within() if e.has(class_="node")}


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_no_fault(path: str, shop: TestClient) -> None:
    assert faults(page(shop, path)) == []


@pytest.mark.parametrize("path", ["/lineage?select=marts.daily", "/lineage", PATHS[17]])
def test_what_a_page_shows_can_be_had_from_the_api(path: str, shop: TestClient) -> None:
    where, _, query = path.partition("?")
    twin, api = shop.get(f"{where}.json?{query}"), shop.get(f"/api/v1{where}?{query}")
    assert twin.status_code == api.status_code == 200
    assert twin.content == api.content


def test_without_a_selection_a_small_project_is_shown_whole(shop: TestClient) -> None:
    found = around(shop)
    assert found["whole"] and found["count"] == found["total"] == len(found["rows"]) == 20
    assert not any(group["closed"] for group in found["groups"])


def test_around_one_asset_two_hops_are_shown_either_way(shop: TestClient) -> None:
    found = around(shop, "?select=staging.orders")
    assert (found["up"], found["down"]) == (2, 2)
    far = {row["key"]: (row["hops"], row["direction"]) for row in found["rows"]}
    assert far["staging.orders"] == (0, "focus")
    assert far["raw.orders"] == (1, "upstream")
    assert far["marts.daily"] == (1, "downstream")
    assert far["marts.ratio"] == (2, "downstream")
    assert "finance.report" not in far


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?select=marts.daily&up=0&down=0", {"marts.daily"}),
        ("?select=marts.daily&up=1&down=0", {"marts.daily", "staging.orders", "staging.refunds"}),
        ("?select=marts.daily&up=0&down=1", {"marts.daily", "marts.ratio"}),
        ("?select=tag:kpi", {"marts.daily", "marts.revenue"}),
        ("?select=tag:kpi&down=1", {"marts.daily", "marts.revenue", "marts.ratio", "marts.top"}),
        (
            "?from=raw.orders&to=marts.ratio",
            {"raw.orders", "staging.orders", "staging.refunds", "marts.daily", "marts.ratio"},
        ),
        ("?select=marts.ratio&up=99&external=0&only=failed", {"marts.ratio"}),
        ("?only=failed", {"marts.broken", "marts.of_broken", "marts.ratio", "marts.revenue"}),
    ],
    ids=[
        "no hops at all",
        "one hop up",
        "one hop down",
        "of several, none around them",
        "of several, as many as are asked for",
        "only what lies on the paths between two",
        "the focus stays, whatever else does",
        "only what failed",
    ],
)
def test_what_is_asked_for_is_shown(query: str, wanted: set[str], shop: TestClient) -> None:
    found = around(shop, query)
    assert keys(found) == wanted
    assert {node["key"] for node in found["picture"]["nodes"]} == wanted


def test_what_others_make_can_be_left_out(shop: TestClient) -> None:
    assert {k for k in keys(around(shop)) if k.startswith("raw.")}
    assert not {k for k in keys(around(shop, "?external=0")) if k.startswith("raw.")}


def test_edges_lead_through_what_is_left_out(log: SqliteEventLog, client: Served) -> None:
    stale = Status.STALE
    SqliteSurveys(log).keep(
        survey(
            entry("raw.a"),
            entry("marts.b", "raw.a", status=stale),
            entry("marts.c", "marts.b"),
            entry("marts.d", "marts.c", "marts.b", status=stale),
            entry("marts.e", "marts.c", status=stale),
        )
    )
    found = around(client(), "?only=stale")
    assert found["through"]
    assert {(e["upstream"], e["downstream"], e["line"]) for e in found["picture"]["edges"]} == {
        ("marts.b", "marts.d", "direct"),
        ("marts.b", "marts.e", "indirect"),
    }


def test_the_picture_says_what_the_table_says(shop: TestClient) -> None:
    main = page(shop, "/lineage?select=staging.orders")
    drawn = nodes(main)
    rows = {row.one("th").one("a").text: row for row in main.one("table").all("tr")[1:]}
    assert set(drawn) == set(rows)
    for key, row in rows.items():
        word = row.all("td")[2].text.split()[0]
        assert word in drawn[key].text, key
    assert drawn["staging.orders"].attributes["aria-current"] == "true"
    assert "focus" in drawn["staging.orders"].attributes["class"]


@pytest.mark.parametrize(
    ("key", "classes", "words"),
    [
        ("marts.daily", {"fresh"}, "● fresh, 2"),
        ("marts.ratio", {"failed"}, "✕ failed"),
        ("finance.forecast", {"stale"}, "◐ stale, 2"),
        ("finance.budget", {"none"}, "○ missing"),
        ("finance.ledger", {"none"}, "◉ pinned, 2"),
        ("finance.report", {"failed"}, "⊘ blocked"),
        ("marts.broken", {"failed"}, "△ set aside"),
        ("raw.orders", {"none", "outside"}, "◇ source"),
    ],
)
def test_a_node_tells_how_it_stands_by_shape_word_and_colour(
    key: str, classes: set[str], words: str, shop: TestClient
) -> None:
    node = nodes(page(shop, "/lineage"))[key]
    assert classes <= set(node.attributes["class"].split())
    assert node.attributes["href"] == f"/assets/{key}"
    assert words in node.text


def test_checks_are_a_chip_that_tells_what_they_found(shop: TestClient) -> None:
    assert "▲ 1 of 3" in nodes(page(shop, "/lineage"))["staging.orders"].text


def test_closed_groups_are_one_node_that_opens(shop: TestClient) -> None:
    found = around(shop, "?closed=marts&closed=raw")
    drawn = {node["key"]: node for node in found["picture"]["nodes"]}
    assert {"group:marts", "group:raw", "staging.orders"} <= set(drawn)
    assert sum(drawn["group:marts"]["members"].values()) == 8
    assert ("staging.orders", "group:marts") in edges(found)
    node = nodes(page(shop, "/lineage?closed=marts&closed=raw"))["group:marts"]
    assert node.attributes["href"] == "/lineage?closed=raw"
    assert "8 assets, 2 failed" in node.text and "failed" in node.attributes["class"]
    (box,) = [e for e in page(shop, "/lineage").within() if e.attributes.get("data-group") == "raw"]
    assert box.one("a").attributes["href"] == "/lineage?closed=raw"


def test_the_last_group_that_opens_leaves_all_open(shop: TestClient) -> None:
    node = nodes(page(shop, "/lineage?closed=raw"))["group:raw"]
    assert node.attributes["href"] == "/lineage?closed="
    assert not any(g["closed"] for g in around(shop, "?closed=")["groups"])


@pytest.fixture
def large(log: SqliteEventLog, client: Served) -> TestClient:
    """Return somebody who looks at 400 assets in eleven groups."""
    SqliteSurveys(log).keep(survey(*layered(400, columns=2)))
    return client()


def test_of_much_the_groups_are_shown_closed(large: TestClient) -> None:
    found = around(large)
    assert found["count"] == 400 and found["drawn"] == len(found["groups"]) == 10
    assert all(group["closed"] for group in found["groups"])
    assert {node["kind"] for node in found["picture"]["nodes"]} == {"group"}
    assert len(found["rows"]) == 60 and found["next"]


def test_what_is_in_focus_is_not_hidden_in_a_closed_group(large: TestClient) -> None:
    found = around(large, "?select=layer_9.*&up=1")
    assert found["count"] > 60
    drawn = {node["key"] for node in found["picture"]["nodes"]}
    assert "layer_9.table_399" in drawn and "group:layer_8" in drawn


def test_the_table_of_much_comes_in_pages_that_hold_each_asset_once(large: TestClient) -> None:
    seen: list[str] = []
    query = "?view=table&select=layer_*&up=1"
    found = around(large, query)
    total = found["count"]
    while True:
        assert found["picture"] is None
        seen += [row["key"] for row in found["rows"]]
        if not found["next"]:
            break
        found = around(large, f"{query}&cursor={found['next']}")
    assert len(seen) == len(set(seen)) == total > 200


def test_too_much_for_a_picture_is_a_table(log: SqliteEventLog, client: Served) -> None:
    SqliteSurveys(log).keep(survey(*layered(1200, columns=1)))
    found = around(client(), "?closed=")
    assert found["picture"] is None and found["drawn"] == 1200 and len(found["rows"]) == 200
    main = page(client(), "/lineage?closed=").one("main")
    assert "Too much for a picture" in main.text and main.one("table")
    answer = client().get("/lineage.svg?closed=")
    assert answer.status_code == 422


def test_what_is_looked_for_is_found(shop: TestClient) -> None:
    assert around(shop, "?find=DAI")["found"] == ["marts.daily"]
    line = page(shop, "/lineage?find=dai").one("p", class_="found-line")
    assert line.one("a").attributes["href"] == "/lineage?select=marts.daily"
    assert "zzz" in page(shop, "/lineage?find=zzz").one("p", class_="found-line").text


@pytest.mark.parametrize(
    ("query", "said", "help"),
    [
        ("?select=marts.dialy", "dialy", "marts.daily"),
        ("?select=owner:", "", ""),
        ("?from=raw.orders&to=marts.dialy", "no asset of this key", "marts.daily"),
        ("?from=raw.orders&to=", "two ends", "both"),
        ("?from=marts.ratio&to=raw.orders", "no path", "the other way"),
        ("?column=staging.orders.amonut", "no such column", "staging.orders"),
    ],
)
def test_what_cannot_be_shown_says_why(query: str, said: str, help: str, shop: TestClient) -> None:
    answer = shop.get(f"/lineage.json{query}").json()
    assert answer["around"] is None and answer["trace"] is None
    trouble = answer["trouble"]
    assert said in f"{trouble['message']} {trouble['at']}" and help in trouble["help"]
    main = page(shop, f"/lineage{query}").one("main")
    assert trouble["message"] in main.one(class_="banner").text


@pytest.mark.parametrize(
    "query", ["?up=-1", "?up=100", "?down=x", "?view=x", "?only=x", "?cursor=x"]
)
def test_what_makes_no_sense_is_refused(query: str, shop: TestClient) -> None:
    assert shop.get(f"/lineage.json{query}").status_code == 422


def test_what_a_form_leaves_blank_is_no_wish(shop: TestClient) -> None:
    assert shop.get("/lineage?select=&up=&down=&view=&only=&find=").status_code == 200


def test_a_project_without_assets_says_so(client: Served) -> None:
    assert "no assets yet" in page(client(), "/lineage").one("main").text


EXPORTS = {
    "lineage.svg": "image/svg+xml",
    "lineage.mmd": "text/vnd.mermaid",
    "lineage.dot": "text/vnd.graphviz",
    "lineage.csv": "text/csv",
}


@pytest.mark.parametrize("name", EXPORTS)
def test_a_file_reads_as_expected(name: str, shop: TestClient) -> None:
    """FRESHLINE_UPDATE_GOLDEN=1 writes the files anew; the difference is then reviewed."""
    answer = shop.get(f"/{name}?select=marts.daily&closed=raw")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{EXPORTS[name]}; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    text = answer.content.decode().replace("\r\n", "\n")
    if os.environ.get("FRESHLINE_UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(text, encoding="utf-8")
    assert text == (GOLDEN / name).read_text(encoding="utf-8")


def test_the_svg_file_stands_by_itself(shop: TestClient) -> None:
    root = ElementTree.fromstring(shop.get("/lineage.svg").content)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "style" in names and not names & {"script", "a", "image", "foreignObject"}


@pytest.mark.parametrize("kind", ["svg", "mmd", "dot", "csv"])
def test_a_file_of_what_cannot_be_shown_is_refused(kind: str, shop: TestClient) -> None:
    assert shop.get(f"/lineage.{kind}?select=no.such").status_code == 422
    assert shop.get(f"/lineage.{kind}?column=no.such").status_code == 422


def test_a_graph_drawn_again_is_drawn_the_same(shop: TestClient) -> None:
    first = around(shop, "?select=staging.orders")["picture"]
    around(shop, "?select=staging.orders&closed=marts")
    around(shop, "?select=staging.orders&down=1")
    assert around(shop, "?select=staging.orders")["picture"] == first


def test_what_is_known_keeps_its_order_when_something_comes(
    log: SqliteEventLog, client: Served
) -> None:
    before = (entry("raw.a"), *(entry(f"marts.{name}", "raw.a") for name in "qwertz"))
    SqliteSurveys(log).keep(survey(*before))

    def order() -> list[str]:
        drawn = around(client(), "?select=raw.a")["picture"]["nodes"]
        return [n["key"] for n in sorted(drawn, key=lambda n: n["y"]) if n["layer"] == 1]

    first = order()
    more = (entry("marts.a", "raw.a"), entry("marts.z2", "marts.q", "marts.z"))
    SqliteSurveys(log).keep(survey(*before, *more, at=200.0))
    after = order()
    assert [key for key in after if key in first] == first
    assert set(after) - set(first) == {"marts.a"}


def test_one_column_is_traced_through_only_the_tables_on_its_way(shop: TestClient) -> None:
    trace = shop.get("/lineage.json?column=STAGING.ORDERS.AMOUNT".lower()).json()["trace"]
    assert (trace["asset"], trace["column"]) == ("staging.orders", "amount")
    drawn = {node["key"]: node["columns"] for node in trace["picture"]["nodes"]}
    assert drawn["staging.orders"] == ["amount"]
    assert drawn["raw.orders"] == ["amount"]
    assert drawn["marts.daily"] == ["revenue"]
    assert "staging.customers" not in drawn
    lines = {(e["from_column"], e["to_column"]): e["line"] for e in trace["picture"]["edges"]}
    assert lines["amount", "revenue"] == "direct"
    assert lines["revenue", "*"] == "indirect"


def test_what_only_decides_about_rows_can_be_left_out(shop: TestClient) -> None:
    trace = shop.get("/lineage.json?column=staging.orders.amount&rows=0").json()["trace"]
    assert {edge["line"] for edge in trace["picture"]["edges"]} == {"direct"}
    assert not [step for step in trace["steps"] if step["column"] == "*"]


def test_the_trace_as_a_file_says_what_the_api_says(shop: TestClient) -> None:
    steps = shop.get("/lineage.json?column=staging.orders.amount").json()["trace"]["steps"]
    rows = [
        *csv.DictReader(io.StringIO(shop.get("/lineage.csv?column=staging.orders.amount").text))
    ]
    told = {(r["asset"], r["column"], r["from_asset"], r["from_column"], r["kind"]) for r in rows}
    assert told == {
        (s["asset"], s["column"], s["origin_asset"], s["origin_column"], s["kind"]) for s in steps
    }


def test_readers_whose_columns_are_not_on_record_are_named(
    log: SqliteEventLog, client: Served
) -> None:
    SqliteSurveys(log).keep(survey(entry("raw.a"), entry("marts.b", "raw.a")))
    trace = client().get("/lineage.json?column=raw.a.amount").json()["trace"]
    assert trace["unknown"] == ["marts.b"] and trace["steps"] == []


def test_the_page_of_an_asset_leads_to_the_explorer(shop: TestClient) -> None:
    main = page(shop, "/assets/marts.daily/lineage").one("main")
    assert main.all("a", href="/lineage?select=marts.daily")
    assert main.all("a", href="/impact?select=marts.daily")
    assert main.all("a", href="/assets/marts.daily/lineage?up=3")


def test_the_overview_has_a_picture_of_the_neighbours(shop: TestClient) -> None:
    main = page(shop, "/assets/marts.daily").one("main")
    assert set(nodes(main)) == {"staging.orders", "staging.refunds", "marts.daily", "marts.ratio"}
    assert main.one(class_="near").has(class_="narrow-only")
    assert not nodes(page(shop, "/assets/finance.budget"))
    assert not nodes(page(shop, "/assets/finance.old"))


def test_hostile_names_are_shown_as_text(log: SqliteEventLog, client: Served) -> None:
    trap = '"><script>alert(1)</script>'
    hostile = replace(
        entry(f"marts.{trap}", "raw.a", columns=(trap, "=1+1"), owner="=cmd()"), group=trap
    )
    other = replace(entry("marts.c", hostile.key), group='</svg>"')
    SqliteSurveys(log).keep(survey(entry("raw.a"), hostile, other))
    quoted = '"' + hostile.key.replace('"', '""') + '"'
    asker = client()
    for path, asked in (
        ("/lineage", {}),
        ("/lineage", {"select": quoted}),
        ("/lineage", {"closed": trap}),
        ("/lineage", {"select": trap, "find": trap, "from": trap, "to": trap}),
        ("/lineage", {"column": f"{hostile.key}.{trap}"}),
        ("/impact", {"select": quoted}),
        ("/impact", {"select": quoted, "col": "=1+1"}),
        ("/impact", {"select": trap, "col": trap}),
    ):
        answer = asker.get(path, params=asked)
        assert answer.status_code == 200, (path, asked)
        assert "<script>alert" not in answer.text
    for kind in ("svg", "mmd"):
        assert "<script>" not in asker.get(f"/lineage.{kind}").text
    rows = [*csv.reader(io.StringIO(asker.get("/lineage.csv").text))]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
    assert json.loads(asker.get("/lineage.json").content)["around"]["count"] == 3
