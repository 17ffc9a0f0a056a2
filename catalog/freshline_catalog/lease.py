"""Leases: rights that end with their process, because the kernel says so.

A lease is a lock on a file of its own beside the catalog. The catalog's row only says who holds
it, for the message others get, and counts the holders. The file stays when the lease ends:
removing it would let two processes lock two files of the same name.

Who shares a lease has a second file, named after its run and locked by nobody else: by it is known
which of those that share it are there. A run never comes again, so that file goes with its lease.

Who wants it alone and has to wait locks a third one, the gate, through which all must pass that
come to share: so those who come and go cannot keep it waiting for ever.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from freshline.codec import digest
from freshline.errors import BusyError, ResourceError, UsageError
from freshline.ports import Holder, Lease, Wait

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_LONGEST = 100
SHARE, GATE = "\x1f", "\x1e"  # no name of ours has a separator in it
_PLACES = 64  # of one file on Windows, where bytes are locked and no lock is shared


class Register(Protocol):
    """The rows about leases: who took each last, and who shares it."""

    def take(self, holder: Holder, gone: Sequence[str]) -> int:
        """Write down who has a lease alone, or shares it, and forget rows; return the epoch."""
        ...

    def known(self, name: str) -> Holder | None:
        """Return who was written down last under a name."""
        ...

    def sharing(self, name: str) -> tuple[Holder, ...]:
        """Return who was written down as sharing a lease, in the order in which they came."""
        ...


class FileLease:
    """Held locks on files, and the epoch that their holder was given; the file `own` ends too."""

    def __init__(
        self, descriptors: Iterable[int], name: str, epoch: int, own: Path | None = None
    ) -> None:
        self._descriptors = tuple(descriptors)
        self._name = name
        self._epoch = epoch
        self._own = own
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
        return bool(self._descriptors)

    def release(self) -> None:
        """Give it back; idempotent."""
        with self._lock:
            if self._descriptors and self._own is not None:
                _remove(self._own)
            for descriptor in self._descriptors:
                os.close(descriptor)
            self._descriptors = ()


_: type[Lease] = FileLease


def acquire(
    catalog: Path, holder: Holder, register: Register, *, shared: bool, wait: Wait | None
) -> FileLease:
    """Return the lease `holder.name` of a catalog, alone or shared.

    While others are in the way, this process among them, `wait` gets a BusyError that names them;
    without it the error is raised.
    """
    if shared and not holder.run:
        raise UsageError("who shares a lease shares it for a run", help="give the holder a run")
    take = _shared if shared else _alone
    with ExitStack() as waiting:
        at_the_gate = shared
        while True:
            try:
                return take(catalog, holder, register)
            except BusyError as busy:
                if wait is None:
                    raise
                if not at_the_gate and (gate := _gate(catalog, holder, register)) is not None:
                    waiting.callback(os.close, gate)
                    at_the_gate = True
                wait(busy)


def _alone(catalog: Path, holder: Holder, register: Register) -> FileLease:
    name = holder.name
    with _opened(catalog, name) as (lock,):
        if not _lock_soon(lock):
            raise _busy(name, sharing(catalog, name, register) or (register.known(name),))
        return FileLease((lock,), name, register.take(holder, ()))


def _shared(catalog: Path, holder: Holder, register: Register) -> FileLease:
    """Pass the gate, then lock the lease's file as others do and the run's own as nobody else."""
    name, mine = holder.name, f"{holder.name}{SHARE}{holder.run}"
    with _opened(catalog, name + GATE) as (gate,):
        if not _lock_soon(gate, shared=True):
            raise _busy(name, (register.known(name + GATE),), waits=True)
        with _opened(catalog, name, mine) as (lock, own):
            if not _lock_soon(lock, shared=True):
                raise _busy(name, (register.known(name),))
            if not _lock_soon(own):
                raise _busy(name, (holder,))
            there = {each.run for each in sharing(catalog, name, register)}
            every = (each.run for each in register.sharing(name))
            gone = tuple(f"{name}{SHARE}{run}" for run in every if run not in there)
            epoch = register.take(holder, gone)
            for each in gone:
                _remove(lock_path(catalog, each))
            lease = FileLease((lock, own), name, epoch, lock_path(catalog, mine))
        os.close(gate)
        return lease


def _gate(catalog: Path, holder: Holder, register: Register) -> int | None:
    """Lock the gate of a lease and say who did; None where somebody else is there already."""
    name = holder.name + GATE
    with suppress(BusyError), _opened(catalog, name) as (gate,):
        if not _lock_soon(gate):
            raise _busy(name, ())
        register.take(replace(holder, name=name, run=""), ())
        return gate
    return None


@contextmanager
def _opened(catalog: Path, *names: str) -> Generator[tuple[int, ...]]:
    """Open the files of locks; they are closed again if what is done with them fails."""
    found: list[int] = []
    path = catalog
    try:
        for name in names:
            path = lock_path(catalog, name)
            found.append(os.open(path, os.O_RDWR | os.O_CREAT, 0o666))
        yield tuple(found)
    except BaseException as error:
        for descriptor in found:
            os.close(descriptor)
        if isinstance(error, OSError):
            raise _refused(path, error) from error
        raise


def sharing(catalog: Path, name: str, register: Register) -> tuple[Holder, ...]:
    """Return who shares a lease now, in the order in which they came."""
    known = register.sharing(name)
    return tuple(each for each in known if is_held(catalog, f"{name}{SHARE}{each.run}"))


def is_held(catalog: Path, name: str) -> bool:
    """Say whether any process, this one among them, has locked a file for itself alone now."""
    path = lock_path(catalog, name)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _refused(path, error) from error
    try:
        # For a moment this takes the lock itself; whoever wants it alone looks more than once.
        return not _lock(descriptor, shared=True)
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


def _busy(name: str, holders: Iterable[Holder | None], *, waits: bool = False) -> BusyError:
    said = "; ".join(sentence(name, each) for each in holders)
    if waits:
        said += ", who waits to have it alone"
    return BusyError(said, help="wait for it to end, or stop that process")


def _lock_soon(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock, if need be after whoever only looks whether it is held."""
    for _ in range(3):
        if _lock(descriptor, shared=shared):
            return True
        time.sleep(0.005)
    return False


def _lock(descriptor: int, *, shared: bool = False) -> bool:
    if sys.platform == "win32":
        ranges = [(place, 1) for place in range(_PLACES)] if shared else [(0, _PLACES)]
        for first, count in ranges:
            os.lseek(descriptor, first, os.SEEK_SET)
            with suppress(BlockingIOError, PermissionError):
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, count)
                return True
        return False
    try:
        # Not lockf: that one lets a process take its own lock twice, and drops it when any
        # descriptor of the file is closed.
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _remove(path: Path) -> None:
    with suppress(OSError):  # where it cannot be, whoever comes next tries again
        path.unlink()


def _refused(path: Path, error: OSError) -> ResourceError:
    return ResourceError(
        f"the lock file {path} cannot be used: {error.strerror or error}",
        help=f"check that {path.parent} is a folder in which you may create and write files",
    )
