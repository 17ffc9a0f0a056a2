"""Real applies that are cancelled, killed, run out of time or space: what is told, and carried on.

Processes wait for each other by what is on record and in logs, never by the clock.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.durability.project import answer, freshline, write_project

from freshline.ports import Holder
from freshline_catalog.event_log import SqliteEventLog

# One row after the other: it keeps one core at work, whatever others have to do meanwhile.
SLOW = (
    "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 1e12)"
    " SELECT max(n) AS n FROM counted"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that is built, with one more asset whose query goes on for hours."""
    write_project(tmp_path)
    assert freshline(tmp_path, "apply").returncode == 0
    write_slow(tmp_path)
    return tmp_path


def write_slow(root: Path, front: str = "") -> None:
    text = f"/*---\n{front}\n---*/\n" if front else ""
    (root / "assets/mart/slow.sql").write_text(f"{text}{SLOW}\n")
    (root / "assets/mart/after.sql").write_text("SELECT n FROM mart.slow\n")


_BEGUN: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """End what a failing test leaves behind: its queries would go on for hours."""
    yield
    end_all()


def end_all() -> None:
    while _BEGUN:
        with _BEGUN.pop() as process:
            process.kill()


def begun(root: Path, *arguments: str, failpoints: str = "") -> subprocess.Popen[str]:
    """Begin a command in a process of its own, which ends with the test at the latest."""
    process = subprocess.Popen(
        [sys.executable, "-m", "freshline", "-p", str(root), *arguments],
        env={**os.environ, "NO_COLOR": "1", "FRESHLINE_FAILPOINTS": failpoints},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    _BEGUN.append(process)
    return process


def log_lines(root: Path) -> list[Mapping[str, object]]:
    """Return the lines of the newest log."""
    newest = max((root / ".freshline/logs").glob("*.jsonl"))
    return [json.loads(line) for line in newest.read_text().splitlines() if line.endswith("}")]


def until(holds: Callable[[], bool]) -> None:
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to that")


def slow_is_running(root: Path) -> bool:
    told = [(line["event"], line.get("asset")) for line in log_lines(root)]
    return ("step_started", "mart.slow") in told


def test_cancelling_stops_the_run_says_how_it_ended_and_records_who_asked(project: Path) -> None:
    apply = begun(project, "apply")
    until(lambda: slow_is_running(project))
    said = freshline(project, "cancel", "--reason", "wrong data")
    assert said.returncode == 0, said.stderr
    assert "cancelled: 2 cancelled" in said.stdout
    out, _ = apply.communicate(timeout=30)
    assert apply.returncode == 130, out
    run = said.stdout.split()[1]
    shown = freshline(project, "runs", run).stdout
    assert "run_cancel_requested" in shown and ": wrong data" in shown
    again = freshline(project, "cancel")
    assert (again.returncode, again.stdout) == (0, "nothing is running in main\n")
    ended = freshline(project, "cancel", run)
    assert (ended.returncode, ended.stdout) == (0, f"run {run} has ended already\n")


def test_a_run_that_is_not_the_one_under_way_is_not_cancelled(project: Path) -> None:
    first = json.loads(freshline(project, "runs", "--json").stdout)["runs"][0]["run"]
    apply = begun(project, "apply")
    until(lambda: slow_is_running(project))
    said = freshline(project, "cancel", first)
    assert said.returncode == 2 and "is not under way" in said.stderr
    assert apply.poll() is None
    assert json.loads(freshline(project, "cancel", "--json").stdout)["outcome"] == "cancelled"
    apply.communicate(timeout=30)


@pytest.mark.parametrize(
    ("host", "purpose", "code", "words"),
    [
        ("elsewhere", "apply", 2, "runs on elsewhere"),
        (socket.gethostname(), "rollback", 2, "held by rollback, not by an apply"),
    ],
)
def test_what_cannot_be_cancelled_from_here_is_said(
    tmp_path: Path, host: str, purpose: str, code: int, words: str
) -> None:
    write_project(tmp_path)
    assert freshline(tmp_path, "apply").returncode == 0
    log = SqliteEventLog(tmp_path / ".freshline/catalog.db")
    since = time.time()
    log.acquire(
        Holder(
            name="apply:main",
            actor="ben",
            host=host,
            pid=os.getpid(),
            since=since,
            purpose=purpose,
        )
    )
    said = freshline(tmp_path, "cancel")
    assert said.returncode == code and words in said.stderr, said.stderr
    log.close()


def test_following_a_log_ends_with_the_run(project: Path) -> None:
    apply = begun(project, "apply")
    until(lambda: slow_is_running(project))
    follower = begun(project, "logs", "--follow", "--json")
    assert follower.stdout is not None
    while json.loads(follower.stdout.readline()).get("asset") != "mart.slow":
        pass
    apply.send_signal(signal.SIGINT)
    apply.communicate(timeout=30)
    rest, _ = follower.communicate(timeout=30)
    assert follower.returncode == 0
    assert json.loads(rest.splitlines()[-1])["event"] == "run_finished"


def test_following_a_log_ends_when_the_run_is_killed(project: Path) -> None:
    apply = begun(project, "apply")
    until(lambda: slow_is_running(project))
    follower = begun(project, "logs", "--follow", "--json")
    assert follower.stdout is not None
    while json.loads(follower.stdout.readline()).get("asset") != "mart.slow":
        pass
    apply.kill()
    apply.communicate(timeout=30)
    follower.communicate(timeout=30)
    assert follower.returncode == 0
    assert slow_is_running(project)  # the last line before the kill is there, whole


def test_after_a_kill_failed_selects_what_that_run_did_not_finish(project: Path) -> None:
    write_project(project, factor=3)
    apply = begun(project, "apply")
    until(lambda: slow_is_running(project))
    apply.kill()
    apply.communicate(timeout=30)
    (project / "assets/mart/slow.sql").write_text("SELECT 1 AS n\n")
    ended = answer(project, "apply", "--failed")
    steps = {str(step["asset"]) for step in ended["steps"]}  # type: ignore[attr-defined]
    assert {"mart.slow", "mart.after"} <= steps
    assert answer(project, "plan")["steps"] == []
    nothing = freshline(project, "apply", "--failed")
    assert (nothing.returncode, nothing.stdout) == (0, "the last run in main left nothing undone\n")


def test_a_timeout_fails_the_attempt_and_names_its_limit(project: Path) -> None:
    write_slow(project, "timeout: 0.3s\nretries: {count: 1, delay: 0.1s}")
    done = freshline(project, "apply")
    assert done.returncode == 1
    assert "F320 mart.slow took longer than its timeout of 0.3 s" in done.stderr, done.stderr
    assert "retry 1 of 1" in done.stderr and "show mart.slow --resolved" in done.stderr
    codes = [line["code"] for line in log_lines(project) if "code" in line]
    assert codes == ["F320", "F320"]
    events = freshline(project, "events", "--asset", "mart.slow", "--json").stdout.splitlines()
    kinds = [json.loads(line)["kind"] for line in events]
    assert kinds.count("attempt_failed") == 2


def test_a_source_that_disappears_during_a_run_fails_its_reader_alone(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "data/more.csv").write_text("id\n1\n")
    with (tmp_path / "sources/raw.yaml").open("a") as file:
        file.write("  raw.more:\n    path: data/more.csv\n    read: {header: true}\n")
    (tmp_path / "assets/mart/more.sql").write_text("SELECT id FROM raw.more\n")
    (tmp_path / "assets/mart/of_more.sql").write_text("SELECT id FROM mart.more\n")
    apply = begun(tmp_path, "apply", "-j", "1", failpoints="claim.before=sleep:2")
    logs = tmp_path / ".freshline/logs"
    until(lambda: logs.is_dir() and any(logs.iterdir()) and len(log_lines(tmp_path)) > 1)
    (tmp_path / "data/more.csv").unlink()
    said, _ = apply.communicate(timeout=30)
    assert apply.returncode == 1
    assert "F403" in said and "more.csv" in said, said
    assert "1 failed, 1 skipped" in said
    assert "retry" not in said  # a file that is not there does not come by waiting
