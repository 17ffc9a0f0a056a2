"""The runner: takes a plan through the run's state machine with a pool of threads.

The calling thread alone moves the run; workers only perform steps. So stopping is simple: take out
what waits, interrupt the queries under way, and let each step end by its own rules.
"""

import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from freshline.errors import FreshlineError
from freshline.events import (
    AssetDefined,
    CheckResult,
    Event,
    Outcome,
    RunFinished,
    RunStarted,
    SourceObserved,
)
from freshline.execute.check_step import CheckTask, perform_check
from freshline.execute.run import Run, Status
from freshline.execute.setting import Result, Setting
from freshline.execute.step import Task, perform
from freshline.failpoints import failpoint
from freshline.lineage.sources import is_news
from freshline.ports import Condition
from freshline.reconcile.fingerprint import spec, spec_digest, storage_of
from freshline.reconcile.plan import Action, Plan, Step
from freshline.reconcile.staleness import Facts
from freshline.versions import Build


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One thing to show: a step began or ended. `done` of `total` steps have ended."""

    asset: str
    status: Status
    done: int
    total: int
    seconds: float = 0.0
    rows: int | None = None
    note: str = ""
    error: FreshlineError | None = None
    checks: tuple[CheckResult, ...] = ()


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
    began: dict[str, float] = field(default_factory=dict[str, float])
    errors: dict[str, FreshlineError] = field(default_factory=dict[str, FreshlineError])
    stopped: bool = False


def execute(
    plan: Plan,
    facts: Facts,
    setting: Setting,
    jobs: int,
    show: Callable[[Progress], None] = lambda progress: None,
) -> tuple[RunReport, Mapping[str, Build]]:
    """Perform a plan's steps, each as soon as what it waits for is done, and record the end.

    Return how it went, and the builds that are current afterwards.
    """
    run = Run({step.asset: step.after for step in plan.steps})
    work = _Work(
        plan={step.asset: step for step in plan.steps},
        facts=facts,
        setting=setting,
        run=run,
        builds=dict(facts.builds),
        ended=queue.SimpleQueue(),
        show=show,
    )
    with ThreadPoolExecutor(jobs, thread_name_prefix="step") as pool, _stoppable(work):
        running = 0
        while not run.finished:
            while running < jobs and (key := run.start()) is not None:
                _submit(work, pool, key)
                running += 1
            ended = work.ended.get()
            if ended is None:
                _stop(work)
            else:
                _end(work, *ended)
                running -= 1
    report = _report(work)
    failpoint("run.before_finish")
    event = RunFinished(
        at=setting.ports.clock.now(), run=setting.run, outcome=report.outcome, counts=run.counts()
    )
    setting.ports.events.append([event])
    return report, work.builds


def opening(
    plan: Plan, facts: Facts, setting: Setting, actor: str, command: str
) -> tuple[Event, ...]:
    """Return the events that begin a run: who, what, and the definitions and sources it goes by."""
    at, run = setting.ports.clock.now(), setting.run
    events: list[Event] = [
        RunStarted(
            at=at,
            run=run,
            project=facts.project,
            environment=facts.environment,
            plan_id=plan.plan_id,
            actor=actor,
            command=command,
            steps=len(plan.steps),
        )
    ]
    return (*events, *_definitions(facts, at, run), *_observations(facts, run))


def news(facts: Facts, at: float, run: str) -> tuple[Event, ...]:
    """Return what the catalog does not know yet though no step is needed."""
    return (*_definitions(facts, at, run), *_observations(facts, run))


def _definitions(facts: Facts, at: float, run: str) -> Iterable[Event]:
    graph = facts.graph
    for key in (*graph.sources, *graph.assets):
        definition = (graph.assets.get(key) or graph.sources[key]).definition
        now = spec(definition)
        digest = spec_digest(now)
        if facts.state.of(facts.target(key)).definition != digest:
            yield AssetDefined(at=at, run=run, target=facts.target(key), digest=digest, spec=now)


def _observations(facts: Facts, run: str) -> Iterable[Event]:
    for key, observed in facts.sources.items():
        known = facts.state.of(facts.target(key)).observation
        if known is None or is_news(known, observed):
            # The time of the look, not of the writing down: trust in files is measured from it.
            yield SourceObserved(
                at=observed.at,
                run=run,
                target=facts.target(key),
                version=observed.version,
                signature=observed.signature,
            )


def _submit(work: _Work, pool: ThreadPoolExecutor, key: str) -> None:
    carry_out = _carried_out(work, key)
    work.began[key] = work.setting.ports.clock.now()
    work.show(_progress(work, key, Status.RUNNING))

    def work_off() -> None:
        try:
            work.ended.put((key, carry_out()))
        except BaseException as error:  # a bug of ours, or a simulated crash: the caller decides
            work.ended.put((key, Result(status=Status.FAILED, error=_Escaped(error))))

    pool.submit(work_off)


def _carried_out(work: _Work, key: str) -> Callable[[], Result]:
    """Return what a worker has to do for a step, with the versions that it reads pinned now."""
    facts, setting, step = work.facts, work.setting, work.plan[key]
    target = facts.target(key)
    known = facts.state.of(target)
    node = facts.graph.assets.get(key) or facts.graph.sources[key]
    inputs = {need: work.builds[need] for need in node.needs if need in work.builds}
    build = work.builds.get(key)
    if step.action is Action.CHECK:
        own = {} if build is None else {key: build}
        check = CheckTask(target=target, builds={**inputs, **own}, known=known)
        return lambda: perform_check(check, setting)
    task = Task(
        step=step,
        asset=facts.graph.assets[key],
        target=target,
        inputs=inputs,
        build=build,
        head=_head(work, key),
        history=facts.history.get(key, ()),
        known=known,
    )
    return lambda: perform(task, setting)


def _head(work: _Work, key: str) -> int:
    """Return the number of the published head; of one that cannot be read the storage's word."""
    inspection = work.facts.inspections.get(key)
    if inspection is not None and inspection.condition is Condition.DAMAGED:
        definition = work.facts.graph.assets[key].definition
        name = storage_of(definition, work.facts.graph.project)
        numbers = work.setting.ports.storages[name].numbers(work.facts.target(key))
        return numbers[-1] if numbers else 0
    build = work.builds.get(key)
    return build.version.number if build else 0


