"""Where user code runs: the supervisor of every process of a project's locations."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from freshline.calls import Call, Line, Load, Returned, ToldFile, Workers
from freshline.code import NO_LIMITS, Limits, Location
from freshline.errors import CodeError, WorkerLostError
from freshline.locations.attending import Attendance
from freshline.locations.calling import subject_of
from freshline.locations.commands import Command
from freshline.locations.loading import Loader
from freshline.locations.poison import Poison
from freshline.locations.pool import Pool
from freshline.locations.settings import DEFAULT, Settings
from freshline.locations.spawning import Warden
from freshline.locations.starting import Place


class LocationWorkers:
    """Runs user code in processes of its own, each with the interpreter of its location."""

    def __init__(self, settings: Settings = DEFAULT) -> None:
        self._settings = settings
        self._warden = Warden()
        self._pool = Pool(self._warden, settings)
        self._poison = Poison(settings.most_deaths)
        self._under_way: list[tuple[str, Attendance]] = []
        self._changed = threading.Condition()
        self._is_closed = False

    def load(self, load: Load) -> tuple[ToldFile, ...]:
        """Return what files declare, and then one more for each function; see `Workers`."""
        mine: list[Attendance] = []

        def enter(attendance: Attendance) -> None:
            mine.append(attendance)
            self._enter("", attendance)

        try:
            return Loader(self._warden, load, self._settings, enter).load()
        finally:
            self._leave(mine)

    def call(self, call: Call, tell: Callable[[Line], None]) -> Returned:
        """Run a function or a command to its end; see `Workers`."""
        self._poison.refuse(call)
        try:
            returned = self._command(call, tell) if call.command else self._function(call, tell)
        except WorkerLostError as error:
            self._poison.died(call, error.message.removeprefix(f"{subject_of(call)}: "))
            raise
        except CodeError:
            self._poison.lived(call)
            raise
        self._poison.lived(call)
        return returned

    def prepare(self, root: str, location: Location, limits: Limits = NO_LIMITS) -> None:
        """Start a worker ahead, and wait for nothing; the first call then finds it ready.

        CodeError where the location's interpreter cannot be had.
        """
        self._pool.prepare(Place(root, location, limits))

    def interrupt(self, call: str | None = None) -> None:
        """Make a call under way fail soon, without an id all of them."""
        with self._changed:
            for name, attendance in self._under_way:
                if call is None or call == name:
                    attendance.interrupt()

    def close(self) -> None:
        """End every process; calls under way fail."""
        self._pool.close()
        until = time.monotonic() + self._settings.end_grace
        with self._changed:
            self._is_closed = True
            for _, attendance in self._under_way:
                attendance.interrupt(at_once=True)
            while self._under_way and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
        self._warden.close()

    def _function(self, call: Call, tell: Callable[[Line], None]) -> Returned:
        place = Place(call.root, call.location, call.limits)
        worker = self._pool.take(place, fresh=call.fresh_process)
        is_whole = False
        try:
            attendance = worker.attend(tell, call.timeout, call.id)
            with self._attended(call.id, attendance):
                try:
                    returned = worker.call(call, attendance)
                except CodeError as error:
                    is_whole = not isinstance(error, WorkerLostError)
                    raise
            is_whole = True
            return returned
        finally:
            self._pool.give(worker, keep=is_whole and not call.fresh_process)

    def _command(self, call: Call, tell: Callable[[Line], None]) -> Returned:
        command = Command(self._warden, call, self._settings, tell)
        with self._attended(call.id, command.attendance):
            return command.run()

    @contextmanager
    def _attended(self, name: str, attendance: Attendance) -> Generator[None]:
        self._enter(name, attendance)
        try:
            yield
        finally:
            self._leave([attendance])

    def _enter(self, name: str, attendance: Attendance) -> None:
        with self._changed:
            self._under_way.append((name, attendance))
            if self._is_closed:
                attendance.interrupt(at_once=True)

    def _leave(self, attendances: list[Attendance]) -> None:
        with self._changed:
            self._under_way = [one for one in self._under_way if one[1] not in attendances]
            self._changed.notify_all()


_: type[Workers] = LocationWorkers
