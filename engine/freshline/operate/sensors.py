"""Sensors: what was awaited, what arrived, and what is done about it, exactly once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec import MsgspecError, Struct
from msgspec.structs import replace

from freshline.codec import decode, digest, encode
from freshline.lineage.graph import Graph
from freshline.operate import recipients
from freshline.operate.arrivals import Arrived, Cursor, Sensed, part, sense
from freshline.operate.ground import Ground
from freshline.refresh import (
    AssetArrived,
    Condition,
    Counts,
    EventArrived,
    FilesArrived,
    FunctionSaid,
    Materialize,
    RunEnded,
    SensorDefinition,
    WatermarkMoved,
)
from freshline.ticks import Decided, Mover, Request, Tick, TickOutcome

_MOST_DETAILS = 100


class SensorMemory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far each condition is consumed, and what was told already of what does not fire.

    `arrived` is the digest of what has arrived and waits for more, so that it is told once.
    """

    cursors: dict[str, Cursor] = {}
    ignored: tuple[str, ...] = ()
    error: str = ""
    arrived: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """What sensors decided, and when one of them is to be looked at again."""

    decided: tuple[Decided, ...] = ()
    again: float | None = None


def memory_name(name: str) -> str:
    """Return under which name a sensor's memory is kept."""
    return f"sensor:{name}"


def evaluate(ground: Ground, ids: Callable[[], str]) -> Felt:
    """Return what the sensors of a project decide; one that is halted only keeps what comes."""
    decided: list[Decided] = []
    looks: list[float] = []
    for sensor in ground.graph.sensors:
        found, again = _one(ground, sensor, ids)
        decided += [] if found is None else [found]
        looks += [] if again is None else [again]
    return Felt(decided=tuple(decided), again=min(looks, default=None))


