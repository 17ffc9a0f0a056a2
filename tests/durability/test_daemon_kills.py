"""kill -9 of a real daemon, and of its runs: each request is carried out once, nothing is lost."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.durability.daemons import daemon, seen, until
from tests.durability.project import SQL, contents, freshline, write_project

from freshline.events import AttemptFailed, AttemptStarted
from freshline.ticks import Requested, RequestState

_ALL = [(key, 1) for key in SQL]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The rows of a project built without trouble."""
    root = tmp_path_factory.mktemp("clean")
    write_project(root)
    assert freshline(root, "apply").returncode == 0
    return dict(contents(root))


@pytest.mark.parametrize(
    "name",
    [
        "tick.before_eval",
        "tick.after_eval",
        "tick.before_commit",
        "tick.after_commit",
        "launch.before",
        "launch.after",
        "launch.told",
        "launch.ended",
    ],
)
def test_killed_at_a_failpoint_the_next_daemon_carries_each_request_out_once(
    name: str, tmp_path: Path, expected: dict[str, str]
) -> None:
    write_project(tmp_path)
    with daemon(tmp_path, failpoints=f"{name}=kill") as killed:
        assert killed.wait(60) == -signal.SIGKILL
    before = seen(tmp_path)
    with daemon(tmp_path):
        found = until(tmp_path, lambda now: bool(now.outcomes) and not _is_open(now.requests))
    assert sorted(found.versions) == sorted(_ALL)
    assert found.begun == [each.request.run for each in found.requests]
    assert {each.request.run for each in before.requests} <= set(found.begun)
    assert found.outcomes == ["succeeded"]
    assert contents(tmp_path) == expected


def test_a_daemon_that_is_killed_leaves_its_run_alone_and_the_next_attends_to_it(
    tmp_path: Path, expected: dict[str, str]
) -> None:
    write_project(tmp_path)
    with daemon(tmp_path, failpoints="publish.before=sleep:1.5@2") as first:
        until(tmp_path, lambda now: len(now.versions) == 1)
        first.kill()
        first.wait()
    with daemon(tmp_path):
        found = until(tmp_path, lambda now: bool(now.requests) and not _is_open(now.requests))
    assert sorted(found.versions) == sorted(_ALL)
    assert [(each.state, each.outcome) for each in found.requests] == [
        (RequestState.ENDED, "succeeded")
    ]
    assert contents(tmp_path) == expected


def test_a_run_that_is_killed_is_lost_within_a_second_and_its_attempt_is_settled(
    tmp_path: Path, expected: dict[str, str]
) -> None:
    write_project(tmp_path)
    with daemon(tmp_path, failpoints="publish.before=sleep:5@2"):
        found = until(tmp_path, lambda now: len(now.of(AttemptStarted)) > len(now.versions) == 1)
        pid = found.requests[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        died = time.monotonic()
        lost = until(tmp_path, lambda now: now.requests[-1].state is RequestState.ENDED)
        noticed = time.monotonic() - died
        assert lost.requests[-1].outcome == "lost"
        assert noticed < 10  # a loaded machine: as a rule it is a fiftieth of a second
        until(tmp_path, lambda now: bool(now.of(AttemptFailed)))
        until(tmp_path, lambda now: not _is_open(now.requests))
    settled = [event.code for event in seen(tmp_path).of(AttemptFailed)]
    assert settled == ["F402"]
    assert freshline(tmp_path, "apply").returncode == 0
    assert contents(tmp_path) == expected


def test_a_second_daemon_stands_by_and_takes_over(tmp_path: Path) -> None:
    write_project(tmp_path)
    with daemon(tmp_path) as first:
        leader = until(tmp_path, lambda now: now.leader is not None).leader
        assert leader is not None and leader.pid == first.pid
        with daemon(tmp_path) as second:
            assert second.stdout is not None
            assert second.stdout.readline().startswith("stands by: lead:main is in use")
            until(tmp_path, lambda now: now.outcomes == ["succeeded"])
            first.kill()
            first.wait()
            until(tmp_path, lambda now: now.leader is not None and now.leader.pid == second.pid)
            (tmp_path / "data/orders.csv").write_text("id\n1\n2\n3\n")
            found = until(tmp_path, lambda now: len(now.outcomes) == 2)
    assert found.outcomes == ["succeeded", "succeeded"]
    assert Counter(asset for asset, _ in found.versions)["stg.orders"] == 2


def _is_open(requests: tuple[Requested, ...]) -> bool:
    states = [each.state for each in requests]
    return RequestState.QUEUED in states or RequestState.LAUNCHED in states
