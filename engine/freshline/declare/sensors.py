"""Sensors and schedules: what is done when something happened, or when it is time.

They stand in files below sensors/, or in freshline.yaml, each under its name. One that is broken is
left out, with what is wrong about it; nothing else hangs on it.
"""

import re
from dataclasses import replace

from freshline.acts import OWNER
from freshline.declare import rules, source
from freshline.declare.about import Scope, check_owner, read_owner
from freshline.declare.calendars import calendar_reader
from freshline.declare.conditions import Reading, read_template, read_when
from freshline.declare.crons import read_cron, read_timezone
from freshline.declare.declared import Gathering
from freshline.declare.durations import spelled
from freshline.declare.gates import read_span
from freshline.declare.refreshing import read_catch_up
from freshline.declare.report import Report, Stretch
from freshline.declare.scalars import Meaning, meaning_of
from freshline.declare.section import (
    Keys,
    Section,
    data,
    did_you_mean,
    place_of,
    text,
    unknown_key,
    words,
    wrong,
)
from freshline.declare.text import quoted
from freshline.refresh import (
    Act,
    Calendar,
    CallWebhook,
    CatchUp,
    Cron,
    Materialize,
    Named,
    Notify,
    ScheduleDefinition,
    SensorDefinition,
)

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}")
_HIGHEST = 1_000
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_SECRET = re.compile(r"\$\{secret\.[^{}\n]+\}")
_EXAMPLE = "write for instance `do: {materialize: marts.daily}`"
_EVERY = 30.0
_read_owners = words(r"[^\n]{1,200}", "names of owners", "[data]")


def read_schedule(gathering: Gathering, entry: source.Entry, scope: Scope) -> None:
    """Read one entry of `schedules:`."""
    part = gathering.report.part(Stretch(entry.key.start, max(entry.key.end, entry.value.end)))
    section = _named_section(part, entry, rules.SCHEDULE, '`{cron: "0 3 * * *", select: ...}`')
    if section is None:
        return
    cron = _read_moments(section, scope)
    selection = _selection(section, entry.key, "select")
    owner = _owner(section, scope)
    priority = section.get("priority", _read_priority) or 0
    description = (section.get("description", text) or "").strip()
    if part.failed or cron is None or selection is None:
        return
    span, line = part.quote(entry.key)
    gathering.keep_schedule(
        ScheduleDefinition(
            name=entry.key.text,
            cron=cron,
            selection=selection.words,
            file=part.text.file,
            span=span,
            description=description,
            owner=owner,
            priority=priority,
            line=line,
            named=(selection,),
        )
    )


def read_sensor(gathering: Gathering, entry: source.Entry, scope: Scope) -> None:
    """Read one entry of `sensors:`."""
    part = gathering.report.part(Stretch(entry.key.start, max(entry.key.end, entry.value.end)))
    section = _named_section(part, entry, rules.SENSOR, "`when:` and `do:` below it")
    if section is None:
        return
    reading = Reading(part, scope)
    when, acts = None, None
    for name, example in (("when", "{asset: marts.daily}"), ("do", "{materialize: marts.daily}")):
        if section.entry(name) is None and not part.failed:
            message = f"the sensor {quoted(entry.key.text)} has no `{name}`"
            part.error("E116", entry.key, message, f"add for instance `{name}: {example}`")
    if (given := section.entry("when")) is not None:
        when = read_when(reading, given)
    if (given := section.entry("do")) is not None:
        acts = _acts(reading, given)
    every = section.get("every", read_span)
    owner = _owner(section, scope)
    description = (section.get("description", text) or "").strip()
    if part.failed or when is None or acts is None:
        return
    span, line = part.quote(entry.key)
    gathering.keep_sensor(
        SensorDefinition(
            name=entry.key.text,
            conditions=when.conditions,
            acts=acts,
            file=part.text.file,
            span=span,
            counts=when.counts,
            at_least=when.at_least,
            within=when.within,
            every=_EVERY if every is None else every,
            description=description,
            owner=owner,
            line=line,
            named=tuple(reading.named),
        )
    )


