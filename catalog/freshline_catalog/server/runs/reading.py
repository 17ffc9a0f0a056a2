"""Runs as the catalog has them: one or many, what each acted upon, and whether it lives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple, cast

from freshline import codec
from freshline.events import Outcome, RunCancelRequested, RunFinished, RunStarted
from freshline.traces import Part, trace_of
from freshline_catalog.connection import Row
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.builds.told import Album, Told, told_in
from freshline_catalog.server.runs.steps import Doing, Step, StepEvent, StepStatus, failed_above
from freshline_catalog.server.runs.steps import steps_of as fold
from freshline_catalog.statements import statements

LAST = (1 << 63) - 1


class RunOutcome(StrEnum):
    """How a run ended, or how it stands."""

    RUNNING = "running"
    SUCCEEDED = Outcome.SUCCEEDED.value
    FAILED = Outcome.FAILED.value
    CANCELLED = Outcome.CANCELLED.value
    INTERRUPTED = Outcome.INTERRUPTED.value  # its process died before it could say


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """One run: who began it when, for what, and how it ended; `sequence` is its first event's."""

    run: str
    sequence: int
    outcome: RunOutcome
    actor: str
    command: str
    plan_id: str
    began: float
    ended: float | None
    steps: int
    counts: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def seconds(self) -> float | None:
        """How long it took, None while it has not ended."""
        return None if self.ended is None else max(self.ended - self.began, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which runs are meant: an empty word is no wish. Times are unix seconds, the end left out."""

    outcome: RunOutcome | None = None
    actor: str = ""
    asset: str = ""
    since: float = 0.0
    until: float = float("inf")


class ReadVersion(NamedTuple):
    """A version that a run read and did not make: number and run are None for sources."""

    asset: str
    version: str
    number: int | None
    run: str | None


def live_runs(asked: Asked) -> tuple[str, ...]:
    """Return the runs whose processes are there, the last to come last."""
    holders = asked.services.log.holders(f"apply:{asked.services.scope.environment}")
    found = [holder.run for holder in holders if holder.run]
    for holder in holders:
        if not holder.run:  # it has everything alone, and what began since then is its own
            newest = statements("runs")["newest"]
            rows = asked.connection.execute(newest, asked.services.scope).fetchall()
            found += [cast(str, run) for run, at in rows if cast(float, at) >= holder.since]
    return tuple(found)


def _living(asked: Asked) -> str:
    return codec.encode(live_runs(asked)).decode()


def runs_of(
    asked: Asked, wanted: Filter, *, before: int = LAST, limit: int = 50
) -> tuple[RunFacts, ...]:
    """Return runs that began before a sequence, newest first."""
    bindings = (
        *(*asked.services.scope, before, _living(asked)),
        *(wanted.outcome.value if wanted.outcome else "", wanted.actor, wanted.asset),
        *(wanted.since, wanted.until, limit),
    )
    rows = asked.connection.execute(statements("runs")["list"], bindings)
    return tuple(_facts(row)[0] for row in rows)


def run_of(asked: Asked, run: str) -> tuple[RunFacts, Doing] | None:
    """Return a run and what it was to do; None where nothing of it is on record."""
    bindings = (*asked.services.scope, run, _living(asked))
    rows = asked.connection.execute(statements("runs")["run"], bindings).fetchall()
    return _facts(rows[0]) if rows else None


def actors(asked: Asked, newest: int) -> tuple[str, ...]:
    """Return who began runs lately, by name."""
    bindings = (*asked.services.scope, max(newest - 1_000_000, 0))
    rows = asked.connection.execute(statements("runs")["actors"], bindings)
    return tuple(cast(str, row[0]) for row in rows)


def steps_of(asked: Asked, run: str, doing: Doing) -> tuple[Step, ...]:
    """Return the steps of a run, and for those it skipped the failure they were skipped for."""
    rows = asked.connection.execute(statements("runs")["steps"], (run, *asked.services.scope))
    events = (StepEvent(*cast("tuple[float, str, str]", row)) for row in rows)
    steps = fold(events, doing)
    failed = {step.asset for step in steps if step.status is StepStatus.FAILED}
    if not any(step.status is StepStatus.SKIPPED for step in steps):
        return steps
    upstreams: dict[str, list[str]] = {}
    for reader, upstream in asked.connection.execute(
        statements("runs")["upstreams"], (asked.survey,)
    ):
        upstreams.setdefault(cast(str, reader), []).append(cast(str, upstream))
    return tuple(_because(step, failed, upstreams) for step in steps)


def reads_of(asked: Asked, run: str, limit: int) -> tuple[ReadVersion, ...]:
    """Return the versions that a run read and did not make itself."""
    bindings = (run, *asked.services.scope, limit)
    rows = asked.connection.execute(statements("runs")["read"], bindings)
    return tuple(ReadVersion(*cast("tuple[str, str, int | None, str | None]", row)) for row in rows)


def told_of(asked: Asked, run: str, steps: Sequence[Step]) -> Mapping[str, tuple[Told, ...]]:
    """Return by asset what code told of the versions that these steps of a run published."""
    album, found = Album(), dict[str, tuple[Told, ...]]()
    for asset, text in asked.connection.execute(
        statements("runs")["told"], _about(asked, run, steps)
    ):
        found[cast(str, asset)] = told_in(cast(str, text), album)
    return found


def traces_of(asked: Asked, run: str, steps: Sequence[Step]) -> Mapping[str, tuple[Part, ...]]:
    """Return by asset how the code of these steps of a run failed, where that is on record."""
    rows = asked.connection.execute(statements("runs")["traces"], _about(asked, run, steps))
    return {cast(str, asset): trace_of(cast(str, text)) for asset, text in rows}


def _about(asked: Asked, run: str, steps: Sequence[Step]) -> tuple[str, str, str, str]:
    keys = codec.encode([step.asset for step in steps]).decode()
    project, environment = asked.services.scope
    return run, project, environment, keys


def requests_of(asked: Asked, run: str) -> tuple[RunCancelRequested, ...]:
    """Return who asked a run to stop."""
    rows = asked.connection.execute(statements("runs")["requests"], (run,))
    return tuple(codec.decode(cast(str, row[0]), RunCancelRequested) for row in rows)


def events_in(asked: Asked, run: str) -> int:
    """Return how many events a run has recorded."""
    rows = asked.connection.execute(statements("runs")["counted"], (run,)).fetchall()
    return cast(int, rows[0][0])


def _because(step: Step, failed: set[str], upstreams: Mapping[str, list[str]]) -> Step:
    if step.status is not StepStatus.SKIPPED:
        return step
    return replace(step, because=failed_above(step.asset, failed, upstreams))


def _facts(row: Row) -> tuple[RunFacts, Doing]:
    sequence, began, finished, told = cast("tuple[int, str, str | None, str]", row)
    start = codec.decode(began, RunStarted)
    end = codec.decode(finished, RunFinished) if finished is not None else None
    outcome = RunOutcome(told)
    facts = RunFacts(
        run=start.run,
        sequence=sequence,
        outcome=outcome,
        actor=start.actor,
        command=start.command,
        plan_id=start.plan_id,
        began=start.at,
        ended=end.at if end is not None else None,
        steps=start.steps,
        counts=end.counts if end is not None else {},
    )
    left = end.unfinished if end is not None else None
    return facts, Doing(start.assets, left, outcome is RunOutcome.RUNNING)
