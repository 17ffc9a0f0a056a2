"""The runner: takes a plan through the run's state machine with a pool of threads.

The calling thread alone moves the run; workers only perform steps. So stopping is simple: take out
what waits, interrupt the queries under way, and let each step end by its own rules.
"""

import math
import os
import queue
import signal
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from freshline.definitions import Retries
from freshline.errors import BusyError, FreshlineError
from freshline.events import (
    CheckResult,
    Outcome,
    RunFinished,
)
from freshline.execute import retry
from freshline.execute.again import try_again
from freshline.execute.check_step import CheckTask
from freshline.execute.commit import Task
from freshline.execute.deadline import Deadline, Interruptible, duration, timed_out
from freshline.execute.pinning import head, pinned
from freshline.execute.point_back import point_back
from freshline.execute.run import GOOD, Run, Status
from freshline.execute.setting import Result, Setting
from freshline.execute.step import perform
from freshline.execute.turn import check_in_turn, drop_in_turn, in_turn
from freshline.execute.view_step import perform_view
from freshline.failpoints import failpoint
from freshline.lineage.graph import Asset
from freshline.reconcile.facts import Facts
from freshline.reconcile.held import points_back
from freshline.reconcile.planned import Action, Plan, Step
from freshline.versions import Build

# An interrupt that came a moment too early is repeated after so many seconds.
_REPEAT = 0.05
_LONGEST_WAIT = 3600.0  # then it is looked again; a clock may have been set
_LOOK = 0.2  # seconds between two looks whether a queued step may begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One thing to show: a step began, ended or was put off. `done` of `total` steps have ended.

    `attempt` counts from 1; `wait` is in how many seconds a step that was put off is tried again.
    """

    asset: str
    status: Status
    done: int
    total: int
    seconds: float = 0.0
    rows: int | None = None
    note: str = ""
    error: FreshlineError | None = None
    checks: tuple[CheckResult, ...] = ()
    attempt: int = 1
    wait: float | None = None


def _chance() -> float:
    return int.from_bytes(os.urandom(4)) / 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How retries go in one run: `most` for every step, where the caller says; and the chance.

    `chance` gives numbers from 0 to 1, so that what failed together does not come back together.
    `in_line` is for how many seconds a step waits for other runs and for places in pools.
    """

    most: int | None = None
    chance: Callable[[], float] = _chance
    in_line: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """How a run went: the status of every step and the errors by asset."""

    run: str
    outcome: Outcome
    status: Mapping[str, Status]
    errors: Mapping[str, FreshlineError] = field(default_factory=dict[str, FreshlineError])

    def count(self, *statuses: Status) -> int:
        """Return how many steps ended in one of these statuses."""
        return sum(status in statuses for status in self.status.values())


@dataclass(slots=True)
class _Work:
    """The moving parts of one run."""

    plan: Mapping[str, Step]
    facts: Facts
    setting: Setting
    run: Run
    builds: dict[str, Build]
    ended: queue.SimpleQueue[tuple[str, Result] | None]
    show: Callable[[Progress], None]
    patience: Patience
    deadlines: dict[str, Deadline] = field(default_factory=dict[str, Deadline])
    began: dict[str, float] = field(default_factory=dict[str, float])
    queued: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])
    errors: dict[str, FreshlineError] = field(default_factory=dict[str, FreshlineError])
    stopped: bool = False


