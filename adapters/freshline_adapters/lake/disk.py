"""The local disk, as a lake needs it: create if absent, read, list, and make all of it durable.

This is the only place that touches files by name. A store with another create-if-absent (an object
store's conditional put) would take the place of this class and of nothing else.

What is durable: a file once it was synced, and its name once the folder holding it was synced, and
so on up to the root. Each process syncs the name of every folder it uses once, because it cannot
know whether the process that made it got so far.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator

from freshline.errors import CorruptError, StorageError
from freshline.failpoints import failpoint
from freshline_adapters.refusals import refusal, unknown_outcome

# A lake's files are its own: links are not followed, and a planted pipe must not make us wait.
_ONLY_FILES = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
# What link(2) answers when it certainly did nothing; an EIO or a lost network reply is no proof.
_DID_NOTHING = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EMLINK,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.ENOTSUP,
        errno.EPERM,
        errno.EROFS,
        errno.EXDEV,
    }
)

_NO_SECOND_NAMES = frozenset({errno.EMLINK, errno.ENOTSUP, errno.EPERM, errno.EXDEV})


class Disk:
    """The files below one folder; every path is relative to it. Safe for threads and processes."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._durable: set[str] = set()  # folders whose names this process has seen on disk

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder in no order, none where there is no such folder."""
        path = f"{self.root}/{folder}"
        try:
            return os.listdir(path)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise refusal(error, "list the folder", path) from error

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None where there is no such file."""
        full = f"{self.root}/{path}"
        try:
            with open(full, "rb", opener=_open_file) as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise _link_in_the_way(full) from error
            raise refusal(error, "read", full) from error

    def create(self, path: str, data: bytes, draft: str) -> bool:
        """Put a file where none is, whole and durable; return False where there is one.

        The bytes are written and synced under a private name beginning with `draft`, then linked
        to the final one: that is the one instant in which the file begins to exist. ResourceError
        means that nothing was put, UnknownOutcomeError that nobody can tell.
        """
        folder, full = os.path.dirname(path), f"{self.root}/{path}"
        self.make_folder(folder)
        private = f"{self.root}/{folder}/{draft}{secrets.token_hex(4)}.tmp"
        try:
            _write_draft(private, data)
            failpoint("publish.after_write")
        except OSError as error:
            _discard(private)
            raise refusal(error, "write", private) from error
        try:
            os.link(private, full)
        except FileExistsError:
            _discard(private)
            return False
        except OSError as error:
            _discard(private)
            if error.errno in _DID_NOTHING:
                raise refusal(error, "create", full) from error
            raise unknown_outcome(error, full) from error
        try:
            failpoint("publish.after_create")
            _remove(private)
            self._sync_names(folder)
        except OSError as error:
            raise unknown_outcome(error, full) from error
        return True

    def make_folder(self, folder: str) -> None:
        """Make a folder and those above it; refuse where something else or a link is in the way."""
        path = self.root
        try:
            _make_root(path)
            for path in self._folders(folder):
                if not _is_folder(path):
                    self._durable.discard(path)
                    _make(path)
        except OSError as error:
            raise refusal(error, "make the folder", path) from error

    def seal(self, path: str) -> tuple[int, str]:
        """Make a file that somebody wrote, and its name, durable; return its size and SHA-256.

        StorageError where the file is missing, empty or no file at all.
        """
        full = f"{self.root}/{path}"
        try:
            failpoint("seal.before")
            with open(full, "rb", opener=_open_file) as file:
                _sync(file.fileno())
                failpoint("seal.after_fsync")
                size = _size(os.fstat(file.fileno()))
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            # Behind the file's own sync, so that one journal commit carries all the new names.
            self._sync_names(os.path.dirname(path))
            failpoint("seal.after")
        except FileNotFoundError as error:
            raise StorageError(f"nothing was written to {full}") from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise _link_in_the_way(full) from error
            raise refusal(error, "make durable", full) from error
        if not size:
            raise StorageError(f"{full} is empty: the engine wrote nothing that can be read back")
        return size, sha256

    def status(self, path: str) -> os.stat_result | None:
        """Return what the file system says of a file, not following links; None where none is."""
        full = f"{self.root}/{path}"
        try:
            return os.lstat(full)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise refusal(error, "look at", full) from error

    def sha256(self, path: str) -> str:
        """Return the digest of a file's bytes in hex; CorruptError where it cannot be read."""
        full = f"{self.root}/{path}"
        try:
            with open(full, "rb", opener=_open_file) as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise CorruptError(f"{full} cannot be read: {error.strerror}", name=full) from error

    def share(self, path: str, other: str) -> None:
        """Give a file that nobody changes any more a second name, durable; there it is no error.

        Where the file system has no second names it is copied. CorruptError where it is missing.
        """
        full, second = f"{self.root}/{path}", f"{self.root}/{other}"
        self.make_folder(os.path.dirname(other))
        try:
            try:
                os.link(full, second, follow_symlinks=False)
            except FileExistsError:
                pass  # an earlier attempt came so far
            except OSError as error:
                if error.errno not in _NO_SECOND_NAMES:
                    raise
                _copy(full, second)
            self._sync_names(os.path.dirname(other))
        except FileNotFoundError as error:
            raise CorruptError(f"{full} is missing", name=full) from error
        except OSError as error:
            raise refusal(error, "link", second) from error

    def remove(self, path: str) -> None:
        """Remove a file; none there is no error, a link on the way to it is."""
        full = f"{self.root}/{path}"
        try:
            if all(_is_folder(folder) for folder in self._folders(os.path.dirname(path))):
                _remove(full)
        except OSError as error:
            raise refusal(error, "remove", full) from error

    def sync(self, folder: str) -> None:
        """Make durable which names a folder has, and which it has no longer."""
        full = f"{self.root}/{folder}"
        try:
            _sync_folder(full)
        except OSError as error:
            raise refusal(error, "make durable", full) from error

    def _folders(self, folder: str) -> Iterator[str]:
        path = self.root
        for name in folder.split("/"):
            path = f"{path}/{name}"
            yield path

    def _sync_names(self, folder: str) -> None:
        """Make the names in a folder durable, and once those of the folders up to the root."""
        path = f"{self.root}/{folder}"
        _sync_folder(path)
        while path not in self._durable and path != self.root:
            above = os.path.dirname(path)
            _sync_folder(above)
            self._durable.add(path)
            path = above
        if path not in self._durable:
            with contextlib.suppress(PermissionError):  # the root may lie in a folder of others
                _sync_folder(os.path.dirname(path))
            self._durable.add(path)


