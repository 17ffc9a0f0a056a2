"""How changes are noticed, and which of them count: `volatile:`, `cutoff:` and `version:`."""

from freshline.declare import rules, scalars, source
from freshline.declare.durations import read_duration
from freshline.declare.report import Report
from freshline.declare.scalars import Meaning
from freshline.declare.section import Section, data, did_you_mean, place_of, text, wrong
from freshline.declare.text import quoted
from freshline.definitions import Cutoff, Looks, Probe, ProbeKind, Volatile

_WITH_TABLES = "comes with sources that are tables, which this version of Freshline does not read"
_OF_TABLES = ("snapshot", "watermark")


def read_volatile(report: Report, entry: source.Entry) -> Volatile | None:
    """Read when rows that hang on the clock are made anew."""
    name = text(report, entry)
    if name is None or name in tuple(Volatile):
        return None if name is None else Volatile(name)
    fix = did_you_mean(name, Volatile) or f"write one of {', '.join(Volatile)}"
    report.error("E105", place_of(entry), f"{quoted(name)} is no way to be volatile", fix)
    return None


def read_cutoff(report: Report, entry: source.Entry) -> Cutoff | None:
    """Read `content`, `logic`, `off`, or `{round: 1e-9}`."""
    if isinstance(entry.value, source.Mapping):
        section = Section(report, entry.value, rules.CUTOFF)
        if section.entry("round") is None and not report.failed:
            report.error("E116", entry.key, "`cutoff` has no `round`", "write `{round: 1e-9}`")
        return Cutoff(round=section.get("round", _read_quantum))
    name = text(report, entry)
    if name is None or name in tuple(Looks):
        return None if name is None else Cutoff(by=Looks(name))
    fix = did_you_mean(name, Looks) or f"write {', '.join(Looks)}, or {{round: 1e-9}}"
    report.error("E105", place_of(entry), f"{quoted(name)} is no cutoff", fix)
    return None


def read_probe(report: Report, entry: source.Entry) -> Probe | None:
    """Read how the version of a source is taken: a word, or `{ttl: 6h}`."""
    if isinstance(entry.value, source.Mapping):
        return _read_ttl(report, entry.value, entry)
    name = text(report, entry)
    if name is None:
        return None
    if name in _OF_TABLES:
        message = f"`version: {name}` {_WITH_TABLES}"
        report.error("E104", place_of(entry), message, "remove it, or write `version: auto`")
        return None
    words = [kind for kind in ProbeKind if kind is not ProbeKind.TTL]
    if name == ProbeKind.TTL:
        wrong(report, entry, "said with how long", "write `version: {ttl: 6h}`")
        return None
    if name not in words:
        fix = did_you_mean(name, words) or f"write {', '.join(words)}, or {{ttl: 6h}}"
        report.error("E105", place_of(entry), f"{quoted(name)} is no way to tell versions", fix)
        return None
    return Probe(kind=ProbeKind(name))


def fitting_probe(report: Report, entry: source.Entry, probe: Probe, *, is_address: bool) -> None:
    """Report a way to take versions that files here, or what an address names, do not have."""
    if probe.kind is ProbeKind.ETAG and not is_address:
        message = "files of this machine have no etag"
        fix = "write `version: auto`, which is at least as sure"
        report.error("E105", place_of(entry), message, fix)
    elif probe.kind in (ProbeKind.CONTENT, ProbeKind.MTIME) and is_address:
        message = f"`version: {probe.kind}` is for files of this machine"
        fix = "write `version: etag`: what lies elsewhere is fetched when its store says so"
        report.error("E105", place_of(entry), message, fix)


def _read_ttl(report: Report, node: source.Mapping, entry: source.Entry) -> Probe | None:
    for each in node.entries:
        if each.key.text in _OF_TABLES:
            message = f"`version: {{{each.key.text}: ...}}` {_WITH_TABLES}"
            report.error("E104", each.key, message, "remove it, or write `version: auto`")
            return None
    section = Section(report, node, rules.VERSION)
    given = section.entry("ttl")
    if given is None:
        if not report.failed:
            report.error("E116", entry.key, "`version` has no `ttl`", "add for instance `ttl: 6h`")
        return None
    found = read_duration(report, given)
    if found == 0:
        wrong(report, given, "longer than nothing", "write `version: auto` to look every time")
        return None
    return None if found is None else Probe(kind=ProbeKind.TTL, ttl=found)


def _read_quantum(report: Report, entry: source.Entry) -> float | None:
    if scalars.meaning_of(entry.value) in (Meaning.INTEGER, Meaning.FLOAT):
        number = data(report, entry)
        if isinstance(number, int | float) and 0 < number <= 1e12:
            return float(number)
    wrong(report, entry, "a number above 0, at most 1e12", "write for instance `round: 1e-9`")
    return None
