"""A bell wakes one thread that waits: for others, for folders in which something moves, for ends.

1. Where the system tells (Linux: inotify, process descriptors), who waits sleeps until then.
   Elsewhere, or where the system refuses, they wake every so often and look for themselves.
2. It rings just before what moved can be seen: a database syncs what it wrote and shows it then. So
   after each ring it wakes again soon, and then ever more seldom: that is its echo.
3. A ring that is lost costs time only: nobody sleeps longer than `LONGEST`.
"""

import ctypes
import os
import select
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LONGEST = 1.0  # seconds between two looks, whatever is told
UNTOLD = 0.1  # and where nobody tells
_ECHO = 0.002  # seconds from a ring to the first look after it; twice as many to the next
_SPACE = 0.005  # between two rings at least: what goes on and on wakes nobody all the time
_MOST = 4096  # folders: the system has room for so many for each user, and others want some too
# IN_MODIFY, ATTRIB, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE, DELETE_SELF and ONLYDIR
_MOVES = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x1000000
_BYTES = 65536


class Watch:
    """Folders in which something may move, as far as the system tells of it: `close` it at the end.

    What is in folders within them is not watched. One thread may listen while another says which.
    """

    def __init__(self) -> None:
        self._library = _library()
        self._descriptor = -1
        if self._library is not None:
            self._descriptor = self._library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._watched: dict[Path, int] = {}
        self._is_whole = False
        self._has_moved = False

    @property
    def descriptor(self) -> int:
        """What is readable when something moved, -1 where the system does not tell."""
        return self._descriptor

    @property
    def is_told(self) -> bool:
        """Whether the system tells of every folder that is there."""
        return self._is_whole and self._descriptor >= 0

    def over(self, folders: Iterable[Path]) -> bool:
        """Watch these folders and no others; say whether any of them was not watched before.

        What moved in such a one before this is not told: look again then.
        """
        wanted = dict.fromkeys(folders)
        library, self._is_whole = self._library, len(wanted) <= _MOST
        if library is None or self._descriptor < 0 or not self._is_whole:
            return False
        for gone in self._watched.keys() - wanted:
            library.inotify_rm_watch(self._descriptor, self._watched.pop(gone))
        known = set(self._watched.values())
        is_new = False
        for folder in wanted:
            number = library.inotify_add_watch(self._descriptor, os.fsencode(folder), _MOVES)
            if number >= 0:
                # The same path may be another folder by now, which has another number.
                is_new |= number not in known
                self._watched[folder] = number
            else:
                self._watched.pop(folder, None)
                self._is_whole &= not folder.is_dir()  # one that is not there yet has one above it
        return is_new

    def hear(self) -> None:
        """Take in what the system tells."""
        with suppress(BlockingIOError):
            while self._descriptor >= 0 and os.read(self._descriptor, _BYTES):
                self._has_moved = True

    def moved(self) -> bool:
        """Say whether anything moved since this was asked last."""
        self.hear()
        moved, self._has_moved = self._has_moved, False
        return moved

    def close(self) -> None:
        """Watch nothing any more; idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Bell:
    """Wakes the thread that calls `wait`. Any thread, and any handler of a signal, may `ring` it.

    Between two rings lie `space` seconds at least.
    """

    def __init__(self, space: float = _SPACE) -> None:
        self._space = space
        self._watches: dict[int, Watch] = {}
        self._untold: list[Watch] = []
        self._ends: dict[int, int] = {}
        self._unseen: set[int] = set()
        self._echo, self._rang = _ECHO, 0.0
        self._event = threading.Event()
        self._reader, self._writer = -1, -1
        self._poll: select.epoll | None = None
        if sys.platform == "linux":
            self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            self._poll = select.epoll()
            self._poll.register(self._reader, select.EPOLLIN)

    def ring(self) -> None:
        """Wake who waits, or who will wait next."""
        if self._poll is None:
            self._event.set()
            return
        with suppress(BlockingIOError, OSError):  # full: it rings already
            os.write(self._writer, b".")

    def hears(self, watch: Watch) -> None:
        """Ring from now on when something moves in watched folders."""
        if self._poll is not None and watch.descriptor >= 0:
            self._watches[watch.descriptor] = watch
            self._poll.register(watch.descriptor, select.EPOLLIN)
        else:
            self._untold.append(watch)

    def at_the_end_of(self, process: int) -> None:
        """Ring once when the process of this number has ended."""
        try:
            if self._poll is None or sys.platform != "linux":
                raise OSError
            descriptor = os.pidfd_open(process)
        except ProcessLookupError:
            self.ring()
        except OSError:
            self._unseen.add(process)
        else:
            self._ends[descriptor] = process
            self._poll.register(descriptor, select.EPOLLIN)

    def wait(self, seconds: float) -> bool:
        """Wait so long at most; say whether it rang. It may end before, so that lost rings heal."""
        longest = LONGEST if self._is_told else UNTOLD
        time.sleep(max(0.0, self._rang + self._space - time.monotonic()))
        rings = self._waited(max(0.0, min(seconds, self._echo, longest)))
        if rings:
            self._rang, self._echo = time.monotonic(), _ECHO
        else:
            self._echo = min(2 * self._echo, LONGEST)
        return rings

    def close(self) -> None:
        """Let go of everything but the watches; nobody waits any more."""
        if self._poll is not None:
            self._poll.close()
            for descriptor in (*self._ends, self._reader, self._writer):
                os.close(descriptor)
            self._ends.clear()
            self._poll, self._reader, self._writer = None, -1, -1

    @property
    def _is_told(self) -> bool:
        self._unseen = {process for process in self._unseen if _is_there(process)}
        everywhere = (*self._watches.values(), *self._untold)
        return not self._unseen and all(watch.is_told for watch in everywhere)

    def _waited(self, seconds: float) -> bool:
        if self._poll is None:
            rang = self._event.wait(seconds)
            self._event.clear()
            return rang
        ready = self._poll.poll(seconds)
        for descriptor, _ in ready:
            if descriptor == self._reader:
                with suppress(BlockingIOError):
                    os.read(self._reader, _BYTES)
            elif (watch := self._watches.get(descriptor)) is not None:
                watch.hear()
            elif descriptor in self._ends:
                self._poll.unregister(descriptor)
                del self._ends[descriptor]
                os.close(descriptor)
        return bool(ready)


def _is_there(process: int) -> bool:
    with suppress(OSError):
        os.kill(process, 0)
        return True
    return False


def _library() -> ctypes.CDLL | None:
    """Return the C library, where it has inotify."""
    if sys.platform != "linux":
        return None
    try:
        found = ctypes.CDLL(None, use_errno=True)
        _ = (found.inotify_init1, found.inotify_add_watch, found.inotify_rm_watch)
    except (OSError, AttributeError):
        return None
    return found
