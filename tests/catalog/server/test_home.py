"""Home: what is not well stands first, with its reason; and what to do where nothing is yet."""

import os

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import Served
from tests.catalog.server.html import Element, faults
from tests.catalog.server.shop import page, shop
from tests.catalog.server.world import made_world
from tests.catalog.surveyed import entry, survey

from freshline.ports import Holder
from freshline.survey import Status
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.surveys import SqliteSurveys

__all__ = ["made_world", "shop"]
RUN = "01a2034b-0000-7000-8000-00000000000{}"


def attention(home: Element) -> dict[str, str]:
    """Return the words about each asset that needs attention, in order."""
    rows = home.one("table").all("tr")[1:]
    return {row.one("th").text: row.text for row in rows}


def test_what_is_not_well_is_named_with_its_reason(shop: TestClient) -> None:
    found = attention(page(shop, "/"))
    assert "no_city_earns_too_much fails" in found["marts.revenue"]
    assert "Conversion Error" in found["marts.ratio"]
    assert "no_such_column" in found["marts.broken"]
    assert "assets/marts/broken.sql:1" in found["marts.broken"]
    assert "finance.audit is paused" in found["finance.report"]
    assert "1 of 3 warn" in found["staging.orders"]


def test_what_is_well_or_left_alone_on_purpose_needs_no_attention(shop: TestClient) -> None:
    found = attention(page(shop, "/"))
    assert not {"marts.daily", "finance.ledger", "finance.monthly", "raw.orders"} & set(found)


def test_what_is_degraded_stands_above_what_warns(shop: TestClient) -> None:
    keys = list(attention(page(shop, "/")))
    assert max(keys.index(k) for k in ("marts.revenue", "marts.ratio", "marts.broken")) < min(
        keys.index(k) for k in ("staging.orders", "finance.forecast", "finance.budget")
    )


def test_the_counters_count_what_the_list_names(shop: TestClient) -> None:
    counters = page(shop, "/").one("section", class_="counters").all("a")
    assert [counter.text for counter in counters] == [
        "5 degraded",
        "5 stale or missing",
        "0 being built",
        "0 with failing checks",
    ]


def test_the_last_run_and_what_is_left_over_are_told(shop: TestClient) -> None:
    text = page(shop, "/").one("main").text
    assert "nobody is at work" in text
    assert "freshline rollback" in text
    assert "finance.old" in text


@pytest.mark.parametrize("shown", ["/", "/reconciler"])
def test_all_are_named_who_are_at_work_side_by_side(
    shown: str, client: Served, log: SqliteEventLog
) -> None:
    surveyed = SqliteSurveys(log)
    surveyed.keep(survey(entry("marts.daily", status=Status.STALE)))
    for number, actor in enumerate(("ada", "reconciler")):
        log.acquire(
            Holder(
                name="apply:main",
                actor=actor,
                host="h",
                pid=os.getpid(),
                since=99.0,
                purpose="apply",
                run=RUN.format(number),
            ),
            shared=True,
        )
    text = client().get(shown, headers={"Accept": "text/html"}).text
    for number, actor in enumerate(("ada", "reconciler")):
        assert f"/runs/{RUN.format(number)}" in text
        assert actor in text
    assert "nobody is at work" not in text


def test_the_day_is_told_in_words_too(shop: TestClient) -> None:
    picture = page(shop, "/").one("svg", role="img")
    assert "failures in the last 24 hours" in picture.attributes["aria-label"]


def test_findings_about_the_files_are_there_to_be_opened(shop: TestClient) -> None:
    found = page(shop, "/").one("details", class_="problems")
    assert "E204" in found.text and "no_such_column" in found.text


def test_an_empty_catalog_says_what_to_do(client: Served) -> None:
    home = page(client(), "/")
    assert faults(home) == []
    assert len(home.one("ol", class_="steps").all("li")) == 3
    assert "freshline apply" in home.text


def test_a_project_in_which_all_is_well_says_so(client: Served, log: SqliteEventLog) -> None:
    SqliteSurveys(log).keep(survey(entry("raw.a"), entry("marts.b", "raw.a")))
    home = page(client(), "/")
    assert faults(home) == []
    assert "All is well" in home.one("main").text


def test_of_two_that_are_stale_the_one_that_more_hangs_on_stands_first(
    client: Served, log: SqliteEventLog
) -> None:
    entries = [
        entry("raw.a"),
        entry("marts.alone", "raw.a", status=Status.STALE),
        entry("marts.many", "raw.a", status=Status.STALE),
        *(entry(f"marts.reader_{n}", "marts.many") for n in range(5)),
    ]
    SqliteSurveys(log).keep(survey(*entries))
    assert list(attention(page(client(), "/"))) == ["marts.many", "marts.alone"]


def test_what_came_at_one_time_is_one_line(client: Served, log: SqliteEventLog) -> None:
    at = 1_800_000_000.0 - 60
    keys = [f"raw.table_{n}" for n in range(30)]
    SqliteSurveys(log).keep(survey(*(entry(key) for key in keys), at=at))
    changes = page(client(), "/").one("ul", class_="changes").all("li")
    assert len(changes) == 1
    assert "and 27 more new 1 min ago" in changes[0].text.replace("\u202f", " ")
