"""What is to be done with an asset: how often a step is tried, how long, and what is kept."""

import re
from datetime import date

from freshline.declare import rules, scalars, source
from freshline.declare.durations import read_duration, seconds
from freshline.declare.report import Report
from freshline.declare.scalars import Meaning
from freshline.declare.section import Section, data, did_you_mean, place_of, read_key, text, wrong
from freshline.declare.text import quoted
from freshline.definitions import Lifecycle, Retention, Retries, Stage

_MOST_RETRIES = 100
_MOST_BACKOFF = 100.0
_MOST_VERSIONS = 1_000_000
_DAY = 86_400.0
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_retries(report: Report, entry: source.Entry) -> Retries | None:
    """Read `retries: 2`, or `{count: 2, delay: 5s, backoff: 2}`."""
    if not isinstance(entry.value, source.Mapping):
        count = _count(report, entry, _MOST_RETRIES)
        return None if count is None else Retries(count=count)
    section = Section(report, entry.value, rules.RETRIES)
    given = section.entry("count")
    if given is None:
        report.error("E116", entry.key, "`retries` has no count", "add for instance `count: 2`")
        return None
    count = _count(report, given, _MOST_RETRIES)
    delay = section.get("delay", read_duration)
    backoff = section.get("backoff", _read_backoff)
    built_in = Retries(count=0)
    return Retries(
        count=count or 0,
        delay=built_in.delay if delay is None else delay,
        backoff=built_in.backoff if backoff is None else backoff,
    )


def read_timeout(report: Report, entry: source.Entry) -> float | None:
    """Read how long a step may take, in seconds."""
    found = read_duration(report, entry)
    if found == 0:
        wrong(report, entry, "longer than nothing", "write `timeout: null` for no limit at all")
        return None
    return found


def read_lifecycle(report: Report, entry: source.Entry) -> Lifecycle | None:
    """Read a stage, or `{stage: deprecated, replacement: key, sunset: date}`."""
    if not isinstance(entry.value, source.Mapping):
        stage = _read_stage(report, entry)
        return None if stage is None else Lifecycle(stage=stage)
    section = Section(report, entry.value, rules.LIFECYCLE)
    given = section.entry("stage")
    if given is None:
        report.error("E116", entry.key, "`lifecycle` has no stage", "add `stage: deprecated`")
    stage = section.get("stage", _read_stage)
    replacement = section.get("replacement", read_key)
    sunset = section.get("sunset", _read_date)
    if stage is None:
        return None
    for name in ("replacement", "sunset"):
        other = section.entry(name)
        if other is not None and stage is not Stage.DEPRECATED:
            message = f"`{name}` is said of something that is {stage}, not deprecated"
            report.error("E105", other.key, message, "write `stage: deprecated`, or remove it")
    return Lifecycle(stage=stage, replacement=replacement, sunset=sunset)


def read_retention(report: Report, entry: source.Entry, otherwise: Retention) -> Retention:
    """Read which versions are kept: `7d`, or `{versions: 5, days: 7}`; what is absent stays."""
    value = entry.value
    if isinstance(value, source.Scalar):
        days = _days(report, entry)
        return otherwise if days is None else Retention(versions=otherwise.versions, days=days)
    if not isinstance(value, source.Mapping):
        wrong(report, entry, "a duration, or a mapping", "write `{versions: 5, days: 7}`")
        return otherwise
    section = Section(report, value, rules.RETENTION)
    given = section.entry("versions")
    versions = None if given is None else _count(report, given, _MOST_VERSIONS)
    if given is not None and versions == 0:
        wrong(report, given, "at least 1", "the current version is kept in any case")
        versions = None
    days = section.get("days", _days)
    return Retention(
        versions=otherwise.versions if versions is None else versions,
        days=otherwise.days if days is None else days,
    )


def _days(report: Report, entry: source.Entry) -> float | None:
    """Read a number of days, or a duration."""
    what = scalars.meaning_of(entry.value)
    if what in (Meaning.INTEGER, Meaning.FLOAT) and entry.key.text == "days":
        number = data(report, entry)
        if isinstance(number, int | float) and 0 <= number <= 36_500:
            return float(number)
        wrong(report, entry, "a number of days", "write for instance `days: 7`")
        return None
    known = seconds(entry.value.text) if isinstance(entry.value, source.Scalar) else None
    if known is None:
        read_duration(report, entry)
        return None
    return known / _DAY


def _count(report: Report, entry: source.Entry, most: int) -> int | None:
    if scalars.meaning_of(entry.value) is Meaning.INTEGER:
        number = data(report, entry)
        if isinstance(number, int) and 0 <= number <= most:
            return number
    wrong(report, entry, f"a whole number, at most {most:,}", f"write `{entry.key.text}: 2`")
    return None


def _read_backoff(report: Report, entry: source.Entry) -> float | None:
    if scalars.meaning_of(entry.value) in (Meaning.INTEGER, Meaning.FLOAT):
        number = data(report, entry)
        if isinstance(number, int | float) and 1 <= number <= _MOST_BACKOFF:
            return float(number)
    expected = f"how many times longer each wait is: 1 to {_MOST_BACKOFF:g}"
    wrong(report, entry, expected, "write `backoff: 2`")
    return None


def _read_stage(report: Report, entry: source.Entry) -> Stage | None:
    name = text(report, entry)
    if name is None or name in tuple(Stage):
        return None if name is None else Stage(name)
    fix = did_you_mean(name, Stage) or f"stages are {', '.join(Stage)}"
    report.error("E105", place_of(entry), f"{quoted(name)} is no stage of a lifecycle", fix)
    return None


def _read_date(report: Report, entry: source.Entry) -> str | None:
    spelled = text(report, entry)
    if spelled is None:
        return None
    try:
        if _DATE.fullmatch(spelled):
            return date.fromisoformat(spelled).isoformat()
    except ValueError:
        pass
    wrong(report, entry, "a date", "write for instance 2027-01-31")
    return None
