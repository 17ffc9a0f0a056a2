"""Attending: the daemon beside the pages is begun, again when it dies, and ended with them."""

import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import click

_FIRST, _LONGEST = 0.5, 30.0  # seconds until it is begun again: twice as many each time
_WELL = 60.0  # who lived so long had no bad start
_GRACE = 5.0


class Attendant:
    """Attends to one daemon: `start` it once, `stop` it at the end.

    It holds the only other end of the daemon's standard input: however this process ends, that
    input ends, and so does the daemon.
    """

    def __init__(self, root: Path, environment: str) -> None:
        place = ["-p", str(root), "--env", environment]
        self._command = [sys.executable, "-m", "freshline", *place, "daemon", "--attended"]
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._attend, name="freshline daemon", daemon=True)

    def start(self) -> None:
        """Begin the daemon, and see to it that there is one from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End the daemon. Runs that it began go on."""
        with self._lock:
            self._over.set()
            process = self._process
            if process is not None and process.stdin is not None:
                process.stdin.close()
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
            with suppress(OSError, ValueError):
                words = f"the daemon ended (exit code {code}); it is begun again in {wait:g} s"
                click.echo(words, err=True)
            self._over.wait(wait)

    def _lived(self) -> int | None:
        """Begin a daemon, unless it is over; return its exit code when it has ended."""
        with self._lock:
            if self._over.is_set():
                return None
            try:
                process = self._process = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE, start_new_session=True
                )
            except OSError as error:
                return error.errno
        code = process.wait()
        with self._lock:
            self._process = None
            if process.stdin is not None:
                process.stdin.close()
        return code
