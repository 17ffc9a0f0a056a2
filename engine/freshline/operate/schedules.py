"""Schedules: which moments fell due, which of them count, and the runs that are asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import MsgspecError, Struct

from freshline.codec import decode, encode
from freshline.errors import UsageError
from freshline.operate.ground import Ground
from freshline.operate.memory import part_of
from freshline.operate.moments import moments_of, utc
from freshline.operate.rules import PUNCTUAL, told
from freshline.refresh import CatchUp, Cron, ScheduleDefinition
from freshline.ticks import Decided, Mover, Request, RequestState, Tick, TickOutcome

MOST_CAUGHT_UP = 10  # moments, where all that were missed count
_SHOWN = 20
_AHEAD = 26 * 3600.0


class ScheduleMemory(Struct, frozen=True, kw_only=True):
    """Of which cron moments count, as a digest, and up to which moment they are used up."""

    cron: str
    used: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timely:
    """What schedules decided, and when the next one falls due."""

    decided: tuple[Decided, ...] = ()
    again: float | None = None


def evaluate(ground: Ground, ids: Callable[[], str]) -> Timely:
    """Return what the schedules of a project decide: each moment once, in its order."""
    decided: list[Decided] = []
    looks: list[float] = []
    for schedule in ground.graph.schedules:
        cron = schedule.cron
        try:
            decided += _due(ground, schedule, ids)
            following = moments_of(cron.expression, cron.timezone, cron.calendar).next(ground.now)
        except UsageError:  # told where it is declared
            continue
        looks += [] if following is None else [following]
    return Timely(decided=tuple(decided), again=min(looks, default=None))


def memory_name(name: str) -> str:
    """Return under which name a schedule's memory is kept."""
    return f"schedule:{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """The moments of a schedule that fell due: those that count, and words about all others."""

    counts: tuple[float, ...] = ()
    others: tuple[str, ...] = ()
    last: float


class _Came(NamedTuple):
    """What a moment came to."""

    outcome: TickOutcome
    why: str
    details: tuple[str, ...] = ()
    run: str | None = None


def _due(ground: Ground, schedule: ScheduleDefinition, ids: Callable[[], str]) -> list[Decided]:
    cron, now = schedule.cron, ground.now
    digest = part_of(cron)
    memory = _read(ground.scene.memories.get(memory_name(schedule.name)))
    if memory is None or memory.cron != digest or memory.used > now + _AHEAD:
        # What fell due before it was declared so does not count.
        kept = ScheduleMemory(cron=digest, used=now)
        why = "it is new, or was edited: moments from now on count"
        return [_decided(ground, schedule, f"from {now!r}", kept, _Came(TickOutcome.NOTHING, why))]
    moments = moments_of(cron.expression, cron.timezone)
    if (last := moments.last(now)) is None or last <= memory.used:
        return []
    due = _which(cron, memory.used, now, last)
    found: list[Decided] = []
    for moment in due.counts:
        kept = ScheduleMemory(cron=digest, used=moment)
        details = due.others if moment == due.counts[0] else ()
        found.append(_fired(ground, schedule, kept, details, ids))
    if not due.counts or due.counts[-1] < due.last:
        kept = ScheduleMemory(cron=digest, used=due.last)
        said = due.others[-1] if due.others else f"{utc(due.last)} does not count"
        details = due.others if not due.counts else ()
        came = _Came(TickOutcome.SKIPPED, said, details)
        found.append(_decided(ground, schedule, utc(due.last), kept, came))
    return found


def _which(cron: Cron, used: float, now: float, last: float) -> _Due:
    """Return which moments count of those that fell due after one that was used up."""
    every = moments_of(cron.expression, cron.timezone).between(used, now, _SHOWN)
    counting = moments_of(cron.expression, cron.timezone, cron.calendar)
    open_days = counting.between(used, now, _SHOWN)
    others = {at: f"{utc(at)} falls on a day that does not count" for at in every}
    for at in open_days:
        others[at] = f"{utc(at)} was missed"
    match cron.catch_up:
        case CatchUp.LATEST:
            counts = open_days[-1:]
        case CatchUp.ALL:
            counts = open_days[-MOST_CAUGHT_UP:]
        case CatchUp.NONE:
            counts = tuple(at for at in open_days[-1:] if now - at <= PUNCTUAL)
    told_of = tuple(words for at, words in sorted(others.items()) if at not in counts)
    return _Due(counts=counts, others=told_of, last=last)


def _fired(
    ground: Ground,
    schedule: ScheduleDefinition,
    kept: ScheduleMemory,
    details: tuple[str, ...],
    ids: Callable[[], str],
) -> Decided:
    """Return what one moment that counts comes to: a run, or why there is none."""
    key = utc(kept.used)
    halts = (h for h in ground.scene.halts if (h.mover, h.name) == (Mover.SCHEDULE, schedule.name))
    if (halt := next(halts, None)) is not None:
        why = f"halted by {halt.actor}" + (f": {halt.reason}" if halt.reason else "")
        return _decided(ground, schedule, key, kept, _Came(TickOutcome.SKIPPED, why, details))
    waiting = [
        each.request
        for each in ground.scene.requests
        if each.state is RequestState.QUEUED
        and (each.request.mover, each.request.name) == (Mover.SCHEDULE, schedule.name)
    ]
    if waiting and schedule.cron.catch_up is not CatchUp.ALL:
        why = f"the run it asked for at {told(waiting[0].at)} has not begun yet"
        return _decided(ground, schedule, key, kept, _Came(TickOutcome.SKIPPED, why, details))
    meant = ground.selecting.chosen(schedule.selection)
    if meant.error:
        came = _Came(TickOutcome.FAILED, meant.error, details)
        return _decided(ground, schedule, key, kept, came)
    run = ids()
    why = f"due at {told(kept.used, schedule.cron.timezone)}"
    came = _Came(TickOutcome.REQUESTED, why, details, run)
    found = _decided(ground, schedule, key, kept, came)
    request = Request(
        run=run,
        project=ground.facts.project,
        environment=ground.facts.environment,
        at=ground.now,
        mover=Mover.SCHEDULE,
        name=schedule.name,
        why=why,
        selection=schedule.selection,
        priority=schedule.priority,
    )
    return Decided(tick=found.tick, memories=found.memories, requests=(request,))


def _decided(
    ground: Ground, schedule: ScheduleDefinition, key: str, kept: ScheduleMemory, came: _Came
) -> Decided:
    tick = Tick(
        project=ground.facts.project,
        environment=ground.facts.environment,
        mover=Mover.SCHEDULE,
        name=schedule.name,
        key=key,
        at=ground.now,
        outcome=came.outcome,
        why=came.why,
        run=came.run,
        details=came.details,
    )
    return Decided(tick=tick, memories={memory_name(schedule.name): encode(kept).decode()})


def _read(text: str | None) -> ScheduleMemory | None:
    if text is None:
        return None
    try:
        return decode(text, ScheduleMemory)
    except (MsgspecError, ValueError):
        return None
