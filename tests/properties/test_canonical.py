"""For any query: what Freshline runs gives what its author's text gives, however it is laid out."""

import os
import random
from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest
import sqlglot
from hypothesis import HealthCheck, assume, given, settings
from sqlglot.tokenizer_core import TokenType
from tests.properties.written import Author, small_queries
from tests.unit.shop import Shop

# How many queries are tried; each is drawn from its number, so a failure names the one to look at.
SEEDS = int(os.environ.get("FRESHLINE_SEEDS", "300"))
BLOCKS = 4
# Words that are the author's own, or that are read exactly.
KEPT = {TokenType.VAR, TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_is_compiled_gives_the_rows_of_what_the_author_wrote(shop: Shop, block: int) -> None:
    for seed in range(block, SEEDS, BLOCKS):
        text = query(random.Random(seed))
        holds(shop, text)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(text=small_queries())
def test_what_is_compiled_gives_the_rows_of_a_small_query(shop: Shop, text: str) -> None:
    assume(holds(shop, text))


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_code_version_does_not_hang_on_the_layout(shop: Shop, block: int) -> None:
    for seed in range(block, SEEDS, BLOCKS):
        chance = random.Random(seed)
        text = query(chance)
        asset = shop.analysis(text).asset
        if asset is not None:
            other = laid_out_anew(text, chance)
            assert shop.compiled(other).code_version == asset.code_version, (text, other)


def test_most_of_what_is_drawn_binds_and_is_seen_through(shop: Shop) -> None:
    found: Counter[str] = Counter()
    for seed in range(200):
        asset = shop.analysis(query(random.Random(seed))).asset
        found["refused" if asset is None else "opaque" if asset.opaque else "seen"] += 1
    assert found["seen"] > 100, found


def query(chance: random.Random) -> str:
    """Return the query that somebody who goes by these chances writes."""
    return Author(chance.randrange).query(2)[0]


def holds(shop: Shop, text: str) -> bool:
    """Compare the rows of both texts; say whether there was something to compare."""
    asset = shop.analysis(text).asset
    if asset is None:
        return False
    try:
        written = shop.rows(text)
    except duckdb.Error:  # text that is no number, two rows where one is asked for
        return False
    assert shop.rows_as_compiled(asset) == written, (text, asset.text)
    assert [column.name for column in asset.columns] == written[0]
    return True


def laid_out_anew(text: str, chance: random.Random) -> str:
    """Return the same tokens with other whitespace, comments, and case of keywords."""
    parts: list[str] = []
    behind = -1
    for token in sqlglot.tokenize(text, read="duckdb"):
        word = text[token.start : token.end + 1]
        if token.token_type not in KEPT:
            word = chance.choice([word.upper(), word.lower(), word.capitalize()])
        if token.start > behind + 1:  # never between two characters that may be one operator
            parts.append(chance.choice([" ", "\n", "  \t", " /* no, not this */ ", " -- why\n"]))
        parts.append(word)
        behind = token.end
    return "".join(parts) + chance.choice(["", ";", "\n", " -- the end"])
