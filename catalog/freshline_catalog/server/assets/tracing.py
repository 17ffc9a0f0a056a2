"""Where a column comes from and where it goes, as far as column lineage is on record."""

from dataclasses import dataclass
from typing import cast

from freshline import codec
from freshline.errors import Span
from freshline_catalog.server.asked import Asked
from freshline_catalog.statements import statements

ROWS = "*"  # stands for which rows there are
_DEEPEST, _MOST = 20, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A column of an upstream that a column is made from, and how."""

    asset: str
    column: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a trace, so many steps away: `column` of `asset` is made from the origin."""

    hops: int
    asset: str
    column: str
    origin_asset: str
    origin_column: str
    kind: str
    place: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A column through the project: `above` leads to it, `below` from it, nearest first.

    `rows` are what decides which rows there are; it concerns every column alike. `cut` says that
    there is more than is told here.
    """

    column: str
    above: tuple[Step, ...]
    below: tuple[Step, ...]
    rows: tuple[Origin, ...]
    cut: bool


def origins_of(asked: Asked, number: int) -> dict[str, tuple[Origin, ...]]:
    """Return for each column of the entry of a number what it is made from."""
    found: dict[str, list[Origin]] = {}
    rows = asked.connection.execute(statements("asset")["hops"], (number,))
    for name, upstream, origin, kind, _ in cast("list[tuple[str, str, str, str, str]]", [*rows]):
        found.setdefault(name, []).append(Origin(asset=upstream, column=origin, kind=kind))
    return {name: tuple(origins) for name, origins in found.items()}


def used_by(asked: Asked, key: str) -> dict[str, int]:
    """Return for each column of an asset into how many columns of others it goes."""
    rows = asked.connection.execute(statements("asset")["used_by"], (asked.survey, key))
    return {str(name): cast(int, count) for name, count in rows}


def trace(asked: Asked, key: str, column: str, rows: tuple[Origin, ...]) -> Trace:
    """Return where a column comes from and where it goes."""
    above = _steps(asked, "into", (key, column))
    below = _steps(asked, "out_of", (key, column))
    return Trace(
        column=column,
        above=above,
        below=below,
        rows=rows,
        cut=max(len(above), len(below)) >= _MOST,
    )


def _steps(asked: Asked, name: str, start: tuple[str, str]) -> tuple[Step, ...]:
    """Return the steps from a column, layer by layer; each column on the way is asked for once."""
    found: list[Step] = []
    told, layer = {start}, [start]
    for hops in range(1, _DEEPEST + 1):
        if not layer or len(found) >= _MOST:
            break
        steps = _layer(asked, name, layer, hops, _MOST - len(found))
        found += steps
        following = dict.fromkeys(
            (s.origin_asset, s.origin_column) if name == "into" else (s.asset, s.column)
            for s in steps
        )
        layer = [spot for spot in following if spot not in told]
        told.update(layer)
    return tuple(found)


def _layer(
    asked: Asked, name: str, layer: list[tuple[str, str]], hops: int, limit: int
) -> list[Step]:
    bindings = (asked.survey, codec.encode(layer).decode(), limit)
    rows = asked.connection.execute(statements("asset")[name], bindings).fetchall()
    return [
        Step(
            hops=hops,
            asset=asset,
            column=column,
            origin_asset=upstream,
            origin_column=origin,
            kind=kind,
            place=_place(place),
        )
        for asset, column, upstream, origin, kind, place in cast(
            "list[tuple[str, str, str, str, str, str]]", rows
        )
    ]


def _place(text: str) -> Span | None:
    return None if text in ("", "null") else codec.decode(text, Span)
