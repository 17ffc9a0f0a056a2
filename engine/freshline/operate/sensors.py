"""Sensors: what was awaited, what arrived, and what is done about it, exactly once."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import MsgspecError, Struct

from freshline.acts import OWNER, AssetVersion
from freshline.codec import decode, digest, encode
from freshline.operate.arrivals import Arrived, Cursor, Sensed, part, sense
from freshline.operate.ground import Ground
from freshline.refresh import (
    AssetArrived,
    CallWebhook,
    Condition,
    Counts,
    FilesArrived,
    FunctionSaid,
    Materialize,
    Notify,
    SensorDefinition,
    WatermarkMoved,
)
from freshline.ticks import Decided, Mover, Request, Tick, TickOutcome

_MOST_DETAILS = 100


class SensorMemory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far each condition is consumed, and what was told already of what does not count."""

    cursors: dict[str, Cursor] = {}
    ignored: tuple[str, ...] = ()
    error: str = ""


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
    now = SensorMemory(cursors=cursors, ignored=ignored, error=errors)
    if now == memory and not fires:
        return None, again
    kept = {memory_name(sensor.name): encode(now).decode()}
    if fires:
        return _fired(ground, sensor, pairs, kept, ids), again
    outcome, why = TickOutcome.NOTHING, _why_not(sensor, sensed)
    if errors and errors != memory.error:
        outcome, why = TickOutcome.FAILED, errors
    elif halted:
        outcome, why = TickOutcome.SKIPPED, "halted; what comes is kept"
    key = digest(kept[memory_name(sensor.name)], repr(ground.now))
    tick = _tick(ground, sensor, key, (outcome, why), _details(pairs, fires=False))
    return Decided(tick=tick, memories=kept), again


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
    kept: dict[str, str],
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
    outcome = (TickOutcome.REQUESTED, why)
    tick = _tick(ground, sensor, key, outcome, _details(pairs, fires=True), run)
    about = _about(ground, pairs)
    others = tuple(
        addressed(act, _owners(ground, sensor, about))
        for act in sensor.acts
        if not isinstance(act, Materialize)
    )
    return Decided(tick=tick, memories=kept, requests=requests, acts=others, about=about)


def addressed(act: CallWebhook | Notify, owners: tuple[str, ...]) -> CallWebhook | Notify:
    """Return an act that names whom it tells: the owners where it says so, or names nobody."""
    if isinstance(act, CallWebhook):
        return act
    named = act.to or (OWNER,)
    to = [each for name in named for each in (owners if name == OWNER else (name,))]
    return Notify(to=tuple(dict.fromkeys(to)), text=act.text)


def _about(ground: Ground, pairs: list[tuple[Condition, Sensed]]) -> tuple[AssetVersion, ...]:
    """Return the assets that arrived, each with the content that it has."""
    found: dict[str, str] = {}
    for condition, sensed in pairs:
        if isinstance(condition, AssetArrived) and sensed.arrived:
            remote = ground.scene.seen.remotes.get(condition.key)
            content = remote.content if remote is not None else ground.content(condition.key)
            found[condition.key] = content or ""
    return tuple(AssetVersion(key, content) for key, content in found.items())


def _owners(
    ground: Ground, sensor: SensorDefinition, about: tuple[AssetVersion, ...]
) -> tuple[str, ...]:
    """Return who owns the assets that arrived; of what nobody owns, the owner of the sensor."""
    nodes = (ground.graph.assets.get(a.asset) or ground.graph.sources.get(a.asset) for a in about)
    found = [node.definition.owner for node in nodes if node is not None]
    owners = tuple(dict.fromkeys(owner for owner in found if owner))
    return owners or ((sensor.owner,) if sensor.owner else ())


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
