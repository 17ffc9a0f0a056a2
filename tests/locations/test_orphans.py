"""A supervisor that is killed leaves nobody behind: no worker, no child of one, no warden."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.locations.trying import processes_with

from freshline.locations.process import Ended, Process
from freshline.locations.spawning import Program, Warden

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what this does is Linux's")

SUPERVISOR = """
import sys
from pathlib import Path
from freshline.locations.workers import LocationWorkers
from tests.locations.trying import Project

project = Project(Path(sys.argv[1]), LocationWorkers())
project.asset('''
    import subprocess
    subprocess.Popen(["setsid", "sleep", os.environ["MARK"]])
    if os.fork() == 0:
        os.setsid()
        os.execvp("sleep", ["sleep", os.environ["MARK"]])
    print("began", flush=True)
    time.sleep(600)
''')
project.call(tell=lambda line: print(line.text, flush=True))
"""


def gone(mark: str, seconds: float = 10.0) -> bool:
    """Wait until no process has a mark; say whether it came to that."""
    until = time.monotonic() + seconds
    while processes_with(mark):
        if time.monotonic() > until:
            return False
        os.sched_yield()
    return True


def test_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    mark = f"1000.{os.getpid():09}"
    root = Path(__file__).parents[2]
    environment = os.environ | {"MARK": mark, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"began\n"
        assert len(processes_with(mark)) >= 5
        supervisor.send_signal(signal.SIGKILL)

    assert gone(mark)


def run(warden: Warden, *arguments: str) -> Process:
    program = Program(arguments=arguments, environment=dict(os.environ), folder="/")
    return Process(warden, program, talks=False)


def ended(process: Process) -> Ended:
    while not process.is_empty:
        process.wait(10)
    process.close()
    assert process.ended is not None
    return process.ended


def test_a_warden_that_was_killed_is_replaced(tmp_path: Path) -> None:
    warden = Warden()
    first = run(warden, "/bin/sleep", "600")
    while not first.pid:
        first.wait(10)
    its_warden = parent_of(parent_of(first.pid))
    os.kill(its_warden, signal.SIGKILL)
    os.waitid(os.P_PID, its_warden, os.WEXITED | os.WNOWAIT)

    assert ended(run(warden, "/bin/true")).status == 0
    assert first.end()
    warden.close()


def test_a_keeper_that_was_killed_takes_its_program_along() -> None:
    warden = Warden()
    process = run(warden, "/bin/sleep", "1000.0732")
    while not process.pid:
        process.wait(10)
    os.kill(parent_of(process.pid), signal.SIGKILL)

    assert ended(process).status == -1
    assert processes_with("1000.0732") == []
    warden.close()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
