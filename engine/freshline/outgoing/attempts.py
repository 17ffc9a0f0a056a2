"""When a delivery that failed is attempted again, and when it is given up."""

from freshline.codec import digest

MOST = 12  # attempts: the last one is about four hours after the first
_FIRST, _LONGEST = 5.0, 3600.0
_SPREAD = 0.5


def pause(attempt: int, id: str) -> float:
    """Return the seconds to wait behind the failed attempt of that number, counted from 1.

    Twice as long each time, up to an hour, and up to half as long again, by the id: so that what
    failed at one time is not attempted at one time.
    """
    longest = min(_FIRST * 2.0 ** min(attempt - 1, 32), _LONGEST)
    share = int(digest("pause", id, str(attempt))[:8], 16) / 0xFFFF_FFFF
    return longest * (1.0 + _SPREAD * share)


def is_last(attempt: int) -> bool:
    """Say whether no attempt follows the one of that number."""
    return attempt >= MOST
