"""The pulse of a catalog: a number that moves when anybody else changes it, cheap to be felt."""

from pathlib import Path
from threading import Lock
from typing import cast

from freshline_catalog import database
from freshline_catalog.connection import let_go
from freshline_catalog.faults import translated


class SqlitePulse:
    """A connection to the catalog in `path` that asks nothing but whether others committed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._connection = database.connect(path, query_only=True)

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders in which a file is written to whenever anybody commits."""
        return (self._path.absolute().parent,)

    def __call__(self) -> int:
        """Return a number: another one than before when there were commits in between."""
        with self._lock, translated(self._path, self._connection):
            return cast(int, self._connection.pragma("data_version"))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            let_go(self._connection)
