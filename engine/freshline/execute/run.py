"""A run: which steps may start, and how each ended. No thread, no clock, no storage.

Rules:
1. A step may start when all it waits for ended well.
2. A step that failed takes all that wait for it, directly or not, out of the run: skipped.
3. Cancelling takes out what has not started; what is running ends by itself.
4. A status only moves along the table below; every step ends in exactly one final status.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from enum import StrEnum

from freshline.errors import InternalError


class Status(StrEnum):
    """Where a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    BUILT = "built"
    REPUBLISHED = "republished"
    VERIFIED = "verified"
    CHECKED = "checked"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


GOOD = frozenset({Status.BUILT, Status.REPUBLISHED, Status.VERIFIED, Status.CHECKED})
FINAL = GOOD | {Status.FAILED, Status.SKIPPED, Status.CANCELLED}

TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.RUNNING, Status.SKIPPED, Status.CANCELLED}),
    Status.RUNNING: GOOD | {Status.FAILED, Status.CANCELLED},
    **{status: frozenset[Status]() for status in FINAL},
}


class Run:
    """The steps of one plan on their way, each named by its asset."""

    def __init__(self, after: Mapping[str, Iterable[str]]) -> None:
        """Take the steps in plan order, each with the steps it waits for."""
        self.status: dict[str, Status] = dict.fromkeys(after, Status.WAITING)
        self._missing = {key: len(set(waits)) for key, waits in after.items()}
        self._readers: dict[str, list[str]] = {key: [] for key in after}
        for key, waits in after.items():
            for upstream in set(waits):
                self._readers[upstream].append(key)
        self._ready = deque(key for key, count in self._missing.items() if count == 0)
        self._open = len(self.status)

    @property
    def finished(self) -> bool:
        """Whether every step is in a final status."""
        return self._open == 0

    @property
    def ended(self) -> int:
        """How many steps are in a final status."""
        return len(self.status) - self._open

    def start(self) -> str | None:
        """Move the first step that may start to running and return it; None when none may now."""
        while self._ready:
            key = self._ready.popleft()
            if self.status[key] is Status.WAITING:
                self._move(key, Status.RUNNING)
                return key
        return None

    def finish(self, key: str, status: Status) -> tuple[str, ...]:
        """Record how a running step ended; return the steps that this takes out of the run."""
        self._move(key, status)
        if status in GOOD:
            for reader in self._readers[key]:
                self._missing[reader] -= 1
                if self._missing[reader] == 0:
                    self._ready.append(reader)
            return ()
        if status is Status.CANCELLED:
            return ()
        return self._skip_readers(key)

    def cancel(self) -> tuple[str, ...]:
        """Take out every step that has not started, and return them."""
        waiting = tuple(key for key, status in self.status.items() if status is Status.WAITING)
        for key in waiting:
            self._move(key, Status.CANCELLED)
        return waiting

    def counts(self) -> dict[str, int]:
        """Return how many steps are in each status that occurs."""
        counts: dict[str, int] = {}
        for status in self.status.values():
            counts[status.value] = counts.get(status.value, 0) + 1
        return counts

    def _skip_readers(self, key: str) -> tuple[str, ...]:
        skipped: list[str] = []
        queue = [key]
        while queue:
            for reader in self._readers[queue.pop()]:
                if self.status[reader] is Status.WAITING:
                    self._move(reader, Status.SKIPPED)
                    skipped.append(reader)
                    queue.append(reader)
        return tuple(skipped)

    def _move(self, key: str, status: Status) -> None:
        now = self.status[key]
        if status not in TRANSITIONS[now]:
            raise InternalError(f"step {key} cannot go from {now} to {status}")
        self.status[key] = status
        if status in FINAL:
            self._open -= 1
