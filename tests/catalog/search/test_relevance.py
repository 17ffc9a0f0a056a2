"""What people type finds what they mean: a set of queries with what must stand first."""

from pathlib import Path
from typing import NotRequired, TypedDict, cast

import pytest
import yaml
from tests.catalog.search.conftest import Shop


class Case(TypedDict):
    q: str
    first: NotRequired[str]
    among: NotRequired[list[str]]
    column: NotRequired[list[str]]


def cases() -> list[Case]:
    text = Path(__file__).with_name("relevance.yaml").read_text(encoding="utf-8")
    return cast(list[Case], yaml.safe_load(text))


CASES = cases()
OF_COLUMNS = [case for case in CASES if "column" in case]
OF_ASSETS = [case for case in CASES if "column" not in case]


def wanted(case: Case) -> list[str]:
    return case.get("among") or [case.get("first", "")]


@pytest.mark.parametrize("case", OF_ASSETS, ids=[case["q"] for case in OF_ASSETS])
def test_what_is_meant_stands_first(shop: Shop, case: Case) -> None:
    found = shop.keys(case["q"])
    most = 1 if "first" in case else 3
    assert set(wanted(case)) & {*found[:most]}, found


@pytest.mark.parametrize("case", OF_COLUMNS, ids=[case["q"] for case in OF_COLUMNS])
def test_the_column_that_is_meant_is_on_the_first_page_of_columns(shop: Shop, case: Case) -> None:
    key, name = case.get("column", ["", ""])
    assert (key, name) in shop.columns(case["q"])


def test_there_are_enough_queries_and_none_twice() -> None:
    assert len(CASES) >= 60
    assert len({case["q"] for case in CASES}) == len(CASES)


def test_the_mean_reciprocal_rank_is_near_one(shop: Shop) -> None:
    ranks: list[float] = []
    for case in OF_ASSETS:
        found = shop.keys(case["q"], 50)
        places = [found.index(key) for key in wanted(case) if key in found]
        ranks.append(1 / (1 + min(places)) if places else 0.0)
    assert sum(ranks) / len(ranks) >= 0.97
