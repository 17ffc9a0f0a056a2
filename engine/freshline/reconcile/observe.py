"""One look at the world before a plan: sources probed, heads inspected, records fetched.

This is the only room of reconciling that does I/O, and the only one that reads the clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from freshline.errors import CorruptError, Diagnostic
from freshline.keys import Target
from freshline.lineage.canonical import rules_of
from freshline.lineage.graph import Graph, needed_by, without
from freshline.lineage.sources import probe
from freshline.ports import Condition, EventLog, Inspection, Sight, Storage
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import config, storage_of
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Action, Plan, Wish
from freshline.reconcile.renames import (
    former_keys,
    pending,
    renamed_build,
    renamed_logic,
    renamed_view,
    under_new_keys,
)
from freshline.reconcile.slicing import EngineSlices
from freshline.reconcile.staleness import same_logic
from freshline.state import Observation, Pin, State
from freshline.versions import Build, Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The facts, the part of the graph that was looked at, and what apply has to write down.

    `unrecorded` are versions that the storage has and the catalog does not; `restamped` versions
    whose bytes are the same under another stamp.
    """

    facts: Facts
    part: Graph
    unrecorded: tuple[Manifest, ...] = ()
    restamped: tuple[tuple[Target, str], ...] = ()


def look(
    graph: Graph, root: Path, environment: str, sight: Sight, only: frozenset[str] | None = None
) -> Look:
    """Return what is true now of a project in an environment.

    With `only`, storages and files are asked for no more than verdicts on these assets hang on; of
    everything else what is on record is taken for true.
    """
    project = graph.project.name
    now = sight.clock.now()
    state = sight.events.snapshot(project, environment)
    renames = pending(graph, environment, state)
    state = under_new_keys(graph, environment, state, renames)
    former = former_keys(graph, environment, state)
    part = graph if only is None or renames else needed_by(graph, only)
    builds: dict[str, Build] = {}
    inspections: dict[str, Inspection] = {}
    unrecorded: list[Manifest] = []
    restamped: list[tuple[Target, str]] = []
    for key, asset in graph.assets.items():
        target = Target(project, environment, key)
        build, inspection, manifest = state.of(target).build, None, None
        if key in part.assets:
            storage = sight.storages[storage_of(asset.definition, graph.project)]
            build, inspection, manifest = _inspect(storage, state, target)
        if build is not None:
            build = renamed_build(build, former)
            builds[key] = renamed_view(build, former) if asset.is_view else build
        if inspection is not None:
            if inspection.detail:  # relative paths: a plan says the same wherever the project lies
                detail = inspection.detail.replace(f"{root}/", "")
                inspection = inspection._replace(detail=detail)
            inspections[key] = inspection
            if inspection.condition is Condition.RESTAMPED:
                restamped.append((target, inspection.stamp))
        if manifest is not None:
            unrecorded.append(manifest)
    wishes = {key: state.of(Target(project, environment, key)) for key in graph.assets}
    pins = {k: s.pin for k, s in wishes.items() if s.pin is not None and s.pin.holds(now)}
    sources, unreadable = _probe(part, root, state, environment, now)
    part = without(part, unreadable)
    facts = Facts(
        graph=without(graph, unreadable),
        state=state,
        project=project,
        environment=environment,
        builds=builds,
        inspections=inspections,
        sources=sources,
        logic={manifest.version.mat_id: manifest.logic for manifest in unrecorded},
        history=_left(part, sight, pins, builds, environment),
        pins=pins,
        pauses={key: known.pause for key, known in wishes.items() if known.pause is not None},
        renames=renames,
        former=former,
        now=now,
    )
    return Look(facts=facts, part=part, unrecorded=tuple(unrecorded), restamped=tuple(restamped))


def plan_from(look: Look, sight: Sight, wish: Wish) -> tuple[Plan, Facts]:
    """Return the plan, and the facts with the records that its verdicts asked for.

    Of a look at a part of the graph only, the wish has to select something within that.
    """
    plan, facts = _planned(replace(look.facts, graph=look.part), sight, wish)
    return plan, replace(facts, graph=look.facts.graph)


def _planned(facts: Facts, sight: Sight, wish: Wish) -> tuple[Plan, Facts]:
    facts = _with_logic(facts, sight.events)
    facts = replace(facts, slices=EngineSlices(facts.graph, facts.builds, facts.logic))
    first = make_plan(facts, wish)
    if not first.steps:
        return first, facts
    found = {
        step.asset: kept(sight, facts.graph, facts.target(step.asset), facts.former)
        for step in first.steps
        if step.action not in (Action.CHECK, Action.DROP)
        and step.asset not in facts.history
        and facts.state.of(facts.target(step.asset)).build is not None
    }
    facts = replace(facts, history={**facts.history, **found})
    # Without an older version to point back to, planning once more would say the same.
    older = any(_others(facts.builds.get(key), kept) for key, kept in found.items())
    return (make_plan(facts, wish) if older else first), facts


