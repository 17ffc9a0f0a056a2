"""Every page, of every asset in every state, is sound: it can be read, heard, and does no harm."""

import json

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.html import faults
from tests.catalog.server.shop import page, shop
from tests.catalog.server.world import made_world

__all__ = ["made_world", "shop"]

KEYS = (
    *("raw.orders", "staging.orders", "staging.customers", "staging.refunds"),
    *("marts.daily", "marts.customers", "marts.revenue", "marts.top", "marts.ratio"),
    *("marts.broken", "marts.of_broken", "finance.ledger", "finance.monthly", "finance.forecast"),
    *("finance.budget", "finance.audit", "finance.report", "finance.old"),
)
TABS = ("", "/columns", "/definition", "/history")
PATHS = (
    *("/", "/styles"),
    *(f"/assets/{key}{tab}" for key in KEYS for tab in TABS),
    "/assets/staging.orders/columns?col=amount",
    "/assets/staging.orders/columns?q=nothing+of+this+name",
    "/assets/finance.ledger/history?only=care",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_no_fault(path: str, shop: TestClient) -> None:
    assert faults(page(shop, path)) == []


@pytest.mark.parametrize("path", ["/", *(f"/assets/marts.daily{tab}" for tab in TABS)])
def test_what_a_page_shows_can_be_had_from_the_api(path: str, shop: TestClient) -> None:
    twin = shop.get("/index.json" if path == "/" else f"{path}.json")
    api = shop.get(f"/api/v1{'/home' if path == '/' else path}")
    assert twin.status_code == api.status_code == 200
    assert twin.content == api.content
    assert isinstance(json.loads(api.content), dict)


@pytest.mark.parametrize("path", ["/", "/assets/marts.daily"])
def test_a_page_that_did_not_change_is_not_sent_again(path: str, shop: TestClient) -> None:
    tag = shop.get(path).headers["etag"]
    assert shop.get(path, headers={"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize("path", ["/", "/assets/marts.daily", "/assets/staging.orders/columns"])
def test_a_page_is_small(path: str, shop: TestClient) -> None:
    """Beside it, a first visit loads what test_static measures; a page may take 150 KiB in all."""
    answer = shop.get(path)
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.content) < 120_000


@pytest.mark.parametrize("path", PATHS)
def test_every_address_on_a_page_begins_where_the_server_does(path: str, shop: TestClient) -> None:
    for element in page(shop, path).within():
        for name in ("href", "src", "action"):
            value = element.attributes.get(name, "/")
            assert value.startswith(("/", "#", "https://", "mailto:")), value


def test_a_page_says_of_which_event_it_knows(shop: TestClient) -> None:
    body = page(shop, "/").one("body")
    assert int(body.attributes["data-sequence"]) > 0


def test_the_theme_that_was_chosen_is_the_one_of_the_page(shop: TestClient) -> None:
    assert "data-theme" not in page(shop, "/").one("html").attributes
    answer = shop.post("/theme", data={"theme": "dark", "next": "/assets/marts.daily?x=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/assets/marts.daily?x=1")
    try:
        assert page(shop, "/").one("html").attributes["data-theme"] == "dark"
    finally:
        shop.post("/theme", data={"theme": "auto", "next": "/"})
    assert "data-theme" not in page(shop, "/").one("html").attributes
