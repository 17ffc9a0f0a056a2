"""Retries: whether a step that failed is tried again, and after how long. A function of values.

Rules:
1. Whether waiting may help is said by the error's type: a full disk, a busy file and a publish of
   which nobody knows whether it happened are tried again; a query that fails on its data is not.
2. An author who declares `retries:` says that waiting may help that asset's query too: then its
   failures and its timeouts are tried again. A failed check never is: the rows would be the same.
3. A head that somebody else moved is for the next run, which looks at it first.
4. The waits grow from one to the next, up to a limit, and each is a little longer or shorter than
   the rule says, so that many steps that failed together do not come back together.
"""

from freshline.definitions import Retries
from freshline.errors import (
    CheckFailedError,
    ComputeError,
    ConflictError,
    FreshlineError,
)

DEFAULT = Retries(count=2, delay=5.0, backoff=2.0)
LONGEST = 300.0
JITTER = 0.25


def allowed(declared: Retries | None, most: int | None) -> int:
    """Return how often a step may be tried again; `most` is the caller's word for all of them."""
    return (declared or DEFAULT).count if most is None else most


def may_help(error: FreshlineError, declared: Retries | None) -> bool:
    """Say whether the same step may succeed later."""
    if isinstance(error, ConflictError | CheckFailedError):
        return False
    return error.retryable or (declared is not None and isinstance(error, ComputeError))


def wait_before(retry: int, declared: Retries | None, chance: float) -> float:
    """Return how many seconds pass before a retry, the first being 1; `chance` is from 0 to 1."""
    policy = declared or DEFAULT
    longest = max(LONGEST, policy.delay)
    try:
        grown = policy.delay * policy.backoff ** (retry - 1)
    except OverflowError:
        grown = longest
    return min(grown, longest) * (1 - JITTER + 2 * JITTER * chance)
