"""Staleness: for every asset whether it is fresh, and if not, why. A function of values alone.

An asset is fresh when its recorded build is still there, was made by the same logic and settings,
and every input has the content that the build read. Rules, in the order they are asked:

1. No version on record: missing.
2. The version is not what the storage holds: drift.
3. Its settings or its logic differ from the record's: config, code.
4. An input is another version with other content: input. Another version with equal content is no
   cause: that is the early cutoff. Content is rows in any order, so a query whose rows may hang on
   the order of its input (LIMIT, first(), row_number() ...) is stale with every other version.
5. An input is about to be rebuilt: nobody knows yet. The verdict is conditional and is settled
   during apply, by rule 4, when the input's new content is known.

What somebody pinned or paused is neither fresh nor stale: it stays as it is, its readers go on
seeing it, and the rules only tell what it would be otherwise.

In the terms of Mokhov, Mitchell and Peyton Jones, "Build Systems a la Carte" (ICFP 2018): a
verifying-trace rebuilder with early cutoff; where an older version with the wanted logic and inputs
still exists it is pointed to again, which is their constructive trace.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from freshline.codec import digest
from freshline.keys import Target
from freshline.lineage.canonical import canonicaliser, code_versions_of, upstreams_in
from freshline.lineage.graph import Asset, Graph, Source
from freshline.ports import Condition, Inspection
from freshline.reconcile.fingerprint import config, source_version
from freshline.reconcile.verdicts import SETTLED as SETTLED
from freshline.reconcile.verdicts import Reason as Reason
from freshline.reconcile.verdicts import ReasonKind as ReasonKind
from freshline.reconcile.verdicts import Verdict as Verdict
from freshline.state import Observation, Pause, Pin, State
from freshline.versions import WHOLE, Build, Logic, Read


class Seen(NamedTuple):
    """What a reader sees of an input now: which version, and the hash of its content."""

    version: str
    data_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One look at the world: all that a verdict may ask.

    `builds` holds the current build of each target, which for a target published but not yet
    recorded is the storage's word; `logic` and `history` may leave out what no verdict needs.
    `pins` are those in force now.
    """

    graph: Graph
    state: State
    project: str
    environment: str
    builds: Mapping[str, Build]
    inspections: Mapping[str, Inspection]
    sources: Mapping[str, Observation]
    logic: Mapping[str, Logic] = field(default_factory=dict[str, Logic])
    history: Mapping[str, tuple[Build, ...]] = field(default_factory=dict[str, tuple[Build, ...]])
    pins: Mapping[str, Pin] = field(default_factory=dict[str, Pin])
    pauses: Mapping[str, Pause] = field(default_factory=dict[str, Pause])

    def target(self, key: str) -> Target:
        """Return the address of an asset's state in this environment."""
        return Target(self.project, self.environment, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict on one asset with everything that led to it.

    `certain` is false where the verdict hangs on an input that is itself about to change; `reuse`
    is an older build that is what a rebuild would give; `seen` what readers will see, None if
    unknown. The reasons of what is pinned or paused are those why it would be stale otherwise.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    certain: bool = True
    proof: str = ""
    reuse: Build | None = None
    seen: Seen | None = None


def judge(facts: Facts, active: Iterable[str], forced: Iterable[str] = ()) -> dict[str, Judgement]:
    """Return a verdict on every asset of the graph, in its order.

    Assets in `active` will be acted upon when stale; readers of the others go on seeing the version
    that is current now. Assets in `forced` are stale by request.
    """
    acting, by_request = frozenset(active), frozenset(forced)
    judgements: dict[str, Judgement] = {}
    seen: dict[str, Seen | None] = {
        key: _seen_source(facts.graph.sources[key], observed)
        for key, observed in facts.sources.items()
    }
    for key, asset in facts.graph.assets.items():
        own = _own_reasons(facts, asset)
        if key in by_request:
            own = (*own, Reason(kind=ReasonKind.FORCED, detail="asked for by --force"))
        acts = key in acting and key not in facts.pins and key not in facts.pauses
        if asset.is_view:
            judgement = _judge_view(facts, asset, own, seen, acts=acts)
            judgements[key] = _as_wished(facts, key, judgement)
            continue
        judgement = _judge_one(facts, asset, own, {u: seen.get(u) for u in asset.reads})
        judgement = _as_wished(facts, key, judgement)
        build = facts.builds.get(key)
        if judgement.verdict in SETTLED or (build is not None and key not in acting):
            visible = _seen(build)
        else:
            visible = _seen(judgement.reuse)
        seen[key] = visible
        judgements[key] = judgement
    return judgements


def differing(
    build: Build, inputs: Mapping[str, Seen], *, in_order: bool = False
) -> tuple[str, ...]:
    """Return the inputs whose content is not what the build read (rule 4).

    Equal content is equal rows in any order. A reader that hangs on their order (`in_order`) takes
    nothing but the very version it read for the same.
    """
    recorded = {read.asset: read for read in build.trace.inputs}
    return tuple(
        key for key, now in inputs.items() if not _same_content(recorded.get(key), now, in_order)
    )


def seen_through(asset: Asset, code_version: str, inputs: Iterable[Seen]) -> Seen:
    """Return what is seen of a view: a definition of it over what that reads.

    Where its rows may hang on the order of what it reads, other versions are another content.
    """
    below = tuple(inputs)
    in_order = asset.order_sensitive or asset.code_version != code_version
    versions = [seen.version for seen in below]
    contents = versions if in_order else [seen.data_version for seen in below]
    return Seen(digest(code_version, *versions), digest(code_version, *contents))


def reusable(
    history: Iterable[Build],
    code_version: str,
    settings: str,
    inputs: Mapping[str, Seen],
    *,
    in_order: bool = False,
) -> Build | None:
    """Return the latest build that is what a rebuild from these inputs would give, if any."""
    for build in history:
        trace = build.trace
        same = trace.code_version == code_version and trace.canonicaliser == canonicaliser()
        same = same and trace.config == settings and len(trace.inputs) == len(inputs)
        if same and not differing(build, inputs, in_order=in_order):
            return build
    return None


def reads(inputs: Mapping[str, Seen]) -> tuple[Read, ...]:
    """Return the record of inputs as a trace keeps it. Windows are whole for now."""
    return tuple(Read(key, now.version, now.data_version, WHOLE) for key, now in inputs.items())


def same_logic(build: Build, logic: Logic | None, asset: Asset) -> bool:
    """Say whether a build was made by the asset's present logic, also across releases of ours."""
    if build.trace.canonicaliser == canonicaliser():
        return build.trace.code_version == asset.code_version
    if logic is None:
        return False
    return asset.code_version in code_versions_of(
        asset.definition.kind, logic, build.version.columns, asset.definition.sql.text
    )


def _judge_one(
    facts: Facts, asset: Asset, own: tuple[Reason, ...], inputs: Mapping[str, Seen | None]
) -> Judgement:
    key = asset.definition.key
    build = facts.builds.get(key)
    known = {upstream: now for upstream, now in inputs.items() if now is not None}
    changed: tuple[Reason, ...] = ()
    if build is not None:
        changed = tuple(
            _input_reason(facts, u, build)
            for u in differing(build, known, in_order=asset.order_sensitive)
        )
    pending = tuple(_pending(upstream) for upstream, now in inputs.items() if now is None)
    causes = (*own, *changed)
    if build is not None and not causes and not pending:
        proof = f"version {build.version.number}: same logic, same {_inputs(len(inputs))}"
        return Judgement(verdict=Verdict.FRESH, proof=proof, seen=_seen(build))
    reuse = None
    if not pending and not any(r.kind is ReasonKind.FORCED for r in own):
        settings = config(asset.definition, facts.graph.project)
        damaged = build.version.mat_id if build and _drifted(own) else None
        candidates = [b for b in facts.history.get(key, ()) if b.version.mat_id != damaged]
        order = asset.order_sensitive
        reuse = reusable(candidates, asset.code_version, settings, known, in_order=order)
    return Judgement(
        verdict=Verdict.MISSING if build is None else Verdict.STALE,
        reasons=causes or pending,
        certain=bool(causes),
        reuse=reuse,
        seen=_seen(reuse),
    )


def _judge_view(
    facts: Facts,
    asset: Asset,
    own: tuple[Reason, ...],
    seen: Mapping[str, Seen | None],
    *,
    acts: bool,
) -> Judgement:
    """Judge a view: whether the definition in force is the declared one, whatever it reads.

    Its readers look through it; what is seen of it, under the definition that will be in force, is
    what its checks look at.
    """
    build = facts.builds.get(asset.definition.key)
    reuse = None
    if own and not any(reason.kind is ReasonKind.FORCED for reason in own):
        settings = config(asset.definition, facts.graph.project)
        older = facts.history.get(asset.definition.key, ())
        reuse = reusable(older, asset.code_version, settings, {})
    code_version, query = asset.code_version, asset.query
    if build is not None and not (own and acts):
        code_version, query = build.trace.code_version, build.version.query
    below = [seen.get(upstream) for upstream in upstreams_in(query)]
    known = [each for each in below if each is not None]
    visible = seen_through(asset, code_version, known) if len(known) == len(below) else None
    if build is not None and not own:
        proof = f"version {build.version.number}: the same definition"
        return Judgement(verdict=Verdict.FRESH, proof=proof, seen=visible)
    verdict = Verdict.MISSING if build is None else Verdict.STALE
    return Judgement(verdict=verdict, reasons=own, reuse=reuse, seen=visible)


def _as_wished(facts: Facts, key: str, would: Judgement) -> Judgement:
    """Return the verdict on an asset that is pinned or paused; `would` is the one without that.

    An asset that is not at the version it is pinned to is pointed back to it, if that still exists:
    whoever pinned it may have died in between, or somebody else published. A pause ends nothing.
    """
    pin, build = facts.pins.get(key), facts.builds.get(key)
    if pin is None and key not in facts.pauses:
        return would
    if pin is None:
        return replace(would, verdict=Verdict.PAUSED, certain=True, reuse=None)
    older = next((b for b in facts.history.get(key, ()) if b.version.mat_id == pin.mat_id), None)
    is_there = build is not None and build.version.mat_id == pin.mat_id
    if is_there or older is None:
        return replace(would, verdict=Verdict.PINNED, certain=True, reuse=None)
    reason = Reason(kind=ReasonKind.PIN, detail=f"pinned by {pin.actor}: {pin.reason}")
    is_view = facts.graph.assets[key].is_view  # what is seen through it, only the run will tell
    visible = None if is_view else _seen(older)
    return Judgement(verdict=Verdict.STALE, reasons=(reason,), reuse=older, seen=visible)


def _own_reasons(facts: Facts, asset: Asset) -> tuple[Reason, ...]:
    """Rules 1 to 3: what is stale about the asset whatever its inputs are."""
    key = asset.definition.key
    build = facts.builds.get(key)
    if build is None:
        gone = facts.state.of(facts.target(key)).build is not None
        detail = "the published version is gone" if gone else "never materialized"
        place = asset.definition.span
        return (Reason(kind=ReasonKind.MISSING, detail=detail, source=place),)
    reasons: list[Reason] = []
    inspection = facts.inspections.get(key)
    if inspection and inspection.condition is Condition.DAMAGED:
        reasons.append(Reason(kind=ReasonKind.DRIFT, detail=inspection.detail))
    if build.trace.config != config(asset.definition, facts.graph.project):
        place = asset.definition.span
        moved = bool(build.version.query) == asset.is_view
        detail = "storage changed" if moved else f"it is a {asset.definition.kind} now"
        reasons.append(Reason(kind=ReasonKind.CONFIG, detail=detail, source=place))
    logic = facts.logic.get(build.version.mat_id)
    if not same_logic(build, logic, asset):
        reasons.append(_code_reason(facts, asset, build, logic))
    return tuple(reasons)


def _code_reason(facts: Facts, asset: Asset, build: Build, logic: Logic | None) -> Reason:
    graph, text = facts.graph, asset.definition.sql
    before = dict(logic.macros) if logic is not None else {}
    for name in asset.macros if logic is not None and logic.text == text.text else ():
        macro = graph.macros[name]
        if before.get(name) != macro.text:
            detail = f"the macro {name} changed"
            return Reason(kind=ReasonKind.CODE, detail=detail, source=macro.span)
    if logic is not None and logic.text == text.text and (view := _edited_view(facts, asset)):
        detail, place = f"the view {view} changed", graph.span_of(view)
        return Reason(kind=ReasonKind.CODE, detail=detail, upstream=view, source=place)
    if logic is not None and logic.text != text.text:
        # Imports the analyser, which a plan with nothing to do can be spared.
        from freshline.lineage.changes import describe

        change = describe(logic.text, text)
        return Reason(
            kind=ReasonKind.CODE, detail=change.detail, columns=change.columns, source=change.span
        )
    old = {c.name for c in build.version.columns}
    after = [c.name for c in asset.columns]
    new = tuple(name for name in after if name not in old)
    gone = tuple(sorted(old.difference(after)))
    detail = "its columns follow an upstream's" if new or gone else "logic changed"
    return Reason(
        kind=ReasonKind.CODE, detail=detail, columns=(*new, *gone), source=asset.definition.span
    )


def _edited_view(facts: Facts, asset: Asset) -> str | None:
    """Return the view to blame where an asset's own text is as it was, None where none is."""
    views = [
        key
        for key in facts.graph.looked_through(asset.upstreams)
        if key in facts.graph.assets and facts.graph.assets[key].is_view
    ]
    edited = (
        key
        for key in views
        if (build := facts.builds.get(key)) is None
        or build.trace.code_version != facts.graph.assets[key].code_version
    )
    return next(edited, views[0] if views else None)


def _input_reason(facts: Facts, upstream: str, build: Build) -> Reason:
    place = facts.graph.span_of(upstream)
    if all(read.asset != upstream for read in build.trace.inputs):
        detail = f"now reads {upstream}"
    elif upstream in facts.graph.sources:
        detail = f"{upstream} has new data"
    else:
        detail = f"{upstream} has new content"
    return Reason(kind=ReasonKind.INPUT, detail=detail, upstream=upstream, source=place)


def _pending(upstream: str) -> Reason:
    return Reason(kind=ReasonKind.UPSTREAM, detail=f"if {upstream} changes", upstream=upstream)


def _same_content(recorded: Read | None, now: Seen, in_order: bool) -> bool:
    if recorded is None:
        return False
    same_rows = recorded.data_version == now.data_version and not in_order
    return recorded.version == now.version or same_rows


def _seen(build: Build | None) -> Seen | None:
    return None if build is None else Seen(build.version.mat_id, build.trace.data_version)


def _seen_source(source: Source, observed: Observation) -> Seen:
    version = source_version(source, observed)
    return Seen(version, version)


def _drifted(reasons: tuple[Reason, ...]) -> bool:
    return any(r.kind is ReasonKind.DRIFT for r in reasons)


def _inputs(count: int) -> str:
    return "input" if count == 1 else "inputs"
