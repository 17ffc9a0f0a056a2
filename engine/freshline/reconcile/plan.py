"""The plan: which steps, in which order, with which reasons. Verdicts in, frozen steps out.

The plan's id is the digest of everything else in it: equal worlds give equal plans, byte for byte.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from freshline.codec import digest_of
from freshline.definitions import Trust
from freshline.errors import Diagnostic
from freshline.lineage.graph import Asset, Graph, downstreams, reach
from freshline.reconcile import checks, held
from freshline.reconcile.checks import Standing
from freshline.reconcile.facts import Facts, Relaid
from freshline.reconcile.fingerprint import source_version, spec, spec_digest
from freshline.reconcile.held import Held
from freshline.reconcile.staleness import Judgement, judge
from freshline.reconcile.trust import heuristic, trusted
from freshline.reconcile.verdicts import SETTLED, Reason, ReasonKind, Verdict
from freshline.versions import Build

VERSION = 1


class Action(StrEnum):
    """What a step does."""

    CREATE = "create"  # compute a first version
    REBUILD = "rebuild"  # compute a new version
    REPUBLISH = "republish"  # point to an older version, or a view to its new definition
    RELAYOUT = "relayout"  # publish other columns of the files that are there
    RECHECK = "recheck"  # compare when the inputs are known; compute only if they differ
    CHECK = "check"  # run checks on what is current; compute nothing
    DROP = "drop"  # take what nobody declares any more out of the environment, if that is agreed to


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One asset to act upon, a source to check, or what was an asset to drop.

    `after` are steps it waits for; `wanted_by` who it is done for. `relaid` says which columns of
    the current version are those of the next one; no row is computed if the inputs show the same.
    """

    asset: str
    action: Action
    certain: bool
    reasons: tuple[Reason, ...]
    after: tuple[str, ...] = ()
    wanted_by: tuple[str, ...] = ()
    reuse: Build | None = None
    relaid: Relaid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An asset that needs nothing, and the proof; `trust` is that in the sources it comes from."""

    asset: str
    proof: str
    trust: Trust = Trust.STRONG


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataChange:
    """Declared metadata that differs from the catalog's; recorded by apply, rebuilds nothing."""

    asset: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """An asset that takes over what there is under the key that it had before."""

    asset: str
    was: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """An asset that was set aside: by its own fault, or because of an upstream."""

    asset: str
    code: str
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A stale asset that cannot be built now: what it needs is missing, or known to be bad."""

    asset: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that an apply would do now, and everything it would leave alone, with reasons.

    `failing` are checks known to fail on what is current: no work, but not well either.
    """

    environment: str
    steps: tuple[Step, ...]
    fresh: tuple[Fresh, ...]
    metadata: tuple[MetadataChange, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    orphans: tuple[str, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    failing: tuple[Standing, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    pinned: tuple[Held, ...] = ()
    paused: tuple[Held, ...] = ()
    renamed: tuple[Rename, ...] = ()
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
    """What the caller asks for: `selected` assets (None for all), and how.

    Those `named` were asked for one by one, by their keys. Under `strict` a version of a source
    that only suggests what its content is counts as changed.
    """

    selected: frozenset[str] | None = None
    only: bool = False
    force: bool = False
    named: frozenset[str] = frozenset()
    strict: bool = False


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
    trusts = trusted(graph)
    shown = [key for key in graph.assets if key in active]
    read = {need for key in active for need in needs[key]}
    sources = [key for key in graph.sources if key in read]
    acting = {key for key in shown if judgements[key].verdict not in SETTLED}
    failing = _failing(facts, judgements, acting, (*sources, *shown))
    blocked = held.blocked(facts, judgements, acting, failing)
    acting -= blocked.keys()
    to_check = _to_check(facts, judgements, acting, (*sources, *shown))
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
        fresh=tuple(
            Fresh(asset=key, proof=judgements[key].proof, trust=trusts[key])
            for key in shown
            if judgements[key].verdict is Verdict.FRESH and key not in to_check
        ),
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
        "fresh": [
            {"asset": f.asset, "partition": None, "proof": f.proof, "trust": f.trust}
            for f in plan.fresh
        ],
        "metadata": [{"asset": m.asset, "fields": list(m.fields)} for m in plan.metadata],
        "quarantined": [
            {"asset": q.asset, "code": q.code, "because": q.because or None}
            for q in plan.quarantined
        ],
        "orphans": list(plan.orphans),
        "blocked": [{"asset": b.asset, "why": b.why} for b in plan.blocked],
        "failing": [_standing(check) for check in plan.failing],
        "renamed": [{"asset": r.asset, "was": r.was} for r in plan.renamed],
        "pinned": [_held(pinned) for pinned in plan.pinned],
        "paused": [_held(paused) for paused in plan.paused],
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
    facts: Facts, judgements: Mapping[str, Judgement], acting: set[str], keys: Iterable[str]
) -> tuple[Standing, ...]:
    """Return the checks known to fail on what stays as it is."""
    contents = _contents(facts, judgements, acting)
    return tuple(
        found
        for key in keys
        if key not in acting
        for found in checks.standing(facts, key, contents)
    )


def _to_check(
    facts: Facts, judgements: Mapping[str, Judgement], acting: set[str], keys: Iterable[str]
) -> dict[str, Judgement]:
    """Return what is current with checks that were not run on it."""
    contents = _contents(facts, judgements, acting)
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


def _held(found: Held) -> Mapping[str, object]:
    return {**held.shape(found), "reasons": [_reason(reason) for reason in found.reasons]}


def _standing(found: Standing) -> Mapping[str, object]:
    check = found.check.definition
    return {
        "asset": found.asset,
        "check": check.name,
        "severity": check.severity,
        "failing": found.result.failing,
        "error": found.result.error or None,
        "accepted": found.accepted,
    }


def _reason(reason: Reason) -> Mapping[str, object]:
    place = reason.source
    return {
        "kind": reason.kind,
        "detail": reason.detail,
        "upstream": reason.upstream,
        "columns": list(reason.columns),
        "source": place and {"file": place.file, "line": place.line, "column": place.column},
    }
