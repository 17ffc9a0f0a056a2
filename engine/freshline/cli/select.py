"""From the words on a command line to the assets they mean."""

from collections.abc import Mapping, Sequence

from freshline.cli.compose import Project
from freshline.errors import UsageError
from freshline.lineage.graph import downstreams
from freshline.lineage.selection import Selectable, parse, resolve
from freshline.reconcile.fingerprint import storage_of
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.plan import Wish
from freshline.suggest import closest


def selected(project: Project, words: Sequence[str]) -> frozenset[str] | None:
    """Return the assets that a selection means; None, for all, where there are no words."""
    if not words:
        return None
    text = " ".join(words)
    return resolve(parse(text), _subject(project, with_states="state:" in text))


def one_asset(project: Project, key: str) -> str:
    """Return the key of one asset or source, or raise UsageError with the nearest ones."""
    graph = project.graph
    if key in graph.assets or key in graph.sources:
        return key
    if (aside := graph.quarantined.get(key)) is not None:
        why = f"with {aside.because}" if aside.because else f"({aside.code})"
        raise UsageError(f"{key} is set aside {why}", help="see `freshline validate`")
    near = closest(key, [*graph.assets, *graph.sources])
    hint = f'did you mean "{near[0]}"?' if near else "see `freshline status` for all of them"
    raise UsageError(f'there is no asset "{key}"', help=hint)


def _subject(project: Project, *, with_states: bool) -> Selectable:
    graph = project.graph
    upstreams = {key: asset.upstreams for key, asset in graph.assets.items()}
    files: dict[str, set[str]] = {}
    for key in (*graph.sources, *graph.assets):
        files.setdefault(graph.definition_of(key).file, set()).add(key)
    return Selectable(
        keys=(*graph.sources, *graph.assets),
        upstream=upstreams,
        downstream=downstreams(upstreams),
        facets=_facets(project, with_states=with_states),
        files={file: tuple(sorted(keys)) for file, keys in files.items()},
    )


def _facets(project: Project, *, with_states: bool) -> Mapping[str, Mapping[str, frozenset[str]]]:
    found: dict[str, dict[str, set[str]]] = {
        name: {} for name in ("tag", "owner", "group", "kind", "storage")
    }
    for key, asset in project.graph.assets.items():
        definition = asset.definition
        values = [("tag", tag) for tag in definition.tags]
        values += [("group", definition.group), ("kind", definition.kind.value)]
        values.append(("storage", storage_of(definition, project.graph.project)))
        if definition.owner:
            values.append(("owner", definition.owner))
        for name, value in values:
            found[name].setdefault(value, set()).add(key)
    if with_states:
        found["state"] = _states(project)
    return {
        name: {value: frozenset(keys) for value, keys in values.items()}
        for name, values in found.items()
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
        states["missing" if step.action == "create" else "stale"].add(step.asset)
    states["stale"] |= {found.asset for found in plan.blocked}
    return states