def _named_section(report: Report, entry: source.Entry, keys: Keys, example: str) -> Section | None:
    if not _NAME.fullmatch(entry.key.text):
        message = f"{quoted(entry.key.text)} is no name of a {keys.section}"
        fix = 'use lower-case letters, digits, "_" and "-", and begin with a letter'
        report.error("E105", entry.key, message, fix)
    if not isinstance(entry.value, source.Mapping):
        wrong(report, entry, "a mapping", f"write {example}")
        return None
    return Section(report, entry.value, keys)


def _read_moments(section: Section, scope: Scope) -> Cron | None:
    """Return the moments of a schedule: those of a cron, or of a duration that fits the clock."""
    report = section.report
    timezone = section.get("timezone", read_timezone)
    known = scope.calendars if scope.is_complete else None
    calendar = section.get("calendar", calendar_reader(known))
    catch_up = section.get("catch_up", read_catch_up)
    cron, every = section.entry("cron"), section.entry("every")
    given = cron or every
    if given is None or (cron is not None and every is not None):
        if not report.failed:
            name = "neither `cron` nor `every`" if given is None else "both `cron` and `every`"
            fix = 'write for instance `cron: "0 3 * * *"`'
            place = given.key if given is not None else section.node
            report.error("E116", place, f"this schedule has {name}", fix)
        return None
    expression = read_cron(report, given) if cron is not None else _on_the_clock(report, given)
    if expression is None:
        return None
    return Cron(
        expression=expression,
        timezone=timezone or "UTC",
        calendar=calendar or Calendar(),
        catch_up=catch_up or CatchUp.LATEST,
    )


def _on_the_clock(report: Report, entry: source.Entry) -> str | None:
    """Return the moments that lie so far apart, counted from midnight, as a cron expression."""
    length = read_span(report, entry)
    if length is None:
        return None
    if length == _DAY:
        return "0 0 * * *"
    if length % _HOUR == 0 and _DAY % length == 0:
        return f"0 */{length / _HOUR:.0f} * * *" if length > _HOUR else "0 * * * *"
    if length % _MINUTE == 0 and _HOUR % length == 0:
        return f"*/{length / _MINUTE:.0f} * * * *" if length > _MINUTE else "* * * * *"
    message = f"{spelled(length)} divides neither an hour nor a day into equal parts"
    fix = "write for instance 10m, 15m, 1h, 6h or 1d, or `cron:`"
    report.error("E105", place_of(entry), message, fix)
    return None


def _selection(section: Section, place: source.Scalar, name: str) -> Named | None:
    """Return a selection with where it stands; whether it selects anything, the graph knows."""
    report, entry = section.report, section.entry(name)
    if entry is None:
        if not report.failed:
            message = f"the {section.keys.section} {quoted(place.text)} has no `{name}`"
            report.error("E116", place, message, f"add for instance `{name}: tag:nightly`")
        return None
    return _read_selection(report, entry)


def _read_selection(report: Report, entry: source.Entry) -> Named | None:
    """Read a selection, as a text or as a list of texts of which each adds to it."""
    value = entry.value
    items = value.items if isinstance(value, source.Sequence) else (value,)
    texts = [item.text.strip() for item in items if isinstance(item, source.Scalar)]
    if len(texts) != len(items) or not texts or not all(texts):
        wrong(report, entry, "a selection", "write for instance `tag:nightly`")
        return None
    joined = texts[0] if len(texts) == 1 else " or ".join(f"({each})" for each in texts)
    return Named(joined, *report.quote(place_of(entry)))


def _read_priority(report: Report, entry: source.Entry) -> int | None:
    if meaning_of(entry.value) is Meaning.INTEGER:
        number = data(report, entry)
        if isinstance(number, int) and -_HIGHEST <= number <= _HIGHEST:
            return number
    expected = f"a whole number, from -{_HIGHEST:,} to {_HIGHEST:,}"
    wrong(report, entry, expected, "the highest goes first; 0 is what others have")
    return None


