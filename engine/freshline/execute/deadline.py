"""A deadline: the compute engine as a step with a `timeout:` sees it, until its time is up.

The step's queries pass through here, so that the one under way can be interrupted alone, the next
ones are refused, and what fails because of that says so: nothing else of a step has to know.
"""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from freshline.definitions import AssetDefinition, Column
from freshline.errors import FreshlineError, TimedOutError
from freshline.ports import Compute, Measurement
from freshline.versions import Output, Window

T = TypeVar("T")


@runtime_checkable
class Interruptible(Protocol):
    """A compute engine whose queries can be stopped."""

    def interrupt(self, thread: int | None = None) -> None:
        """Make the query under way in a thread fail soon; without one, every query."""
        ...


class Deadline:
    """A compute engine that stops serving at the moment `at`, when `watch` is told of it."""

    def __init__(self, compute: Compute, at: float, error: Callable[[], TimedOutError]) -> None:
        self.at = at
        self._compute = compute
        self._error = error
        self._lock = threading.Lock()
        self._inside: int | None = None
        self._is_over = False

    def watch(self, now: float) -> None:
        """Interrupt the query under way if the time is up; to be called again until it ended.

        An interrupt that comes a moment before the engine begins is lost, hence again.
        """
        with self._lock:
            self._is_over = self._is_over or now >= self.at
            if self._is_over and self._inside is not None:
                if isinstance(self._compute, Interruptible):
                    self._compute.interrupt(self._inside)

    def copy_to_parquet(self, query: str, path: Path) -> None:
        """Write the rows of `query` to a new Parquet file, in time."""
        with self._in_time():
            self._compute.copy_to_parquet(query, path)

    def copy_to_json_lines(self, query: str, path: Path) -> None:
        """Write the rows of `query` as JSON lines, in time."""
        with self._in_time():
            self._compute.copy_to_json_lines(query, path)

    def columns(self, relation: str) -> tuple[Column, ...]:
        """Return the columns of a relation, in time."""
        with self._in_time():
            return self._compute.columns(relation)

    def create_table(self, name: str, query: str) -> None:
        """Keep the rows of `query` as a table, in time."""
        with self._in_time():
            self._compute.create_table(name, query)

    def drop_table(self, name: str) -> None:
        """Forget a table, also when the time is up: that is how a step cleans up."""
        self._compute.drop_table(name)

    def measure(
        self, relation: str, windows: Sequence[Window] = (), *, quantum: float | None = None
    ) -> Measurement:
        """Scan a relation, in time."""
        with self._in_time():
            return self._compute.measure(relation, windows, quantum=quantum)

    def glimpse(self, relation: str, windows: Sequence[Window]) -> tuple[Output, ...]:
        """Scan some columns of a relation, in time."""
        with self._in_time():
            return self._compute.glimpse(relation, windows)

    def rows(self, query: str) -> Sequence[tuple[object, ...]]:
        """Return the rows of a query, in time."""
        with self._in_time():
            return self._compute.rows(query)

    @contextmanager
    def _in_time(self) -> Generator[None]:
        with self._lock:
            if self._is_over:
                raise self._error()
            self._inside = threading.get_ident()
        try:
            yield
        except FreshlineError as error:
            if self._is_over:
                raise self._error() from error
            raise
        finally:
            with self._lock:
                self._inside = None


_: type[Compute] = Deadline


def timed_out(definition: AssetDefinition, seconds: float) -> TimedOutError:
    """Return the error of a step that took longer than its definition allows."""
    key = definition.key
    limit = f"{seconds:g} s" if seconds < 60 else duration(seconds)
    return TimedOutError(
        f"{key} took longer than its timeout of {limit}",
        help=f"make its query cheaper, or raise `timeout:`; `freshline show {key} --resolved`"
        " says where that is declared",
        span=definition.span,
    )


def duration(seconds: float) -> str:
    """Return seconds as people write them: 1.5 s, 5 min, 2 h."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    if seconds >= 120:
        return f"{seconds / 60:.1f} min"
    if seconds >= 1 and seconds == int(seconds):
        return f"{seconds:.0f} s"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
