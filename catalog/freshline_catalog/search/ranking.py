"""Ranking: who of those that match comes first, as numbers that can be explained.

What matched decides: the whole key, its last part, its beginning, words in it, a column, what is
said about it, its description. Among equals, how much of the name was typed, how much hangs on an
asset, and where it stands in its life.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from functools import lru_cache
from math import log2
from typing import NamedTuple

from freshline_catalog.search.listing import Listed
from freshline_catalog.search.query import Query


class Tier(IntEnum):
    """What of an asset matched, with its weight: what is added to it is less than a step."""

    KEY = 2000
    LAST = 1500
    PREFIX = 1000
    COLUMN_NAME = 800  # of several words, written as one: nobody types that by chance
    WORD = 700
    COLUMN_WORDS = 650
    WORD_PREFIX = 600
    COLUMN = 500
    ABOUT = 400
    DESCRIPTION = 300
    TYPO = 100


class Score(NamedTuple):
    """Why an asset stands where it stands: the parts of its score."""

    matched: float
    coverage: float = 0.0
    downstream: float = 0.0
    lifecycle: float = 0.0
    kind: float = 0.0

    @property
    def total(self) -> float:
        """The sum of the parts."""
        return self.matched + self.coverage + self.downstream + self.lifecycle + self.kind


_LIFECYCLE = {"certified": 20.0, "experimental": -5.0, "deprecated": -60.0}
_COVERAGE, _DOWNSTREAM = 40.0, 30.0
_SOURCE = -15.0  # raw data is seldom what people look for


def by_name(query: Query, row: Listed) -> Tier | None:
    """Return how a query names an asset, None where its words are merely somewhere in the key."""
    wanted, flat = query.name.replace(".", " "), row.name.replace(".", " ")
    last = row.name.rpartition(".")[2]
    if flat == wanted:
        return Tier.KEY
    if last == wanted or last.replace(" ", "") == wanted:
        return Tier.LAST
    if f".{row.name}".endswith(f".{query.name}"):
        return Tier.LAST
    if last.startswith(wanted) or flat.startswith(wanted):
        return Tier.PREFIX
    return None


def of_column(query: Query) -> float:
    """Return what it weighs that a query is the whole name of a column.

    net_amount is meant to be a name; net amount may be two words, and amount may be anything.
    """
    if len(query.terms) > 1:
        return float(Tier.COLUMN_WORDS)
    return float(Tier.COLUMN_NAME if " " in query.name else Tier.COLUMN + 50)


def score(query: Query, row: Listed, matched: float) -> Score:
    """Return the score of an asset that matched with this weight."""
    return Score(
        matched=matched,
        coverage=_covered(_typed(query), len(row.name) - row.name.rfind(".") - 1),
        downstream=_hanging(row.downstream),
        lifecycle=_LIFECYCLE.get(row.stage, 0.0),
        kind=_SOURCE if row.kind == "source" else 0.0,
    )


def totals(query: Query) -> Callable[[Listed, float], float]:
    """Return what gives the total of `score`, fast enough for every asset there is."""
    typed = _typed(query)

    def total(row: Listed, matched: float) -> float:
        covered = _covered(typed, len(row.name) - row.name.rfind(".") - 1)
        return matched + covered + _standing(row.downstream, row.stage, row.kind)

    return total


def _typed(query: Query) -> int:
    return len(query.name.rpartition(".")[2])


@lru_cache(maxsize=4096)
def _covered(typed: int, length: int) -> float:
    return round(_COVERAGE * min(typed, length) / max(typed, length, 1), 1)


@lru_cache(maxsize=4096)
def _hanging(downstream: int) -> float:
    return round(min(_DOWNSTREAM, 3 * log2(1 + downstream)), 1)


@lru_cache(maxsize=4096)
def _standing(downstream: int, stage: str, kind: str) -> float:
    source = _SOURCE if kind == "source" else 0.0
    return _hanging(downstream) + _LIFECYCLE.get(stage, 0.0) + source


def combined(weights: Mapping[int, list[int]], number: int) -> dict[int, float]:
    """Return by asset the mean of what its terms weigh; one found nowhere else weighs least."""
    least = int(Tier.DESCRIPTION)
    return {
        each: (sum(found) + least * (number - len(found))) / number
        for each, found in weights.items()
    }
