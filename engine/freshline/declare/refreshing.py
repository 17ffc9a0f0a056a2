"""When assets are kept fresh: `refresh:` as one word, as a cron or a duration, or as a mapping.

Rules that stand side by side in a mapping mean any of them. What is said of moments, a time zone
and a calendar, holds of every cron below it; what holds back, such as `cooldown`, stands once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from freshline.declare import rules, scalars, source
from freshline.declare.calendars import calendar_reader
from freshline.declare.crons import PRESETS, looks_like_cron, read_cron, read_timezone
from freshline.declare.durations import read_duration, seconds
from freshline.declare.gates import Around, hours_reader, read_rate, read_span
from freshline.declare.report import Report
from freshline.declare.scalars import Meaning
from freshline.declare.section import (
    LATER,
    Reader,
    Section,
    data,
    did_you_mean,
    place_of,
    read_key,
    text,
    words,
    wrong,
)
from freshline.declare.text import quoted
from freshline.refresh import (
    AllOf,
    AnyOf,
    Calendar,
    CatchUp,
    Cron,
    Every,
    Manual,
    MaxLag,
    Named,
    Never,
    Not,
    Refresh,
    Rule,
    Upstream,
    Wake,
    WhenNeeded,
    is_pulled,
)

_WORDS: Mapping[str, Rule] = {
    "upstream": Upstream(),
    "when_needed": WhenNeeded(),
    "manual": Manual(),
    "never": Never(),
}
_EXAMPLE = "write upstream, when_needed, manual, never, a cron expression, or how often: 15m"
_RULES = ("cron", "every", "max_lag", "wake", "all", "any", "not")
_OF_CRON = ("require", "catch_up")
_MOST_WINDOWS = 1_000_000
read_columns = words(r"[^\n]{1,200}", "a list of columns", "[status, amount]")


@dataclass(slots=True)
class _Reading:
    """One `refresh:` while it is read; `named` are the keys that it wakes for."""

    report: Report
    calendars: Mapping[str, Calendar] | None
    named: list[Named] = field(default_factory=list[Named])


def refresh_reader(calendars: Mapping[str, Calendar] | None) -> Reader[Refresh]:
    """Return a reader of `refresh:`; `calendars` are the project's, None where nobody knows."""

    def read(report: Report, entry: source.Entry) -> Refresh | None:
        reading = _Reading(report, calendars)
        span, line = report.quote(place_of(entry))
        if not isinstance(entry.value, source.Mapping):
            rule = _short(reading, entry, Around())
            return None if rule is None else Refresh(rule=rule, span=span, line=line)
        section = Section(report, entry.value, rules.REFRESH)
        around = _around(reading, section, Around())
        rule = _long(reading, section, around, entry)
        hours = section.get("hours", hours_reader(around, calendar_reader(calendars)))
        if rule is None:
            return None
        if section.entry("hours") is None:
            _refuse_idle_zone(section, rule)
        return Refresh(
            rule=rule,
            cooldown=section.get("cooldown", read_span) or 0.0,
            hours=hours,
            rate=section.get("rate", read_rate),
            span=span,
            line=line,
            named=tuple(reading.named),
        )

    return read


def read_catch_up(report: Report, entry: source.Entry) -> CatchUp | None:
    """Read what becomes of moments that nobody was there for."""
    name = text(report, entry)
    if name is None or name in tuple(CatchUp):
        return None if name is None else CatchUp(name)
    by_truth = {"true": "write `catch_up: all`", "false": "write `catch_up: none`"}
    fix = by_truth.get(name) or did_you_mean(name, CatchUp) or f"write {', '.join(CatchUp)}"
    report.error("E105", place_of(entry), f"{quoted(name)} is no way to catch up", fix)
    return None


def read_settle(report: Report, entry: source.Entry) -> float | None:
    """Read for how long nothing may have changed, in seconds."""
    return read_duration(report, entry)


def _short(reading: _Reading, entry: source.Entry, around: Around) -> Rule | None:
    """Read a rule that is one word, a cron expression or a duration."""
    node = entry.value
    if isinstance(node, source.Sequence):
        fix = "several rules stand below `any:` or `all:`"
        wrong(reading.report, entry, "one rule", fix)
        return None
    assert isinstance(node, source.Scalar)
    spelled = node.text.strip()
    if spelled in _WORDS:
        return _WORDS[spelled]
    every = seconds(spelled)
    if every:
        return Every(seconds=every)
    if spelled in PRESETS or looks_like_cron(spelled):
        return _cron(reading, entry, around)
    known = (*_WORDS, *PRESETS)
    fix = did_you_mean(spelled, known) or _EXAMPLE
    if spelled.isdecimal():
        fix = f"say of what: `{spelled}m` is minutes, `{spelled}h` hours"
    elif every == 0:
        fix = "write `refresh: upstream` to keep it in sync with what it reads"
    message = f"{quoted(node.text)} is no rule to refresh by"
    reading.report.error("E105", place_of(entry), message, fix)
    return None


