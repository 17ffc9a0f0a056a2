"""Leases: exclusive rights that end with their process, because the kernel says so.

A lease is a lock on a file of its own beside the catalog. The catalog's row only says who holds
it, for the message others get, and counts the holders. The file stays when the lease ends:
removing it would let two processes lock two files of the same name.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from freshline.codec import digest
from freshline.errors import BusyError, ResourceError
from freshline.ports import Holder, Lease

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_LONGEST = 100


class FileLease:
    """A held lock on a file, and the epoch that its holder was given."""

    def __init__(self, descriptor: int, name: str, epoch: int) -> None:
        self._descriptor: int | None = descriptor
        self._name = name
        self._epoch = epoch
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """What it is a right to."""
        return self._name

    @property
    def epoch(self) -> int:
        """A number that grows with every holder."""
        return self._epoch

    @property
    def is_held(self) -> bool:
        """Whether it has not been released yet."""
        return self._descriptor is not None

    def release(self) -> None:
        """Give it back; idempotent."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None


_: type[Lease] = FileLease


def acquire(
    catalog: Path, holder: Holder, take: Callable[[], int], known: Callable[[], Holder | None]
) -> FileLease:
    """Return the lease `holder.name` of a catalog.

    `take` writes the holder down and returns its epoch; `known` reads who was written down last.
    Raise BusyError naming that holder when another process, or this one, has the lease.
    """
    path = lock_path(catalog, holder.name)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise _refused(path, error) from error
    try:
        if not _lock_soon(descriptor):
            raise BusyError(
                sentence(holder.name, known()), help="wait for it to end, or stop that process"
            )
        return FileLease(descriptor, holder.name, take())
    except OSError as error:
        os.close(descriptor)
        raise _refused(path, error) from error
    except BaseException:
        os.close(descriptor)
        raise


def is_held(catalog: Path, name: str) -> bool:
    """Say whether any process, this one among them, has the lease now."""
    path = lock_path(catalog, name)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _refused(path, error) from error
    try:
        # For a moment this takes the lock itself; `acquire` looks more than once because of it.
        return not _lock(descriptor)
    finally:
        os.close(descriptor)


def may_hold(catalog: Path, holder: Holder) -> bool:
    """Say whether the process that is on record as holder has the lock's file open.

    Where that cannot be seen (another machine, another user's process) it may.
    """
    if holder.host != socket.gethostname() or not Path("/proc/self/fd").is_dir():
        return True
    files = Path(f"/proc/{holder.pid}/fd")
    try:
        opened = [os.stat(file) for file in _still_there(files)]
        lock = os.stat(lock_path(catalog, holder.name))
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return any(os.path.samestat(status, lock) for status in opened)


def _still_there(files: Path) -> Iterator[Path]:
    for name in os.listdir(files):
        if (files / name).exists():
            yield files / name


def lock_path(catalog: Path, name: str) -> Path:
    """Return the file whose lock is the lease; different names never share one."""
    plain = "".join(
        chr(byte) if chr(byte) in _PLAIN else f"%{byte:02x}"
        for byte in name.encode("utf-8", "surrogatepass")
    )
    if len(plain) > _LONGEST:
        plain = f"{plain[:_LONGEST]}~{digest(plain)}"
    return catalog.with_name(f"{catalog.name}.{plain}.lock")


def sentence(name: str, holder: Holder | None) -> str:
    """Say who holds a lease: an apply by ada on host1, process 4711, since 12:03:22."""
    if holder is None:
        return f"{name} is in use by another process that has not said who it is yet"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder.since))
    return (
        f"{name} is in use: {holder.purpose} by {holder.actor} on {holder.host},"
        f" process {holder.pid}, since {since}"
    )


def _lock_soon(descriptor: int) -> bool:
    """Take the lock, if need be after whoever only looks whether it is held."""
    for _ in range(3):
        if _lock(descriptor):
            return True
        time.sleep(0.005)
    return False


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            # Not lockf: that one lets a process take its own lock twice, and drops it when any
            # descriptor of the file is closed.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _refused(path: Path, error: OSError) -> ResourceError:
    return ResourceError(
        f"the lock file {path} cannot be used: {error.strerror or error}",
        help=f"check that {path.parent} is a folder in which you may create and write files",
    )
