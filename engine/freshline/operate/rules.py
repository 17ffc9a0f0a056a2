"""Rules answered: whether one lets an asset be built now, why not, and when to ask again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, assert_never
from zoneinfo import ZoneInfo

from freshline.operate.ground import Ground, covers
from freshline.operate.memory import AssetMemory, part_of, timed
from freshline.operate.moments import Moments, moments_of
from freshline.refresh import (
    AllOf,
    AnyOf,
    CatchUp,
    Cron,
    Every,
    Manual,
    MaxLag,
    Never,
    Not,
    Rule,
    Upstream,
    Wake,
    WhenNeeded,
)
from freshline.verdicts import Reason, ReasonKind

PUNCTUAL = 300.0  # seconds within which somebody counts as having been there for a moment
MOST_MOMENTS = 50  # of those that nobody was there for


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a rule says: `opens` lets the asset be built, and `why` is a sentence either way.

    `again` is when another answer may come by itself. `used` are the moments that a build would
    use up, `woke` what it would have been woken by.
    """

    opens: bool
    why: str
    again: float | None = None
    used: Mapping[str, float] = field(default_factory=dict[str, float])
    woke: Mapping[str, str] = field(default_factory=dict[str, str])


class Need(NamedTuple):
    """What reads an asset that is only built when that is due.

    `by` is what needs it now, empty where nothing does; then `awaited` says what would need it, and
    why that is not due, and `again` when that is looked at next.
    """

    by: str = ""
    awaited: str = ""
    again: float | None = None


UNASKED = Need()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """An asset whose rule is asked, what is remembered of it, and what goes before it by now.

    `need` says whether something downstream needs it.
    """

    key: str
    ground: Ground
    memory: AssetMemory
    going: Collection[str] = ()
    need: Need = UNASKED


def allows(rule: Rule, asking: Asking) -> Answer:
    """Return what a rule says of an asset."""
    match rule:
        case Upstream():
            return _upstream(asking)
        case Manual():
            return Answer(opens=False, why="it is refreshed when somebody asks for it")
        case Never():
            if asking.key in asking.ground.facts.builds:
                return Answer(opens=False, why="it is never built again, once it has been")
            return Answer(opens=True, why="it has never been built")
        case WhenNeeded():
            return _when_needed(asking.need)
        case Cron():
            return _cron(rule, asking)
        case Every():
            return _every(rule, asking)
        case MaxLag():
            return _max_lag(rule, asking)
        case Wake():
            return _wake(rule, asking)
        case AllOf():
            return _all_of([allows(part, asking) for part in rule.rules])
        case AnyOf():
            return _any_of([allows(part, asking) for part in rule.rules])
        case Not():
            found = allows(rule.rule, asking)
            return Answer(opens=not found.opens, why=f"not that {found.why}", again=found.again)
        case _:
            assert_never(rule)


def spent(rule: Rule, asking: Asking) -> Mapping[str, float]:
    """Return the moments that an asset uses up by being fresh now."""
    found: dict[str, float] = {}
    for part in timed(rule):
        answer = allows(part, asking)
        if answer.opens:
            found |= answer.used
            if isinstance(part, Cron):
                last = _moments(part).last(asking.ground.now)
                found[part_of(part)] = last if last is not None else asking.ground.now
    return found


def showing(rule: Wake, ground: Ground) -> str:
    """Return what an asset may be woken by shows now; empty where nobody can say."""
    token = _token(rule, ground)
    return token if isinstance(token, str) else ""


def waiting(need: Need) -> str:
    """Return what an asset waits for that is only built when it is needed."""
    said = "it waits until something downstream that reads it is due"
    return f"{said} ({need.awaited})" if need.awaited else said


def told(at: float, timezone: str = "UTC") -> str:
    """Return a moment as a clock in a zone shows it; seconds only where there are any."""
    shown = datetime.fromtimestamp(int(at), ZoneInfo(timezone))
    return f"{shown:{'%Y-%m-%d %H:%M:%S' if shown.second else '%Y-%m-%d %H:%M'}} {timezone}"


def _upstream(asking: Asking) -> Answer:
    """Open, unless all that is stale about it would be so again right after a build."""
    step = asking.ground.steps.get(asking.key)
    reasons = step.reasons if step is not None else ()
    if reasons and all(_comes_every_time(reason, asking.ground) for reason in reasons):
        what = next((r.upstream for r in reasons if r.upstream is not None), None)
        said = f"{what} is taken for changed at every look" if what else "its code is not pure"
        why = f"{said}: say how often to build it, with every: or cron:"
        return Answer(opens=False, why=why)
    return Answer(opens=True, why="it is kept as what it reads")


def _when_needed(need: Need) -> Answer:
    if need.by:
        return Answer(opens=True, why=f"{need.by} needs it")
    return Answer(opens=False, why=waiting(need), again=need.again)


def _comes_every_time(reason: Reason, ground: Ground) -> bool:
    """Say whether a reason is there at every look, so that following it would never end."""
    if reason.kind is ReasonKind.INPUT:
        return ground.always_moves(reason.upstream or "")
    return reason.kind is ReasonKind.FORCED


