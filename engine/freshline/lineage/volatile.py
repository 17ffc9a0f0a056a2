"""Rows that hang on the clock or on chance: what does it, and what is said about it.

The policy of an asset is its own `volatile:`; else, of the views through which it calls such a
function, the one under which rows are made anew most often, as far as each of them has one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from freshline.declare.interpolation import Place, regions
from freshline.definitions import Volatile
from freshline.errors import Diagnostic, Severity, Span
from freshline.lineage.graph import Asset, Graph

_OFTEN = (Volatile.HOUR, Volatile.DAY, Volatile.FREEZE)
_WORD = re.compile(r"(?<![\w.$\"'])([a-z_]\w*)\s*(\()?", re.IGNORECASE)
# What the standard has without parentheses.
_BARE = frozenset(
    {
        *("current_date", "current_time", "current_timestamp", "current_localtime"),
        *("current_localtimestamp", "localtime", "localtimestamp", "current_catalog"),
        *("current_schema", "current_role", "current_user", "session_user", "user"),
    }
)


def called(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of the functions that a text calls, as it would be said: `now()`."""
    return tuple(dict.fromkeys(word for word, _, _ in _calls(text, frozenset(names))))


def with_policies(assets: Mapping[str, Asset]) -> dict[str, Asset]:
    """Return assets with the policy that holds of each."""
    found: dict[str, Asset] = {}
    for key, asset in assets.items():
        policy = asset.definition.volatile
        if asset.varies and policy is None:
            policy = _of_views(asset, found)
        found[key] = replace(asset, volatile=policy) if policy is not None else asset
    return found


def _of_views(asset: Asset, above: Mapping[str, Asset]) -> Volatile | None:
    if called(asset.definition.sql.text, _names(asset)):
        return None  # its own call, of which nobody says anything
    views = [above[u] for u in asset.upstreams if u in above and above[u].is_view]
    policies = [view.volatile for view in views if view.varies]
    if not policies or None in policies:
        return None
    return min((p for p in policies if p is not None), key=_OFTEN.index)


def without_policy(graph: Graph) -> tuple[Diagnostic, ...]:
    """Return a warning for each asset whose rows hang on when they are made, if nobody says so.

    Of a view nothing is kept: its readers are told.
    """
    return tuple(
        _warning(graph, asset)
        for asset in graph.assets.values()
        if asset.varies and asset.volatile is None and not asset.is_view
    )


def _warning(graph: Graph, asset: Asset) -> Diagnostic:
    definition, what = asset.definition, asset.varies[0]
    verb = "calls" if what.endswith(")") or what in _BARE else "takes"
    message = f"{definition.key} {verb} {what}: its rows hang on when it is built"
    span = _place(asset)
    related: tuple[tuple[Span, str], ...] = ()
    if span is None:
        span = definition.span
        view = next((v for v in _views(graph, asset) if _place(v) is not None), None)
        if view is not None:
            related = ((_place(view) or view.definition.span, f"in {view.definition.key}"),)
    return Diagnostic(
        code="W511",
        message=message,
        severity=Severity.WARNING,
        span=span,
        excerpt=definition.sql.line_at(span),
        fix="say `volatile: day` or `hour` to have it rebuilt, or `freeze` to keep it",
        related=related,
        asset=definition.key,
    )


def _views(graph: Graph, asset: Asset) -> Iterable[Asset]:
    for key in graph.looked_through(asset.upstreams):
        found = graph.assets.get(key)
        if found is not None and found.is_view and found.varies:
            yield found


def _place(asset: Asset) -> Span | None:
    """Return where an asset's own SQL calls what it hangs on."""
    sql = asset.definition.sql
    for _, offset, length in _calls(sql.text, _names(asset)):
        return sql.span(offset, length)
    return None


def _names(asset: Asset) -> frozenset[str]:
    return frozenset(word.removesuffix("()") for word in asset.varies)


def _calls(text: str, names: frozenset[str]) -> Iterable[tuple[str, int, int]]:
    """Yield each call as it is said, where it stands and how long its name is."""
    closed: list[tuple[int, int]] | None = None
    for found in _WORD.finditer(text) if names else ():
        name = found[1].lower()
        if name not in names or (not found[2] and name not in _BARE):
            continue
        if closed is None:  # most texts name none of them
            closed = [(r.start, r.end) for r in regions(text) if r.place is not Place.NAME]
        if not any(start <= found.start() < end for start, end in closed):
            said = f"{name}()" if found[2] else name
            yield said, found.start(1), len(found[1])
