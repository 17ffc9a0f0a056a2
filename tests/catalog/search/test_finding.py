"""Finding: what stands before what, which columns are found, and selections in the same box."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.catalog.search.conftest import SCOPE, Shop
from tests.catalog.search.shop import survey
from tests.catalog.surveyed import entry

from freshline.definitions import Lifecycle, Stage
from freshline.survey import Entry, EntryColumn
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.search.query import parse
from freshline_catalog.search.ranking import score
from freshline_catalog.search.reasons import Where, reasons
from freshline_catalog.surveys import SqliteSurveys

Keep = Callable[..., Shop]


def test_what_matched_decides_who_comes_first(keep: Keep) -> None:
    shop = keep(
        entry("a.other", description="all about the sales"),
        entry("b.other", owner="sales"),
        entry("c.other", columns=("sales_total",)),
        entry("d.gross_sales"),
        entry("e.sales_by_day"),
        entry("f.sales"),
        entry("sales"),
    )
    assert shop.keys("sales") == [
        *("sales", "f.sales", "e.sales_by_day", "d.gross_sales"),
        *("c.other", "b.other", "a.other"),
    ]


def test_the_whole_name_of_a_column_beats_names_that_share_words(keep: Keep) -> None:
    shop = keep(
        entry("a.net_and_gross_amount"),
        entry("b.daily_net_amount_report"),
        entry("c.plain", columns=("net_amount",)),
    )
    assert shop.keys("net_amount")[0] == "c.plain"


def test_certified_comes_before_plain_and_deprecated_last(keep: Keep) -> None:
    def staged(key: str, stage: Stage) -> Entry:
        return replace(entry(key), lifecycle=Lifecycle(stage=stage))

    shop = keep(
        staged("a.orders_old", Stage.DEPRECATED),
        staged("b.orders_new", Stage.CERTIFIED),
        entry("c.orders_yet"),
    )
    assert shop.keys("orders") == ["b.orders_new", "c.orders_yet", "a.orders_old"]


def test_among_equals_more_downstream_comes_first(keep: Keep) -> None:
    shop = keep(entry("a.orders_x"), entry("b.orders_y"), entry("z", "b.orders_y"))
    assert shop.keys("orders")[:2] == ["b.orders_y", "a.orders_x"]


def test_a_score_is_the_sum_of_its_parts(shop: Shop) -> None:
    parsed = parse("customer")
    found = shop.find("customer")
    for row in found.rows:
        parts = score(parsed, row, found.weights[row.id])
        assert parts.total == pytest.approx(sum(parts))
        assert 0 <= parts.coverage + parts.downstream <= 70


def test_all_matching_columns_are_told_and_counted(keep: Keep) -> None:
    names = tuple(f"amount_{number}" for number in range(11))
    shop = keep(entry("a", columns=("id", *names)))
    row = shop.listing.rows[0]
    why = reasons(shop.connection, [row], parse("amount"), ())[row.id]
    assert [each.column for each in why.because] == list(names[:8])
    assert why.more == 3


def test_a_description_says_which_part_of_it_matched(keep: Keep) -> None:
    said = "x " * 200 + "net of <b>discounts</b>, Rabatt und Skonto " + "y " * 200
    shop = keep(entry("a", description=said))
    row = shop.listing.rows[0]
    (because,) = reasons(shop.connection, [row], parse("skonto"), ())[row.id].because
    assert because.where is Where.DESCRIPTION
    assert [because.text[start:end] for start, end in because.marks] == ["Skonto"]
    assert because.text.startswith("…") and because.text.endswith("…")
    assert len(because.text) < 160


def test_the_words_of_a_column_may_be_in_the_key_of_its_asset(shop: Shop) -> None:
    found = shop.columns("customers email")
    assert ("marts.dim_customers", "email") in found
    assert all(name == "email" and "customers" in key for key, name in found)


def test_only_columns_that_fit_all_that_is_asked_are_found(keep: Keep) -> None:
    shop = keep(entry("a", columns=("net_amount", "gross_amount", "tax")))
    assert shop.columns("column:net_amount") == [("a", "net_amount")]
    assert shop.columns("column:*_amount") == [("a", "gross_amount"), ("a", "net_amount")]
    assert shop.columns("column:amount") == [("a", "gross_amount"), ("a", "net_amount")]
    assert shop.columns("column:nothing") == []


SELECTED = {
    "all upstream": ("+finance.orders_daily", 4),
    "one step down": ("staging.tickets+1", 3),
    "joined": ("tag:gold and group:finance", None),
    "state": ("state:stale", None),
    "a column": ("column:variantName and group:marts", 1),
    "a file": ("assets/marts/customer_360.sql", 1),
    "who sees a column": ("changed:staging.orders.order_id", None),
}


@pytest.mark.parametrize(("text", "count"), SELECTED.values(), ids=SELECTED)
def test_selections_are_resolved(shop: Shop, text: str, count: int | None) -> None:
    found = shop.find(text)
    assert found.is_selection
    assert found.trouble is None
    assert len(found.rows) == count if count is not None else found.rows


TROUBLED = {
    "a key that is not there": ("+staging.ordes", "staging.orders"),
    "a facet that is not there": ("tag:pi and not owner:growth", "pii"),
    "a column that is not there": ("changed:staging.orders.ordr_id", "staging.orders.order_id"),
    "a column by name": ("not column:variantNam", "variantName"),
}


@pytest.mark.parametrize(("text", "meant"), TROUBLED.values(), ids=TROUBLED)
def test_what_is_wrong_with_a_selection_is_said(shop: Shop, text: str, meant: str) -> None:
    trouble = shop.find(text).trouble
    assert trouble is not None
    assert meant in trouble.help
    assert "^" in trouble.at


def test_words_that_only_look_like_a_selection_are_words(shop: Shop) -> None:
    found = shop.find("orders and refunds")
    assert not found.is_selection
    assert found.trouble is None


def test_what_is_forgotten_is_not_found_any_more(log: SqliteEventLog, keep: Keep) -> None:
    shop = keep(entry("a.orders"), entry("b.refunds"))
    assert shop.keys("orders") == ["a.orders"]
    SqliteSurveys(log).keep(survey([entry("b.refunds")], at=2_000_000_000.0))
    with log.reader() as connection:
        later = shop.searching.listing(connection, SCOPE, 1)
        assert Shop(connection, later, shop.searching).keys("orders") == []


def test_names_of_columns_in_any_case_are_one(keep: Keep) -> None:
    shop = keep(entry("a", columns=("NetAmount",)), entry("b", columns=("netamount",)))
    assert {key for key, _ in shop.columns("netAmount")} == {"a", "b"}


def test_hostile_names_are_names(keep: Keep) -> None:
    hostile = ('<script>"x"', "'; drop table entry; --", "a\nb", "%_\\", "{key}:*", "")
    columns = tuple(EntryColumn(name, "VARCHAR", name) for name in hostile)
    shop = keep(replace(entry("a"), columns=columns, description=hostile[0], tags=hostile[:3]))
    for name in hostile:
        shop.columns(name)
        shop.columns(f'column:"{name}"')
        shop.keys(name)
    assert shop.keys("drop table") == ["a"]
