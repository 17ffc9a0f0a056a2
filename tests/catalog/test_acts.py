"""What acts in SQLite promise: kill -9 loses none of them, and questions have their index."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.receivers import receiver

from freshline.errors import FencedError
from freshline.refresh import CallWebhook
from freshline.testing.automation_queue import HERE, Kept, lead
from freshline.ticks import Decided, Mover, Tick, TickOutcome
from freshline_catalog.acts import SqliteActs
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.connection import open_connection
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.statements import statements

COURIER = Path(__file__).with_name("courier.py")


def fired(url: str) -> Decided:
    tick = Tick(
        project=HERE[0],
        environment=HERE[1],
        mover=Mover.SENSOR,
        name="orders",
        key="1",
        at=10.0,
        outcome=TickOutcome.REQUESTED,
        why="a new version",
    )
    return Decided(tick=tick, memories={}, acts=(CallWebhook(url=url),))


@pytest.mark.parametrize(
    ("failpoint", "before", "after"),
    [
        pytest.param("act.before", 0, 1, id="killed before the call"),
        pytest.param("act.after", 1, 2, id="killed before it is written down"),
    ],
)
def test_a_killed_process_delivers_again_under_the_same_id_and_loses_nothing(
    path: Path, log: SqliteEventLog, failpoint: str, before: int, after: int
) -> None:
    automation, acts = SqliteAutomation(log), SqliteActs(log)
    with receiver() as there:
        automation.decide(lead(Kept(log, automation)), [fired(there.url)])

        def deliver(failpoints: str = "") -> "subprocess.CompletedProcess[str]":
            return subprocess.run(
                [sys.executable, str(COURIER), str(path), there.allowed, "20"],
                env={**os.environ, "FRESHLINE_FAILPOINTS": failpoints},
                capture_output=True,
                text=True,
                check=False,
            )

        killed = deliver(f"{failpoint}=kill")
        assert killed.returncode == -signal.SIGKILL
        assert len(there.came) == before
        assert [each.state.value for each in acts.deliveries(*HERE)] == ["waiting"]
        whole = deliver()
        assert whole.returncode == 0, whole.stderr
        assert whole.stdout == "None\n" and len(there.came) == after
        assert len({came.headers["Freshline-Id"] for came in there.came}) == 1
        assert [each.state.value for each in acts.deliveries(*HERE)] == ["delivered"]
        deliver()
        assert len(there.came) == after


def test_who_was_followed_changes_no_incident(log: SqliteEventLog) -> None:
    automation = SqliteAutomation(log)
    old = lead(Kept(log, automation))
    old.release()
    lead(Kept(log, automation))
    with pytest.raises(FencedError):
        SqliteActs(log).change(old, *HERE, [])


@pytest.mark.parametrize(
    ("name", "index", "bindings"),
    [
        ("due", "delivery_due", (*HERE, 1.0, 5)),
        ("next_due", "delivery_due", (*HERE, 1.0)),
        ("last_told", "delivery_told", HERE),
        ("open_incidents", "incident_open", (*HERE, 5)),
        ("incidents", "incident_scope", (*HERE, 5)),
    ],
)
def test_questions_that_are_asked_often_have_their_index(
    path: Path,
    log: SqliteEventLog,
    name: str,
    index: str,
    bindings: tuple[str | int | float, ...],
) -> None:
    with closing(open_connection(str(path))) as connection:
        plan = connection.execute(f"explain query plan {statements('acts')[name]}", bindings)
        told = " ".join(str(row[3]) for row in plan)
    assert index in told and "TEMP B-TREE" not in told
