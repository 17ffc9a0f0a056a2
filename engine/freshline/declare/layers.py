"""Layers: what one place says of assets and sources, and what holds when several say something.

Later wins: built-in, `defaults:` of the project, the folders from outer to inner, the asset itself,
the environment. Tags and checks add up (a check of the same name is replaced), `meta`, `config`,
`limits` and columns are merged, everything else replaces. `null` unsets what comes from outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from freshline.code import NO_LIMITS, Limits
from freshline.declare.limits import over
from freshline.declare.report import Quote
from freshline.definitions import (
    CheckDefinition,
    ColumnDefinition,
    Cutoff,
    Kind,
    Lifecycle,
    Retries,
    Volatile,
)
from freshline.refresh import Freshness, Refresh

_BY_CONTENT = Cutoff()
_IN_SYNC = Refresh()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one place says: of the keys that are `given`; those `unset` take away what was said.

    `broken` is the code of what is wrong with it, empty where nothing is: what it was meant to say
    is not known then, and nothing that it is said of may be built. `places` are those of the values
    of `config`, by their path: `config.window.days`.
    """

    given: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    broken: str = ""
    description: str = ""
    owner: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict[str, object])
    links: tuple[tuple[str, str], ...] = ()
    kind: Kind | None = None
    storage: str | None = None
    lifecycle: Lifecycle | None = None
    retries: Retries | None = None
    timeout: float | None = None
    volatile: Volatile | None = None
    cutoff: Cutoff | None = None
    preview: bool | None = None
    refresh: Refresh | None = None
    freshness: Freshness | None = None
    pool: str | None = None
    config: Mapping[str, object] = field(default_factory=dict[str, object])
    places: Mapping[str, Quote] = field(default_factory=dict[str, Quote])
    fresh_process: bool | None = None
    limits: Limits | None = None
    columns: tuple[ColumnDefinition, ...] = ()
    checks: tuple[CheckDefinition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What holds of one asset or source, when everybody has had their say."""

    group: str
    description: str = ""
    owner: str | None = None
    tags: tuple[str, ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict[str, object])
    links: tuple[tuple[str, str], ...] = ()
    kind: Kind = Kind.TABLE
    storage: str | None = None
    lifecycle: Lifecycle | None = None
    retries: Retries | None = None
    timeout: float | None = None
    volatile: Volatile | None = None
    cutoff: Cutoff = _BY_CONTENT
    preview: bool = False
    refresh: Refresh = _IN_SYNC
    freshness: Freshness | None = None
    pool: str | None = None
    config: Mapping[str, object] = field(default_factory=dict[str, object])
    places: Mapping[str, Quote] = field(default_factory=dict[str, Quote])
    fresh_process: bool = False
    limits: Limits = NO_LIMITS
    columns: tuple[ColumnDefinition, ...] = ()
    checks: tuple[CheckDefinition, ...] = ()


def built_in(key: str) -> About:
    """Return what holds of a key of which nobody says anything."""
    return About(group=key.partition(".")[0])


def resolved(key: str, layers: Sequence[Layer]) -> About:
    """Return what holds of a key, given the layers from the outermost to the one that wins."""
    about = built_in(key)
    for layer in layers:
        if layer.given:
            about = _over(about, layer, key)
    return about


def _over(about: About, layer: Layer, key: str) -> About:
    given, unset = layer.given, layer.unset
    return About(
        description=layer.description if "description" in given else about.description,
        owner=layer.owner if "owner" in given else about.owner,
        group=layer.group or built_in(key).group if "group" in given else about.group,
        tags=tuple(dict.fromkeys((*(() if "tags" in unset else about.tags), *layer.tags))),
        meta=_merged(about.meta, layer) if "meta" in given else about.meta,
        links=layer.links if "links" in given else about.links,
        kind=layer.kind or Kind.TABLE if "kind" in given else about.kind,
        storage=layer.storage if "storage" in given else about.storage,
        lifecycle=layer.lifecycle if "lifecycle" in given else about.lifecycle,
        retries=layer.retries if "retries" in given else about.retries,
        timeout=layer.timeout if "timeout" in given else about.timeout,
        volatile=layer.volatile if "volatile" in given else about.volatile,
        cutoff=layer.cutoff or _BY_CONTENT if "cutoff" in given else about.cutoff,
        preview=bool(layer.preview) if "preview" in given else about.preview,
        refresh=layer.refresh or _IN_SYNC if "refresh" in given else about.refresh,
        freshness=layer.freshness if "freshness" in given else about.freshness,
        pool=layer.pool if "pool" in given else about.pool,
        config=_configured(about, layer) if "config" in given else about.config,
        places={**about.places, **layer.places} if layer.places else about.places,
        fresh_process=bool(layer.fresh_process) if "isolation" in given else about.fresh_process,
        limits=NO_LIMITS if "limits" in unset else over(about.limits, layer.limits),
        columns=_columns(about.columns, layer),
        checks=_checks(about.checks, layer),
    )


def _merged(meta: Mapping[str, object], layer: Layer) -> Mapping[str, object]:
    if "meta" in layer.unset:
        return {}
    merged = {**meta, **layer.meta}
    return {name: value for name, value in merged.items() if value is not None}


def _configured(about: About, layer: Layer) -> Mapping[str, object]:
    return layer.config if "config" in layer.unset else merged(about.config, layer.config)


def merged(outer: Mapping[str, object], inner: Mapping[str, object]) -> dict[str, object]:
    """Return mappings of plain data as one, at every depth; a null of the inner one is a value."""
    result = dict(outer)
    for name, value in inner.items():
        below = result.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            value = merged(cast("dict[str, object]", below), cast("dict[str, object]", value))
        result[name] = value
    return result


def _columns(columns: tuple[ColumnDefinition, ...], layer: Layer) -> tuple[ColumnDefinition, ...]:
    """Return the columns with what a layer says of each; one that it does not know is added."""
    if not columns or "columns" in layer.unset:
        return layer.columns
    known = {column.name.lower(): column for column in columns}
    for column in layer.columns:
        outer = known.get(column.name.lower())
        if outer is not None:
            column = replace(
                column,
                type=column.type or outer.type,
                not_null=column.not_null if column.type else outer.not_null,
                description=column.description or outer.description,
            )
        known[column.name.lower()] = column
    return tuple(known.values())


def _checks(checks: tuple[CheckDefinition, ...], layer: Layer) -> tuple[CheckDefinition, ...]:
    outer = () if "checks" in layer.unset else checks
    return tuple({check.name: check for check in (*outer, *layer.checks)}.values())
