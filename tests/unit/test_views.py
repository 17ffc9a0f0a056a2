"""views.duckdb: written whole, renewed in part, readable by any client."""

from pathlib import Path

import duckdb
import pytest

from freshline import failpoints
from freshline.errors import ResourceError
from freshline.execute.views import write_views

ONE, TWO = "(SELECT 1 AS a)", "(SELECT 2 AS a)"


def _read(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _views(path: Path) -> set[str]:
    sql = "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal"
    return {str(row[0]) for row in _read(path, sql)}


def test_schemas_are_all_but_the_last_segment(tmp_path: Path) -> None:
    path = tmp_path / "views.duckdb"
    write_views(path, {"top": ONE, "stg.orders": ONE, "mart.sales.daily": TWO})
    assert _views(path) == {"main.top", "stg.orders", "mart_sales.daily"}
    assert _read(path, "SELECT a FROM mart_sales.daily") == [(2,)]


def test_a_renewed_file_has_the_changed_the_new_and_not_the_gone(tmp_path: Path) -> None:
    path = tmp_path / "views.duckdb"
    write_views(path, {"a.same": ONE, "a.changed": ONE, "a.gone": ONE})
    write_views(path, {"a.same": ONE, "a.changed": TWO, "b.new": TWO})
    assert _views(path) == {"a.same", "a.changed", "b.new"}
    assert _read(path, "SELECT a FROM a.changed") == [(2,)]


def test_views_that_say_the_same_are_not_made_again(tmp_path: Path) -> None:
    """Making a view opens its data: a relation that is not there any more shows whether it was."""
    data = tmp_path / "x.parquet"
    duckdb.execute(f"COPY (SELECT 1 AS a) TO '{data}'")
    path, relation = tmp_path / "views.duckdb", f"read_parquet('{data}')"
    write_views(path, {"a.kept": relation})
    data.unlink()
    write_views(path, {"a.kept": relation, "a.new": TWO})
    assert _views(path) == {"a.kept", "a.new"}


def test_a_query_is_kept_as_the_text_it_is(tmp_path: Path) -> None:
    """What DuckDB 1.5 keeps of a view's own query loses the 3 and the -1 when 2.0 reads it."""
    path, query = (
        tmp_path / "views.duckdb",
        "SELECT lag(x, 3, -1) OVER (ORDER BY x) FROM range(5) t(x)",
    )
    write_views(path, {"a.b": f"(\n{query}\n)"})
    ((kept,),) = _read(path, "SELECT sql FROM duckdb_views() WHERE NOT internal")
    assert query in str(kept)
    assert _read(path, "FROM a.b") == [(-1,), (-1,), (-1,), (0,), (1,)]


def test_what_is_no_database_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "views.duckdb"
    path.write_bytes(b"not a database")
    write_views(path, {"a.b": ONE})
    assert _read(path, "SELECT a FROM a.b") == [(1,)]


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "views.duckdb"
    write_views(path, {"a.b": ONE})
    failpoints.arm("views.after_write=raise:ENOSPC")
    try:
        with pytest.raises(ResourceError, match=r"cannot write views\.duckdb"):
            write_views(path, {"a.b": TWO})
    finally:
        failpoints.arm("")
    assert _read(path, "SELECT a FROM a.b") == [(1,)]
    assert [p.name for p in tmp_path.iterdir()] == ["views.duckdb"]


def test_a_quote_in_a_path_is_only_a_quote(tmp_path: Path) -> None:
    path = tmp_path / "it's" / "views.duckdb"
    path.parent.mkdir()
    write_views(path, {"a.b": ONE})
    assert _views(path) == {"a.b"}
