"""Column lineage: from which columns of its upstreams a compiled query makes each of its own.

For people who look, never for verdicts: a trace that is missing here costs a line in a picture.
What counts for verdicts are windows, which the engine itself tells (lineage.slices).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import zip_longest
from typing import cast

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from freshline.definitions import Column
from freshline.lineage import sql
from freshline.lineage.canonical import MARK


class Transformation(IntEnum):
    """How a column goes into another one; where there are several steps the last of these tells."""

    DIRECT = 0  # it is that column
    EXPRESSION = 1  # worked out from it, row by row
    WINDOW = 2  # worked out from it over other rows too
    AGGREGATE = 3  # worked out from it over a group
    INDIRECT = 4  # it only decides which rows there are, or their groups
    OPAQUE = 5  # it is read for it, nobody can say how


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Trace:
    """One column of a query goes back to one column of an upstream; `kind` says how.

    An indirect trace holds for all columns of the query, and has no `output`.
    """

    output: str
    upstream: str
    column: str
    kind: Transformation


_Origin = tuple[str, str, Transformation]
# What decides about rows, in every SELECT.
_OF_ROWS = ("where", "group", "having", "qualify", "distinct", "order", "limit", "offset")


def column_lineage(text: str, schemas: Mapping[str, Sequence[Column]]) -> tuple[Trace, ...]:
    """Return the traces of a compiled text, sorted; none where it cannot be taken apart."""
    try:
        parsed = sql.parse(text.replace(MARK, ""))
        tree = sql.qualified(parsed, {key: tuple(columns) for key, columns in schemas.items()})
        if tree is None:
            return ()
        scopes = traverse_scope(tree)
    except (sql.SqlProblem, SqlglotError, RecursionError, ValueError):
        return ()
    if not scopes:
        return ()
    reader = _Reader()
    outputs = reader.outputs(scopes[-1])
    direct = {
        Trace(output=name, upstream=upstream, column=column, kind=kind)
        for name, origins in outputs
        for upstream, column, kind in origins
    }
    indirect = {
        Trace(output="", upstream=upstream, column=column, kind=Transformation.INDIRECT)
        for scope in scopes
        for upstream, column, _ in reader.of_rows(scope)
    }
    return tuple(sorted(direct | indirect))


class _Reader:
    """Scopes read once each."""

    def __init__(self) -> None:
        self._known: dict[int, list[tuple[str, frozenset[_Origin]]]] = {}

    def outputs(self, scope: Scope) -> list[tuple[str, frozenset[_Origin]]]:
        """Return the columns of a scope, in order, and where each comes from."""
        if id(scope) not in self._known:
            self._known[id(scope)] = []  # a recursive CTE meets itself
            self._known[id(scope)] = list(self._outputs(scope))
        return self._known[id(scope)]

    def of_rows(self, scope: Scope) -> Iterator[_Origin]:
        """Yield what decides which rows a scope has."""
        select = scope.expression
        parts = [select.args.get(name) for name in _OF_ROWS]
        for join in cast("list[exp.Expr]", select.args.get("joins") or []):
            parts.append(join.args.get("on"))
        for part in parts:
            if isinstance(part, exp.Expr):
                yield from self._origins(scope, part)

    def _outputs(self, scope: Scope) -> Iterator[tuple[str, frozenset[_Origin]]]:
        if scope.set_operation_scopes:
            sides = [self.outputs(side) for side in scope.set_operation_scopes]
            for row in zip_longest(*sides, fillvalue=("", frozenset[_Origin]())):
                yield row[0][0], frozenset[_Origin]().union(*(origins for _, origins in row))
            return
        if isinstance(scope.expression, exp.Select):
            for projection in scope.expression.expressions:
                yield projection.alias_or_name, frozenset(self._origins(scope, projection))

    def _origins(self, scope: Scope, part: exp.Expr) -> Iterator[_Origin]:
        top = part.this if isinstance(part, exp.Alias) else part
        for column in part.find_all(exp.Column):
            if isinstance(column.this, exp.Star):
                continue
            kind = _kind(column, top)
            source = _source(scope, column)
            if isinstance(source, exp.Table):
                yield source.name.removeprefix(MARK), column.name, kind
            elif isinstance(source, Scope):
                found = dict(self.outputs(source))
                for upstream, name, inner in found.get(column.name, frozenset()):
                    yield upstream, name, max(kind, inner)


def _source(scope: Scope, column: exp.Column) -> object:
    """Return what a column belongs to: its own scope's, or that of one around it or below."""
    at: Scope | None = scope
    while at is not None:
        if column.table in at.sources:
            return at.sources[column.table]
        at = at.parent
    for below in scope.subquery_scopes:
        if column.table in below.sources:
            return below.sources[column.table]
    return None


def _kind(column: exp.Column, top: exp.Expr) -> Transformation:
    if column is top:
        return Transformation.DIRECT
    kind = Transformation.EXPRESSION
    node: exp.Expr | None = column
    while node is not None:
        if isinstance(node, exp.Window):
            return Transformation.WINDOW
        if isinstance(node, exp.AggFunc):
            kind = Transformation.AGGREGATE
        if node is top:
            return kind
        node = node.parent
    return kind
