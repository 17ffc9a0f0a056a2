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
        return Change(detail="query changed", span=_place(after, new))
    first = min(found, key=lambda c: (c.span.line, c.span.column) if c.span else (0, 0))
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    columns = tuple(column for change in found for column in change.columns)
    return Change(detail=first.detail + more, columns=columns, span=first.span)


def _projections(before: exp.Select, after: exp.Select, text: SqlText) -> list[Change]:
    old, new = _by_name(before), _by_name(after)
    found: list[Change] = []
    for name, projection in new.items():
        if name not in old:
            found.append(Change(detail=f"column {name} added", columns=(name,)))
        elif _plain(old[name]) != _plain(projection):
            found.append(Change(detail=f"column {name}: expression changed", columns=(name,)))
        else:
            continue
        found[-1] = Change(detail=found[-1].detail, columns=(name,), span=_place(projection, text))
    for name in old:
        if name not in new:
            span = _place(after, text)
            found.append(Change(detail=f"column {name} removed", columns=(name,), span=span))
    if not found and list(old) != list(new):
        found.append(Change(detail="columns reordered", span=_place(after, text)))
    return found


def _clauses(before: exp.Select, after: exp.Select, text: SqlText) -> list[Change]:
    found: list[Change] = []
    for part, words in _CLAUSES.items():
        old, new = before.args.get(part), after.args.get(part)
        if _all_plain(old) != _all_plain(new):
            place = _place(new if isinstance(new, exp.Expr) else after, text)
            verb = "added" if not old else "removed" if not new else "changed"
            found.append(Change(detail=f"{words} {verb}", span=place))
    return found


def _by_name(select: exp.Select) -> Mapping[str, exp.Expr]:
    return {
        (node.alias_or_name or f"#{position}").lower(): node
        for position, node in enumerate(cast("list[exp.Expr]", select.expressions), 1)
    }


def _plain(node: exp.Expr) -> str:
    return node.sql(sql.DIALECT, comments=False, normalize=True)


def _all_plain(part: object) -> str:
    if isinstance(part, list):
        return " ".join(_all_plain(item) for item in cast("list[object]", part))
    return _plain(part) if isinstance(part, exp.Expr) else str(part or "")


def _place(node: exp.Expr, text: SqlText) -> Span:
    starts = [n.meta["start"] for n in node.walk() if "start" in n.meta]
    return text.span(min(starts, default=0))
