"""The list of assets: searched, filtered, page by page; and its columns."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.catalog.search.shop import entries, survey
from tests.catalog.server.conftest import Served
from tests.catalog.surveyed import entry

from freshline.events import AttemptFailed, AttemptStarted
from freshline.keys import Target
from freshline.survey import EntryColumn
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.search.facets import NOBODY
from freshline_catalog.surveys import SqliteSurveys

Answer = dict[str, Any]


@pytest.fixture
def shop(log: SqliteEventLog, client: Served) -> TestClient:
    """Return somebody who looks at the made-up company's catalog."""
    SqliteSurveys(log).keep(survey(entries()))
    return client()


def asked(client: TestClient, **parameters: object) -> Answer:
    answer = client.get("/api/v1/assets", params=cast(dict[str, str], parameters))
    assert answer.status_code == 200, answer.text
    return cast(Answer, answer.json())


def keys(view: Answer) -> list[str]:
    return [row["key"] for row in view["assets"]]


def pages(client: TestClient, name: str, **parameters: object) -> Iterator[list[Answer]]:
    cursor = ""
    for _ in range(500):
        view = asked(client, cursor=cursor, **parameters)
        yield view[name]
        cursor = view["next"]
        if not cursor:
            return
    raise AssertionError("there is always one more page")


def test_page_twin_and_api_say_the_same(shop: TestClient) -> None:
    page = shop.get("/assets", params={"q": "custmoer"})
    twin = shop.get("/assets.json", params={"q": "custmoer"})
    assert page.status_code == twin.status_code == 200
    assert twin.json() == asked(shop, q="custmoer")
    for row in twin.json()["assets"]:
        assert f'href="/assets/{row["key"]}"' in page.text


def test_a_row_says_why_it_was_found(shop: TestClient) -> None:
    row = asked(shop, q="recognized_amount")["assets"][0]
    assert row["key"] == "finance.revenue_recognition"
    because = row["because"][0]
    assert (because["where"], because["column"]) == ("column", "recognized_amount")
    page = shop.get("/assets", params={"q": "recognized_amount"}).text
    assert "/assets/finance.revenue_recognition/columns?col=recognized_amount" in page
    assert "<mark>recognized_amount</mark>" in page


def test_the_parts_of_a_score_are_told_to_who_asks(shop: TestClient) -> None:
    assert asked(shop, q="orders")["assets"][0]["score"] is None
    parts = asked(shop, q="orders", explain=1)["assets"][0]["score"]
    total = parts.pop("total")
    assert total == pytest.approx(sum(parts.values()))
    assert "coverage" in shop.get("/assets?q=orders&explain=1").text


def test_filters_of_the_address_and_of_the_words_are_one(shop: TestClient) -> None:
    one = asked(shop, owner="growth", tag="pii")
    other = asked(shop, q="owner:growth tag:pii")
    assert keys(one) == keys(other) != []
    assert [f for f in one["facets"] if f["name"] == "owner"] == [
        f for f in other["facets"] if f["name"] == "owner"
    ]


def test_facets_count_what_another_choice_would_give(shop: TestClient) -> None:
    view = asked(shop, q="orders", group="finance", limit=200)
    groups = {
        v["value"]: v["count"] for f in view["facets"] if f["name"] == "group" for v in f["values"]
    }
    for group, count in groups.items():
        assert asked(shop, q="orders", group=group)["assets_count"] == count
    assert groups["finance"] == view["assets_count"] == len(view["assets"])


def test_what_nobody_owns_can_be_asked_for(shop: TestClient) -> None:
    view = asked(shop, owner=NOBODY)
    assert view["assets_count"] > 0
    assert {row["owner"] for row in view["assets"]} == {""}


def test_empty_parameters_are_those_of_a_form(shop: TestClient) -> None:
    assert asked(shop, q="", owner="", tag="", sort="key") == asked(shop, sort="key")


def test_what_failed_or_runs_can_be_asked_for(shop: TestClient, log: SqliteEventLog) -> None:
    target = Target("shop", "main", "marts.customer_360")
    log.append(
        [
            AttemptStarted(at=1.0, run="r1", target=target, publish_id="p", fence=1, base=0),
            AttemptFailed(at=2.0, run="r1", target=target, publish_id="p", code="F", message="x"),
        ]
    )
    view = asked(shop, status="failed")
    assert keys(view) == ["marts.customer_360"]
    (attempt,) = view["assets"][0]["attempts"]
    assert (attempt["outcome"], attempt["run"]) == ("failed", "r1")
    assert keys(asked(shop, sort="status"))[0] == "marts.customer_360"
    page = shop.get("/assets?status=failed").text
    assert 'aria-label="The last 1 attempt, 1 of which failed"' in page


@pytest.mark.parametrize("sort", ["relevance", "key", "built", "downstream", "status"])
def test_pages_put_together_are_the_whole(shop: TestClient, sort: str) -> None:
    whole = keys(asked(shop, q="customer", sort=sort, limit=200))
    parts = [
        row["key"]
        for page in pages(shop, "assets", q="customer", sort=sort, limit=7)
        for row in page
    ]
    assert parts == whole
    assert len(whole) == len({*whole}) > 7


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    limit=st.integers(2, 9),
    sort=st.sampled_from(["key", "downstream", "status", "relevance"]),
    arriving=st.lists(st.integers(0, 10**6), min_size=1, max_size=6, unique=True),
)
def test_each_row_is_seen_once_while_others_arrive(
    log: SqliteEventLog, client: Served, limit: int, sort: str, arriving: list[int]
) -> None:
    there = [entry(f"staging.orders_{number * 37_000:07}") for number in range(25)]
    surveys = SqliteSurveys(log)
    with log.reader() as connection:
        kept = connection.execute("select coalesce(max(at), 100) from survey").fetchall()
    at = float(cast(float, kept[0][0])) + 1
    surveys.keep(survey(there, at=at))
    seen: list[str] = []
    more = iter(arriving)
    for page in pages(client(), "assets", q="orders", sort=sort, limit=limit):
        seen += [row["key"] for row in page]
        number = next(more, None)
        if number is not None:
            at += 1
            there.append(entry(f"staging.orders_{number:07}_new"))
            surveys.keep(survey(there, at=at))
    assert len(seen) == len({*seen})
    assert {each.key for each in there[:25]} <= {*seen}


