"""A run: which steps may start, and how each ended. No thread, no clock, no storage.

Rules:
1. A step may start when all it waits for ended well.
2. A step that failed takes all that wait for it, directly or not, out of the run: skipped. What
   can do without it goes on as if it had ended well.
3. A step that failed may be put off instead: until its moment comes it is not running, and what
   waits for it goes on waiting; then it may start again. Whether and for how long is not decided
   here (see retry.py), only that it is running at most once at any time. Nor is it decided here
   for what a step is queued that found that it could not begin: it did not try.
4. A step that is due again starts before one that has not started yet.
5. Cancelling takes out what has not started and what is put off; what is running ends by itself.
6. A status only moves along the table below; every step ends in exactly one final status.

Moments are numbers that the caller gives and compares: the run never asks what time it is.
"""

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from freshline.errors import InternalError


class Status(StrEnum):
    """Where a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    RETRYING = "retrying"  # it failed, and is put off until it may start again
    QUEUED = "queued"  # another run is at its asset, or a pool is full
    BUILT = "built"
    REPUBLISHED = "republished"
    VERIFIED = "verified"
    CHECKED = "checked"
    DROPPED = "dropped"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


GOOD = frozenset(
    {Status.BUILT, Status.REPUBLISHED, Status.VERIFIED, Status.CHECKED, Status.DROPPED}
)
FINAL = GOOD | {Status.FAILED, Status.SKIPPED, Status.CANCELLED}

TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.RUNNING, Status.SKIPPED, Status.CANCELLED}),
    Status.RUNNING: GOOD
    | {Status.FAILED, Status.SKIPPED, Status.CANCELLED, Status.RETRYING, Status.QUEUED},
    Status.RETRYING: frozenset({Status.RUNNING, Status.CANCELLED}),
    Status.QUEUED: frozenset({Status.RUNNING, Status.CANCELLED}),
    **{status: frozenset[Status]() for status in FINAL},
}


class Run:
    """The steps of one plan on their way, each named by its asset."""

    def __init__(
        self,
        after: Mapping[str, Iterable[str]],
        without: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """Take the steps in plan order, each with the steps it waits for, or can do `without`."""
        self._without = without or {}
        self.status: dict[str, Status] = dict.fromkeys(after, Status.WAITING)
        self.attempts: dict[str, int] = dict.fromkeys(after, 0)
        self._missing = {key: len(set(waits)) for key, waits in after.items()}
        self._readers: dict[str, list[str]] = {key: [] for key in after}
        for key, waits in after.items():
            for upstream in set(waits):
                self._readers[upstream].append(key)
        self._ready = deque(key for key, count in self._missing.items() if count == 0)
        self._put_off: list[tuple[float, int, str]] = []
        self._open = len(self.status)

    @property
    def finished(self) -> bool:
        """Whether every step is in a final status."""
        return self._open == 0

    @property
    def ended(self) -> int:
        """How many steps are in a final status."""
        return len(self.status) - self._open

    @property
    def due(self) -> float | None:
        """The moment from which a step that was put off may start again; None without one."""
        self._forget_cancelled()
        return self._put_off[0][0] if self._put_off else None

    def start(self, now: float) -> str | None:
        """Move the first step that may start to running and return it; None when none may now."""
        if (due := self.due) is not None and due <= now:
            return self._started(heapq.heappop(self._put_off)[2])
        while self._ready:
            key = self._ready.popleft()
            if self.status[key] is Status.WAITING:
                return self._started(key)
        return None

    def put_off(self, key: str, until: float) -> None:
        """Record that a running step failed and may start again at a moment."""
        self._move(key, Status.RETRYING)
        heapq.heappush(self._put_off, (until, len(self._put_off), key))

    def queue(self, key: str, until: float) -> None:
        """Record that a running step could not begin, and is to be started again at a moment."""
        self._move(key, Status.QUEUED)
        self.attempts[key] -= 1
        heapq.heappush(self._put_off, (until, len(self._put_off), key))

    def finish(self, key: str, status: Status) -> tuple[str, ...]:
        """Record how a running step ended; return the steps that this takes out of the run."""
        self._move(key, status)
        if status in GOOD:
            for reader in self._readers[key]:
                self._arrive(reader)
            return ()
        if status is Status.CANCELLED:
            return ()
        return self._skip_readers(key)

    def cancel(self) -> tuple[str, ...]:
        """Take out every step that has not started or is put off, and return them."""
        idle = (Status.WAITING, Status.RETRYING, Status.QUEUED)
        waiting = tuple(key for key, status in self.status.items() if status in idle)
        for key in waiting:
            self._move(key, Status.CANCELLED)
        return waiting

    def counts(self) -> dict[str, int]:
        """Return how many steps are in each status that occurs."""
        counts: dict[str, int] = {}
        for status in self.status.values():
            counts[status.value] = counts.get(status.value, 0) + 1
        return counts

    def _arrive(self, reader: str) -> None:
        self._missing[reader] -= 1
        if self._missing[reader] == 0:
            self._ready.append(reader)

    def _started(self, key: str) -> str:
        self._move(key, Status.RUNNING)
        self.attempts[key] += 1
        return key

    def _forget_cancelled(self) -> None:
        put_off = (Status.RETRYING, Status.QUEUED)
        while self._put_off and self.status[self._put_off[0][2]] not in put_off:
            heapq.heappop(self._put_off)

    def _skip_readers(self, key: str) -> tuple[str, ...]:
        skipped: list[str] = []
        queue = [key]
        while queue:
            failed = queue.pop()
            for reader in self._readers[failed]:
                if failed in self._without.get(reader, ()):
                    self._arrive(reader)
                elif self.status[reader] is Status.WAITING:
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
