"""Where in an author's text a column is made, where it is filtered by, and where it comes from.

Only places for people: what cannot be found is at the beginning of the text.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import cast

from sqlglot import exp

from freshline.definitions import SqlText
from freshline.errors import Span
from freshline.lineage import sql

_OF_ROWS = ("where", "group", "having", "qualify", "distinct", "order", "limit", "joins")


class Wording:
    """The places of one asset's text, looked up as they are asked for."""

    def __init__(self, text: SqlText) -> None:
        self._text = text

    def of(self, output: str) -> Span:
        """Return where an output column is made: its expression, or the star that it is part of."""
        star: exp.Expr | None = None
        for projection in self._projections:
            if projection.alias_or_name.lower() == output.lower():
                return self._at(projection)
            if star is None and projection.is_star:
                star = projection
        return self._at(star)

    def of_rows(self, column: str) -> Span:
        """Return where a column decides about rows: in a join, WHERE, GROUP BY or the like.

        Else where it is first named: GROUP BY may mean a whole expression by its number.
        """
        whole = self._parsed.tree if self._parsed is not None else None
        for part in (*self._of_rows, *([whole] if whole is not None else [])):
            for node in part.walk():
                if isinstance(node, exp.Column | exp.Identifier):
                    if node.name.lower() == column.lower() and _start(node) is not None:
                        return self._at(node)
        return self.of(column)

    def of_source(self, upstream: str) -> Span:
        """Return where an upstream is first read."""
        references = self._parsed.references if self._parsed is not None else ()
        at = next(((r.offset, r.length) for r in references if r.key == upstream), (0, 1))
        return self._text.span(*at)

    def _at(self, node: exp.Expr | None) -> Span:
        start = _start(node) if node is not None else None
        return self._text.span(start or 0)

    @cached_property
    def _parsed(self) -> sql.Parsed | None:
        try:
            return sql.parse(self._text.text)
        except sql.SqlProblem:
            return None

    @cached_property
    def _projections(self) -> tuple[exp.Expr, ...]:
        node: object = self._parsed.tree if self._parsed is not None else None
        while isinstance(node, exp.SetOperation | exp.Subquery):
            node = node.this
        if not isinstance(node, exp.Select):
            return ()
        return tuple(cast("list[exp.Expr]", node.expressions))

    @cached_property
    def _of_rows(self) -> tuple[exp.Expr, ...]:
        """The clauses that decide about rows, of the outermost SELECT first."""
        tree = self._parsed.tree if self._parsed is not None else None
        return tuple(_clauses(tree)) if tree is not None else ()


def _clauses(tree: exp.Expr) -> Iterator[exp.Expr]:
    for select in tree.find_all(exp.Select, exp.SetOperation):
        for name in _OF_ROWS:
            part = select.args.get(name)
            for each in cast("list[object]", part if isinstance(part, list) else [part]):
                if isinstance(each, exp.Join):
                    using = cast("list[object]", each.args.get("using") or [])
                    asked = (each.args.get("on"), *using)
                    yield from (node for node in asked if isinstance(node, exp.Expr))
                elif isinstance(each, exp.Expr):
                    yield each


def _start(node: exp.Expr) -> int | None:
    """Return where a part of the text begins, None where the analyser does not know."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    return min(starts) if starts else None
