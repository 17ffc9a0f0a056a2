"""A small compute engine on an in-memory DuckDB, for tests of storages."""

import threading
from collections.abc import Sequence
from pathlib import Path

import duckdb

from freshline import codec
from freshline.definitions import Column
from freshline.errors import ComputeError, ResourceError
from freshline.ports import Compute, Measurement
from freshline.versions import Output, Window


class DuckDBCompute:
    """Implements `Compute` as plainly as can be; safe to call from several threads."""

    def __init__(self, threads: int = 1) -> None:
        self._database = duckdb.connect(
            config={"threads": threads, "python_enable_replacements": False}
        )
        self._local = threading.local()

    def copy_to_parquet(self, query: str, path: Path) -> None:
        """Write the rows of `query` to a Parquet file."""
        self._run(f"COPY ({query}) TO {_text(str(path))} (FORMAT parquet, USE_TMP_FILE false)")

    def copy_to_json_lines(self, query: str, path: Path) -> None:
        """Write the rows of `query` as JSON lines."""
        self._run(f"COPY ({query}) TO {_text(str(path))} (FORMAT json, USE_TMP_FILE false)")

    def columns(self, relation: str) -> tuple[Column, ...]:
        """Return the columns of a relation."""
        described = self.rows(f"DESCRIBE SELECT * FROM {relation}")
        return tuple(Column(str(row[0]), str(row[1])) for row in described)

    def create_table(self, name: str, query: str) -> None:
        """Keep the rows of `query` as a table."""
        self._run(f"CREATE OR REPLACE TABLE {_name(name)} AS {query}")

    def drop_table(self, name: str) -> None:
        """Forget a table, if there is one."""
        self._run(f"DROP TABLE IF EXISTS {_name(name)}")

    def measure(
        self, relation: str, windows: Sequence[Window] = (), *, quantum: float | None = None
    ) -> Measurement:
        """Count and hash the rows, in whatever order they come."""
        columns = self.columns(relation)
        names = ", ".join(_name(column.name) for column in columns)
        ((rows, first, second),) = self.rows(
            f"SELECT count(*), sum(hash(hash(1, {names}))), sum(hash(hash(2, {names}))) "
            f"FROM {relation}"
        )
        content = codec.digest(f"{rows} {first} {second}")
        seen: list[Output] = []
        for window in windows:
            every = tuple(column.name for column in columns)
            wanted = every if window.columns is None else window.columns
            shown = [*map(_name, wanted), *(["row_number() OVER ()"] if window.ordered else [])]
            listed = ", ".join(shown) or "NULL"
            part = self.measure(f"(SELECT {listed} FROM {relation})")
            seen.append(Output(window, part.data_version))
        return Measurement(int(str(rows)), columns, content, tuple(seen))

    def glimpse(self, relation: str, windows: Sequence[Window]) -> tuple[Output, ...]:
        """Count and hash what windows show."""
        return self.measure(relation, windows).outputs

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query: for tests that look at what a storage hands out."""
        return self._run(query)

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def _run(self, sql: str) -> list[tuple[object, ...]]:
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._database.cursor()
        try:
            return cursor.execute(sql).fetchall()
        except (duckdb.IOException, duckdb.PermissionException, OSError) as error:
            raise ResourceError(str(error), help="free some space, or allow writing") from error
        except duckdb.Error as error:
            raise ComputeError(str(error)) from error


def _name(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _text(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


_: type[Compute] = DuckDBCompute
