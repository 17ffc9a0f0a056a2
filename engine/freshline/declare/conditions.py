"""What sensors wait for: `when:`, one condition, a list of which any will do, or so many of some.

when: {asset: marts.daily, columns: [revenue], checks: passed}
when: {count: 2, of: [{asset: a.b}, {files: "inbox/*.csv"}, {event: closed}], within: 2h}
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from freshline.code import MAIN
from freshline.declare import rules, scalars, source
from freshline.declare.about import Scope
from freshline.declare.code import read_resources
from freshline.declare.commands import read_function
from freshline.declare.gates import read_span
from freshline.declare.interpolation import Misplaced, render
from freshline.declare.references import filled_text
from freshline.declare.refreshing import named_columns, read_columns, read_settle
from freshline.declare.report import Report
from freshline.declare.scalars import Meaning
from freshline.declare.section import (
    Keys,
    Section,
    check_key,
    data,
    did_you_mean,
    place_of,
    read_truth,
    text,
    unknown_key,
    word,
    wrong,
)
from freshline.declare.sqltext import sql_of_scalar
from freshline.declare.text import quoted
from freshline.refresh import (
    AssetArrived,
    Condition,
    Counts,
    EventArrived,
    FilesArrived,
    FunctionSaid,
    Named,
    Result,
    RunEnded,
    WatermarkMoved,
)

REMOTE = "catalog://"
_EXAMPLE = "write for instance `when: {asset: marts.daily}`"
_KINDS = ", ".join(rules.CONDITIONS)
_GROUPS = ("any", "all", "of")
_read_event = word(r"[A-Za-z_][\w.-]{0,99}", "the name of an event", "month_closed")


class When(NamedTuple):
    """What a sensor waits for, and how many of it; `within` is in seconds."""

    conditions: tuple[Condition, ...]
    counts: Counts = Counts.ANY
    at_least: int | None = None
    within: float | None = None


@dataclass(slots=True)
class Reading:
    """One sensor while it is read; `named` are the keys, queries and selections that it names."""

    report: Report
    scope: Scope
    named: list[Named] = field(default_factory=list[Named])

    def note(self, words: str, entry: source.Entry) -> None:
        """Remember where something stands that only those judge who know the whole project."""
        self.named.append(Named(words, *self.report.quote(place_of(entry))))


def read_when(reading: Reading, entry: source.Entry) -> When | None:
    """Read `when:`; None where it is broken."""
    node = entry.value
    if isinstance(node, source.Sequence):
        found = _listed(reading, entry)
        return None if found is None else When(found)
    if not isinstance(node, source.Mapping):
        wrong(reading.report, entry, "a condition, or a list of them", _EXAMPLE)
        return None
    names = [each.key.text for each in node.entries]
    if not any(name in rules.WHEN.known for name in names):
        one = _condition(reading, entry)
        return None if one is None else When((one,))
    return _group(reading, Section(reading.report, node, rules.WHEN), entry)


def _group(reading: Reading, section: Section, entry: source.Entry) -> When | None:
    report = reading.report
    lists = [each for name in _GROUPS if (each := section.entry(name)) is not None]
    within = section.get("within", read_span)
    count = section.entry("count")
    at_least = section.get("count", _read_count)
    if len(lists) != 1:
        message = "`when` has one list of conditions: below `any`, `all`, or `of` with a `count`"
        report.error("E116", entry.key, message, _EXAMPLE)
        return None
    name = lists[0].key.text
    if (name == "of") is not (count is not None):
        message = "`count` says how many of those below `of`: one goes with the other"
        fix = "write `{count: 2, of: [...]}`, or `all: [...]`"
        report.error("E116", lists[0].key, message, fix)
        return None
    if name == "any" and section.entry("within") is not None:
        message = "`within` is about several that have to come together, and here any will do"
        report.error("E105", lists[0].key, message, "write `all:`, or remove `within`")
    found = _listed(reading, lists[0])
    if found is None:
        return None
    if at_least is not None and count is not None and at_least > len(found):
        expected = f"at most {len(found)}, as many as there are below `of`"
        wrong(report, count, expected, f"write `count: {len(found)}`")
    counts = Counts.ALL if name == "all" else Counts.ANY
    return When(found, counts, at_least, within)


def _read_count(report: Report, entry: source.Entry) -> int | None:
    if scalars.meaning_of(entry.value) is Meaning.INTEGER:
        number = data(report, entry)
        if isinstance(number, int) and 1 <= number <= 1000:
            return number
    wrong(report, entry, "how many: a whole number from 1 on", "write for instance `count: 2`")
    return None


def _listed(reading: Reading, entry: source.Entry) -> tuple[Condition, ...] | None:
    value = entry.value
    if not isinstance(value, source.Sequence) or not value.items:
        wrong(reading.report, entry, "a list of conditions", _EXAMPLE)
        return None
    found = [_condition(reading, source.Entry(entry.key, item)) for item in value.items]
    good = tuple(each for each in found if each is not None)
    return good if len(good) == len(found) else None


def _condition(reading: Reading, entry: source.Entry) -> Condition | None:
    report, node = reading.report, entry.value
    if not isinstance(node, source.Mapping):
        fix = _EXAMPLE
        if isinstance(node, source.Scalar) and node.text:
            fix = f"say what it is: `{{asset: {node.text}}}`, `{{event: {node.text}}}`"
        wrong(report, source.Entry(entry.key, node), "a condition", fix)
        return None
    names = [each.key.text for each in node.entries]
    kinds = [name for name in rules.CONDITIONS if name in names]
    if not kinds:
        every = tuple(dict.fromkeys(k for keys in rules.CONDITIONS.values() for k in keys.known))
        for each in node.entries:
            if each.key.text not in every:
                keys = Keys(section="condition", known=every, elsewhere=_ELSEWHERE)
                unknown_key(report, each.key, keys)
        if not report.failed:
            message = "this condition does not say what is waited for"
            report.error("E116", entry.key, message, f"it has one of {_KINDS}")
        return None
    section = Section(report, node, rules.CONDITIONS[kinds[0]])
    given = section.entry(kinds[0])
    if given is None:
        wrong(report, source.Entry(node.entries[0].key, node.entries[0].value), "given", _EXAMPLE)
        return None
    return _READERS[kinds[0]](reading, section, given)


_ELSEWHERE = {
    "source": "write `asset:`, of sources too",
    "file": "write `files:`",
    "path": "write `files:`",
    "function": "write `python:`",
    "query": "write `sql:`",
}


def _asset(reading: Reading, section: Section, given: source.Entry) -> AssetArrived | None:
    report = reading.report
    if isinstance(given.value, source.Sequence):
        fix = "write a list of conditions: `[{asset: a.b}, {asset: c.d}]`, or `all:` with it"
        wrong(report, given, "one key", fix)
        return None
    key = text(report, given)
    if key is None:
        return None
    if key.startswith(REMOTE):
        catalog, _, remote = key.removeprefix(REMOTE).partition("/")
        if not catalog or not remote:
            fix = "write for instance `catalog://finance/marts.rates`"
            wrong(report, given, "a catalog and a key", fix)
            return None
        known = reading.scope.catalogs
        if catalog not in known and reading.scope.is_complete:
            fix = did_you_mean(catalog, known) or "declare it in freshline.yaml, below `catalogs:`"
            report.error("E129", place_of(given), f"there is no catalog {quoted(catalog)}", fix)
            return None
        if not check_key(report, place_of(given), remote):
            return None
    elif not check_key(report, place_of(given), key):
        return None
    reading.note(key, given)
    columns = section.get("columns", read_columns) or ()
    if (named := section.entry("columns")) is not None:
        reading.named += named_columns(report, named, key)
    changed = section.get("changed", read_truth)
    return AssetArrived(
        key=key,
        columns=columns,
        passed=section.get("checks", _read_checks) is not False,
        changed=changed is not False,
        settle=section.get("settle", read_settle) or 0.0,
    )


def _read_checks(report: Report, entry: source.Entry) -> bool | None:
    name = text(report, entry)
    if name in ("passed", "any"):
        return name == "passed"
    if name is not None:
        wrong(report, entry, "passed or any", "write `checks: passed`")
    return None


def _files(reading: Reading, section: Section, given: source.Entry) -> FilesArrived | None:
    path = read_template(reading, given)
    if path is None:
        return None
    if not path.strip():
        fix = "write for instance inbox/*.csv"
        wrong(reading.report, given, "the path of files", fix)
        return None
    return FilesArrived(path=path, settle=section.get("settle", read_settle) or 0.0)


def read_template(reading: Reading, entry: source.Entry) -> str | None:
    """Read a text with its references replaced, but for those to secrets, which stay."""
    written = text(reading.report, entry)
    if written is None:
        return None
    try:
        return filled_text(written, reading.scope.values, is_template=True)
    except Misplaced as problem:
        reading.report.error(problem.code, place_of(entry), problem.message, problem.fix)
        return None


def _sql(reading: Reading, section: Section, given: source.Entry) -> WatermarkMoved | None:
    node, report = given.value, reading.report
    if not isinstance(node, source.Scalar) or not node.text.strip():
        fix = "write for instance `sql: SELECT max(ordered_at) FROM raw.orders`"
        wrong(report, given, "a SELECT that gives one value", fix)
        return None
    sql, problems = render(sql_of_scalar(report.text, node), reading.scope.values)
    for problem in problems:
        report.add(given.key, problem)
    reading.note(sql.text, given)
    return None if problems else WatermarkMoved(sql=sql.text)


def _run(reading: Reading, section: Section, given: source.Entry) -> RunEnded | None:
    report = reading.report
    name = text(report, given)
    if name is None or name not in tuple(Result):
        fix = did_you_mean(name or "", Result) or f"write {' or '.join(Result)}"
        if name is not None:
            report.error("E105", place_of(given), f"{quoted(name)} is no end of a run", fix)
        return None
    selection = section.get("select", text) or ""
    if (entry := section.entry("select")) is not None and selection:
        reading.note(selection, entry)
    return RunEnded(result=Result(name), selection=selection)


def _event(reading: Reading, section: Section, given: source.Entry) -> EventArrived | None:
    name = _read_event(reading.report, given)
    return None if name is None else EventArrived(name=name)


def _python(reading: Reading, section: Section, given: source.Entry) -> FunctionSaid | None:
    report = reading.report
    function = read_function(report, given)
    location = section.get("location", text) or MAIN
    known = (MAIN, *(each.name for each in reading.scope.locations))
    entry = section.entry("location")
    if entry is not None and location not in known and reading.scope.is_complete:
        fix = did_you_mean(location, known) or f"locations are {', '.join(known)}"
        message = f"there is no location {quoted(location)}"
        report.error("E124", place_of(entry), message, fix)
    return (
        None
        if function is None
        else FunctionSaid(function=function, location=location, resources=_given(reading, section))
    )


def _given(reading: Reading, section: Section) -> tuple[tuple[str, str], ...]:
    """Return the parameters that receive resources, each with the name of one that there is."""
    found = read_resources(section)
    known = [each.name for each in reading.scope.resources]
    entry = section.entry("resources")
    for name in found.values():
        if entry is not None and name not in known and reading.scope.is_complete:
            fix = did_you_mean(name, known) or "declare it under `resources:` in freshline.yaml"
            message = f"the project has no resource {quoted(name)}"
            reading.report.error("E126", place_of(entry), message, fix)
    return tuple(sorted(found.items()))


_READERS: Mapping[str, Callable[[Reading, Section, source.Entry], Condition | None]] = {
    "asset": _asset,
    "files": _files,
    "sql": _sql,
    "run": _run,
    "event": _event,
    "python": _python,
}
