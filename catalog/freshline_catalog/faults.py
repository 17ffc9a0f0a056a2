"""What SQLite and the operating system refuse, in words of ours."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import apsw

from freshline.errors import (
    BusyError,
    CatalogDamagedError,
    CatalogError,
    FreshlineError,
    ResourceError,
)
from freshline_catalog.connection import Connection

BUSY_SECONDS = 10
_REBUILD = "restore a backup, or run `freshline catalog rebuild --from-storage`"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def fault(path: Path, error: apsw.Error | OSError, system: int = 0) -> FreshlineError:
    """Return the error of ours that says what `error` means for the catalog `path`.

    `system` is the operating system's own number for it, where SQLite kept one.
    """
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return ResourceError(f"the catalog {path} cannot be used: {reason}", help=_place(path))
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return BusyError(
            f"another process has been writing to the catalog {path}"
            f" for more than {BUSY_SECONDS} seconds",
            help="try again when it has finished",
        )
    if is_full(error, system):
        return ResourceError(
            f"there is no space left to write the catalog {path}",
            help="free space on its disk, or raise the quota; what was recorded is intact",
        )
    if _is_damage(error):
        return damaged(path, str(error))
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError | apsw.AuthError):
        return ResourceError(f"the catalog {path} cannot be written: {error}", help=_place(path))
    if isinstance(error, apsw.CantOpenError):
        return ResourceError(f"the catalog {path} cannot be opened", help=_place(path))
    if isinstance(error, apsw.NoMemError | apsw.IOError):
        return ResourceError(
            f"the machine failed at the catalog {path}: {error}",
            help="look at the state of its disk and memory, then try again",
        )
    if isinstance(error, apsw.ConnectionClosedError):
        return closed(path)
    return CatalogError(f"the catalog {path} refused: {type(error).__name__}: {error}")


def is_full(error: apsw.Error, system: int) -> bool:
    """Say whether space ran out: on the disk, in a quota, or for a file's size."""
    # Only a failed read or write set the number just now; other errors leave an old one behind.
    return isinstance(error, apsw.FullError) or (
        isinstance(error, apsw.IOError) and system in _FULL
    )


def damaged(path: Path, detail: str) -> CatalogDamagedError:
    """Return the error for a catalog whose content is not what was written."""
    return CatalogDamagedError(f"the catalog {path} is damaged: {detail}", help=_REBUILD)


def closed(path: Path) -> CatalogError:
    """Return the error for a catalog that this process has closed."""
    return CatalogError(f"the catalog {path} is closed", help="open it again")


@contextmanager
def translated(path: Path, connection: Connection | None = None) -> Generator[None]:
    """Let errors of SQLite, the system and the codec leave as errors of ours that name the file."""
    try:
        yield
    except apsw.Error as error:
        raise fault(path, error, system_errno(connection)) from error
    except OSError as error:
        raise fault(path, error) from error
    except ValueError as error:
        raise damaged(path, f"a row does not say what it should: {error}") from error


def system_errno(connection: Connection | None) -> int:
    """Return the operating system's number for a connection's last failure, 0 for none."""
    try:
        return 0 if connection is None else connection.system_errno
    except apsw.ConnectionClosedError:
        return 0


def _is_damage(error: apsw.Error) -> bool:
    extended = getattr(error, "extendedresult", 0)
    return isinstance(error, apsw.CorruptError | apsw.NotADBError) or extended in (
        apsw.SQLITE_IOERR_CORRUPTFS,
        apsw.SQLITE_IOERR_DATA,
        apsw.SQLITE_IOERR_SHORT_READ,
    )


def _place(path: Path) -> str:
    return f"Check that {path.parent} is a folder in which you may create and write files."
