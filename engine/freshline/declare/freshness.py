"""How old things may be: `freshness:` of assets and sources."""

from collections.abc import Mapping

from freshline.declare import rules, source
from freshline.declare.calendars import calendar_reader
from freshline.declare.crons import read_cron, read_timezone
from freshline.declare.durations import read_duration, spelled
from freshline.declare.report import Report
from freshline.declare.section import Reader, Section, read_truth, wrong
from freshline.refresh import Calendar, Freshness

_LEAST = 60.0


def freshness_reader(calendars: Mapping[str, Calendar] | None) -> Reader[Freshness]:
    """Return a reader of `26h`, or of `{warn, fail, by, timezone, calendar, drive}`."""

    def read(report: Report, entry: source.Entry) -> Freshness | None:
        span = report.span(entry.key)
        if not isinstance(entry.value, source.Mapping):
            fail = _read_age(report, entry)
            return None if fail is None else Freshness(fail=fail, span=span)
        section = Section(report, entry.value, rules.FRESHNESS)
        fail, warn = section.get("fail", _read_age), section.get("warn", _read_age)
        by = section.get("by", read_cron)
        timezone = section.get("timezone", read_timezone)
        calendar = section.get("calendar", calendar_reader(calendars))
        if section.entry("fail") is None:
            message = "`freshness` does not say from which age on it fails"
            fix = "add for instance `fail: 26h`"
            if section.entry("by") is not None:
                fix = "add `fail`: how old it may be at that moment, for instance `fail: 2h`"
            report.error("E116", entry.key, message, fix)
        warned = section.entry("warn")
        if warn is not None and fail is not None and warned is not None and warn >= fail:
            expected = f"less than `fail`, which is {spelled(fail)}"
            wrong(report, warned, expected, "a warning comes before the failure")
        for name in ("timezone", "calendar"):
            given = section.entry(name)
            if given is not None and section.entry("by") is None:
                message = f"`{name}` is about the moments of `by`, and here is none"
                report.error("E105", given.key, message, "add `by:`, or remove it")
        if fail is None:
            return None
        return Freshness(
            fail=fail,
            warn=warn,
            by=by,
            timezone=timezone or "UTC",
            calendar=calendar or Calendar(),
            drives=section.get("drive", read_truth) or False,
            span=span,
        )

    return read


def _read_age(report: Report, entry: source.Entry) -> float | None:
    found = read_duration(report, entry)
    if found is not None and found < _LEAST:
        wrong(report, entry, "at least a minute", "write for instance 26h")
        return None
    return found
