"""What decisions in SQLite promise beyond the contract: kill -9 leaves them whole or undecided."""

import signal
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from freshline.testing.automation_queue import HERE, Kept, decided, keys, lead, runs
from freshline.ticks import leadership
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.connection import Connection, Value, open_connection
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.statements import statements

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.mark.parametrize(
    ("failpoint", "kept"),
    [
        pytest.param("tick.before_commit", 2, id="what is not committed was never decided"),
        pytest.param("tick.after_commit", 3, id="what is committed stays decided"),
    ],
)
def test_a_killed_leader_has_decided_whole_or_not_at_all(
    path: Path,
    log: SqliteEventLog,
    child: Start,
    monkeypatch: pytest.MonkeyPatch,
    failpoint: str,
    kept: int,
) -> None:
    monkeypatch.setenv("FRESHLINE_FAILPOINTS", f"{failpoint}=kill@3")
    with child("decide", path) as process:
        said = (process.stdout or pytest.fail()).read().split()
    assert process.returncode == -signal.SIGKILL
    assert said == ["0", "1"]
    decisions = SqliteAutomation(log)
    assert len(decisions.ticks(*HERE)) == len(decisions.requests(*HERE)) == kept
    assert len(log.events()) == kept and decisions.memories(*HERE) == {"next": str(kept)}
    assert log.holder(leadership("main")) is None


def test_leaders_that_are_killed_one_after_the_other_decide_each_key_once(
    path: Path, log: SqliteEventLog, child: Start
) -> None:
    """Wherever the kill strikes: the next one goes on where the last decision was kept."""
    for round in range(4):
        with child("decide", path) as process:
            out = process.stdout or pytest.fail()
            for _ in range(3 + round):
                out.readline()
            process.kill()
    decisions = SqliteAutomation(log)
    found = keys(decisions.ticks(*HERE, limit=100_000))[::-1]
    assert found == [str(number) for number in range(len(found))] and len(found) >= 18
    asked = [run.partition("/")[2] for run in runs(decisions.requests(*HERE))]
    assert (
        asked == found == [entry.event.run.partition("/")[2] for entry in log.events(limit=100_000)]
    )
    assert decisions.memories(*HERE) == {"next": str(len(found))}


def test_a_leader_that_does_not_know_that_it_was_followed_decides_nothing_more(
    path: Path, log: SqliteEventLog, child: Start
) -> None:
    """Its lock may be gone without its knowing, with the file of it; the epoch still tells."""

    def follow(connection: Connection) -> Value:
        connection.execute("update lease set epoch = epoch + 1")
        return connection.execute("select count(*) from tick").fetchall()[0][0]

    with child("decide", path) as process:
        out = process.stdout or pytest.fail()
        out.readline()
        before = log.write(follow)
        out.read()
    assert process.returncode == 1
    assert len(SqliteAutomation(log).ticks(*HERE, limit=100_000)) == before
    assert len(log.events(limit=100_000)) == before


@pytest.mark.parametrize(
    ("name", "index", "bindings"),
    [
        ("ticks_of", "tick_name", ("shop", "main", "schedule", "morning", 5)),
        ("forget_ticks", "tick_at", ("shop", "main", 1.0)),
        ("open_requests", "request_open", ("shop", "main")),
        ("arrivals", "arrival_scope", ("shop", "main", 5)),
        ("tick_page_of", "tick_name", ("shop", "main", "schedule", "morning", 9, 5)),
        ("latest_arrivals", "arrival_scope", ("shop", "main", 5)),
        ("coming", "entry_again", (1, 2.0, 5)),
        ("aside", "COVERING INDEX entry_status", (1,)),
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
        plan = connection.execute(f"explain query plan {statements('automation')[name]}", bindings)
        told = " ".join(str(row[3]) for row in plan)
    assert index in told and "TEMP B-TREE" not in told


def test_a_call_with_many_decisions_is_one_commit(log: SqliteEventLog) -> None:
    decisions = SqliteAutomation(log)
    leader = lead(Kept(log, decisions))
    before = log.commits
    decisions.decide(leader, [decided(str(number), f"r{number}") for number in range(50)])
    assert log.commits == before + 1
