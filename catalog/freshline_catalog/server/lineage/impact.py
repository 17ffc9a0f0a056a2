"""What breaks: all that hangs on some assets, or on one column, by whom it has to be told."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

from freshline import codec
from freshline.survey import EntryCheck
from freshline_catalog.lineage_layout.neighbourhood import around
from freshline_catalog.search.selecting import Trouble
from freshline_catalog.server.lineage.known import Known
from freshline_catalog.server.lineage.spots import (
    MOST,
    ROWS,
    HopKind,
    Reached,
    Spot,
    SpotHop,
    column_of,
    hops_below,
    reached,
    untraced,
)
from freshline_catalog.server.standing import Standing
from freshline_catalog.statements import statements

_MOST_CONSUMERS = 200
_RANKS = {kind: rank for rank, kind in enumerate(HopKind)}


class Via(NamedTuple):
    """What an asset sees of one that it reads; None for all of its columns, or for who knows."""

    asset: str
    columns: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An asset that breaks: so many hops away, through these columns of what it reads.

    `columns` are its own that hang on the column asked about, and `kind` says how; of a whole asset
    there is neither. Where `certain` is false nobody can say whether it reads that column. `checks`
    are its checks that read what changes, `consumers` the names of who waits for its events.
    """

    key: str
    owner: str
    hops: int
    via: tuple[Via, ...]
    columns: tuple[str, ...]
    kind: HopKind | None
    certain: bool
    checks: tuple[str, ...]
    consumers: tuple[str, ...]
    standing: Standing
    built_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerHit:
    """How many assets of an owner break, and of how many others that is not known.

    The owner is empty where nobody owns them.
    """

    owner: str
    assets: int
    uncertain: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerHit:
    """A named consumer that wants events of some of what changes or breaks."""

    name: str
    selection: str
    assets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaks:
    """All that hangs on some assets or a column: by owner, then the nearest first.

    `uncertain` counts hits that may read the column or not; `untraced` are the assets among them
    whose column lineage is not on record, `opaque` those of which nobody can say how they read it.
    `own_checks` are checks of the asset itself that read the column. `cut` where there is more.
    """

    focus: tuple[str, ...]
    column: str
    hits: tuple[Hit, ...]
    owners: tuple[OwnerHit, ...]
    consumers: tuple[ConsumerHit, ...]
    uncertain: int
    untraced: tuple[str, ...]
    opaque: tuple[str, ...]
    own_checks: tuple[str, ...]
    cut: bool


class _Found(NamedTuple):
    """What breaks: hops for each key, and for a column what is known of how."""

    focus: frozenset[str]
    far: Mapping[str, int]
    column: str = ""
    hops: tuple[SpotHop, ...] = ()
    spots: Mapping[Spot, Reached] = {}
    untraced: frozenset[str] = frozenset()


def breaks(known: Known, select: str, column: str) -> Breaks | Trouble:
    """Return what breaks with what a selection means, or with one column of it."""
    focus = known.select(select)
    if isinstance(focus, Trouble):
        return focus
    if not column:
        near = around(known.upstreams, sorted(focus), 0, None)
        far = {each.key: each.hops for each in near if each.key not in focus}
        return _told(known, _Found(focus, far))
    if len(focus) != 1:
        help = "select the asset that the column is of"
        return Trouble(message="a column is of one asset", at=select, help=help)
    (key,) = focus
    name = column_of(known, key, column)
    if not name:
        help = f"look at the columns of {key}"
        return Trouble(message="there is no such column", at=column, help=help)
    return _told(known, _through_columns(known, Spot(key, name)))


def _through_columns(known: Known, start: Spot) -> _Found:
    hops = hops_below(known, start)
    spots = reached(start, hops)
    far: dict[str, int] = {}
    for spot, way in spots.items():
        far[spot.asset] = min(far.get(spot.asset, way.hops), way.hops)
    hit = {start.asset, *far}
    readers = {key for key, read in known.upstreams.items() if not hit.isdisjoint(read)}
    unknown = untraced(known, readers - hit)
    # Whatever hangs on what nobody knows, nobody knows either.
    for near in around(known.upstreams, sorted(unknown), 0, None):
        far.setdefault(near.key, 0)
    table = {near.key: near.hops for near in around(known.upstreams, [start.asset], 0, None)}
    far = {key: hops or table.get(key, 0) for key, hops in far.items()}
    return _Found(frozenset({start.asset}), far, start.column, hops, spots, unknown)


