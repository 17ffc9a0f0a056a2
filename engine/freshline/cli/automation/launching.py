"""Launching: a process for each run, begun before it is needed, and never a part of the daemon.

1. A *spare* has imported all that a run needs and waits on its standard input. Told its run it
   starts at once; when the daemon is gone before that, its input ends, and so does it.
2. Told its run it belongs to nobody: it has a session of its own, and writes to a file.
3. Runs of an earlier daemon are no children of ours. Whether their processes are there is asked of
   the system; a process that began later than the run is another one under an old number.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, cast

from freshline.bell import Bell
from freshline.cli.automation.carrying import RECOVER, said_file
from freshline.errors import ResourceError
from freshline.operate.world import Ended, Processes, Waiting
from freshline.secrets import redacted

_CALM = 1.0  # seconds after a run began in which it has the machine for itself: no spare is begun
_MOST_SAID = 4000
_SLACK = 2.0  # seconds by which clocks of the system may differ


class _Adopted(NamedTuple):
    """The process of a run that an earlier daemon began."""

    pid: int
    since: float


class RunProcesses:
    """The processes of runs of the project below `root`; `environment` None means its first.

    The `bell` rings when one has ended.
    """

    def __init__(self, root: Path, environment: str | None, logs: Path, bell: Bell) -> None:
        self._root, self._environment, self._logs = root, environment, logs
        self._bell = bell
        self._spare: subprocess.Popen[bytes] | None = None
        self._runs: dict[str, subprocess.Popen[bytes]] = {}
        self._adopted: dict[str, _Adopted] = {}
        self._recovery: subprocess.Popen[bytes] | None = None
        self._last = 0.0

    def waiting(self) -> Waiting:
        """Return a process that waits for its run; ResourceError where none can be begun."""
        spare, self._spare = self._spare, None
        if spare is not None and spare.poll() is None:
            return spare
        return self._begun()

    def go(self, process: Waiting, run: str) -> None:
        """Tell a process its run: it looks up what was asked for, and does it."""
        ours = cast("subprocess.Popen[bytes]", process)
        self._runs[run] = ours
        self._last = time.monotonic()
        _tell(ours, run)
        self._bell.at_the_end_of(ours.pid)

    def keep(self, process: Waiting) -> None:
        """Take a process back that was not needed after all."""
        ours = cast("subprocess.Popen[bytes]", process)
        if self._spare is None:
            self._spare = ours
        else:
            _dismiss(ours)

    def adopt(self, run: str, pid: int, since: float) -> None:
        """Attend to a run whose process an earlier daemon began at that time."""
        self._adopted[run] = _Adopted(pid, since)
        if pid > 0:
            self._bell.at_the_end_of(pid)

    def ended(self) -> tuple[Ended, ...]:
        """Return the runs that have ended since this was asked last; at once."""
        found = [
            Ended(run, code, self._said(run))
            for run, process in self._runs.items()
            if (code := process.poll()) is not None
        ]
        found += [
            Ended(run, None, self._said(run))
            for run, adopted in self._adopted.items()
            if not is_running(adopted.pid, adopted.since)
        ]
        for ended in found:
            self._runs.pop(ended.run, None)
            self._adopted.pop(ended.run, None)
        self._provide()
        return tuple(found)

    def recover(self) -> None:
        """Have what dead runs left behind adopted or cleared away; nothing while that goes on."""
        if self._recovery is None or self._recovery.poll() is not None:
            self._recovery = self._begun()
            _tell(self._recovery, RECOVER)

    def close(self) -> None:
        """Let go of whoever waits; runs that were begun go on."""
        if self._spare is not None:
            _dismiss(self._spare)
            self._spare = None

    def _provide(self) -> None:
        """Begin a spare where there is none, once the last run has had the machine for a while."""
        if self._spare is not None and self._spare.poll() is None:
            return
        if time.monotonic() - self._last >= _CALM:
            self._last = time.monotonic()
            with suppress(ResourceError):  # without a spare runs begin later
                self._spare = self._begun()

    def _begun(self) -> "subprocess.Popen[bytes]":
        more = [self._environment] if self._environment is not None else []
        command = [
            sys.executable,
            "-m",
            "freshline.cli.automation.carrying",
            str(self._root),
            *more,
        ]
        null = subprocess.DEVNULL
        try:
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=null, start_new_session=True
            )
        except OSError as error:
            raise ResourceError(
                f"no process can be begun: {error.strerror or error}",
                help="end some others; automation goes on by itself",
            ) from error

    def _said(self, run: str) -> str:
        """Return the last of what a run said on stderr; its file has done its duty then."""
        path = said_file(self._logs, run)
        try:
            text = path.read_bytes()[-_MOST_SAID:].decode(errors="replace").strip()
            path.unlink()
        except OSError:
            return ""
        return redacted(text)


_: type[Processes] = RunProcesses


def is_running(pid: int, since: float) -> bool:
    """Say whether the process is there that had this number at a time, in unix seconds."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return False  # somebody else's: none of ours
    if pid <= 0:
        return False
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        began = _booted() + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return True  # a system that does not tell
    return fields[0] != "Z" and began <= since + _SLACK


def _booted() -> float:
    """Return when the system was started, by the clock as it is now."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


def _tell(process: "subprocess.Popen[bytes]", line: str) -> None:
    if process.stdin is not None:
        with suppress(OSError), process.stdin as stdin:  # one that died will be found dead
            stdin.write(line.encode() + b"\n")


def _dismiss(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    process.wait()
