"""What holds back a refresh rule: `hours:`, `rate:` and `cooldown:`."""

import re
from typing import NamedTuple

from freshline.declare import rules, source
from freshline.declare.calendars import WEEKDAYS, weekday
from freshline.declare.crons import read_timezone
from freshline.declare.durations import read_duration, seconds
from freshline.declare.report import Report
from freshline.declare.section import Reader, Section, did_you_mean, place_of, wrong
from freshline.declare.text import quoted
from freshline.refresh import Calendar, Hours, Rate

# Compiled where they are needed, which is seldom: a start-up has no time for them.
_TIME = r"([0-9]{1,2})(?::([0-5][0-9]))?"
_SHORT = r"(?:(?P<days>[a-z, -]*[a-z])\s+)?(?P<begin>[\d:]+)\s?-\s?(?P<end>[\d:]+)"
_RATE = r"([0-9]{1,6})\s*(?:times?\s+)?(?:(?:per|an?|in)\s+|/\s*)(.+)"
_PERIODS = {"second": "1s", "minute": "1m", "hour": "1h", "day": "1d", "week": "1w"}
_DAY = 24 * 60
_EVERY_DAY = Calendar()
_EXAMPLE = '{days: mon-fri, from: "08:00", to: "18:00"}'


class Around(NamedTuple):
    """What is said around a rule, and holds of all moments within: the zone and the calendar."""

    timezone: str = "UTC"
    calendar: Calendar = _EVERY_DAY


class _Times(NamedTuple):
    """When a day's hours begin and end, in minutes."""

    begin: int | None
    end: int | None


def hours_reader(around: Around, read_calendar: Reader[Calendar]) -> Reader[Hours]:
    """Return a reader of `mon-fri 08:00-18:00`, or of a mapping with zone and calendar."""

    def read(report: Report, entry: source.Entry) -> Hours | None:
        weekdays: tuple[int, ...] | None = None
        timezone = calendar = None
        if isinstance(entry.value, source.Scalar):
            found = re.fullmatch(_SHORT, entry.value.text.strip(), re.IGNORECASE)
            if found is None:
                wrong(report, entry, "hours of the day", f"write for instance {_EXAMPLE}")
                return None
            if found["days"]:
                weekdays = _days(report, entry, (found["days"],))
            times = _Times(_minutes(found["begin"]), _minutes(found["end"]))
            if times.begin is None or times.end is None:
                wrong(report, entry, "hours of the day", f"write for instance {_EXAMPLE}")
                return None
        elif isinstance(entry.value, source.Mapping):
            section = Section(report, entry.value, rules.HOURS)
            times = _Times(
                _given(section, "from", 0) if "from" in section else 0,
                _given(section, "to", _DAY) if "to" in section else _DAY,
            )
            weekdays = section.get("days", _read_days)
            timezone = section.get("timezone", read_timezone)
            calendar = section.get("calendar", read_calendar)
        else:
            wrong(report, entry, "hours of the day", f"write for instance {_EXAMPLE}")
            return None
        if times.begin is None or times.end is None:
            return None
        if times.begin == times.end:
            message = "these hours end where they begin"
            report.error("E105", place_of(entry), message, "leave out `hours` for all day long")
            return None
        return Hours(
            begin=times.begin,
            end=times.end,
            weekdays=weekdays or tuple(range(7)),
            timezone=timezone or around.timezone,
            calendar=calendar or around.calendar,
        )

    return read


def read_rate(report: Report, entry: source.Entry) -> Rate | None:
    """Read how often something may happen: `4 per day`, `10 per 6h`."""
    value = entry.value
    found = None
    if isinstance(value, source.Scalar):
        found = re.fullmatch(_RATE, value.text.strip(), re.IGNORECASE)
    if found is not None:
        period = found[2].strip().lower()
        within = seconds(_PERIODS.get(period, period))
        if int(found[1]) and within:
            return Rate(int(found[1]), within)
    wrong(report, entry, "how often within how long", "write for instance `4 per day`")
    return None


def read_span(report: Report, entry: source.Entry) -> float | None:
    """Read a duration that is longer than nothing, in seconds."""
    found = read_duration(report, entry)
    if found == 0:
        wrong(report, entry, "longer than nothing", f"write for instance `{entry.key.text}: 15m`")
        return None
    return found


def _given(section: Section, name: str, otherwise: int) -> int | None:
    entry = section.entry(name)
    if entry is None:
        return otherwise
    node = entry.value
    found = _minutes(node.text.strip()) if isinstance(node, source.Scalar) else None
    if found is None:
        fix = f'write for instance `{name}: "08:00"`'
        wrong(section.report, entry, "a time of the day, from 00:00 to 24:00", fix)
    return found


def _minutes(spelled: str) -> int | None:
    found = re.fullmatch(_TIME, spelled)
    if found is None:
        return None
    minutes = int(found[1]) * 60 + int(found[2] or 0)
    return minutes if minutes <= _DAY else None


def _read_days(report: Report, entry: source.Entry) -> tuple[int, ...] | None:
    value = entry.value
    items = value.items if isinstance(value, source.Sequence) else (value,)
    words: list[str] = []
    for item in items:
        if not isinstance(item, source.Scalar):
            wrong(report, entry, "days of the week", "write for instance mon-fri")
            return None
        words.append(item.text)
    return _days(report, entry, tuple(words))


def _days(report: Report, entry: source.Entry, words: tuple[str, ...]) -> tuple[int, ...] | None:
    """Return the days that words such as `mon-fri`, `sat,sun`, `weekdays` stand for."""
    found: set[int] = set()
    for each in (part.strip() for spelled in words for part in spelled.split(",")):
        first, dash, last = (part.strip() for part in each.partition("-"))
        begin, end = weekday(first), weekday(last if dash else first)
        if each.lower() in ("weekdays", "weekday"):
            found.update(range(5))
        elif each.lower() in ("weekends", "weekend"):
            found.update((5, 6))
        elif begin is None or end is None:
            unknown = first if begin is None else last
            message = f"{quoted(unknown)} is no day of the week"
            fix = did_you_mean(unknown, WEEKDAYS) or "write for instance mon-fri, or [sat, sun]"
            report.error("E105", place_of(entry), message, fix)
            return None
        else:
            found.update((begin + i) % 7 for i in range((end - begin) % 7 + 1))
    return tuple(sorted(found))
