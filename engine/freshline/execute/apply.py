"""Apply: make a selection fresh. Lease, recover, look, plan, run, and the views at the end."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from freshline.codec import digest_of
from freshline.errors import UsageError
from freshline.events import Event, RunRequested
from freshline.execute.aside import last_versions
from freshline.execute.calling import forget_calls
from freshline.execute.checking import accepted_standing
from freshline.execute.drop import as_agreed
from freshline.execute.opening import news, opening
from freshline.execute.recover import close_attempts, recorded
from freshline.execute.run import GOOD
from freshline.execute.run_log import RunLog
from freshline.execute.runner import Patience, Progress, RunReport, execute
from freshline.execute.setting import Accepting, Relearn, Setting, nothing_learns
from freshline.execute.take_over import take_over
from freshline.execute.verified import verified
from freshline.keys import Target
from freshline.lineage.canonical import upstreams_in, view_relation
from freshline.lineage.graph import Graph
from freshline.lineage.sources import relation as source_relation
from freshline.ports import Holder, Ports, Storage
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import storage_of
from freshline.reconcile.held import refuse_force
from freshline.reconcile.inputs import windows_read
from freshline.reconcile.observe import Look, look, plan_from
from freshline.reconcile.planned import Action, Plan, Wish
from freshline.versions import Build


def _nobody(keys: tuple[str, ...]) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be applied, and for whom: `expected` is the plan id the caller agreed to.

    `accepting` are the failing checks that the caller takes as they are. `patience` is how
    steps that failed are tried again. `may_drop` is asked, with their keys, whether assets that
    nobody declares any more are dropped. `run` is the id that the run is to have, None for a new.
    """

    wish: Wish
    holder: Holder
    command: str
    jobs: int
    expected: str | None = None
    accepting: Accepting | None = None
    patience: Patience = field(default_factory=Patience)
    may_drop: Callable[[tuple[str, ...]], bool] = _nobody
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of it: no report where there was nothing to do.

    `left_out` says of what was to be done that nobody agreed to it.
    """

    plan: Plan
    report: RunReport | None
    problems: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an apply works: a compiled project, an environment of it, its file of views.

    `logs` is the folder for the logs of runs; without one none are written. `relearn` compiles the
    project again with these columns of what code makes.
    """

    graph: Graph
    root: Path
    environment: str
    views: Path | None = None
    logs: Path | None = None
    relearn: Relearn = nothing_learns

    def target(self, key: str) -> Target:
        """Return the address of an asset's state here."""
        return Target(self.graph.project.name, self.environment, key)


def apply(
    place: Place,
    ports: Ports,
    order: Order,
    agree: Callable[[Plan], None],
    show: Callable[[Progress], None],
) -> Applied:
    """Make the wished assets fresh; `agree` sees the plan first and may raise to stop it.

    BusyError when another apply holds the environment; UsageError when the plan is not the expected
    one any more, or when something pinned or paused was to be built by force. Steps that fail are
    in the report; everything else goes on.
    """
    lease = ports.events.acquire(order.holder)
    try:
        run = _run_id(order, ports)
        state = ports.events.snapshot(place.graph.project.name, place.environment)
        problems = close_attempts(run, state, ports.storages, ports)
        seen = look(place.graph, place.root, place.environment, ports)
        if order.wish.force and order.wish.selected is not None:
            refuse_force(seen.facts, order.wish.selected)
        plan, facts = plan_from(seen, ports, order.wish)
        setting = _setting(place, ports, order, run, facts)
        targets = {found.asset: facts.target(found.asset) for found in plan.failing}
        if accepted := accepted_standing(setting, plan.failing, targets):
            ports.events.append(accepted)
            seen = look(place.graph, place.root, place.environment, ports)
            plan, facts = plan_from(seen, ports, order.wish)
        _insist(order, plan)
        agree(plan)
        plan, left_out = as_agreed(plan, order.may_drop)
        if plan.renamed:
            take_over(run, facts, ports)
            seen = look(place.graph, place.root, place.environment, ports)
            plan, facts = _again(seen, ports, order, plan)
        caught_up = recorded(run, seen, ports)
        if not plan.steps:
            _write_down(run, caught_up, plan, facts, ports)
            refresh_views(place, ports, facts.builds)
            return Applied(plan=plan, report=None, problems=problems, left_out=left_out)
        begin = opening(plan, facts, setting, order.holder.actor, order.command)
        ports.events.append((*begin, *caught_up))
        setting = replace(
            setting,
            windows=windows_read(place.graph, facts.builds),
            planned=frozenset(step.asset for step in plan.steps),
        )
        report, builds = _logged(place, plan, facts, setting, order, show)
        if unmoved := [*verified(plan, facts, builds, ports.clock.now(), run)]:
            ports.events.append(unmoved)
        refresh_views(place, ports, builds)
        return Applied(plan=plan, report=report, problems=problems, left_out=left_out)
    finally:
        lease.release()


