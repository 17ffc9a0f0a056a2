"""A catalog in which automation was at work: schedules, sensors, a queue, decisions and events.

schedule  morning    made marts.daily fresh an hour ago, in run ENDED
schedule  evening    paused by ada
sensor    landed     waits for files; asked for run QUEUED
sensor    closing    waits for an event from outside
asset     marts.daily     waits for its own rule until five minutes from now
asset     marts.old       too old; a blocking check fails on what it reads
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.catalog.server.conftest import HandClock

from freshline.errors import Span
from freshline.events import Outcome, RunFinished, RunStarted
from freshline.ports import Holder
from freshline.survey import Entry, EntryKind, EntryMover, Status, Survey
from freshline.ticks import (
    Arrival,
    Decided,
    Halt,
    Mover,
    Request,
    Tick,
    TickOutcome,
    leadership,
)
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.surveys import SqliteSurveys

HERE = ("shop", "main")
ENDED = "018bcfe5-687b-7000-8000-00000000000a"
RUNNING = "018bcfe5-687b-7000-8000-00000000000b"
QUEUED = "018bcfe5-687b-7000-8000-00000000000c"
URGENT = "018bcfe5-687b-7000-8000-00000000000d"
NOW = 1_800_000_000.0


def tick(mover: Mover, name: str, key: str, before: float, why: str) -> Tick:
    """Return a tick from so many seconds before now that came to nothing."""
    return Tick(
        project="shop",
        environment="main",
        mover=mover,
        name=name,
        key=key,
        at=NOW - before,
        outcome=TickOutcome.NOTHING,
        why=why,
    )


def asking(one: Tick, wanted: Request, *details: str) -> Decided:
    """Return the decision that asked for a run."""
    outcome = TickOutcome.REQUESTED
    told = replace(one, outcome=outcome, run=wanted.run, details=details)
    return Decided(tick=told, memories={}, requests=(wanted,))


def request(run: str, mover: Mover, name: str, before: float, *assets: str) -> Request:
    """Return a request from so many seconds before now."""
    return Request(
        run=run,
        project="shop",
        environment="main",
        at=NOW - before,
        mover=mover,
        name=name,
        why=f"{name or 'the reconciler'} said so",
        assets=assets,
        selection="" if assets else "marts.*",
        only=bool(assets),
        priority=5 if run == URGENT else 0,
    )


def survey() -> Survey:
    """Return what a project with schedules and sensors looks like."""
    daily = Entry(
        key="marts.daily",
        kind=EntryKind.TABLE,
        status=Status.STALE,
        owner="sales",
        action="rebuild",
        refresh="at 06:00 every day (Europe/Berlin), if anything is stale then",
        gate="rule",
        waiting="06:00 in Europe/Berlin is still to come",
        again=NOW + 300,
        freshness="passes",
    )
    old = replace(
        daily,
        key="marts.old",
        refresh="whenever it is stale",
        gate="checks",
        waiting="the check unique_id fails on staging.orders",
        again=None,
        freshness="fails",
    )
    plain = Entry(key="staging.orders", kind=EntryKind.TABLE, status=Status.FRESH, gate="fresh")
    return Survey(
        project="shop",
        environment="main",
        at=NOW - 60,
        sequence=0,
        plan_id="7f3a01c2b9d4",
        entries=(plain, daily, old),
        schedules=(
            EntryMover(
                name="morning",
                words="at 06:00 from Monday to Friday (Europe/Berlin), but not on holidays of DE",
                does="make marts.* fresh",
                selection="marts.*",
                again=NOW + 3600,
                zone="Europe/Berlin",
                description="Before people come to work.",
                place=Span(file="automation.yaml", line=3, column=3),
            ),
            EntryMover(
                name="evening",
                words="at 18:00 every day",
                does="make marts.daily fresh",
                selection="marts.daily",
            ),
        ),
        sensors=(
            EntryMover(
                name="landed",
                words="a file arrives at data/till/*.csv and has not changed for 30 seconds",
                does="make staging.orders fresh",
                again=NOW + 30,
            ),
            EntryMover(name="closing", words="somebody tells of month_closed", does="tell finance"),
        ),
    )


def fill(log: SqliteEventLog) -> None:
    """Have automation been at work in a catalog."""
    SqliteSurveys(log).keep(survey())
    kept = SqliteAutomation(log)
    lease = log.acquire(leader())
    schedule, sensor, reconciler = Mover.SCHEDULE, Mover.SENSOR, Mover.RECONCILER
    asked = (
        asking(
            tick(schedule, "morning", "2027-01-15T05:00Z", 3600, "it was time"),
            request(ENDED, schedule, "morning", 3600),
        ),
        asking(
            tick(reconciler, "", "1", 90, "1 asset is stale and may be built"),
            request(RUNNING, reconciler, "", 90, "marts.daily"),
        ),
        asking(
            tick(sensor, "landed", "f1", 20, "2 files arrived"),
            request(QUEUED, sensor, "landed", 20, *(f"staging.part_{n}" for n in range(6))),
            "awaited: data/till/*.csv",
            "arrived: a.csv, b.csv",
            "consumed: a.csv, b.csv",
        ),
        asking(
            tick(sensor, "landed", "f2", 10, "a file that is awaited"),
            request(URGENT, sensor, "landed", 10, "staging.orders"),
        ),
    )
    kept.decide(lease, asked)
    skipped = tick(schedule, "evening", "2027-01-14T18:00Z", 50_000, "it is paused")
    failed = tick(sensor, "closing", "e", 5, "its function raised KeyError")
    ends = ((skipped, TickOutcome.SKIPPED), (failed, TickOutcome.FAILED))
    kept.decide(
        lease, [Decided(tick=replace(each, outcome=how), memories={}) for each, how in ends]
    )
    for run, at in ((ENDED, NOW - 3599), (RUNNING, NOW - 80)):
        kept.launched(lease, run, at, 4711)
        log.append([run_started(run, at)])
    log.append([RunFinished(at=NOW - 3000, run=ENDED, outcome=Outcome.SUCCEEDED)])
    kept.ended(ENDED, NOW - 3000, "succeeded")
    halt = Halt(mover=schedule, name="evening", actor="ada", reason="month end", at=NOW - 7200)
    kept.halt(*HERE, halt)
    arrived = Arrival(sequence=0, name="month_closed", at=NOW - 400, actor="ledger", body="{}")
    kept.arrive(*HERE, arrived)
    lease.release()


def leader() -> Holder:
    """Return who decides."""
    return Holder(
        name=leadership("main"),
        actor="ada",
        host="host1",
        pid=4711,
        since=NOW - 9000,
        purpose="up",
    )


def run_started(run: str, at: float) -> RunStarted:
    """Return that a run began which automation asked for."""
    return RunStarted(
        at=at,
        run=run,
        project="shop",
        environment="main",
        plan_id="7f3a01c2b9d4",
        actor="automation",
        command="freshline apply",
        steps=1,
        assets=("marts.daily",),
    )


@pytest.fixture
def moved(log: SqliteEventLog, clock: HandClock) -> Iterator[SqliteAutomation]:
    """Return the decisions of a catalog in which automation was at work, at its `NOW`."""
    clock.at = NOW
    fill(log)
    yield SqliteAutomation(log)
