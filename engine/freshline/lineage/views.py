"""Views looked through: whoever reads one reads what its query reads.

The query of every view stands in its readers', down to assets that keep rows; so a reader's logic
changes with the view's, and its inputs are what is really read.
"""

from collections.abc import Mapping
from dataclasses import replace

from freshline.codec import digest
from freshline.lineage.canonical import bind, view_relation
from freshline.lineage.graph import Asset


def look_through(assets: Mapping[str, Asset]) -> dict[str, Asset]:
    """Return assets, given in topological order, with the views that they read looked through."""
    found: dict[str, Asset] = {}
    for key, asset in assets.items():
        views = [found[u] for u in asset.upstreams if u in found and found[u].is_view]
        found[key] = _through(asset, views) if views else asset
    return found


def _through(asset: Asset, views: list[Asset]) -> Asset:
    relations = {view.definition.key: view_relation(view.query, {}) for view in views}
    query = bind(asset.text, relations)
    return replace(
        asset,
        through=query,
        code_version=digest(asset.code_version, *(view.code_version for view in views)),
        order_sensitive=asset.order_sensitive or any(view.order_sensitive for view in views),
        macros=tuple(sorted({*asset.macros, *(m for view in views for m in view.macros)})),
    )
