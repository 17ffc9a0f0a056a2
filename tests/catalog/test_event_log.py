"""What the event log in SQLite promises beyond the contract: groups, crashes, leases, damage."""

import random
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from freshline.errors import BusyError, CatalogError, ResourceError
from freshline.failpoints import Crash, arm
from freshline.ports import Holder
from freshline.testing.event_log_reading import folded
from freshline.testing.specimens import (
    DAILY,
    MONDAY,
    ORDERS,
    attempt_failed,
    claim,
    holder,
    materialized,
    one_of_each,
)
from freshline_catalog import database, lease, recording
from freshline_catalog.connection import Connection, open_connection
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.writer import GroupWriter, Ticket

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def disarmed() -> Iterator[None]:
    yield
    arm("")


def recorder(*events: str) -> Callable[[Connection], int]:
    """Return work that appends an event for each publish_id."""
    drafts = [recording.draft(attempt_failed("r", DAILY, event)) for event in events]
    return partial(recording.record, drafts=drafts)


# Groups


def test_each_append_alone_is_one_commit(log: SqliteEventLog) -> None:
    for number in range(3):
        log.append([attempt_failed("r", DAILY, f"m{number}")] * 2)
    assert log.commits == 3


def test_callers_who_wait_share_a_commit(path: Path, log: SqliteEventLog) -> None:
    """While another process writes, a hundred callers queue up; one commit serves them all."""
    writer = GroupWriter(path, partial(database.connect_writer, path))
    with closing(open_connection(str(path))) as other, closing(writer):
        other.execute("begin immediate")
        tickets = [writer.submit(recorder(f"m{n}")) for n in range(100)]
        other.execute("commit")
        assert [ticket.wait() for ticket in tickets] == list(range(1, 101))
        assert writer.commits == 1
    assert len(log.events()) == 100


def test_a_group_ends_at_five_hundred_events(path: Path, log: SqliteEventLog) -> None:
    writer = GroupWriter(path, partial(database.connect_writer, path))
    hundred = recorder(*(f"m{n}" for n in range(100)))
    with closing(open_connection(str(path))) as other, closing(writer):
        other.execute("begin immediate")
        tickets = [writer.submit(hundred, weight=100) for _ in range(11)]
        other.execute("commit")
        assert [ticket.wait() for ticket in tickets] == [100 * n for n in range(1, 12)]
        assert writer.commits == 3


def test_a_failing_caller_does_not_spoil_the_group(path: Path, log: SqliteEventLog) -> None:
    def fail(connection: Connection) -> int:
        recorder("never seen")(connection)
        raise ZeroDivisionError("a caller's own trouble")

    wish = [claim("r2", ORDERS, "m2")]
    log.claim([claim("r1", ORDERS, "m1")])
    writer = GroupWriter(path, partial(database.connect_writer, path))
    with closing(open_connection(str(path))) as other, closing(writer):
        other.execute("begin immediate")
        first = writer.submit(recorder("m7"))
        failing = writer.submit(fail)
        busy = writer.submit(partial(recording.claim, claims=wish))
        last = writer.submit(recorder("m8", "m9"))
        other.execute("commit")
        with pytest.raises(ZeroDivisionError):
            failing.wait()
        with pytest.raises(BusyError, match="being built by run r1"):
            busy.wait()
        assert (first.wait(), last.wait(), writer.commits) == (2, 4, 1)
    assert [entry.sequence for entry in log.events()] == [1, 2, 3, 4]
    assert log.check() == ()


def test_a_lock_that_is_never_given_back_is_told_to_everybody(
    path: Path, log: SqliteEventLog
) -> None:
    def impatient() -> Connection:
        connection = database.connect_writer(path)
        connection.set_busy_timeout(1)
        return connection

    writer = GroupWriter(path, impatient)
    with closing(open_connection(str(path))) as other, closing(writer):
        other.execute("begin immediate")
        tickets = [writer.submit(recorder("m1")) for _ in range(5)]
        for ticket in tickets:
            with pytest.raises(BusyError, match="another process has been writing to the catalog"):
                ticket.wait()
        other.execute("commit")
        assert writer.submit(recorder("m2")).wait() == 1


