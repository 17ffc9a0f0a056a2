"""What a call may not leave behind: the process is put back as the call found it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_SIGNALS = tuple(sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}))


class Before:
    """What a process was like before a call, to compare with and to go back to."""

    def __init__(self) -> None:
        self._folder = os.getcwd()
        self._environment = dict(os.environ)
        self._path = list(sys.path)
        self._argv = list(sys.argv)
        self._filters = list(warnings.filters)
        self._show = warnings.showwarning
        self._signals = [signal.getsignal(each) for each in _SIGNALS]
        self._hooks = (sys.excepthook, threading.excepthook, sys.getrecursionlimit())
        self._streams = (sys.stdin, sys.stdout, sys.stderr)
        self._threads = set(threading.enumerate())
        self._mask = os.umask(0o022)
        os.umask(self._mask)
        self._loggers = _loggers()

    def restore(self) -> list[threading.Thread]:
        """Put everything back, and return the threads that the call left running."""
        sys.stdin, sys.stdout, sys.stderr = self._streams
        flush()
        try:
            moved = os.getcwd() != self._folder
        except OSError:  # the folder it went to is gone
            moved = True
        if moved:
            os.chdir(self._folder)
        if dict(os.environ) != self._environment:
            os.environ.clear()
            os.environ.update(self._environment)
        sys.path[:] = self._path
        sys.argv[:] = self._argv
        if warnings.filters != self._filters:
            warnings.resetwarnings()  # which also makes Python look at them anew
            filters: Any = warnings.filters
            filters[:] = self._filters
        warnings.showwarning = self._show
        self._restore_signals()
        sys.excepthook, threading.excepthook = self._hooks[:2]
        sys.setrecursionlimit(self._hooks[2])
        os.umask(self._mask)
        _restore_loggers(self._loggers)
        _empty_duckdb()
        _let_go_of_memory()
        return [each for each in threading.enumerate() if each not in self._threads]

    def _restore_signals(self) -> None:
        for number, handler in zip(_SIGNALS, self._signals):
            if signal.getsignal(number) is not handler and handler is not None:
                signal.signal(number, handler)


def _loggers() -> tuple[Any, ...]:
    """Return the handlers and levels of the root logger and of all that exist."""
    logging = sys.modules.get("logging")
    if logging is None:
        return ()
    root = logging.root
    known = [each for each in list(root.manager.loggerDict.values()) if hasattr(each, "handlers")]
    return tuple((each, list(each.handlers), each.level) for each in (root, *known))


def _restore_loggers(before: tuple[Any, ...]) -> None:
    logging = sys.modules.get("logging")
    if logging is None:
        return
    if not before:  # it was imported by the call, which set up the root logger at most
        before = ((logging.root, [], logging.WARNING),)
    for logger, handlers, level in before:
        if logger.handlers != handlers:
            logger.handlers[:] = handlers
        if logger.level != level:
            logger.setLevel(level)


def _empty_duckdb() -> None:
    """Give DuckDB a new default database where the call left something in the old one."""
    duckdb = sys.modules.get("duckdb")
    if duckdb is None:
        return
    try:
        left = duckdb.execute(_LEFT).fetchall()[0][0]
    except Exception:  # closed, or an open transaction that failed
        left = 1
    if left:
        duckdb.set_default_connection(duckdb.connect(":memory:"))


def _let_go_of_memory() -> None:
    """Give back what Arrow keeps for later: else one large table makes a worker large for good."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()


_LEFT = """
SELECT (SELECT count(*) FROM duckdb_tables() WHERE NOT internal)
    + (SELECT count(*) FROM duckdb_views() WHERE NOT internal)
    + (SELECT count(*) FROM duckdb_databases() WHERE NOT internal) - 1
"""


def flush() -> None:
    """Write out what standard output and standard error still hold back."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # closed, or nobody listens any more
            pass


def children() -> int:
    """Return how many processes that were started from here still run."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return 0
    except (AttributeError, OSError):
        pass
    count = 0
    for line in _read_tasks():
        count += len([pid for pid in line.split() if _runs(pid)])
    return count


def _read_tasks() -> list[str]:
    found: list[str] = []
    try:
        for task in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{task}/children") as file:
                found.append(file.read())
    except OSError:
        pass
    return found


def _runs(pid: str) -> bool:
    """Return whether a child is alive, and not only waiting to be asked how it ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def rss() -> int:
    """Return the bytes of memory that this process takes, 0 where nobody can tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _page() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 4096


_PAGE = _page()
