"""The exit codes that the reference lists, each as a real process leaves with it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.durability.project import freshline, write_project
from tests.durability.test_runs import begun, end_all, slow_is_running, until, write_slow


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("fresh")
    write_project(root)
    assert freshline(root, "apply").returncode == 0
    return root


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of which one asset fails on its data and another is misspelt."""
    root = tmp_path_factory.mktemp("failing")
    write_project(root)
    (root / "assets/mart/top.sql").write_text("SELECT error('boom') AS x FROM mart.daily\n")
    (root / "assets/mart/total.sql").write_text("SELECT amuont FROM mart.daily\n")
    return root


@pytest.mark.parametrize(
    "command",
    ["validate", "plan", "apply", "status", "check", "verify", "runs", "events", "logs", "cancel"],
)
def test_0_where_all_is_well(command: str, fresh: Path) -> None:
    assert freshline(fresh, command).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--detailed-exitcode"),
        ("apply", "--failed"),
        ("query", "SELECT 1 AS x"),
        ("history", "mart.daily"),
    ],
    ids=["a plan", "what failed", "a query", "a history"],
)
def test_0_also_where_there_was_nothing_to_do(arguments: tuple[str, ...], fresh: Path) -> None:
    assert freshline(fresh, *arguments).returncode == 0


def test_1_where_something_failed_or_is_not_fresh(failing: Path) -> None:
    assert freshline(failing, "validate").returncode == 1
    assert freshline(failing, "plan").returncode == 0
    assert freshline(failing, "apply").returncode == 1
    assert freshline(failing, "apply", "--failed").returncode == 1
    assert freshline(failing, "apply", "--strict").returncode == 1
    assert freshline(failing, "query", "SELECT error('boom')").returncode == 1


def test_2_where_it_was_asked_wrongly(fresh: Path, tmp_path: Path) -> None:
    for arguments in (
        ("aply",),
        ("apply", "--forced"),
        ("apply", "mart.dayly"),
        ("apply", "--retries", "-1"),
        ("cancel", "--wait", "soon"),
        ("cancel", "no-such-run"),
        ("logs", "no-such-run"),
        ("logs", "--asset", "mart.dayly"),
        ("query", "DELETE FROM mart.daily"),
        ("history", "mart.dayly"),
        ("events", "-o", "x.what"),
        ("runs", "--json", "--format", "csv"),
        ("--env", "prod", "plan"),
    ):
        done = freshline(fresh, *arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert done.stderr and "Traceback" not in done.stderr
    assert freshline(tmp_path / "nowhere", "plan").returncode == 2


def test_2_with_detailed_exitcode_means_work(failing: Path) -> None:
    assert freshline(failing, "plan", "--detailed-exitcode").returncode == 2


def test_130_where_it_was_stopped(tmp_path: Path) -> None:
    write_project(tmp_path)
    write_slow(tmp_path)
    apply = begun(tmp_path, "apply", "--json")
    logs = tmp_path / ".freshline/logs"
    until(lambda: logs.is_dir() and any(logs.iterdir()) and slow_is_running(tmp_path))
    apply.send_signal(signal.SIGINT)
    try:
        said, _ = apply.communicate(timeout=30)
    finally:
        end_all()
    assert apply.returncode == 130
    assert json.loads(said.splitlines()[-1])["outcome"] == "cancelled"


def test_141_where_nobody_reads_on(fresh: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "freshline", "-p", str(fresh), "events"],
        env={**os.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 141