def test_closing_commits_what_is_queued(path: Path, log: SqliteEventLog) -> None:
    writer = GroupWriter(path, partial(database.connect_writer, path))
    tickets: list[Ticket[int]] = []
    with closing(open_connection(str(path))) as other:
        other.execute("begin immediate")
        tickets += [writer.submit(recorder(f"m{n}")) for n in range(3)]
        closer = threading.Thread(target=writer.close)
        closer.start()
        other.execute("commit")
        closer.join()
    assert [ticket.wait() for ticket in tickets] == [1, 2, 3]
    assert len(log.events()) == 3


def test_sequences_have_no_gaps(log: SqliteEventLog) -> None:
    log.claim([claim("r1", ORDERS, "m1")])
    for number in range(3):
        log.append([attempt_failed("r", DAILY, f"m{number}")])
        with pytest.raises(BusyError):
            log.claim([claim("r2", MONDAY, "m2"), claim("r2", ORDERS, "m2")])
    assert [entry.sequence for entry in log.events()] == [1, 2, 3, 4]


def test_reading_does_not_wait_for_a_writer(path: Path, log: SqliteEventLog) -> None:
    log.append(one_of_each())
    before = log.snapshot("shop", "main")
    with closing(open_connection(str(path))) as other:
        other.execute("begin immediate")
        other.execute("delete from target_state")
        assert log.snapshot("shop", "main") == before
        assert len(log.events()) == len(one_of_each())


# Crashes


@pytest.mark.usefixtures("disarmed")
@pytest.mark.parametrize(
    ("failpoint", "recorded"),
    [("claim.before", []), ("claim.after_commit", ["m1"]), ("record.after_commit", ["m1"])],
)
def test_a_crash_leaves_what_was_committed(path: Path, failpoint: str, recorded: list[str]) -> None:
    arm(f"{failpoint}=crash")
    with closing(SqliteEventLog(path)) as log:
        with pytest.raises(Crash):
            log.claim([claim("r1", ORDERS, "m1")])
            log.append([attempt_failed("r0", ORDERS, "m0")])
            log.append([materialized("r1", ORDERS, "m1")])
    with closing(SqliteEventLog(path)) as log:
        state = log.snapshot("shop", "main").of(ORDERS)
        published = [] if state.build is None else [state.build.version.publish_id]
        started = [] if state.attempt is None else [state.attempt.publish_id]
        assert started + published == recorded


@pytest.mark.usefixtures("disarmed")
def test_a_failing_disk_at_a_failpoint_is_a_fault_of_ours(log: SqliteEventLog) -> None:
    arm("claim.before=raise:ENOSPC")
    with pytest.raises(ResourceError, match="No space left on device"):
        log.claim([claim("r1", ORDERS, "m1")])
    assert log.claim([claim("r1", ORDERS, "m1")]) == (1,)


def test_killing_the_writer_never_loses_an_acknowledged_event(path: Path, child: Start) -> None:
    chance = random.Random(20240229)
    acknowledged: set[int] = set()
    for _ in range(8):
        with child("append", path) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 60)):
                acknowledged.add(int(process.stdout.readline()))
            process.kill()
            acknowledged |= {int(line) for line in process.stdout if line.endswith("\n")}
        assert process.returncode == -signal.SIGKILL
        with closing(SqliteEventLog(path)) as log:
            entries = log.events(limit=1_000_000)
            assert acknowledged <= {entry.sequence for entry in entries}
            assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
            assert log.snapshot("shop", "main") == folded(log)
            assert log.check() == ()
    with closing(open_connection(str(path))) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]


# Leases


def test_a_lease_ends_with_its_process(path: Path, log: SqliteEventLog, child: Start) -> None:
    with child("hold", path, "a nightly apply") as process:
        assert process.stdout is not None
        epoch = int(process.stdout.readline())
        with pytest.raises(BusyError) as refused:
            log.acquire(holder())
        assert f"a nightly apply by ada on host1, process {process.pid}" in refused.value.message
        process.kill()
    assert log.acquire(holder()).epoch == epoch + 1


def test_closing_gives_back_the_leases_taken_here(path: Path, log: SqliteEventLog) -> None:
    with closing(SqliteEventLog(path)) as other:
        other.acquire(holder())
    log.acquire(holder())


