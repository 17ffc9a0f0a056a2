"""What changed between two texts of one asset, in words and with the place in the new file.

Only wording: whether something changed is decided by code versions, never here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from sqlglot import exp

from freshline.definitions import SqlText
from freshline.errors import Span
from freshline.lineage import sql
from freshline.lineage.spelling import DIALECT

_CLAUSES = {
    "with_": "WITH",
    "distinct": "DISTINCT",
    "from_": "FROM",
    "joins": "JOIN",
    "where": "WHERE",
    "group": "GROUP BY",
    "having": "HAVING",
    "windows": "WINDOW",
    "qualify": "QUALIFY",
    "order": "ORDER BY",
    "limit": "LIMIT",
    "offset": "OFFSET",
    "sample": "SAMPLE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference: the words, the output columns concerned, and where it stands."""

    detail: str
    columns: tuple[str, ...] = ()
    span: Span | None = None


def describe(old: str, new: SqlText) -> Change:
    """Return the first difference in reading order, naming how many more there are."""
    try:
        before, after = sql.parse(old).tree, sql.parse(new.text).tree
    except sql.SqlProblem:
        return Change(detail="query changed", span=new.span(0))
    if not isinstance(before, exp.Select) or not isinstance(after, exp.Select):
        return Change(detail="query changed", span=new.span(0))
    found = [*_projections(before, after, new), *_clauses(before, after, new)]
    if not found:
        return Change(detail="query changed", span=_place(after, new) or new.span(0))
    first = min(found, key=_order)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    columns = tuple(column for change in found for column in change.columns)
    place = first.span or _place(after, new) or new.span(0)
    return Change(detail=first.detail + more, columns=columns, span=place)


def _order(change: Change) -> tuple[float, int]:
    return (change.span.line, change.span.column) if change.span else (float("inf"), 0)


def _projections(before: exp.Select, after: exp.Select, text: SqlText) -> list[Change]:
    old, new = _by_name(before), _by_name(after)
    renamed = _renamed(old, new)
    found: list[Change] = []
    for name, projection in new.items():
        place = _place(projection, text)
        if name in renamed:
            words = f"column {renamed[name]} renamed to {name}"
            found.append(Change(detail=words, columns=(renamed[name], name), span=place))
        elif name not in old:
            found.append(Change(detail=f"column {name} added", columns=(name,), span=place))
        elif _plain(old[name]) != _plain(projection):
            words = f"column {name}: expression changed"
            found.append(Change(detail=words, columns=(name,), span=place))
    outputs = _place_of_outputs(after, text)
    for name in old:
        if name not in new and name not in renamed.values():
            found.append(Change(detail=f"column {name} removed", columns=(name,), span=outputs))
    if not found and list(old) != list(new):
        found.append(Change(detail="columns reordered", span=outputs))
    return found


def _renamed(old: Mapping[str, exp.Expr], new: Mapping[str, exp.Expr]) -> Mapping[str, str]:
    """Return by new name the columns that stand where they stood and are what they were."""
    if len(old) != len(new):
        return {}
    pairs = zip(old.items(), new.items(), strict=True)
    return {
        name: was
        for (was, one), (name, other) in pairs
        if was not in new and name not in old and _plain(one.unalias()) == _plain(other.unalias())
    }


def _clauses(before: exp.Select, after: exp.Select, text: SqlText) -> list[Change]:
    found: list[Change] = []
    for part, words in _CLAUSES.items():
        old, new = _items(before.args.get(part)), _items(after.args.get(part))
        if [*map(_plain, old)] != [*map(_plain, new)]:
            known = {*map(_plain, old)}
            differing = [node for node in new if _plain(node) not in known] or new
            place = _place(differing[0], text) if differing else None
            verb = "added" if not old else "removed" if not new else "changed"
            span = place or _place_of_outputs(after, text)
            found.append(Change(detail=f"{words} {verb}", span=span))
    return found


def _items(part: object) -> list[exp.Expr]:
    """Return what a clause consists of: its CTEs, its joins, or itself."""
    if isinstance(part, exp.With):
        return list(part.expressions)
    if isinstance(part, list):
        return cast("list[exp.Expr]", part)
    return [part] if isinstance(part, exp.Expr) else []


def _by_name(select: exp.Select) -> Mapping[str, exp.Expr]:
    return {
        (node.alias_or_name or f"#{position}").lower(): node
        for position, node in enumerate(cast("list[exp.Expr]", select.expressions), 1)
    }


def _plain(node: exp.Expr) -> str:
    return node.sql(DIALECT, comments=False, normalize=True)


def _place_of_outputs(select: exp.Select, text: SqlText) -> Span | None:
    found = [_place(node, text) for node in cast("list[exp.Expr]", select.expressions)]
    return next((place for place in found if place), None)


def _place(node: exp.Expr, text: SqlText) -> Span | None:
    """Return where a part of the new text begins, None where the analyser does not know."""
    starts = [n.meta["start"] for n in node.walk() if "start" in n.meta]
    return text.span(min(starts)) if starts else None
