"""Moments: when a cron expression falls due in a time zone, and when hours are open.

Times on the clock of a zone are not all moments. One that a clock skips counts once, just after it
was skipped; one that a clock shows twice counts once, the first time. What falls due in every hour
falls due in every hour that passes, whatever the clock shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from freshline.errors import UsageError
from freshline.refresh import Calendar, Hours

_SHIFT = timedelta(hours=3)  # more than any clock is turned by
_MOST_LEFT_OUT = 5_000  # how many moments in a row a calendar may take away
_DAYS_AHEAD = 400
EVERY_DAY = Calendar()


class Moments:
    """The moments of one cron expression in one zone, without the days that do not count."""

    def __init__(self, expression: str, timezone: str, calendar: Calendar = EVERY_DAY) -> None:
        fields = expression.split()
        hours = fields[-4] if len(fields) in (5, 6) else ""
        self._expression = expression
        self._zone = ZoneInfo(timezone)
        self._calendar = calendar
        self._in_every_hour = hours == "*"
        self._around: tuple[float, float] | None = None

    def last(self, at: float) -> float | None:
        """Return the last moment at or before a time, None where there was none in fifty years."""
        if (around := self._around) is not None and around[0] <= at < around[1]:
            return around[0]
        found = next((m for m in self._backward(at) if m <= at), None)
        following = next((m for m in self._forward(at) if m > at), None)
        if found is not None:
            self._around = (found, float("inf") if following is None else following)
        return found

    def next(self, at: float) -> float | None:
        """Return the first moment after a time, None where there is none in fifty years."""
        if (around := self._around) is not None and around[0] <= at < around[1]:
            return around[1] if around[1] != float("inf") else None
        return next((m for m in self._forward(at) if m > at), None)

    def between(self, after: float, until: float, most: int) -> tuple[float, ...]:
        """Return the last moments, at most so many, after one time and up to another; ascending."""
        found: list[float] = []
        for moment in self._backward(until):
            if moment <= after or len(found) == most:
                break
            if moment <= until:
                found.append(moment)
        return tuple(reversed(found))

    def _forward(self, at: float) -> Iterator[float]:
        yield from self._counting(at, reverse=False)

    def _backward(self, at: float) -> Iterator[float]:
        yield from self._counting(at, reverse=True)

    def _counting(self, at: float, *, reverse: bool) -> Iterator[float]:
        """Yield moments in order from somewhat on the other side of a time, each once."""
        before: float | None = None
        for moment in islice(self._all(at, reverse=reverse), _MOST_LEFT_OUT):
            local = datetime.fromtimestamp(moment, self._zone)
            if moment != before and not left_out(self._calendar, local.date()):
                yield moment
            before = moment

    def _all(self, at: float, *, reverse: bool) -> Iterator[float]:
        here = datetime.fromtimestamp(int(at), self._zone)
        if self._in_every_hour:
            start = here.astimezone(UTC) + timedelta(seconds=1 if reverse else -1)
            for moment in CronSim(self._expression, start.astimezone(self._zone), reverse=reverse):
                yield moment.timestamp()
            return
        shown = here.replace(tzinfo=None) + (_SHIFT if reverse else -_SHIFT)
        for moment in CronSim(self._expression, shown, reverse=reverse):
            yield instant(moment, self._zone)


@lru_cache(maxsize=4096)
def moments_of(expression: str, timezone: str, calendar: Calendar = EVERY_DAY) -> Moments:
    """Return the moments of an expression; UsageError if it is none, or there is no such zone."""
    try:
        CronSim(expression, datetime(2000, 1, 1))
        return Moments(expression, timezone, calendar)
    except CronSimError as error:
        raise UsageError(f'"{expression}" is not a cron expression: {error}') from error
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(f'there is no time zone "{timezone}"') from error


def instant(shown: datetime, zone: ZoneInfo) -> float:
    """Return when a clock first shows a time, or when it skips it."""
    at = shown.replace(tzinfo=zone, fold=0)
    moment = at.timestamp()
    back = datetime.fromtimestamp(moment, zone).replace(tzinfo=None)
    if back == shown:
        return moment
    # Skipped: the clock is turned at the last second at which it is as it was before.
    low, high = int(moment) - 86_400, int(moment)
    was = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == was:
            low = middle
        else:
            high = middle
    return float(high)


def left_out(calendar: Calendar, day: date) -> bool:
    """Say whether a day does not count."""
    if calendar == EVERY_DAY:
        return False
    if day.weekday() in calendar.weekdays or day.isoformat() in calendar.days:
        return True
    return any(day in _holidays(name, day.year) for name in calendar.holidays)


@lru_cache(maxsize=256)
def _holidays(name: str, year: int) -> frozenset[date]:
    try:
        import holidays  # only where a calendar names a country: it is large
    except ImportError as error:
        raise UsageError(
            f"the holidays of {name} are not known here",
            help="install freshline[calendars]",
        ) from error
    country, _, part = name.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=year)
    except NotImplementedError as error:
        raise UsageError(f"the holidays of {name} are not known") from error
    return frozenset(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Whether hours are open at a time, and when that changes; None where it never does."""

    is_open: bool
    until: float | None


def opening(hours: Hours, at: float) -> Opening:
    """Return whether hours are open, and when they close, or open next."""
    zone = ZoneInfo(hours.timezone)
    today = datetime.fromtimestamp(at, zone).date()
    reached: float | None = None
    for days in range(-1, _DAYS_AHEAD):
        day = today + timedelta(days=days)
        if day.weekday() not in hours.weekdays or left_out(hours.calendar, day):
            continue
        begins = instant(_on(day, hours.begin), zone)
        ends = instant(_on(day, hours.end if hours.end > hours.begin else hours.end + 1440), zone)
        if reached is None:
            if at < begins:
                return Opening(is_open=False, until=begins)
            if at < ends:
                reached = ends
        elif begins <= reached:
            reached = max(reached, ends)
        else:
            return Opening(is_open=True, until=reached)
        if reached is not None and days > 8:
            return Opening(is_open=True, until=reached)
    return Opening(is_open=reached is not None, until=reached)


def utc(at: float) -> str:
    """Return a moment as UTC text, to the second."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _on(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)
