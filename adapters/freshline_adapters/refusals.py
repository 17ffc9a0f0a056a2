"""What the machine refuses, as errors of ours: the operator's task, with the way out."""

import errno
import os

from freshline.errors import DeniedError, ResourceError, UnknownOutcomeError
from freshline.failpoints import failpoint

_HELP = {
    errno.ENOSPC: "the disk is full: free some space, then run again",
    errno.EDQUOT: "the quota is used up: free some space or ask for more, then run again",
    errno.EFBIG: "a limit on file sizes is in force (see `ulimit -f`): raise it, then run again",
    errno.EROFS: "the file system is mounted read-only: mount it writable, or move the storage",
    errno.EACCES: "give the user that runs Freshline the right to read and write there",
    errno.EPERM: "give the user that runs Freshline the right to read and write there; "
    "the file system must be able to make hard links",
    errno.ENOTSUP: "the file system must be able to make hard links: move the storage",
    errno.EMFILE: "too many files are open: raise the limit (see `ulimit -n`), or run fewer steps",
    errno.ENOTDIR: "something that is no folder, perhaps a link, is in the way: move it aside",
}


# Waiting mends none of these.
_DENIED = frozenset(
    {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTSUP, errno.ENOTDIR, errno.ENOENT}
)


def refusal(error: OSError, doing: str, path: str) -> ResourceError:
    """Return the error of the operator's kind for what the machine refused: what, where, why."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    help = _HELP.get(error.errno or 0, "see what the machine has against it, then run again")
    kind = DeniedError if error.errno in _DENIED else ResourceError
    return kind(f"cannot {doing} {path}: {reason}", help=help)


def unknown_outcome(error: OSError, path: str) -> UnknownOutcomeError:
    """Return the error that says that a publish may or may not have happened."""
    return UnknownOutcomeError(
        f"cannot tell whether {path} was published: {error.strerror or error}",
        help="the next run finds out and continues from there",
    )


def pass_failpoint(name: str, doing: str, path: str) -> None:
    """Pass a failpoint; what it raises is treated as the machine's refusal."""
    try:
        failpoint(name)
    except OSError as error:
        raise refusal(error, doing, path) from error


def pass_failpoint_behind(name: str, path: str) -> None:
    """Pass a failpoint behind a publish; what it raises leaves the outcome unknown."""
    try:
        failpoint(name)
    except OSError as error:
        raise unknown_outcome(error, path) from error
