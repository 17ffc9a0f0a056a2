"""A bound expression of DuckDB's plan to a term: what it works out, free of how it was worded.

A term names columns by where they come from and not by position, so that expressions can be read
through projections. Rules:
1. What is not known to be wording is content. A key or a class that was never seen here is content
   or unfamiliar, never left out.
2. Constants, types and bind data are copied as they are; only there may a position stand for
   something else than a column of the operator below (parameters of lambdas).
3. Sorting operands (`level` OPERANDS) is for what commutes exactly: never across a function that
   gives another value at every call, and no sum is bracketed anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, cast

import msgspec

from freshline.codec import digest

Json = dict[str, object]


class Level(IntEnum):
    """How far two texts are brought together before they are compared: each includes the last."""

    TOKENS = 0
    TEXT = 1
    PLAN = 2
    OPERANDS = 3


class UnfamiliarError(Exception):
    """The plan holds something that is not understood here: what it describes is opaque."""


class Term(NamedTuple):
    """What an expression or an operator works out: its canonical text, and the columns it reads.

    `reads` are (number of the scan, column); `varies` says that another run may give another value
    although the inputs are the same.
    """

    text: str
    reads: frozenset[tuple[int, str]] = frozenset()
    varies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """What has to be known of the engine's functions: their other names, and which ones vary.

    `per_call` give another value at each call, `per_query` one for each run of a query.
    """

    other_names: Mapping[str, str]
    per_call: frozenset[str]
    per_query: frozenset[str]


@dataclass(slots=True)
class Found:
    """What was met while an expression was read."""

    reads: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    varies: bool = False
    per_call: bool = False

    def add(self, term: Term) -> None:
        """Take over what a part has met."""
        self.reads |= term.reads
        self.varies |= term.varies


# What an expression says of the text it came from. A type's alias (JSON) is content.
_WORDING = frozenset({"alias", "query_location", "query_location_length", "is_operator"})
_AS_IT_IS = frozenset(
    {
        *("expression_class", "type", "name", "value", "return_type"),
        *("arguments", "original_arguments", "function_data"),
    }
)
_CLASSES = frozenset(
    {
        *("BOUND_AGGREGATE", "BOUND_BETWEEN", "BOUND_CASE", "BOUND_CAST", "BOUND_COMPARISON"),
        *("BOUND_CONJUNCTION", "BOUND_CONSTANT", "BOUND_FUNCTION", "BOUND_OPERATOR", "BOUND_REF"),
        *("BOUND_UNNEST", "BOUND_WINDOW"),
    }
)
_SYMMETRIC = frozenset(
    {
        *("COMPARE_EQUAL", "COMPARE_NOTEQUAL"),
        *("COMPARE_DISTINCT_FROM", "COMPARE_NOT_DISTINCT_FROM"),
    }
)
_TURNED = {
    "COMPARE_GREATERTHAN": "COMPARE_LESSTHAN",
    "COMPARE_GREATERTHANOREQUALTO": "COMPARE_LESSTHANOREQUALTO",
}
_NUMERIC = frozenset(
    {
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
        *("FLOAT", "DOUBLE", "DECIMAL"),
    }
)
# Their answer lies in what is cut away here, or in the session and not in the query.
_UNSEEN = frozenset({"alias", "stats", "getvariable", "current_setting", "in_search_path"})
# With one argument the time of the run is the other one.
_SINCE_NOW = frozenset({"age"})
_COMMUTING = frozenset({"+", "add", "*", "multiply"})
_WITH_LAMBDA = "lambda_expr"
_SHORT = 120


def text_of(value: object) -> str:
    """Return the canonical text of plain data, as a digest where it is long."""
    data = msgspec.json.encode(value, order="deterministic")
    return data.decode() if len(data) <= _SHORT else "#" + digest(data)


def term(value: object, *parts: Term, varies: bool = False) -> Term:
    """Return a term with a text of its own that reads what its parts read."""
    reads = frozenset[tuple[int, str]]().union(*(p.reads for p in parts))
    return Term(text_of(value), reads, varies or any(p.varies for p in parts))


class Expressions:
    """Bound expressions to terms, under one level and one engine's functions."""

    def __init__(self, functions: Functions, level: Level) -> None:
        self._functions = functions
        self._sorts = level >= Level.OPERANDS

    def term(self, node: object, columns: Sequence[Term]) -> Term:
        """Return an expression's term over the columns of the operator below it."""
        found = Found()
        text = self._read(node, columns, found)
        return Term(text, frozenset(found.reads), found.varies)

    def copied(self, node: object, found: Found) -> object:
        """Return a part of a plan without its wording, and with its positions as they are."""
        if isinstance(node, list):
            return [self.copied(item, found) for item in cast("list[object]", node)]
        if not isinstance(node, dict):
            return node
        fields = cast(Json, node)
        if "expression_class" not in fields:
            return {k: self.copied(v, found) for k, v in fields.items()}
        self._check(fields, found)
        content = {k: self.copied(v, found) for k, v in fields.items() if k not in _WORDING}
        return self._renamed(content)

    def ordered(self, texts: Iterable[str]) -> list[str]:
        """Return the texts of what commutes and counts once, sorted if the level sorts."""
        return sorted(set(texts)) if self._sorts else list(texts)

    def _read(self, node: object, columns: Sequence[Term], found: Found) -> str:
        if isinstance(node, list):
            items = cast("list[object]", node)
            return text_of([self._read(item, columns, found) for item in items])
        if not isinstance(node, dict):
            return text_of(node)
        fields = cast(Json, node)
        kind = fields.get("expression_class")
        if kind is None:
            return text_of({k: self._read(v, columns, found) for k, v in fields.items()})
        if kind == "BOUND_REF":
            return self._column(fields, columns, found)
        self._check(fields, found)
        if kind == "BOUND_CONJUNCTION":
            return self._conjunction(fields, columns, found)
        inner = Found()
        content: Json = {}
        for name, value in fields.items():
            if name in _AS_IT_IS:
                content[name] = self.copied(value, inner)
            elif name == "children" and isinstance(value, list):
                parts = cast("list[object]", value)
                content[name] = [self._read(part, columns, inner) for part in parts]
            elif name not in _WORDING:
                content[name] = self._read(value, columns, inner)
        content = self._renamed(content)
        if self._sorts and not inner.per_call:
            content = _sorted(content)
        found.reads |= inner.reads
        found.varies |= inner.varies
        found.per_call |= inner.per_call
        return text_of(content)

    def _column(self, fields: Json, columns: Sequence[Term], found: Found) -> str:
        index = fields["index"]
        if not isinstance(index, int) or index >= len(columns):
            raise UnfamiliarError("a position without a column")
        found.add(columns[index])
        return columns[index].text

    def _conjunction(self, fields: Json, columns: Sequence[Term], found: Found) -> str:
        inner = Found()
        texts = [self._read(part, columns, inner) for part in _operands(fields)]
        found.reads |= inner.reads
        found.varies |= inner.varies
        found.per_call |= inner.per_call
        return text_of([fields["type"], texts if inner.per_call else self.ordered(texts)])

    def _check(self, fields: Json, found: Found) -> None:
        """Refuse what is not understood, and note what varies."""
        kind, name = fields["expression_class"], str(fields.get("name", "")).lower()
        if kind not in _CLASSES:
            raise UnfamiliarError(f"{kind}")
        if name in _UNSEEN:
            raise UnfamiliarError(name)
        if name in self._functions.per_call:
            found.varies = found.per_call = True
        alone = len(cast("list[object]", fields.get("children") or [])) == 1
        if name in self._functions.per_query or (name in _SINCE_NOW and alone):
            found.varies = True
        data = fields.get("function_data")
        if (
            data is not None
            and _WITH_LAMBDA not in cast(Json, data)
            and any(True for _ in positions(data))
        ):
            raise UnfamiliarError(f"bind data of {name}")

    def _renamed(self, content: Json) -> Json:
        name = str(content.get("name", "")).lower()
        if name:
            content["name"] = self._functions.other_names.get(name, name)
        return content


