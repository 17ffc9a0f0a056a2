"""Deciding: from one look at a project to what runs now, and why all else does not."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from freshline.codec import digest
from freshline.definitions import ProbeKind, Volatile
from freshline.operate import attempts, gates, pulling, schedules, sensors
from freshline.operate.freshness import age
from freshline.operate.gates import Case
from freshline.operate.ground import Ground
from freshline.operate.memory import (
    NOTHING,
    AssetMemory,
    is_plain,
    key_of,
    name_of,
    part_of,
    text_of,
    timed,
    told,
)
from freshline.operate.rules import (
    PUNCTUAL,
    UNASKED,
    Answer,
    Asking,
    Need,
    allows,
    showing,
    spent,
)
from freshline.operate.scene import Age, Decision, Evaluated, Gate, Scene
from freshline.reconcile.planned import Action
from freshline.refresh import CatchUp, Cron, MaxLag, Refresh, Wake, leaves
from freshline.ticks import Decided, Mover, Request, Tick, TickOutcome
from freshline.verdicts import ReasonKind

NAME = "reconciler"
_HOUR, _DAY = 3600.0, 86_400.0
_OF_ITS_AUTHOR = (Gate.TRIGGER, Gate.RULE, Gate.COOLDOWN, Gate.HOURS, Gate.RATE)
_SETTLED = (Gate.ASIDE, Gate.HELD, Gate.RUNNING, Gate.FRESH)


def evaluate(scene: Scene, ids: Callable[[], str]) -> Evaluated:
    """Return what a scene comes to: decisions on all that is declared, and what is to be kept.

    `ids` gives the ids of the runs that are asked for. Where nothing is to be done, and nothing new
    to be remembered, nothing is decided.
    """
    ground = Ground(scene)
    work = _with_needs(ground)
    for key, source in ground.graph.sources.items():
        if (wanted := source.definition.freshness) is not None:
            work.ages[key] = age(wanted, ground.moved(key), ground.now)
    reconciled = _reconciled(work, ids)
    timely = schedules.evaluate(ground, ids)
    felt = sensors.evaluate(ground, ids)
    looks = [d.again for d in work.decisions.values()]
    looks += [found.again for found in work.ages.values()]
    looks += [timely.again, felt.again, _by_the_clock(ground)]
    return Evaluated(
        decided=(*reconciled, *timely.decided, *felt.decided),
        decisions=work.decisions,
        again=min((at for at in looks if at is not None and at > ground.now), default=None),
        ages=work.ages,
    )


@dataclass(slots=True, kw_only=True)
class _Work:
    """An evaluation under way: decisions so far, and memories that are other than before."""

    ground: Ground
    needs: Mapping[str, Need] = field(default_factory=dict[str, Need])
    decisions: dict[str, Decision] = field(default_factory=dict[str, Decision])
    memories: dict[str, AssetMemory] = field(default_factory=dict[str, AssetMemory])
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    ages: dict[str, Age] = field(default_factory=dict[str, Age])
    awaited: set[str] = field(default_factory=set[str])
    going: dict[str, None] = field(default_factory=dict[str, None])


def _with_needs(ground: Ground) -> _Work:
    """Look at everything; what is only built when it is needed is supposed to be, then is asked.

    What nothing needs even so is taken back, until nothing else would come of it. What does not
    go even then waits for a reason that stays.
    """
    pulled = dict.fromkeys(pulling.pulled(ground), pulling.SUPPOSED)
    work = supposed = _look_at_all(ground, pulled)
    if not pulled:
        return work
    while (found := _needs(work, supposed)) != work.needs:
        work = _look_at_all(ground, found, supposed)
    idle = {key: need for key, need in found.items() if supposed.decisions[key].goes}
    work.decisions = pulling.told(work.decisions, idle)
    return work


def _needs(work: _Work, supposed: _Work) -> Mapping[str, Need]:
    going = (*work.going,)
    return pulling.needs(
        work.ground, going, supposed.decisions, lambda key: _goes_anyway(work, key)
    )


def _goes_anyway(work: _Work, key: str) -> bool:
    """Say whether an asset that goes would, if nothing needed it."""
    case = _case(work, key, work.memories.get(key) or work.ground.memory(key))
    case.need = UNASKED
    return gates.decide(case).goes


def _look_at_all(
    ground: Ground, needs: Mapping[str, Need], supposed: "_Work | None" = None
) -> _Work:
    work = _Work(ground=ground, needs=needs)
    for key in _in_order(ground):
        decision = _look_at(work, key)
        if supposed is not None and not supposed.decisions[key].goes:
            decision = supposed.decisions[key]
            work.awaited |= supposed.awaited & {key}
        work.decisions[key] = decision
        if decision.goes:
            work.going[key] = None
    for key in (*work.going,):
        _bring_along(work, key)
    return work


def _in_order(ground: Ground) -> Iterable[str]:
    """Return sources to check, assets so that each stands behind what it reads, what is aside."""
    yield from (key for key in ground.graph.sources if key in ground.steps)
    yield from ground.graph.assets
    yield from ground.graph.quarantined


def _bring_along(work: _Work, key: str) -> None:
    """Let go with an asset what the same call of code makes, where nothing but time keeps it."""
    asset = work.ground.graph.assets.get(key)
    code = asset.code if asset is not None else None
    if code is None or code.subset:
        return
    for _, other in code.outputs:
        decision = work.decisions.get(other)
        if decision is not None and decision.gate in _OF_ITS_AUTHOR and other in work.ground.steps:
            why = f"made by the call that makes {key}"
            work.decisions[other] = Decision(key=other, gate=None, why=why)
            work.going[other] = None


def _by_the_clock(ground: Ground) -> float | None:
    """Return when something may turn stale though nothing happens but that time goes by."""
    now, found = ground.now, set[float]()
    for asset in ground.graph.assets.values():
        if asset.varies and asset.volatile in (Volatile.HOUR, Volatile.DAY):
            found.add(_HOUR if asset.volatile is Volatile.HOUR else _DAY)
    keys = (*ground.graph.assets, *ground.graph.sources)
    if any(check.varies for key in keys for check in ground.graph.checks_of(key)):
        found.add(_HOUR)
    looks = [now - now % seconds + seconds for seconds in found]
    for key, seen in ground.facts.sources.items():
        source = ground.graph.sources.get(key)
        probe = source.definition.probe if source is not None else None
        if probe is not None and probe.kind is ProbeKind.TTL:
            looks.append(seen.at + probe.ttl)
    return min((at for at in looks if at > now), default=None)


def _look_at(work: _Work, key: str) -> Decision:
    """Decide on one asset, and note what is to be remembered whatever is decided."""
    ground = work.ground
    asset = ground.graph.assets.get(key)
    if asset is None:
        return _source(work, key) if key in ground.graph.sources else gates.decide(_case(work, key))
    definition = asset.definition
    refresh, stale = definition.refresh, ground.is_stale(key)
    lasting = not is_plain(refresh.rule)
    if not lasting and definition.freshness is None and not stale and key not in ground.steps:
        return gates.decide(_case(work, key))
    was = ground.memory(key)
    memory = _of_rule(was, refresh, ground, key) if lasting else was
    memory = _of_staleness(memory, work, key, stale=stale)
    if definition.freshness is not None:
        right = ground.rights().get(key)
        work.ages[key] = age(definition.freshness, right, ground.now)
    tried = attempts.noted(key, memory, ground) if key in ground.steps else memory.tried
    if lasting and key not in ground.steps and key not in ground.blocked:
        tried = None  # what was asked for has happened
    if tried != memory.tried:
        memory = replace(memory, tried=tried)
    case = _case(work, key, memory)
    decision = gates.decide(case)
    if case.answer is not None:
        work.answers[key] = case.answer
    if lasting:
        memory = _of_moments(memory, refresh, case, decision)
    if memory != was:
        work.memories[key] = memory
    return decision


def _case(work: _Work, key: str, memory: AssetMemory = NOTHING) -> Case:
    found = work.ages.get(key)
    asset = work.ground.graph.assets.get(key)
    wanted = asset.definition.freshness if asset is not None else None
    return Case(
        key=key,
        ground=work.ground,
        memory=memory,
        decisions=work.decisions,
        ask=_ask,
        awaited=work.awaited,
        going=work.going.keys(),
        age=found if wanted is not None and wanted.drives else None,
        tried=memory.tried,
        need=work.needs.get(key, UNASKED),
    )


def _ask(case: Case) -> Answer:
    asking = Asking(
        key=case.key,
        ground=case.ground,
        memory=case.memory,
        going=case.going,
        need=case.need,
    )
    return allows(case.refresh.rule, asking)


def _source(work: _Work, key: str) -> Decision:
    """Decide on a source that has checks to run: they are run for one of those that read it."""
    memory = work.ground.memory(key)
    tried = attempts.noted(key, memory, work.ground)
    if tried != memory.tried:
        memory = work.memories[key] = replace(memory, tried=tried)
    readers = work.ground.readers(key)
    if any(reader in work.ground.running for reader in readers):
        return Decision(key=key, gate=Gate.RUNNING, why="it is checked by a run that reads it")
    if not any(_may_stand_in(work.ground, reader) for reader in readers):
        why = "it is checked when something that reads it is built"
        return Decision(key=key, gate=Gate.RULE, why=why)
    return gates.decide(_case(work, key, memory))


def _may_stand_in(ground: Ground, key: str) -> bool:
    held = key in ground.facts.pins or key in ground.facts.pauses
    return not held and not ground.is_stale(key) and key not in ground.running


def _of_rule(was: AssetMemory, refresh: Refresh, ground: Ground, key: str) -> AssetMemory:
    """Return a memory in which the present rule is known: what it had to say before is used up."""
    rule = part_of(refresh.rule)
    if was.rule == rule and not was.is_ahead(ground.now):
        return was
    wakes = (leaf for leaf in leaves(refresh.rule) if isinstance(leaf, Wake))
    woke = {part_of(leaf): showing(leaf, ground) for leaf in wakes}
    return replace(was, rule=rule, since=ground.now, used={}, held={}, woke=woke)


def _of_staleness(memory: AssetMemory, work: _Work, key: str, *, stale: bool) -> AssetMemory:
    """Return a memory that knows since when the asset has been stale, where anybody asks."""
    definition = work.ground.graph.assets[key].definition
    lag = any(isinstance(leaf, MaxLag) for leaf in leaves(definition.refresh.rule))
    if not lag and definition.freshness is None:
        return memory
    if stale and memory.stale is None:
        return replace(memory, stale=work.ground.now)
    return replace(memory, stale=None) if not stale and memory.stale is not None else memory


def _of_moments(
    memory: AssetMemory, refresh: Refresh, case: Case, decision: Decision
) -> AssetMemory:
    """Return a memory in which what is fresh has used its moments up, and what waits holds them."""
    ground = case.ground
    if decision.gate is Gate.FRESH:
        asking = Asking(key=case.key, ground=ground, memory=memory)
        used = {**memory.used, **spent(refresh.rule, asking)}
        return replace(memory, used=used, held={}) if used != memory.used else memory
    if decision.goes or decision.gate in _SETTLED:
        return memory
    held = dict(memory.held)
    for part in timed(refresh.rule):
        if isinstance(part, Cron) and part.catch_up is CatchUp.NONE:
            asking = Asking(key=case.key, ground=ground, memory=memory)
            answer, name = allows(part, asking), part_of(part)
            if answer.opens and ground.now - answer.used[name] <= PUNCTUAL:
                held[name] = answer.used[name]
    return replace(memory, held=held) if held != memory.held else memory


def _reconciled(work: _Work, ids: Callable[[], str]) -> tuple[Decided, ...]:
    """Return one request of all that goes, with what is remembered; nothing if nothing is new."""
    ground = work.ground
    going = [*work.going]
    run = ids() if going else None
    if run is not None:
        along = frozenset(going)
        for key in going:
            work.memories[key] = _of_going(work, key, run, along)
    texts = dict.fromkeys(ground.undeclared()) | {
        name_of(key): text
        for key, memory in work.memories.items()
        if (text := text_of(memory)) != ground.scene.memories.get(name_of(key))
    }
    if run is None and not texts:
        return ()
    assets = _to_build(ground, going)
    why = _why(work, going) if going else told(sorted(key_of(name) or name for name in texts))
    tick = Tick(
        project=ground.facts.project,
        environment=ground.facts.environment,
        mover=Mover.RECONCILER,
        name=NAME,
        key=_key(work, texts),
        at=ground.now,
        outcome=TickOutcome.REQUESTED if run else TickOutcome.NOTHING,
        why=why,
        run=run,
        details=tuple(f"{key}: {work.decisions[key].why}" for key in going[:100]),
    )
    request = () if run is None else (_request(ground, run, why, assets),)
    return (Decided(tick=tick, memories=texts, requests=request),)


def _of_going(work: _Work, key: str, run: str, along: frozenset[str]) -> AssetMemory:
    """Return what is remembered of an asset that is asked for now."""
    ground = work.ground
    memory = work.memories.get(key) or ground.memory(key)
    answer = work.answers.get(key)
    tried = attempts.asked(key, memory, ground, run, along)
    memory = replace(memory, tried=tried, held={})
    if answer is not None and (answer.used or answer.woke):
        used, woke = {**memory.used, **answer.used}, {**memory.woke, **answer.woke}
        memory = replace(memory, used=used, woke=woke)
    asset = ground.graph.assets.get(key)
    rate = asset.definition.refresh.rate if asset is not None else None
    if rate is not None:
        went = (*memory.went, ground.now)[-rate.most :]
        memory = replace(memory, went=went)
    return memory


def _to_build(ground: Ground, going: list[str]) -> tuple[str, ...]:
    """Return the assets of a run; a source is checked for the first of those that read it."""
    found = {key: None for key in going if key in ground.graph.assets}
    for key in going:
        if key in ground.graph.sources:
            readers = ground.readers(key)
            if not any(reader in found for reader in readers):
                found[next(r for r in readers if _may_stand_in(ground, r))] = None
    return tuple(found)


def _key(work: _Work, texts: Mapping[str, str | None]) -> str:
    """Return the name of what is decided: the same for the same look, and another for any other.

    The same may well be decided again: what is asked for may have come to nothing by then.
    """
    before = work.ground.scene.memories
    going = (f"{key} {work.ground.attempt(key)}" for key in sorted(work.going))
    kept = (f"{name}: {before.get(name)}" for name in sorted(texts))
    return digest(*going, *kept, repr(work.ground.now))


def _request(ground: Ground, run: str, why: str, assets: tuple[str, ...]) -> Request:
    return Request(
        run=run,
        project=ground.facts.project,
        environment=ground.facts.environment,
        at=ground.now,
        mover=Mover.RECONCILER,
        name=NAME,
        why=why,
        assets=assets,
        only=True,
    )


def _why(work: _Work, going: list[str]) -> str:
    """Return in a few words what made a run: its first cause, and how many assets it is of."""
    first = going[0]
    step = work.ground.steps[first]
    words = {Action.CREATE: "is missing", Action.CHECK: "is to be checked"}
    reason = step.reasons[0] if step.reasons else None
    cause = f"{first} {words.get(step.action, 'is stale' if step.certain else 'may be stale')}"
    if reason is not None and reason.kind is ReasonKind.INPUT:
        cause = reason.detail
    elif reason is not None and step.action not in words:
        cause += f": {reason.detail}"
    return f"{cause}; {len(going)} asset{'' if len(going) == 1 else 's'}"
