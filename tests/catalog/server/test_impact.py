"""What breaks: all that hangs on an asset or a column, by owner, and what is not known of it."""

import csv
import io
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import Served
from tests.catalog.server.html import faults
from tests.catalog.server.shop import page, shop
from tests.catalog.server.world import made_world
from tests.catalog.surveyed import entry, layered, survey

from freshline.survey import ColumnHop
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.lineage.spots import HopKind, Reached, Spot, SpotHop, reached
from freshline_catalog.surveys import SqliteSurveys

__all__ = ["made_world", "shop"]


def breaks(client: TestClient, query: str) -> dict[str, Any]:
    """Return what breaks, as tools are told."""
    answer = client.get(f"/impact.json{query}").json()
    assert answer["trouble"] is None, answer["trouble"]
    found: dict[str, Any] = answer["breaks"]
    return found


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?select=staging.orders",
        "?select=staging.orders&col=amount",
        "?select=marts.ratio",
        "?select=tag:kpi",
        "?select=no.such",
        "?select=tag:kpi&col=day",
        "?select=staging.orders&col=no_such",
    ],
)
def test_a_page_has_no_fault(query: str, shop: TestClient) -> None:
    assert faults(page(shop, f"/impact{query}")) == []


def test_all_that_hangs_on_an_asset_is_told_by_owner(shop: TestClient) -> None:
    found = breaks(shop, "?select=staging.orders")
    assert len(found["hits"]) == 11
    assert [(o["owner"], o["assets"]) for o in found["owners"]] == [("sales", 6), ("finance", 5)]
    hops = {hit["key"]: hit["hops"] for hit in found["hits"]}
    assert hops["marts.daily"] == 1 and hops["finance.report"] == 3
    daily = next(hit for hit in found["hits"] if hit["key"] == "marts.daily")
    assert ["staging.orders", ["order_id", "amount", "day"]] in daily["via"]


def test_what_hangs_on_a_column_is_told_with_how(shop: TestClient) -> None:
    found = breaks(shop, "?select=staging.orders&col=AMOUNT")
    assert found["column"] == "amount" and found["own_checks"] == ["small_amounts"]
    hits = {hit["key"]: hit for hit in found["hits"]}
    assert hits["marts.daily"]["columns"] == ["revenue"]
    assert hits["marts.daily"]["kind"] == "aggregate"
    assert hits["finance.ledger"]["kind"] == "direct"
    assert hits["marts.revenue"]["checks"] == ["no_city_earns_too_much"]
    assert hits["marts.top"]["kind"] == "indirect" and hits["marts.top"]["columns"] == []
    assert "marts.customers" not in hits


def test_a_column_that_nobody_reads_breaks_nothing(shop: TestClient) -> None:
    assert "Nothing breaks here" in page(shop, "/impact?select=marts.ratio").one("main").text


def test_what_is_not_known_is_said_with_all_that_hangs_on_it(
    log: SqliteEventLog, client: Served
) -> None:
    entries = (
        entry("raw.a"),
        entry("marts.known", "raw.a", owner="one"),
        entry("marts.other", "raw.a"),
        entry("marts.unknown", "raw.a", owner="two"),
        entry("marts.after", "marts.unknown"),
        entry("marts.shut", "raw.a"),
    )
    surveys = SqliteSurveys(log)
    surveys.keep(survey(*entries))
    hops = {
        "marts.known": ColumnHop("amount", "raw.a", "amount", "direct"),
        "marts.other": ColumnHop("id", "raw.a", "id", "direct"),
        "marts.after": ColumnHop("id", "marts.unknown", "id", "direct"),
        "marts.shut": ColumnHop("id", "raw.a", "amount", "opaque"),
    }
    traced = {each.key: each.traced_by for each in entries}
    surveys.keep_hops("shop", "main", [(key, traced[key], [hop]) for key, hop in hops.items()])
    found = breaks(client(), "?select=raw.a&col=amount")
    assert {hit["key"]: hit["certain"] for hit in found["hits"]} == {
        "marts.known": True,
        "marts.unknown": False,
        "marts.after": False,
        "marts.shut": True,
    }
    assert {hit["key"]: hit["hops"] for hit in found["hits"]}["marts.after"] == 2
    assert found["untraced"] == ["marts.unknown"] and found["opaque"] == ["marts.shut"]
    assert found["uncertain"] == 2
    main = page(client(), "/impact?select=raw.a&col=amount").one("main")
    assert "not on record" in main.text and "nobody can tell" in main.text
    assert "Not known whether they read it: marts.after, marts.unknown" in main.one("pre").text