def operands(node: object) -> list[object]:
    """Return what an expression asks for one by one: the parts of an AND, else itself."""
    fields = cast(Json, node)
    return _operands(fields) if fields.get("type") == "CONJUNCTION_AND" else [node]


def _operands(fields: Json) -> list[object]:
    flat: list[object] = []
    for child in cast("list[Json]", fields["children"]):
        same = child.get("expression_class") == "BOUND_CONJUNCTION"
        flat += _operands(child) if same and child["type"] == fields["type"] else [child]
    return flat


def _sorted(content: Json) -> Json:
    kind = str(content.get("type"))
    if kind in _TURNED and "left" in content:
        turned = {"type": _TURNED[kind], "left": content["right"], "right": content["left"]}
        return {**content, **turned}
    if kind in _SYMMETRIC and "left" in content:
        left, right = sorted((str(content["left"]), str(content["right"])))
        return {**content, "left": left, "right": right}
    children = cast("list[str]", content.get("children") or [])
    if kind in ("COMPARE_IN", "COMPARE_NOT_IN"):
        return {**content, "children": [children[0], *sorted(set(children[1:]))]}
    if content["expression_class"] == "BOUND_FUNCTION" and content["name"] in _COMMUTING:
        types = cast("list[Json]", content["arguments"])
        if len(types) == 2 and types[0] == types[1] and types[0]["id"] in _NUMERIC:
            return {**content, "children": sorted(children)}
    return content


def positions(node: object) -> Iterator[object]:
    """Yield the positions of columns that a part of a plan names, at any depth."""
    if isinstance(node, list):
        for item in cast("list[object]", node):
            yield from positions(item)
    elif isinstance(node, dict):
        fields = cast(Json, node)
        if fields.get("expression_class") == "BOUND_REF":
            yield fields.get("index")
        for value in fields.values():
            yield from positions(value)
