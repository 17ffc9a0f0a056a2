"""Attending: a daemon is begun, again when it dies, and ended with whoever attends to it."""

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import click

from freshline.declare.files import PROJECT_FILES

_FIRST, _LONGEST = 0.5, 30.0  # seconds until it is begun again: twice as many each time
_WELL = 60.0  # who lived so long had no bad start
_GRACE = 5.0
_LOOK = 0.2
_MOST_KEPT = 200  # lines of a daemon that are known again when the next one says them too


class Attendant:
    """Attends to one daemon: `start` it once, `stop` it at the end.

    It holds the only other end of the daemon's standard input: however this process ends, that
    input ends, and so does the daemon. With a `name`, for a daemon among others, every line says
    whose it is, and a daemon that is begun again does not repeat what the one before has said.
    """

    def __init__(self, root: Path, environment: str | None, name: str = "") -> None:
        named = ["--env", environment] if environment is not None else []
        place = ["-p", str(root), *named]
        self._command = [sys.executable, "-m", "freshline", *place, "daemon", "--attended"]
        self._root, self._name = root, name
        self._before: frozenset[str] = frozenset()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(
            target=self._attend, name=f"freshline daemon {name}".strip(), daemon=True
        )

    def start(self) -> None:
        """Begin the daemon, and see to it that there is one from now on."""
        self._thread.start()

    def end(self) -> None:
        """Have the daemon end, and wait for nothing."""
        with self._lock:
            self._over.set()
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.close()

    def stop(self) -> None:
        """End the daemon. Runs that it began go on."""
        self.end()
        process = self._process
        if self._thread.ident is not None:
            self._thread.join(_GRACE)
            if process is not None and self._thread.is_alive():
                process.kill()
            self._thread.join()

    def _attend(self) -> None:
        wait = _FIRST
        while not self._over.is_set():
            began = time.monotonic()
            code = self._lived()
            if self._over.is_set():
                return
            wait = _FIRST if time.monotonic() - began > _WELL else min(2 * wait, _LONGEST)
            self._say(f"the daemon ended (exit code {code}); it is begun again in {wait:g} s")
            if self._is_mended_within(wait):
                wait = _FIRST

    def _lived(self) -> int | None:
        """Begin a daemon, unless it is over; return its exit code when it has ended."""
        err = subprocess.PIPE if self._name else None
        with self._lock:
            if self._over.is_set():
                return None
            try:
                process = self._process = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE, stderr=err, start_new_session=True
                )
            except OSError as error:
                return error.errno
        relay = _Relay(process.stderr, self._name, self._before) if process.stderr else None
        code = process.wait()
        with self._lock:
            self._process = None
            if process.stdin is not None:
                process.stdin.close()
        if relay is not None:
            self._before = relay.heard()
        return code

    def _is_mended_within(self, seconds: float) -> bool:
        """Wait so long; where the project's file changes, no longer, and say so."""
        before, end = self._stamp(), time.monotonic() + seconds
        while time.monotonic() < end and not self._over.wait(_LOOK):
            if self._stamp() != before:
                return True
        return False

    def _stamp(self) -> tuple[tuple[int, int], ...]:
        found: list[tuple[int, int]] = []
        for name in PROJECT_FILES:
            with suppress(OSError):
                status = (self._root / name).stat()
                found.append((status.st_mtime_ns, status.st_size))
        return tuple(found)

    def _say(self, words: str) -> None:
        _say(f"{self._name}: {words}" if self._name else words)


def stop_all(attendants: Sequence[Attendant]) -> None:
    """End the daemons of all, at one time."""
    for attendant in attendants:
        attendant.end()
    for attendant in attendants:
        attendant.stop()


class _Relay:
    """Passes on what a daemon says, line by line under its name, until it says no more."""

    def __init__(self, said: IO[bytes], name: str, before: frozenset[str]) -> None:
        self._said, self._name, self._before = said, name, before
        self._heard: list[str] = []
        self._thread = threading.Thread(target=self._pass_on, name=f"{name} says", daemon=True)
        self._thread.start()

    def heard(self) -> frozenset[str]:
        """Return what was said last, once the daemon has ended."""
        # Processes that it began may hold its end a little longer.
        self._thread.join(1.0)
        return frozenset(self._heard[-_MOST_KEPT:])

    def _pass_on(self) -> None:
        with suppress(OSError, ValueError), self._said:
            for row in self._said:
                line = row.decode(errors="replace").rstrip()
                self._heard = [*self._heard[1 - _MOST_KEPT :], line]
                if line and line not in self._before:
                    _say(f"{self._name}: {line}")


def _say(words: str) -> None:
    with suppress(OSError, ValueError):  # nobody need listen
        click.echo(words, err=True)
