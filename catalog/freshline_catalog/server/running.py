"""Running: a socket that listens, and an application that answers on it until it is enough."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from freshline.errors import ResourceError, UsageError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_FURTHER = 20  # ports that are tried where nobody said which
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


def run(
    app: ASGIApp, listening: socket.socket, ready: Callable[[], None], end: Callable[[], None]
) -> None:
    """Answer until a signal says that it is enough.

    `ready` is called when the first answer can be had, `end` when those who wait are to be told.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE,
        lifespan="off",
        ws="none",
    )
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    _Server(config, ready, end).run(sockets=[listening])


def shown(host: str, port: int) -> str:
    """Return the address of a server, as people open it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return unix seconds, UTC."""
        return time.time()

    def until(self, at: float) -> float:
        """Return the seconds until a time."""
        return max(at - self.now(), 0.0)


class _Server(uvicorn.Server):
    """A server that says when it is ready, and tells those who wait when it ends."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], end: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ready, self._end = ready, end
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
        self._end()
        self.should_exit, self.force_exit = True, self.should_exit
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._enough.set)
