"""Who sees a column: for each column of a graph the assets that read it, in whatever place.

What is read is the engine's word, so that a column that only filters is read as well. Of what the
engine cannot tell everything is read.
"""

from collections.abc import Mapping

from freshline.lineage.graph import Asset, Graph
from freshline.lineage.windows import Question, asked
from freshline.versions import Window


def readers_of_columns(graph: Graph) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Return for each asset and source its columns, and for each of these the assets that see it.

    An asset that reads a view sees columns of the view, and those that it looks through to.
    """
    found = {
        key: {column.name: set[str]() for column in graph.columns_of(key)}
        for key in (*graph.sources, *graph.assets)
    }
    of_views = _through_views(graph)
    for key, asset in graph.assets.items():
        windows = {upstream: asset.window(upstream) for upstream in asset.reads}
        for upstream, window in (windows | of_views.get(key, {})).items():
            columns = found.get(upstream, {})
            for name in columns if window.columns is None else window.columns:
                columns[name].add(key)
    return {
        key: {name: frozenset(readers) for name, readers in columns.items()}
        for key, columns in found.items()
    }


def _through_views(graph: Graph) -> dict[str, dict[str, Window]]:
    """Return for each asset that reads views what it reads of these themselves."""
    queries: dict[str, Question] = {}
    for key, asset in graph.assets.items():
        if _views(graph, asset):
            schemas = {upstream: graph.columns_of(upstream) for upstream in asset.upstreams}
            queries[key] = (asset.text, schemas, asset.text)
    if not queries:
        return {}
    told = asked(queries, {name: macro.text for name, macro in graph.macros.items()})
    found: dict[str, dict[str, Window]] = {}
    for key, (windows, _) in told.items():
        seen = dict(windows)
        views = _views(graph, graph.assets[key])
        # Told nothing at all, the engine does not understand the query.
        found[key] = {view: seen.get(view, Window(() if seen else None)) for view in views}
    return found


def _views(graph: Graph, asset: Asset) -> tuple[str, ...]:
    upstreams = (u for u in asset.upstreams if u in graph.assets)
    return tuple(upstream for upstream in upstreams if graph.assets[upstream].is_view)
