"""Moments that come again: cron expressions of five fields, presets, and time zones.

A cron expression is read as `cronsim` reads it, without a field of seconds: minute, hour, day of
the month, month, day of the week. A preset is the first moment of its period: `weekly` is Monday.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from freshline.counted import counted
from freshline.declare import source
from freshline.declare.report import Placed, Report, Stretch
from freshline.declare.section import did_you_mean, place_of, text, wrong
from freshline.declare.text import quoted

PRESETS: Mapping[str, str] = {
    "hourly": "0 * * * *",
    "daily": "0 0 * * *",
    "weekly": "0 0 * * 1",
    "monthly": "0 0 1 * *",
}
_NICKNAMES = {
    "@hourly": "`hourly`",
    "@daily": "`daily`",
    "@midnight": "`daily`",
    "@weekly": "`weekly`, which is Monday, or `0 0 * * 0` for Sunday",
    "@monthly": "`monthly`",
    "@yearly": "`0 0 1 1 *`",
    "@annually": "`0 0 1 1 *`",
}
_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_RANGES = ("0 to 59", "0 to 23", "1 to 31", "1 to 12 or jan to dec", "0 to 7 or sun to sat")
_EXAMPLE = 'write for instance "0 6 * * *": at 06:00 every day'
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST = 200
_SOME_DAY = datetime(2024, 1, 1)
# What the machine has set is no name for a zone: it is another one on the next machine.
_OF_THE_MACHINE = ("localtime", "posixrules", "Factory")


def looks_like_cron(spelled: str) -> bool:
    """Say whether somebody who wrote this meant a cron expression."""
    return len(spelled.split()) > 2 or spelled.startswith("@") or "*" in spelled


def read_cron(report: Report, entry: source.Entry) -> str | None:
    """Read a cron expression or a preset; return it as an expression of five fields."""
    node = entry.value
    if not isinstance(node, source.Scalar) or not node.text.strip():
        wrong(report, entry, "a cron expression", _EXAMPLE)
        return None
    spelled = node.text.strip()
    if spelled in PRESETS:
        return PRESETS[spelled]
    fields = spelled.split()
    problem = _shape(spelled, fields)
    if problem is not None:
        report.error("E127", place_of(entry), *problem)
        return None
    for number, field in enumerate(fields):
        alone = ["*"] * 5
        alone[number] = field
        if not _is_good(" ".join(alone)) and not (number == 2 and _is_day(field)):
            message = f"{quoted(field)} is no {_FIELDS[number]} of a cron expression"
            report.error("E127", _place(report, node, number), message, _advice(field, number))
            return None
    if not _is_good(spelled) or not _comes(spelled):
        message = f"no day is ever {quoted(' '.join(fields[2:4]))}, day and month of this cron"
        report.error("E127", place_of(entry), message, "`L` is the last day of any month")
        return None
    return " ".join(fields)


def read_timezone(report: Report, entry: source.Entry) -> str | None:
    """Read the name of a time zone that this machine knows."""
    name = text(report, entry)
    if name is None or (name not in _OF_THE_MACHINE and _is_zone(name)):
        return name
    message = f"there is no time zone {quoted(name)}"

    def fix() -> str:
        if re.fullmatch(r"(UTC|GMT)?[+-][0-9:]{1,5}", name):
            return "name a place, which knows its summer time: Europe/Berlin, America/New_York"
        from zoneinfo import available_timezones

        zones = sorted(available_timezones() - set(_OF_THE_MACHINE))
        by_city = {zone.rpartition("/")[2]: zone for zone in reversed(zones)}
        city = by_city.get(name.strip().replace(" ", "_").title())
        near = f'did you mean "{city}"?' if city else ""
        within = [zone for zone in zones if zone.startswith(f"{name}/")]
        near = near or (f"name a place in it, such as {within[0]}" if within else "")
        near = near or did_you_mean(name, zones)
        return near or "zones are named by places: Europe/Berlin, America/New_York, UTC"

    report.error("E128", place_of(entry), message, fix)
    return None


def _shape(spelled: str, fields: list[str]) -> tuple[str, str] | None:
    """Return what keeps a text from being a cron expression at first sight, and what to do."""
    if spelled in _NICKNAMES:
        return f"{quoted(spelled)} is a nickname of cron's", f"write {_NICKNAMES[spelled]}"
    if spelled.startswith("@"):
        return f"{quoted(spelled)} is no moment", _EXAMPLE
    if len(spelled) > _LONGEST:
        return f"a cron expression of more than {_LONGEST} characters", "divide it with `any:`"
    if len(fields) in (6, 7):
        message = f"this cron expression has {len(fields)} fields: the first one means seconds"
        return message, f'Freshline has five, from minutes on: "{" ".join(fields[1:6])}"'
    if len(fields) != 5:
        many = counted(len(fields), "field")
        message = f"this cron expression has {many}, not five: {', '.join(_FIELDS)}"
        return message, _EXAMPLE
    if "?" in fields:
        instead = " ".join("*" if field == "?" else field for field in fields)
        return "`?` belongs to another kind of cron", f'write "{instead}"'
    return None


def _advice(field: str, number: int) -> str:
    low = field.lower()
    if number == 4:
        short = re.sub(r"[a-z]+", lambda word: word[0][:3], low)
        days = short.replace("-", ",").split(",")
        if all(day in _DAYS for day in days) and short != low:
            return f"days are written by three letters: {short}"
        if "-" in low and all(day in _DAYS for day in days) and len(days) == 2:
            start, end = (_DAYS.index(day) for day in days)
            listed = [_DAYS[(start + i) % 7] for i in range((end - start) % 7 + 1)]
            return f"a range ends behind its beginning: write {','.join(listed)}"
    if number == 2 and "w" in low:
        return "`LW` is the last working day of the month; `W` is not known otherwise"
    if "l" in low and number not in (2, 4) and not (number == 3 and low.startswith("jul")):
        return "`L` is for the last day, in the field of days: `0 6 L * *`"
    return f"write {_RANGES[number]}, `*`, `1,2`, `1-5` or `*/5`"


def _place(report: Report, node: source.Scalar, number: int) -> Placed:
    """Return where a field of an expression stands, or all of it where YAML rewrote the text."""
    raw = report.text.text[node.start : node.end]
    inset = 1 if node.style in ("'", '"') else 0
    if raw[inset : len(raw) - inset] != node.text:
        return place_of(source.Entry(node, node))
    at = 0
    for index, field in enumerate(node.text.split()):
        at = node.text.index(field, at)
        if index == number:
            start = node.start + inset + at
            return Stretch(start, start + len(field))
        at += len(field)
    return node


def _is_good(expression: str) -> bool:
    # Few projects have crons, and every command that reads a project would pay for the import.
    from cronsim import CronSim, CronSimError

    try:
        CronSim(expression, _SOME_DAY)
    except CronSimError:
        return False
    return True


def _is_day(field: str) -> bool:
    """Say whether a day of the month is one, beside days of the week that do not restrict it."""
    return _is_good(f"0 0 {field} * 1")


def _comes(expression: str) -> bool:
    from cronsim import CronSim

    return next(CronSim(expression, _SOME_DAY), None) is not None


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
