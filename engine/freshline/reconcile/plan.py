"""The plan: which steps, in which order, with which reasons. Verdicts in, frozen steps out.

The plan's id is the digest of everything else in it: equal worlds give equal plans, byte for byte.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from freshline.codec import digest_of
from freshline.errors import Diagnostic
from freshline.lineage.graph import Graph, downstreams, reach
from freshline.reconcile.fingerprint import spec, spec_digest
from freshline.reconcile.staleness import Facts, Judgement, Reason, Verdict, judge
from freshline.versions import Build

VERSION = 1


class Action(StrEnum):
    """What a step does."""

    CREATE = "create"  # compute a first version
    REBUILD = "rebuild"  # compute a new version
    REPUBLISH = "republish"  # point to an older version that is what a rebuild would give
    RECHECK = "recheck"  # compare when the inputs are known; compute only if they differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One asset to act upon. `after` are steps it waits for; `wanted_by` who it is done for."""

    asset: str
    action: Action
    certain: bool
    reasons: tuple[Reason, ...]
    after: tuple[str, ...] = ()
    wanted_by: tuple[str, ...] = ()
    reuse: Build | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An asset that needs nothing, and the proof."""

    asset: str
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataChange:
    """Declared metadata that differs from the catalog's; recorded by apply, rebuilds nothing."""

    asset: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """An asset that was set aside: by its own fault, or because of an upstream."""

    asset: str
    code: str
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that an apply would do now, and everything it would leave alone, with reasons."""

    environment: str
    steps: tuple[Step, ...]
    fresh: tuple[Fresh, ...]
    metadata: tuple[MetadataChange, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    orphans: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    plan_id: str = ""

    @property
    def certain(self) -> int:
        """How many steps will happen whatever the data turn out to be."""
        return sum(step.certain for step in self.steps)

    @property
    def conditional(self) -> int:
        """How many steps may turn out to be unnecessary."""
        return len(self.steps) - self.certain


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the caller asks for: `selected` assets (None for all), and how."""

    selected: frozenset[str] | None = None
    only: bool = False
    force: bool = False


def make_plan(facts: Facts, wish: Wish) -> Plan:
    """Return the plan that makes the selected assets fresh, with what they need on the way."""
    graph = facts.graph
    upstreams = {key: asset.upstreams for key, asset in graph.assets.items()}
    every = frozenset(upstreams)
    selected = every if wish.selected is None else wish.selected & every
    active = selected if wish.only else reach(selected, upstreams) & every
    judgements = judge(facts, active, selected if wish.force else ())
    shown = [key for key in graph.assets if key in active]
    acting = {key for key in shown if judgements[key].verdict is not Verdict.FRESH}
    blocked = _blocked(facts, acting)
    acting -= blocked.keys()
    readers = {} if selected == every else downstreams(upstreams)
    steps = tuple(
        _step(facts, key, judgements[key], acting, _wanted_by(key, selected, readers))
        for key in shown
        if key in acting
    )
    plan = Plan(
        environment=facts.environment,
        steps=steps,
        fresh=tuple(
            Fresh(asset=key, proof=judgements[key].proof)
            for key in shown
            if judgements[key].verdict is Verdict.FRESH
        ),
        metadata=_metadata(facts, shown),
        quarantined=_quarantined(graph, wish),
        orphans=_orphans(facts) if wish.selected is None else (),
        warnings=(*blocked.values(), *_stale_inputs(judgements, acting, active, upstreams)),
        problems=graph.diagnostics,
    )
    return _identified(plan)


def report(plan: Plan) -> Mapping[str, object]:
    """Return the plan as the published JSON shape, without the versions it would reuse."""
    return {
        "version": VERSION,
        "plan_id": plan.plan_id,
        "environment": plan.environment,
        "steps": [
            {
                "asset": step.asset,
                "partition": None,
                "action": step.action,
                "certain": step.certain,
                "reasons": [_reason(reason) for reason in step.reasons],
                "after": list(step.after),
                "for": list(step.wanted_by),
            }
            for step in plan.steps
        ],
        "fresh": [{"asset": f.asset, "partition": None, "proof": f.proof} for f in plan.fresh],
        "metadata": [{"asset": m.asset, "fields": list(m.fields)} for m in plan.metadata],
        "quarantined": [
            {"asset": q.asset, "code": q.code, "because": q.because or None}
            for q in plan.quarantined
        ],
        "orphans": list(plan.orphans),
        "warnings": list(plan.warnings),
        "problems": list(plan.problems),
        "summary": {
            "certain": plan.certain,
            "conditional": plan.conditional,
            "fresh": len(plan.fresh),
        },
    }


def _identified(plan: Plan) -> Plan:
    body = {key: value for key, value in report(plan).items() if key != "plan_id"}
    identity = digest_of(body)[:12]
    return replace(plan, plan_id=identity)


def _step(
    facts: Facts,
    key: str,
    judgement: Judgement,
    acting: set[str],
    wanted_by: tuple[str, ...],
) -> Step:
    return Step(
        asset=key,
        action=_action(judgement),
        certain=judgement.certain,
        reasons=judgement.reasons,
        after=tuple(u for u in facts.graph.assets[key].upstreams if u in acting),
        wanted_by=wanted_by,
        reuse=judgement.reuse,
    )


def _action(judgement: Judgement) -> Action:
    if judgement.reuse is not None:
        return Action.REPUBLISH
    if judgement.verdict is Verdict.MISSING:
        return Action.CREATE
    return Action.REBUILD if judgement.certain else Action.RECHECK


def _wanted_by(
    key: str, selected: frozenset[str], readers: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    if key in selected:
        return ()
    return tuple(sorted(reach([key], readers) & selected))[:3]


def _blocked(facts: Facts, acting: set[str]) -> dict[str, str]:
    """Return the assets that cannot be acted upon since an input is missing and stays missing."""
    blocked: dict[str, str] = {}
    for key in facts.graph.assets:
        if key not in acting:
            continue
        for upstream in facts.graph.assets[key].upstreams:
            absent = upstream in facts.graph.assets and upstream not in facts.builds
            if upstream in blocked or (absent and upstream not in acting):
                blocked[key] = f"{key} is left out: {upstream} was never materialized"
                break
    return blocked


def _stale_inputs(
    judgements: Mapping[str, Judgement],
    acting: set[str],
    active: Iterable[str],
    upstreams: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """Say which steps read something stale that this plan does not make fresh (--only)."""
    inside = frozenset(active)
    return tuple(
        f"{key} reads {upstream}, which is stale and not part of this plan"
        for key in sorted(acting)
        for upstream in upstreams[key]
        if upstream in judgements
        and upstream not in inside
        and judgements[upstream].verdict is not Verdict.FRESH
    )


def _metadata(facts: Facts, shown: Iterable[str]) -> tuple[MetadataChange, ...]:
    found: list[MetadataChange] = []
    for key in shown:
        known = facts.state.of(facts.target(key))
        now = spec(facts.graph.assets[key].definition)
        if known.definition and known.definition != spec_digest(now):
            fields = tuple(name for name, value in now.items() if known.spec.get(name) != value)
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


def _reason(reason: Reason) -> Mapping[str, object]:
    place = reason.source
    return {
        "kind": reason.kind,
        "detail": reason.detail,
        "upstream": reason.upstream,
        "columns": list(reason.columns),
        "source": place and {"file": place.file, "line": place.line, "column": place.column},
    }
