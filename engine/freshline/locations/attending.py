"""Attending to one process until its call ends: its words, its time, and the ladder to its end.

The ladder: the exception that cancels, SIGTERM, SIGKILL of everything that descends from it; each
step comes when the one before did not help within its grace.
"""

import threading
import time
from collections.abc import Callable
from enum import IntEnum

from freshline.locations.lines import Lines
from freshline.locations.process import Below, Ended, Output, Process, Said, Woken
from freshline.locations.settings import Settings


class Rung(IntEnum):
    """How far a process has been asked to leave."""

    NOT_ASKED = 0
    CANCELLED = 1
    TERMINATED = 2
    KILLED = 3


class Cause(IntEnum):
    """Why a process is asked to leave."""

    NONE = 0
    TIMED_OUT = 1
    INTERRUPTED = 2


class Attendance:
    """One thread's watch over one process; `interrupt` may come from any thread."""

    def __init__(
        self,
        process: Process,
        lines: Lines,
        settings: Settings,
        *,
        timeout: float | None = None,
        cancel: Callable[[], None] | None = None,
    ) -> None:
        self.process = process
        self.lines = lines
        self.rung = Rung.NOT_ASKED
        self.cause = Cause.NONE
        self.below: int | None = None
        self.timeout = timeout
        self._settings = settings
        self._cancel = cancel
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._next: float | None = None
        self._interrupted = threading.Event()
        self._is_hurried = False

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of the process."""
        return self.process.is_empty

    def allow(self, seconds: float) -> None:
        """Begin the time anew that the process has."""
        self._deadline = time.monotonic() + seconds

    def interrupt(self, *, at_once: bool = False) -> None:
        """Begin the ladder soon, whatever the thread that attends is waiting for.

        `at_once` leaves out all rungs but the last.
        """
        self._is_hurried = self._is_hurried or at_once
        self._interrupted.set()
        self.process.wake()

    def step(self, until: float | None = None) -> list[bytes]:
        """Wait for what happens next, no longer than `until`; return what came over the socket.

        An empty one says that the worker closed its end. Lines are told, deadlines kept.
        """
        self._climb()
        said: list[bytes] = []
        for happening in self.process.wait(self._patience(until)):
            match happening:
                case Output():
                    self.lines.output(happening.source, happening.data)
                case Said():
                    said.append(happening.data)
                case Below():
                    self.below = happening.processes
                case Ended() | Woken() | _:
                    pass
        return said

    def drain(self) -> list[bytes]:
        """Tell what is in the pipes now, and return what is in the socket."""
        said: list[bytes] = []
        for one in self.process.waiting():
            if isinstance(one, Output):
                self.lines.output(one.source, one.data)
            else:
                said.append(one.data)
        return said

    def finish(self) -> bool:
        """Kill what is left, tell the last lines, close; say whether nothing is left."""
        until = time.monotonic() + self._settings.end_grace
        self.process.kill()
        try:
            while not self.process.is_empty and time.monotonic() < until:
                for happening in self.process.wait(until - time.monotonic()):
                    if isinstance(happening, Output):
                        self.lines.output(happening.source, happening.data)
            self.drain()
            self.lines.end()
        finally:
            self.process.close()
        return self.process.is_empty

    def _patience(self, until: float | None) -> float | None:
        moments = [at for at in (until, self._due()) if at is not None]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _due(self) -> float | None:
        return self._deadline if self.rung is Rung.NOT_ASKED else self._next

    def _climb(self) -> None:
        """Take the next step of the ladder, if it is time."""
        now = time.monotonic()
        if self._is_hurried and self.rung is not Rung.KILLED:
            self.cause = self.cause or Cause.INTERRUPTED
            return self._take(Rung.KILLED, now)
        if self.rung is Rung.NOT_ASKED:
            if self._interrupted.is_set():
                self.cause = Cause.INTERRUPTED
            elif self._deadline is not None and now >= self._deadline:
                self.cause = Cause.TIMED_OUT
            else:
                return
        elif self._next is None or now < self._next:
            return
        self._take(Rung(self.rung + 1), now)

    def _take(self, rung: Rung, now: float) -> None:
        self.rung = rung
        match rung:
            case Rung.CANCELLED:
                if self._cancel is None:
                    return self._take(Rung.TERMINATED, now)
                self._cancel()
                self._next = now + self._settings.cancel_grace
            case Rung.TERMINATED:
                self.process.terminate()
                self._next = now + self._settings.terminate_grace
            case Rung.KILLED | Rung.NOT_ASKED:
                self.process.kill()
                self._next = None
