"""From the words on a command line to the assets they mean."""

from collections.abc import Mapping, Sequence

from freshline.cli.compose import Project
from freshline.errors import UsageError
from freshline.execute.aside import last_version
from freshline.lineage.graph import WAITS, Graph, awaited, downstreams
from freshline.lineage.selection import Selectable, parse, resolve
from freshline.reconcile.entries import language_of
from freshline.reconcile.fingerprint import storage_of
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Wish
from freshline.suggest import closest


def selected(
    project: Project, words: Sequence[str], *, with_aside: bool = False
) -> frozenset[str] | None:
    """Return the assets that a selection means; None, for all, where there are no words.

    What is set aside is left out, save for those who tell it apart; UsageError where nothing else
    is meant.
    """
    if not words:
        return None
    text = " ".join(words)
    found = resolve(parse(text), _subject(project, text))
    found |= awaited(project.graph, found)
    aside = found & project.graph.quarantined.keys()
    if with_aside or not aside:
        return found
    if aside == found:
        first = aside_text(project.graph, min(aside))
        more = f", and so are {len(aside) - 1} more" if len(aside) > 1 else ""
        raise UsageError(first + more, help="see `freshline validate`")
    return found - aside


def one_asset(
    project: Project, key: str, *, may_be_aside: bool = False, is_any: bool = False
) -> str:
    """Return the key of one asset or source, or raise UsageError with the nearest ones.

    What is set aside is refused, save by those who can do with its last version, or with any key.
    """
    graph = project.graph
    if key in graph.assets or key in graph.sources:
        return key
    if key in graph.quarantined:
        if is_any:
            return key
        if may_be_aside and last_version(project.place.target(key), project.storages.values()):
            return key
        raise UsageError(aside_text(graph, key), help="see `freshline validate`")
    near = closest(key, [*graph.assets, *graph.sources, *graph.quarantined])
    hint = f'did you mean "{near[0]}"?' if near else "see `freshline status` for all of them"
    raise UsageError(f'there is no asset "{key}"', help=hint)


def aside_text(graph: Graph, key: str) -> str:
    """Return that an asset is set aside, and what is to blame."""
    aside = graph.quarantined[key]
    why = f"with {aside.because}" if aside.because else f"({aside.code})"
    if aside.code == WAITS:
        return f"{key} waits for the columns of {aside.because}"
    return f"{key} is set aside {why}"


def _subject(project: Project, text: str) -> Selectable:
    graph = project.graph
    upstreams = {key: asset.upstreams for key, asset in graph.assets.items()}
    # Of what is set aside nothing more is known than what it is set aside with.
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
        facets=_facets(project, text),
        files={file: tuple(sorted(keys)) for file, keys in files.items()},
    )


def _facets(project: Project, text: str) -> Mapping[str, Mapping[str, frozenset[str]]]:
    found: dict[str, dict[str, set[str]]] = {
        name: {} for name in ("tag", "owner", "group", "kind", "language", "storage")
    }
    for key, asset in project.graph.assets.items():
        definition = asset.definition
        values = [("tag", tag) for tag in definition.tags]
        values += [("group", definition.group), ("kind", definition.kind.value)]
        values.append(("language", language_of(asset.code).value))
        values.append(("storage", storage_of(definition, project.graph.project)))
        if definition.owner:
            values.append(("owner", definition.owner))
        for name, value in values:
            found[name].setdefault(value, set()).add(key)
    if "state:" in text:
        found["state"] = _states(project)
    if "changed:" in text:
        found["changed"] = _seeing(project)
    return {
        name: {value: frozenset(keys) for value, keys in values.items()}
        for name, values in found.items()
    }


def _seeing(project: Project) -> dict[str, set[str]]:
    """Return by `key.column`, in lower case, the assets that see a column."""
    from freshline.lineage.readers import readers_of_columns  # views are asked about: DuckDB

    return {
        f"{key}.{name}".lower(): set(readers)
        for key, columns in readers_of_columns(project.graph).items()
        for name, readers in columns.items()
    }


def _states(project: Project) -> dict[str, set[str]]:
    seen = look(project.graph, project.root, project.environment, project.sight)
    plan, _ = plan_from(seen, project.sight, Wish())
    states: dict[str, set[str]] = {"fresh": set(), "stale": set(), "missing": set()}
    states["fresh"] = {fresh.asset for fresh in plan.fresh}
    for step in plan.steps:
        if step.action == "check":  # what is built is fresh; what was not checked is not stale
            states["fresh"] |= {step.asset} & project.graph.assets.keys()
            continue
        if step.action == "drop":  # what nobody declares cannot be selected
            continue
        states["missing" if step.action == "create" else "stale"].add(step.asset)
    states["stale"] |= {found.asset for found in plan.blocked}
    states["pinned"] = {held.asset for held in plan.pinned}
    states["paused"] = {held.asset for held in plan.paused}
    states["fresh"] -= states["pinned"] | states["paused"]
    return states
