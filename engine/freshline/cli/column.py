"""A column on the command line: which one is meant, what it is made from and what hangs on it."""

import re
from collections.abc import Iterable, Sequence

import click

from freshline.cli.compose import terminal_width
from freshline.cli.table import table
from freshline.codec import encode
from freshline.counted import counted
from freshline.definitions import AssetDefinition
from freshline.errors import Span, UsageError
from freshline.lineage.graph import Graph
from freshline.lineage.hops import ROWS, Hop, Hops, Spot, affected
from freshline.suggest import closest

_MOST_NAMED = 12


def column_meant(graph: Graph, words: str) -> Spot | None:
    """Return the column that `marts.daily.revenue` means; None where an asset may be meant.

    Names with a dot of their own stand in double quotes.
    UsageError with the nearest ones where there is the asset but not the column.
    """
    known = (*graph.sources, *graph.assets)
    found = [
        Spot(key, column.name)
        for key, name in _readings(words)
        if key in known
        for column in graph.columns_of(key)
        if column.name.lower() == name.lower()
    ]
    if len(found) == 1:
        return found[0]
    if found:
        meant = " or ".join(f'{spot.asset}."{spot.column}"' for spot in found)
        raise UsageError(f'"{words}" may be more than one column', help=f"write {meant}")
    owners = [(key, name) for key, name in _readings(words) if key in known]
    if not owners:
        if words.count(".") > 1:
            _refuse_if_near(graph, words)
        return None
    key, name = owners[0]
    columns = [column.name for column in graph.columns_of(key)]
    near = closest(name, columns)
    hint = f'did you mean "{key}.{near[0]}"? ' if near else ""
    more = ", ..." if len(columns) > _MOST_NAMED else ""
    raise UsageError(
        f'{key} has no column "{name}"',
        help=f"{hint}columns: {', '.join(columns[:_MOST_NAMED])}{more}",
    )


def _readings(words: str) -> list[tuple[str, str]]:
    """Return how words may be taken as a key and a column, the longest key first."""
    quoted = re.fullmatch(r'(.+)\."((?:[^"]|"")+)"', words)
    if quoted is not None:
        return [(quoted[1], quoted[2].replace('""', '"'))]
    dots = [match.start() for match in re.finditer(r"\.", words)]
    return [(words[:dot], words[dot + 1 :]) for dot in reversed(dots) if words[dot + 1 :]]


def _refuse_if_near(graph: Graph, words: str) -> None:
    """Raise UsageError where a column of another asset is nearer than any asset."""
    assets = (*graph.sources, *graph.assets, *graph.quarantined)
    columns = [
        f"{k}.{c.name}" for k in (*graph.sources, *graph.assets) for c in graph.columns_of(k)
    ]
    near = closest(words, (*assets, *columns))
    if near and near[0] in columns:
        raise UsageError(f'there is no asset "{words}"', help=f'did you mean "{near[0]}"?')


def column_text(graph: Graph, spot: Spot, depths: tuple[int | None, int | None], form: str) -> str:
    """Return what a column is made from, or what hangs on it where a depth down is said."""
    up, down = depths
    hops = Hops(graph)
    above = hops.above(spot, up) if up is not None or down is None else ()
    below = hops.below(spot, down) if down is not None else ()
    if form == "json":
        return _json(graph, spot, above, below)
    if form != "text":
        return _PICTURES[form](spot, (*above, *below))
    lines: list[str] = []
    if up is not None or down is None:
        lines += _made_from(spot, above)
    if down is not None:
        lines += _hanging(graph, spot, below)
    return "\n".join(lines)


def _made_from(spot: Spot, above: Sequence[Hop]) -> list[str]:
    """Return a tree: below each column those that it is made from, each taken apart once."""
    into: dict[Spot, list[Hop]] = {}
    for hop in above:
        into.setdefault(hop.reader, []).append(hop)
    title = click.style(str(spot), bold=True)
    if not above:
        return [f"{title} is made from no column"]
    rows: list[tuple[str, str, str]] = []
    told = {spot}
    stack = [(hop, 1) for hop in reversed(_of(spot, into))]
    while stack:
        hop, depth = stack.pop()
        once_more = hop.origin in told and bool(_of(hop.origin, into))
        rows.append(
            (
                f"{'   ' * (depth - 1)}<- {hop.origin}{' (see above)' if once_more else ''}",
                hop.kind.name.lower(),
                str(hop.place or ""),
            )
        )
        if hop.origin not in told:
            told.add(hop.origin)
            stack += [(each, depth + 1) for each in reversed(_of(hop.origin, into))]
    return [title, *(f"  {line}" for line in _aligned(rows))]


def _of(spot: Spot, into: dict[Spot, list[Hop]]) -> list[Hop]:
    """Return the hops into a column, then those that decide about the rows it stands in."""
    rows = Spot(spot.asset, ROWS)
    own = into.get(spot, []) if spot != rows else []
    return [*sorted(own, key=lambda hop: hop.kind), *into.get(rows, [])]


