"""Columns as authors describe them: a type, `!` where never null, checks below."""

import re
from typing import NamedTuple

from freshline.declare import rules, scalars, source
from freshline.declare.checks import checks_of_column, not_null
from freshline.declare.interpolation import Values
from freshline.declare.report import Report
from freshline.declare.section import LATER, Reader, Section, described, mapping, text, wrong
from freshline.declare.text import quoted
from freshline.definitions import CheckDefinition, ColumnDefinition

# The shape of a DuckDB type: words, then what stands in parentheses, then array brackets.
_TYPE = re.compile(r"[a-zA-Z_][\w ]*(\(.*\))?(\[\d*\])*( with(out)? time zone)?", re.DOTALL)
_TYPE_CHARACTERS = re.compile(r"[\w\s(),.\[\]'\"-]*")
_LONGEST_TYPE = 2_000


class Described(NamedTuple):
    """A column with the checks that stand below it."""

    column: ColumnDefinition
    checks: tuple[CheckDefinition, ...]


def column_reader(values: Values) -> Reader[tuple[Described, ...]]:
    """Return a reader of columns; `values` are what references in their checks stand for."""

    def read(report: Report, entry: source.Entry) -> tuple[Described, ...] | None:
        return _read_columns(report, entry, values)

    return read


def _read_columns(
    report: Report, entry: source.Entry, values: Values
) -> tuple[Described, ...] | None:
    """Read columns: `name: type`, `!` behind it where it is never null, or a mapping below."""
    if isinstance(entry.value, source.Sequence):
        fix = "write `order_id: bigint!` on a line for each"
        wrong(report, entry, "a mapping of names to types", fix)
        return None
    node = mapping(report, entry)
    columns: list[Described] = []
    spelt: dict[str, source.Scalar] = {}
    for each in node.entries if node else ():
        name = each.key.text
        first = spelt.setdefault(name.lower(), each.key)
        if first is not each.key:
            message = f"the columns {quoted(first.text)} and {quoted(name)} differ in case only"
            report.error("E109", each.key, message, "keep one: names of columns ignore case")
        elif name == "strict" and scalars.meaning_of(each.value) is scalars.Meaning.BOOL:
            report.error("E104", each.key, f"`strict` {LATER}", "remove it from the columns")
        elif not name.strip():
            report.error("E105", each.key, "a column needs a name", "write `name: type`")
        else:
            columns.append(_column(report, each, values))
    return tuple(columns)


def _column(report: Report, entry: source.Entry, values: Values) -> Described:
    described_type: str | None = None
    description = ""
    checks: tuple[CheckDefinition, ...] = ()
    match entry.value:
        case source.Mapping():
            section = Section(report, entry.value, rules.COLUMN)
            described_type = section.get("type", _read_type)
            description = (section.get("description", text) or "").strip()
            checks = checks_of_column(section, entry.key.text, values)
        case source.Scalar() if scalars.is_null(entry.value):
            pass
        case source.Scalar():
            described_type = _read_type(report, entry)
        case source.Sequence():
            expected = "a type, or a mapping with `type:` and `description:`"
            wrong(report, entry, expected, "write for instance `bigint!`")
    type = described_type.removesuffix("!").rstrip() if described_type else None
    column = ColumnDefinition(
        name=entry.key.text,
        type=type,
        not_null=described_type is not None and described_type.endswith("!"),
        description=description,
        span=report.span(entry.key),
    )
    own = (not_null(report, column, entry.key),) if column.not_null else ()
    return Described(column, (*own, *checks))


def _read_type(report: Report, entry: source.Entry) -> str | None:
    """Read what looks like a DuckDB type; whether it is one, the compiler says."""
    if not isinstance(entry.value, source.Scalar):
        wrong(report, entry, "a type", "write for instance `bigint!`")
        return None
    spelled = entry.value.text.strip()
    type = spelled.removesuffix("!").rstrip()
    if len(type) > _LONGEST_TYPE or not _looks_like_type(type):
        message = f"{described(entry.value)} does not look like a type of DuckDB"
        report.error("E105", entry.value, message, "write for instance `decimal(18,2)` or `text!`")
        return None
    return spelled


def _looks_like_type(type: str) -> bool:
    if not _TYPE.fullmatch(type) or not _TYPE_CHARACTERS.fullmatch(type) or "--" in type:
        return False
    depth = 0
    for character in type:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0 and type.count("'") % 2 == 0 and type.count('"') % 2 == 0
