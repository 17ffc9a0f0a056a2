"""An asset with the columns that came out of its code, compiled anew without all the others.

Nothing of another asset hangs on them within the step that finds them out; those that read it are
compiled with them when the whole project is.
"""

from dataclasses import replace

from freshline.definitions import CheckKind, Column
from freshline.errors import Diagnostic
from freshline.lineage.graph import Asset, Graph, SetAside

_LOOKS_AT_OTHERS = frozenset((CheckKind.SQL, CheckKind.REFERENCES))


def with_columns(graph: Graph, key: str, columns: tuple[Column, ...]) -> Graph | None:
    """Return a graph in which an asset of code has these columns, and its checks for them.

    Where they do not fit what is declared of it, the asset is set aside with the findings. None
    where a check may look at others, whose columns this graph need not know.
    """
    definition = graph.assets[key].definition
    asset = replace(graph.assets[key], columns=columns, learns_columns=False)
    if any(check.kind in _LOOKS_AT_OTHERS for check in definition.checks):
        return None
    findings: tuple[Diagnostic, ...] = ()
    if definition.columns or definition.checks:
        asset, findings = _fitted(asset)
    if not findings:
        return replace(graph, assets={**graph.assets, key: asset})
    return replace(
        graph,
        assets={k: each for k, each in graph.assets.items() if k != key},
        quarantined={**graph.quarantined, key: SetAside(code=findings[0].code)},
        diagnostics=(*graph.diagnostics, *findings),
    )


def _fitted(asset: Asset) -> tuple[Asset, tuple[Diagnostic, ...]]:
    """Return an asset with its checks compiled, and what does not fit its columns."""
    from freshline.lineage.binder import Binder
    from freshline.lineage.checks import Checking, compile_checks
    from freshline.lineage.findings import mismatches

    definition = asset.definition
    binder = Binder()
    try:
        found = mismatches(definition.key, definition.columns, asset.columns, binder)
        if found:
            return asset, found
        alone = {definition.key: replace(asset, upstreams=(), checks=())}
        checking = Checking(
            binder=binder,
            bound=set(),
            assets=alone,
            sources={},
            quarantined={},
            remembered={},
            results={},
        )
        compile_checks(checking)
    finally:
        binder.close()
    if checking.diagnostics:
        return asset, tuple(checking.diagnostics)
    return replace(asset, checks=alone[definition.key].checks), ()
