"""Apply: make a selection fresh. Lease, recover, look, plan, run, and the views at the end.

Several applies may be at work in one environment: they share its lease, take turns at each asset
(see turn.py), and settle only what dead runs have left. A rename moves what others may be reading,
so an apply that finds one begins once more, alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from freshline.errors import UsageError
from freshline.events import Event, RunRequested
from freshline.execute.calling import forget_calls
from freshline.execute.checking import accepted_standing
from freshline.execute.drop import as_agreed
from freshline.execute.opening import news, opening
from freshline.execute.place import Place
from freshline.execute.place_views import refresh_views
from freshline.execute.present import Present
from freshline.execute.recover import catching_up, settle
from freshline.execute.run import GOOD
from freshline.execute.run_log import RunLog
from freshline.execute.runner import Patience, Progress, RunReport, execute
from freshline.execute.setting import Accepting, Setting
from freshline.execute.take_over import take_over
from freshline.execute.verified import verified
from freshline.ports import Holder, Ports, Wait
from freshline.reconcile.facts import Facts
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
    `wait` is called while somebody has the environment alone, and without it that is an error.
    With `narrow`, only what the selection hangs on is looked at: nothing is found out beside it.
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
    wait: Wait | None = None
    narrow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of it: no report where there was nothing to do.

    `left_out` says of what was to be done that nobody agreed to it.
    """

    plan: Plan
    report: RunReport | None
    problems: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def apply(
    place: Place,
    ports: Ports,
    order: Order,
    agree: Callable[[Plan], None],
    show: Callable[[Progress], None],
) -> Applied:
    """Make the wished assets fresh; `agree` sees the plan first and may raise to stop it.

    BusyError when somebody has the environment alone and the order does not wait; UsageError when
    the plan is not the expected one any more, or when something pinned or paused was to be built by
    force. Steps that fail are in the report; everything else goes on.
    """
    run = order.run or ports.ids.new()
    order = replace(order, holder=replace(order.holder, run=run))
    is_alone = False
    while True:
        lease = ports.events.acquire(order.holder, shared=not is_alone, wait=order.wait)
        try:
            applied = _applied(place, ports, order, agree, show, is_alone)
        finally:
            lease.release()
        if applied is not None:
            return applied
        is_alone = True


def _applied(
    place: Place,
    ports: Ports,
    order: Order,
    agree: Callable[[Plan], None],
    show: Callable[[Progress], None],
    is_alone: bool,
) -> Applied | None:
    """Apply under the lease; None, and nothing was done, where it has to be held alone."""
    run, holder = order.holder.run, order.holder
    if not is_alone:  # else it has looked before, and may have settled what others left
        _refuse_again(order, ports)
    state = ports.events.snapshot(place.graph.project.name, place.environment)
    problems = settle(run, holder, state, ports)
    seen = _look(place, ports, order)
    if seen.facts.renames and not is_alone:
        return None
    if order.wish.force and order.wish.selected is not None:
        refuse_force(seen.facts, order.wish.selected)
    plan, facts = plan_from(seen, ports, order.wish)
    setting = _setting(place, ports, order, run, facts)
    targets = {found.asset: facts.target(found.asset) for found in plan.failing}
    if accepted := accepted_standing(setting, plan.failing, targets):
        ports.events.append(accepted)
        seen = _look(place, ports, order)
        plan, facts = plan_from(seen, ports, order.wish)
    _insist(order, plan)
    agree(plan)
    plan, left_out = as_agreed(plan, order.may_drop)
    if plan.renamed:
        take_over(run, facts, ports)
        seen = _look(place, ports, order)
        plan, facts = _again(seen, ports, order, plan)
    present = Present(ports.events, holder, facts.state)
    with catching_up(run, holder, seen, ports) as caught_up:
        if not plan.steps:
            _write_down(run, caught_up, plan, facts, ports)
        else:
            begin = opening(plan, facts, setting, holder.actor, order.command)
            ports.events.append((*begin, *caught_up))
    report, builds = None, facts.builds
    if plan.steps:
        setting = replace(
            setting,
            windows=windows_read(place.graph, facts.builds),
            planned=frozenset(step.asset for step in plan.steps),
            present=present,
        )
        report, builds = _logged(place, plan, facts, setting, order, show)
        if unmoved := [*verified(plan, facts, builds, ports.clock.now(), run)]:
            ports.events.append(unmoved)
    refresh_views(place, ports, present, builds)
    return Applied(plan=plan, report=report, problems=problems, left_out=left_out)


def _look(place: Place, ports: Ports, order: Order) -> Look:
    only = order.wish.selected if order.narrow else None
    return look(place.graph, place.root, place.environment, ports, only)


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


def _refuse_again(order: Order, ports: Ports) -> None:
    """Raise UsageError where there is a run already under the id that is wanted."""
    if order.run is None:
        return
    known = ports.events.events(run=order.run, limit=10)
    if any(not isinstance(recorded.event, RunRequested) for recorded in known):
        raise UsageError(f"there is a run {order.run} already", help="give the new one an id")


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
