"""The pages of an asset: four answers, columns with their trace, its definition, its history."""

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import Served
from tests.catalog.server.html import Element, faults
from tests.catalog.server.shop import page, shop
from tests.catalog.server.world import made_world
from tests.catalog.surveyed import entry, survey

from freshline.errors import Span
from freshline.survey import ColumnHop
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.assets.lines import line, points
from freshline_catalog.surveys import SqliteSurveys

__all__ = ["made_world", "shop"]


def answers(asset: Element) -> list[str]:
    """Return the four answers, each as a line."""
    strip = asset.one("section", class_="answers")
    return [answer.text.replace("\u202f", " ") for answer in strip.all(class_="answer")]


FRESHNESS = {
    "marts.daily": "fresh built 2 h ago",
    "marts.ratio": "failed",
    "finance.ledger": "pinned built 2 h ago by",
    "finance.monthly": "paused built 2 h ago by",
    "finance.forecast": "stale built 2 h ago",
    "finance.budget": "missing never built",
    "finance.report": "blocked",
    "marts.broken": "set aside",
    "marts.top": "maybe stale",
    "raw.orders": "source seen 2 h ago",
    "finance.old": "gone",
}


@pytest.mark.parametrize(("key", "words"), FRESHNESS.items(), ids=list(FRESHNESS))
def test_is_it_fresh(key: str, words: str, shop: TestClient) -> None:
    assert answers(page(shop, f"/assets/{key}"))[0].startswith(f"Is it fresh? {words}")


def test_why_it_is_not_fresh_is_told_with_the_place(shop: TestClient) -> None:
    said = answers(page(shop, "/assets/finance.forecast"))[0]
    assert "assets/finance/forecast.sql:1" in said


def test_who_holds_it_back_is_told_with_the_reason(shop: TestClient) -> None:
    assert ": audit" in answers(page(shop, "/assets/finance.ledger"))[0]
    assert ": the month is closed" in answers(page(shop, "/assets/finance.monthly"))[0]


def test_who_owns_it_and_how_to_reach_them(shop: TestClient) -> None:
    asset = page(shop, "/assets/marts.daily")
    assert answers(asset)[1] == "Who owns it? sales sales@shop.example chat #sales"
    assert asset.all("a", href="mailto:sales@shop.example")


def test_where_it_comes_from_counts_all_the_way_up(shop: TestClient) -> None:
    said = answers(page(shop, "/assets/marts.daily"))[2]
    assert said.startswith("Where does it come from? 2 sources, 2 assets")
    assert "staging.orders, staging.refunds" in said


def test_what_breaks_counts_all_the_way_down_by_owner(shop: TestClient) -> None:
    said = answers(page(shop, "/assets/staging.orders"))[3]
    assert said.startswith("What breaks? 11 assets of ")
    assert "sales (6)" in said and "finance (5)" in said


def test_what_goes_says_what_takes_its_place(shop: TestClient) -> None:
    banner = page(shop, "/assets/marts.customers").one(class_="banner")
    assert banner.text == "Deprecated. Read marts.people instead. It will be removed on 2030-01-31."
    assert banner.one("a").attributes["href"] == "/assets/marts.people"


def test_what_is_set_aside_shows_the_finding(shop: TestClient) -> None:
    problem = page(shop, "/assets/marts.broken").one(class_="problem")
    assert "no_such_column" in problem.text
    assert "assets/marts/broken.sql:1:18" in problem.text


def test_what_is_gone_keeps_its_page_with_what_it_was(shop: TestClient) -> None:
    asset = page(shop, "/assets/finance.old")
    assert "Nobody declares this asset any more" in asset.one(class_="banner").text
    assert asset.all(class_="actions") == []
    assert "finance" in answers(asset)[1]
    assert [cell.text for cell in asset.all("table")[1].all("th", scope="row")] == ["orders"]
    assert "First version" in page(shop, "/assets/finance.old/history").one("main").text


def test_what_was_never_there_is_not_there(shop: TestClient) -> None:
    asset = page(shop, "/assets/marts.dialy", 404)
    assert "marts.daily" in asset.text
    assert "dialy" not in asset.one("main").text