def _hanging(graph: Graph, spot: Spot, below: Sequence[Hop]) -> list[str]:
    """Return what hangs on a column, grouped by who answers for it."""
    found = affected(below, spot)
    title = click.style(str(spot), bold=True)
    if not found:
        return [f"{title}: nothing hangs on it"]
    assets = {each.asset for each in found}
    lines = [f"{title}: {counted(len(assets), 'asset')} hang{'s' * (len(assets) == 1)} on it"]
    for owner, spots in _by_owner(graph, found).items():
        rows = [
            (each.asset, _shown(each), found[each].kind.name.lower(), str(found[each].place or ""))
            for each in spots
        ]
        lines += [f"  {owner or 'no owner'}", *(f"    {line}" for line in _aligned(rows))]
    return lines


def _by_owner(graph: Graph, spots: Iterable[Spot]) -> dict[str, list[Spot]]:
    found: dict[str, list[Spot]] = {}
    for spot in spots:
        found.setdefault(graph.definition_of(spot.asset).owner or "", []).append(spot)
    return dict(sorted(found.items(), key=lambda entry: (not entry[0], entry[0])))


def _shown(spot: Spot) -> str:
    return "which rows it has" if spot.column == ROWS else spot.column


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    width = terminal_width()
    return table((), rows, width=None if width is None else width - 4)


def _json(graph: Graph, spot: Spot, above: Sequence[Hop], below: Sequence[Hop]) -> str:
    found = affected(below, spot)
    definitions = {each.asset: graph.definition_of(each.asset) for each in found}
    return encode(
        {
            "version": 1,
            "asset": spot.asset,
            "column": spot.column,
            "up": [_hop(hop) for hop in above],
            "down": [_hop(hop) for hop in below],
            "hanging": [
                {
                    **_spot(each),
                    "kind": way.kind.name.lower(),
                    "owner": definitions[each.asset].owner,
                    "is_view": _is_view(graph, definitions[each.asset].key),
                    "place": _place(way.place),
                }
                for each, way in found.items()
            ],
        }
    ).decode()


def _is_view(graph: Graph, key: str) -> bool:
    definition = graph.definition_of(key)
    return isinstance(definition, AssetDefinition) and graph.assets[key].is_view


def _hop(hop: Hop) -> dict[str, object]:
    return {
        "from": _spot(hop.origin),
        "to": _spot(hop.reader),
        "kind": hop.kind.name.lower(),
        "place": _place(hop.place),
    }


def _spot(spot: Spot) -> dict[str, object]:
    return {"asset": spot.asset, "column": None if spot.column == ROWS else spot.column}


def _place(span: Span | None) -> dict[str, object] | None:
    if span is None:
        return None
    return {"file": span.file, "line": span.line, "column": span.column}


def _mermaid(spot: Spot, hops: Sequence[Hop]) -> str:
    names = _names(spot, hops)
    label = {s: str(s).replace('"', "#quot;") for s in names}
    lines = [f'  {name}["{label[s]}"]' for s, name in names.items()]
    edges = [f"  {names[h.origin]} -->|{h.kind.name.lower()}| {names[h.reader]}" for h in hops]
    edges += [f"  {names[rows]} -.-> {names[column]}" for rows, column in _within(names)]
    return "\n".join(["graph LR", *lines, *edges, f"  style {names[spot]} stroke-width:3px"])


def _dot(spot: Spot, hops: Sequence[Hop]) -> str:
    label = {s: str(s).replace("\\", "\\\\").replace('"', '\\"') for s in _names(spot, hops)}
    edges = [
        f'  "{label[h.origin]}" -> "{label[h.reader]}" [label="{h.kind.name.lower()}"];'
        for h in hops
    ]
    edges += [
        f'  "{label[rows]}" -> "{label[column]}" [style=dashed];' for rows, column in _within(label)
    ]
    head = ["digraph lineage {", "  rankdir=LR;", f'  "{label[spot]}" [penwidth=3];']
    return "\n".join([*head, *edges, "}"])


def _names(spot: Spot, hops: Sequence[Hop]) -> dict[Spot, str]:
    spots = dict.fromkeys((spot, *(s for hop in hops for s in (hop.origin, hop.reader))))
    return {each: f"c{number}" for number, each in enumerate(spots)}


def _within(spots: Iterable[Spot]) -> list[tuple[Spot, Spot]]:
    """Return the rows of assets with each of the columns that stand in them."""
    every = tuple(spots)
    return [
        (rows, column)
        for rows in every
        for column in every
        if rows.column == ROWS != column.column and rows.asset == column.asset
    ]


_PICTURES = {"mermaid": _mermaid, "dot": _dot}
