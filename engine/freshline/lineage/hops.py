"""Columns through a whole project: the hops from each column to what it is made from, and back.

A hop is one step between neighbours. The rows of an asset are a column of their own, called `*`:
what only decides which rows there are goes into it, and whoever reads the asset hangs on it.

Kinds and places are the analyser's work, for people who look. So that nobody is told that nothing
hangs on a column where something does, the engine is asked of each column what is read for it; what
the analyser does not know of is a hop of kind opaque. Where neither knows, everything that is read
goes into the rows; so it is with code, which nobody looks into.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from freshline.definitions import Column
from freshline.errors import Span
from freshline.lineage.canonical import MARK
from freshline.lineage.columns import Trace, Transformation, column_lineage
from freshline.lineage.graph import Asset, Graph
from freshline.lineage.plans import Plans
from freshline.lineage.slices import slice_of
from freshline.lineage.wording import Wording

ROWS = "*"


class Spot(NamedTuple):
    """A column of an asset or source; column `*` is which rows it has."""

    asset: str
    column: str

    def __str__(self) -> str:
        """Render as people write it."""
        return f"{self.asset}.{self.column}" if self.column != ROWS else f"{self.asset} (rows)"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Hop:
    """One step: `reader` is made from `origin`, as `kind` says, by what stands at `place`."""

    kind: Transformation
    origin: Spot
    reader: Spot
    place: Span | None = None


class Hops:
    """The hops of a graph, each asset taken apart when it is first asked for."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[str, tuple[Hop, ...]] = {}

    def into(self, key: str) -> tuple[Hop, ...]:
        """Return the hops into the columns of an asset; none of a source."""
        if key not in self._known:
            asset = self._graph.assets.get(key)
            self._known[key] = tuple(self._hops(key, asset)) if asset is not None else ()
        return self._known[key]

    def above(self, spot: Spot, depth: int | None = None) -> tuple[Hop, ...]:
        """Return the hops that lead to a column, its own first, at most so many deep."""
        found: dict[Hop, None] = {}
        told, layer = {spot}, [spot]
        while layer and depth != 0:
            following: list[Spot] = []
            for reader in layer:
                for hop in self._above(reader):
                    found[hop] = None
                    if hop.origin not in told:
                        told.add(hop.origin)
                        following.append(hop.origin)
            layer, depth = following, None if depth is None else depth - 1
        return tuple(found)

    def below(self, spot: Spot, depth: int | None = None) -> tuple[Hop, ...]:
        """Return the hops that lead from a column, nearest assets first, at most so many deep."""
        found: list[Hop] = []
        reached: dict[Spot, int] = {spot: 0}
        for key, asset in self._graph.assets.items():
            near = {s for s in reached if s.asset in asset.upstreams}
            near = {s for s in near if depth is None or reached[s] < depth}
            if not near:
                continue
            for hop in self._from(key, near):
                found.append(hop)
                further = reached[hop.origin] + 1
                reached[hop.reader] = min(reached.get(hop.reader, further), further)
        return tuple(found)

    def _above(self, reader: Spot) -> Iterator[Hop]:
        """Yield what a column is made from, then what decides about the rows that it stands in."""
        into, rows = self.into(reader.asset), Spot(reader.asset, ROWS)
        own = [hop for hop in into if hop.reader == reader != rows]
        yield from own
        of_rows = [hop for hop in into if hop.reader == rows]
        # Whatever decides about the rows of an upstream does so for each of its columns.
        named = {hop.origin.asset for hop in (*own, *of_rows) if hop.origin.column != ROWS}
        for hop in of_rows:
            if hop.origin.column != ROWS or hop.origin.asset not in named:
                yield hop

    def _from(self, key: str, near: Iterable[Spot]) -> Iterator[Hop]:
        """Yield the hops into an asset from some spots above it."""
        spots = frozenset(near)
        yield from (hop for hop in self.into(key) if hop.origin in spots)

    def _of_code(self, key: str, asset: Asset) -> Iterator[Hop]:
        """Yield the hops into what code makes: all that it is given goes into its rows."""
        rows = Spot(key, ROWS)
        places = {
            upstream: each.span
            for each in (asset.code.inputs if asset.code is not None else ())
            for name, upstream in asset.parameters
            if name == each.name
        }
        for upstream in asset.upstreams:
            place, seen = places.get(upstream), asset.window(upstream).columns
            for column in self._graph.columns_of(upstream):
                if seen is None or column.name in seen:
                    origin = Spot(upstream, column.name)
                    yield Hop(kind=Transformation.OPAQUE, origin=origin, reader=rows, place=place)
            origin = Spot(upstream, ROWS)
            yield Hop(kind=Transformation.INDIRECT, origin=origin, reader=rows, place=place)

    def _hops(self, key: str, asset: Asset) -> Iterator[Hop]:
        if asset.code is not None:
            yield from self._of_code(key, asset)
            return
        wording = Wording(asset.definition.sql)
        schemas = {upstream: self._graph.columns_of(upstream) for upstream in asset.upstreams}
        known: dict[tuple[Spot, str], Transformation] = {}
        for trace in column_lineage(asset.text, schemas):
            for origin, output in _spelled(trace, schemas, asset):
                known.setdefault((origin, output), trace.kind)
        rows = {origin for origin, output in known if output == ROWS}
        for output, origins in self._read(asset, schemas):
            for origin in sorted(origins - rows):
                known.setdefault((origin, output), Transformation.OPAQUE)
                rows |= {origin} if output == ROWS else set()
        for (origin, output), kind in known.items():
            place = wording.of_rows(origin.column) if output == ROWS else wording.of(output)
            yield Hop(kind=kind, origin=origin, reader=Spot(key, output), place=place)
        for upstream in asset.upstreams:
            yield Hop(
                kind=Transformation.INDIRECT,
                origin=Spot(upstream, ROWS),
                reader=Spot(key, ROWS),
                place=wording.of_source(upstream),
            )

    def _read(
        self, asset: Asset, schemas: Mapping[str, Sequence[Column]]
    ) -> Iterator[tuple[str, frozenset[Spot]]]:
        """Yield what the engine reads for the rows, then what it reads for each column."""
        for upstream, columns in schemas.items():
            self._plans.declare(MARK + upstream, columns)
        for name in asset.macros:
            self._plans.define(name, self._graph.macros[name].text)
        for output in (ROWS, *(column.name for column in asset.columns)):
            seen = slice_of(self._plans, asset.text, () if output == ROWS else (output,))
            if seen is None:
                every = ((u, c.name) for u, columns in schemas.items() for c in columns)
                yield ROWS, frozenset(Spot(*each) for each in every)
                return
            read = ((u, name) for u, window in seen.windows.items() for name in window)
            yield output, frozenset(Spot(*each) for each in read)

    @cached_property
    def _plans(self) -> Plans:
        return Plans()


def _spelled(
    trace: Trace, schemas: Mapping[str, Sequence[Column]], asset: Asset
) -> Iterator[tuple[Spot, str]]:
    """Yield where a trace begins and ends, as these columns are spelled."""
    outputs = {column.name.lower(): column.name for column in asset.columns}
    for column in schemas.get(trace.upstream, ()):
        if column.name.lower() == trace.column.lower():
            yield Spot(trace.upstream, column.name), outputs.get(trace.output.lower(), ROWS)


def affected(hops: Iterable[Hop], start: Spot) -> Mapping[Spot, Hop]:
    """Return what hangs on a column, in the hops' order, each with the most direct way to it.

    The hop returned ends there, and its kind is that of the whole way.
    """
    found: dict[Spot, Hop] = {}
    kinds = {start: Transformation.DIRECT}
    for hop in hops:
        kind = max(kinds.get(hop.origin, Transformation.OPAQUE), hop.kind)
        known = found.get(hop.reader)
        if known is None or kind < known.kind:
            found[hop.reader] = Hop(
                kind=kind, origin=hop.origin, reader=hop.reader, place=hop.place
            )
            kinds[hop.reader] = kind
    return found
