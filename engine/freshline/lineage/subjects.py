"""What can be selected from: a graph as selections ask of it, the same for whoever asks."""

from collections.abc import Mapping

from freshline.code import Code
from freshline.lineage.graph import Graph, downstreams
from freshline.lineage.selection import Selectable
from freshline.survey import Language

_FACETS = ("tag", "owner", "group", "kind", "language", "storage")


def subject_of(
    graph: Graph, more: Mapping[str, Mapping[str, set[str]]] | None = None
) -> Selectable:
    """Return what can be selected from a graph; `more` are facets that it does not know by itself.

    Of what is set aside nothing more is known than what it is set aside with, and in which files.
    """
    upstreams = {key: asset.upstreams for key, asset in graph.assets.items()}
    upstreams |= {
        key: (aside.because,) if aside.because in graph.quarantined else ()
        for key, aside in graph.quarantined.items()
    }
    files: dict[str, set[str]] = {}
    for key in (*graph.sources, *graph.assets):
        files.setdefault(graph.definition_of(key).file, set()).add(key)
    for finding in graph.diagnostics:
        aside = finding.asset
        if finding.span is not None and aside is not None and aside in graph.quarantined:
            files.setdefault(finding.span.file, set()).add(aside)
    return Selectable(
        keys=(*graph.sources, *graph.assets, *graph.quarantined),
        upstream=upstreams,
        downstream=downstreams(upstreams),
        facets={
            name: {value: frozenset(keys) for value, keys in values.items()}
            for name, values in (_facets(graph) | dict(more or {})).items()
        },
        files={file: tuple(sorted(keys)) for file, keys in files.items()},
    )


def language_of(code: Code | None) -> Language:
    """Return what an asset is written in."""
    if code is None:
        return Language.SQL
    return Language.COMMAND if code.command else Language.PYTHON


def _facets(graph: Graph) -> dict[str, Mapping[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = {name: {} for name in _FACETS}
    for key, asset in graph.assets.items():
        definition = asset.definition
        values = [("tag", tag) for tag in definition.tags]
        values += [("group", definition.group), ("kind", definition.kind.value)]
        values.append(("language", language_of(asset.code).value))
        values.append(("storage", definition.storage or graph.project.default_storage))
        if definition.owner:
            values.append(("owner", definition.owner))
        for name, value in values:
            found[name].setdefault(value, set()).add(key)
    return {**found}
