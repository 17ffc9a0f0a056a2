"""Workers are warm: used again while they are good, and let go before they are bad."""

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.locations.trying import HASTY, HERE, Outcome, Project, processes_with

from freshline.calls import Line
from freshline.code import NO_LIMITS, Limits
from freshline.errors import CodeError, ResourceError, WorkerLostError
from freshline.locations.settings import Settings
from freshline.locations.workers import LocationWorkers

TELL_PID = "print(os.getpid())\nreturn [{'a': 1}]"


def pid(outcome: Outcome) -> int:
    assert outcome.error is None, outcome.error
    return int(outcome.texts[0])


Act = Callable[[Project], object]


class Between(NamedTuple):
    """What happens between two calls, and whether the second still has the first one's worker."""

    act: Act
    is_same: bool


def edit(name: str) -> Act:
    def act(project: Project) -> object:
        path = project.root / name
        return path.write_text(path.read_text() + "\n# edited\n")

    return act


def call(
    name: str, *, limits: Limits = NO_LIMITS, timeout: float | None = None, fresh: bool = False
) -> Act:
    def act(project: Project) -> object:
        return project.call(f"assets/{name}.py:it", limits=limits, timeout=timeout, fresh=fresh)

    return act


def nothing(project: Project) -> object:
    return project


BETWEEN = {
    "nothing": Between(nothing, True),
    "another function that raises": Between(call("bad"), True),
    "an edit of the file itself": Between(edit("assets/m.py"), False),
    "an edit of what it imports": Between(edit("lib/used.py"), False),
    "an edit of what it does not import": Between(edit("lib/unused.py"), True),
    "a call with other limits": Between(call("bad", limits=Limits(files=500)), True),
    "a call that wants a process of its own": Between(call("bad", fresh=True), True),
    "a function that leaves a thread": Between(call("leaves"), False),
    "a function that takes too long": Between(call("slow", timeout=0.2), False),
    "a function that keeps much memory": Between(call("large"), False),
}


@pytest.mark.parametrize("between", BETWEEN.values(), ids=BETWEEN)
def test_a_worker_is_used_again_unless(between: Between, project: Project) -> None:
    project.asset(TELL_PID, head="import lib.used")
    project.asset("raise ValueError('no')", name="assets/bad.py")
    project.asset(
        "import threading; threading.Thread(target=time.sleep, args=(9,)).start()\nreturn []",
        name="assets/leaves.py",
    )
    project.asset("time.sleep(60)", name="assets/slow.py")
    project.asset(
        "kept.append(b'x' * (200 << 20)); return [{'a': 1}]",
        head="kept = []",
        name="assets/large.py",
    )
    project.write("lib/used.py", "x = 1\n")
    project.write("lib/unused.py", "x = 1\n")

    first = pid(project.call())
    between.act(project)

    assert (pid(project.call()) == first) == between.is_same


def test_a_worker_serves_so_many_calls_and_no_more(tmp_path: Path) -> None:
    workers = LocationWorkers(Settings(most_calls=2))
    project = Project(tmp_path, workers)
    project.asset(TELL_PID)
    try:
        pids = [pid(project.call()) for _ in range(6)]
    finally:
        workers.close()

    assert [pids.count(one) for one in dict.fromkeys(pids)] == [2, 2, 2]


def test_calls_at_once_have_workers_of_their_own(project: Project) -> None:
    project.asset(
        "print(os.getpid(), flush=True)\nos.read(os.open(os.environ['GATE'], 0), 1)\nreturn []"
    )
    gate = project.root / "gate"
    os.mkfifo(gate)
    os.environ["GATE"] = str(gate)
    began = threading.Barrier(3)
    outcomes: list[Outcome] = []

    def run() -> None:
        said: list[Line] = []

        def tell(line: Line) -> None:
            said.append(line)
            began.wait()

        outcome = project.call(tell=tell)
        outcome.lines = said
        outcomes.append(outcome)

    threads = [threading.Thread(target=run) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        began.wait()
        opened = [os.open(gate, os.O_WRONLY) for _ in threads]
        for one in opened:
            os.write(one, b"..")
        for thread in threads:
            thread.join()
    finally:
        del os.environ["GATE"]

    assert len({pid(outcome) for outcome in outcomes}) == 2


def test_a_worker_that_was_started_ahead_serves_the_first_call(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STARTED", str(project.root))
    project.asset(TELL_PID)

    project.workers.prepare(str(project.root), HERE)
    project.workers.prepare(str(project.root), HERE)
    mark = f"STARTED={project.root}"
    # The warden, the keeper, and the one worker.
    while len(waiting := processes_with(mark)) < 3:
        os.sched_yield()

    assert pid(project.call()) in waiting
    assert sorted(waiting) == sorted(processes_with(mark))


def test_an_interrupt_ends_a_call_soon_and_only_that(project: Project) -> None:
    project.asset("print('began', flush=True)\ntime.sleep(60)\nreturn []")

    outcome = project.call(tell=lambda line: project.workers.interrupt())

    assert isinstance(outcome.error, CodeError)
    assert not isinstance(outcome.error, WorkerLostError)
    expected = r"assets/m.py:it was interrupted; it was in assets/m.py:[67], in it"
    assert re.fullmatch(expected, outcome.message)
    assert outcome.seconds < 30


def test_an_interrupt_of_another_call_is_no_business_of_ours(project: Project) -> None:
    project.asset("print('began', flush=True)\nreturn [{'a': 1}]")

    outcome = project.call(tell=lambda line: project.workers.interrupt("another"))

    assert outcome.error is None


def test_after_close_there_is_no_process_and_none_is_started(tmp_path: Path) -> None:
    workers = LocationWorkers(HASTY)
    project = Project(tmp_path, workers)
    project.asset(
        "import subprocess\nsubprocess.Popen(['sleep', '1000.0627'])\n"
        "print('began', flush=True)\ntime.sleep(60)"
    )
    closing: list[threading.Thread] = []

    def tell(line: Line) -> None:
        closing.append(threading.Thread(target=workers.close))
        closing[0].start()

    outcome = project.call(tell=tell)
    closing[0].join()

    assert isinstance(outcome.error, CodeError)
    assert processes_with("1000.0627") == []
    assert isinstance(project.call().error, ResourceError)
