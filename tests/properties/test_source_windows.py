"""Whatever happens to a Parquet file, its readers have the rows that a new build would give."""

import os
import tempfile
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.running import Running

QUERIES = {
    "sums": "SELECT k, sum(v) AS v FROM raw.t GROUP BY k",
    "kinds": "SELECT DISTINCT k FROM raw.t WHERE w > 1",
    "counted": "SELECT count(*) AS n FROM raw.t",
    "joined": "SELECT a.k, b.w FROM raw.t AS a JOIN raw.t AS b ON a.v = b.w",
}
small = st.integers(0, 2)
Row = tuple[int, int, int, int]
rows = st.lists(st.tuples(small, small, small, small), max_size=4)


def written(root: Path, table: list[Row]) -> None:
    values = ", ".join(str(row) for row in table) or "(0, 0, 0, 0)"
    none = "" if table else " WHERE false"
    part = root / "new.parquet"
    sql = f"SELECT * FROM (VALUES {values}) AS t(k, v, w, unread){none}"
    duckdb.execute(f"COPY ({sql}) TO '{part}' (FORMAT parquet)")
    os.replace(part, root / "t.parquet")


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(rows, min_size=2, max_size=4))
def test_readers_have_the_rows_of_a_build_from_scratch(tables: list[list[Row]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder))
        running.write(
            {
                "sources/raw.yaml": "sources: {raw.t: {path: t.parquet}}",
                **{f"assets/{key}.sql": sql for key, sql in QUERIES.items()},
            }
        )
        for table in tables:
            written(running.root, table)
            running.apply()
            for key, sql in QUERIES.items():
                wanted = sql.replace("raw.t", f"read_parquet('{folder}/t.parquet')")
                assert running.rows(key) == duckdb.sql(f"{wanted} ORDER BY ALL").fetchall()
            assert running.plan().steps == ()