def _setting(place: Place, ports: Ports, order: Order, run: str, facts: Facts) -> Setting:
    return Setting(
        run=run,
        root=place.root,
        graph=place.graph,
        ports=ports,
        sources=facts.sources,
        accepting=order.accepting,
        relearn=place.relearn,
    )


def _run_id(order: Order, ports: Ports) -> str:
    """Return the id of the run; UsageError where there is one under it already."""
    if order.run is None:
        return ports.ids.new()
    known = ports.events.events(run=order.run, limit=10)
    if any(not isinstance(recorded.event, RunRequested) for recorded in known):
        raise UsageError(f"there is a run {order.run} already", help="give the new one an id")
    return order.run


def _insist(order: Order, plan: Plan) -> None:
    """Refuse a plan that is another than the caller agreed to."""
    if order.expected is not None and plan.plan_id != order.expected:
        raise UsageError(
            f"the world has changed: this would be plan {plan.plan_id}, not {order.expected}",
            help="read the new plan with `freshline plan`, then apply that one",
        )


def _write_down(
    run: str, caught_up: Iterable[Event], plan: Plan, facts: Facts, ports: Ports
) -> None:
    """Record what was found out without a step."""
    at = ports.clock.now()
    quiet = (*caught_up, *news(facts, at, run), *verified(plan, facts, facts.builds, at, run))
    if quiet:
        ports.events.append(quiet)


def _again(seen: Look, ports: Ports, order: Order, agreed: Plan) -> tuple[Plan, Facts]:
    """Return the plan under the keys that are written down by now: the same, as it was agreed."""
    plan, facts = plan_from(seen, ports, order.wish)
    steps = tuple(s for s in plan.steps if s.action is not Action.DROP or s in agreed.steps)
    return replace(plan, steps=steps, renamed=agreed.renamed), facts


def _logged(
    place: Place,
    plan: Plan,
    facts: Facts,
    setting: Setting,
    order: Order,
    show: Callable[[Progress], None],
) -> tuple[RunReport, Mapping[str, Build]]:
    """Execute a plan, and keep a log of it beside what is shown."""
    log = RunLog(place.logs, setting.run, setting.ports.clock)
    setting = replace(setting, tell=log.line)

    def told(now: Progress) -> None:
        is_known = now.asset in facts.graph.assets or now.asset in facts.graph.sources
        log.progress(now, str(facts.graph.span_of(now.asset)) if is_known else "")
        show(now)

    try:
        log.began(plan, facts, order.holder.actor, order.command)
        report, builds = execute(plan, facts, setting, order.jobs, told, order.patience)
        log.ended(report)
    finally:
        log.close()
        forget_calls(place.root, setting.run)
    return report, builds


def succeeded(applied: Applied) -> bool:
    """Say whether everything that was asked for is fresh now."""
    report = applied.report
    done = report is None or all(status in GOOD for status in report.status.values())
    well = not any(found.blocks for found in applied.plan.failing)
    return done and well and not applied.plan.quarantined and not applied.problems


def relations(
    place: Place, storages: Mapping[str, Storage], builds: Mapping[str, Build]
) -> dict[str, str]:
    """Return how DuckDB reads the current version of every asset, and every source.

    What is set aside is read as it was last built. A view stands for its query; one that reads what
    has no version now is left out.
    """
    graph = place.graph
    found = {
        key: source_relation(place.root, source.definition, source.files)
        for key, source in graph.sources.items()
    }
    views: dict[str, str] = {}
    for key, asset in graph.assets.items():
        build = builds.get(key)
        if build is None:
            continue
        if build.version.query:
            views[key] = build.version.query
            continue
        storage = storages[storage_of(asset.definition, graph.project)]
        found[key] = storage.relation(build.version)
    for key, (storage, manifest) in last_versions(graph, place.environment, storages).items():
        if manifest.version.query:
            views[key] = manifest.version.query
        else:
            found[key] = storage.relation(manifest.version)
    seen = {
        key: view_relation(query, found)
        for key, query in views.items()
        if found.keys() >= {*upstreams_in(query)}
    }
    return {**found, **seen}


def refresh_views(place: Place, ports: Ports, builds: Mapping[str, Build]) -> None:
    """Bring the views up to what is current, also where an earlier run died before it did."""
    if place.views is None:
        return
    # Versions only: a source has none, and what its files say by now nobody has built from yet.
    every = relations(place, ports.storages, builds)
    wanted = {key: text for key, text in every.items() if key not in place.graph.sources}
    note = place.root / ".freshline" / f"{place.views.name}.digest"
    macros = [macro.text for macro in place.graph.macros.values()]
    digest = digest_of([wanted, macros])
    if place.views.exists() and note.exists() and note.read_text() == digest:
        return
    from freshline.execute.views import write_views  # DuckDB, which a mere look has no need of

    write_views(place.views, wanted, macros, place.graph.quarantined)
    with suppress(OSError):  # without the note they are written once more next time
        note.write_text(digest)
