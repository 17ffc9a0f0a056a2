"""What files declare: told by a worker that lives for that alone, one for all files of a location.

Where it ends before it has told all, the next file in order is the one that ended it. That file is
then loaded alone, to be sure, and the rest after it in a worker of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from freshline.calls import Frame, Line, Load, Raised, ToldFile
from freshline.code import NO_LIMITS
from freshline.errors import CodeError, FreshlineError, TimedOutError, WorkerLostError
from freshline.locations.attending import Attendance, Cause
from freshline.locations.calling import Worker
from freshline.locations.lines import clean
from freshline.locations.settings import Settings
from freshline.locations.spawning import Warden
from freshline.locations.starting import Place, import_path, kind_of
from freshline.locations.wire import frame, shaped

Enter = Callable[[Attendance], None]


class _Loaded(NamedTuple):
    """What one worker told, in order, and how it ended where it did not tell all."""

    told: list[ToldFile]
    error: FreshlineError | None
    frames: tuple[Frame, ...] = ()


class Loader:
    """Loads the files of one location; `enter` is told of each watch, so that it can be ended."""

    def __init__(self, warden: Warden, load: Load, settings: Settings, enter: Enter) -> None:
        self._warden = warden
        self._load = load
        self._settings = settings
        self._enter = enter

    def load(self) -> tuple[ToldFile, ...]:
        """Return what each file declares, then each function, in their order."""
        waiting = [*self._load.files, *self._load.functions]
        told: list[ToldFile] = []
        while waiting:
            loaded = self._try(waiting)
            told += loaded.told
            waiting = waiting[len(loaded.told) :]
            if loaded.error is None or not waiting:
                break
            told.append(self._alone(waiting.pop(0), loaded))
        return tuple(told)

    def _alone(self, name: str, loaded: _Loaded) -> ToldFile:
        """Return what one file declares at which a worker ended; it may have been innocent."""
        if loaded.told and isinstance(loaded.error, WorkerLostError):
            loaded = self._try([name])
            if loaded.told:
                return loaded.told[0]
        error = loaded.error
        assert error is not None
        return ToldFile(
            file=name,
            error=Raised(
                type="TimedOut" if isinstance(error, TimedOutError) else "ProcessEnded",
                message=error.message,
                frames=loaded.frames,
            ),
        )

    def _try(self, names: Sequence[str]) -> _Loaded:
        """Load files in one new worker until it has told all, or is gone."""
        load = replace(
            self._load,
            files=tuple(name for name in names if name in self._load.files),
            functions=tuple(name for name in names if name not in self._load.files),
        )
        kind = kind_of(Place(load.root, load.location, NO_LIMITS))
        worker = Worker(self._warden, kind, self._settings)
        told: list[ToldFile] = []
        attendance = worker.attend(_nobody, self._settings.load_timeout, "")
        try:
            self._enter(attendance)
            worker.send(attendance, frame("load", load, path=import_path(kind.root, kind.path)))
            while True:
                attendance.allow(self._settings.load_timeout)
                subject = f"importing {names[len(told)]}" if len(told) < len(names) else "importing"
                try:
                    message = worker.until(attendance, ("told", "loaded"), subject=subject)
                except FreshlineError as error:
                    if attendance.cause is Cause.INTERRUPTED:
                        raise
                    if not worker.is_ready:
                        raise CodeError(error.message, help=error.help) from error
                    return _Loaded(told, error, worker.frames)
                if message["kind"] == "loaded":
                    return _Loaded(told, None)
                told.append(_cleaned(shaped(message.get("file"), ToldFile)))
        finally:
            worker.end()


def _cleaned(told: ToldFile) -> ToldFile:
    if told.error is None:
        return told
    return replace(told, error=replace(told.error, message=clean(told.error.message)))


def _nobody(line: Line) -> None:
    """Nobody listens to what an import prints."""
