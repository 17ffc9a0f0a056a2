"""Selections as schedules and sensors name them: resolved on a graph, without asking storages."""

from collections.abc import Mapping
from dataclasses import dataclass

from freshline.errors import UsageError
from freshline.lineage.graph import Graph, downstreams
from freshline.lineage.selection import Selectable, parse, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The assets that a selection means, or why that cannot be said."""

    keys: frozenset[str] = frozenset()
    error: str = ""


def chosen(graph: Graph, text: str) -> Chosen:
    """Return the assets that a selection means in a graph; an empty one means all of them."""
    if not text.strip():
        return Chosen(keys=frozenset(graph.assets))
    try:
        found = resolve(parse(text), _subject(graph))
    except UsageError as error:
        return Chosen(error=error.message.partition("\n")[0])
    return Chosen(keys=found & graph.assets.keys())


def _subject(graph: Graph) -> Selectable:
    upstreams = {key: asset.upstreams for key, asset in graph.assets.items()}
    files: dict[str, list[str]] = {}
    for key in (*graph.sources, *graph.assets):
        files.setdefault(graph.definition_of(key).file, []).append(key)
    return Selectable(
        keys=(*graph.sources, *graph.assets, *graph.quarantined),
        upstream=upstreams,
        downstream=downstreams(upstreams),
        facets=_facets(graph),
        files={file: tuple(keys) for file, keys in files.items()},
    )


def _facets(graph: Graph) -> Mapping[str, Mapping[str, frozenset[str]]]:
    found: dict[str, dict[str, set[str]]] = {
        name: {} for name in ("tag", "owner", "group", "kind", "storage")
    }
    for key, asset in graph.assets.items():
        definition = asset.definition
        said = [("tag", tag) for tag in definition.tags]
        said += [("group", definition.group), ("kind", definition.kind.value)]
        said.append(("storage", definition.storage or graph.project.default_storage))
        if definition.owner:
            said.append(("owner", definition.owner))
        for name, value in said:
            found[name].setdefault(value, set()).add(key)
    return {
        name: {value: frozenset(keys) for value, keys in values.items()}
        for name, values in found.items()
    }