def _told(known: Known, found: _Found) -> Breaks:
    parts = _parts(known, (*found.far, *found.focus))
    wanted = _consumers(known, found)
    columns: dict[str, dict[str, HopKind]] = {}
    for spot, way in found.spots.items():
        columns.setdefault(spot.asset, {})[spot.column] = way.kind
    hits: list[Hit] = []
    for key in found.far:
        hit = _hit(known, key, found, columns.get(key, {}), parts[key])
        named = tuple(name for name, _, keys in wanted if keys is None or key in keys)
        hits.append(replace(hit, consumers=named) if named else hit)
    told = sorted(hits, key=lambda hit: (hit.owner, hit.hops, hit.key))
    changed = found.far.keys() | found.focus
    (own,) = found.focus if found.column else ("",)
    return Breaks(
        focus=tuple(sorted(found.focus)),
        column=found.column,
        hits=tuple(told),
        owners=_owners(told),
        consumers=tuple(
            ConsumerHit(
                name=name,
                selection=selection,
                assets=len(changed if keys is None else keys & changed),
            )
            for name, selection, keys in wanted
        ),
        uncertain=sum(not hit.certain for hit in told),
        untraced=tuple(sorted(found.untraced)),
        opaque=tuple(hit.key for hit in told if hit.kind is HopKind.OPAQUE),
        own_checks=_reading(parts[own].checks, {found.column}) if own else (),
        cut=len(found.hops) >= MOST,
    )


def _owners(hits: Iterable[Hit]) -> tuple[OwnerHit, ...]:
    """Return whom the hits concern, those with most of them first."""
    counts: dict[str, list[int]] = {}
    for hit in hits:
        counts.setdefault(hit.owner, [0, 0])[not hit.certain] += 1
    found = (OwnerHit(owner=o, assets=n, uncertain=m) for o, (n, m) in counts.items())
    return tuple(sorted(found, key=lambda each: (-each.assets, -each.uncertain, each.owner)))


class _Parts(NamedTuple):
    windows: Mapping[str, tuple[str, ...] | None]
    checks: tuple[EntryCheck, ...]


def _parts(known: Known, keys: Iterable[str]) -> Mapping[str, _Parts]:
    bindings = (known.asked.survey, codec.encode(sorted(keys)).decode())
    rows = known.asked.connection.execute(statements("lineage")["bodies"], bindings)
    found: dict[str, _Parts] = {}
    for key, windows, checks in cast("list[tuple[str, str | None, str | None]]", [*rows]):
        pairs = codec.decode(windows or "[]", tuple[tuple[str, tuple[str, ...] | None], ...])
        found[key] = _Parts(dict(pairs), codec.decode(checks or "[]", tuple[EntryCheck, ...]))
    return found


def _hit(
    known: Known, key: str, found: _Found, columns: Mapping[str, HopKind], parts: _Parts
) -> Hit:
    is_certain = not found.column or bool(columns)
    kind = min(columns.values(), key=_RANKS.__getitem__) if columns else None
    is_whole = not found.column or not columns or ROWS in columns
    checks = parts.checks
    return Hit(
        key=key,
        owner=known.row(key).owner,
        hops=found.far[key],
        via=_via_columns(key, found) if columns else _via_windows(known, key, found, parts),
        columns=tuple(sorted(columns.keys() - {ROWS})),
        kind=kind,
        certain=is_certain,
        checks=tuple(c.name for c in checks) if is_whole else _reading(checks, columns),
        consumers=(),
        standing=known.standing(key),
        built_at=known.built_at(key),
    )


def _via_columns(key: str, found: _Found) -> tuple[Via, ...]:
    via: dict[str, set[str]] = {}
    for hop in found.hops:
        if hop.reader.asset == key:
            via.setdefault(hop.origin.asset, set()).add(hop.origin.column)
    return tuple(Via(asset, tuple(sorted(via[asset]))) for asset in sorted(via))


def _via_windows(known: Known, key: str, found: _Found, parts: _Parts) -> tuple[Via, ...]:
    changed = found.far.keys() | found.focus
    read = sorted(upstream for upstream in known.upstreams[key] if upstream in changed)
    return tuple(Via(upstream, parts.windows.get(upstream)) for upstream in read)


def _reading(checks: Iterable[EntryCheck], columns: Collection[str]) -> tuple[str, ...]:
    """Return the checks that read one of some columns; one that names none may read any."""
    return tuple(c.name for c in checks if not c.columns or not {*c.columns}.isdisjoint(columns))


_Wanting = tuple[str, str, frozenset[str] | None]


def _consumers(known: Known, found: _Found) -> list[_Wanting]:
    """Return the consumers that want events of what changes, each with its keys, None for all."""
    changed = found.far.keys() | found.focus
    bindings = (*known.asked.services.scope, _MOST_CONSUMERS)
    rows = known.asked.connection.execute(statements("lineage")["consumers"], bindings)
    wanting: list[_Wanting] = []
    for name, selection in cast("list[tuple[str, str]]", [*rows]):
        keys = known.select(selection) if selection.strip() else None
        if isinstance(keys, Trouble):  # it means nothing any more
            continue
        if keys is None or keys & changed:
            wanting.append((name, selection, keys))
    return wanting