def execute(
    plan: Plan,
    facts: Facts,
    setting: Setting,
    jobs: int,
    show: Callable[[Progress], None] = lambda progress: None,
    patience: Patience | None = None,
) -> tuple[RunReport, Mapping[str, Build]]:
    """Perform a plan's steps, each as soon as what it waits for is done, and record the end.

    Return how it went, and the builds that are current afterwards.
    """
    run = Run(
        {step.asset: step.after for step in plan.steps},
        {step.asset: facts.graph.can_do_without(step.asset) for step in plan.steps},
    )
    work = _Work(
        plan={step.asset: step for step in plan.steps},
        facts=facts,
        setting=setting,
        run=run,
        builds=dict(facts.builds),
        ended=queue.SimpleQueue(),
        show=show,
        patience=patience or Patience(),
    )
    clock = setting.ports.clock
    with ThreadPoolExecutor(jobs, thread_name_prefix="step") as pool, _stoppable(work):
        running = 0
        while not run.finished:
            while running < jobs and (key := run.start(clock.now())) is not None:
                _submit(work, pool, key)
                running += 1
            try:
                ended = work.ended.get(timeout=_timeout(work, is_free=running < jobs))
            except queue.Empty:
                continue
            if ended is None:
                _stop(work)
            else:
                _end(work, *ended)
                running -= 1
    report = _report(work)
    failpoint("run.before_finish")
    event = RunFinished(
        at=clock.now(),
        run=setting.run,
        outcome=report.outcome,
        counts=run.counts(),
        unfinished={key: s.value for key, s in run.status.items() if s not in GOOD},
    )
    setting.ports.events.append([event])
    return report, work.builds


def _submit(work: _Work, pool: ThreadPoolExecutor, key: str) -> None:
    carry_out = _carried_out(work, key, _within_limits(work, key))
    if work.run.attempts[key] > 1:
        first, target = carry_out, work.facts.target(key)
        carry_out = partial(try_again, target, work.setting, first)
    work.began[key] = work.setting.ports.clock.now()
    if key not in work.queued:
        work.show(_progress(work, key, Status.RUNNING))

    def work_off() -> None:
        try:
            work.ended.put((key, carry_out()))
        except BaseException as error:  # a bug of ours, or a simulated crash: the caller decides
            work.ended.put((key, Result(status=Status.FAILED, error=_Escaped(error))))

    pool.submit(work_off)


def _carried_out(work: _Work, key: str, setting: Setting) -> Callable[[], Result]:
    """Return what a worker has to do for a step, with the versions that it reads pinned now."""
    facts, step = work.facts, work.plan[key]
    target = facts.target(key)
    if step.action is Action.DROP:
        return lambda: drop_in_turn(target, setting)
    known = facts.state.of(target)
    node = facts.graph.assets.get(key) or facts.graph.sources[key]
    reads = node.reads if isinstance(node, Asset) else ()
    inputs = pinned(work.builds, (*node.needs, *reads))
    build = work.builds.get(key)
    if step.action is Action.CHECK:
        own = {} if build is None else {key: build}
        check = CheckTask(target=target, builds={**inputs, **own}, known=known)
        return lambda: check_in_turn(check, setting)
    task = Task(
        step=step,
        asset=facts.graph.assets[key],
        target=target,
        inputs=inputs,
        build=build,
        head=head(facts, work.setting.ports.storages, key, build),
        history=facts.history.get(key, ()),
        known=known,
        attempt=work.run.attempts[key],
    )
    if points_back(step.reasons):
        return lambda: in_turn(task, setting, point_back)
    if task.asset.is_view:
        return lambda: in_turn(task, setting, perform_view)
    return lambda: in_turn(task, setting, perform)


def _within_limits(work: _Work, key: str) -> Setting:
    """Return the setting of one attempt: where the author set a timeout, with a deadline."""
    work.deadlines.pop(key, None)
    asset, ports = work.facts.graph.assets.get(key), work.setting.ports
    limit = asset.definition.timeout if asset is not None else None
    if asset is None or limit is None:
        return work.setting
    error = partial(timed_out, asset.definition, limit)
    deadline = work.deadlines[key] = Deadline(ports.compute, ports.clock.now() + limit, error)
    return replace(work.setting, ports=replace(ports, compute=deadline))


def _timeout(work: _Work, *, is_free: bool) -> float | None:
    """Watch the deadlines, and return for how long nothing but the end of a step matters."""
    clock = work.setting.ports.clock
    waits: list[float] = []
    if work.stopped:
        _interrupt(work)
        waits.append(_REPEAT)
    for deadline in work.deadlines.values():
        now = clock.now()
        deadline.watch(now)
        waits.append(max(deadline.at - now, _REPEAT))
    if not work.ended.empty():
        return 0.0  # time need not pass for what is there
    if is_free and not waits and (due := work.run.due) is not None:
        waits.append(clock.until(due))
    elif is_free and (due := work.run.due) is not None:
        waits.append(max(due - clock.now(), 0.0))
    return min((*waits, _LONGEST_WAIT)) if waits else None