def test_who_waits_for_events_is_named(log: SqliteEventLog, client: Served) -> None:
    SqliteSurveys(log).keep(survey(entry("raw.a"), entry("marts.b", "raw.a"), entry("marts.c")))
    asker = client()
    for name, selection in (("board", "marts.b"), ("all", ""), ("other", "marts.c")):
        assert asker.put(f"/api/v1/consumers/{name}", json={"selection": selection}).is_success
    found = breaks(asker, "?select=raw.a")
    assert {each["name"]: each["assets"] for each in found["consumers"]} == {"board": 1, "all": 2}
    assert found["hits"][0]["consumers"] == ["all", "board"]
    assert "board" in page(asker, "/impact?select=raw.a").one("pre").text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?select=no.such", "no.such"),
        ("?select=tag:kpi&col=day", "a column is of one asset"),
        ("?select=staging.orders&col=no_such", "there is no such column"),
    ],
)
def test_what_cannot_be_told_says_why(query: str, said: str, shop: TestClient) -> None:
    answer = shop.get(f"/impact.json{query}").json()
    assert answer["breaks"] is None
    assert said in answer["trouble"]["message"] + answer["trouble"]["at"]
    assert shop.get(f"/impact.csv{query}").status_code == 422


def test_the_message_can_be_copied_and_names_each_owner(shop: TestClient) -> None:
    main = page(shop, "/impact?select=staging.orders&col=amount").one("main")
    message = main.one("pre", class_="message").content
    assert message.startswith("A change of the column amount of staging.orders concerns 9 assets")
    assert "\nfinance (5)\n- finance.ledger: amount\n" in message
    (button,) = [b for b in main.all("button") if b.attributes.get("data-copy", "") == message]
    assert button.attributes["title"] == "Copy as message"


def test_the_file_says_what_the_api_says(shop: TestClient) -> None:
    answer = shop.get("/impact.csv?select=staging.orders&col=amount")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="impact.csv"'
    rows = [*csv.DictReader(io.StringIO(answer.text))]
    hits = breaks(shop, "?select=staging.orders&col=amount")["hits"]
    assert [row["asset"] for row in rows] == [hit["key"] for hit in hits]
    assert rows[0]["via"] == "finance.ledger.amount" or rows[0]["via"] == "staging.orders.amount"


def test_much_comes_in_pages_that_hold_each_hit_once(log: SqliteEventLog, client: Served) -> None:
    SqliteSurveys(log).keep(survey(*layered(600, columns=1)))
    asker, seen, query = client(), list[str](), "?select=raw.*"
    answer = asker.get(f"/impact.json{query}").json()
    while True:
        seen += [hit["key"] for hit in answer["breaks"]["hits"]]
        if not answer["next"]:
            break
        answer = asker.get(f"/impact.json{query}&cursor={answer['next']}").json()
    assert len(seen) == len(set(seen)) == answer["count"] == 540


A, B, C, D = (Spot(name, "x") for name in "abcd")


def test_the_most_direct_way_tells_the_kind_and_the_shortest_the_hops() -> None:
    hops = (
        SpotHop(D, A, HopKind.OPAQUE),
        SpotHop(B, A, HopKind.DIRECT),
        SpotHop(C, B, HopKind.EXPRESSION),
        SpotHop(D, C, HopKind.DIRECT),
    )
    assert reached(A, hops) == {
        B: Reached(hops=1, kind=HopKind.DIRECT),
        C: Reached(hops=2, kind=HopKind.EXPRESSION),
        D: Reached(hops=1, kind=HopKind.EXPRESSION),
    }
    assert set(reached(D, hops, up=True)) == {A, B, C}


def test_a_circle_of_columns_ends() -> None:
    hops = (SpotHop(B, A, HopKind.DIRECT), SpotHop(A, B, HopKind.DIRECT))
    assert set(reached(A, hops)) == {B}
