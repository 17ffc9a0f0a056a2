"""Programs of user code, started by a warden: asked for here, and kept an eye on there.

This process has threads and may be large; the warden has one thread and is small. So it is the
warden that forks, and whoever is killed by user code for being its parent is not this process.
"""

import marshal
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from freshline.code import NO_LIMITS, Limits
from freshline.errors import ResourceError

_PROGRAM = Path(__file__).with_name("warden.py")
_OOM_SCORE = 500  # the kernel, when memory runs out, is to end user code and not Freshline


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to start: `arguments` begin with the path of the executable."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    limits: Limits = NO_LIMITS


class Warden:
    """A warden process, started when it is first needed, and again when it was killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def start(self, program: Program, descriptors: tuple[int, ...]) -> socket.socket:
        """Start a program whose descriptors 0, 1, 2, ... are those given; return its control.

        They stay open here: the caller closes them. ResourceError where no process can be had.
        """
        limits = program.limits
        request = marshal.dumps(
            (
                list(program.arguments),
                dict(program.environment),
                program.folder,
                (limits.memory, limits.files, limits.file_size),
                _OOM_SCORE,
            )
        )
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._send(request, [theirs.fileno(), *descriptors])
            except BaseException:
                ours.close()
                raise
        return ours

    def clear_up(self, keeper: int, patience: float = 5.0) -> None:
        """Return when what a killed keeper kept has ended, or the warden was killed as well."""
        with self._lock:
            requests = self._requests
            if requests is None:
                return
            body = marshal.dumps(keeper)
            try:
                requests.settimeout(patience)
                requests.sendall(len(body).to_bytes(8, "big") + body)
                requests.recv(1)
                requests.settimeout(None)
            except OSError:
                self._forget()

    def close(self) -> None:
        """Let the warden go; it ends when the last process it started has ended."""
        with self._lock:
            self._is_closed = True
            requests, process = self._requests, self._process
            self._requests = self._process = None
        if requests is not None:
            requests.close()
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)

    def _send(self, request: bytes, descriptors: list[int]) -> None:
        with self._lock:
            for is_last in (False, True):
                requests = self._ready()
                try:
                    head = len(request).to_bytes(8, "big")
                    sent = socket.send_fds(requests, [head], descriptors)
                    requests.sendall(head[sent:] + request)
                    return
                except OSError as error:
                    self._forget()
                    if is_last:
                        raise ResourceError(
                            f"no process can be started: {error.strerror or error}",
                            help="look how many processes there are, and what kills them",
                        ) from error

    def _ready(self) -> socket.socket:
        """Return the socket to a warden that runs."""
        if self._is_closed:
            raise ResourceError("no process is started any more: the workers were closed")
        if self._requests is not None and self._process is not None:
            if self._process.poll() is None:
                return self._requests
            self._forget()
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = [sys.executable, "-I", "-S", str(_PROGRAM), str(theirs.fileno())]
            try:
                self._process = subprocess.Popen(
                    arguments,
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    cwd=os.sep,
                )
            except OSError as error:
                ours.close()
                raise ResourceError(
                    f"no process can be started: {error.strerror or error}"
                ) from error
        self._requests = ours
        return ours

    def _forget(self) -> None:
        if self._requests is not None:
            self._requests.close()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
        self._requests = self._process = None