def _cron(reading: _Reading, entry: source.Entry, around: Around) -> Cron | None:
    found = read_cron(reading.report, entry)
    if found is None:
        return None
    return Cron(expression=found, timezone=around.timezone, calendar=around.calendar)


def _around(reading: _Reading, section: Section, outer: Around) -> Around:
    """Return the zone and the calendar of a section: its own, else those around it."""
    timezone = section.get("timezone", read_timezone)
    calendar = section.get("calendar", calendar_reader(reading.calendars))
    return Around(timezone=timezone or outer.timezone, calendar=calendar or outer.calendar)


def _long(reading: _Reading, section: Section, around: Around, entry: source.Entry) -> Rule | None:
    """Return the rule of a mapping; None where one of its parts is none, or there is none."""
    report = reading.report
    given = [name for name in _RULES if section.entry(name) is not None]
    parts: list[Rule | None] = [*_crons(reading, section, around)]
    for name, kind in (("every", Every), ("max_lag", MaxLag)):
        length = section.get(name, read_span)
        if name in given:
            parts.append(None if length is None else kind(seconds=length))
    parts += _wakes(reading, section)
    for name, join in (("all", AllOf), ("any", AnyOf)):
        if (listed := section.entry(name)) is not None:
            inner = _listed(reading, listed, around)
            parts.append(None if inner is None else join(rules=inner))
    if (negated := section.entry("not")) is not None:
        inner_rule = _inner(reading, negated, around)
        parts.append(None if inner_rule is None else Not(rule=inner_rule))
        if inner_rule is not None and is_pulled(inner_rule):
            message = (
                "`when_needed` has no opposite: what reads an asset may only be due if it is built"
            )
            fix = "say when it is built: `when_needed` by itself, or in `all:` or `any:`"
            report.error("E105", negated.key, message, fix)
            return None
        if len(given) > 1:
            message = f"`not` beside `{given[0]}` may mean that either will do, or that both must"
            fix = f"write `all: [{{{given[0]}: ...}}, {{not: ...}}]`, or `any:`"
            report.error("E105", negated.key, message, fix)
            return None
    _check_modifiers(section, given)
    good = [part for part in parts if part is not None]
    if len(good) != len(parts):
        return None
    if not good:
        is_outer = section.keys is rules.REFRESH
        if is_outer and section.node.entries:
            return Upstream()
        if not report.failed:
            fix = "write `upstream`, or for instance `every: 15m` in it"
            report.error("E116", entry.key, "there is no rule in this mapping", fix)
        return None
    return good[0] if len(good) == 1 else AnyOf(rules=tuple(good))


def _crons(reading: _Reading, section: Section, around: Around) -> list[Cron | None]:
    """Return a rule for each of the crons of a section, with what is said of them beside."""
    entry = section.entry("cron")
    if entry is None:
        return []
    updated = section.get("require", _read_require) is not None
    catch_up = section.get("catch_up", read_catch_up) or CatchUp.LATEST
    value = entry.value
    items = value.items if isinstance(value, source.Sequence) and value.items else (value,)
    found: list[Cron | None] = []
    for item in items:
        expression = read_cron(reading.report, source.Entry(entry.key, item))
        cron = None
        if expression is not None:
            cron = Cron(
                expression=expression,
                timezone=around.timezone,
                calendar=around.calendar,
                updated=updated,
                catch_up=catch_up,
            )
        found.append(cron)
    return found


def _read_require(report: Report, entry: source.Entry) -> bool | None:
    name = text(report, entry)
    if name == "updated":
        return True
    if name is not None:
        wrong(report, entry, "updated", "write `require: updated`, or leave it out")
    return None


