"""The gates of an asset, in their order: the first that is closed says why it is not built now."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from freshline.definitions import AssetDefinition
from freshline.operate.attempts import PASSING, came_to_nothing
from freshline.operate.ground import Ground
from freshline.operate.memory import AssetMemory, Tried, is_plain
from freshline.operate.moments import opening
from freshline.operate.rules import UNASKED, Answer, Need, told
from freshline.operate.scene import Age, Decision, Gate
from freshline.reconcile.held import points_back
from freshline.reconcile.planned import Step
from freshline.refresh import Refresh
from freshline.state import Failure
from freshline.verdicts import Reason, ReasonKind

_FIRST_DELAY, _DELAY_GROWS, MOST_TRIES = 30.0, 4.0, 3
_OF_INPUTS = (ReasonKind.INPUT, ReasonKind.UPSTREAM)
_AWAITED = (Gate.RUNNING, Gate.FAILED)
_REFRESH = Refresh()


class Closed(NamedTuple):
    """What a closed gate says, and when it may open by itself."""

    why: str
    again: float | None = None


@dataclass(slots=True, kw_only=True)
class Case:
    """An asset, or a source to check, with all that its gates ask.

    `decisions` are those on what stands before it, `tried` the last attempt with what became of it,
    `need` says whether something downstream needs it, and `answer` what its rule says, which is
    asked once the gates before that are open.
    """

    key: str
    ground: Ground
    memory: AssetMemory
    decisions: Mapping[str, Decision]
    ask: Callable[["Case"], Answer]
    awaited: set[str]
    going: Collection[str]
    age: Age | None = None
    tried: Tried | None = None
    need: Need = UNASKED
    answer: Answer | None = None
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def step(self) -> Step:
        """What is to be done about it; only asked behind the gate that there is something."""
        return self.ground.steps[self.key]

    @property
    def definition(self) -> AssetDefinition | None:
        """How the asset is declared; None of a source."""
        asset = self.ground.graph.assets.get(self.key)
        return asset.definition if asset is not None else None

    @property
    def refresh(self) -> Refresh:
        """When it is kept fresh."""
        return self.definition.refresh if self.definition is not None else _REFRESH

    @property
    def failure(self) -> Failure | None:
        """Why the last attempt failed, None where it did not."""
        return self.ground.facts.state.of(self.ground.facts.target(self.key)).failure

    def goes(self, key: str) -> bool:
        """Say whether something is built in this very evaluation."""
        return key in self.going


def decide(case: Case) -> Decision:
    """Return whether an asset is to be built now: it is where no gate is closed."""
    for gate, closed in GATES:
        if (found := closed(case)) is not None:
            _note(case, gate)
            return Decision(key=case.key, gate=gate, why=found.why, again=found.again)
    return Decision(key=case.key, gate=None, why=_because(case))


def delay(count: int) -> float:
    """Return after how many seconds an attempt is repeated that failed `count` times."""
    return _FIRST_DELAY * _DELAY_GROWS ** (count - 1)


def _note(case: Case, gate: Gate) -> None:
    """Note that what reads it has to wait, where what keeps it will pass without a new reason."""
    if gate in _AWAITED and (gate is Gate.FAILED or case.ground.is_stale(case.key)):
        case.awaited.add(case.key)
    if gate is Gate.UPSTREAM and any(n in case.awaited for n in case.ground.needs(case.key)):
        case.awaited.add(case.key)


def _because(case: Case) -> str:
    said = "; ".join(dict.fromkeys(reason.detail for reason in case.step.reasons))
    rule = case.answer.why if case.answer is not None else ""
    return f"{said} ({rule})" if rule and rule != "it is kept as what it reads" else said


def _aside(case: Case) -> Closed | None:
    graph = case.ground.graph
    found = graph.quarantined.get(case.key)
    if found is None and graph.project.strict and graph.failed:
        return Closed("the project is strict, and something in it is broken")
    if found is None:
        return None
    return Closed(f"it is set aside with {found.because}" if found.because else found.code)


def _held(case: Case) -> Closed | None:
    facts, key = case.ground.facts, case.key
    if key in case.ground.steps:  # pinned, and not at the version that it is pinned to
        return None
    if (pin := facts.pins.get(key)) is not None:
        return Closed(f"it is pinned by {pin.actor}: {pin.reason}", pin.until)
    if (pause := facts.pauses.get(key)) is not None:
        return Closed(f"it is paused by {pause.actor}: {pause.reason}")
    return None


def _running(case: Case) -> Closed | None:
    found = case.ground.running.get(case.key)
    if found is None:
        return None
    if found.launched is None:
        return Closed(f"run {found.request.run}, which builds it, is queued")
    return Closed(f"run {found.request.run} is building it since {told(found.launched)}")


def _fresh(case: Case) -> Closed | None:
    if case.key in case.ground.steps or case.key in case.ground.blocked:
        return None
    return Closed(case.ground.proofs.get(case.key, "nothing is to be done"))


def _missing(case: Case) -> Closed | None:
    why = case.ground.blocked.get(case.key)
    if why is not None:
        return None if _blocks_by_check(case, why) else Closed(why)
    if points_back(case.step.reasons):
        return None
    ground = case.ground
    for need in ground.needs(case.key):
        if need in ground.graph.sources and need not in ground.facts.sources:
            return Closed(f"{need} was never observed")
        absent = need in ground.graph.assets and need not in ground.facts.builds
        if absent and not case.goes(need) and not ground.trigger(case.key, need).optional:
            if need in ground.running:
                continue  # it is awaited
            return Closed(f"{need} was never built{_and_why(case, need)}")
    return None


def _blocks_by_check(case: Case, why: str) -> bool:
    root = why.partition(" ")[0]
    if why.endswith("is left out too") and (decision := case.decisions.get(root)) is not None:
        return decision.gate is Gate.CHECKS
    return "fails its check" in why


def _checks(case: Case) -> Closed | None:
    if (why := case.ground.blocked.get(case.key)) is not None:
        return Closed(why)
    ground = case.ground
    if points_back(case.step.reasons):
        return None
    for need in ground.needs(case.key):
        if need not in ground.steps or case.goes(need):
            continue  # the plan has looked at what stays as it is
        if ground.trigger(case.key, need).ignore_checks:
            continue
        if (found := ground.failing(need)) is not None:
            return Closed(f"{need} fails its check {found.check.definition.name}")
    return None


def _upstream(case: Case) -> Closed | None:
    ground = case.ground
    if points_back(case.step.reasons):
        case.reasons = case.step.reasons
        return None
    for need in ground.needs(case.key):
        optional = ground.trigger(case.key, need).optional
        if need in case.awaited and (not optional or need in ground.running):
            return Closed(f"it waits for {need}{_and_why(case, need)}", _again(case, need))
    live: list[Reason] = []
    idle: list[str] = []
    for reason in case.step.reasons:
        pending = reason.upstream if not case.step.certain else None
        if pending is not None and pending in ground.steps and not case.goes(pending):
            idle.append(pending)
        else:
            live.append(reason)
    if not live and idle:
        return Closed(f"nothing new until {idle[0]} is built{_and_why(case, idle[0])}")
    case.reasons = tuple(live)
    return None


def _trigger(case: Case) -> Closed | None:
    ignored: list[str] = []
    for reason in case.reasons:
        if reason.kind not in _OF_INPUTS or reason.upstream is None:
            return None
        if case.ground.trigger(case.key, reason.upstream).trigger:
            return None
        ignored.append(reason.upstream)
    if not ignored:
        return None
    return Closed(f"only {', '.join(dict.fromkeys(ignored))} changed, which does not count")


def _rule(case: Case) -> Closed | None:
    if points_back(case.step.reasons):
        return None
    answer = case.answer = case.ask(case)
    if answer.opens:
        return None
    if not is_plain(case.refresh.rule) and came_to_nothing(case.key, case.tried, case.ground):
        case.answer = Answer(opens=True, why="what was asked for before came to nothing")
        return None
    drive = case.age.drive if case.age is not None else None
    again = min((at for at in (answer.again, drive) if at is not None), default=None)
    if drive is not None and drive <= case.ground.now:
        why = "else it would not be as fresh as is asked for"
        case.answer = Answer(opens=True, why=why)
        return None
    return Closed(answer.why, again)


def _failed(case: Case) -> Closed | None:
    tried = case.tried
    if tried is None or not tried.digest or tried.digest != case.ground.attempt(case.key):
        return None
    failure = case.failure
    if failure is not None and failure.run != tried.run and failure.at < tried.at:
        failure = None  # of before
    said = f"run {tried.run} came to nothing" if failure is None else failure.message
    if failure is not None and failure.code not in PASSING:
        return Closed(f"this was tried, and failed: {said}; nothing has changed since")
    if tried.count > MOST_TRIES:
        return Closed(f"quarantined after {tried.count} tries until something changes: {said}")
    due = (tried.at if failure is None else failure.at) + delay(tried.count)
    if case.ground.now < due:
        return Closed(f"tried {_times(tried.count)}, and again at {told(due)}: {said}", due)
    return None


def _cooldown(case: Case) -> Closed | None:
    seconds, build, failure = (
        case.refresh.cooldown,
        case.ground.facts.builds.get(case.key),
        case.failure,
    )
    ends = [build.version.at] if build is not None else []
    ends += [failure.at] if failure is not None else []
    # What lies ahead of now was written down under another clock, and is no reason to wait.
    before = max((at for at in ends if at <= case.ground.now), default=None)
    if not seconds or before is None or case.ground.now >= before + seconds:
        return None
    return Closed(f"it rests until {told(before + seconds)} after its last build", before + seconds)


def _hours(case: Case) -> Closed | None:
    hours = case.refresh.hours
    if hours is None:
        return None
    found = opening(hours, case.ground.now)
    if found.is_open:
        return None
    if found.until is None:
        return Closed("its hours never open")
    return Closed(f"its hours open at {told(found.until, hours.timezone)}", found.until)


def _rate(case: Case) -> Closed | None:
    rate, now = case.refresh.rate, case.ground.now
    if rate is None:
        return None
    within = [at for at in case.memory.went if now - rate.seconds < at <= now]
    if len(within) < rate.most:
        return None
    due = sorted(within)[-rate.most] + rate.seconds
    return Closed(f"it was built {_times(len(within))} of late; again at {told(due)}", due)


GATES: tuple[tuple[Gate, Callable[[Case], Closed | None]], ...] = (
    (Gate.ASIDE, _aside),
    (Gate.HELD, _held),
    (Gate.RUNNING, _running),
    (Gate.FRESH, _fresh),
    (Gate.MISSING, _missing),
    (Gate.CHECKS, _checks),
    (Gate.UPSTREAM, _upstream),
    (Gate.TRIGGER, _trigger),
    (Gate.RULE, _rule),
    (Gate.FAILED, _failed),
    (Gate.COOLDOWN, _cooldown),
    (Gate.HOURS, _hours),
    (Gate.RATE, _rate),
)


def _and_why(case: Case, key: str) -> str:
    decision = case.decisions.get(key)
    return f": {decision.why}" if decision is not None else ""


def _again(case: Case, key: str) -> float | None:
    decision = case.decisions.get(key)
    return decision.again if decision is not None else None


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"
