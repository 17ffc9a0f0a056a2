"""The writer: one thread that owns the write connection and commits what callers bring in groups.

1. A ticket's work runs inside a savepoint: when it fails, it alone is undone, and its caller alone
   hears of it.
2. A ticket is answered after COMMIT returned, never before.
3. When COMMIT itself fails, nobody knows whether its bytes reached the disk. Unless SQLite proves
   that nothing was written, every caller of the group is told exactly that.
4. A thread of its own, rather than the first caller's: Ctrl-C interrupts callers only, so it can
   never strike between a commit and its answer.

The queue needs no bound: each caller waits for its ticket, so there are never more tickets than
threads.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

import apsw

from freshline.errors import BusyError, CatalogError, FreshlineError, InternalError, ResourceError
from freshline_catalog.connection import Connection, let_go
from freshline_catalog.faults import closed, fault, is_full, system_errno, translated

T_co = TypeVar("T_co", covariant=True)
_GROUP = 500


class Ticket(Generic[T_co]):
    """Work that the writer will do, and the place where its outcome appears.

    `weight` says how many events the work writes.
    """

    def __init__(self, work: Callable[[Connection], T_co], weight: int) -> None:
        self.weight = weight
        self._work = work
        self._done = threading.Event()
        self._result: tuple[T_co] | None = None
        self._error: BaseException | None = None

    def wait(self) -> T_co:
        """Return what the work returned once that is durable, or raise what went wrong."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        if self._result is None:
            raise InternalError("the catalog's writer answered without a result")
        return self._result[0]

    def run(self, connection: Connection, path: Path) -> None:
        """Do the work inside a savepoint; raise only when the whole transaction is lost."""
        connection.execute("savepoint ticket")
        try:
            with translated(path, connection):
                self._result = (self._work(connection),)
        except Exception as error:
            if not connection.in_transaction:  # SQLite rolled everything back by itself
                raise
            self._error = error
            connection.execute("rollback to ticket")
        connection.execute("release ticket")

    def answer(self, error: FreshlineError | None = None) -> None:
        """Let the caller go on, with the outcome of the work or with the group's error."""
        if error is not None and self._error is None:
            self._error = error
        self._done.set()


class GroupWriter:
    """Commits tickets durably, many in one transaction when many wait."""

    def __init__(self, path: Path, connect: Callable[[], Connection]) -> None:
        self._path = path
        self._connect = connect
        self._queue: SimpleQueue[Ticket[object] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._commits = 0

    @property
    def commits(self) -> int:
        """How many transactions were committed so far."""
        return self._commits

    def submit(self, work: Callable[[Connection], T_co], *, weight: int = 1) -> Ticket[T_co]:
        """Queue work for the next transaction; CatalogError after `close`.

        The work runs in the writer's thread. It may raise; then none of its writes remain.
        """
        ticket = Ticket(work, weight)
        with self._lock:
            if self._is_closed:
                raise closed(self._path)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve, name="freshline-catalog-writer", daemon=True
                )
                self._thread.start()
            self._queue.put(ticket)
        return ticket

    def close(self) -> None:
        """Commit what is queued and end the thread; idempotent."""
        with self._lock:
            is_first, self._is_closed = not self._is_closed, True
            if is_first:
                self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        connection: Connection | None = None
        while (first := self._queue.get()) is not None:
            group: list[Ticket[object]] = [first]
            try:
                connection = connection or self._connect()
                self._commit(connection, group)
            except Exception as error:
                for ticket in group:
                    ticket.answer(_again(error))
                # What a connection believes after a failure is not worth keeping.
                if connection is not None:
                    let_go(connection)
                    connection = None
        if connection is not None:
            let_go(connection)

    def _commit(self, connection: Connection, group: list[Ticket[object]]) -> None:
        try:
            with translated(self._path, connection):
                connection.execute("begin immediate")
        finally:
            # While this thread waited for the lock, others came; they share its fate.
            self._gather(group)
        with translated(self._path, connection):
            for ticket in group:
                ticket.run(connection, self._path)
        try:
            connection.execute("commit")
        except apsw.Error as error:
            raise self._uncommitted(connection, error) from error
        self._commits += 1
        for ticket in group:
            ticket.answer()

    def _gather(self, group: list[Ticket[object]]) -> None:
        weight = group[0].weight
        while weight < _GROUP:
            try:
                ticket = self._queue.get_nowait()
            except Empty:
                return
            if ticket is None:
                self._queue.put(None)  # nothing follows it: `submit` refuses once it is queued
                return
            group.append(ticket)
            weight += ticket.weight

    def _uncommitted(self, connection: Connection, error: apsw.Error) -> FreshlineError:
        system = system_errno(connection)
        if isinstance(error, apsw.BusyError) or is_full(error, system):
            return fault(self._path, error, system)
        return CatalogError(
            f"it is not known whether the last events reached the catalog {self._path}: {error}",
            help="look at its disk; `freshline events` shows what was recorded",
        )


def _again(error: Exception) -> FreshlineError:
    """Return a copy of a group's error, since each caller's traceback grows on its own."""
    if isinstance(error, BusyError | ResourceError | CatalogError):
        again: FreshlineError = type(error)(error.message, help=error.help)
    else:
        again = InternalError(f"the catalog's writer failed: {type(error).__name__}: {error}")
    again.__cause__ = error
    return again