def test_a_refused_lease_says_who_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    ada = Holder(
        name="shop/main", actor="ada", host="host1", pid=4711, since=1.7e9, purpose="apply"
    )
    assert lease.sentence("shop/main", ada) == (
        "shop/main is in use: apply by ada on host1, process 4711, since 2023-11-14 22:13:20"
    )
    assert lease.sentence("shop/main", None) == (
        "shop/main is in use by another process that has not said who it is yet"
    )


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("main", "catalog.db.main.lock"),
        ("shop/main", "catalog.db.shop%2fmain.lock"),
        ("Main", "catalog.db.%4dain.lock"),
        ("../../etc/x", "catalog.db.%2e%2e%2f%2e%2e%2fetc%2fx.lock"),
        ("größe", "catalog.db.gr%c3%b6%c3%9fe.lock"),
        ("a%2fb", "catalog.db.a%252fb.lock"),
    ],
)
def test_lock_files_lie_beside_the_catalog(name: str, file: str) -> None:
    assert lease.lock_path(Path("/data/catalog.db"), name) == Path("/data") / file


def test_long_names_have_lock_files_of_their_own() -> None:
    names = ["x" * 300, "x" * 301, "ü" * 200]
    files = {lease.lock_path(Path("/data/catalog.db"), name) for name in names}
    assert len(files) == 3
    assert all(len(file.name) < 255 for file in files)


# Tables and damage


@pytest.mark.parametrize(
    ("harm", "finding"),
    [
        ("delete from target_state where target_id = 1", "target_state target_id 1: the row is"),
        ("update target_state set sequence = 99", "target_id 1: sequence is 99, the log says"),
        (
            "update target_state set state = json_set(state, '$.fence', 7)",
            "target_state target_id 1: state is {",
        ),
        ("delete from materialization", "materialization event_id 5: the row is missing"),
        ("update materialization set mat_id = 'm9'", "event_id 5: mat_id is m9, the log says m1"),
        ("update attempt set ended_event = 1", "ended_event is 1, the log says"),
        ("update run set outcome = null", "run started_event 1: outcome is None, the log says"),
        (
            "insert into run (started_event, id, project, environment) values (3, 'r', 's', 'm')",
            "run started_event 3: the log knows nothing of this row",
        ),
        ("update target set asset = 'other' where id = 1", "is filed under other"),
    ],
    ids=[
        "a state is missing",
        "a state claims a later event",
        "a state says something else",
        "the materializations are missing",
        "a materialization has another mat_id",
        "an attempt seems to have ended",
        "a run seems not to have ended",
        "a run was never started",
        "an event is filed under another target",
    ],
)
def test_tables_that_stray_from_the_log_are_found_and_rebuilt(
    path: Path, log: SqliteEventLog, harm: str, finding: str
) -> None:
    log.append(one_of_each())
    log.claim([claim("r2", DAILY, "m2")])
    before = log.snapshot("shop", "main")
    assert log.check() == ()
    with closing(open_connection(str(path))) as other:
        other.execute(harm)
    assert any(finding in difference for difference in log.check())
    if "update target " not in harm:
        log.rebuild()
        assert log.check() == ()
        assert log.snapshot("shop", "main") == before


def test_states_written_by_an_older_program_are_no_difference(
    path: Path, log: SqliteEventLog
) -> None:
    """It did not know `failure` yet, and wrote no member for it: the value is the same."""
    log.append([materialized("r1", ORDERS, "m1")])
    with closing(open_connection(str(path))) as other:
        other.execute("update target_state set state = json_remove(state, '$.failure')")
    assert log.check() == ()


def test_an_event_of_a_newer_program_is_told(path: Path, log: SqliteEventLog) -> None:
    log.append(one_of_each())
    with closing(open_connection(str(path))) as other:
        other.execute("update event set kind = 'teleported' where id = 3")
    with pytest.raises(CatalogError, match='unknown kind "teleported"'):
        log.events()
    assert len(log.events(limit=2)) == 2


def test_a_damaged_state_does_not_let_a_writer_through(path: Path, log: SqliteEventLog) -> None:
    log.append([materialized("r1", ORDERS, "m1")])
    with closing(open_connection(str(path))) as other:
        other.execute("update target_state set state = 'no JSON'")
    for use in (
        lambda: log.snapshot("shop", "main"),
        lambda: log.claim([claim("r1", ORDERS, "m2")]),
        lambda: log.append([attempt_failed("r1", ORDERS, "m2")]),
    ):
        with pytest.raises(CatalogError, match="is damaged: a row does not say"):
            use()
    assert len(log.events()) == 1
    log.rebuild()
    assert log.claim([claim("r1", ORDERS, "m2")]) == (2,)
