"""The event log in SQLite: `freshline.ports.EventLog` on one file that any process may open."""

import gc
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

from freshline import codec
from freshline.claims import Claim
from freshline.events import Event, Materialized, Recorded
from freshline.failpoints import failpoint
from freshline.keys import Target
from freshline.ports import EventLog, Holder, Lease, Wait
from freshline.state import State, TargetState
from freshline.versions import Build, Logic
from freshline_catalog import audit, database, lease, projections, recording
from freshline_catalog.connection import Connection, Row, let_go
from freshline_catalog.faults import closed, translated
from freshline_catalog.statements import statements
from freshline_catalog.writer import GroupWriter

T = TypeVar("T")
_IDLE_READERS = 8
_MANY = 500  # states that are worth a pause of the collector
_READER_MEMORY = 65_536


class _Snapshot(NamedTuple):
    """What was known last: who looks often decodes only what changed since."""

    state: State
    texts: Mapping[str, TargetState]


class SqliteEventLog:
    """The catalog of one project in the file `path`, made where there is none.

    Opening raises ResourceError where the file cannot be made or written or lies on a network
    filesystem, CatalogError where it is damaged, not a catalog, or from a newer Freshline. Every
    method raises CatalogError after `close`. Each of some readers keeps up to `reader_memory` KiB
    of the file.
    """

    def __init__(self, path: Path, *, reader_memory: int = _READER_MEMORY) -> None:
        self._path = path.absolute()
        self._reader_memory = reader_memory
        self._readers = deque([self._frugal(database.prepare(self._path))])
        self._writer = GroupWriter(self._path, partial(database.connect_writer, self._path))
        self._leases: list[lease.FileLease] = []
        self._lock = threading.Lock()
        self._is_closed = False
        self._snapshots: dict[tuple[str, str], _Snapshot] = {}

    @property
    def path(self) -> Path:
        """The catalog's file."""
        return self._path

    @property
    def commits(self) -> int:
        """How many transactions this log has committed; callers at one time share them."""
        return self._writer.commits

    def append(self, events: Sequence[Event]) -> int:
        """Record the events, all or none, in order; durable on return. Return the last sequence.

        Raise BusyError when an AttemptStarted meets a live attempt, ResourceError when the machine
        refuses: then nothing was written. CatalogError says when nobody can know.
        """
        drafts = [recording.draft(event) for event in events]
        if not drafts:
            with self.reader() as connection:
                return recording.last_sequence(connection)
        work = partial(recording.record, drafts=drafts)
        last = self._writer.submit(work, weight=len(drafts)).wait()
        if any(isinstance(event, Materialized) for event in events):
            with translated(self._path):
                failpoint("record.after_commit")
        return last

    def claim(self, claims: Sequence[Claim]) -> tuple[int, ...]:
        """Record the intents as AttemptStarted events; return their fences, higher than any before.

        All or none; BusyError when a target has a live attempt, when another version than `seen` is
        on record, or when as many attempts live in its environment as one of its pools has places.
        """
        with translated(self._path):
            failpoint("claim.before")
        work = partial(recording.claim, claims=tuple(claims))
        fences = self._writer.submit(work, weight=len(claims)).wait()
        with translated(self._path):
            failpoint("claim.after_commit")
        return fences

    def acquire(self, holder: Holder, *, shared: bool = False, wait: Wait | None = None) -> Lease:
        """Take the lease `holder.name`, alone or shared.

        While it cannot be had, `wait` is called with a BusyError that says who has it; without a
        `wait` the error is raised.
        """
        held = lease.acquire(self._path, holder, _Rows(self, shared), shared=shared, wait=wait)
        with self._lock:
            self._leases = [old for old in self._leases if old.is_held] + [held]
        return held

    def holder(self, name: str) -> Holder | None:
        """Return who holds a lease at this moment, the last to come of several; None for nobody."""
        found = self.holders(name)
        return found[-1] if found else None

    def holders(self, name: str) -> tuple[Holder, ...]:
        """Return all who hold a lease at this moment, in the order in which they came."""
        if self._is_closed:
            raise closed(self._path)
        rows = _Rows(self, shared=False)
        if not lease.is_held(self._path, name):
            return lease.sharing(self._path, name, rows)
        known = rows.known(name)
        # Between taking a lease and writing it down, the one before is still on record.
        is_there = known is not None and lease.may_hold(self._path, known)
        return (known,) if known is not None and is_there else ()

    def snapshot(self, project: str, environment: str) -> State:
        """Return what is known to exist there, as of one instant."""
        sql = statements("queries")
        with self.reader() as connection:
            connection.execute("begin")
            sequence = cast(int, connection.execute(sql["last_sequence"]).fetchall()[0][0])
            known = self._snapshots.get((project, environment))
            if known is not None and known.state.sequence == sequence:
                connection.execute("commit")
                return known.state
            rows = connection.execute(sql["states"], (project, environment)).fetchall()
            connection.execute("commit")
        texts: Mapping[str, TargetState] = known.texts if known is not None else {}
        found = cast(list[str], [row[0] for row in rows])
        # To pause it takes longer than to read a few, where much is frozen.
        is_large = sum(text not in texts for text in found) > _MANY
        with translated(self._path), _collector_paused() if is_large else nullcontext():
            states = {text: texts.get(text) or codec.decode(text, TargetState) for text in found}
            targets = {state.target: state for state in states.values()}
            state = State(sequence=sequence, targets=targets)
        self._snapshots[project, environment] = _Snapshot(state, states)
        return state

    def builds(self, target: Target, limit: int = 100) -> tuple[Build, ...]:
        """Return the versions materialized for a target, latest first, one for each mat_id."""
        rows = self._rows("builds", *target, max(0, limit))
        with translated(self._path):
            return tuple(codec.decode(cast(str, row[0]), Build) for row in rows)

    def logic(self, mat_ids: Iterable[str]) -> Mapping[str, Logic]:
        """Return the logic of versions by mat_id; unknown ones are left out."""
        rows = self._rows("logic", codec.encode(tuple(mat_ids)).decode())
        with translated(self._path):
            return {cast(str, row[0]): codec.decode(cast(str, row[1]), Logic) for row in rows}

    def events(
        self, *, after: int = 0, limit: int = 500, asset: str | None = None, run: str | None = None
    ) -> tuple[Recorded, ...]:
        """Return events behind a sequence in ascending order."""
        name = "events" + ("_of_asset" if asset is not None else "")
        if run is not None:
            name += "_of_run" if asset is None else "_in_run"
        filters = [value for value in (asset, run) if value is not None]
        return self._events(name, after, max(0, limit), *filters)

    def latest(self, *, limit: int = 50, asset: str | None = None) -> tuple[Recorded, ...]:
        """Return the newest events, newest first."""
        if asset is None:
            return self._events("latest", max(0, limit))
        return self._events("latest_of_asset", max(0, limit), asset)

    def runs(self, project: str, limit: int = 50) -> tuple[Recorded, ...]:
        """Return RunStarted events, newest first."""
        return self._events("runs", project, max(0, limit))

    def write(self, work: Callable[[Connection], T], *, weight: int = 1) -> T:
        """Have work done inside a transaction; what it returns is durable then.

        The work runs in the writer's thread, with the work of others in the same transaction. It
        may raise: then nothing of it remains. `weight` says how many events' worth it writes.
        """
        return self._writer.submit(work, weight=weight).wait()

    def rebuild(self) -> None:
        """Fold the log into its tables anew, in one transaction; what they said before is lost."""
        self._writer.submit(projections.rebuild).wait()
        self._snapshots.clear()

    def check(self) -> tuple[str, ...]:
        """Return, in sentences, where the tables are not the fold of the log."""
        with self.reader() as connection:
            connection.execute("begin")
            found = audit.differences(connection)
            connection.execute("commit")
            return found

    def close(self) -> None:
        """Write what is queued, give back the leases taken here and let go of the file."""
        self._snapshots.clear()
        with self._lock:
            self._is_closed = True
        self._writer.close()
        for held in self._leases:
            held.release()
        while self._readers:
            let_go(self._readers.pop())

    def _events(self, name: str, *bindings: str | int) -> tuple[Recorded, ...]:
        rows = cast(list[tuple[int, str, str]], self._rows(name, *bindings))
        with translated(self._path):
            return tuple(
                Recorded(sequence=sequence, event=projections.read_event(kind, body))
                for sequence, kind, body in rows
            )

    def _rows(self, name: str, *bindings: str | int) -> list[Row]:
        with self.reader() as connection:
            return connection.execute(statements("queries")[name], bindings).fetchall()

    def _frugal(self, connection: Connection) -> Connection:
        connection.pragma("cache_size", -self._reader_memory)
        return connection

    @contextmanager
    def reader(self) -> Generator[Connection]:
        """Lend a connection that only reads: it waits for nobody, and nobody waits for it."""
        if self._is_closed:
            raise closed(self._path)
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._frugal(database.connect(self._path, query_only=True))
        try:
            with translated(self._path, connection):
                yield connection
        except BaseException:
            let_go(connection)
            raise
        self._readers.append(connection)
        if self._is_closed or len(self._readers) > _IDLE_READERS:
            with self._lock:
                if self._readers:
                    let_go(self._readers.pop())


