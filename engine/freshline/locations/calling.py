"""One call in a worker process: what goes down, what comes up, and how it may end otherwise."""

import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, cast

from freshline.calls import Call, Frame, Line, Raised, Returned
from freshline.code import NO_LIMITS, Limits
from freshline.errors import (
    CodeError,
    FreshlineError,
    ResourceError,
    TimedOutError,
    WorkerLostError,
)
from freshline.locations.attending import Attendance, Cause
from freshline.locations.endings import advice, ending, fault_frames, innermost
from freshline.locations.lines import Lines, cleaned
from freshline.locations.process import Empty, Ended, Process, Said
from freshline.locations.settings import Settings
from freshline.locations.spawning import Warden
from freshline.locations.starting import Kind, import_path, worker_program
from freshline.locations.traces import headline, last_lines, place, shortened, trace
from freshline.locations.wire import frame, shaped
from freshline.worker.frames import PROTOCOL, FrameError, Splitter, decode

Message = Mapping[str, object]


class Worker:
    """A worker process; one call at a time."""

    def __init__(self, warden: Warden, kind: Kind, settings: Settings) -> None:
        self.kind = kind
        self.settings = settings
        self.process = Process(warden, worker_program(kind, settings), talks=True)
        self.calls = 0
        self.first_rss = self.rss = 0
        self.left_behind = ""
        self.is_ready = False
        self.frames: tuple[Frame, ...] = ()
        self._stamps: dict[str, tuple[int, ...]] = {}
        self._splitter = Splitter()
        self._early = b""  # what it said while nobody attended
        self._inbox: deque[Message] = deque()
        self._memory_shortages = memory_shortages()

    def attend(self, tell: Callable[[Line], None], timeout: float | None, call: str) -> Attendance:
        """Return a watch over this process for one call."""
        return Attendance(
            self.process,
            Lines(tell, time.time),
            self.settings,
            timeout=timeout,
            cancel=lambda: self._cancel(call),
        )

    def call(self, call: Call, attendance: Attendance) -> Returned:
        """Run one call; the process can be used again unless `left_behind` says why not.

        CodeError, WorkerLostError and TimedOutError as `Workers.call` has them; after an error
        that is no plain exception of the code, nothing of the process is left.
        """
        self.calls += 1
        self.left_behind = "a call is under way"
        try:
            asked = frame("call", call, path=import_path(self.kind.root, self.kind.path))
        except FrameError as error:
            raise CodeError(f"{subject_of(call)} cannot be told its config: {error}") from error
        self.send(attendance, asked)
        answer = self.until(attendance, ("returned", "failed"), subject=subject_of(call))
        if attendance.cause is Cause.NONE:
            self._look_after(attendance)
        if self.left_behind:
            self._finish(attendance)
        else:
            attendance.drain()
            attendance.lines.end()
        raised = None if answer["kind"] == "returned" else shaped(answer.get("raised"), Raised)
        if attendance.cause is not Cause.NONE:
            frames = () if raised is None else raised.frames
            raise stopped(attendance, subject_of(call), innermost(frames, call.root))
        if raised is not None:
            executable = self.process.program.arguments[0]
            raise code_error(raised, call.root, call.limits, executable)
        return _returned(answer)

    def send(self, attendance: Attendance, data: bytes) -> None:
        """Send a frame; a worker that is gone is noticed by who waits for its answer."""
        try:
            self.process.send(data)
        except OSError:
            attendance.process.kill()

    def until(
        self,
        attendance: Attendance,
        kinds: tuple[str, ...],
        *,
        subject: str,
        seconds: float | None = None,
    ) -> Message:
        """Return the next message of one of some kinds; what else comes is told.

        WorkerLostError, with all that is known, where the process ends instead; CodeError where
        what it says makes no sense, or `seconds` pass.
        """
        until = None if seconds is None else time.monotonic() + seconds
        self._hear(b"", attendance, kinds, subject)
        while not self._inbox:
            for data in attendance.step(until):
                if not data:
                    self._lost(attendance, subject, closed=True)
                self._hear(data, attendance, kinds, subject)
            if self.process.ended is not None or attendance.is_over:
                # What it said before its end may still be on its way here.
                self._hear(b"".join(attendance.drain()), attendance, kinds, subject)
                if not self._inbox:
                    self._lost(attendance, subject)
            if until is not None and time.monotonic() >= until:
                self._finish(attendance)
                raise CodeError(f"{subject}: its worker did not answer within {seconds:g} s")
        return self._inbox.popleft()

    def end(self) -> None:
        """End this process and all that it started."""
        self.process.end(self.settings.end_grace)

    def is_alive(self) -> bool:
        """Say whether the process is still there; what it printed since its call is let go."""
        while happenings := self.process.wait(0):
            for one in happenings:
                if isinstance(one, Ended | Empty) or one == Said(b""):
                    return False
                if isinstance(one, Said):
                    self._early += one.data
        return self.process.ended is None

    def has_old_code(self) -> bool:
        """Say whether a file that this process imported is not what it was then."""
        return any(_stamp(file) != seen for file, seen in self._stamps.items())

    # ---- what comes up

    def _hear(
        self, data: bytes, attendance: Attendance, kinds: tuple[str, ...], subject: str
    ) -> None:
        """Keep the messages of some kinds in order, and deal with the others at once."""
        try:
            data, self._early = self._early + data, b""
            for body in self._splitter.feed(data):
                message = decode(body)
                if message.get("kind") in kinds:
                    self._inbox.append(message)
                else:
                    self._heard(message, attendance)
        except ValueError as error:
            self._finish(attendance)
            raise CodeError(
                f"{subject}: somebody else wrote into the descriptor of its worker: {error}",
                help="code must not write to descriptors that it did not open",
                trace=last_lines(attendance.lines.last),
            ) from None

    def _heard(self, message: Message, attendance: Attendance) -> None:
        match message.get("kind"):
            case "line":
                attendance.lines.line(shaped(message.get("line"), Line))
            case "state":
                self._take_state(message)
            case "ready":
                if message.get("protocol") != PROTOCOL:
                    raise FrameError(f"it speaks another protocol: {message.get('protocol')}")
                self.is_ready = True
            case _:
                pass

    def _take_state(self, message: Message) -> None:
        self.left_behind = ""
        state = shaped(message, _State)
        if state.threads:
            self.left_behind = f"threads are left: {', '.join(state.names)}"
        elif state.children:
            self.left_behind = f"processes are left: {state.children}"
        self.rss = state.rss
        self.first_rss = self.first_rss or self.rss
        for file, *seen in state.files:
            self._stamps.setdefault(file, tuple(seen))

    def _look_after(self, attendance: Attendance) -> None:
        """Wait for what the worker and the kernel say of what the call left behind."""
        attendance.below = None
        attendance.process.look()
        until = time.monotonic() + self.settings.state_grace
        while self.left_behind == "a call is under way" or attendance.below is None:
            for data in attendance.step(until):
                if data:
                    self._hear(data, attendance, (), "it")
                else:
                    return
            if attendance.is_over or time.monotonic() >= until:
                return
        if attendance.below:
            self.left_behind = self.left_behind or "processes are left"

    # ---- how it ends

    def _lost(self, attendance: Attendance, subject: str, *, closed: bool = False) -> NoReturn:
        """Raise what there is to say of a process that ended, or that nobody can talk to."""
        if closed:
            self._await_end(attendance)
        ended = self.process.ended
        self._finish(attendance)
        self.frames = fault_frames(attendance.lines.last, self.kind.root)
        if attendance.cause is not Cause.NONE:
            raise stopped(attendance, subject, innermost(self.frames, self.kind.root))
        if not self.is_ready:
            limited = "" if self.kind.limits == NO_LIMITS else ", and within these limits"
            raise ResourceError(
                f"{subject}: its worker could not start with {self.kind.executable}",
                help=f"look whether this interpreter works at all{limited};"
                f" it said: {' '.join(attendance.lines.last[-3:]) or 'nothing'}",
            )
        if ended is None:
            raise WorkerLostError(
                f"{subject}: its code closed the descriptor by which its worker talks",
                help="code must not close descriptors that it did not open",
                trace=last_lines(attendance.lines.last),
            )
        raise self._death(ended, attendance, subject)

    def _death(self, ended: Ended, attendance: Attendance, subject: str) -> WorkerLostError:
        """Return the error of a process that ended before its code did."""
        root, last = self.kind.root, attendance.lines.last
        told = ending(
            ended,
            self.kind.limits,
            where=innermost(self.frames, root),
            out_of_memory=memory_shortages() > self._memory_shortages,
        )
        raised = Raised(type="", message=told.message, frames=self.frames)
        return WorkerLostError(
            f"{subject}: {told.message}",
            help=told.help,
            span=place(raised, root),
            trace=shortened("\n".join(filter(None, [trace(raised, root), last_lines(last)]))),
        )

    def _await_end(self, attendance: Attendance) -> None:
        """Give a process whose socket is closed a moment to say how it ended."""
        until = time.monotonic() + 0.5
        while self.process.ended is None and not attendance.is_over and time.monotonic() < until:
            attendance.step(until)

    def _finish(self, attendance: Attendance) -> None:
        """End the process; ResourceError where the kernel does not let it go."""
        self.left_behind = self.left_behind or "it was ended"
        if not attendance.finish():
            raise ResourceError(
                f"process {self.process.pid} cannot be ended: the kernel holds it",
                help="look at what it waits for: a disk or a network drive that does not answer",
            )

    def _cancel(self, call: str) -> None:
        try:
            self.process.send(frame("cancel", call=call), 0.1)
        except OSError:
            pass  # it does not read; the next rung of the ladder helps


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What a call left behind, as its worker tells it."""

    threads: int = 0
    names: tuple[str, ...] = ()
    children: int = 0
    rss: int = 0
    files: tuple[tuple[str, int, int, int], ...] = ()


def _stamp(file: str) -> tuple[int, ...]:
    """Return what changes when a file does; zeros where there is none."""
    try:
        seen = os.stat(file)
    except OSError:
        return (0, 0, 0)
    return (seen.st_mtime_ns, seen.st_size, seen.st_ino)


def subject_of(call: Call) -> str:
    """Return what a call is about, for a sentence about it."""
    return call.function or " ".join(call.command)[:100]


def code_error(raised: Raised, root: str, limits: Limits, interpreter: str) -> CodeError:
    """Return the error of code that raised an exception."""
    return CodeError(
        headline(raised),
        help=advice(raised, limits, interpreter),
        span=place(raised, root),
        trace=trace(raised, root),
    )


def stopped(attendance: Attendance, subject: str, where: str) -> FreshlineError:
    """Return the error of what was asked to leave; `where` is the code that it was in."""
    where = f"; it was in {where}" if where else ""
    if attendance.cause is Cause.TIMED_OUT:
        return TimedOutError(
            f"{subject} took longer than its timeout of {attendance.timeout:g} s{where}",
            help="make it do less, or raise `timeout:`",
        )
    return CodeError(f"{subject} was interrupted{where}")


def memory_shortages() -> int:
    """Return how often the kernel killed something for want of memory since the machine started."""
    try:
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0


def _returned(message: Message) -> Returned:
    raw = dict(cast("dict[str, object]", message.get("returned") or {}))
    for name in ("metadata", "checks"):
        if name in raw:
            raw[name] = cleaned(raw[name])
    made = [dict(one) for one in cast("list[dict[str, object]]", raw.get("made") or [])]
    raw["made"] = [one | {"metadata": cleaned(one.get("metadata") or {})} for one in made]
    return shaped(raw, Returned)
