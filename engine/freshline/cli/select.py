"""From the words on a command line to the assets they mean."""

from collections.abc import Sequence

from freshline.cli.compose import Project
from freshline.errors import UsageError
from freshline.execute.aside import last_version
from freshline.lineage.graph import WAITS, Graph, awaited
from freshline.lineage.selection import Selectable, parse, resolve
from freshline.lineage.subjects import subject_of
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
    found = named(project, words)
    found |= awaited(project.graph, found)
    aside = found & project.graph.quarantined.keys()
    if with_aside or not aside:
        return found
    if aside == found:
        first = aside_text(project.graph, min(aside))
        more = f", and so are {len(aside) - 1} more" if len(aside) > 1 else ""
        raise UsageError(first + more, help="see `freshline validate`")
    return found - aside


def named(project: Project, words: Sequence[str]) -> frozenset[str]:
    """Return exactly what a selection names, whether it is set aside or not."""
    text = " ".join(words)
    return resolve(parse(text), _subject(project, text))


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
    more: dict[str, dict[str, set[str]]] = {}
    if "state:" in text:
        more["state"] = _states(project)
    if "changed:" in text:
        more["changed"] = _seeing(project)
    return subject_of(project.graph, more)


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
