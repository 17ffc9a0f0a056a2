"""What is going to go: assets that rely on a deprecated one, told before it is gone."""

import re

from freshline.declare.interpolation import Place, regions
from freshline.definitions import AssetDefinition, Lifecycle, Stage
from freshline.errors import Diagnostic, Severity, Span
from freshline.lineage.graph import Graph


def deprecated_reads(graph: Graph) -> tuple[Diagnostic, ...]:
    """Return a warning for each read of a deprecated asset by one that is not itself deprecated."""
    going = {
        key: cycle
        for key, asset in graph.assets.items()
        if (cycle := asset.definition.lifecycle) is not None and cycle.stage is Stage.DEPRECATED
    }
    if not going:
        return ()
    return tuple(
        _warning(asset.definition, graph.assets[upstream].definition, going[upstream])
        for key, asset in graph.assets.items()
        for upstream in asset.needs
        if upstream in going and key not in going
    )


def _warning(reader: AssetDefinition, upstream: AssetDefinition, cycle: Lifecycle) -> Diagnostic:
    until = f", and goes on {cycle.sunset}" if cycle.sunset else ""
    instead = f"read {cycle.replacement} instead" if cycle.replacement else "ask its owner"
    if not cycle.replacement and upstream.owner:
        instead = f"ask {upstream.owner} what to read instead"
    span = _place(reader, upstream.key)
    return Diagnostic(
        code="W502",
        message=f"{reader.key} reads {upstream.key}, which is deprecated{until}",
        severity=Severity.WARNING,
        span=span,
        excerpt=reader.sql.line_at(span),
        fix=instead,
        related=((upstream.span, "declared here"),),
        asset=reader.key,
    )


def _place(reader: AssetDefinition, key: str) -> Span:
    """Return where the SQL of an asset names another; where it does not, where it is declared."""
    parts = (f'"?{re.escape(segment)}"?' for segment in key.split("."))
    dotted = r"\s*\.\s*".join(parts)
    name = re.compile(rf'(?<![\w."]){dotted}(?![\w"])', re.IGNORECASE)
    text = reader.sql.text
    closed = [r for r in regions(text) if r.place is not Place.NAME]
    for found in name.finditer(text):
        if not any(region.start <= found.start() < region.end for region in closed):
            return reader.sql.span(found.start(), found.end() - found.start())
    return reader.span
