"""Columns through the project: the hops that lead to one or from it, nearest first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, cast

from freshline import codec
from freshline_catalog.search.selecting import Trouble
from freshline_catalog.server.entries import entry_of
from freshline_catalog.server.lineage.known import Known
from freshline_catalog.statements import statements

ROWS = "*"  # which rows there are
MOST = 20_000


class HopKind(StrEnum):
    """How a column goes into another one, the most direct first."""

    DIRECT = "direct"
    EXPRESSION = "expression"
    WINDOW = "window"
    AGGREGATE = "aggregate"
    INDIRECT = "indirect"  # it only decides which rows there are
    OPAQUE = "opaque"  # it is read for it, nobody can say how


_RANKS = {kind: rank for rank, kind in enumerate(HopKind)}


class Spot(NamedTuple):
    """A column of an asset; `*` is which rows it has."""

    asset: str
    column: str


class SpotHop(NamedTuple):
    """One step: `reader` is made from `origin`, as `kind` says."""

    reader: Spot
    origin: Spot
    kind: HopKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What can be reached from a column: how far it is, and the most direct way there is."""

    hops: int
    kind: HopKind


def spot_of(known: Known, text: str) -> Spot | Trouble:
    """Return the column that `KEY.COLUMN` means, in any case of its letters, or why it is none."""
    parts = text.strip().split(".")
    for end in range(len(parts) - 1, 0, -1):
        key, name = ".".join(parts[:end]), ".".join(parts[end:])
        if key not in known.upstreams:
            continue
        found = column_of(known, key, name)
        if found:
            return Spot(key, found)
        return Trouble(
            message="there is no such column", at=text, help=f"look at the columns of {key}"
        )
    return Trouble(message="there is no such column", at=text, help="write it as KEY.COLUMN")


def column_of(known: Known, key: str, name: str) -> str:
    """Return a column of an asset as it is spelled, empty where there is none."""
    columns = [column.name for column in entry_of(known.asked, key).columns]
    folded = [each for each in columns if each.casefold() == name.casefold()]
    return name if name in columns else next(iter(folded), "")


def hops_above(known: Known, spot: Spot) -> tuple[SpotHop, ...]:
    """Return the hops that lead to a column, in no order, at most `MOST`."""
    return _hops(known, "hops_above", (known.asked.survey, *spot, MOST))


def hops_below(known: Known, spot: Spot, *, rows: bool = True) -> tuple[SpotHop, ...]:
    """Return the hops that lead from a column, at most `MOST`; without `rows`, none into rows."""
    return _hops(known, "hops_below", (known.asked.survey, *spot, MOST, int(rows)))


def _hops(known: Known, name: str, bindings: tuple[int | str, ...]) -> tuple[SpotHop, ...]:
    rows = known.asked.connection.execute(statements("lineage")[name], bindings)
    found = cast("list[tuple[str, str, str, str, str]]", [*rows])
    return tuple(
        SpotHop(Spot(asset, column), Spot(upstream, origin), HopKind(kind))
        for asset, column, upstream, origin, kind in found
    )


def reached(start: Spot, hops: Iterable[SpotHop], *, up: bool = False) -> Mapping[Spot, Reached]:
    """Return what hops lead to from a column, without itself; `up` follows them to their origins.

    The kind is that of the least direct step on the most direct way.
    """
    ways: dict[Spot, list[tuple[Spot, HopKind]]] = {}
    for hop in hops:
        here, there = (hop.reader, hop.origin) if up else (hop.origin, hop.reader)
        ways.setdefault(here, []).append((there, hop.kind))
    far, kinds = {start: 0}, {start: HopKind.DIRECT}
    layer = [start]
    while layer:
        following: dict[Spot, None] = {}
        for here in layer:
            for there, kind in ways.get(here, ()):
                way = max(kinds[here], kind, key=_RANKS.__getitem__)
                if there not in far:
                    far[there] = far[here] + 1
                elif _RANKS[way] >= _RANKS[kinds[there]]:
                    continue
                kinds[there] = way
                following[there] = None
        layer = [*following]
    return {spot: Reached(hops=far[spot], kind=kinds[spot]) for spot in far if spot != start}


def untraced(known: Known, keys: Iterable[str]) -> frozenset[str]:
    """Return which of some keys read something and have no column lineage on record."""
    bindings = (known.asked.survey, codec.encode(sorted(keys)).decode())
    rows = known.asked.connection.execute(statements("lineage")["untraced"], bindings)
    return frozenset(cast(str, row[0]) for row in rows)
