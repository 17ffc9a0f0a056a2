"""What DuckDB finds in files: the columns that a reader of them gives, asked from any thread."""

import re
import threading

import duckdb

from freshline.definitions import Column

_ALONE: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,  # of each query: the callers' threads are what runs side by side
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
# What kind of error it is in DuckDB's own order of things.
_KIND = re.compile(r"^[A-Z][A-Za-z ]* Error: ")


class UnreadableFiles(Exception):
    """DuckDB cannot read the files, or not as it is told to; the message is its own."""


class FileColumns:
    """A database in memory that opens files for whoever asks; for several threads at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: duckdb.DuckDBPyConnection | None = None
        self._closed: duckdb.DuckDBPyConnection | None = None

    def close(self) -> None:
        """Let go of the files."""
        for connection in (self._files, self._closed):
            if connection is not None:
                connection.close()

    def of(self, relation: str) -> tuple[Column, ...]:
        """Return the columns that a reader of files gives, or raise UnreadableFiles."""
        with self._lock:
            if self._files is None:
                self._files = duckdb.connect(config=_ALONE)
                self._files.execute("SET GLOBAL TimeZone = 'UTC'")
            cursor = self._files.cursor()
        try:
            found = cursor.sql(f"SELECT * FROM {relation}")
            names, types = found.columns, found.types
        except duckdb.Error as error:
            words = str(error).strip().split("\n")[0]
            raise UnreadableFiles(_KIND.sub("", words)) from error
        finally:
            cursor.close()
        return tuple(Column(n, str(t)) for n, t in zip(names, types, strict=True))

    def is_type(self, text: str) -> bool:
        """Say whether DuckDB knows a type of this name; no file can be read by asking."""
        with self._lock:
            if self._closed is None:
                config = {**_ALONE, "enable_external_access": False}
                self._closed = duckdb.connect(config=config)
            try:
                self._closed.sql(f"SELECT NULL::{text} AS x")
            except duckdb.Error:
                return False
            return True
