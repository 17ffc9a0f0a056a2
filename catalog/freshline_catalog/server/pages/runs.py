"""Runs: the list of them, and what one did, step by step, also while it goes or never began."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import BeforeValidator

from freshline.events import RunCancelRequested
from freshline.ticks import RequestState
from freshline.traces import Part
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.automation.queue import Request, request_of
from freshline_catalog.server.builds.told import Told
from freshline_catalog.server.cursors import cursor, sequence_in
from freshline_catalog.server.doings import Came, Doing, about_run, begun_by, waiting
from freshline_catalog.server.moments import moment, none_if_blank
from freshline_catalog.server.page import Page
from freshline_catalog.server.problems import AbsentError
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.runs import reading
from freshline_catalog.server.runs.chart import Chart, chart_of
from freshline_catalog.server.runs.log_file import (
    Line,
    is_run,
    problems_in,
    progress_in,
    tail_of,
)
from freshline_catalog.server.runs.reading import Filter, ReadVersion, RunFacts, RunOutcome
from freshline_catalog.server.runs.steps import Step, StepStatus, counts_of

STEPS = 200
_TAIL = 50
_READS = 200
_NEVER = float("inf")


_STATES = {
    RequestState.QUEUED: "queued",
    RequestState.LAUNCHED: "queued",  # its process has begun, and recorded nothing yet
    RequestState.ENDED: "succeeded",
    RequestState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """A page of runs, newest first, and what was begun and has recorded nothing yet.

    `next` is the cursor of the page behind this one, empty on the last.
    """

    runs: tuple[RunFacts, ...]
    queued: tuple[Doing, ...]
    actors: tuple[str, ...]
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A step that failed: why, what to do, where it is declared, and its line in the run's log.

    `trace` is how its code failed.
    """

    asset: str
    code: str
    message: str
    help: str = ""
    place: str = ""
    line: int | None = None
    trace: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run did.

    `facts` is None of a run that has recorded nothing: it was begun by `begun_by`, or automation
    asked for it by `request`, and it is queued or never began. `steps` are those of this page, in
    the order in which they began; `counts` are of all. `log` is the end of what it said. `told` is
    what code told of the versions, by asset, and `progress` how far code that is at work says that
    it is.
    """

    run: str
    facts: RunFacts | None
    now: float
    began_by: Doing | None = None
    request: Request | None = None
    about: tuple[Doing, ...] = ()
    cancelled_by: tuple[RunCancelRequested, ...] = ()
    counts: dict[str, int]
    steps: tuple[Step, ...] = ()
    matching: int = 0
    next: int | None = None
    failures: tuple[Failure, ...] = ()
    reads: tuple[ReadVersion, ...] = ()
    events: int = 0
    log: tuple[Line, ...] = ()
    told: Mapping[str, tuple[Told, ...]] = field(default_factory=dict[str, tuple[Told, ...]])
    progress: Mapping[str, Line] = field(default_factory=dict[str, Line])

    @property
    def state(self) -> str:
        """The word for how it stands."""
        if self.facts is not None:
            return self.facts.outcome.value
        if self.request is not None:
            return self.request.outcome or _STATES[self.request.state]
        if self.began_by is None or self.began_by.outcome is Came.BEGUN:
            return "queued"
        return "failed" if self.began_by.outcome is Came.FAILED else "succeeded"

    @property
    def chart(self) -> Chart:
        """Where its steps are drawn."""
        began = self.facts.began if self.facts is not None else self.now
        ended = self.facts.ended if self.facts is not None else None
        if ended is None and self.state != RunOutcome.RUNNING.value:
            ended = max((step.ended or began for step in self.steps), default=began)
        return chart_of(self.steps, began, self.now if ended is None else ended)


def wanted_by(
    asked: Reading,
    outcome: Annotated[
        RunOutcome | None, BeforeValidator(none_if_blank), Query(description="How it ended")
    ] = None,
    actor: Annotated[str, Query(max_length=200, description="Who began it")] = "",
    asset: Annotated[str, Query(max_length=200, description="An asset that it is about")] = "",
    since: Annotated[str, Query(max_length=40, description="A time, or 24h for a day ago")] = "",
    until: Annotated[str, Query(max_length=40, description="A time, itself left out")] = "",
) -> Filter:
    """Return which runs are asked for; InvalidError where a time cannot be read."""
    earliest, latest = moment(since, asked.now), moment(until, asked.now)
    return Filter(
        outcome=outcome,
        actor=actor,
        asset=asset,
        since=0.0 if earliest is None else earliest,
        until=_NEVER if latest is None else latest,
    )


def runs(
    asked: Reading,
    wanted: Annotated[Filter, Depends(wanted_by)],
    cursor_: Annotated[
        str, Query(alias="cursor", max_length=400, description="Where the page before ended")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
) -> Runs:
    """List runs, newest first."""
    before = sequence_in(cursor_) if cursor_ else reading.LAST
    found = reading.runs_of(asked, wanted, before=before, limit=limit + 1)
    shown = found[:limit]
    is_plain = wanted == Filter() and not cursor_
    return Runs(
        runs=shown,
        queued=waiting(asked) if is_plain else (),
        actors=reading.actors(asked, shown[0].sequence if shown else 0),
        next=cursor(shown[-1].sequence) if len(found) > limit else "",
    )


def run(
    asked: Reading,
    run: Annotated[str, Path(max_length=100, description="The run's id")],
    status: Annotated[StepStatus | None, Query(description="Only steps in this status")] = None,
    after: Annotated[
        int, Query(ge=0, le=1_000_000, description="How many steps to leave out at the beginning")
    ] = 0,
) -> Run:
    """Show what a run did, step by step."""
    found = reading.run_of(asked, run) if is_run(run) else None
    began_by = begun_by(asked, run) if is_run(run) else None
    request = request_of(asked, run) if is_run(run) else None
    if found is None and began_by is None and request is None:
        raise AbsentError("there is no run of this id", help="see the list of runs")
    if found is None:
        return Run(
            run=run, facts=None, now=asked.now, began_by=began_by, request=request, counts={}
        )
    facts, doing = found
    steps = reading.steps_of(asked, run, doing)
    wanted = [step for step in steps if status is None or step.status is status]
    logs, shown = asked.services.logs, tuple(wanted[after : after + STEPS])
    at_work = {step.asset for step in steps if step.status is StepStatus.RUNNING}
    said: Mapping[str, Line] = progress_in(logs, run) if at_work else {}
    return Run(
        run=run,
        facts=facts,
        now=asked.now,
        began_by=began_by,
        request=request,
        about=about_run(asked, run),
        cancelled_by=reading.requests_of(asked, run),
        counts=counts_of(steps),
        steps=shown,
        matching=len(wanted),
        next=after + STEPS if len(wanted) > after + STEPS else None,
        failures=_failures(asked, run, steps),
        reads=reading.reads_of(asked, run, _READS),
        events=reading.events_in(asked, run),
        log=tail_of(logs, run, _TAIL),
        told=reading.told_of(asked, run, shown),
        progress={asset: line for asset, line in said.items() if asset in at_work},
    )


def _failures(asked: Asked, run: str, steps: tuple[Step, ...]) -> tuple[Failure, ...]:
    """Return the steps that failed, in the order in which they did, with what the log knows."""
    failed = [step for step in steps if step.status is StepStatus.FAILED]
    if not failed:
        return ()
    told = {line.asset: line for line in problems_in(asked.services.logs, run) if line.code}
    failed.sort(key=lambda step: step.ended or 0.0)
    traces = reading.traces_of(asked, run, failed[:20])
    found: list[Failure] = []
    for step in failed[:20]:
        line = told.get(step.asset)
        found.append(
            Failure(
                asset=step.asset,
                code=step.code or (line.code if line else ""),
                message=step.message or (line.error if line else ""),
                help=line.help if line else "",
                place=line.place if line else "",
                line=line.number if line else None,
                trace=traces.get(step.asset) or (line.trace if line else ()),
            )
        )
    return tuple(found)


PAGES = (
    Page(path="/runs", make=runs, template="runs.html"),
    Page(path="/runs/{run}", make=run, template="run.html"),
)
