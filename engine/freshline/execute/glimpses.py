"""Glimpses: what sources show through windows, found out by one scan for all steps of a run."""

import threading
from collections.abc import Iterable

from freshline.ports import Compute
from freshline.versions import Output, Window


class Glimpses:
    """What is known of each version of a source. Several threads may ask at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Lock] = {}
        self._known: dict[str, dict[Window, str]] = {}

    def through(
        self, compute: Compute, version: str, relation: str, windows: Iterable[Window]
    ) -> tuple[Output, ...]:
        """Return what a version of a source shows; scanned once for those that ask together."""
        wanted = tuple(dict.fromkeys(windows))
        with self._lock:
            busy = self._busy.setdefault(version, threading.Lock())
        with busy:
            known = self._known.setdefault(version, {})
            missing = [window for window in wanted if window not in known]
            if missing:
                for output in compute.glimpse(relation, missing):
                    known[output.window] = output.data_version
            return tuple(Output(window, known[window]) for window in wanted if window in known)
