"""Owners, groups and tags: all of them, and one with its assets."""

from typing import Any, cast

import pytest
from starlette.testclient import TestClient
from tests.catalog.search.shop import entries, survey
from tests.catalog.server.conftest import Served
from tests.catalog.surveyed import entry

from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.surveys import SqliteSurveys


@pytest.fixture
def shop(log: SqliteEventLog, client: Served) -> TestClient:
    """Return somebody who looks at the made-up company's catalog."""
    SqliteSurveys(log).keep(survey(entries()))
    return client()


def asked(client: TestClient, path: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return cast(dict[str, Any], answer.json())


FACETS = {"owners": ("owner", "growth"), "groups": ("group", "finance"), "tags": ("tag", "pii")}


@pytest.mark.parametrize(("facet", "name"), FACETS.values(), ids=FACETS)
def test_counts_are_those_of_the_list(shop: TestClient, facet: str, name: str) -> None:
    (summary,) = [s for s in asked(shop, f"/{facet}s")["summaries"] if s["name"] == name]
    one = asked(shop, f"/{facet}s/{name}")
    assert one["summary"] == summary
    listed = asked(shop, f"/assets?{facet}={name}")
    assert summary["count"] == listed["assets_count"] == sum(summary["health"].values())
    assert sum(summary["statuses"].values()) == summary["count"]


@pytest.mark.parametrize(("facet", "name"), FACETS.values(), ids=FACETS)
def test_pages_of_one_put_together_are_all_its_assets(
    shop: TestClient, facet: str, name: str
) -> None:
    found: list[str] = []
    cursor = ""
    for _ in range(50):
        view = asked(shop, f"/{facet}s/{name}?cursor={cursor}")
        found += [row["key"] for row in view["assets"]]
        cursor = view["next"]
        if not cursor:
            break
    listed = asked(shop, f"/assets?{facet}={name}&limit=200")
    assert sorted(found) == sorted(row["key"] for row in listed["assets"])


@pytest.mark.parametrize(("facet", "name"), FACETS.values(), ids=FACETS)
def test_pages_are_shown(shop: TestClient, facet: str, name: str) -> None:
    every, one = shop.get(f"/{facet}s"), shop.get(f"/{facet}s/{name}")
    assert every.status_code == one.status_code == 200
    assert f'href="/{facet}s/{name}"' in every.text
    assert f'href="/assets?{facet}={name}"' in one.text


def test_an_owner_has_contacts(shop: TestClient) -> None:
    assert "mailto:growth@shop.example" in shop.get("/owners/growth").text


def test_nobodys_assets_come_last(shop: TestClient) -> None:
    summaries = asked(shop, "/owners")["summaries"]
    assert summaries[-1]["name"] == ""
    counts = [summary["count"] for summary in summaries[:-1]]
    assert counts == sorted(counts, reverse=True)


def test_one_that_is_not_there_names_the_nearest(shop: TestClient) -> None:
    answer = shop.get("/api/v1/owners/growht")
    assert answer.status_code == 404
    assert "growth" in answer.text


NAMES = ["team/data", "a b", "ä%2F", "x.json", "..", "k=v", '"', "<b>"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_has_a_page(log: SqliteEventLog, client: Served, name: str) -> None:
    SqliteSurveys(log).keep(survey([entry("a", owner=name, tags=(name,))]))
    somebody = client()
    every = asked(somebody, "/owners")["summaries"]
    assert name in [summary["name"] for summary in every]
    listed = somebody.get("/assets", params={"owner": name})
    assert listed.status_code == 200
