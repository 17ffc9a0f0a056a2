"""Queries: any text is one, and is taken apart as people mean it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.catalog.search.conftest import Shop

from freshline_catalog.search.query import FACETS, Query, Reading, parse

TERMS: dict[str, tuple[str, list[str]]] = {
    "words": ("orders daily", ["orders", "daily"]),
    "a name is words side by side": ("net_amount", ["net amount"]),
    "a phrase": ('"net of discounts" orders', ["net of discounts", "orders"]),
    "a quote that is never closed": ('"net of', ["net of"]),
    "operators of other languages are words": ("a OR* NEAR(b", ["a", "or", "near b"]),
    "a minus is no operator": ("-orders", ["orders"]),
    "a field that nobody knows": ("col:amount", ["col amount"]),
    "a field without a value": ("owner: x", ["owner", "x"]),
    "signs alone": ('" * ( ^ {}', []),
}


@pytest.mark.parametrize(("text", "found"), TERMS.values(), ids=TERMS)
def test_words_are_taken_apart(text: str, found: list[str]) -> None:
    assert [term.text for term in parse(text).terms] == found


def test_fields_become_filters() -> None:
    found = parse('owner:sales tag:pii tag:"a b" column:net_amount status:"maybe stale" orders')
    assert found.filters == {
        "owner": ("sales",),
        "tag": ("pii", "a b"),
        "status": ("maybe stale",),
    }
    assert found.columns == ("net_amount",)
    assert [term.text for term in found.terms] == ["orders"]


READ = {
    "plain words": ("orders daily", Reading.WORDS),
    "filters alone": ("owner:sales tag:pii", Reading.WORDS),
    "an operator within quotes": ('"a and b"', Reading.WORDS),
    "what hangs on something": ("staging.orders+", Reading.SELECTION),
    "what something hangs on": ("2+staging.orders", Reading.SELECTION),
    "brackets": ("(a b) and c", Reading.SELECTION),
    "not": ("not tag:pii", Reading.SELECTION),
    "filters joined": ("tag:pii and owner:sales", Reading.SELECTION),
    "what sees a column": ("changed:staging.orders.id", Reading.SELECTION),
    "words joined, which people may just write": ("sales and refunds", Reading.PERHAPS),
    "a pattern": ("staging.*", Reading.PERHAPS),
    "a file": ("assets/a.sql", Reading.PERHAPS),
}


@pytest.mark.parametrize(("text", "reading"), READ.values(), ids=READ)
def test_selections_are_told_from_words(text: str, reading: Reading) -> None:
    assert parse(text).reading is reading


def test_a_long_text_is_cut_and_says_so() -> None:
    found = parse("word " * 2000)
    assert found.is_cut
    assert len(found.terms) == 12


@given(st.text(max_size=200))
@example('"' * 10_000)
@example("a:" * 5_000)
@example("+" * 10_000)
@example("(" * 1_999)
@example("*" * 10_000)
def test_any_text_is_a_query(text: str) -> None:
    found = parse(text)
    assert isinstance(found, Query)
    assert set(found.filters) <= set(FACETS)


SIGNS = 'orders net_amount " * + - ( ) NEAR( OR and not column: owner: changed: : ^ { ä %'
PIECES = st.sampled_from([*SIGNS.split(" "), " ", " and ", " not ", "\x00", "\\"])


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join)))
@example('" OR rowid:1 OR "')
@example("key : x) OR (columns : y")
@example("'; drop table entry; --")
@example("x" * 10_000)
@example("a " * 5_000)
@example("column:" + "*a" * 90)
def test_no_text_is_an_error_in_the_index(shop: Shop, text: str) -> None:
    found = shop.find(text)
    assert {row.id for row in found.rows} <= shop.listing.by_id.keys()
    shop.columns(text)


@pytest.mark.parametrize("text", ['"', "*", "NEAR(", "a OR b", "-x", "col:", "^orders", "{key}:x"])
def test_signs_of_the_index_mean_nothing(shop: Shop, text: str) -> None:
    found = shop.find(text)
    assert found.trouble is None
    plain = (
        shop.find(" ".join(term.text for term in parse(text).terms)) if parse(text).terms else None
    )
    if plain is not None and not found.is_selection:
        assert [row.key for row in found.rows] == [row.key for row in plain.rows]