def test_a_viewer_sees_no_actions(client: Served, log: SqliteEventLog) -> None:
    from freshline_catalog.server.people import Role

    SqliteSurveys(log).keep(survey(entry("raw.a"), entry("marts.b", "raw.a")))
    assert page(client(Role.OPERATOR), "/assets/marts.b").all(class_="actions")
    assert not page(client(Role.VIEWER), "/assets/marts.b").all(class_="actions")


def test_what_people_wrote_is_shown_as_they_meant_it(shop: TestClient) -> None:
    prose = page(shop, "/assets/staging.orders").one(class_="prose")
    assert prose.one("strong").text == "day"


def test_a_link_that_leads_away_says_so_and_others_are_text(
    client: Served, log: SqliteEventLog
) -> None:
    from dataclasses import replace

    hostile = replace(
        entry("marts.b", "raw.a"),
        links=(("Board", "https://a.example/x"), ("Trap", "javascript:alert(1)")),
        description="<script>alert(1)</script>",
        owner='"><img src=x onerror=alert(1)>',
        tags=("<b>", "'\"`"),
        meta={"<i>": {"a": "</dd>"}},
    )
    SqliteSurveys(log).keep(survey(entry("raw.a"), hostile))
    for tab in ("", "/columns", "/definition", "/history"):
        assert faults(page(client(), f"/assets/marts.b{tab}")) == []
    asset = page(client(), "/assets/marts.b")
    assert asset.one("a", href="https://a.example/x").attributes["rel"]
    assert not [a for a in asset.all("a") if "javascript" in a.attributes["href"]]
    assert not asset.one("main").all("img") and not asset.one("main").all("script")


def test_versions_are_told_with_what_made_them(shop: TestClient) -> None:
    rows = page(shop, "/assets/finance.ledger").all("table")[0].all("tr")[1:]
    assert [row.all("td")[0].text for row in rows] == ["3", "2", "1"]
    assert "an older version again" in rows[0].text
    assert "staging.orders had other rows" in rows[1].text
    assert "first version" in rows[2].text


def test_columns_say_what_they_are_and_what_they_are_made_from(shop: TestClient) -> None:
    rows = page(shop, "/assets/marts.daily/columns").one("table").all("tr")[1:]
    told = {row.one("th").text: row.text for row in rows}
    assert list(told) == ["day", "revenue", "orders", "refunds"]
    assert "Sum of all orders of the day. staging.orders.amount" in told["revenue"]
    assert "DATE" in told["day"]


def test_a_column_is_traced_to_the_sources_and_to_its_readers(shop: TestClient) -> None:
    trace = page(shop, "/assets/staging.orders/columns?col=amount").one("aside")
    above, below = trace.all("ol", class_="trace")
    assert "raw.orders.amount" in above.text
    assert "marts.daily.revenue aggregate" in below.text
    hops = [step.text for step in below.all(class_="hops")]
    assert hops == sorted(hops) and {"1", "2"} <= set(hops)
    chosen = page(shop, "/assets/staging.orders/columns?col=AMOUNT").one("tr", class_="is-chosen")
    assert chosen.one("th").text == "amount"


def test_a_trace_through_a_circle_of_names_ends(client: Served, log: SqliteEventLog) -> None:
    """Hops on record may be of different times: nothing keeps them from leading in a circle."""
    surveys = SqliteSurveys(log)
    entries = [entry("raw.a"), entry("marts.b", "raw.a"), entry("marts.c", "marts.b")]
    surveys.keep(survey(*entries))
    by = {each.key: each.traced_by for each in entries}
    place = Span(file="a.sql", line=1, column=1)
    hops = [
        ("marts.b", by["marts.b"], [ColumnHop("id", "marts.c", "id", "direct", place)]),
        ("marts.c", by["marts.c"], [ColumnHop("id", "marts.b", "id", "direct", place)]),
    ]
    surveys.keep_hops("shop", "main", hops)
    trace = client().get("/api/v1/assets/marts.c/columns?col=id").json()["trace"]
    assert [(s["asset"], s["origin_asset"]) for s in trace["above"]] == [
        ("marts.c", "marts.b"),
        ("marts.b", "marts.c"),
    ]


