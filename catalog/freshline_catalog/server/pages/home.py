"""Home: what needs attention, what changed, and what is being done."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, islice
from operator import itemgetter
from typing import TypeVar, cast

from freshline import codec
from freshline.errors import Diagnostic
from freshline.events import Outcome, RunFinished, RunStarted
from freshline.verdicts import Reason
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.assets.around import Neighbour, neighbour
from freshline_catalog.server.assets.head import survey_of
from freshline_catalog.server.automation.incidents import IncidentFacts, open_incidents
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading
from freshline_catalog.statements import statements

T = TypeVar("T")

MOST = 20
RECENT = 10
FIRST_KEYS = 3
_LOOKED_AT = 500
_HOUR, _DAY, _WEEK = 3600.0, 86400.0, 7 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many assets and sources there are, and how many of them are in which state."""

    entries: int = 0
    stale: int = 0
    running: int = 0
    failing: int = 0
    warned: int = 0
    degraded: int = 0
    built: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """An asset that is not well: since when, why, and how many hang on it."""

    asset: Neighbour
    since: float
    downstreams: int
    why: tuple[Reason, ...]
    problems: tuple[Diagnostic, ...]
    failure: str


class ChangeKind(StrEnum):
    """What became of a definition."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Definitions that came, went or changed at one time, the first `keys` of `count`.

    `stage` is that of the first one's lifecycle.
    """

    at: float
    change: ChangeKind
    keys: tuple[str, ...]
    count: int
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What was materialized, and what failed, in an hour that began at `at`."""

    at: float
    made: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The run that began last; `outcome` is None while it has not ended."""

    run: str
    at: float
    actor: str
    command: str
    steps: int
    outcome: Outcome | None
    ended: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Who is applying right now, and in which run."""

    run: str
    actor: str
    host: str
    process: int
    since: float
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciling:
    """What keeps the project fresh: the last look at it, the last run, and all who are at it now.

    `looked_at` is None where no survey was made yet; `behind` is how many events it does not know.
    """

    looked_at: float | None
    behind: int
    last_run: LastRun | None
    holders: tuple[Holding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What matters now. `problems` are all findings about the project's files, errors first.

    `incidents` are those that are open: what nobody muted first, and then the newest.
    """

    project: str
    incidents: tuple[IncidentFacts, ...]
    counts: Counts
    attention: tuple[Attention, ...]
    changed: tuple[Changed, ...]
    reconciling: Reconciling
    hours: tuple[Hour, ...]
    problems: tuple[Diagnostic, ...]
    orphans: tuple[str, ...]


def home(asked: Reading) -> Home:
    """Return what needs attention, what changed, and what is being done."""
    survey = survey_of(asked)
    problems = _decoded(survey.get("problems", []), tuple[Diagnostic, ...])
    return Home(
        project=asked.services.scope.project,
        incidents=tuple(sorted(open_incidents(asked), key=lambda each: each.mute is not None)),
        counts=_counts(asked),
        attention=_attention(asked),
        changed=_changed(asked),
        reconciling=_reconciling(asked),
        hours=_hours(asked),
        problems=tuple(sorted(problems, key=lambda problem: problem.severity != "error")),
        orphans=_decoded(survey.get("orphans", []), tuple[str, ...]),
    )


def _counts(asked: Asked) -> Counts:
    bindings = (asked.survey, *asked.services.scope)
    rows = asked.connection.execute(statements("home")["counts"], bindings).fetchall()
    entries, stale, running, failing, warned, degraded, built = cast("tuple[int, ...]", rows[0])
    return Counts(
        entries=entries,
        stale=stale,
        running=running,
        failing=failing,
        warned=warned,
        degraded=degraded,
        built=built,
    )


def _attention(asked: Asked) -> tuple[Attention, ...]:
    bindings = (asked.survey, *asked.services.scope, asked.now, MOST)
    rows = asked.connection.execute(statements("home")["attention"], bindings).fetchall()
    found: list[Attention] = []
    for row in rows:
        since, downstreams = cast("tuple[float, int]", row[11:13])
        why, problems, failure = cast("tuple[str | None, str | None, str | None]", row[13:])
        asset = neighbour(row[:11])
        failed_at = cast("float | None", row[6])
        found.append(
            Attention(
                asset=asset,
                since=since if failed_at is None else min(since, failed_at),
                downstreams=downstreams,
                why=codec.decode(why or "[]", tuple[Reason, ...]),
                problems=codec.decode(problems or "[]", tuple[Diagnostic, ...]),
                failure=failure or "",
            )
        )
    return tuple(found)


def _changed(asked: Asked) -> tuple[Changed, ...]:
    bindings = (asked.survey, asked.now - _WEEK, _LOOKED_AT)
    rows = asked.connection.execute(statements("home")["changed"], bindings).fetchall()
    together = groupby(cast("list[tuple[str, float, str, str]]", rows), itemgetter(1, 2))
    found: list[Changed] = []
    for (at, change), group in islice(together, RECENT):
        first, *others = group
        keys = tuple(key for key, *_ in (first, *others))
        found.append(
            Changed(
                at=at,
                change=ChangeKind(change),
                keys=keys[:FIRST_KEYS],
                count=len(keys),
                stage=first[3],
            )
        )
    return tuple(found)


def _hours(asked: Asked) -> tuple[Hour, ...]:
    """Return the last 24 hours, oldest first; the last of them is not over."""
    end = (asked.now // _HOUR + 1) * _HOUR
    bindings = (*asked.services.scope, end - _DAY, end)
    rows = asked.connection.execute(statements("home")["hours"], bindings).fetchall()
    known = {cast(int, hour): (cast(int, made), cast(int, failed)) for hour, made, failed in rows}
    return tuple(
        Hour(at=end - _DAY + hour * _HOUR, made=made, failed=failed)
        for hour in range(24)
        for made, failed in [known.get(hour, (0, 0))]
    )


def _reconciling(asked: Asked) -> Reconciling:
    sql, scope = statements("home"), asked.services.scope
    looked = asked.connection.execute(sql["looked"], (asked.survey,)).fetchall()
    at, known = cast("tuple[float, int]", looked[0]) if looked else (None, 0)
    last = asked.connection.execute(statements("queries")["last_sequence"]).fetchall()[0][0]
    runs = asked.connection.execute(sql["last_run"], scope).fetchall()
    holders = asked.services.log.holders(f"apply:{scope.environment}")
    return Reconciling(
        looked_at=at,
        behind=cast(int, last) - known,
        last_run=_last_run(*cast("tuple[str, str | None]", runs[0])) if runs else None,
        holders=tuple(
            Holding(
                run=holder.run,
                actor=holder.actor,
                host=holder.host,
                process=holder.pid,
                since=holder.since,
                purpose=holder.purpose,
            )
            for holder in holders
        ),
    )


def _last_run(began: str, ended: str | None) -> LastRun:
    start = codec.decode(began, RunStarted)
    end = codec.decode(ended, RunFinished) if ended is not None else None
    return LastRun(
        run=start.run,
        at=start.at,
        actor=start.actor,
        command=start.command,
        steps=start.steps,
        outcome=end.outcome if end is not None else None,
        ended=end.at if end is not None else None,
    )


def _decoded(value: object, type: type[T]) -> T:
    return codec.decode(codec.encode(value), type)


PAGES = (Page(path="/", make=home, template="home.html", api="/home"),)
