"""Moments as addresses have them: a day, a time, unix seconds, or so long ago.

A form sends each of its fields, also those that nobody filled in: blank is no wish.
"""

import math
import re
from datetime import UTC, datetime

from freshline_catalog.server.problems import InvalidError

_AGO = re.compile(r"(\d{1,6})(min|h|d|w)")
_SECONDS = {"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_LATEST = 253_402_300_800.0  # the year 10000
_LONGEST = 40


def moment(text: str, now: float) -> float | None:
    """Return the moment that is meant, in unix seconds; None for an empty text.

    `24h` and `7d` are so long before `now`. InvalidError for what is none.
    """
    text = text.strip()
    if not text:
        return None
    ago = _AGO.fullmatch(text)
    if ago:
        return now - int(ago[1]) * _SECONDS[ago[2]]
    found = _number(text) if len(text) <= _LONGEST else None
    if found is None:
        raise InvalidError(
            "there is a time that cannot be read",
            help="write 2027-01-31, 2027-01-31T12:00 (UTC), unix seconds, or 24h for a day ago",
        )
    return found


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        try:
            read = datetime.fromisoformat(text)
            found = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return found if math.isfinite(found) and abs(found) < _LATEST else None


def none_if_blank(value: object) -> object:
    """Return what a parameter says, None where it says nothing."""
    return None if value == "" else value
