"""What this package asks of a SQLite connection, in exact types; apsw's connections fulfil it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Protocol, cast

import apsw

Value = None | int | float | str
Row = tuple[Value, ...]


class Cursor(Protocol):
    """The rows that a statement gives, each fetched once."""

    def fetchall(self) -> list[Row]:
        """Return the rows that are left."""
        ...

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows that are left."""
        ...


class Connection(Protocol):
    """A connection to one database; any thread may use it, one at a time."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    @property
    def system_errno(self) -> int:
        """The operating system's number for the last failure."""
        ...

    def execute(self, statements: str, bindings: Sequence[Value] = ()) -> Cursor:
        """Run statements; apsw.Error says what SQLite refused."""
        ...

    def executemany(self, statements: str, sequenceofbindings: Iterable[Sequence[Value]]) -> Cursor:
        """Run a statement for each of many bindings; apsw.Error says what SQLite refused."""
        ...

    def pragma(self, name: str, value: Value = None) -> object:
        """Read or change a setting."""
        ...

    def set_busy_timeout(self, milliseconds: int) -> None:
        """Say how long to wait for another connection's lock."""
        ...

    def close(self) -> None:
        """Let go of the file; idempotent."""
        ...


def open_connection(name: str, vfs: str | None = None) -> Connection:
    """Return a bare connection to the database in a file, or to one in memory for `:memory:`.

    `vfs` names how files are reached where not by the system's own means.
    """
    return cast(Connection, apsw.Connection(name, vfs=vfs))


def let_go(connection: Connection) -> None:
    """Close a connection, whatever the disk says to it.

    What was committed lies in the file or its write-ahead log; what closing fails to tidy, the
    next opening will.
    """
    with suppress(apsw.Error, OSError):
        connection.close()
