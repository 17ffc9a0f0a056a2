"""Staleness: for every asset whether it is fresh, and if not, why. A function of values alone.

An asset is fresh when its recorded build is still there, was made by the same logic and settings,
and every input has the content that the build read. Rules, in the order they are asked:

1. No version on record: missing.
2. The version is not what the storage holds: drift.
3. Its settings or its logic differ from the record's: config, code. Another text that is the same
   query is no cause. Where its rows hang on the clock and are to be made anew each day or hour, one
   that has ended is: time.
4. An input is another version that shows something else through the window it is read by: input.
   Another version with equal content there is no cause: that is the early cutoff. Content is rows
   in any order, so a query whose rows may hang on the order of its input (LIMIT, first(),
   row_number() ...) is stale with every other version, and so are the readers of an asset whose
   `cutoff:` says that nobody looks at its content. A source whose content can be hashed through a
   window is hashed during apply: until then nobody knows (6).
5. An input is about to be rebuilt, and it can be proven that the edit which is the cause does not
   show through the window: no cause. A proof follows the slice of each query from the window down
   to what has not changed.
6. Otherwise nobody knows yet. The verdict is conditional and is settled during apply, by rule 4,
   when the input's new content is known.

What somebody pinned or paused is neither fresh nor stale: it stays as it is, its readers go on
seeing it, and the rules only tell what it would be otherwise.

In the terms of Mokhov, Mitchell and Peyton Jones, "Build Systems a la Carte" (ICFP 2018): a
verifying-trace rebuilder with early cutoff; where an older version with the wanted logic and inputs
still exists it is pointed to again, which is their constructive trace.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from freshline.definitions import Looks
from freshline.lineage.canonical import rules_of, upstreams_in
from freshline.lineage.graph import Asset
from freshline.ports import Condition
from freshline.reconcile.facts import Facts, Layout, Relaid
from freshline.reconcile.fingerprint import config, only_rounded, period, same_period
from freshline.reconcile.inputs import (
    Seen,
    compare,
    reusable,
    seen_of,
    seen_of_source,
    seen_through,
)
from freshline.reconcile.reasons import (
    always,
    code_reason,
    input_reason,
    pending_reason,
    relayout_reason,
    time_reason,
)
from freshline.verdicts import SETTLED, Reason, ReasonKind, Verdict
from freshline.versions import Build, Window

_WORD = re.compile(r"\w+")
_DEEPEST = 200  # how far a proof is followed
# Causes that may be seen not to show. That time has passed shows only where a slice varies.
_PROVABLE = frozenset({ReasonKind.CODE, ReasonKind.UPSTREAM, ReasonKind.TIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict on one asset with everything that led to it.

    `certain` is false where the verdict hangs on an input that is itself about to change; `reuse`
    is an older build that is what a rebuild would give; `relaid` how the columns are those of the
    current build, and `is_relayout` whether it is known by now that nothing else differs. `seen` is
    what a view's checks will look at, None if unknown. Reasons of what is pinned or paused are why
    it would be stale otherwise.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    certain: bool = True
    proof: str = ""
    reuse: Build | None = None
    seen: Seen | None = None
    relaid: Relaid | None = None
    is_relayout: bool = False


def judge(
    facts: Facts,
    active: Iterable[str],
    forced: Iterable[str] = (),
    asked: Mapping[str, str] | None = None,
) -> dict[str, Judgement]:
    """Return a verdict on every asset of the graph, in its order.

    Assets in `active` will be acted upon when stale; readers of the others go on seeing the version
    that is current now. Assets in `forced` are stale by request, those in `asked` too,
    for what it says.
    """
    acting = frozenset(active)
    by_request = {**(asked or {}), **dict.fromkeys(forced, "asked for by --force")}
    seen: dict[str, Seen | None] = {
        key: seen_of_source(facts.graph.sources[key], observed)
        for key, observed in facts.sources.items()
    }
    work = _Work(facts=facts, seen=seen)
    for key, asset in facts.graph.assets.items():
        own = _own_reasons(facts, asset)
        if key in by_request:
            own = (*own, Reason(kind=ReasonKind.FORCED, detail=by_request[key]))
        acts = key in acting and key not in facts.pins and key not in facts.pauses
        if asset.is_view:
            judgement = _judge_view(facts, asset, own, seen, acts=acts)
            work.judgements[key] = _as_wished(facts, key, judgement)
            continue
        judgement = _as_wished(facts, key, _judge_one(work, asset, own))
        build = facts.builds.get(key)
        if judgement.verdict in SETTLED or (build is not None and key not in acting):
            seen[key] = _seen(build, asset)
        else:
            seen[key] = _seen(judgement.reuse, asset)
        if build is None and (judgement.verdict in SETTLED or key not in acting):
            work.absent.add(key)
        work.judgements[key] = judgement
    return work.judgements


@dataclass(slots=True, kw_only=True)
class _Work:
    """Verdicts on their way: those found, what is seen of each, and what windows are proven."""

    facts: Facts
    seen: dict[str, Seen | None]
    judgements: dict[str, Judgement] = field(default_factory=dict[str, Judgement])
    proven: dict[tuple[str, Window], bool] = field(default_factory=dict[tuple[str, Window], bool])
    absent: set[str] = field(default_factory=set[str])  # never built, and not about to be


def _judge_one(work: _Work, asset: Asset, own: tuple[Reason, ...]) -> Judgement:
    facts, key = work.facts, asset.definition.key
    build = facts.builds.get(key)
    without = work.absent & facts.graph.can_do_without(key) if work.absent else ()
    inputs = {each: work.seen.get(each) for each in asset.reads if each not in without}
    known = {upstream: now for upstream, now in inputs.items() if now is not None}
    unknown = [upstream for upstream, now in inputs.items() if now is None]
    changed: tuple[Reason, ...] = ()
    proven: dict[str, Seen] = {}
    relaid: Relaid | None = None
    if build is not None:
        if own and {reason.kind for reason in own} == {ReasonKind.CODE}:
            relaid = facts.slices.relaid(key)
        if relaid is not None:
            proven = _proven(work, asset, build, unknown)
            renamed = dict(relaid.below)
            proven = {upstream: now for upstream, now in proven.items() if upstream not in renamed}
            narrower = [upstream for upstream in unknown if upstream not in proven]
            proven |= _proven_narrower(work, asset, build, narrower, renamed)
        elif not own:
            proven = _proven(work, asset, build, unknown)
        differ = compare(build, known | proven, in_order=asset.order_sensitive)
        changed = tuple(input_reason(facts, upstream, build) for upstream in differ.changed)
        unknown = [*(u for u in unknown if u not in proven), *differ.unsure]
    pending = tuple(pending_reason(facts, u, build, _edited(work, u)) for u in unknown)
    causes = (*own, *changed)
    if build is not None and not causes and not pending:
        return Judgement(verdict=Verdict.FRESH, proof=_proof(build, inputs, proven))
    reuse = None
    if not pending and not any(r.kind is ReasonKind.FORCED for r in own):
        settings = config(asset.definition, facts.graph.project)
        drifted = any(r.kind is ReasonKind.DRIFT for r in own)
        damaged = build.version.mat_id if build and drifted else None
        candidates = [b for b in facts.history.get(key, ()) if b.version.mat_id != damaged]
        reuse = reusable(candidates, asset, settings, known, period(asset, facts.now))
    relaid = None if changed else relaid
    is_relayout = relaid is not None and not (pending or reuse)
    if build is not None and relaid is not None and is_relayout:
        causes = (relayout_reason(own[0], relaid.columns, build),)
    return Judgement(
        verdict=Verdict.MISSING if build is None else Verdict.STALE,
        reasons=causes or pending,
        certain=bool(causes),
        reuse=reuse,
        relaid=relaid,
        is_relayout=is_relayout,
    )


def _edited(work: _Work, key: str) -> frozenset[str]:
    """Return the columns of an asset that an edit is known to concern."""
    judgement = work.judgements.get(key)
    reasons = judgement.reasons if judgement is not None else ()
    return frozenset(c for r in reasons if r.kind is ReasonKind.CODE for c in r.columns)


def _proof(build: Build, inputs: Collection[str], proven: Collection[str]) -> str:
    what = "input" if len(inputs) == 1 else "inputs"
    if proven:
        return f"version {build.version.number}: no change shows of {', '.join(proven)}"
    return f"version {build.version.number}: same logic, same {what}"


def _proven(work: _Work, asset: Asset, build: Build, unknown: Iterable[str]) -> dict[str, Seen]:
    """Return the inputs whose next versions show what their current ones do (rule 5)."""
    if asset.order_sensitive:
        return {}
    windows = {read.asset: read.window for read in build.trace.inputs}
    found: dict[str, Seen] = {}
    for upstream in unknown:
        current = work.facts.builds.get(upstream)
        if current is not None and upstream in windows:
            if _shows_the_same(work, upstream, windows[upstream]):
                found[upstream] = _now(work, upstream, current)
    return found


def _proven_narrower(
    work: _Work,
    asset: Asset,
    build: Build,
    unknown: Iterable[str],
    renamed: Mapping[str, Layout],
) -> dict[str, Seen]:
    """Return the inputs that show the same through the narrower windows of a query with less.

    What the build read of them beyond these windows may be gone. One that is only laid out anew has
    the rows that it had; that its reader takes the columns for what they were is proven before.
    """
    read = {each.asset: each for each in build.trace.inputs}
    found: dict[str, Seen] = {}
    for upstream in unknown:
        current = work.facts.builds.get(upstream)
        if current is None or upstream not in read:
            continue
        # Equal through the wider window, so through the narrower one.
        now, was = seen_of(current), read[upstream]
        same = now.version == was.version or now.through(was.window) == was.data_version
        judgement = work.judgements[upstream]
        as_renamed = judgement.relaid is not None and judgement.is_relayout
        if upstream not in renamed and not as_renamed:
            as_renamed = _shows_the_same(work, upstream, asset.window(upstream))
        if same and as_renamed:
            found[upstream] = now
    return found


def _shows_the_same(work: _Work, key: str, window: Window, depth: int = 0) -> bool:
    """Say whether it is proven that a rebuild of an asset shows the same through a window.

    That is so where no cause but edits of queries, or time, leads to it, its own query is the same
    in the window, and what the window hangs on is the same, or proven to be in its turn.
    """
    known = work.proven.get((key, window))
    if known is None:
        known = depth < _DEEPEST and _is_proven(work, key, window, depth)
        work.proven[key, window] = known
    return known


def _is_proven(work: _Work, key: str, window: Window, depth: int) -> bool:
    facts, asset, build = work.facts, work.facts.graph.assets[key], work.facts.builds.get(key)
    causes = {reason.kind for reason in work.judgements[key].reasons}
    # Which rows it takes hangs on their order: another run may take others.
    if build is None or asset.order_sensitive or not causes <= _PROVABLE:
        return False
    if asset.definition.cutoff.by is Looks.OFF:
        return False
    seen = facts.slices.through(key, window)
    if seen is None or seen.changed:
        return False
    recorded = {read.asset: read for read in build.trace.inputs}
    for upstream, below in seen.inputs:
        now, read = work.seen.get(upstream), recorded.get(upstream)
        if read is None:
            return False
        if now is None:
            current = facts.builds.get(upstream)
            if current is None or not _shows_the_same(work, upstream, below, depth + 1):
                return False
            now = _now(work, upstream, current)
        if not now.shown_by(read):
            return False
    return True


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
        reuse = reusable(older, asset, settings, {})
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
    visible = None if is_view else _seen(older, facts.graph.assets[key])
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
    reasons: list[Reason] = [*always(asset)]
    inspection = facts.inspections.get(key)
    if inspection and inspection.condition is Condition.DAMAGED:
        reasons.append(Reason(kind=ReasonKind.DRIFT, detail=inspection.detail))
    if build.trace.config != config(asset.definition, facts.graph.project):
        place = asset.definition.span
        moved = bool(build.version.query) == asset.is_view
        detail = "storage changed" if moved else f"it is a {asset.definition.kind} now"
        if only_rounded(build.trace.config, config(asset.definition, facts.graph.project)):
            detail = "its content is rounded in another way"
        reasons.append(Reason(kind=ReasonKind.CONFIG, detail=detail, source=place))
    if not same_period(build.trace.period, wanted := period(asset, facts.now)):
        reasons.append(time_reason(asset, build, wanted))
    if not same_logic(build, asset) and not (
        _still_reads(facts, build, asset) and facts.slices.alike(key)
    ):
        logic = facts.logic.get(build.version.mat_id)
        reasons.append(code_reason(facts, asset, build, logic))
    return tuple(reasons)


def same_logic(build: Build, asset: Asset) -> bool:
    """Say whether a build was made by what is hashed like the asset's present logic."""
    same = build.trace.code_version == asset.code_version
    return same and build.trace.canonicaliser == rules_of(asset.code)


def _still_reads(facts: Facts, build: Build, asset: Asset) -> bool:
    """Say whether a view's query in force, though it be the same, can still be read.

    What it names may have become a view since, or a table; and a column that it names without need
    may be gone. Then it has to be said anew.
    """
    query = build.version.query
    if not asset.is_view or not query:
        return True
    logic = facts.logic.get(build.version.mat_id)
    if logic is None or not {*upstreams_in(query)} <= {*asset.reads}:
        return False
    words = {*_WORD.findall(query.lower())}
    return all(
        words.isdisjoint(_WORD.findall(column.name.lower()))
        for upstream, columns in logic.schemas
        if upstream in asset.reads
        for column in columns
        if column.name not in {now.name for now in facts.graph.columns_of(upstream)}
    )


def _seen(build: Build | None, asset: Asset) -> Seen | None:
    return None if build is None else seen_of(build, asset)


def _now(work: _Work, key: str, current: Build) -> Seen:
    return seen_of(current, work.facts.graph.assets[key])
