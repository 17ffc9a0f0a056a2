"""The nearest words to an unknown one."""

import pytest

from freshline.suggest import closest


@pytest.mark.parametrize(
    ("word", "candidates", "expected"),
    [
        pytest.param("refesh", ["freshness", "refresh", "retries"], "refresh", id="a letter short"),
        pytest.param("Customer_ID", ["customer_id", "id"], "customer_id", id="case does not count"),
        pytest.param("orders", ["stg.orders", "stg.customers"], "stg.orders", id="a segment short"),
        pytest.param("ab", ["ba", "ab_", "abc"], "ab_", id="the first of two equally near"),
    ],
)
def test_the_nearest_candidate_is_proposed(word: str, candidates: list[str], expected: str) -> None:
    assert closest(word, candidates) == (expected,)


@pytest.mark.parametrize(
    ("word", "candidates"),
    [
        pytest.param("xyz", ["owner", "group"], id="nothing is near"),
        pytest.param("", ["owner"], id="there is no word"),
        pytest.param("owner", [], id="there are no candidates"),
        pytest.param("owner" * 100, ["owner" * 100], id="the word is a novel"),
    ],
)
def test_nothing_is_proposed(word: str, candidates: list[str]) -> None:
    assert closest(word, candidates) == ()


def test_at_most_as_many_as_asked_for_the_nearest_first() -> None:
    assert closest("colum", ["columns", "column", "volume", "x"], 2) == ("column", "columns")
