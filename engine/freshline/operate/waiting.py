"""Why something is not running now: the first closed gate, what it goes back to, the next look."""

from dataclasses import dataclass

from freshline.errors import UsageError
from freshline.operate.ground import Ground
from freshline.operate.rules import told
from freshline.operate.scene import Age, Decision, Evaluated, Gate, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The answer to "why is this not running now".

    `event` is what the answer goes back to: a build, a failure, a request, what somebody did; empty
    where there is none. `next` says when it will be looked at again.
    """

    key: str
    sentence: str
    gate: Gate | None
    event: str
    next: str
    again: float | None = None
    age: Age | None = None


def answer(key: str, scene: Scene, evaluated: Evaluated) -> Waiting:
    """Return why an asset is or is not running now; UsageError where there is no such asset."""
    decision = evaluated.decisions.get(key)
    if decision is None and key in scene.facts.graph.sources:
        decision = Decision(key=key, gate=Gate.FRESH, why="sources are looked at, not built")
    if decision is None:
        raise UsageError(f'there is no asset "{key}"')
    return Waiting(
        key=key,
        sentence=sentence(decision),
        gate=decision.gate,
        event=_event(decision, Ground(scene)),
        next=_next(decision),
        again=decision.again,
        age=evaluated.ages.get(key),
    )


def sentence(decision: Decision) -> str:
    """Return one sentence on an asset."""
    match decision.gate:
        case None:
            return f"{decision.key} is built now: {decision.why}"
        case Gate.FRESH:
            return f"{decision.key} is fresh: {decision.why}"
        case Gate.RUNNING:
            return f"{decision.key} is under way: {decision.why}"
        case _:
            return f"{decision.key} is not built now: {decision.why}"


def _event(decision: Decision, ground: Ground) -> str:
    key = decision.key
    known = ground.facts.state.of(ground.facts.target(key))
    running = ground.running.get(key)
    match decision.gate:
        case Gate.RUNNING if running is not None:
            return f"run {running.request.run} was asked for at {told(running.request.at)}"
        case Gate.FAILED if known.failure is not None:
            return f"run {known.failure.run} failed at {told(known.failure.at)}"
        case Gate.HELD if known.pin is not None:
            return f"pinned at {told(known.pin.at)}"
        case Gate.HELD if known.pause is not None:
            return f"paused at {told(known.pause.at)}"
        case _:
            build = ground.facts.builds.get(key)
            return "" if build is None else f"built at {told(build.version.at)}"


def _next(decision: Decision) -> str:
    if decision.again is not None:
        return f"looked at again at {told(decision.again)}, and whenever something changes"
    return "looked at again whenever something changes"