def test_columns_have_a_tab_of_their_own(shop: TestClient) -> None:
    view = asked(shop, q="net_amount", view="columns", limit=200)
    assert {row["name"] for row in view["columns"]} == {"net_amount"}
    assert view["columns_count"] == len(view["columns"]) > 3
    assert asked(shop, q="net_amount")["columns_count"] == view["columns_count"]
    page = shop.get("/assets", params={"q": "net_amount", "view": "columns"}).text
    for row in view["columns"][:50]:
        assert f"/assets/{row['key']}/columns?col=net_amount" in page


@pytest.mark.parametrize("q", ["", "amount", "owner:growth", "column:*_id"])
def test_pages_of_columns_put_together_are_the_whole(shop: TestClient, q: str) -> None:
    found = [
        (row["key"], row["name"])
        for page in pages(shop, "columns", q=q, view="columns", limit=150)
        for row in page
    ]
    assert len(found) == len({*found}) == asked(shop, q=q)["columns_count"]


def test_filters_hold_for_columns_too(shop: TestClient) -> None:
    view = asked(shop, q="amount", view="columns", group="finance", limit=200)
    assert {row["key"].partition(".")[0] for row in view["columns"]} == {"finance"}


def test_a_typo_leads_to_columns_as_well(shop: TestClient) -> None:
    view = asked(shop, q="recognised_amount", view="columns")
    assert [row["name"] for row in view["columns"]] == ["recognized_amount"]
    assert view["asked"]["meant"] == ["recognized amount"]


def test_nothing_found_says_what_each_filter_costs(shop: TestClient) -> None:
    view = asked(shop, q="orders", owner="growth", group="finance")
    assert view["assets"] == []
    costs = {each["name"]: each["count"] for each in view["without"]}
    assert costs["owner"] == asked(shop, q="orders", group="finance")["assets_count"]
    page = shop.get("/assets?q=orders&owner=growth&group=finance").text
    assert "No assets found" in page
    assert "Without owner growth" in page


def test_nothing_found_names_known_words(shop: TestClient) -> None:
    assert "shipments" in asked(shop, q="shipxyzts")["nearest"]


def test_what_is_wrong_with_a_selection_has_a_caret(shop: TestClient) -> None:
    page = shop.get("/assets", params={"q": "+staging.ordes"}).text
    assert "did you mean &#34;staging.orders&#34;?" in page
    assert "^^^^" in page
    assert "staging.orders</" in page.replace("<mark>", "").replace("</mark>", "")


SELECTIONS = {
    "a selection as it was typed": ({"q": "+staging.orders"}, "+staging.orders"),
    "filters": ({"owner": "growth", "kind": "table"}, "owner:growth and kind:table"),
    "a few that were found": ({"q": "ifrs"}, "finance.revenue_recognition"),
    "nothing that can be said": ({"q": "id"}, ""),
}


@pytest.mark.parametrize(("parameters", "said"), SELECTIONS.values(), ids=SELECTIONS)
def test_the_list_can_be_seen_as_lineage(
    shop: TestClient, parameters: dict[str, str], said: str
) -> None:
    assert asked(shop, **parameters)["selection"] == said


@pytest.mark.parametrize("cursor", ["x", "!!!", "WzFd", "bnVsbA", "W10"])
def test_a_cursor_of_no_list_is_refused(shop: TestClient, cursor: str) -> None:
    for path in ("/assets", "/api/v1/assets", "/owners/growth"):
        assert shop.get(path, params={"cursor": cursor}).status_code == 422


def test_an_empty_catalog_says_what_to_do(client: Served) -> None:
    page = client().get("/assets")
    assert page.status_code == 200
    assert "freshline init" in page.text


HOSTILE = "<img src=x onerror=alert(1)>\"'"


def test_hostile_names_are_shown_as_text(log: SqliteEventLog, client: Served) -> None:
    hostile = replace(
        entry("a", owner=HOSTILE, tags=(HOSTILE,), description=HOSTILE),
        columns=(EntryColumn(HOSTILE, HOSTILE, HOSTILE),),
        group=HOSTILE,
        storage=HOSTILE,
    )
    SqliteSurveys(log).keep(survey([hostile]))
    somebody = client()
    for path in ("/assets", "/assets?view=columns", "/search", "/owners", "/groups", "/tags"):
        page = somebody.get(path, params={"q": "img onerror"} if "?" not in path else None)
        assert page.status_code == 200
        assert "<img" not in page.text.replace("<mark>", "").replace("</mark>", "")


def test_no_words_are_too_many_for_an_answer(shop: TestClient) -> None:
    assert asked(shop, q="word " * 1000)["asked"]["is_cut"]
    assert shop.get("/assets", params={"q": '"' * 2000}).status_code == 200
