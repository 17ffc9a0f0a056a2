"""Suggestions while somebody types."""

from typing import Any, cast

import pytest
from starlette.testclient import TestClient
from tests.catalog.search.shop import entries, survey
from tests.catalog.server.conftest import Served

from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.surveys import SqliteSurveys


@pytest.fixture
def shop(log: SqliteEventLog, client: Served) -> TestClient:
    """Return somebody who looks at the made-up company's catalog."""
    SqliteSurveys(log).keep(survey(entries()))
    return client()


def suggested(client: TestClient, q: str) -> dict[str, Any]:
    answer = client.get("/api/v1/search", params={"q": q})
    assert answer.status_code == 200, answer.text
    return cast(dict[str, Any], answer.json())


def test_keys_columns_and_owners_are_suggested(shop: TestClient) -> None:
    view = suggested(shop, "cust")
    assert view["assets"][0]["key"] in ("staging.customers", "marts.customer_360")
    assert {column["name"] for column in view["columns"]} >= {"customer"}
    assert [owner["name"] for owner in suggested(shop, "gro")["owners"]] == ["growth"]


@pytest.mark.parametrize("q", ["", "c", "cust", "custmoer", "net_amount", "+staging.orders", '"'])
def test_there_are_never_more_than_asked_for(shop: TestClient, q: str) -> None:
    view = suggested(shop, q)
    assert sum(len(view[name]) for name in ("assets", "columns", "owners")) <= 8


def test_a_column_is_suggested_once_with_the_number_of_its_assets(shop: TestClient) -> None:
    columns = suggested(shop, "net_amount")["columns"]
    names = [column["name"] for column in columns]
    assert names == ["net_amount"]
    assert columns[0]["count"] > 3


def test_close_ones_say_so(shop: TestClient) -> None:
    assert all(asset["is_close"] for asset in suggested(shop, "custmoer")["assets"])


def test_the_page_shows_them(shop: TestClient) -> None:
    page = shop.get("/search", params={"q": "net_amount"})
    assert page.status_code == 200
    assert "/assets?q=net_amount" in page.text
