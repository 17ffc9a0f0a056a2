"""The plan: which steps, in which order, with which reasons. Verdicts in, frozen steps out.

The plan's id is the digest of everything else in it: equal worlds give equal plans, byte for byte.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from freshline.codec import digest_of
from freshline.lineage.graph import Asset, Graph, downstreams, reach
from freshline.reconcile import checks, held
from freshline.reconcile.checks import Standing
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import source_version, spec, spec_digest
from freshline.reconcile.planned import (
    Action,
    Blocked,
    Fresh,
    MetadataChange,
    Plan,
    Quarantined,
    Rename,
    Step,
    Wish,
    report,
)
from freshline.reconcile.staleness import Judgement, judge
from freshline.reconcile.trust import heuristic, trusted
from freshline.verdicts import SETTLED, Reason, ReasonKind, Verdict


def make_plan(facts: Facts, wish: Wish) -> Plan:
    """Return the plan that makes the selected assets fresh, with what they need on the way."""
    graph = facts.graph
    upstreams = {key: asset.upstreams for key, asset in graph.assets.items()}
    needs = {key: asset.needs for key, asset in graph.assets.items()}
    every = frozenset(upstreams)
    selected = every if wish.selected is None else wish.selected & every
    # What stays as it is needs nothing of what it reads.
    above = {k: () if k in facts.pins or k in facts.pauses else n for k, n in needs.items()}
    active = selected if wish.only else reach(selected, above) & every
    judgements = judge(facts, active, selected if wish.force else (), asked_for(facts, wish))
    shown = [key for key in graph.assets if key in active]
    read = {need for key in active for need in needs[key]}
    sources = [key for key in graph.sources if key in read]
    acting = {key for key in shown if judgements[key].verdict not in SETTLED}
    contents = _contents(facts, judgements, acting)
    failing = _failing(facts, contents, acting, (*sources, *shown))
    blocked = held.blocked(facts, judgements, acting, failing)
    # What can do without something that is blocked does not wait for it.
    if blocked and any(graph.can_do_without(key) & blocked.keys() for key in acting):
        rest = active - blocked.keys()
        judgements |= judge(facts, rest, selected if wish.force else (), asked_for(facts, wish))
        acting = {key for key in shown if judgements[key].verdict not in SETTLED}
    acting -= blocked.keys()
    contents = _contents(facts, judgements, acting) if blocked else contents
    to_check = _to_check(facts, judgements, acting, (*sources, *shown), contents)
    moving = acting | to_check.keys()
    readers = {} if selected == every else downstreams(needs)
    steps = tuple(
        _step(facts, key, judgement, moving, _wanted_by(key, selected, readers))
        for key in (*sources, *shown)
        if key in moving
        for judgement in [to_check.get(key) or judgements[key]]
    )
    orphans = _orphans(facts) if wish.selected is None else ()
    plan = Plan(
        environment=facts.environment,
        # While a file cannot be understood, nobody knows what it declares.
        steps=(*steps, *(() if graph.failed else map(_drop, orphans))),
        fresh=_fresh(graph, judgements, (key for key in shown if key not in to_check)),
        metadata=_metadata(facts, shown),
        quarantined=_quarantined(graph, wish),
        orphans=orphans,
        blocked=tuple(Blocked(asset=key, why=why) for key, why in blocked.items()),
        failing=failing,
        warnings=(
            *(f"{key} is left out: {why}" for key, why in blocked.items()),
            *held.stale_inputs(judgements, acting, active, upstreams),
            *held.warnings(facts, {key: judgements[key] for key in shown}),
        ),
        problems=graph.diagnostics,
        pinned=held.pinned(facts, judgements, shown),
        paused=held.paused(facts, judgements, shown),
        renamed=tuple(Rename(asset=new, was=old) for new, old in facts.renames.items()),
    )
    return _identified(plan)


def asked_for(facts: Facts, wish: Wish) -> dict[str, str]:
    """Return the assets that are stale because of what the caller says, each with why."""
    found: dict[str, str] = {}
    for key, asset in facts.graph.assets.items():
        if asset.is_view:
            continue
        if wish.strict and (why := heuristic(facts.graph, asset)):
            found[key] = why
        elif key in wish.named and asset.varies and asset.volatile is None:
            found[key] = f"asked for by name: its rows hang on {asset.varies[0]}"
    return found


def _identified(plan: Plan) -> Plan:
    body = {key: value for key, value in report(plan).items() if key != "plan_id"}
    identity = digest_of(body)[:12]
    return replace(plan, plan_id=identity)


def _step(
    facts: Facts,
    key: str,
    judgement: Judgement,
    moving: set[str],
    wanted_by: tuple[str, ...],
) -> Step:
    node = facts.graph.assets.get(key) or facts.graph.sources[key]
    return Step(
        asset=key,
        action=_action(judgement, is_view=isinstance(node, Asset) and node.is_view),
        certain=judgement.certain,
        reasons=judgement.reasons,
        after=tuple(n for n in facts.graph.looked_through(node.needs) if n in moving),
        wanted_by=wanted_by,
        reuse=judgement.reuse,
        relaid=judgement.relaid,
    )


def _drop(key: str) -> Step:
    detail = "has a version but is not declared any more"
    reason = Reason(kind=ReasonKind.ORPHAN, detail=detail)
    return Step(asset=key, action=Action.DROP, certain=True, reasons=(reason,))


def _fresh(
    graph: Graph, judgements: Mapping[str, Judgement], keys: Iterable[str]
) -> tuple[Fresh, ...]:
    """Return what is fresh of these keys, each with its proof and how far that can be trusted."""
    trusts = trusted(graph)
    return tuple(
        Fresh(asset=key, proof=judgements[key].proof, trust=trusts[key])
        for key in keys
        if judgements[key].verdict is Verdict.FRESH
    )


def _contents(
    facts: Facts, judgements: Mapping[str, Judgement], acting: Iterable[str]
) -> dict[str, str | None]:
    """Return the content of everything as it will be, None where only the run will tell."""
    found: dict[str, str | None] = {
        key: source_version(facts.graph.sources[key], observed)
        for key, observed in facts.sources.items()
    }
    for key in facts.graph.assets:
        judgement = judgements[key]
        if facts.graph.assets[key].is_view:
            found[key] = judgement.seen.data_version if judgement.seen else None
            continue
        build = judgement.reuse if key in acting else facts.builds.get(key)
        found[key] = build.trace.data_version if build is not None else None
    return found


def _failing(
    facts: Facts, contents: Mapping[str, str | None], acting: set[str], keys: Iterable[str]
) -> tuple[Standing, ...]:
    """Return the checks known to fail on what stays as it is."""
    return tuple(
        found
        for key in keys
        if key not in acting
        for found in checks.standing(facts, key, contents)
    )


def _to_check(
    facts: Facts,
    judgements: Mapping[str, Judgement],
    acting: set[str],
    keys: Iterable[str],
    contents: Mapping[str, str | None],
) -> dict[str, Judgement]:
    """Return what is current with checks that were not run on it."""
    found: dict[str, Judgement] = {}
    for key in keys:
        stale = key in judgements and judgements[key].verdict not in SETTLED
        if key in acting or stale:
            continue
        reasons, certain = checks.reasons(facts, key, contents)
        if reasons:
            found[key] = Judgement(verdict=Verdict.FRESH, reasons=reasons, certain=certain)
    return found


def _action(judgement: Judgement, *, is_view: bool) -> Action:
    if judgement.verdict is Verdict.FRESH:
        return Action.CHECK
    if judgement.reuse is not None:
        return Action.REPUBLISH
    if judgement.verdict is Verdict.MISSING:
        return Action.CREATE
    if is_view:
        return Action.REPUBLISH
    if judgement.is_relayout:
        return Action.RELAYOUT
    return Action.REBUILD if judgement.certain else Action.RECHECK


def _wanted_by(
    key: str, selected: frozenset[str], readers: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    if key in selected:
        return ()
    return tuple(sorted(reach([key], readers) & selected))[:3]


def _metadata(facts: Facts, shown: Iterable[str]) -> tuple[MetadataChange, ...]:
    found: list[MetadataChange] = []
    for key in shown:
        known = facts.state.of(facts.target(key))
        now = spec(facts.graph.assets[key].definition)
        if known.definition and known.definition != spec_digest(now):
            names = {**now, **known.spec}
            fields = tuple(name for name in names if known.spec.get(name) != now.get(name))
            found.append(MetadataChange(asset=key, fields=fields))
    return tuple(found)


def _quarantined(graph: Graph, wish: Wish) -> tuple[Quarantined, ...]:
    return tuple(
        Quarantined(asset=key, code=aside.code, because=aside.because)
        for key, aside in graph.quarantined.items()
        if wish.selected is None or key in wish.selected
    )


def _orphans(facts: Facts) -> tuple[str, ...]:
    """Return assets that have a version but no definition any more."""
    graph = facts.graph
    return tuple(
        sorted(
            target.asset
            for target, known in facts.state.targets.items()
            if known.build is not None
            and target.asset not in graph.assets
            and target.asset not in graph.quarantined
        )
    )
