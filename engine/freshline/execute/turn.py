"""Turns: a step begins when no other run is at its target, and looks at what others did meanwhile.

1. While a run that lives has an attempt on the target, or a pool has no place, the step is queued:
   it holds nothing meanwhile, so no two steps can wait for each other.
2. What a run left open that does not live any more is settled first (see recover.py).
3. Where another run has published since the look of this one, its version is compared like any
   other: what was made by the same code of the same inputs is not computed again.
4. Nothing is put back: what a run published that looked at the project later, by other code, stays.

Between this and the claim others may be faster; then the claim is refused, and the step is queued.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from freshline.errors import BusyError, FreshlineError, UnknownOutcomeError
from freshline.execute.check_step import CheckTask, perform_check
from freshline.execute.commit import Task, places
from freshline.execute.drop import perform_drop
from freshline.execute.present import Now, Present
from freshline.execute.recover import settle
from freshline.execute.run import Status
from freshline.execute.setting import Result, Setting, looked_again, machine_refused
from freshline.keys import Target
from freshline.lineage.canonical import upstreams_in
from freshline.lineage.sources import unmoved
from freshline.reconcile.fingerprint import config, period, same_period
from freshline.reconcile.held import points_back
from freshline.reconcile.observe import kept
from freshline.reconcile.planned import Action
from freshline.reconcile.staleness import same_logic
from freshline.state import State, TargetState
from freshline.versions import Build

Performing = Callable[[Task, Setting], Result]


def in_turn(task: Task, setting: Setting, perform: Performing) -> Result:
    """Return how a step ended that was performed, or was not to be any more; or that it waits."""
    present = setting.present
    if present is None:
        return perform(task, setting)
    try:
        if why := _held_up(task.target, setting, present) or _full(task, setting, present):
            return queued(why)
        now = present.now()
        found = _with_news(replace(task, known=now.state.of(task.target)), setting, present, now)
    except FreshlineError as error:
        return Result(status=Status.FAILED, error=error)
    except OSError as error:
        return Result(status=Status.FAILED, error=machine_refused(error))
    if isinstance(found, Result):
        return found
    result = perform(*found)
    if isinstance(result.error, BusyError):
        attempt = present.of(task.target).attempt
        if attempt is None or attempt.run != setting.run:
            return queued(result.error.message)
    return result


def check_in_turn(task: CheckTask, setting: Setting) -> Result:
    """Run the checks of what is current, unless another run has put another version there."""
    if (present := setting.present) is None:
        return perform_check(task, setting)
    known = present.of(task.target)
    if _is_moved(known, present, task.builds.get(task.target.asset)):
        who = _publisher(present.now(), task.target)
        return Result(
            status=Status.CHECKED, build=known.build, note=f"{who} has built it meanwhile"
        )
    return perform_check(replace(task, known=known), setting)


def drop_in_turn(target: Target, setting: Setting) -> Result:
    """Record that an asset is dropped, when nobody is at it."""
    if (present := setting.present) is not None:
        try:
            if why := _held_up(target, setting, present):
                return queued(why)
        except FreshlineError as error:
            return Result(status=Status.FAILED, error=error)
    return perform_drop(target, setting)


def queued(why: str) -> Result:
    """Return that a step waits, and for what."""
    return Result(status=Status.QUEUED, note=why)


def _held_up(target: Target, setting: Setting, present: Present) -> str:
    """Return which run is at a target now; empty for none, when what a dead one left is settled.

    UnknownOutcomeError where that cannot be settled.
    """
    attempt = present.of(target).attempt
    if attempt is None or attempt.run == setting.run:
        return ""
    if present.lives(attempt.run):
        return f"waits for run {attempt.run}"
    state = State(targets={target: present.of(target)})
    for problem in settle(setting.run, present.holder, state, setting.ports):
        raise UnknownOutcomeError(problem, help="the next run asks the storage again")
    attempt = present.of(target).attempt  # somebody else's, who was faster
    return "" if attempt is None else f"waits for run {attempt.run}"


def _full(task: Task, setting: Setting, present: Present) -> str:
    """Return which pool has no place for a step; empty where each has."""
    target, state = task.target, present.now().state
    for name, most in places(task, setting):
        taken = sum(
            known.attempt is not None and name in known.attempt.pools
            for place, known in state.targets.items()
            if (place.project, place.environment) == (target.project, target.environment)
        )
        if taken >= most:
            return f"waits for a place in the pool {name}: {taken} at work"
    return ""


def _with_news(
    task: Task, setting: Setting, present: Present, now: Now
) -> tuple[Task, Setting] | Result:
    """Return the step as it is to be performed now; or how it ended, where nothing is to do."""
    known, before, reasons = task.known, present.seen.of(task.target), task.step.reasons
    is_back = points_back(reasons)
    for wish, was, word in (
        (known.pin, before.pin, "pinned"),
        (known.pause, before.pause, "paused"),
    ):
        if wish is not None and was is None and not is_back:
            return Result(status=Status.SKIPPED, note=f"{word} by {wish.actor} meanwhile")
    build = known.build
    if build is None or not _is_moved(known, present, task.build):
        return task, setting
    who = _publisher(now, task.target)
    moved = replace(
        task,
        build=build,
        head=build.version.number,
        step=replace(task.step, relaid=None),
        history=kept(setting.ports, setting.graph, task.target, {}),
    )
    if is_back:
        older = task.step.reuse
        is_there = older is not None and older.version.mat_id == build.version.mat_id
        return _left(build, f"{who} has done it") if is_there else (moved, setting)
    if any(reason.kind in ("forced", "drift") for reason in reasons):
        return moved, setting
    if task.asset.is_view:
        same = build.version.query == task.asset.query
    else:
        same = same_logic(build, task.asset)
    if not same:
        if now.is_later(now.publishers.get(task.target, ""), setting.run):
            note = f"{who} has built it by other code, which is later"
            return Result(status=Status.SKIPPED, note=note)
        return moved, setting
    if task.asset.is_view:
        return _left(build, f"{who} has done it")
    return _to_compare(moved, setting, now)


def _to_compare(task: Task, setting: Setting, now: Now) -> tuple[Task, Setting]:
    """Return a step that keeps what another run built, if it shows what its inputs are by now."""
    build, asset = task.build, task.asset
    assert build is not None
    moved = [
        key
        for key in asset.reads
        if key in setting.sources and not unmoved(setting.root, setting.sources[key])
    ]
    if moved:
        sources = {**setting.sources, **looked_again(setting, moved)}
        setting = replace(setting, sources=sources)
    settings = config(asset.definition, setting.graph.project)
    wanted = period(asset, setting.ports.clock.now())
    alike = build.trace.config == settings and same_period(build.trace.period, wanted)
    action = Action.RECHECK if alike else task.step.action
    return (
        replace(
            task,
            step=replace(task.step, action=action, reuse=None),
            inputs=_newest(task, setting, now),
        ),
        setting,
    )


def _newest(task: Task, setting: Setting, now: Now) -> Mapping[str, Build]:
    """Return the inputs of a step as they are by now, where they have the columns it knows."""
    found = dict(task.inputs)
    queue = list(found)
    while queue:
        key = queue.pop()
        target = Target(task.target.project, task.target.environment, key)
        build = now.state.of(target).build
        if target not in now.publishers or build is None or key not in setting.graph.assets:
            continue
        known = found.get(key)
        if known is not None and known.version.number >= build.version.number:
            continue
        if build.version.columns == setting.graph.columns_of(key):
            found[key] = build
            queue += upstreams_in(build.version.query)
    return found


def _is_moved(known: TargetState, present: Present, mine: Build | None) -> bool:
    """Say whether another version is on record than at the look, and than this run knows."""
    if known.build is None:
        return False
    before, there = present.seen.of(known.target).build, known.build.version.publish_id
    if before is not None and before.version.publish_id == there:
        return False
    return mine is None or mine.version.publish_id != there


def _publisher(now: Now, target: Target) -> str:
    run = now.publishers.get(target)
    return f"run {run}" if run is not None else "another run"


def _left(build: Build, note: str) -> Result:
    return Result(status=Status.VERIFIED, build=build, note=note)