def _cron(rule: Cron, asking: Asking) -> Answer:
    ground, memory, part = asking.ground, asking.memory, part_of(rule)
    moments, now = _moments(rule), ground.now
    floor = memory.floor(part)
    last, following = moments.last(now), moments.next(now)
    if last is None or last <= floor:
        when = "never again" if following is None else f"next at {told(following, rule.timezone)}"
        return Answer(opens=False, why=when, again=following)
    late = now - last > PUNCTUAL and memory.held.get(part) != last
    if rule.catch_up is CatchUp.NONE and late:
        passed = told(last, rule.timezone)
        why = f"{passed} passed while nobody was there, and is not caught up with"
        return Answer(opens=False, why=why, again=following)
    if rule.catch_up is CatchUp.ALL:
        last = moments.between(floor, now, MOST_MOMENTS)[0]
    waiting = _not_looked_at(asking, last) if rule.updated else None
    if waiting is not None:
        why = f"{waiting} was not built or found unchanged since {told(last, rule.timezone)}"
        return Answer(opens=False, why=why, again=following)
    return Answer(opens=True, why=f"due at {told(last, rule.timezone)}", used={part: last})


def _moments(rule: Cron) -> Moments:
    return moments_of(rule.expression, rule.timezone, rule.calendar)


def _not_looked_at(asking: Asking, moment: float) -> str | None:
    """Return an input that counts and was not built or found unchanged since a moment."""
    ground = asking.ground
    rights = ground.rights()
    for upstream in ground.graph.assets[asking.key].reads:
        how = ground.trigger(asking.key, upstream)
        right = rights.get(upstream)
        absent = right is None and how.optional
        if not how.trigger or absent or upstream in asking.going:
            continue
        if right is None or right < moment:
            return upstream
    return None


def _every(rule: Every, asking: Asking) -> Answer:
    ground, part = asking.ground, part_of(rule)
    build = ground.facts.builds.get(asking.key)
    if build is None:
        return Answer(opens=True, why="it has never been built", used={part: ground.now})
    before = max(asking.memory.floor(part), min(build.version.at, ground.now))
    due = before + rule.seconds
    if ground.now < due:
        return Answer(opens=False, why=f"next at {told(due)}", again=due)
    return Answer(opens=True, why=f"due since {told(due)}", used={part: ground.now})


def _max_lag(rule: MaxLag, asking: Asking) -> Answer:
    since = asking.memory.stale
    since = asking.ground.now if since is None else since
    build = asking.ground.facts.builds.get(asking.key)
    if build is not None:  # one that is stale again at once was not so before
        since = max(since, min(build.version.at, asking.ground.now))
    due = since + rule.seconds
    if asking.ground.now < due:
        why = f"it may be stale for a while, until {told(due)}"
        return Answer(opens=False, why=why, again=due)
    return Answer(opens=True, why=f"it has been stale since {told(since)}")


def _wake(rule: Wake, asking: Asking) -> Answer:
    ground, part = asking.ground, part_of(rule)
    token = _token(rule, ground)
    if isinstance(token, Answer):
        return token
    what = rule.key + (f" ({', '.join(rule.columns)})" if rule.columns else "")
    if not _differs(rule, asking, token):
        return Answer(opens=False, why=f"{what} shows nothing new")
    moved = _moved(rule, ground)
    if moved is not None and ground.now < moved + rule.settle:
        due = moved + rule.settle
        return Answer(opens=False, why=f"{what} has to rest until {told(due)}", again=due)
    return Answer(opens=True, why=f"{what} shows something new", woke={part: token})


def _token(rule: Wake, ground: Ground) -> str | Answer:
    remote = ground.scene.seen.remotes.get(rule.key)
    if remote is not None and remote.error:
        return Answer(opens=False, why=f"nobody can say what {rule.key} is: {remote.error}")
    if remote is not None:
        return remote.windows.get(",".join(rule.columns), remote.content)
    token = ground.shown(rule.key, rule.columns)
    if token is None:
        return Answer(opens=False, why=f"{rule.key} was never built")
    return token


def _differs(rule: Wake, asking: Asking, token: str) -> bool:
    """Say whether what is shown is other than what the asset's last build had before it."""
    ground, key = asking.ground, asking.key
    build = ground.facts.builds.get(key)
    if build is None:
        return True
    read = next((r for r in build.trace.inputs if r.asset == rule.key), None)
    if read is None:  # nothing on record says what was there: only what was remembered
        return asking.memory.woke.get(part_of(rule), token) != token
    if covers(read.window, rule.columns):
        return read.data_version != token
    current = ground.facts.builds.get(rule.key)
    if current is not None and current.version.mat_id == read.version:
        return False
    for older in ground.facts.history.get(rule.key, ()):
        if older.version.mat_id == read.version:
            return all(
                output.data_version != token
                for output in older.trace.outputs
                if covers(output.window, rule.columns)
            )
    return asking.memory.woke.get(part_of(rule)) != token


def _moved(rule: Wake, ground: Ground) -> float | None:
    remote = ground.scene.seen.remotes.get(rule.key)
    return remote.at if remote is not None else ground.moved(rule.key)


def _all_of(answers: list[Answer]) -> Answer:
    closed = [answer for answer in answers if not answer.opens]
    if closed:
        first = closed[0]
        return Answer(opens=False, why=first.why, again=_soonest(closed))
    return _together(answers, "; ".join(answer.why for answer in answers))


def _any_of(answers: list[Answer]) -> Answer:
    found = [answer for answer in answers if answer.opens]
    if not found:
        why = "; ".join(answer.why for answer in answers)
        return Answer(opens=False, why=why, again=_soonest(answers))
    return _together(found, found[0].why)


def _together(answers: list[Answer], why: str) -> Answer:
    used = {part: at for answer in answers for part, at in answer.used.items()}
    woke = {part: token for answer in answers for part, token in answer.woke.items()}
    return Answer(opens=True, why=why, used=used, woke=woke)


def _soonest(answers: list[Answer]) -> float | None:
    return min((a.again for a in answers if a.again is not None), default=None)
