"""Facets: whoever keeps to them, counted as if nobody had chosen of the same one."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.search.conftest import Shop

from freshline_catalog.search.facets import NOBODY, counts, keep, pattern, values
from freshline_catalog.search.query import FACETS

CHOSEN = st.dictionaries(
    st.sampled_from(FACETS),
    st.lists(
        st.sampled_from(
            [
                *("raw", "finance", "growth", "platform", "pii", "gold", "fresh", "stale"),
                *(NOBODY, "not run", "certified", "lake", "f*", "*a*", "FRESH", "nothing"),
            ]
        ),
        max_size=3,
    ).map(tuple),
    max_size=4,
)


@given(CHOSEN)
def test_counts_are_what_a_look_at_every_asset_gives(
    shop: Shop, chosen: dict[str, tuple[str, ...]]
) -> None:
    listing = shop.listing

    def fits(key: str, facet: str) -> bool:
        wanted = chosen.get(facet, ())
        said = values(listing, facet)(listing.by_key[key])
        return not wanted or any(
            pattern(each.lower()).fullmatch(one.lower()) for each in wanted for one in said
        )

    kept = keep(listing, listing.rows, chosen)
    assert [row.key for row in kept.rows] == [
        row.key for row in listing.rows if all(fits(row.key, facet) for facet in FACETS)
    ]
    found = counts(listing, kept)
    for facet in FACETS:
        others = [f for f in FACETS if f != facet]
        rows = [row for row in listing.rows if all(fits(row.key, other) for other in others)]
        expected = Counter(value for row in rows for value in values(listing, facet)(row))
        assert found[facet] == expected


PATTERNS = {
    "plain": ("growth", "growth", True),
    "plain, and more": ("grow", "growth", False),
    "a beginning": ("gr*", "growth", True),
    "an end": ("*th", "growth", True),
    "a middle": ("*row*", "growth", True),
    "several": ("g*o*h", "growth", True),
    "signs of patterns elsewhere": ("g.owth", "growth", False),
    "everything": ("*", "", True),
}


@pytest.mark.parametrize(("text", "value", "fits"), PATTERNS.values(), ids=PATTERNS)
def test_a_star_stands_for_any_run(text: str, value: str, fits: bool) -> None:
    assert (pattern(text).fullmatch(value) is not None) is fits


def test_no_pattern_takes_long_to_fail() -> None:
    assert pattern("*a" * 100 + "b").fullmatch("a" * 5000) is None
