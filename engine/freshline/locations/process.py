"""One process of user code, seen from here: its descriptors, what comes from them, its end."""

import fcntl
import os
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from freshline.errors import ResourceError
from freshline.locations.settings import DEFAULT
from freshline.locations.spawning import Program, Warden

_CHUNK = 1 << 18
_PIPE_SIZE = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ, of Linux


class Ended(NamedTuple):
    """How a process ended: as `wait()` says it, and the most bytes it had in memory."""

    status: int
    peak: int


class Output(NamedTuple):
    """Bytes that a process wrote to its standard output or standard error."""

    source: str
    data: bytes


class Said(NamedTuple):
    """Bytes that came over a worker's socket; none where it closed it."""

    data: bytes


class Below(NamedTuple):
    """How many processes descend from this one, as an answer to `look`."""

    processes: int


class Woken(NamedTuple):
    """Somebody called `wake`."""


class Empty(NamedTuple):
    """Nothing of the process and of what it started is left."""


Happening = Ended | Output | Said | Below | Woken | Empty


@dataclass(slots=True)
class _Descriptors:
    """What this side reads: by descriptor, which it is."""

    by_number: dict[int, str] = field(default_factory=dict[int, str])
    poller: select.poll = field(default_factory=select.poll)

    def add(self, number: int, name: str) -> None:
        os.set_blocking(number, False)
        self.by_number[number] = name
        self.poller.register(number, select.POLLIN)

    def drop(self, number: int) -> None:
        if self.by_number.pop(number, None) is not None:
            self.poller.unregister(number)


class Process:
    """A program that runs; `talks` says whether it has a socket at descriptor 3.

    One thread at a time may use it, but for `wake`, which any may call.
    """

    def __init__(self, warden: Warden, program: Program, *, talks: bool) -> None:
        self.program = program
        self.pid = self._keeper = 0
        self._warden = warden
        self.ended: Ended | None = None
        self.is_empty = False
        self._reading = _Descriptors()
        self._partial = b""
        self._socket: socket.socket | None = None
        self._start(program, talks)
        self.started_at = time.monotonic()

    def _start(self, program: Program, talks: bool) -> None:
        """Make the descriptors, hand the program's ends over, and keep ours."""
        null = os.open(os.devnull, os.O_RDONLY)
        theirs, ours = [null], dict[str, int]()
        try:
            for name in ("stdout", "stderr"):
                ours[name], write = os.pipe()
                theirs.append(write)
                _widen(write)
            if talks:
                self._socket, other = socket.socketpair()
                theirs.append(other.detach())
                ours["socket"] = self._socket.fileno()
            self._control = self._warden.start(program, tuple(theirs))
        except BaseException:
            if self._socket is not None:
                self._socket.close()
                ours.pop("socket", None)
            for number in ours.values():
                os.close(number)
            raise
        finally:
            for number in theirs:
                os.close(number)
        ours["control"] = self._control.fileno()
        ours["wake"], self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._numbers = ours
        for name, number in ours.items():
            self._reading.add(number, name)

    # ---- orders

    def send(self, data: bytes, patience: float = 30.0) -> None:
        """Write bytes to the worker's socket; OSError where it is gone or does not read them."""
        if self._socket is None:
            raise BrokenPipeError("it has no socket")
        view = memoryview(data)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                if not select.select([], [self._socket], [], patience)[1]:
                    raise

    def look(self) -> None:
        """Ask how many processes descend from it: `Below` will tell."""
        self._order(b"L")

    def terminate(self) -> None:
        """Send SIGTERM to its group."""
        self._order(b"T")

    def kill(self) -> None:
        """Kill it and all that descends from it; `Empty` tells when nothing is left."""
        self._order(b"K")

    def wake(self) -> None:
        """Make a `wait` under way return; any thread may call this."""
        with suppress(OSError):
            os.write(self._wake, b"w")

    def _order(self, order: bytes) -> None:
        with suppress(OSError):
            self._control.sendall(order)

    # ---- what happens

    def wait(self, seconds: float | None) -> list[Happening]:
        """Return what happened, after `seconds` at the latest; None for as long as it takes."""
        milliseconds = None if seconds is None else max(0.0, seconds * 1000)
        happenings: list[Happening] = []
        for number, _ in self._reading.poller.poll(milliseconds):
            happenings += self._read(number)
        return happenings

    def _read(self, number: int) -> list[Happening]:
        name = self._reading.by_number[number]
        try:
            data = os.read(number, _CHUNK)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self._reading.drop(number)
        match name:
            case "wake":
                return [Woken()]
            case "socket":
                return [Said(data)]
            case "control":
                return self._heard(data)
            case _:
                return [Output(name, data)] if data else []

    def _heard(self, data: bytes) -> list[Happening]:
        """Return what the keeper says; its silence for ever means that somebody killed it."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        happenings: list[Happening] = []
        for line in lines:
            verb, _, rest = line.decode().partition(" ")
            match verb:
                case "keeper":
                    self._keeper = int(rest)
                case "started":
                    self.pid = int(rest)
                case "failed":
                    self.is_empty = True
                    number = int(rest)
                    raise ResourceError(
                        f"{self.program.arguments[0]} cannot be started: {os.strerror(number)}"
                    )
                case "ended":
                    status, kibibytes = rest.split()
                    self.ended = Ended(int(status), int(kibibytes) * 1024)
                    happenings.append(self.ended)
                case "below":
                    happenings.append(Below(int(rest)))
                case _:
                    self.is_empty = True
        if not data and not self.is_empty:
            # Where the warden was killed too nobody can tell; its own children went with it.
            self._warden.clear_up(self._keeper)
            self.is_empty = True
            self.ended = self.ended or KEEPER_KILLED
        if self.is_empty:
            happenings.append(Empty())
        return happenings

    def waiting(self) -> list[Output | Said]:
        """Return what is in the pipes and the socket now, and wait for nothing."""
        found: list[Output | Said] = []
        for number, name in list(self._reading.by_number.items()):
            while name in ("stdout", "stderr", "socket"):
                try:
                    data = os.read(number, _CHUNK)
                except OSError:
                    break
                if not data:
                    break
                found.append(Said(data) if name == "socket" else Output(name, data))
        return found

    def end(self, patience: float = DEFAULT.end_grace) -> bool:
        """Kill it, wait until nothing is left of it, close all; say whether nothing is left."""
        until = time.monotonic() + patience
        self.kill()
        while not self.is_empty and (left := until - time.monotonic()) > 0:
            self._reading_only_control()
            self.wait(left)
        self.close()
        return self.is_empty

    def _reading_only_control(self) -> None:
        for number, name in list(self._reading.by_number.items()):
            if name != "control":
                self._reading.drop(number)

    def close(self) -> None:
        """Close what this side holds; the keeper then ends what is left."""
        if not self._numbers:
            return
        if self._socket is not None:
            self._socket.close()
        self._control.close()
        for name, number in self._numbers.items():
            self._reading.drop(number)
            if name not in ("socket", "control"):
                os.close(number)
        os.close(self._wake)
        self._numbers = {}


KEEPER_KILLED = Ended(-1, 0)  # the process that watched it was killed, and it was killed with it


def _widen(pipe: int) -> None:
    """Let a pipe hold more, so that a writer seldom waits; where that cannot be, it waits."""
    with suppress(OSError):
        fcntl.fcntl(pipe, _SET_PIPE_SIZE, _PIPE_SIZE)
