"""Checks: what an author asserts of the rows, below a column or in a list, each under a name.

The same words stand below a column and in the list; in the list they name their columns. A name
follows from kind and columns (`unique_order_id`) unless it is given. What is said twice is one
check, and blocks if it does so anywhere.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from freshline.declare import rules, scalars, source
from freshline.declare.interpolation import Values, render
from freshline.declare.references import filled_entry
from freshline.declare.report import Placed, Report
from freshline.declare.scalars import Meaning
from freshline.declare.section import Section, data, text, word, wrong
from freshline.declare.sqltext import sql_of_scalar
from freshline.declare.text import quoted
from freshline.definitions import (
    CheckDefinition,
    CheckKind,
    CheckSeverity,
    ColumnDefinition,
    SqlText,
)
from freshline.errors import Diagnostic
from freshline.keys import key_problem

Value = str | int | float | bool | None

_MOST_SAMPLE = 100
_NAME = word(
    r"[a-z_][a-z0-9_]{0,99}", "a name of lower-case letters, digits and _", "no_future_orders"
)
_KINDS = (*rules.COLUMN_CHECKS, "rows", "sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What holds for all checks of one section: a given name, severity, sample, description."""

    name: str | None
    severity: CheckSeverity
    sample: int
    description: str


def checks_of_column(section: Section, column: str, values: Values) -> tuple[CheckDefinition, ...]:
    """Return the checks that stand below a column."""
    said = _said(section)
    found: list[CheckDefinition] = []
    for name in rules.COLUMN_CHECKS:
        if (entry := section.entry(name)) is not None:
            found += _of_column(section.report, said, CheckKind(name), column, (entry, values))
    return tuple(found)


def not_null(report: Report, column: ColumnDefinition, place: Placed) -> CheckDefinition:
    """Return the check that `!` behind a type stands for: it always blocks."""
    said = _Said(name=None, severity=CheckSeverity.BLOCK, sample=5, description="")
    return _check(report, said, CheckKind.NOT_NULL, (column.name,), place)


def is_none(entry: source.Entry) -> bool:
    """Say whether `checks: none` stands there, which takes away those that come from outside."""
    return isinstance(entry.value, source.Scalar) and entry.value.text == "none"


def sql_for(sql: SqlText, key: str, values: Values) -> tuple[SqlText, tuple[Diagnostic, ...]]:
    """Return the SQL of a check as it is for one asset, and what is wrong with its references."""
    this = ".".join(f'"{segment}"' for segment in key.split("."))
    return render(sql, replace(values, this=this))


def read_checks(
    section: Section, key: str | None, below: Iterable[CheckDefinition], values: Values
) -> tuple[CheckDefinition, ...]:
    """Return all checks: those `below` the columns, of the primary key, and listed.

    Without a key they are of many, and the SQL of each keeps its references.
    """
    found = [*below]
    if (entry := section.entry("primary_key")) is not None:
        found += _primary_key(section.report, entry)
    if (entry := section.entry("checks")) is not None:
        found += _listed(section.report, entry, key, values)
    return _named(section.report, found)


def _primary_key(report: Report, entry: source.Entry) -> list[CheckDefinition]:
    columns = _columns(report, entry)
    said = _Said(name=None, severity=CheckSeverity.BLOCK, sample=5, description="")
    if not columns:
        return []
    return [
        *(_check(report, said, CheckKind.NOT_NULL, (c.text,), c) for c in columns),
        _check(report, said, CheckKind.UNIQUE, tuple(c.text for c in columns), columns[0]),
    ]


def _listed(
    report: Report, entry: source.Entry, key: str | None, values: Values
) -> list[CheckDefinition]:
    if is_none(entry):
        return []
    if not isinstance(entry.value, source.Sequence):
        fix = "write for instance `- unique: order_id` on a line for each"
        wrong(report, entry, "a list of checks, or none", fix)
        return []
    found: list[CheckDefinition] = []
    for item in entry.value.items:
        if isinstance(item, source.Mapping):
            found += _item(Section(report, item, rules.CHECK), item, key, values)
        else:
            message = "a check is a mapping: its kind, and what it is about"
            report.error("E105", item, message, "write for instance `- unique: order_id`")
    return found


def _item(
    section: Section, item: source.Mapping, key: str | None, values: Values
) -> list[CheckDefinition]:
    report = section.report
    said = _said(section)
    kinds = [name for name in _KINDS if section.entry(name) is not None]
    if len(kinds) != 1:
        if not kinds and any(e.key.text not in rules.CHECK.known for e in item.entries):
            return []  # most likely the kind was misspelt, which has been told
        what = "no kind" if not kinds else f"{len(kinds)} kinds: {' and '.join(kinds)}"
        fix = f"give it one of {', '.join(_KINDS)}" if not kinds else "write a check for each"
        place = item.entries[0].key if item.entries else item
        report.error("E105", place, f"this check has {what}", fix)
        return []
    entry = section.entry(kinds[0])
    assert entry is not None
    found = _of_kind(report, said, CheckKind(kinds[0]), entry, (key, values))
    if said.name is not None and len(found) > 1:
        message = f"{len(found)} checks cannot share the name {quoted(said.name)}"
        report.error("E109", entry.key, message, "write a check for each, or leave the name out")
        return []
    return found


