"""Daemons as processes that tests begin, watch through the catalog, and kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from freshline.events import Event, Materialized, RunFinished, RunStarted
from freshline.ports import Holder
from freshline.ticks import Requested, Tick, leadership
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog

HERE = ("shop", "main")  # flights has a catalog of its own, and no requests are looked at
LONG_ENOUGH = 60.0
_LOOK = 0.05
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the catalog of a project says at one moment."""

    events: tuple[Event, ...]
    requests: tuple[Requested, ...]
    ticks: tuple[Tick, ...]
    leader: Holder | None

    def of(self, kind: type[T]) -> list[T]:
        """Return the events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def versions(self) -> list[tuple[str, int]]:
        """Return what was published, in order: assets and numbers."""
        return [(event.target.asset, event.build.version.number) for event in self.of(Materialized)]

    @property
    def begun(self) -> list[str]:
        """Return the runs that were begun, in order."""
        return [event.run for event in self.of(RunStarted)]

    @property
    def outcomes(self) -> list[str]:
        """Return how runs ended, in order."""
        return [event.outcome.value for event in self.of(RunFinished)]


def seen(root: Path) -> Seen:
    """Look into the catalog of a project; into an empty one where there is none yet."""
    path = root / ".freshline/catalog.db"
    with closing(SqliteEventLog(path)) as log:
        automation = SqliteAutomation(log)
        return Seen(
            events=tuple(recorded.event for recorded in log.events(limit=100_000)),
            requests=automation.past_requests(*HERE),
            ticks=automation.ticks(*HERE),
            leader=log.holder(leadership("main")),
        )


def until(root: Path, holds: Callable[[Seen], bool]) -> Seen:
    """Look until something holds, and return what was seen then; AssertionError after long."""
    end = time.monotonic() + LONG_ENOUGH
    while True:
        found = seen(root)
        if holds(found):
            return found
        assert time.monotonic() < end, found
        time.sleep(_LOOK)


@contextmanager
def daemon(
    root: Path, *, failpoints: str = "", words: tuple[str, ...] = ("daemon",)
) -> Generator["subprocess.Popen[str]"]:
    """Keep a project fresh until the block ends; `failpoints` are for the process and its runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "freshline", "-p", str(root), *words],
        env={**os.environ, "FRESHLINE_FAILPOINTS": failpoints, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=LONG_ENOUGH)
        finally:
            process.kill()
            process.wait()
