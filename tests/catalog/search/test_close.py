"""Close matches: how far words are apart, and what a mistyped one was meant to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.search.conftest import Shop

from freshline_catalog.search.distance import distance, tolerance

APART = {
    "equal": ("orders", "orders", 0),
    "a letter more": ("order", "orders", 1),
    "a letter less": ("orders", "oders", 1),
    "another letter": ("orders", "ordirs", 1),
    "neighbours that changed places": ("invoice", "invocie", 1),
    "two such pairs": ("customers", "cutsomesr", 2),
    "nothing in common": ("abc", "xyz", 3),
    "all of a word": ("", "abc", 3),
}


@pytest.mark.parametrize(("one", "other", "slips"), APART.values(), ids=APART)
def test_words_are_so_far_apart(one: str, other: str, slips: int) -> None:
    assert distance(one, other, 9) == slips


LETTERS = st.text(alphabet="abc", max_size=7)


@given(LETTERS, LETTERS, st.integers(0, 4))
def test_a_bound_changes_nothing_but_what_lies_beyond(one: str, other: str, most: int) -> None:
    whole = distance(one, other, 20)
    assert distance(one, other, most) == min(whole, most + 1)
    assert distance(other, one, 20) == whole
    assert (whole == 0) == (one == other)


@given(st.text(max_size=40))
def test_longer_words_are_allowed_more(word: str) -> None:
    assert tolerance(word) <= tolerance(word + "x") <= 3


def test_close_matches_are_labelled_and_say_what_was_meant(shop: Shop) -> None:
    found = shop.find("custmoer")
    assert found.close == {row.id for row in found.rows}
    assert [(each.typed, each.text, each.slips) for each in found.meant] == [
        ("custmoer", "customer", 1)
    ]


def test_good_matches_stand_before_close_ones(shop: Shop) -> None:
    # Two assets speak of pallets; that both are good, and what is like the word is only close.
    found = shop.find("pallet")
    good = {row.id for row in found.rows} - found.close
    assert good
    assert all(found.weights[a] > found.weights[b] for a in good for b in found.close)


def test_who_finds_by_name_is_not_offered_more(shop: Shop) -> None:
    found = shop.find("customer_360")
    assert [row.key for row in found.rows] == ["marts.customer_360"]
    assert not found.meant


def test_three_good_hits_are_enough(shop: Shop) -> None:
    found = shop.find("invoice")
    assert len(found.rows) >= 3
    assert not found.close


def test_what_is_like_nothing_finds_nothing(shop: Shop) -> None:
    found = shop.find("xqzzyplugh")
    assert (found.rows, found.meant) == ((), ())