class _Escaped(FreshlineError):
    """Carries an exception that no step may raise from a worker to the calling thread."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


def _end(work: _Work, key: str, result: Result) -> None:
    if isinstance(result.error, _Escaped):
        raise result.error.error
    status = result.status
    if status is Status.FAILED and work.stopped:
        status = Status.CANCELLED
    if result.build is not None:
        work.builds[key] = result.build
    if result.error is not None and status is Status.FAILED:
        work.errors[key] = result.error
    skipped = work.run.finish(key, status)
    work.show(_progress(work, key, status, result))
    for reader in skipped:
        work.show(_progress(work, reader, Status.SKIPPED))


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
    interrupt = getattr(work.setting.ports.compute, "interrupt", None)
    if interrupt is not None:
        interrupt()


def _progress(work: _Work, key: str, status: Status, result: Result | None = None) -> Progress:
    built = result is not None and result.build is not None and status is Status.BUILT
    return Progress(
        asset=key,
        status=status,
        done=work.run.ended,
        total=len(work.run.status),
        seconds=work.setting.ports.clock.now() - work.began.get(key, 0.0) if result else 0.0,
        rows=result.build.version.rows if built and result and result.build else None,
        note=result.note if result else "",
        error=result.error if result else None,
        checks=result.checks if result else (),
    )


def _report(work: _Work) -> RunReport:
    status = dict(work.run.status)
    if work.stopped:
        outcome = Outcome.CANCELLED
    elif any(s in (Status.FAILED, Status.SKIPPED) for s in status.values()):
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.SUCCEEDED
    return RunReport(run=work.setting.run, outcome=outcome, status=status, errors=work.errors)
