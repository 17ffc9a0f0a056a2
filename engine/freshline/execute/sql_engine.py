"""The SQL engine: one DuckDB per process, locked down, with a cursor for every thread.

What authors write can read the files that Freshline hands it and nothing else: no Python objects,
no extensions from the network, no other folders, no change of settings.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

import duckdb

from freshline.codec import digest_of
from freshline.definitions import Column
from freshline.errors import ComputeError, DeniedError, FreshlineError, ResourceError
from freshline.lineage.files.casting import misfit
from freshline.lineage.graph import Graph
from freshline.lineage.quoting import quoted, text_literal
from freshline.ports import Compute, Measurement
from freshline.versions import WHOLE, Output, Window

# The hash is DuckDB's own, which is no contract between its major versions: its name is part of
# every data version, so that hashes of different engines never compare as equal.
_ALGORITHM = f"duckdb-{duckdb.__version__.split('.')[0]} rows hashed twice"
# The columns that are hashed together, and whether the order of rows is to show.
_Shown = tuple[tuple[str, ...], bool]
_NUMBER = "\x01row"
_FLOATS = ("FLOAT", "DOUBLE")
# What DuckDB says of files when waiting mends nothing.
_DENIED = ("No such file", "No files found", "Permission", "Read-only file system")


class SqlEngine:
    """DuckDB in memory, allowed to touch `folders` and `files` only; `macros` are statements."""

    def __init__(
        self,
        *,
        folders: Iterable[Path],
        files: Iterable[Path] = (),
        scratch: Path | None = None,
        threads: int | None = None,
        macros: Iterable[str] = (),
    ) -> None:
        self._root = duckdb.connect(config={"python_enable_replacements": False})
        settings = {
            "TimeZone": "'UTC'",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "parquet_metadata_cache": "true",
            "allowed_directories": _list(f"{folder}/" for folder in folders),
            "allowed_paths": _list(str(file) for file in files),
        }
        if threads is not None:
            settings["threads"] = str(threads)
        if scratch is not None:
            settings["temp_directory"] = text_literal(str(scratch))
        for name, value in settings.items():
            # Globally, since what is set for one cursor holds for no other.
            self._root.execute(f"SET GLOBAL {name} = {value}")
        for statement in macros:
            self._root.execute(statement)
        self._root.execute("SET enable_external_access = false")
        self._root.execute("SET lock_configuration = true")
        self._threads = threading.local()
        self._cursors: dict[int, duckdb.DuckDBPyConnection] = {}
        self._lock = threading.Lock()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return this thread's own connection."""
        known: duckdb.DuckDBPyConnection | None = getattr(self._threads, "cursor", None)
        if known is None:
            with self._lock:
                known = self._root.cursor()
                self._cursors[threading.get_ident()] = known
            self._threads.cursor = known
        return known

    def copy_to_parquet(self, query: str, path: Path) -> None:
        """Write the rows of `query` to a new Parquet file."""
        self._run(f"COPY ({query}) TO {text_literal(str(path))} (FORMAT parquet)")

    def copy_to_json_lines(self, query: str, path: Path) -> None:
        """Write the rows of `query` as JSON, one in a line."""
        self._run(f"COPY ({query}) TO {text_literal(str(path))} (FORMAT json)")

    def create_table(self, name: str, query: str) -> None:
        """Keep the rows of `query` as a table of this process."""
        self._run(f"CREATE OR REPLACE TABLE {quoted(name)} AS {query}")

    def drop_table(self, name: str) -> None:
        """Forget a table of this process."""
        self._run(f"DROP TABLE IF EXISTS {quoted(name)}")

    def measure(
        self, relation: str, windows: Sequence[Window] = (), *, quantum: float | None = None
    ) -> Measurement:
        """Count a relation's rows and hash its content, whatever the order of the rows.

        Two sums over the 64-bit hash of each row, hashed once more and twice more: DuckDB joins
        the hashes of columns by exclusive or, and a plain sum of those is too often the same when
        two rows swap a value. Sums, since an exclusive or would cancel pairs of equal rows; of 63
        bits, which DuckDB adds up in half the time. Salts that enter a row's hash would guard no
        single value better: the hash of a value has no salt, whatever it is joined with.
        """
        columns = self.columns(relation)
        whole = (tuple(sorted(c.name for c in columns)), False)
        wanted = _visible(columns, windows)
        rows, hashes = self._hashed(relation, columns, (whole, *wanted.values()), quantum)
        rounded = () if quantum is None else (f"rounded to {quantum!r}",)
        content = digest_of([_ALGORITHM, *rounded, columns, rows, *hashes.get(whole, ())])
        outputs = _outputs(columns, wanted, rounded, rows, hashes)
        return Measurement(rows=rows, columns=columns, data_version=content, outputs=outputs)

    def glimpse(self, relation: str, windows: Sequence[Window]) -> tuple[Output, ...]:
        """Hash what windows show of a relation, reading no other columns."""
        columns = self.columns(relation)
        wanted = _visible(columns, windows)
        rows, hashes = self._hashed(relation, columns, wanted.values(), None)
        return _outputs(columns, wanted, (), rows, hashes)

    def _hashed(
        self,
        relation: str,
        columns: Sequence[Column],
        every: Iterable[_Shown],
        quantum: float | None,
    ) -> tuple[int, dict[_Shown, list[str]]]:
        """Return the number of rows, and the hashes over each set of columns; one scan for all."""
        types = {c.name: c.type for c in columns}
        sums = {shown: _sums(shown, types, quantum) for shown in every if shown[0]}
        if any(ordered for _, ordered in sums):  # rows are numbered as they stand
            relation = f"(SELECT *, row_number() OVER () AS {quoted(_NUMBER)} FROM {relation})"
        ((rows, *found),) = self.rows(
            f"SELECT {', '.join(['count(*)', *sums.values()])} FROM {relation}"
        )
        hashes = {s: [str(h) for h in found[2 * i : 2 * i + 2]] for i, s in enumerate(sums)}
        return cast(int, rows), hashes

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query that gives few."""
        try:
            return self.cursor().execute(query).fetchall()
        except duckdb.Error as error:
            raise translated(error) from error

    def columns(self, relation: str) -> tuple[Column, ...]:
        """Return the columns of a relation."""
        try:
            found = self.cursor().sql(f"SELECT * FROM {relation}")
        except duckdb.Error as error:
            raise translated(error) from error
        return tuple(Column(n, str(t)) for n, t in zip(found.columns, found.types, strict=True))

    def interrupt(self, thread: int | None = None) -> None:
        """Make the query under way in a thread fail soon; without one, every query."""
        with self._lock:
            for owner, cursor in self._cursors.items():
                if thread in (None, owner):
                    cursor.interrupt()

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            for cursor in self._cursors.values():
                cursor.close()
            self._root.close()

    def _run(self, statement: str) -> duckdb.DuckDBPyConnection:
        try:
            return self.cursor().execute(statement)
        except duckdb.Error as error:
            raise translated(error, self.cursor()) from error


_: type[Compute] = SqlEngine


def _visible(columns: Sequence[Column], windows: Iterable[Window]) -> dict[Window, _Shown]:
    """Return what each window shows, of those whose columns are all there."""
    names = {c.name for c in columns}
    every = tuple(sorted(names))
    return {
        window: (every if window.columns is None else window.columns, window.ordered)
        for window in windows
        if window != WHOLE and names >= {*(window.columns or ())}
    }


def _outputs(
    columns: Sequence[Column],
    wanted: Mapping[Window, _Shown],
    how: tuple[str, ...],
    rows: int,
    hashes: Mapping[_Shown, Sequence[str]],
) -> tuple[Output, ...]:
    types = {c.name: c.type for c in columns}
    found: list[Output] = []
    for window, (names, ordered) in wanted.items():
        shown = [Column(name, types[name]) for name in names]
        in_order = ("in order",) if ordered else ()
        found_there = hashes.get((names, ordered), ())
        content = digest_of([_ALGORITHM, *how, *in_order, shown, rows, *found_there])
        found.append(Output(window, content))
    return tuple(found)


def _sums(shown: _Shown, types: Mapping[str, str], quantum: float | None) -> str:
    """Return the SQL of two sums over the hashes of rows of these columns, numbered in order."""
    names, ordered = shown
    listed = ", ".join(
        quoted(name)
        if quantum is None or types[name] not in _FLOATS
        # Adding 0 makes one zero of two.
        else f"round({quoted(name)} / {quantum!r}::DOUBLE) + 0"
        for name in names
    )
    number = f", {quoted(_NUMBER)}" if ordered else ""
    once = f"hash(hash({listed}){number})"
    return f"sum(({once} >> 1)::BIGINT), sum((hash({once}) >> 1)::BIGINT)"


def statements_of(graph: Graph) -> tuple[str, ...]:
    """Return what makes a project's macros known to an engine."""
    return tuple(macro.text for macro in graph.macros.values())


def translated(
    error: duckdb.Error, connection: duckdb.DuckDBPyConnection | None = None
) -> FreshlineError:
    """Return our error for one of DuckDB's, in its own first words."""
    text = str(error).strip()
    if (found := misfit(text, connection)) is not None:
        return ComputeError(found[0], help=found[1])
    if isinstance(error, duckdb.InterruptException):
        return ComputeError("it was asked to stop before its query had ended")
    message = text.split("\n")[0]
    if "No space left" in text or "Disk quota" in text:
        return ResourceError(
            message, help="free some space; what was published before is untouched"
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return ResourceError(message, help="lower the number of jobs, or make the query smaller")
    if isinstance(error, duckdb.IOException | duckdb.PermissionException):
        kind = DeniedError if any(word in text for word in _DENIED) else ResourceError
        return kind(message, help="check that the file exists and can be read and written")
    return ComputeError(message)


def _list(items: Iterable[str]) -> str:
    return "[" + ", ".join(text_literal(item) for item in items) + "]"
