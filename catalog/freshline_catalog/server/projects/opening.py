"""Opening: each of several projects on its own, again and again for as long as it cannot be.

Whatever is wrong with one stays with it: it is told on the page that lists all, and nobody waits.
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp

from freshline.catalog import OneOfSeveral
from freshline.errors import DefinitionError, FreshlineError
from freshline.ports import Clock
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.app import create_app
from freshline_catalog.server.door.ledgers import InMemory, Ledger
from freshline_catalog.server.door.limits import Buckets
from freshline_catalog.server.door.links import Links
from freshline_catalog.server.news import Hub, Trouble
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Address, Scope, Services, Sibling
from freshline_catalog.server.watching import Watcher

BELOW = "/projects"
_READER_MEMORY = 4096  # KiB
_FAREWELL = 2.0  # seconds for one that is being opened
_FIRST, _LONGEST = 0.5, 5.0  # seconds until it is tried again: twice as many each time


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all projects behind one door have in common."""

    host: str
    port: int
    clock: Clock
    version: str
    most: Role
    siblings: tuple[Sibling, ...]
    links: Links = field(default_factory=Links)
    sessions: Ledger = field(default_factory=InMemory)
    buckets: Buckets = field(default_factory=Buckets, compare=False)

    def address(self, path: str = "") -> Address:
        """Return where something is reached that is served here."""
        return Address(host=self.host, port=self.port, path=path, shared=True)


class Member:
    """One of several projects: `start` it, and `stop` it at the end."""

    def __init__(self, wanted: OneOfSeveral, shared: Shared) -> None:
        self._wanted, self._shared = wanted, shared
        self.name, self.folder = wanted.name, wanted.folder
        self.path = f"{BELOW}/{wanted.name}"
        self.services: Services | None = None
        self.trouble: Trouble | None = None
        self._watcher: Watcher | None = None
        self._app: ASGIApp | None = None
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self._open, name=f"freshline opening {wanted.name}", daemon=True
        )

    def start(self) -> None:
        """Begin to open it."""
        self._thread.start()

    def end(self) -> None:
        """Tell those who wait for news of it that there will be none."""
        if self.services is not None and self.services.hub is not None:
            self.services.hub.end()

    def stop(self) -> None:
        """Let go of it."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(_FAREWELL)
        if self._watcher is not None:
            self._watcher.stop()
        if self.services is not None:
            self.services.log.close()

    def app(self) -> ASGIApp | None:
        """Return the application that shows it, made when it is asked for; None as long as shut."""
        with self._lock:
            if self._app is None and self.services is not None:
                self._app = create_app(self.services, self._shared.buckets)
            return self._app

    def _open(self) -> None:
        wait = _FIRST
        while not self._over.is_set():
            try:
                services = self._opened()
            except Exception as error:  # whatever it is: the others are not to suffer from it
                self._tell(error)
                self._over.wait(wait)
                wait = min(2 * wait, _LONGEST)
                continue
            if services.hub is not None:
                self._watcher = Watcher(services, services.hub)
                self._watcher.start()
            self.services, self.trouble = services, None
            return

    def _opened(self) -> Services:
        found, shared = self._wanted.find(), self._shared
        return Services(
            scope=Scope(found.project, found.environment),
            log=opened(found.catalog),
            engine=found.engine,
            clock=shared.clock,
            logs=found.logs,
            address=shared.address(self.path),
            version=shared.version,
            links=shared.links,
            hub=Hub(),
            most=shared.most,
            ledger=shared.sessions,
            siblings=shared.siblings,
        )

    def _tell(self, error: Exception) -> None:
        message, help = str(error) or type(error).__name__, ""
        if isinstance(error, FreshlineError):
            message, help = error.message, error.help
        if isinstance(error, DefinitionError) and error.diagnostics:
            first = error.diagnostics[0]
            message, help = f"{first.code} {first.message}", first.fix
        now = self._shared.clock.now()
        self.trouble = Trouble(message, help, self.trouble.since if self.trouble else now)


def opened(catalog: Path) -> SqliteEventLog:
    """Return a catalog for many who each read a little: the system keeps the file in memory."""
    return SqliteEventLog(catalog, reader_memory=_READER_MEMORY)
