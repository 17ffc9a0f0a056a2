"""Whether DuckDB takes two texts for one query: what must not be confused, and what may be."""

from collections.abc import Iterator

import pytest

from freshline.definitions import Column
from freshline.lineage.binder import Binder


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    binder = Binder()
    binder.declare("t", [Column("a", "INTEGER"), Column("b", "INTEGER"), Column("c", "INTEGER")])
    yield binder
    binder.close()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a, b FROM t", "SELECT b, a FROM t"),
        ("SELECT a FROM t", "SELECT b FROM t"),
        ("SELECT a, c FROM t", "SELECT c, a FROM t"),
        ("SELECT a, b, count(*) FROM t GROUP BY GROUPING SETS ((a), (a, b))",
         "SELECT a, b, count(*) FROM t GROUP BY GROUPING SETS ((b), (a, b))"),
        ("SELECT sum(a) FROM t", "SELECT sum(b) FROM t"),
        ("SELECT a - b FROM t", "SELECT b - a FROM t"),
    ],
)  # fmt: skip
def test_queries_with_other_columns_are_told_apart(binder: Binder, one: str, other: str) -> None:
    assert not binder.same_query(one, other).result()


def test_wording_is_not_told_apart(binder: Binder) -> None:
    assert binder.same_query("SELECT a, b FROM t", 'select "x"."A" AS q, B from t AS x').result()
