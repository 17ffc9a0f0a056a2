"""What code makes with the columns that came out of it, compiled anew without all the others.

Nearly nothing hangs on them: the checks of the asset itself, and whoever reads it in SQL. Where no
more than the first has to be looked at, a project that did not change is not compiled again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from freshline.definitions import CheckKind, Column
from freshline.errors import Diagnostic
from freshline.lineage.graph import WAITS, Asset, Graph, SetAside

if TYPE_CHECKING:
    from freshline.lineage.binder import Binder

_LOOKS_AT_OTHERS = frozenset((CheckKind.SQL, CheckKind.REFERENCES))
_Columns = Mapping[str, tuple[Column, ...]]


def with_columns(graph: Graph, learnt: _Columns) -> Graph | None:
    """Return a graph in which assets of code have these columns, and their checks for them.

    One whose columns do not fit what is declared of it is set aside with the findings. None where
    a check may look at others, whose columns this graph need not know.
    """
    assets = dict(graph.assets)
    aside: dict[str, SetAside] = {}
    findings: list[Diagnostic] = []
    declared: list[Asset] = []
    for key, columns in learnt.items():
        asset = replace(assets[key], columns=columns, learns_columns=False)
        definition = asset.definition
        if any(check.kind in _LOOKS_AT_OTHERS for check in definition.checks):
            return None
        if asset.code is not None and asset.code.checks:  # functions, which may look at others too
            return None
        if definition.columns or definition.checks:
            declared.append(asset)
        else:
            assets[key] = asset
    for key, fitted, found in _fitted(declared):
        findings += found
        if found:
            del assets[key]
            aside[key] = SetAside(code=found[0].code)
        else:
            assets[key] = fitted
    return replace(
        graph,
        assets=assets,
        quarantined={**graph.quarantined, **aside},
        diagnostics=(*graph.diagnostics, *findings),
    )


def relearnt(graph: Graph, before: _Columns, now: _Columns) -> Graph | None:
    """Return a project's graph when it is known to make other columns, as compiling would give it.

    `before` are the columns that it was compiled with. None where it has to be compiled.
    """
    changed = {key: columns for key, columns in now.items() if before.get(key) != columns}
    if before.keys() - now.keys() or not changed.keys() <= graph.assets.keys():
        return None
    if any(aside.code == WAITS for aside in graph.quarantined.values()):
        return None
    keys = (*graph.assets, *graph.sources)
    checks = (check for key in keys for check in graph.checks_of(key))
    if any(not changed.keys().isdisjoint(check.reads) for check in checks):
        return None
    if not all(_reads_on(asset, changed) for asset in graph.assets.values()):
        return None
    found = with_columns(graph, changed)
    return found if found is not None and found.assets.keys() == graph.assets.keys() else None


def _reads_on(asset: Asset, changed: _Columns) -> bool:
    """Say whether an asset is what it is whichever of its upstreams have these columns now."""
    read = changed.keys() & {*asset.upstreams, *asset.reads}
    if not read:
        return True
    if asset.code is None:
        return False
    of = dict(asset.parameters)
    for each in asset.code.inputs:
        key = of[each.name]
        if key in read and each.columns is not None:
            names = {column.name for column in changed[key]}
            if not names.issuperset((*each.columns, *(asset.window(key).columns or ()))):
                return False
    return True


def _fitted(assets: Iterable[Asset]) -> list[tuple[str, Asset, tuple[Diagnostic, ...]]]:
    """Return assets with their checks compiled, and what of them does not fit their columns."""
    alone = list(assets)
    if not alone:
        return []
    from freshline.lineage.binder import Binder

    binder = Binder()
    try:
        return [(asset.definition.key, *_of_one(asset, binder)) for asset in alone]
    finally:
        binder.close()


def _of_one(asset: Asset, binder: "Binder") -> tuple[Asset, tuple[Diagnostic, ...]]:
    from freshline.lineage.checks import Checking, compile_checks
    from freshline.lineage.findings import mismatches

    definition = asset.definition
    wrong = mismatches(definition.key, definition.columns, asset.columns, binder)
    if wrong:
        return asset, wrong
    checking = Checking(
        binder=binder,
        bound=set(),
        assets={definition.key: replace(asset, upstreams=(), checks=())},
        sources={},
        quarantined={},
        remembered={},
        results={},
    )
    compile_checks(checking)
    if checking.diagnostics:
        return asset, tuple(checking.diagnostics)
    functions = tuple(check for check in asset.checks if check.code is not None)
    return replace(asset, checks=(*checking.assets[definition.key].checks, *functions)), ()
