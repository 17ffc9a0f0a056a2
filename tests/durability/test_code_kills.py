"""SIGKILL to who runs people's code, end to end: the worker is replaced, and no process outlives
the command.

The code says that it runs, and waits to be let go, through named pipes; so nothing here sleeps.
"""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.durability.project import answer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and opens pidfds")

_SOON = 60.0  # seconds after which something hangs
_CODE = '''
import os
import subprocess

from freshline import asset


@asset({options})
def held() -> list[dict]:
    """One row, as soon as somebody says so."""
    child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    with open("{pipes}/runs", "w") as file:
        file.write(f"{{os.getpid()}} {{child.pid}}")
    with open("{pipes}/go") as file:
        file.read()
    child.kill()
    child.wait()
    return [{{"id": 1}}]
'''


@pytest.fixture
def pipes(tmp_path: Path) -> Path:
    folder = tmp_path / "pipes"
    folder.mkdir()
    for name in ("runs", "go"):
        os.mkfifo(folder / name)
    return folder


def _apply(root: Path, pipes: Path, options: str) -> "subprocess.Popen[str]":
    (root / "assets/slow").mkdir(parents=True)
    (root / "freshline.yaml").write_text("project: slow\n")
    (root / "assets/slow/work.py").write_text(_CODE.format(pipes=pipes, options=options))
    return subprocess.Popen(
        [sys.executable, "-m", "freshline", "-p", str(root), "apply", "--yes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _running(pipes: Path, apply: "subprocess.Popen[str]") -> tuple[int, int]:
    """Wait until the code runs; return its process and that of the child that it started."""
    runs, ended = os.open(pipes / "runs", os.O_RDONLY | os.O_NONBLOCK), os.pidfd_open(apply.pid)
    try:
        ready, _, _ = select.select([runs, ended], [], [], _SOON)
        assert runs in ready, apply.communicate()[0] if ready else "the code does not run"
        worker, child = os.read(runs, 100).split()
    finally:
        os.close(runs)
        os.close(ended)
    return int(worker), int(child)


def test_a_killed_worker_is_noticed_and_its_step_tried_again(tmp_path: Path, pipes: Path) -> None:
    apply = _apply(tmp_path, pipes, 'retries={"count": 1, "delay": "0s"}')
    first, _ = _running(pipes, apply)
    os.kill(first, signal.SIGKILL)
    second, _ = _running(pipes, apply)
    assert second != first
    (pipes / "go").write_text("")
    said, _ = apply.communicate(timeout=_SOON)
    assert apply.returncode == 0, said
    assert "SIGKILL" in said
    assert "retry 1 of 1" in said
    assert answer(tmp_path, "plan")["steps"] == []


def test_a_worker_that_is_killed_once_too_often_fails_its_step(tmp_path: Path, pipes: Path) -> None:
    apply = _apply(tmp_path, pipes, "retries=0")
    worker, child = _running(pipes, apply)
    watched = os.pidfd_open(child)
    os.kill(worker, signal.SIGKILL)
    said, _ = apply.communicate(timeout=_SOON)
    assert apply.returncode == 1, said
    assert "SIGKILL" in said
    assert "F340" in said
    _has_ended(watched)


def test_a_killed_apply_leaves_no_process_behind(tmp_path: Path, pipes: Path) -> None:
    apply = _apply(tmp_path, pipes, "retries=0")
    worker, child = _running(pipes, apply)
    below = _below(apply.pid)
    assert {worker, child} <= below
    watched = [os.pidfd_open(pid) for pid in below]
    apply.kill()
    apply.communicate(timeout=_SOON)
    for each in watched:
        _has_ended(each)


def _has_ended(watched: int) -> None:
    """Wait for the end of a process."""
    try:
        ready, _, _ = select.select([watched], [], [], _SOON)
        assert ready, "a process is still there"
    finally:
        os.close(watched)


def _below(pid: int) -> set[int]:
    """Return the processes that descend from one; each thread has the children it started."""
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for thread in Path(f"/proc/{waiting.pop()}/task").iterdir():
            children = {int(word) for word in (thread / "children").read_text().split()}
            found |= children
            waiting += children
    return found