_: type[EventLog] = SqliteEventLog


class _Rows:
    """The rows about leases in a catalog, as whoever comes to share one reads and writes them."""

    def __init__(self, log: SqliteEventLog, shared: bool) -> None:
        self._log = log
        self._shared = shared

    def take(self, holder: Holder, gone: Sequence[str]) -> int:
        """Write down who has a lease alone, or shares it, and forget rows; return the epoch."""
        work = partial(recording.take_lease, holder=holder, shared=self._shared, gone=tuple(gone))
        return self._log.write(work)

    def known(self, name: str) -> Holder | None:
        """Return who was written down last under a name."""
        found = self._holders("lease", name)
        return found[0] if found else None

    def sharing(self, name: str) -> tuple[Holder, ...]:
        """Return who was written down as sharing a lease, in the order in which they came."""
        first = f"{name}{lease.SHARE}"
        return self._holders("leases_shared", first, f"{first}\uffff")

    def _holders(self, query: str, *bindings: str) -> tuple[Holder, ...]:
        with self._log.reader() as connection:
            rows = connection.execute(statements("queries")[query], bindings).fetchall()
        with translated(self._log.path):
            return tuple(codec.decode(cast(str, row[0]), Holder) for row in rows)


_also: type[lease.Register] = _Rows


@contextmanager
def _collector_paused() -> Generator[None]:
    """Keep Python's cyclic collector from walking over many new values that hold no cycles."""
    was_enabled, frozen = gc.isenabled(), gc.get_freeze_count()
    gc.disable()
    try:
        yield
    finally:
        # Freezing and thawing moves everything to the oldest generation without looking at it;
        # otherwise the next allocation would have all of it walked after all.
        if not frozen:
            gc.freeze()
            gc.unfreeze()
        if was_enabled:
            gc.enable()
