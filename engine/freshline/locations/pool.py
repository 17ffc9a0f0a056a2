"""Warm workers: kept between calls, one call at a time each, let go before they go bad."""

import threading
import time

from freshline.errors import ResourceError
from freshline.locations.calling import Worker
from freshline.locations.settings import Settings
from freshline.locations.spawning import Warden
from freshline.locations.starting import Kind, Place, kind_of

_MOST_IDLE = 8  # of one kind; more were only needed for a moment


class Pool:
    """The workers of one supervisor, by what they can be used for. Safe to use from many threads.

    From the second call of a kind on a spare worker is started ahead, so that neither a second
    call at the same time nor a worker's end has to wait for a start.
    """

    def __init__(self, warden: Warden, settings: Settings) -> None:
        self._warden = warden
        self._settings = settings
        self._lock = threading.Lock()
        self._idle: dict[Kind, list[Worker]] = {}
        self._known: set[Kind] = set()
        self._is_closed = False

    def take(self, place: Place, *, fresh: bool = False) -> Worker:
        """Return a worker for one call, a new one where `fresh`; it has to be given back.

        CodeError where the location's interpreter cannot be had.
        """
        kind = kind_of(place)
        retired: list[Worker] = []
        with self._lock:
            if self._is_closed:
                raise ResourceError("no code is run any more: the workers were closed")
            idle = self._idle.setdefault(kind, [])
            found = _chosen(idle, retired, self._settings, fresh=fresh)
            wants_spare = self._settings.keep_spare and kind in self._known and not idle
            self._known.add(kind)
        for worker in retired:
            worker.end()
        if found is None:
            found = Worker(self._warden, kind, self._settings)
        if wants_spare:
            self._add(kind, Worker(self._warden, kind, self._settings))
        return found

    def prepare(self, place: Place) -> None:
        """Start a worker for a place, if none waits, so that the first call finds it ready."""
        kind = kind_of(place)
        with self._lock:
            is_needed = not self._is_closed and not self._idle.get(kind)
        if is_needed:
            self._add(kind, Worker(self._warden, kind, self._settings))

    def give(self, worker: Worker, *, keep: bool = True) -> None:
        """Take a worker back: to be used again, if it may be."""
        if keep and why_not(worker, self._settings) == "":
            self._add(worker.kind, worker)
        else:
            worker.end()

    def close(self) -> None:
        """End the workers that have nothing to do; no more are handed out."""
        with self._lock:
            self._is_closed = True
            idle = [worker for workers in self._idle.values() for worker in workers]
            self._idle.clear()
        for worker in idle:
            worker.process.kill()
        for worker in idle:
            worker.end()

    def _add(self, kind: Kind, worker: Worker) -> None:
        with self._lock:
            idle = self._idle.setdefault(kind, [])
            fits = not self._is_closed and len(idle) < _MOST_IDLE
            if fits:
                idle.append(worker)
        if not fits:
            worker.end()


def why_not(worker: Worker, settings: Settings) -> str:
    """Say why a worker is not to be used again; nothing where it may be."""
    if worker.left_behind:
        return worker.left_behind
    if worker.calls >= settings.most_calls:
        return f"it served {worker.calls} calls"
    if time.monotonic() - worker.process.started_at > settings.most_age:
        return "it is old"
    allowed = max(worker.first_rss * settings.most_growth, settings.growth_floor)
    if worker.first_rss and worker.rss - worker.first_rss > allowed:
        return "its memory has grown"
    if worker.has_old_code():
        return "files that it imported have changed"
    return "" if worker.is_alive() else "it ended"


def _chosen(
    idle: list[Worker], retired: list[Worker], settings: Settings, *, fresh: bool
) -> Worker | None:
    """Take the worker out of `idle` that was used last; those that went bad go to `retired`."""
    for worker in list(reversed(idle)):
        if fresh and worker.calls:
            continue
        idle.remove(worker)
        if why_not(worker, settings) == "":
            return worker
        retired.append(worker)
    return None
