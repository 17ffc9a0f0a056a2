"""Freshness: how long ago something was last known to be right, and whether that is recent enough.

What is fresh now is right now, as far as its sources were looked at; what is stale was right until
somebody first saw that it is not.
"""

from freshline.operate.moments import moments_of
from freshline.operate.rules import told
from freshline.operate.scene import Age, Standing
from freshline.refresh import Freshness

_DRIVES_AT = 0.8  # of the time that is allowed, where no `warn` says when to begin


def age(wanted: Freshness, right: float | None, now: float) -> Age:
    """Return how fresh something is that was last known to be right at `right`."""
    if wanted.by is not None:
        return _by_deadline(wanted, wanted.by, right, now)
    if right is None:
        return Age(standing=Standing.UNKNOWN, why="it was never built or seen", drive=now)
    fails, warns = right + wanted.fail, right + (wanted.warn or wanted.fail)
    drive = right + (wanted.warn or wanted.fail * _DRIVES_AT)
    seen = f"last known to be right at {told(right)}"
    if now >= fails:
        why = f"{seen}, longer ago than {spoken(wanted.fail)}"
        return Age(standing=Standing.FAILS, why=why, right=right, since=fails, drive=drive)
    if now >= warns:
        why = f"{seen}, longer ago than {spoken(warns - right)}"
        return Age(
            standing=Standing.WARNS, why=why, right=right, since=warns, again=fails, drive=drive
        )
    return Age(
        standing=Standing.PASSES, why=seen, right=right, since=right, again=warns, drive=drive
    )


def _by_deadline(wanted: Freshness, by: str, right: float | None, now: float) -> Age:
    """Judge by the last deadline: from each on there has to be something that was young by then.

    What comes later than a deadline makes up for it.
    """
    moments = moments_of(by, wanted.timezone, wanted.calendar)
    last, following = moments.last(now), moments.next(now)
    ahead = following if following is None else following - wanted.fail
    drive = ahead
    if last is not None and (right is None or right < last - wanted.fail):
        drive = now
    if right is None:
        return Age(
            standing=Standing.UNKNOWN,
            why="it was never built or seen",
            again=following,
            drive=drive,
        )
    if last is not None and right < last - wanted.fail:
        zone = wanted.timezone
        why = (
            f"at {told(last, zone)} it was not younger than {spoken(wanted.fail)}: "
            f"last known to be right at {told(right, zone)}"
        )
        return Age(
            standing=Standing.FAILS, why=why, right=right, since=last, again=following, drive=now
        )
    why = f"last known to be right at {told(right, wanted.timezone)}"
    if ahead is not None and right >= ahead:
        drive = None
    return Age(
        standing=Standing.PASSES,
        why=why,
        right=right,
        since=max(right, last) if last is not None else right,
        again=following,
        drive=drive,
    )


def spoken(seconds: float) -> str:
    """Return a time span in words."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds:g} seconds"