def awaiting(ground: Ground, sensor: SensorDefinition) -> tuple[str, ...]:
    """Return what a sensor waits for, what of it has arrived, and what does not count and why."""
    memory = read(ground.scene.memories.get(memory_name(sensor.name)))
    sensed = _sensed(ground, sensor, memory)
    return _details(list(zip(sensor.conditions, sensed, strict=True)), fires=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody has to be asked for a sensor: under `name` the answer belongs into the scene.

    `cursor` is what was answered last, None where nobody was asked, and `every` after how many
    seconds to ask again.
    """

    name: str
    condition: WatermarkMoved | FunctionSaid
    cursor: str | None
    every: float


def questions(graph: Graph, memories: Mapping[str, str]) -> tuple[Question, ...]:
    """Return the queries and functions to ask before sensors are looked at."""
    found: list[Question] = []
    for sensor in graph.sensors:
        memory = read(memories.get(memory_name(sensor.name)))
        for condition in sensor.conditions:
            if isinstance(condition, WatermarkMoved | FunctionSaid):
                name = part(condition)
                cursor = memory.cursors.get(name, Cursor()).shown
                found.append(
                    Question(
                        name=f"{sensor.name}:{name}",
                        condition=condition,
                        cursor=cursor,
                        every=sensor.every,
                    )
                )
    return tuple(found)


def globs(graph: Graph) -> tuple[str, ...]:
    """Return the globs of files that sensors wait for."""
    conditions = (each for sensor in graph.sensors for each in sensor.conditions)
    return tuple(dict.fromkeys(c.path for c in conditions if isinstance(c, FilesArrived)))


def heard(graph: Graph, memories: Mapping[str, str]) -> int:
    """Return the number of the last event from outside that every sensor has taken note of."""
    behind = [
        int(memory.cursors.get(part(condition), Cursor()).shown or 0)
        for sensor in graph.sensors
        for memory in [read(memories.get(memory_name(sensor.name)))]
        for condition in sensor.conditions
        if isinstance(condition, EventArrived)
    ]
    return min(behind, default=0)


def read(text: str | None) -> SensorMemory:
    """Return what a text says that was kept; what cannot be read any more is nothing."""
    if text is None:
        return SensorMemory()
    try:
        return decode(text, SensorMemory)
    except (MsgspecError, ValueError):
        return SensorMemory()


def _one(
    ground: Ground, sensor: SensorDefinition, ids: Callable[[], str]
) -> tuple[Decided | None, float | None]:
    memory = read(ground.scene.memories.get(memory_name(sensor.name)))
    sensed = [_recent(found, sensor, ground.now) for found in _sensed(ground, sensor, memory)]
    pairs = list(zip(sensor.conditions, sensed, strict=True))
    looks = [found.again for found in sensed if found.again is not None]
    if any(_is_asked(condition) for condition in sensor.conditions):
        looks.append(ground.now + sensor.every)
    again = min(looks, default=None)
    errors = "; ".join(found.error for found in sensed if found.error)
    ignored = tuple(words for found in sensed for words in found.ignored)
    halted = any((h.mover, h.name) == (Mover.SENSOR, sensor.name) for h in ground.scene.halts)
    fires = _fires(sensor, sensed) and not halted
    cursors = {
        part(condition): found.after if fires and found.arrived else found.cursor
        for condition, found in pairs
    }
    came = [f"{part(c)} {each.token}" for c, found in pairs for each in found.arrived]
    waits = digest(*came) if came and not fires else ""
    now = SensorMemory(cursors=cursors, ignored=ignored, error=errors, arrived=waits)
    if fires:
        return _fired(ground, sensor, pairs, now, ids), again
    if now == memory:
        return None, again
    outcome, why = TickOutcome.NOTHING, _why_not(sensor, sensed)
    if errors and errors != memory.error:
        outcome, why = TickOutcome.FAILED, errors
    elif halted:
        outcome, why = TickOutcome.SKIPPED, "halted; what comes is kept"
    kept = _kept(sensor, now)
    key = digest(*kept.values(), repr(ground.now))
    tick = _tick(ground, sensor, key, (outcome, why), _details(pairs, fires=False))
    return Decided(tick=tick, memories=kept), again


def _kept(sensor: SensorDefinition, memory: SensorMemory) -> dict[str, str]:
    return {memory_name(sensor.name): encode(memory).decode()}


def _sensed(ground: Ground, sensor: SensorDefinition, memory: SensorMemory) -> list[Sensed]:
    return [
        sense(condition, memory.cursors.get(part(condition), Cursor()), ground, sensor.name)
        for condition in sensor.conditions
    ]


def _is_asked(condition: Condition) -> bool:
    """Say whether what a condition hangs on is only known when somebody asks for it."""
    if isinstance(condition, AssetArrived):
        return "://" in condition.key
    return isinstance(condition, FilesArrived | WatermarkMoved | FunctionSaid)


def _recent(found: Sensed, sensor: SensorDefinition, now: float) -> Sensed:
    """Return what arrived within the time that a sensor allows; the rest counts no more."""
    if sensor.within is None or not found.arrived:
        return found
    arrived = tuple(each for each in found.arrived if now - each.at <= sensor.within)
    late = [each for each in found.arrived if each not in arrived]
    cursor = found.cursor
    pending = tuple(each for each in cursor.pending if now - each.at <= sensor.within)
    return Sensed(
        awaited=found.awaited,
        arrived=arrived,
        ignored=(*found.ignored, *(f"{each.what} came too long ago" for each in late)),
        cursor=Cursor(shown=cursor.shown, consumed=cursor.consumed, pending=pending),
        after=found.after,
        again=found.again,
        error=found.error,
    )


def _needed(sensor: SensorDefinition) -> int:
    if sensor.at_least is not None:
        return sensor.at_least
    return len(sensor.conditions) if sensor.counts is Counts.ALL else 1


def _fires(sensor: SensorDefinition, sensed: list[Sensed]) -> bool:
    return sum(bool(found.arrived) for found in sensed) >= max(1, _needed(sensor))


def _why_not(sensor: SensorDefinition, sensed: list[Sensed]) -> str:
    came = sum(bool(found.arrived) for found in sensed)
    awaited = "; ".join(found.awaited for found in sensed if not found.arrived)
    if came:
        return f"{came} of {_needed(sensor)} arrived; awaited: {awaited}"
    return f"awaited: {awaited}"


def _fired(
    ground: Ground,
    sensor: SensorDefinition,
    pairs: list[tuple[Condition, Sensed]],
    memory: SensorMemory,
    ids: Callable[[], str],
) -> Decided:
    """Return the runs and other acts of a firing, under a key of what it consumes."""
    came = [(part(c), each) for c, found in pairs for each in found.arrived]
    before = ground.scene.memories.get(memory_name(sensor.name), "")
    key = digest(before, *(f"{name} {each.token}" for name, each in came))
    why = _what([each for _, each in came])
    requests = tuple(
        Request(
            run=ids(),
            project=ground.facts.project,
            environment=ground.facts.environment,
            at=ground.now,
            mover=Mover.SENSOR,
            name=sensor.name,
            why=why,
            selection=act.selection,
        )
        for act in sensor.acts
        if isinstance(act, Materialize)
    )
    run = requests[0].run if requests else None
    kept = _kept(sensor, _knowing(memory, pairs, [request.run for request in requests]))
    outcome = (TickOutcome.REQUESTED, why)
    tick = _tick(ground, sensor, key, outcome, _details(pairs, fires=True), run)
    about = recipients.about(ground, pairs)
    others = recipients.addressed(ground, sensor, about)
    return Decided(tick=tick, memories=kept, requests=requests, acts=others, about=about)


def _knowing(
    memory: SensorMemory, pairs: list[tuple[Condition, Sensed]], runs: list[str]
) -> SensorMemory:
    """Return a memory in which a sensor of runs is not set off by those that it asked for."""
    cursors = dict(memory.cursors)
    for condition, _ in pairs:
        if isinstance(condition, RunEnded):
            cursor = cursors[part(condition)]
            consumed = {**cursor.consumed, **dict.fromkeys(runs, "")}
            cursors[part(condition)] = replace(cursor, consumed=consumed)
    return replace(memory, cursors=cursors)


def _what(came: list[Arrived]) -> str:
    first = came[0].what
    return first if len(came) == 1 else f"{first}, and {len(came) - 1} more"


def _details(pairs: list[tuple[Condition, Sensed]], *, fires: bool) -> tuple[str, ...]:
    """Return line by line what was awaited, arrived, consumed and ignored."""
    lines: list[str] = []
    for _, found in pairs:
        lines.append(f"awaited: {found.awaited}")
        verb = "consumed" if fires else "arrived"
        lines += [f"{verb}: {each.what}" for each in found.arrived]
        lines += [f"ignored: {words}" for words in found.ignored]
        lines += [f"unknown: {found.error}"] if found.error else []
    return tuple(lines[:_MOST_DETAILS])


def _tick(
    ground: Ground,
    sensor: SensorDefinition,
    key: str,
    outcome: tuple[TickOutcome, str],
    details: tuple[str, ...],
    run: str | None = None,
) -> Tick:
    return Tick(
        project=ground.facts.project,
        environment=ground.facts.environment,
        mover=Mover.SENSOR,
        name=sensor.name,
        key=key,
        at=ground.now,
        outcome=outcome[0],
        why=outcome[1],
        run=run,
        details=details,
    )
