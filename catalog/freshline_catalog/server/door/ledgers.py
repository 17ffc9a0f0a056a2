"""Where sessions are kept: in the catalog of a project, or in the memory of this process."""

import threading
from typing import NamedTuple, Protocol, cast

from freshline_catalog.connection import Connection
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.statements import statements


class Entered(NamedTuple):
    """A session on record: the hash of its secret, whom it signs in, and its times."""

    hashed: str
    actor: str
    role: str
    created: float
    seen: float
    expires: float


class Known(NamedTuple):
    """Whom a session signs in, and when it was used last."""

    actor: str
    role: str
    seen: float


class Ledger(Protocol):
    """Where sessions are kept. `idle_since` is when they must have been used last, at least."""

    def begin(self, entered: Entered, before: str | None, idle_since: float) -> None:
        """Keep a session in place of the one `before`, and forget those that have ended."""
        ...

    def find(self, hashed: str, now: float, idle_since: float) -> Known | None:
        """Return a session that has not ended, None for no such one."""
        ...

    def touch(self, hashed: str, now: float) -> None:
        """Write down that a session was used."""
        ...

    def end(self, hashed: str) -> None:
        """Forget a session; nothing happens where there is none."""
        ...


class InCatalog:
    """Sessions in a catalog: they outlast the process."""

    def __init__(self, log: SqliteEventLog) -> None:
        self._log = log

    def begin(self, entered: Entered, before: str | None, idle_since: float) -> None:
        """Keep a session in place of the one `before`, and forget those that have ended."""
        sql = statements("sessions")

        def write(connection: Connection) -> None:
            connection.execute(sql["forget_ended"], (entered.created, idle_since))
            if before is not None:
                connection.execute(sql["end"], (before,))
            connection.execute(sql["begin"], entered)

        self._log.write(write)

    def find(self, hashed: str, now: float, idle_since: float) -> Known | None:
        """Return a session that has not ended, None for no such one."""
        with self._log.reader() as connection:
            sql = statements("sessions")["find"]
            rows = connection.execute(sql, (hashed, now, idle_since)).fetchall()
        return Known(*cast(tuple[str, str, float], rows[0])) if rows else None

    def touch(self, hashed: str, now: float) -> None:
        """Write down that a session was used."""
        sql = statements("sessions")["touch"]
        self._log.write(lambda connection: connection.execute(sql, (now, hashed)))

    def end(self, hashed: str) -> None:
        """Forget a session; nothing happens where there is none."""
        sql = statements("sessions")["end"]
        self._log.write(lambda connection: connection.execute(sql, (hashed,)))


class InMemory:
    """Sessions of this process: no catalog can add to them, and none is needed to sign in."""

    def __init__(self) -> None:
        self._kept: dict[str, Entered] = {}
        self._lock = threading.Lock()

    def begin(self, entered: Entered, before: str | None, idle_since: float) -> None:
        """Keep a session in place of the one `before`, and forget those that have ended."""
        with self._lock:
            lasting = (each for each in self._kept.values() if each.hashed != before)
            now = entered.created
            self._kept = {e.hashed: e for e in lasting if _lasts(e, now, idle_since)}
            self._kept[entered.hashed] = entered

    def find(self, hashed: str, now: float, idle_since: float) -> Known | None:
        """Return a session that has not ended, None for no such one."""
        with self._lock:
            found = self._kept.get(hashed)
        if found is None or not _lasts(found, now, idle_since):
            return None
        return Known(found.actor, found.role, found.seen)

    def touch(self, hashed: str, now: float) -> None:
        """Write down that a session was used."""
        with self._lock:
            if (found := self._kept.get(hashed)) is not None:
                self._kept[hashed] = found._replace(seen=now)

    def end(self, hashed: str) -> None:
        """Forget a session; nothing happens where there is none."""
        with self._lock:
            self._kept.pop(hashed, None)


_: tuple[type[Ledger], ...] = (InCatalog, InMemory)


def _lasts(entered: Entered, now: float, idle_since: float) -> bool:
    return entered.expires > now and entered.seen > idle_since
