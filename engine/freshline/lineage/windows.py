"""The windows of every asset: which columns of each input its rows come from, asked of the engine.

Asked once for a query and the columns of what it reads, and remembered. Several threads ask at a
time: most of it is the engine's work.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from freshline.codec import digest, digest_of
from freshline.definitions import Column
from freshline.lineage.analysed import Analysis
from freshline.lineage.graph import Asset, Source
from freshline.lineage.macros import Macros
from freshline.lineage.plans import Plans
from freshline.lineage.slices import windows_of
from freshline.versions import Window

_ASKING = 2
_Windows = tuple[tuple[str, Window], ...]


def with_windows(
    assets: Mapping[str, Asset],
    sources: Mapping[str, Source],
    macros: Macros,
    memory: tuple[Mapping[str, Analysis], dict[str, Analysis]],
) -> dict[str, Asset]:
    """Return assets with the windows that they read by; what cannot be told is read whole.

    `memory` is what is remembered, and what is to be remembered of this.
    """
    remembered, results = memory
    columns = {key: node.columns for nodes in (sources, assets) for key, node in nodes.items()}
    open_: dict[str, tuple[str, Mapping[str, Sequence[Column]]]] = {}
    found: dict[str, _Windows] = {}
    for key, asset in assets.items():
        schemas = {upstream: columns[upstream] for upstream in asset.reads}
        called = [macros.known[name].digest for name in asset.macros]
        identity = digest("windows", asset.query, digest_of([schemas, called]))
        known = remembered.get(identity)
        if known is not None:
            results[identity] = known
            found[key] = known.windows
        else:
            open_[key] = (identity, schemas)
    statements = {name: macro.definition.text for name, macro in macros.known.items()}
    told = asked({k: (assets[k].query, schemas) for k, (_, schemas) in open_.items()}, statements)
    for key, windows in told.items():
        results[open_[key][0]] = Analysis(windows=windows)
    found |= told
    return {key: replace(asset, windows=found[key]) for key, asset in assets.items()}


def asked(
    queries: Mapping[str, tuple[str, Mapping[str, Sequence[Column]]]], macros: Mapping[str, str]
) -> dict[str, _Windows]:
    """Return the windows of queries, each given with the columns of what it reads; () if opaque."""
    parts = [list(queries)[i::_ASKING] for i in range(min(_ASKING, len(queries)))]
    with ThreadPoolExecutor(max_workers=_ASKING, thread_name_prefix="windows") as pool:
        found = pool.map(partial(_part, queries, macros), parts)
        return {key: windows for part in found for key, windows in part.items()}


def _part(
    queries: Mapping[str, tuple[str, Mapping[str, Sequence[Column]]]],
    macros: Mapping[str, str],
    keys: Sequence[str],
) -> dict[str, _Windows]:
    plans = Plans()
    try:
        for name, statement in macros.items():
            plans.define(name, statement)
        found: dict[str, _Windows] = {}
        for key in keys:
            query, schemas = queries[key]
            windows = windows_of(plans, query, schemas) or {}
            # What the engine does not read at all, its window shows nothing of: not even the rows.
            found[key] = tuple((k, Window(columns)) for k, columns in sorted(windows.items()))
        return found
    finally:
        plans.close()