def _of_kind(
    report: Report,
    said: _Said,
    kind: CheckKind,
    entry: source.Entry,
    context: tuple[str | None, Values],
) -> list[CheckDefinition]:
    """Return what one entry of a listed check stands for: a check, or one for each column."""
    match kind:
        case CheckKind.NOT_NULL:
            columns = _columns(report, entry)
            return [_check(report, said, kind, (c.text,), c) for c in columns]
        case CheckKind.UNIQUE:
            columns = _columns(report, entry)
            names = tuple(dict.fromkeys(c.text for c in columns))
            return [_check(report, said, kind, names, columns[0])] if columns else []
        case CheckKind.ROWS:
            return _rows(report, said, (entry, context[1]))
        case CheckKind.SQL:
            return _sql(report, said, entry, context)
        case _:
            pass
    if not isinstance(entry.value, source.Mapping):
        wrong(report, entry, "a mapping of columns", f"write `{kind}: {_EXAMPLES[kind]}`")
        return []
    return [
        check
        for each in entry.value.entries
        for check in _of_column(report, said, kind, each.key.text, (each, context[1]))
    ]


_EXAMPLES = {
    CheckKind.IN: "{status: [new, paid]}",
    CheckKind.BETWEEN: "{amount: [0, 100]}",
    CheckKind.MATCHES: "{email: '.+@.+'}",
    CheckKind.REFERENCES: "{customer_id: stg.customers.customer_id}",
}


def _of_column(
    report: Report, said: _Said, kind: CheckKind, column: str, written: tuple[source.Entry, Values]
) -> list[CheckDefinition]:
    """Return the check of one column whose argument is the value of an entry."""
    arguments: tuple[Value, ...] | None
    entry = filled_entry(report, *written)
    if entry is None:
        return []
    match kind:
        case CheckKind.NOT_NULL | CheckKind.UNIQUE:
            if scalars.meaning_of(entry.value) is not Meaning.BOOL:
                wrong(report, entry, "true or false", f"write `{kind}: true`")
                return []
            assert isinstance(entry.value, source.Scalar)
            arguments = () if scalars.truth(entry.value) else None
        case CheckKind.IN:
            arguments = _values(report, entry)
        case CheckKind.BETWEEN:
            arguments = _bounds(report, entry)
            if arguments is None:
                fix = "write `[0, 100]`, or `{min: 0}` for one of them"
                wrong(report, entry, "two bounds", fix)
        case CheckKind.MATCHES:
            pattern = text(report, entry)
            arguments = (pattern,) if pattern else None
        case _:
            arguments = _reference(report, entry)
    if arguments is None:
        return []
    return [_check(report, said, kind, (column,), entry.key, arguments)]


def _values(report: Report, entry: source.Entry) -> tuple[Value, ...] | None:
    items = entry.value.items if isinstance(entry.value, source.Sequence) else ()
    good = all(isinstance(item, source.Scalar) and not scalars.is_null(item) for item in items)
    if not items or not good:
        fix = "write `in: [new, paid]`; null passes without being listed"
        wrong(report, entry, "a list of one or more values, none of them null", fix)
        return None
    found = [_scalar(data(report, source.Entry(entry.key, item))) for item in items]
    return tuple({(type(value), value): value for value in found}.values())


def _bounds(report: Report, entry: source.Entry) -> tuple[Value, ...] | None:
    """Read `[low, high]` or `{min, max}`; a bound that is null or absent is open.

    None where there is no bound at all.
    """
    found: tuple[Value, ...] = ()
    match entry.value:
        case source.Sequence(items=(low, high)):
            both = (data(report, source.Entry(entry.key, bound)) for bound in (low, high))
            found = tuple(_scalar(bound) for bound in both)
        case source.Mapping():
            section = Section(report, entry.value, rules.BOUNDS)
            found = tuple(_scalar(section.get(name, data)) for name in ("min", "max"))
        case _:
            pass
    return found if any(bound is not None for bound in found) else None


def _reference(report: Report, entry: source.Entry) -> tuple[Value, ...] | None:
    written = text(report, entry)
    key, _, column = (written or "").rpartition(".")
    if written is not None and (not column or key_problem(key) is not None):
        fix = "write for instance `stg.customers.customer_id`"
        wrong(report, entry, "the key of an asset and a column of it", fix)
    elif written is not None:
        return key, column
    return None


