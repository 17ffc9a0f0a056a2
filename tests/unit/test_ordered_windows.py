"""Content in order: what a window shows whose reader may hang on the order of rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.execute.sql_engine import SqlEngine
from freshline.testing.compute import DuckDBCompute
from freshline.versions import Output, Window

BAG, ROWS, WHOLE = Window(("a",)), Window(("a",), ordered=True), Window(ordered=True)
ROWS_OF = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("xy")), max_size=6)


@pytest.fixture(scope="module")
def engine() -> SqlEngine:
    return SqlEngine(folders=[], threads=2)


def shown(engine: SqlEngine | DuckDBCompute, rows: list[tuple[int, str]]) -> dict[Window, str]:
    values = ", ".join(f"({a}, '{b}')" for a, b in rows)
    relation = f"(VALUES {values}) AS t(a, b)" if rows else "(SELECT 1 AS a, '' AS b LIMIT 0)"
    found: tuple[Output, ...] = engine.measure(relation, (BAG, ROWS, WHOLE)).outputs
    return {output.window: output.data_version for output in found}


@given(first=ROWS_OF, second=ROWS_OF)
def test_a_window_in_order_is_equal_exactly_where_the_rows_are_in_their_order(
    engine: SqlEngine, first: list[tuple[int, str]], second: list[tuple[int, str]]
) -> None:
    one, other = shown(engine, first), shown(engine, second)
    assert (one[WHOLE] == other[WHOLE]) == (first == second)
    column, of_second = [a for a, _ in first], [a for a, _ in second]
    assert (one[ROWS] == other[ROWS]) == (column == of_second)
    assert (one[BAG] == other[BAG]) == (sorted(column) == sorted(of_second))


def test_the_engine_for_storages_tells_orders_apart_too() -> None:
    compute = DuckDBCompute()
    there, back = shown(compute, [(1, "x"), (2, "x")]), shown(compute, [(2, "x"), (1, "x")])
    assert there[BAG] == back[BAG]
    assert there[ROWS] != back[ROWS]
    assert there[WHOLE] != back[WHOLE]


def test_rows_of_a_large_file_are_numbered_as_they_stand() -> None:
    engine = SqlEngine(folders=[], threads=4)
    engine.cursor().execute("CREATE TABLE t AS SELECT range AS a FROM range(1000000)")
    engine.cursor().execute("CREATE TABLE u AS SELECT a FROM t ORDER BY a % 1000, a")
    first = engine.measure("t", (ROWS,)).outputs
    assert first == engine.measure("t", (ROWS,)).outputs
    assert first != engine.measure("u", (ROWS,)).outputs
    assert engine.measure("t").data_version == engine.measure("u").data_version
