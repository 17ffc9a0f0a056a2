"""From the words for a moment to come to unix seconds."""

from datetime import UTC, datetime

from freshline.declare.durations import seconds
from freshline.errors import UsageError


def moment_of(text: str, now: float) -> float:
    """Return the moment that is meant by a date, a time or a duration from now, in UTC.

    UsageError where it is none, or has passed.
    """
    lasts = seconds(text)
    found = now + lasts if lasts is not None else _parsed(text)
    if found is None:
        raise UsageError(
            f'"{text}" is no moment',
            help="write a date (2027-01-31), a time in UTC (2027-01-31 12:00) or a duration (7d)",
        )
    if found <= now:
        raise UsageError(f'"{text}" has passed', help="name a moment to come, such as 7d")
    return found


def _parsed(text: str) -> float | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
