"""In which form Parquet keeps the types that it has not, and how to get them back exactly.

Left to itself, DuckDB's writer turns some types into others: HUGEINT (what `sum` of integers gives)
into DOUBLE, which loses digits, INTERVAL into one without microseconds. So columns of such types
are cast by us before they are written, and cast back by whoever reads the version:

    query      SELECT * REPLACE (CAST("n" AS DECIMAL(38,0)) AS "n") FROM (<query>)
    relation   (SELECT * REPLACE (CAST("n" AS HUGEINT) AS "n") FROM read_parquet([...]))

A version whose columns are others of the file, or have other names, names each of them:

    relation   (SELECT CAST("n" AS HUGEINT) AS "N", "a" FROM read_parquet([...]))

Types inside lists, structs and maps are treated alike. A type that is not known here is refused:
better no version than one with other values.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from freshline.definitions import Column
from freshline.errors import ComputeError

_AS_THEY_ARE = frozenset(
    {
        "BIGINT",
        "BLOB",
        "BOOLEAN",
        "DATE",
        "DECIMAL",
        "DOUBLE",
        "FLOAT",
        "INTEGER",
        "JSON",
        "SMALLINT",
        "TIME",
        "TIMESTAMP",
        "TIMESTAMP WITH TIME ZONE",
        "TIMESTAMP_NS",
        "TINYINT",
        "UBIGINT",
        "UINTEGER",
        "USMALLINT",
        "UTINYINT",
        "UUID",
        "VARCHAR",
        "VARIANT",
    }
)
_OTHERWISE = {
    "BIGNUM": "VARCHAR",
    "BIT": "VARCHAR",
    "ENUM": "VARCHAR",
    "HUGEINT": "DECIMAL(38,0)",  # a number to every reader; beyond 38 digits the write fails
    "INTERVAL": "VARCHAR",
    "TIME WITH TIME ZONE": "VARCHAR",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIME_NS": "VARCHAR",
    "UHUGEINT": "VARCHAR",
}
# The writer knows how to keep these, the reader gives back something close.
_CAST_BACK_ONLY = frozenset({"GEOMETRY", "UNION"})
_TOKEN = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'|[(),\[\]]|[^\s(),\[\]"']+""")


class Form(NamedTuple):
    """The type that is written for another; `is_exact` where it comes back by itself."""

    type: str
    is_exact: bool


class _UnknownTypeError(Exception):
    """A type that nothing is known of."""


def written(query: str, columns: Sequence[Column]) -> str:
    """Return the query whose rows are written; ComputeError for a column that cannot be kept."""
    casts = [
        (column.name, form.type)
        for column, form in zip(columns, map(_form_of, columns), strict=True)
        if form.type != column.type
    ]
    return f"SELECT {_replaced(casts)} FROM ({query})" if casts else query


def given_back(reader: str, columns: Sequence[Column], stored: Sequence[str] = ()) -> str:
    """Return the relation with exactly these columns, given that which reads the file.

    `stored` are the names that the file has them under, where it has others or more columns.
    """
    if stored:
        named = (_named(column, name) for column, name in zip(columns, stored, strict=True))
        return f"(SELECT {', '.join(named)} FROM {reader})"
    casts = [column for column in columns if not _form_of(column).is_exact]
    return f"(SELECT {_replaced(casts)} FROM {reader})" if casts else reader


def is_kept_as_it_is(columns: Iterable[Column]) -> bool:
    """Say whether Parquet has all these types, so that a file needs no casts."""
    found = ((column, _cached(column.type)) for column in columns)
    return all(f is not None and f.is_exact and f.type == c.type for c, f in found)


def form(type: str) -> Form | None:
    """Return the form that a DuckDB type is kept in, None for a type that is not known."""
    tokens: list[str] = _TOKEN.findall(type)
    tokens.reverse()
    try:
        found = _parsed(tokens)
    except (_UnknownTypeError, IndexError):
        return None
    if tokens:
        return None
    return Form(type if found.is_exact else found.type, found.is_exact)


def _form_of(column: Column) -> Form:
    found = _cached(column.type)
    if found is None:
        raise ComputeError(
            f'column "{column.name}" is of type {column.type}, which the lake cannot keep',
            help="cast it to another type in the asset's query, for example to VARCHAR",
        )
    return found


_cached = lru_cache(maxsize=1000)(form)


def _named(column: Column, stored: str) -> str:
    read = _quoted(stored)
    if not _form_of(column).is_exact:
        read = f"CAST({read} AS {column.type})"
    return f"{read} AS {_quoted(column.name)}"


def _replaced(casts: Iterable[tuple[str, str]]) -> str:
    items = (f"CAST({_quoted(name)} AS {type}) AS {_quoted(name)}" for name, type in casts)
    return f"* REPLACE ({', '.join(items)})"


def _parsed(tokens: list[str]) -> Form:
    """Return the form of the type that the tokens, last first, begin with; use them up."""
    name = tokens.pop()
    if tokens[-1:] == ["WITH"]:
        name = " ".join((name, tokens.pop(), tokens.pop(), tokens.pop()))
    match name:
        case "STRUCT" | "MAP":
            found = _nested(name, tokens)
        case "UNION":
            found = _nested(name, tokens)
            if not found.is_exact:
                raise _UnknownTypeError  # no cast reaches inside a union
            found = Form(found.type, False)
        case _:
            found = _simple(name, _arguments(tokens))
    while tokens[-1:] == ["["]:
        tokens.pop()
        if tokens[-1] != "]":
            tokens.pop()
            found = Form(found.type, False)  # an array comes back as a list
        if tokens.pop() != "]":
            raise _UnknownTypeError
        found = Form(f"{found.type}[]", found.is_exact)
    return found


def _simple(name: str, arguments: str) -> Form:
    if name in _AS_THEY_ARE:
        return Form(name + arguments, True)
    if name in _CAST_BACK_ONLY:
        return Form(name + arguments, False)
    if name in _OTHERWISE:
        return Form(_OTHERWISE[name], False)
    raise _UnknownTypeError


def _arguments(tokens: list[str]) -> str:
    if tokens[-1:] != ["("]:
        return ""
    taken = ""
    while not taken.endswith(")"):
        taken += tokens.pop()
    return taken


def _nested(name: str, tokens: list[str]) -> Form:
    """Return the form of STRUCT(a T, ...), STRUCT(T, ...), MAP(K, V) or UNION(a T, ...)."""
    if tokens.pop() != "(":
        raise _UnknownTypeError
    members: list[str] = []
    is_exact = True
    end = ","
    while end == ",":
        label = f"{tokens.pop()} " if name != "MAP" and _is_labelled(tokens) else ""
        member = _parsed(tokens)
        members.append(label + member.type)
        is_exact = is_exact and member.is_exact
        end = tokens.pop()
    if end != ")":
        raise _UnknownTypeError
    return Form(f"{name}({', '.join(members)})", is_exact)


def _is_labelled(tokens: list[str]) -> bool:
    """Tell `name TYPE` from `TYPE`: a name is followed by a word that begins a type."""
    return tokens[-1].startswith('"') or (tokens[-2] not in "(),[]" and tokens[-2] != "WITH")


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