def _owner(section: Section, scope: Scope) -> str | None:
    owner = section.get("owner", read_owner)
    check_owner(section, owner, scope.owners)
    return owner


def _acts(reading: Reading, entry: source.Entry) -> tuple[Act, ...] | None:
    value = entry.value
    items = value.items if isinstance(value, source.Sequence) else (value,)
    if not items:
        wrong(reading.report, entry, "an act, or a list of them", _EXAMPLE)
        return None
    found = [_act(reading, source.Entry(entry.key, item)) for item in items]
    good = tuple(act for act in found if act is not None)
    return good if len(good) == len(found) else None


def _act(reading: Reading, entry: source.Entry) -> Act | None:
    report, node = reading.report, entry.value
    if not isinstance(node, source.Mapping):
        wrong(report, entry, "an act, or a list of them", _EXAMPLE)
        return None
    names = [each.key.text for each in node.entries]
    kinds = [name for name in rules.ACTS if name in names]
    if len(kinds) != 1:
        every = tuple(k for keys in rules.ACTS.values() for k in keys.known)
        keys = Keys(section="act", known=every, elsewhere=_ELSEWHERE)
        for each in node.entries:
            if each.key.text not in every:
                unknown_key(report, each.key, keys)
        if kinds or not report.failed:
            message = f"an act is one of {', '.join(rules.ACTS)}"
            fix = "write several as a list: `do: [{materialize: ...}, {notify: ...}]`"
            report.error("E116", entry.key, message, fix if kinds else _EXAMPLE)
        return None
    section = Section(report, node, rules.ACTS[kinds[0]])
    given = section.entry(kinds[0])
    if given is None:
        wrong(report, source.Entry(node.entries[0].key, node.entries[0].value), "given", _EXAMPLE)
        return None
    match kinds[0]:
        case "materialize":
            selection = _read_selection(report, given)
            if selection is None:
                return None
            reading.named.append(selection)
            return Materialize(selection=selection.words)
        case "webhook":
            return _webhook(reading, section, given)
        case _:
            return _notify(reading, section, given)


_ELSEWHERE = {
    "run": "write `materialize:` with a selection",
    "refresh": "write `materialize:` with a selection",
    "select": "write `materialize:` with the selection",
    "url": "write `webhook:` with the address",
    "mail": "write `notify:` with the name of an owner",
    "slack": "write `notify:` with the name of an owner",
}


def _webhook(reading: Reading, section: Section, given: source.Entry) -> CallWebhook | None:
    report = reading.report
    url = read_template(reading, given)
    if url is not None and not url.startswith(("https://", "http://", "${secret.")):
        fix = "write for instance https://hooks.example/in, or `${secret.name}`"
        wrong(report, given, "an address, beginning with https://", fix)
        return None
    secret = None
    if (entry := section.entry("secret")) is not None:
        secret = text(report, entry)
        if secret is not None and not _SECRET.fullmatch(secret):
            message = "a secret that stands in a file is none"
            report.error("E105", entry.key, message, "write `${secret.name}`")
            report.findings[-1:] = [  # the line itself must not be shown any further
                found._replace(diagnostic=replace(found.diagnostic, excerpt=""))
                for found in report.findings[-1:]
            ]
            return None
        secret = read_template(reading, entry)
    return None if url is None else CallWebhook(url=url, secret=secret)


def _notify(reading: Reading, section: Section, given: source.Entry) -> Notify | None:
    report, scope = reading.report, reading.scope
    to = _read_owners(report, given)
    if not to:
        return None
    known = (*scope.owners, *scope.channels, OWNER)
    for each in to:
        if (scope.owners or scope.channels) and each not in known and "@" not in each:
            fix = did_you_mean(each, known) or "add it under `owners:` in freshline.yaml"
            or_channels = " or channels" if scope.channels else ""
            message = f"{quoted(each)} is not among the project's owners{or_channels}"
            report.warn("W501", place_of(given), message, fix)
    return Notify(to=to, text=(section.get("text", text) or "").strip())
