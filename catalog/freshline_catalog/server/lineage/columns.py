"""One column through the project: only tables on its trace, each with only the columns on it."""

from collections.abc import Mapping
from dataclasses import dataclass

from freshline_catalog.lineage_layout.graph import Edge, Graph, Line, Node
from freshline_catalog.lineage_layout.neighbourhood import Direction
from freshline_catalog.lineage_layout.quotient import quotient
from freshline_catalog.search.selecting import Trouble
from freshline_catalog.server.lineage.known import Known
from freshline_catalog.server.lineage.picture import Picture, picture
from freshline_catalog.server.lineage.spots import (
    ROWS,
    HopKind,
    Reached,
    Spot,
    SpotHop,
    hops_above,
    hops_below,
    reached,
    spot_of,
    untraced,
)
from freshline_catalog.server.lineage.view import MOST_DRAWN, facts_of
from freshline_catalog.server.lineage.wanted import Wanted

_LINES = {HopKind.INDIRECT: Line.INDIRECT, HopKind.OPAQUE: Line.SENSOR}
_MOST_STEPS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStep:
    """One step of a trace: `column` of `asset` is made from the origin, as `kind` says.

    `hops` is how far its farther end is from the column in focus.
    """

    hops: int
    direction: Direction
    asset: str
    column: str
    origin_asset: str
    origin_column: str
    kind: HopKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTrace:
    """A column through the project: what it is made from and goes into, nearest first.

    Column `*` stands for which rows there are; `rows` says whether what only decides about them is
    told. `unknown` are readers whose column lineage is not on record: they may read it or not.
    `cut` says that there is more than is told.
    """

    asset: str
    column: str
    rows: bool
    above: int
    below: int
    steps: tuple[ColumnStep, ...]
    unknown: tuple[str, ...]
    picture: Picture | None
    cut: bool


def column_trace(known: Known, wanted: Wanted) -> ColumnTrace | Trouble:
    """Return the trace of the column that is wanted, or why there is none."""
    start = spot_of(known, wanted.column)
    if isinstance(start, Trouble):
        return start
    into = [hop for hop in hops_above(known, start) if hop.origin.asset in known.upstreams]
    out = hops_below(known, start, rows=wanted.rows)
    above, below = reached(start, into, up=True), reached(start, out)
    steps = sorted(
        (*_steps(into, above, Direction.UPSTREAM), *_steps(out, below, Direction.DOWNSTREAM)),
        key=lambda s: (s.hops, s.direction, s.asset, s.column, s.origin_asset, s.origin_column),
    )
    hops = tuple(dict.fromkeys((*into, *out)))
    tables = {start.asset, *(spot.asset for spot in (*above, *below))}
    hit = {start.asset, *(spot.asset for spot in below)}
    readers = {key for key, read in known.upstreams.items() if not hit.isdisjoint(read)}
    return ColumnTrace(
        asset=start.asset,
        column=start.column,
        rows=wanted.rows,
        above=len({spot.asset for spot in above}),
        below=len({spot.asset for spot in below}),
        steps=tuple(steps[:_MOST_STEPS]),
        unknown=tuple(sorted(untraced(known, readers - hit))),
        picture=_picture(known, start, hops) if len(tables) <= MOST_DRAWN else None,
        cut=len(steps) > _MOST_STEPS,
    )


def _steps(
    hops: list[SpotHop] | tuple[SpotHop, ...], far: Mapping[Spot, Reached], direction: Direction
) -> list[ColumnStep]:
    found: list[ColumnStep] = []
    for hop in hops:
        end = far.get(hop.origin if direction is Direction.UPSTREAM else hop.reader)
        near = far.get(hop.reader if direction is Direction.UPSTREAM else hop.origin)
        if end is None:
            continue
        found.append(
            ColumnStep(
                hops=(near.hops if near is not None else 0) + 1,
                direction=direction,
                asset=hop.reader.asset,
                column=hop.reader.column,
                origin_asset=hop.origin.asset,
                origin_column=hop.origin.column,
                kind=hop.kind,
            )
        )
    return found


def _picture(known: Known, start: Spot, hops: tuple[SpotHop, ...]) -> Picture:
    columns: dict[str, set[str]] = {start.asset: {start.column}}
    for hop in hops:
        for spot in (hop.reader, hop.origin):
            columns.setdefault(spot.asset, set()).add(spot.column)
    nodes = tuple(
        Node(
            key=key,
            group=known.row(key).group,
            columns=tuple(sorted(names, key=lambda name: (name == ROWS, name))),
        )
        for key, names in columns.items()
    )
    edges = tuple(
        Edge(
            upstream=hop.origin.asset,
            downstream=hop.reader.asset,
            from_column=hop.origin.column,
            to_column=hop.reader.column,
            line=_LINES.get(hop.kind, Line.DIRECT),
        )
        for hop in hops
    )
    graph = quotient(Graph(nodes=nodes, edges=edges, boxes=False))
    scene = (known.asked.services.scope, "column", start)
    layout = known.asked.services.remembered.layout(scene, len(hops), graph)
    facts = {key: facts_of(known, key) for key in columns}
    return picture(layout, facts, frozenset({start.asset}))
