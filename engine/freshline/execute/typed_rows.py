"""Values as authors write them to SQL of exact types, for the rows of unit tests.

What DuckDB would round or drop on a cast is refused: a test would hold for another value than the
one that people read in it.
"""

import json
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import cast

import duckdb
from duckdb.sqltypes import DuckDBPyType

from freshline.declare import scalars, source
from freshline.declare.scalars import Meaning
from freshline.lineage.quoting import quoted

_WHOLE = frozenset(
    {
        *("tinyint", "smallint", "integer", "bigint", "hugeint"),
        *("utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"),
    }
)
_EXAMPLES = {
    "boolean": "write true or false",
    "date": "write for instance 2024-03-04",
    "time": "write for instance 10:30:00",
    "timestamp": "write for instance 2024-03-04 10:30:00",
    "timestamp with time zone": "write for instance 2024-03-04 10:30:00+00",
    "interval": "write for instance 3 days",
    "enum": "write one of its values",
    "uuid": "write for instance 123e4567-e89b-12d3-a456-426614174000",
}


class Unfit(Exception):
    """A value cannot be what its column holds; `fix` says what would do."""

    def __init__(self, fix: str) -> None:
        super().__init__(fix)
        self.fix = fix


@cache
def type_of(text: str) -> DuckDBPyType:
    """Return a type by its name, to be looked into."""
    return duckdb.sqltype(text)


def typed(node: source.Node, type: DuckDBPyType) -> str:
    """Return the SQL of a value with the exact type, or raise Unfit.

    Whether the text of a value can be cast is known only to DuckDB, when it runs.
    """
    return f"CAST({_value(node, type)} AS {type})"


def example_of(type: DuckDBPyType) -> str:
    """Return what to say to somebody who wrote a value that no cast takes; nothing for some."""
    if str(type) == "JSON":
        return """write JSON, for instance '{"a": 1}'"""
    match type.id:
        case what if what in _WHOLE:
            return "write a whole number within its range"
        case "decimal" | "double" | "float":
            return "write a number within its range"
        case "list" | "array":
            return "write a list, for instance [a, b]"
        case "struct":
            return f"write a mapping of its fields: {', '.join(_children(type))}"
        case what:
            return _EXAMPLES.get(what, "")


def _value(node: source.Node, type: DuckDBPyType) -> str:
    if scalars.is_null(node):
        return "NULL"
    if str(type) == "JSON":
        return _literal(node.text if isinstance(node, source.Scalar) else _json(node))
    match node:
        case source.Scalar():
            return _literal(_spelt(node, type))
        case source.Sequence(items=items):
            if type.id not in ("list", "array"):
                raise Unfit("a list stands for a value of an array type only")
            child = _children(type)["child"]
            return "[" + ", ".join(_value(item, child) for item in items) + "]"
        case source.Mapping(entries=entries):
            return _map(entries, type) if type.id == "map" else _struct(entries, type)


def _map(entries: tuple[source.Entry, ...], type: DuckDBPyType) -> str:
    children = _children(type)
    pairs = [
        f"{_value(entry.key, children['key'])}: {_value(entry.value, children['value'])}"
        for entry in entries
    ]
    return f"CAST(MAP {{{', '.join(pairs)}}} AS {type})"


def _struct(entries: tuple[source.Entry, ...], type: DuckDBPyType) -> str:
    if type.id != "struct":
        raise Unfit("a mapping stands for a value of a STRUCT or MAP only")
    fields = {name.lower(): (name, child) for name, child in _children(type).items()}
    values: dict[str, str] = {}
    for entry in entries:
        known = fields.get(entry.key.text.lower())
        if known is None:
            raise Unfit(f"it has no field {entry.key.text}; fields: {', '.join(_children(type))}")
        values[known[0]] = _value(entry.value, known[1])
    if not values:  # a literal needs a field
        values[next(iter(_children(type)))] = "NULL"
    parts = [f"{quoted(name)}: {value}" for name, value in values.items()]
    return f"CAST({{{', '.join(parts)}}} AS {type})"


def _children(type: DuckDBPyType) -> dict[str, DuckDBPyType]:
    return dict(cast("list[tuple[str, DuckDBPyType]]", type.children))


def _spelt(node: source.Scalar, type: DuckDBPyType) -> str:
    """Return the text of a scalar as DuckDB reads it, or raise Unfit where it would be rounded."""
    text, what = node.text, type.id
    if what in ("float", "double") and scalars.meaning(node) is Meaning.NOT_FINITE:
        return text.replace(".", "").lower()
    if what == "date" and ":" in text:
        raise Unfit("a DATE has no time of day")
    if what in _WHOLE or what == "decimal":
        if text[:2] in ("0x", "0o") and (number := scalars.integer(node)) is not None:
            text = str(number)
        kept = 0
        if what == "decimal":
            kept = int(str(dict(cast("list[tuple[str, object]]", type.children))["scale"]))
        if _places(text) > kept:
            digits = f"{kept} {'digit' if kept == 1 else 'digits'}"
            raise Unfit(f"{type} keeps {digits} behind the point" if kept else "it is no integer")
    return text


def _places(text: str) -> int:
    """Return how many digits a number has behind the point, zeros at its end not counted."""
    try:
        number = Decimal(text).as_tuple()
    except InvalidOperation:
        return 0  # no number: the cast will tell
    if not isinstance(number.exponent, int) or not any(number.digits):
        return 0
    digits = "".join(map(str, number.digits))
    return -(number.exponent + len(digits) - len(digits.rstrip("0")))


def _json(node: source.Node) -> str:
    return json.dumps(_plain(node), separators=(",", ":"))  # as DuckDB writes it


def _plain(node: source.Node) -> object:
    """Return a node as plain data, for JSON."""
    match node:
        case source.Mapping(entries=entries):
            return {entry.key.text: _plain(entry.value) for entry in entries}
        case source.Sequence(items=items):
            return [_plain(item) for item in items]
        case source.Scalar():
            pass
    match scalars.meaning(node):
        case Meaning.NULL:
            return None
        case Meaning.BOOL:
            return scalars.truth(node)
        case Meaning.INTEGER:
            number = scalars.integer(node)
            return node.text if number is None else number
        case Meaning.FLOAT:
            return float(node.text)
        case _:
            return node.text


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