def test_columns_are_filtered_by_name_and_by_description(shop: TestClient) -> None:
    found = page(shop, "/assets/staging.orders/columns?q=EUROS").one("table")
    assert [cell.text for cell in found.all("th", scope="row")] == ["amount"]
    assert "No column matches" in page(shop, "/assets/staging.orders/columns?q=zzz").text


def test_many_columns_come_in_pages_that_add_up(client: Served, log: SqliteEventLog) -> None:
    names = [f"column_{number}" for number in range(450)]
    SqliteSurveys(log).keep(survey(entry("raw.wide", columns=names)))
    found: list[str] = []
    path: str | None = "/assets/raw.wide/columns"
    while path:
        answer = page(client(), path)
        found += [cell.text for cell in answer.all("th", scope="row")]
        path = next((a.attributes["href"] for a in answer.all("a", rel="next")), None)
    assert found == names


@pytest.mark.parametrize("column", ["no_such", "", "*", "' or 1=1 --", "x" * 200])
def test_a_column_that_is_not_there_is_not_there(column: str, shop: TestClient) -> None:
    answer = shop.get("/assets/staging.orders/columns", params={"col": column})
    assert answer.status_code == (404 if column else 200)


@pytest.mark.parametrize("cursor", ["x", "WzFd", "WyJhIl0", "a" * 300, "%00"])
def test_a_cursor_of_somebody_elses_is_refused(cursor: str, shop: TestClient) -> None:
    for path in ("/assets/staging.orders/columns", "/assets/staging.orders/history"):
        assert shop.get(path, params={"cursor": cursor}).status_code in (200, 422)


def test_the_definition_tells_the_query_and_who_said_what(shop: TestClient) -> None:
    asset = page(shop, "/assets/finance.ledger/definition")
    assert "FROM staging.orders" in asset.one(id="L1").text
    assert "assets/finance/_folder.yaml" in asset.one("main").text
    reads = page(shop, "/assets/marts.daily/definition").one("main").text
    assert "assets/marts/daily.sql" in reads


def test_what_is_checked_is_told_with_its_place(shop: TestClient) -> None:
    checks = page(shop, "/assets/staging.orders/definition").all("details", class_="asks")
    assert any("small_amounts" in c.text and "only warns" in c.text for c in checks)


def history(client: TestClient, key: str, only: str = "") -> list[str]:
    found = page(client, f"/assets/{key}/history{'?only=' + only if only else ''}")
    return [head.text for head in found.all(class_="change-head")]


def test_history_is_one_list_of_all_that_happened(shop: TestClient) -> None:
    said = history(shop, "finance.ledger")
    assert said[-1].startswith("First defined") and said[-2].startswith("First version version 1")
    assert any(line.startswith("Pinned") for line in said)
    assert history(shop, "finance.ledger", "care") == [s for s in said if s.startswith("Pinned")]


def test_the_address_of_an_asset_may_be_any_text(shop: TestClient) -> None:
    for key in ("%00", "a/b", "%2e%2e", "'", '"', "<x>", "ключ", "a" * 3000, "health"):
        answer = shop.get(f"/assets/{key}")
        assert answer.status_code in (400, 404, 413, 414, 422), key
        assert "<x>" not in answer.text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((), ""),
        ((1.0,), ""),
        ((0.0, 10.0), "M2.0,22.0L118.0,2.0"),
        ((5.0, 5.0), "M2.0,12.0L118.0,12.0"),
    ],
    ids=["nothing", "one value", "from low to high", "values that are equal"],
)
def test_values_become_a_line(values: tuple[float, ...], said: str) -> None:
    assert line(values) == said


def test_a_line_stays_in_its_picture() -> None:
    for x, y in points([3, -1e300, 7, 1e300, 0]):
        assert 0 <= x <= 120 and 0 <= y <= 24
