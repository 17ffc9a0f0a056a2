"""Functions of sensors, called in worker processes of their locations; they never run in ours."""

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from os import getpid
from pathlib import Path

from freshline.calls import Call, FunctionKind, Line, Workers
from freshline.cli.code import workers
from freshline.cli.compose import RandomIds
from freshline.code import MAIN, Location
from freshline.errors import ResourceError
from freshline.execute.calling import CALLS, resources_of
from freshline.lineage.graph import Graph
from freshline.operate.scene import Said
from freshline.refresh import FunctionSaid

TIMEOUT = 60.0  # seconds that a function may take
_IDLE = 60.0  # and that a worker stays when nobody calls


class Functions:
    """Calls functions in an environment of the project below `root`, from several threads."""

    def __init__(
        self,
        root: Path,
        environment: str,
        *,
        timeout: float = TIMEOUT,
        idle: float = _IDLE,
        tell: Callable[[Line], None] = lambda line: None,
    ) -> None:
        self._root, self._environment = root.absolute(), environment
        self._timeout, self._idle, self._tell = timeout, idle, tell
        self._lock = threading.Lock()
        self._workers: Workers | None = None
        self._under_way, self._called = 0, 0.0
        self._is_over = False

    def call(self, graph: Graph, condition: FunctionSaid, about: Mapping[str, str]) -> Said:
        """Return what a function says.

        CodeError where it raised, WorkerLostError where its process ended, TimedOutError where it
        took too long.
        """
        declared = {each.name: each for each in graph.project.locations}
        location = declared.get(condition.location) or Location(name=MAIN)
        identity = RandomIds().new()
        scratch = self._root / CALLS / f"sensors-{getpid()}" / identity
        found = self._taken()
        try:
            scratch.mkdir(parents=True)
            returned = found.call(
                Call(
                    id=identity,
                    root=str(self._root),
                    location=location,
                    scratch=str(scratch),
                    function=condition.function,
                    role=FunctionKind.SENSOR,
                    resources=resources_of(dict(condition.resources), graph.project),
                    about={"environment": self._environment, **about},
                    timeout=self._timeout,
                ),
                self._tell,
            )
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            with self._lock:
                self._under_way -= 1
                self._called = time.monotonic()
        told = returned.sensor
        if told is None:
            raise ResourceError(f"{condition.function} said nothing")
        return Said(fires=told.fires, why=told.why, cursor=told.cursor)

    def rest(self) -> None:
        """Let workers go that nobody has called for long."""
        with self._lock:
            is_idle = not self._under_way and time.monotonic() - self._called > self._idle
            gone = self._workers if is_idle else None
            if is_idle:
                self._workers = None
        if gone is not None:
            gone.close()

    def close(self) -> None:
        """End every worker; calls under way fail."""
        with self._lock:
            self._is_over, gone, self._workers = True, self._workers, None
        if gone is not None:
            gone.close()
        shutil.rmtree(self._root / CALLS / f"sensors-{getpid()}", ignore_errors=True)

    def _taken(self) -> Workers:
        with self._lock:
            if self._is_over:
                raise ResourceError("no function is called any more")
            if self._workers is None:
                self._workers = workers()
            self._under_way += 1
            return self._workers
