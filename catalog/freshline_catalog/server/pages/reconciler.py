"""The reconciler: what would be done now and why, what is not, and who is at it."""

from dataclasses import dataclass
from typing import cast

from freshline import codec
from freshline.errors import Diagnostic, Span
from freshline.ports import Holder
from freshline.survey import Entry, Status, Survey
from freshline.verdicts import Reason
from freshline_catalog.server import doings
from freshline_catalog.server.doings import Doing
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.runs.reading import Filter, RunFacts, runs_of
from freshline_catalog.statements import statements

MOST = 500
_RUNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An asset that is not as it should be: what would be done about it, and why."""

    asset: str
    status: Status
    action: str
    why: tuple[Reason, ...]
    owner: str
    place: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """What an apply of everything would do now, as the last survey has it.

    `tasks` stand in the order in which they would be done; `more` says that there are more. Of
    `surveyed_at` None nobody has looked yet. `holders` are all who apply at this moment, each
    with the run that it does, and `queue` is what was asked for and has not begun.
    """

    surveyed_at: float | None
    sequence: int
    serial: int
    plan_id: str
    tasks: tuple[Task, ...]
    blocked: tuple[Task, ...]
    held: tuple[Task, ...]
    aside: tuple[Task, ...]
    more: bool
    orphans: tuple[str, ...]
    problems: tuple[Diagnostic, ...]
    warnings: tuple[str, ...]
    holders: tuple[Holder, ...]
    queue: tuple[Doing, ...]
    asked_for: tuple[Doing, ...]
    runs: tuple[RunFacts, ...]


_APART = (Status.BLOCKED, Status.ASIDE, Status.PINNED, Status.PAUSED)


def reconciler(asked: Reading) -> Reconciler:
    """Show what would be done now and why, what would not, and who is at it."""
    sql = statements("checks")
    rows = asked.connection.execute(sql["to_do"], (asked.survey, MOST + 1)).fetchall()
    tasks = [_task(codec.decode(cast(str, row[0]), Entry)) for row in rows[:MOST]]
    kept = asked.connection.execute(sql["survey"], (asked.survey,)).fetchall()
    survey = codec.decode(cast(str, kept[0][4]), Survey) if kept else None
    environment = asked.services.scope.environment
    return Reconciler(
        surveyed_at=survey.at if survey is not None else None,
        sequence=survey.sequence if survey is not None else 0,
        serial=cast(int, kept[0][2]) if kept else 0,
        plan_id=survey.plan_id if survey is not None else "",
        tasks=tuple(task for task in tasks if task.status not in _APART and task.action),
        blocked=tuple(task for task in tasks if task.status is Status.BLOCKED),
        held=tuple(task for task in tasks if task.status in (Status.PINNED, Status.PAUSED)),
        aside=tuple(task for task in tasks if task.status is Status.ASIDE),
        more=len(rows) > MOST,
        orphans=survey.orphans if survey is not None else (),
        problems=survey.problems if survey is not None else (),
        warnings=survey.warnings if survey is not None else (),
        holders=asked.services.log.holders(f"apply:{environment}"),
        queue=doings.waiting(asked),
        asked_for=doings.latest(asked, 10),
        runs=runs_of(asked, Filter(), limit=_RUNS),
    )


def _task(entry: Entry) -> Task:
    return Task(
        asset=entry.key,
        status=entry.status,
        action=entry.action,
        why=entry.why,
        owner=entry.owner or "",
        place=entry.place,
    )


PAGES = (Page(path="/reconciler", make=reconciler, template="reconciler.html"),)