class _Escaped(FreshlineError):
    """Carries an exception that no step may raise from a worker to the calling thread."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


def _end(work: _Work, key: str, result: Result) -> None:
    if isinstance(result.error, _Escaped):
        raise result.error.error
    work.deadlines.pop(key, None)
    status = result.status
    if status in (Status.FAILED, Status.QUEUED) and work.stopped:
        status = Status.CANCELLED
    if status is Status.QUEUED:
        result = _queue(work, key, result)
        if (status := result.status) is Status.QUEUED:
            return
    work.queued.pop(key, None)
    if status is Status.FAILED and result.error is not None and _put_off(work, key, result):
        return
    if result.build is not None:
        work.builds[key] = result.build
    if result.error is not None and status is Status.FAILED:
        work.errors[key] = result.error
    skipped = work.run.finish(key, status)
    work.show(_progress(work, key, status, result))
    for reader in skipped:
        work.show(_progress(work, reader, Status.SKIPPED))


def _put_off(work: _Work, key: str, result: Result) -> bool:
    """Put a step that failed off until it is tried again, where that may help."""
    declared, patience, error = _declared(work, key), work.patience, result.error
    most, retries = retry.allowed(declared, patience.most), work.run.attempts[key]
    if error is None or retries > most or not retry.may_help(error, declared):
        return False
    wait = retry.wait_before(retries, declared, patience.chance())
    work.run.put_off(key, work.setting.ports.clock.now() + wait)
    note = f"retry {retries} of {most} in {duration(wait)}"
    told = replace(result, note=note, build=None)
    work.show(replace(_progress(work, key, Status.RETRYING, told), wait=wait))
    return True


def _queue(work: _Work, key: str, result: Result) -> Result:
    """Queue a step that cannot begin, and say for what it waits; too long is a failure."""
    now = work.setting.ports.clock.now()
    since, said = work.queued.get(key, (now, ""))
    if now - since >= work.patience.in_line:
        busy = BusyError(f"{key}: {result.note}", help="apply again when that has ended")
        return Result(status=Status.FAILED, error=busy)
    work.queued[key] = (since, result.note)
    work.run.queue(key, now + _LOOK)
    if said != result.note:
        work.show(_progress(work, key, Status.QUEUED, result))
    return result


def _declared(work: _Work, key: str) -> Retries | None:
    asset = work.facts.graph.assets.get(key)
    return asset.definition.retries if asset is not None else None


@contextmanager
def _stoppable(work: _Work) -> Generator[None]:
    """Let Ctrl-C be one more thing that the loop takes from its queue, never an exception in it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: work.ended.put(None))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(work: _Work) -> None:
    work.stopped = True
    work.run.cancel()
    _interrupt(work)


def _interrupt(work: _Work) -> None:
    compute = work.setting.ports.compute
    if isinstance(compute, Interruptible):
        compute.interrupt()
    if (workers := work.setting.ports.workers) is not None:
        workers.interrupt()


def _progress(work: _Work, key: str, status: Status, result: Result | None = None) -> Progress:
    built = result is not None and result.build is not None and status is Status.BUILT
    return Progress(
        asset=key,
        status=status,
        done=work.run.ended,
        total=len(work.run.status),
        seconds=work.setting.ports.clock.now() - work.began.get(key, 0.0) if result else 0.0,
        rows=_rows(result) if built and result else None,
        note=result.note if result else "",
        error=result.error if result else None,
        checks=result.checks if result else (),
        attempt=max(work.run.attempts[key], 1),
    )


def _rows(result: Result) -> int | None:
    """Return how many rows a step gave; nobody counted those of a view."""
    version = result.build.version if result.build else None
    return version.rows if version is not None and not version.query else None


def _report(work: _Work) -> RunReport:
    status = dict(work.run.status)
    if work.stopped:
        outcome = Outcome.CANCELLED
    elif any(s in (Status.FAILED, Status.SKIPPED) for s in status.values()):
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.SUCCEEDED
    return RunReport(run=work.setting.run, outcome=outcome, status=status, errors=work.errors)
