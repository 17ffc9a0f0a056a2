"""The worker's own process: its limits, its end with its parent, its descriptors."""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_PR_SET_PDEATHSIG = 1
_HIDDEN = 100  # where our descriptor goes: programs that write to 3 or 4 by mistake do not hit it


def prepare(descriptor: int, settings: str) -> int:
    """Return the descriptor to serve at, after all was set as `settings`, a JSON object, says.

    `parent` is the process to die with, `memory`, `files` and `file_size` are limits.
    """
    said = json.loads(settings) if settings else {}
    if said.get("parent"):
        _die_with(int(said["parent"]))
    faulthandler.enable()
    if hasattr(faulthandler, "register"):
        # Who is asked to end says where it was, even from within a library that holds the lock.
        faulthandler.register(signal.SIGTERM, chain=True)
    _streams()
    hidden = _hide(descriptor)
    _limit(said)
    _guard_forks(hidden)
    return hidden


def _streams() -> None:
    """Make output come out line by line, and never fail for a character."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)


def _hide(descriptor: int) -> int:
    """Return a copy of the descriptor with a high number; programs that are started lack it."""
    try:
        import fcntl
        import resource
    except ImportError:
        return descriptor
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    number = _HIDDEN if most > _HIDDEN or most < 0 else most // 2
    hidden = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, number)
    os.close(descriptor)
    return hidden


def _limit(said: dict[str, object]) -> None:
    """Set the limits of this process and all that it starts; a lower one that is there stays."""
    try:
        import resource
    except ImportError:
        return
    wanted = [(resource.RLIMIT_CORE, 0)]
    for name, limit in (
        ("memory", resource.RLIMIT_DATA),
        ("files", resource.RLIMIT_NOFILE),
        ("file_size", resource.RLIMIT_FSIZE),
    ):
        value = said.get(name)
        if isinstance(value, int):
            wanted.append((limit, value))
    for limit, value in wanted:
        most = resource.getrlimit(limit)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(limit, (value, most))
    if said.get("file_size"):
        # Else a file that grows too large kills the process, instead of failing the write.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _die_with(parent: int) -> None:
    """Ask the kernel to end this process when its parent ends, however busy it is then."""
    if sys.platform == "linux":
        try:
            # The C library by the module beneath ctypes, which starts in a tenth of the time.
            import _ctypes

            library: Any = _ctypes
            prctl = library.dlsym(library.dlopen(None, 2), "prctl")
            library.call_function(prctl, (_PR_SET_PDEATHSIG, int(signal.SIGKILL)))
        except (ImportError, AttributeError, OSError):
            return
    if os.getppid() != parent:
        os._exit(1)


def _guard_forks(descriptor: int) -> None:
    """Let a forked child have no line to the supervisor: it would keep it open after our end."""
    register = getattr(os, "register_at_fork", None)
    if register is not None:
        register(after_in_child=lambda: _close(descriptor))


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        pass