def _open_file(path: str, flags: int) -> int:
    return os.open(path, flags | _ONLY_FILES)


def _copy(path: str, other: str) -> None:
    """Copy a file to where none is; its name appears when all of it is durable."""
    private = f"{other}.{secrets.token_hex(4)}.tmp"
    try:
        with open(path, "rb", opener=_open_file) as file, open(private, "xb") as copy:
            shutil.copyfileobj(file, copy)
            copy.flush()
            _sync(copy.fileno())
        os.replace(private, other)
    except OSError:
        _discard(private)
        raise


def _write_draft(path: str, data: bytes) -> None:
    half = len(data) // 2
    with open(path, "xb") as file:
        file.write(data[:half])
        file.flush()  # so that dying at the failpoint leaves what a power cut would: a part
        failpoint("publish.torn_manifest")
        file.write(data[half:])
        file.flush()
        _sync(file.fileno())


def _is_folder(path: str) -> bool:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(mode):
        # A link to a folder too: what is removed or replaced below it might not be ours.
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    return True


def _make(path: str) -> None:
    try:
        os.mkdir(path)
    except FileExistsError:
        _is_folder(path)  # somebody else was quicker, or something else is in the way


def _make_root(path: str) -> None:
    """Make the root and the folders above it, each durable at once: it happens once in a life."""
    if os.path.isdir(path):
        return
    above = os.path.dirname(path)
    _make_root(above)
    _make(path)
    _sync_folder(above)


def _size(status: os.stat_result) -> int:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    return status.st_size


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def _discard(path: str) -> None:
    with contextlib.suppress(OSError):  # what is left over is invisible; the cause is told instead
        os.unlink(path)


def _sync_folder(path: str) -> None:
    if sys.platform == "win32":
        return  # folders cannot be opened there; the file system keeps its own journal
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _sync(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync leaves it in the drive's own memory
    else:
        os.fsync(descriptor)


def _link_in_the_way(path: str) -> CorruptError:
    return CorruptError(
        f"{path} is a symbolic link: a lake's files are its own",
        name=path,
        help="put the file itself back in its place",
    )
