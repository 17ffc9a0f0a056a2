"""The worker's loop: a side thread reads frames, the main thread runs what they ask for."""

from __future__ import annotations

import os
import signal
import sys
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from freshline.sdk.interrupting import Cancelled
from freshline.worker.frames import PROTOCOL, FrameError, Splitter, decode, encode
from freshline.worker.hygiene import children

if TYPE_CHECKING:
    from collections.abc import Mapping

    Message = dict[str, object]

_WAKE = getattr(signal, "SIGUSR2", signal.SIGINT)


class Line:
    """The line to the supervisor: messages go up from any thread, and come down through a queue."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pid = os.getpid()
        self._sending = threading.Lock()
        self._came: SimpleQueue[Message] = SimpleQueue()
        self._main = threading.get_ident()
        self._running: str | None = None  # the call that a cancel may interrupt
        self._cancelled: set[str] = set()
        self._is_shielded = False
        self._open: str | None = None  # the call whose lines go up
        self._signal_handler = self._interrupt

    def send(self, kind: str, **fields: object) -> None:
        """Send one message; FrameError where it is too large, and then nothing was sent."""
        frame = memoryview(encode({"kind": kind, **fields}))
        if os.getpid() != self._pid:
            return  # a forked child has nothing to tell
        is_main = threading.get_ident() == self._main
        # A cancel in the middle of a frame would leave half of it on the line.
        self._is_shielded = self._is_shielded or is_main
        try:
            with self._sending:
                if kind == "line" and fields.get("call") != self._open:
                    return  # from a thread that its call left behind
                while frame:
                    frame = frame[os.write(self._descriptor, frame) :]
        finally:
            if is_main:
                self._is_shielded = False
        if is_main:
            self._interrupt()

    def receive(self) -> Message:
        """Return the next message that is to be dealt with in the main thread."""
        return self._came.get()

    def listen(self) -> None:
        """Read frames until the supervisor hangs up, and then end this process and its group."""
        splitter = Splitter()
        try:
            while True:
                data = os.read(self._descriptor, 1 << 16)
                if not data:
                    break
                for body in splitter.feed(data):
                    self._take(decode(body))
        except (OSError, FrameError) as error:
            os.write(2, f"freshline: the line to the supervisor broke: {error}\n".encode())
        leave()

    def _take(self, message: Message) -> None:
        if message.get("kind") != "cancel":
            self._came.put(message)
            return
        call = str(message.get("call", ""))
        self._cancelled.add(call)
        if self._running == call:
            # A real signal, so that a sleep or a lock in the main thread ends too.
            signal.pthread_kill(self._main, _WAKE)

    def _interrupt(self, *_: object) -> None:
        call = self._running
        if call is None or self._is_shielded:
            return
        if call in self._cancelled and os.getpid() == self._pid:
            self._running = None
            raise Cancelled("the call was cancelled")

    def begin(self, call: str) -> None:
        """Allow cancels of a call from here on; Cancelled where one came before."""
        signal.signal(_WAKE, self._signal_handler)
        self._running = self._open = call
        self._interrupt()

    def end(self) -> None:
        """Allow no cancel any more: what comes now comes too late."""
        self._running = None

    def hush(self) -> None:
        """Let no line of a call go up any more: what comes next is how it ended."""
        with self._sending:
            self._open = None

    def was_cancelled(self, call: str) -> bool:
        """Return whether a cancel of the call came, and forget it."""
        found = call in self._cancelled
        self._cancelled.discard(call)
        return found

    @property
    def is_ours(self) -> bool:
        """Whether this is still the process that was started, and no fork of it."""
        return os.getpid() == self._pid


def leave() -> None:
    """End this process at once, and with it its group where it leads one and has children."""
    if children() and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def serve(descriptor: int) -> None:
    """Serve load and call messages until the supervisor hangs up."""
    line = Line(descriptor)
    version = ".".join(str(number) for number in sys.version_info[:3])
    line.send(
        "ready",
        protocol=PROTOCOL,
        python=version,
        executable=sys.executable,
        pid=os.getpid(),
    )
    threading.Thread(target=line.listen, name="freshline", daemon=True).start()

    # After `ready`, so that a spare one is warm before it is needed.
    from freshline.worker.calling import run_call
    from freshline.worker.loading import run_load

    while True:
        message = line.receive()
        asked: Mapping[str, object] = message
        if asked.get("kind") == "load":
            run_load(line, asked)
        elif asked.get("kind") == "call":
            run_call(line, asked)