def _check_modifiers(section: Section, given: list[str]) -> None:
    """Report what is said of crons where there is none, and of windows, which are to come."""
    for name in _OF_CRON:
        entry = section.entry(name)
        if entry is not None and "cron" not in given:
            message = f"`{name}` is about the moments of a cron, and beside it is none"
            section.report.error("E105", entry.key, message, "add `cron:`, or remove it")
    entry = section.entry("window")
    if entry is None:
        return
    what = scalars.meaning_of(entry.value)
    number = data(section.report, entry) if what is Meaning.INTEGER else None
    is_word = isinstance(entry.value, source.Scalar) and entry.value.text in ("latest", "all")
    if is_word or (isinstance(number, int) and 1 <= number <= _MOST_WINDOWS):
        message = f"`window` is about partitions of time, and `partition:` {LATER}"
        section.report.error("E104", entry.key, message, "remove it: all of the asset is refreshed")
    else:
        expected = "latest, all, or how many of the newest windows"
        wrong(section.report, entry, expected, "write `window: latest`")


def _refuse_idle_zone(section: Section, rule: Rule) -> None:
    """Report a zone or a calendar in which no moment is."""
    if _has_cron(rule):
        return
    for name in ("timezone", "calendar"):
        entry = section.entry(name)
        if entry is not None:
            message = f"`{name}` is about moments, and here is neither a cron nor `hours`"
            section.report.error("E105", entry.key, message, "add `cron:`, or remove it")


def _has_cron(rule: Rule) -> bool:
    match rule:
        case Cron():
            return True
        case AllOf(rules=inner) | AnyOf(rules=inner):
            return any(map(_has_cron, inner))
        case Not(rule=negated):
            return _has_cron(negated)
        case _:
            return False


def _listed(reading: _Reading, entry: source.Entry, around: Around) -> tuple[Rule, ...] | None:
    if not isinstance(entry.value, source.Sequence) or not entry.value.items:
        fix = f'write for instance `{entry.key.text}: [{{cron: "0 6 * * *"}}, {{every: 4h}}]`'
        wrong(reading.report, entry, "a list of rules", fix)
        return None
    items = entry.value.items
    found = [_inner(reading, source.Entry(entry.key, item), around) for item in items]
    good = tuple(rule for rule in found if rule is not None)
    return good if len(good) == len(found) else None


def _inner(reading: _Reading, entry: source.Entry, around: Around) -> Rule | None:
    """Read a rule within another one."""
    if isinstance(entry.value, source.Mapping):
        section = Section(reading.report, entry.value, rules.RULE)
        rule = _long(reading, section, _around(reading, section, around), entry)
        if rule is not None:
            _refuse_idle_zone(section, rule)
        return rule
    rule = _short(reading, entry, around)
    if isinstance(rule, Manual | Never):
        message = f"`{str(type(rule).__name__).lower()}` is a rule by itself, and no part of one"
        reading.report.error("E105", place_of(entry), message, "remove it")
        return None
    return rule


def _wakes(reading: _Reading, section: Section) -> list[Wake | None]:
    """Return what a section waits for: a key, a mapping, or a list of these."""
    entry = section.entry("wake")
    if entry is None:
        return []
    value = entry.value
    items = value.items if isinstance(value, source.Sequence) else (value,)
    if not items:
        fix = "write for instance `wake: [raw.orders]`"
        wrong(reading.report, entry, "a list of what is waited for", fix)
        return [None]
    return [_wake(reading, source.Entry(entry.key, item)) for item in items]


def _wake(reading: _Reading, entry: source.Entry) -> Wake | None:
    report, node = reading.report, entry.value
    if not isinstance(node, source.Mapping):
        key = read_key(report, entry)
        if key is None:
            return None
        reading.named.append(Named(key, *report.quote(node)))
        return Wake(key=key)
    section = Section(report, node, rules.WAKE)
    named = [each for name in ("asset", "source") if (each := section.entry(name)) is not None]
    if len(named) != 1:
        if not report.failed or named:
            message = "what is waited for is one asset or one source"
            report.error("E116", entry.key, message, "write `asset: key`, or `source: key`")
        return None
    key = read_key(report, named[0])
    columns = section.get("columns", read_columns) or ()
    settle = section.get("settle", read_settle) or 0.0
    if key is None:
        return None
    reading.named.append(Named(key, *report.quote(place_of(named[0]))))
    if (given := section.entry("columns")) is not None:
        reading.named += named_columns(report, given, key)
    return Wake(key=key, columns=columns, settle=settle)


def named_columns(report: Report, entry: source.Entry, key: str) -> list[Named]:
    """Return where columns of an asset are named, each as `key.column`."""
    value = entry.value
    items = value.items if isinstance(value, source.Sequence) else (value,)
    return [
        Named(f"{key}.{item.text}", *report.quote(item))
        for item in items
        if isinstance(item, source.Scalar)
    ]
