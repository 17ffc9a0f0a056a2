"""Trust: how far fresh is fresh, given how the versions of the sources behind it are taken."""

from freshline.definitions import Trust
from freshline.lineage.graph import Asset, Graph

_FROM_WEAKEST = (Trust.HEURISTIC, Trust.STRONG, Trust.PROOF)


def trusted(graph: Graph) -> dict[str, Trust]:
    """Return for every asset the weakest trust among the sources that it comes from.

    One that comes from none is as its queries say: that is proof.
    """
    found = {key: source.definition.probe.trust for key, source in graph.sources.items()}
    for key, asset in graph.assets.items():
        trusts = (found.get(upstream, Trust.PROOF) for upstream in asset.upstreams)
        found[key] = min(trusts, key=_FROM_WEAKEST.index, default=Trust.PROOF)
    return found


def heuristic(graph: Graph, asset: Asset) -> str:
    """Return why an asset is not proven to be fresh: it reads a source that is only guessed at."""
    for key in asset.reads:
        source = graph.sources.get(key)
        if source is not None and source.definition.probe.trust is Trust.HEURISTIC:
            return f"{key} is judged by {source.definition.probe.kind} alone, which --strict doubts"
    return ""
