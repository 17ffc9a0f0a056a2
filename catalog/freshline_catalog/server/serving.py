"""Serving: from a socket to a running server, and to its end."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import FrameType

import uvicorn

from freshline import secrets
from freshline.catalog import Server as ServerKind
from freshline.catalog import Serving
from freshline.errors import ResourceError, UsageError
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.app import create_app
from freshline_catalog.server.door.sessions import new_link
from freshline_catalog.server.news import Hub
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Address, Scope, Services
from freshline_catalog.server.watching import Watcher

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_FURTHER = 20  # ports that are tried where nobody said which
_READER_MEMORY = 4096  # KiB
_TICK = 1.0  # seconds by which the date of answers may be late
_GRACE = 2  # seconds for answers that are on their way


def listen(host: str, port: int | None, first: int) -> socket.socket:
    """Return a socket that listens on a port, or where none is said on the next that is free.

    UsageError for a host that others can reach, ResourceError where nothing is free.
    """
    if host not in LOOPBACK:
        raise UsageError(
            f"the catalog is served on this machine only, not on {host}",
            help=f"leave out --host, or give one of {', '.join(LOOPBACK)}",
        )
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    address = "127.0.0.1" if host == "localhost" else host
    ports = [port] if port is not None else range(first, first + _FURTHER)
    last = OSError()
    for each in ports:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((address, each))
            made.listen(128)
        except OSError as error:
            made.close()
            last = error
            continue
        return made
    tried = str(port) if port is not None else f"{first} to {first + _FURTHER - 1}"
    raise ResourceError(
        f"nothing can be served on port {tried}: {last.strerror}",
        help="end what uses it, or name another with --port",
    ) from last


def serve(wanted: Serving) -> None:
    """Serve a catalog until a signal says that it is enough."""
    # This process puts no secret in anywhere, and shows what was said where some were.
    secrets.remember_all(os.environ)
    listening = listen(wanted.host, wanted.port, wanted.first)
    with closing(listening), closing(_opened(wanted.catalog)) as log:
        hub = Hub()
        services = Services(
            scope=Scope(wanted.project, wanted.environment),
            log=log,
            engine=wanted.engine,
            clock=_SystemClock(),
            logs=wanted.logs,
            address=Address(host=wanted.host, port=listening.getsockname()[1]),
            version=wanted.version,
            hub=hub,
            most=Role.VIEWER if wanted.read_only else Role.OPERATOR,
        )
        shown = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
        address = f"http://{shown}:{services.address.port}"
        config = uvicorn.Config(
            create_app(services),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE,
            lifespan="off",
            ws="none",
        )
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        server = _Server(
            config, hub, lambda: wanted.ready(address, new_link(services, services.most))
        )
        watcher = Watcher(services, hub)
        watcher.start()
        try:
            server.run(sockets=[listening])
        finally:
            watcher.stop()


_: ServerKind = serve


def _opened(catalog: Path) -> SqliteEventLog:
    """Return a catalog for many who each read a little: the system keeps the file in memory."""
    return SqliteEventLog(catalog, reader_memory=_READER_MEMORY)


class _SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return unix seconds, UTC."""
        return time.time()

    def until(self, at: float) -> float:
        """Return the seconds until a time."""
        return max(at - self.now(), 0.0)


class _Server(uvicorn.Server):
    """A server that says when it is ready, and tells those who wait when it ends."""

    def __init__(self, config: uvicorn.Config, hub: Hub, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._hub, self._ready = hub, ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._enough = asyncio.Event()

    async def main_loop(self) -> None:
        """Go on until a signal says that it is enough: nothing is due but the date of answers."""
        self._loop = asyncio.get_running_loop()
        while not self.should_exit:
            await self.on_tick(0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), _TICK)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End soon: what goes on for ever ends now, everything else may finish."""
        self._hub.end()
        self.should_exit, self.force_exit = True, self.should_exit
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._enough.set)
