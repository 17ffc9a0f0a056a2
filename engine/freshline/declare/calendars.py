"""Calendars: which days do not count, as a name of the project's or as they are listed.

calendars:
  work: {exclude: [DE holidays, DE-BY holidays, weekends, 2026-12-24..2026-12-31]}
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from freshline.declare import rules, source
from freshline.declare.report import Report
from freshline.declare.section import (
    Reader,
    Section,
    did_you_mean,
    mapping,
    place_of,
    text,
    word,
    wrong,
)
from freshline.declare.text import quoted
from freshline.refresh import Calendar

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKEND = (5, 6)
# Compiled where they are needed, which is seldom: a start-up has no time for them.
_HOLIDAYS = r"([A-Za-z]{2,3})(?:-(\w{1,10}))?[ _-]holidays?"
_DAYS = r"(\d{4}-\d\d-\d\d)(?:\s?\.\.\s?(\d{4}-\d\d-\d\d))?"
_LONGEST_RANGE = 366
_EXAMPLE = "{exclude: [DE holidays, weekends, 2026-12-24]}"
_read_name = word(r"[a-z][a-z0-9_-]{0,99}", "a name in lower case", "work")


def weekday(spelled: str) -> int | None:
    """Return the number of a day of the week, from Monday on; None where the text is none.

    `monday`, `mondays` and `mon` are the same.
    """
    low = spelled.strip().lower()
    low = low.removesuffix("s") if len(low) > 4 else low
    named = (i for i, day in enumerate(WEEKDAYS) if low in (day, day[:3]))
    return next(named, None)


def read_calendars(report: Report, entry: source.Entry) -> Mapping[str, Calendar]:
    """Read `calendars:`; one that is broken is in the result all the same, as one of no days."""
    node = mapping(report, entry)
    found: dict[str, Calendar] = {}
    for each in node.entries if node else ():
        if _read_name(report, source.Entry(each.key, each.key)) is not None:
            found[each.key.text] = _read_listed(report, each) or Calendar()
    return found


def calendar_reader(known: Mapping[str, Calendar] | None) -> Reader[Calendar]:
    """Return a reader of the name of a calendar, or of one as it stands there.

    `known` are those of the project, None where nobody could read them: then any name will do.
    """

    def read(report: Report, entry: source.Entry) -> Calendar | None:
        if not isinstance(entry.value, source.Scalar):
            return _read_listed(report, entry)
        name = entry.value.text
        if known is None or name in known:
            return Calendar() if known is None else known[name]
        declare = f"declare it below `calendars:` in freshline.yaml, or write {_EXAMPLE}"
        fix = did_you_mean(name, known) or declare
        report.error("E131", place_of(entry), f"there is no calendar {quoted(name)}", fix)
        return None

    return read


def _read_listed(report: Report, entry: source.Entry) -> Calendar | None:
    """Read `{exclude: [...]}`."""
    if not isinstance(entry.value, source.Mapping):
        wrong(report, entry, "a mapping with `exclude:`", f"write for instance {_EXAMPLE}")
        return None
    section = Section(report, entry.value, rules.CALENDAR)
    given = section.entry("exclude")
    if given is None:
        if all(each.key.text in rules.CALENDAR.known for each in entry.value.entries):
            report.error("E116", entry.key, "this calendar excludes nothing", f"write {_EXAMPLE}")
        return None
    value = given.value
    items = value.items if isinstance(value, source.Sequence) else (value,)
    holidays: list[str] = []
    days: list[str] = []
    weekdays: set[int] = set()
    for item in items:
        each = source.Entry(given.key, item)
        spelled = text(report, each)
        if spelled is None:
            continue
        spelled = spelled.strip()
        if found := re.fullmatch(_HOLIDAYS, spelled, re.IGNORECASE):
            name = f"{found[1].upper()}-{found[2].upper()}" if found[2] else found[1].upper()
            if _are_known(report, each, name):
                holidays.append(name)
        elif between := re.fullmatch(_DAYS, spelled):
            days += _between(report, each, between[1], between[2] or between[1])
        elif spelled.lower() in ("weekend", "weekends"):
            weekdays.update(_WEEKEND)
        elif (number := weekday(spelled)) is not None:
            weekdays.add(number)
        else:
            _refuse(report, each, spelled)
    return Calendar(
        holidays=tuple(dict.fromkeys(holidays)),
        days=tuple(sorted(set(days))),
        weekdays=tuple(sorted(weekdays)),
    )


def _refuse(report: Report, entry: source.Entry, spelled: str) -> None:
    words = [*WEEKDAYS, "weekends"]
    fix: str | Callable[[], str] = "write `DE holidays`, a date such as 2026-12-24, or `weekends`"
    if re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", spelled):
        fix = f"write `{spelled} holidays`"
    elif near := did_you_mean(spelled, words):
        fix = near
    message = f"{quoted(spelled)} names no days"
    report.error("E131", place_of(entry), message, fix)


def _between(report: Report, entry: source.Entry, first: str, last: str) -> list[str]:
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        message = f"{quoted(first if first == last else f'{first}..{last}')} is no date"
        report.error("E131", place_of(entry), message, "write for instance 2026-12-24")
        return []
    count = (end - begin).days + 1
    if not 1 <= count <= _LONGEST_RANGE:
        message = f"from {first} to {last} are {count:,} days"
        fix = f"the first day stands first, and at most {_LONGEST_RANGE} days are excluded at once"
        report.error("E131", place_of(entry), message, fix)
        return []
    return [(begin + timedelta(days=i)).isoformat() for i in range(count)]


def _are_known(report: Report, entry: source.Entry, name: str) -> bool:
    """Say whether somebody knows the holidays of a country, or of a part of it."""
    try:
        from holidays import list_supported_countries
    except ImportError:
        message = f"the holidays of {name} are in the package `holidays`, which is not installed"
        report.error("E131", place_of(entry), message, "pip install 'freshline[calendars]'")
        return False
    countries = list_supported_countries(include_aliases=True)
    country, _, part = name.partition("-")
    if country not in countries:
        message = f"nobody knows the holidays of {quoted(country)}"
        meant = {"UK": "GB", "EN": "GB", "EL": "GR"}.get(country)
        near = f'did you mean "{meant}"?' if meant else ""
        fix = near or "countries have two letters: DE, FR, US"
    elif part and part not in countries[country]:
        message = f"{country} has no part {quoted(part)} with holidays of its own"
        fix = f"its parts are {', '.join(countries[country])}"
        if not countries[country]:
            fix = f"write `{country} holidays`"
    else:
        return True
    report.error("E131", place_of(entry), message, fix)
    return False