def _rows(
    report: Report, said: _Said, written: tuple[source.Entry, Values]
) -> list[CheckDefinition]:
    found: tuple[Value, ...] | None
    entry = filled_entry(report, *written)
    if entry is None:
        return []
    if scalars.meaning_of(entry.value) is Meaning.INTEGER:
        count = _scalar(data(report, entry))
        found = (count, count)
    else:
        found = _bounds(report, entry)
    if found is None or not all(
        bound is None or (type(bound) is int and bound >= 0) for bound in found
    ):
        wrong(report, entry, "numbers of rows", "write `rows: {min: 1, max: 1000}`")
        return []
    return [_check(report, said, CheckKind.ROWS, (), entry.key, found)]


def _sql(
    report: Report, said: _Said, entry: source.Entry, context: tuple[str | None, Values]
) -> list[CheckDefinition]:
    key, values = context
    if not isinstance(entry.value, source.Scalar) or not entry.value.text.strip():
        fix = "write `sql: SELECT * FROM ${this} WHERE ...`"
        wrong(report, entry, "a SELECT that gives the failing rows", fix)
        return []
    if said.name is None:
        message = "a check of SQL needs a name"
        report.error("E116", entry.key, message, "add for instance `name: no_future_orders`")
        return []
    raw = sql_of_scalar(report.text, entry.value)
    sql, problems = sql_for(raw, key or "this", values)
    for problem in problems:
        report.add(entry.value, problem)
    check = _check(report, said, CheckKind.SQL, (), entry.key)
    return [replace(check, sql=raw if key is None else sql)]


def _said(section: Section) -> _Said:
    report = section.report
    severity = CheckSeverity.BLOCK
    if (entry := section.entry("severity")) is not None:
        written = text(report, entry)
        if written in tuple(CheckSeverity):
            severity = CheckSeverity(written)
        elif written is not None:
            wrong(report, entry, "block or warn", "a check blocks unless it says warn")
    sample = 5
    if (entry := section.entry("sample")) is not None:
        given = data(report, entry)
        if type(given) is int and 0 <= given <= _MOST_SAMPLE:
            sample = given
        else:
            wrong(report, entry, f"a number of rows, at most {_MOST_SAMPLE}", "write `sample: 20`")
    described = section.keys == rules.CHECK
    return _Said(
        name=section.get("name", _NAME) if described else None,
        severity=severity,
        sample=sample,
        description=(section.get("description", text) or "").strip() if described else "",
    )


def _check(
    report: Report,
    said: _Said,
    kind: CheckKind,
    columns: tuple[str, ...],
    place: Placed,
    arguments: tuple[Value, ...] = (),
) -> CheckDefinition:
    derived = re.sub(r"\W+", "_", "_".join((kind, *columns)).lower())
    return CheckDefinition(
        name=said.name or derived,
        kind=kind,
        span=report.span(place),
        line=report.text.line_at(place.start),
        columns=columns,
        arguments=arguments,
        severity=said.severity,
        sample=said.sample,
        description=said.description,
    )


def _columns(report: Report, entry: source.Entry) -> list[source.Scalar]:
    items = entry.value.items if isinstance(entry.value, source.Sequence) else (entry.value,)
    columns = [item for item in items if isinstance(item, source.Scalar) and item.text.strip()]
    if len(columns) < len(items) or not items:
        wrong(report, entry, "a column, or a list of columns", f"write `{entry.key.text}: [a, b]`")
        return []
    return columns


def _named(report: Report, found: Iterable[CheckDefinition]) -> tuple[CheckDefinition, ...]:
    """Return the checks with those merged that say the same; report names given to two."""
    kept: dict[str, CheckDefinition] = {}
    for check in found:
        first = kept.setdefault(check.name, check)
        if first is check:
            continue
        if _asserted(first) != _asserted(check) or check.kind is CheckKind.SQL:
            message = f"two checks are called {check.name}"
            where = f"line {first.span.line} has the other"
            start = report.text.begins[check.span.line - 1] + check.span.column - 1
            place = source.Scalar(start, start + check.span.length, "")
            fix = f"give one of them a `name:` in the list of checks; {where}"
            report.error("E109", place, message, fix, related=((first.span, "the other one"),))
        elif check.severity is CheckSeverity.BLOCK:
            kept[check.name] = replace(first, severity=CheckSeverity.BLOCK)
    return tuple(kept.values())


def _asserted(check: CheckDefinition) -> tuple[object, ...]:
    return check.kind, tuple(c.lower() for c in check.columns), check.arguments


def _scalar(value: object) -> Value:
    return value if isinstance(value, str | int | float | bool) else None
