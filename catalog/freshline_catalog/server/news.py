"""News: who notices that the catalog has changed, and tells whoever waits for it.

The hub is told by threads and waited for by coroutines; it holds no connection, and nobody waits
for those who listen.
"""

import asyncio
import threading
from contextlib import suppress
from typing import NamedTuple, Protocol


class Moment(NamedTuple):
    """How far the catalog is: its last sequence, the serials of its survey and of automation."""

    sequence: int
    survey: int
    automation: int = 0


class Trouble(NamedTuple):
    """Why no survey can be made now, what to do, and since when: pages show the one before."""

    message: str
    help: str
    since: float


class News(Protocol):
    """Whoever notices that the catalog has changed, and tells those who wait."""

    @property
    def is_over(self) -> bool:
        """Whether the server is about to end: nobody should go on waiting."""
        ...

    async def wait(self, after: Moment, timeout: float) -> Moment:
        """Return how far the catalog is when that is no longer `after`, or when time is up."""
        ...


class Hub:
    """News as they come in. Safe to tell from any thread, and to wait for in any event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moment = Moment(0, 0)
        self._is_over = False
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._trouble: Trouble | None = None
        self._turns = 0

    @property
    def trouble(self) -> Trouble | None:
        """Why no survey can be made now, None where one can."""
        return self._trouble

    @trouble.setter
    def trouble(self, trouble: Trouble | None) -> None:
        self._turns += trouble != self._trouble
        self._trouble = trouble

    @property
    def turns(self) -> int:
        """How often it became another trouble, or none: every page says which there is."""
        return self._turns

    @property
    def moment(self) -> Moment:
        """How far the catalog is."""
        return self._moment

    @property
    def is_over(self) -> bool:
        """Whether the server is about to end."""
        return self._is_over

    def tell(self, moment: Moment) -> None:
        """Tell everybody who waits how far the catalog is."""
        with self._lock:
            self._moment = moment
            self._wake()

    def end(self) -> None:
        """Tell everybody who waits that the server is about to end."""
        with self._lock:
            self._is_over = True
            self._wake()

    async def wait(self, after: Moment, timeout: float) -> Moment:
        """Return how far the catalog is when that is beyond `after`; `after` when time is up.

        Who has looked for themselves may know more than was told here so far.
        """
        event = asyncio.Event()
        waiter = (asyncio.get_running_loop(), event)
        with self._lock:
            if self._is_over or _is_behind(after, self._moment):
                return self._moment
            self._waiting.add(waiter)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), timeout)
        finally:
            with self._lock:
                self._waiting.discard(waiter)
        now = self._moment
        return now if _is_behind(after, now) else after

    def _wake(self) -> None:
        for loop, event in self._waiting:
            with suppress(RuntimeError):  # its loop has ended
                loop.call_soon_threadsafe(event.set)
        self._waiting.clear()


def _is_behind(before: Moment, now: Moment) -> bool:
    return any(earlier < later for earlier, later in zip(before, now, strict=True))
