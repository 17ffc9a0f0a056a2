"""Inquiring: has a process of its own ask what needs the engine, and hears its answers."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from msgspec import MsgspecError

from freshline.cli.senses.answering import Answered, Glimpse, Inquiry
from freshline.codec import decode, encode
from freshline.errors import ResourceError
from freshline.secrets import redacted

_EACH = 30.0  # seconds that one query may take
_START = 60.0  # and whoever answers, to begin


class Inquiries:
    """Processes that answer for the project below `root`; `close` ends those under way."""

    def __init__(self, root: Path, environment: str | None) -> None:
        self._root, self._environment = root, environment
        self._lock = threading.Lock()
        self._asking: set[subprocess.Popen[bytes]] = set()
        self._is_over = False

    def ask(
        self,
        queries: Sequence[tuple[str, str]] = (),
        glimpses: Sequence[Glimpse] = (),
    ) -> Iterator[Answered]:
        """Yield each answer as soon as it is there; ResourceError where no more come."""
        inquiry = Inquiry(
            root=str(self._root),
            environment=self._environment,
            seconds=_EACH,
            queries=tuple(queries),
            glimpses=tuple(glimpses),
        )
        patience = _START + _EACH * (len(queries) + len(glimpses))
        with tempfile.TemporaryFile() as said:
            process = self._started(said)
            timer = threading.Timer(patience, _end, (process,))
            timer.daemon = True
            timer.start()
            try:
                yield from _heard(process, inquiry)
            finally:
                timer.cancel()
                _end(process)
                with self._lock:
                    self._asking.discard(process)
            if process.returncode != 0:
                raise ResourceError(f"whoever was asked ended: {_last(said)}")

    def close(self) -> None:
        """End whoever is being asked; nobody is asked any more."""
        with self._lock:
            self._is_over = True
            asking = tuple(self._asking)
        for process in asking:
            _end(process)

    def _started(self, said: IO[bytes]) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._is_over:
                raise ResourceError("nobody is asked any more")
            try:
                process = subprocess.Popen(
                    [sys.executable, "-m", "freshline.cli.senses.answering"],
                    cwd=self._root,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    start_new_session=True,
                )
            except OSError as error:
                raise ResourceError(f"no process could be started: {error}") from error
            self._asking.add(process)
            return process


def _heard(process: "subprocess.Popen[bytes]", inquiry: Inquiry) -> Iterator[Answered]:
    assert process.stdin is not None and process.stdout is not None
    with process.stdout as out:
        with suppress(OSError), process.stdin as to:
            to.write(encode(inquiry))
        for line in out:
            try:
                yield decode(line, Answered)
            except (MsgspecError, ValueError) as error:
                raise ResourceError(f"what was answered makes no sense: {error}") from error
    process.wait()


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last(said: IO[bytes]) -> str:
    said.seek(0)
    lines = redacted(said.read().decode(errors="replace")).strip().splitlines()
    return lines[-1][:500] if lines else "it took too long, or was killed"