def _inspect(
    storage: Storage, state: State, target: Target
) -> tuple[Build | None, Inspection | None, Manifest | None]:
    """Return the current build, how it compares with the record, and a manifest not on record."""
    recorded = state.of(target).build
    try:
        if recorded is None:
            manifest = storage.current(target)
        else:
            inspection = storage.inspect(recorded.version, recorded.stamp)
            if inspection.condition is Condition.GONE:
                return None, inspection, None
            if inspection.condition is not Condition.NEWER:
                return recorded, inspection, None
            manifest = storage.current(recorded.version.target)
    except CorruptError as error:
        return recorded, Inspection(Condition.DAMAGED, detail=error.message), None
    if manifest is None:
        return None, None, None
    stamp = storage.stamp(manifest.version)
    build = Build(version=manifest.version, trace=manifest.trace, stamp=stamp)
    # Nobody vouches for its bytes yet: they are read and compared with the record beside them.
    found = storage.inspect(manifest.version, "")
    if found.condition is Condition.DAMAGED:
        return build, found, manifest
    return build, Inspection(Condition.INTACT, stamp), manifest


def _left(
    graph: Graph,
    sight: Sight,
    pins: Mapping[str, Pin],
    builds: Mapping[str, Build],
    environment: str,
) -> Mapping[str, tuple[Build, ...]]:
    """Return the version that an asset is pinned to, where it is not current and still there."""
    found: dict[str, tuple[Build, ...]] = {}
    for key, pin in pins.items():
        build = builds.get(key)
        if key not in graph.assets:
            continue
        if build is None or build.version.mat_id != pin.mat_id:
            storage = sight.storages[storage_of(graph.assets[key].definition, graph.project)]
            target = Target(graph.project.name, environment, key)
            older = latest_of(storage, target, pin.mat_id)
            found[key] = () if older is None else (older,)
    return found


def latest_of(storage: Storage, target: Target, mat_id: str) -> Build | None:
    """Return the last version that shows what an attempt computed, None where none is whole."""
    for number in reversed(storage.numbers(target)):
        try:
            manifest = storage.manifest(target, number)
        except CorruptError:
            continue
        if manifest.version.mat_id == mat_id:
            stamp = storage.stamp(manifest.version)
            build = Build(version=manifest.version, trace=manifest.trace, stamp=stamp)
            return build if stamp else None
    return None


def _probe(
    graph: Graph, root: Path, state: State, environment: str, now: float
) -> tuple[Mapping[str, Observation], tuple[Diagnostic, ...]]:
    """Return what was seen of the sources, and a finding for each that cannot be read any more."""
    observed: dict[str, Observation] = {}
    unreadable: list[Diagnostic] = []
    for key, source in graph.sources.items():
        known = state.of(Target(graph.project.name, environment, key)).observation
        try:
            observed[key] = probe(root, source.files, known, now, source.definition.probe)
        except OSError as error:
            name = str(error.filename).replace(f"{root}/", "")
            finding = Diagnostic(
                code="E101",
                message=f"cannot read {key}: {error.strerror}: {name}",
                span=source.definition.span,
                fix="restore the file, or change the source's path",
                asset=key,
            )
            unreadable.append(finding)
    return observed, tuple(unreadable)


def _with_logic(facts: Facts, events: EventLog) -> Facts:
    """Fetch the old text of what was built by other logic, for comparison and for words."""
    wanted = [
        build.version.mat_id
        for key, asset in facts.graph.assets.items()
        if (build := facts.builds.get(key)) is not None
        and (
            build.trace.code_version != asset.code_version
            or build.trace.canonicaliser != rules_of(asset.code)
        )
    ]
    if not wanted:
        return facts
    # A view is published anew where what it reads is called otherwise: its record is its query.
    views = {
        facts.builds[key].version.mat_id
        for key, asset in facts.graph.assets.items()
        if asset.is_view and key in facts.builds
    }
    logic = {**events.logic(wanted), **facts.logic}
    renamed = {
        mat_id: each if mat_id in views else renamed_logic(each, facts.former)
        for mat_id, each in logic.items()
    }
    return replace(facts, logic=renamed)


def kept(
    sight: Sight, graph: Graph, target: Target, former: Mapping[str, str]
) -> tuple[Build, ...]:
    """Return the builds of an asset by its present logic whose bytes are where they were put.

    `former` leads from keys that were to those that are.
    """
    asset, project = graph.assets[target.asset], graph.project
    storage = sight.storages[storage_of(asset.definition, project)]
    settings = config(asset.definition, project)
    found = (
        build
        for build in sight.events.builds(target)
        if same_logic(build, asset) and build.trace.config == settings and _is_whole(storage, build)
    )
    return tuple(renamed_build(build, former) for build in found)


def _others(current: Build | None, kept: Iterable[Build]) -> bool:
    """Say whether any of these builds is another than the current one."""
    return any(current is None or b.version.mat_id != current.version.mat_id for b in kept)


def _is_whole(storage: Storage, build: Build) -> bool:
    """Say whether an older build's bytes are those that were written."""
    stamp = storage.stamp(build.version)
    return bool(stamp) and (stamp == build.stamp or not storage.verify(build.version))
