"""Several real applies at once in one environment: side by side, in turn, and when one is killed.

Processes wait for each other by what is on record and in what they say, never by the clock.
"""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from tests.durability.project import answer, builds, contents, freshline, write_project
from tests.durability.test_apply_kills import IN_APPLY
from tests.durability.test_runs import begun, end_all, until, write_slow

from freshline.events import AttemptFailed, AttemptStarted, Materialized, RunFinished, RunStarted
from freshline.ports import Holder
from freshline_catalog.event_log import SqliteEventLog


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The rows of a project built by one apply."""
    root = tmp_path_factory.mktemp("clean")
    write_project(root)
    assert freshline(root, "apply").returncode == 0
    return contents(root)


def _events(root: Path) -> list[object]:
    log = SqliteEventLog(root / ".freshline/catalog.db")
    events: list[object] = [entry.event for entry in log.events(limit=100_000)]
    log.close()
    return events


def _live(root: Path, asset: str) -> bool:
    """Say whether an attempt on an asset has begun and not ended."""
    if not (root / ".freshline/catalog.db").exists():
        return False
    alive = False
    for event in _events(root):
        match event:
            case AttemptStarted(target=target) if target.asset == asset:
                alive = True
            case AttemptFailed(target=target) | Materialized(target=target):
                alive = alive and target.asset != asset
            case _:
                pass
    return alive


def _reads(process: subprocess.Popen[str], words: str) -> str:
    """Read what a process says up to a line with these words in it."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it never said {words!r}:\n{said}")


def _alone(root: Path, log: SqliteEventLog) -> Holder:
    holder = Holder(
        name="apply:main",
        actor="ben",
        host=socket.gethostname(),
        pid=1,
        since=1.7e9,
        purpose="gc",
    )
    log.acquire(holder)
    return holder


def test_applies_of_different_assets_go_on_side_by_side(tmp_path: Path) -> None:
    write_project(tmp_path)
    write_slow(tmp_path)
    slow = begun(tmp_path, "apply", "mart.slow")
    until(lambda: _live(tmp_path, "mart.slow"))
    done = freshline(tmp_path, "apply", "mart.total")
    assert done.returncode == 0, done.stderr
    assert slow.poll() is None
    assert json.loads(freshline(tmp_path, "cancel", "--json").stdout)["outcome"] == "cancelled"
    slow.communicate(timeout=30)
    runs = [e for e in _events(tmp_path) if isinstance(e, RunStarted | RunFinished)]
    first, second = runs[0].run, runs[1].run
    assert [(e.kind, e.run) for e in runs] == [
        ("run_started", first),
        ("run_started", second),
        ("run_finished", second),
        ("run_finished", first),
    ]


def test_of_several_applies_the_one_that_is_meant_is_cancelled(tmp_path: Path) -> None:
    write_project(tmp_path)
    write_slow(tmp_path)
    first = begun(tmp_path, "apply", "mart.slow")
    until(lambda: _live(tmp_path, "mart.slow"))
    second = begun(tmp_path, "apply", "mart.slow", "mart.top")
    _reads(second, "queued")
    said = freshline(tmp_path, "cancel")
    assert said.returncode == 2 and "2 applies are under way in main" in said.stderr
    run = [e.run for e in _events(tmp_path) if isinstance(e, RunStarted)][1]
    told = json.loads(freshline(tmp_path, "cancel", run, "--json").stdout)
    assert (told["run"], told["outcome"]) == (run, "cancelled")
    assert second.wait(timeout=30) == 130 and first.poll() is None


def test_applies_of_the_same_assets_compute_each_once(
    tmp_path: Path, expected: Mapping[str, str]
) -> None:
    write_project(tmp_path)
    applies = [begun(tmp_path, "apply") for _ in range(3)]
    said = [apply.communicate(timeout=60)[0] for apply in applies]
    assert [apply.returncode for apply in applies] == [0, 0, 0], "\n".join(said)
    built = builds(tmp_path)
    assert len(built) == len({asset for asset, _ in built}) == len(expected)
    assert contents(tmp_path) == expected
    assert answer(tmp_path, "plan")["steps"] == []


def test_who_waits_for_a_run_that_is_killed_does_its_work(
    tmp_path: Path, expected: Mapping[str, str]
) -> None:
    write_project(tmp_path)
    first = begun(tmp_path, "apply", failpoints="stage.after_write=sleep:600")
    until(lambda: _live(tmp_path, "stg.orders"))
    second = begun(tmp_path, "apply")
    _reads(second, "queued")
    first.kill()
    assert second.wait(timeout=60) == 0
    assert contents(tmp_path) == expected
    left = [p.name for p in (tmp_path / ".freshline/lake/data").rglob("*.parquet")]
    assert len(left) == len(builds(tmp_path)) == len(expected)


