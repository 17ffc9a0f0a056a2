"""Variables of a project: what type each has, and the SQL literal that each value becomes.

A value is kept as it is spelled, so that `0.10` reaches the database as the decimal it looks like.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from freshline.declare import rules, scalars, source
from freshline.declare.report import Report
from freshline.declare.scalars import Meaning
from freshline.declare.section import Section, described, did_you_mean, mapping, text, wrong
from freshline.declare.text import quoted

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(_DATE.pattern + r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
_LIST = re.compile(r"list(?:\[(\w+)\])?")
_MOST_DIGITS = 38  # of DuckDB's widest integer and decimal


class Variable(NamedTuple):
    """A variable as declared: its type, and its default as a SQL literal where it has one.

    One whose type could not be understood has neither, so that its readers do not call it unknown.
    """

    name: str
    type: str | None
    default: str | None


def read_variables(report: Report, entry: source.Entry) -> tuple[Variable, ...]:
    """Return the variables that a project declares under `vars:`."""
    node = mapping(report, entry)
    found = (_variable(report, e) for e in node.entries) if node else ()
    return tuple(variable for variable in found if variable is not None)


def read_values(
    report: Report, entry: source.Entry, variables: Mapping[str, Variable]
) -> dict[str, str]:
    """Return the values that an environment gives to declared variables, as SQL literals."""
    values: dict[str, str] = {}
    node = mapping(report, entry)
    for each in node.entries if node else ():
        name = each.key.text
        variable = variables.get(name)
        if variable is None:
            fix = did_you_mean(name, variables) or "declare it under `vars:` of the project"
            report.error("E114", each.key, f"unknown variable {quoted(name)}", fix)
        elif (
            variable.type is not None
            and (literal := _literal(report, each, variable.type)) is not None
        ):
            values[name] = literal
    return values


def _variable(report: Report, entry: source.Entry) -> Variable | None:
    """Read `name: {type, default}`, or a default alone, whose type is what it looks like."""
    name, value = entry.key.text, entry.value
    if not _NAME.fullmatch(name):
        report.error(
            "E105",
            entry.key,
            f"{quoted(name)} is no name for a variable",
            'use lower-case letters, digits and "_", not beginning with a digit',
        )
        return None
    if not isinstance(value, source.Mapping):
        type = _looks_like(value)
        if type is None:
            expected = "a value, or a mapping with `type:` and `default:`"
            wrong(report, entry, expected, "write for instance `min_amount: 10`")
            return Variable(name, None, None)
        return Variable(name, type, _literal(report, entry, type))
    section = Section(report, value, rules.VARIABLE)
    default = section.entry("default")
    given = section.entry("type")
    type = section.get("type", _type) if given else _looks_like(default and default.value)
    if type is None:
        if given is None:
            message = f"variable {quoted(name)} has neither a type nor a default that shows it"
            report.error("E116", entry.key, message, "add `type: number`")
        return Variable(name, None, None)
    section.get("description", text)
    return Variable(name, type, _literal(report, default, type) if default else None)


def _type(report: Report, entry: source.Entry) -> str | None:
    name = text(report, entry)
    if name is None:
        return None
    found = _LIST.fullmatch(name)
    if name in _LITERALS or (found and (found[1] or "text") in _LITERALS):
        return name
    known = (*_LITERALS, "list", *(f"list[{each}]" for each in _LITERALS))
    fix = did_you_mean(name, known) or f"types are {', '.join(_LITERALS)}, list and list[...]"
    report.error("E105", entry.value, f"{quoted(name)} is no type of a variable", fix)
    return None


def _looks_like(node: source.Node | None) -> str | None:
    match node:
        case source.Sequence():
            return "list"
        case source.Scalar():
            return _TYPE_OF.get(scalars.meaning(node))
        case _:
            return None


def _literal(report: Report, entry: source.Entry, type: str) -> str | None:
    """Return a value as one SQL literal of its variable's type; report one that does not fit."""
    is_list = _LIST.fullmatch(type)
    if is_list is None:
        return _single(report, entry, type)
    if not isinstance(entry.value, source.Sequence):
        wrong(report, entry, "a list", f"write [{_spelled(entry.value)}]")
        return None
    if not entry.value.items:
        wrong(report, entry, "a list of at least one value", "add one: SQL has no empty list")
        return None
    parts: list[str] = []
    for item in entry.value.items:
        inner = is_list[1] or _looks_like(item) or "text"
        part = _single(report, source.Entry(entry.key, item), inner)
        if part is None:
            return None
        parts.append(part)
    return f"({', '.join(parts)})"


def _single(report: Report, entry: source.Entry, type: str) -> str | None:
    expected, render = _LITERALS[type]
    literal = render(entry.value) if isinstance(entry.value, source.Scalar) else None
    if literal is None:
        wrong(report, entry, expected, _repair(entry.value, type))
    return literal


def _number(node: source.Scalar) -> str | None:
    what, spelled = scalars.meaning(node), node.text
    if what is Meaning.INTEGER and spelled[:2] in ("0o", "0x"):
        value = scalars.integer(node)
        spelled = "" if value is None else str(value)
    elif what not in (Meaning.INTEGER, Meaning.FLOAT):
        return None
    digits = spelled.lstrip("+-")
    if not 0 < sum(c.isdigit() for c in digits) <= _MOST_DIGITS:
        return None
    # A sign stays apart from a minus before it, which would begin a comment.
    return f"(-{digits})" if spelled[0] == "-" else digits


def _whole_number(node: source.Scalar) -> str | None:
    return _number(node) if scalars.meaning(node) is Meaning.INTEGER else None


def _text(node: source.Scalar) -> str | None:
    if scalars.is_null(node):
        return None
    return "'" + node.text.replace("'", "''") + "'"


def _truth(node: source.Scalar) -> str | None:
    if scalars.meaning(node) is not Meaning.BOOL:
        return None
    return "TRUE" if scalars.truth(node) else "FALSE"


def _date(node: source.Scalar) -> str | None:
    return f"DATE '{node.text}'" if _DATE.fullmatch(node.text) and _exists(node.text) else None


def _timestamp(node: source.Scalar) -> str | None:
    is_one = _TIMESTAMP.fullmatch(node.text) and _exists(node.text)
    return f"TIMESTAMP '{node.text}'" if is_one else None


def _exists(moment: str) -> bool:
    """Say whether there is such a day and time of day: no calendar has a 30th of February."""
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        return False
    return True


def _repair(node: source.Node, type: str) -> str:
    if type == "bool" and isinstance(node, source.Scalar):
        truths = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false"}
        if (meant := truths.get(node.text.lower())) is not None:
            return f"write {meant}: `{node.text}` is text in YAML 1.2"
    if type in ("number", "integer") and isinstance(node, source.Scalar) and node.style:
        return "write it without quotes"
    return "give the variable another type, or this value another form"


def _spelled(node: source.Node) -> str:
    return node.text if isinstance(node, source.Scalar) else described(node)


_LITERALS: Mapping[str, tuple[str, Callable[[source.Scalar], str | None]]] = {
    "number": (f"a number of at most {_MOST_DIGITS} digits", _number),
    "integer": (f"a whole number of at most {_MOST_DIGITS} digits", _whole_number),
    "text": ("text", _text),
    "bool": ("true or false", _truth),
    "date": ("a date such as 2024-01-31", _date),
    "timestamp": ("a timestamp such as 2024-01-31 09:30:00", _timestamp),
}
_TYPE_OF = {
    Meaning.BOOL: "bool",
    Meaning.INTEGER: "number",
    Meaning.FLOAT: "number",
    Meaning.TEXT: "text",
}