@pytest.mark.parametrize("name", IN_APPLY)
def test_one_of_two_is_killed_at_a_failpoint_and_the_other_is_right(
    name: str, tmp_path: Path, expected: Mapping[str, str]
) -> None:
    write_project(tmp_path)
    first = begun(tmp_path, "apply", failpoints=f"{name}=kill")
    second = begun(tmp_path, "apply")
    said, _ = second.communicate(timeout=60)
    first.communicate(timeout=60)
    assert first.returncode in (0, -signal.SIGKILL)  # the other one may have left it nothing to do
    assert second.returncode == 0, said
    assert contents(tmp_path) == expected
    assert freshline(tmp_path, "apply").returncode == 0
    built = builds(tmp_path)
    assert len(built) == len({asset for asset, _ in built}) == len(expected)
    left = [p.name for p in (tmp_path / ".freshline/lake/data").rglob("*.parquet")]
    assert len(left) == len(built)


def test_views_never_go_back(tmp_path: Path) -> None:
    """Who looked first and ends last knows neither the newest version nor the newest asset."""
    write_project(tmp_path)
    write_slow(tmp_path)
    first = begun(tmp_path, "apply", "stg.orders", "mart.slow")
    until(lambda: _live(tmp_path, "mart.slow") and not _live(tmp_path, "stg.orders"))
    write_project(tmp_path, factor=7)
    (tmp_path / "assets/mart/new.sql").write_text("SELECT 1 AS one\n")
    done = freshline(tmp_path, "apply", "stg.orders", "mart.new")
    assert done.returncode == 0, done.stderr
    assert freshline(tmp_path, "cancel").returncode == 0
    first.communicate(timeout=30)
    with duckdb.connect(str(tmp_path / "views.duckdb"), read_only=True) as views:
        assert views.execute("SELECT one FROM mart.new").fetchall() == [(1,)]
        assert views.execute("SELECT max(amount) FROM stg.orders").fetchall() == [(499 * 7,)]


def test_who_has_to_wait_says_for_whom_and_goes_on_when_it_can(tmp_path: Path) -> None:
    write_project(tmp_path)
    assert freshline(tmp_path, "apply").returncode == 0
    write_project(tmp_path, factor=3)
    log = SqliteEventLog(tmp_path / ".freshline/catalog.db")
    _alone(tmp_path, log)
    apply = begun(tmp_path, "apply")
    _reads(apply, "waiting: apply:main is in use: gc by ben")
    log.close()
    assert apply.wait(timeout=60) == 0


def _interrupted(process: "subprocess.Popen[str]") -> int:
    """Press Ctrl-C, and again as long as nothing happens: Python may be where it drops one."""
    for _ in range(30):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=2)
    raise AssertionError("it does not end")


def test_ctrl_c_ends_the_wait_and_nothing_was_done(tmp_path: Path) -> None:
    write_project(tmp_path)
    assert freshline(tmp_path, "apply").returncode == 0
    log = SqliteEventLog(tmp_path / ".freshline/catalog.db")
    before = log.append(())
    _alone(tmp_path, log)
    apply = begun(tmp_path, "apply")
    _reads(apply, "waiting")
    assert _interrupted(apply) == 130
    assert log.append(()) == before
    log.close()


def test_who_does_not_want_to_wait_fails_at_once(tmp_path: Path) -> None:
    write_project(tmp_path)
    write_slow(tmp_path)
    begun(tmp_path, "apply", "mart.slow")
    until(lambda: _live(tmp_path, "mart.slow"))
    said = freshline(tmp_path, "apply", "--no-wait", "mart.slow", "mart.top")
    assert said.returncode == 1 and "waits for run" in said.stderr, said.stderr
    assert "mart.top" in said.stderr and "3 rows" in said.stderr


def test_who_renames_waits_for_everybody_and_begins_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the id that it was to have, though it has settled what a dead run left before that."""
    write_project(tmp_path)
    assert freshline(tmp_path, "apply").returncode == 0
    write_slow(tmp_path)
    slow = begun(tmp_path, "apply", "mart.slow")
    until(lambda: _live(tmp_path, "mart.slow"))
    write_project(tmp_path, factor=5)
    killed = freshline(tmp_path, "apply", "stg.orders", failpoints="stage.after_write=kill")
    assert killed.returncode == -signal.SIGKILL
    old = tmp_path / "assets/mart/top.sql"
    new = tmp_path / "assets/mart/best.sql"
    new.write_text(f"/*---\nwas: mart.top\n---*/\n{old.read_text()}")
    old.unlink()
    run = "01a20000-0000-7000-8000-000000000001"
    monkeypatch.setenv("FRESHLINE_RUN", run)
    renaming = begun(tmp_path, "apply", "mart.best")
    monkeypatch.delenv("FRESHLINE_RUN")
    _reads(renaming, "waiting: apply:main is in use: apply by")
    assert freshline(tmp_path, "cancel").returncode == 0
    slow.communicate(timeout=30)
    said, _ = renaming.communicate(timeout=60)
    assert renaming.returncode == 0, said
    started = [e for e in _events(tmp_path) if isinstance(e, RunStarted)]
    assert started[-1].run == run
    assert sum(asset == "mart.best" for asset, _ in builds(tmp_path)) >= 1
