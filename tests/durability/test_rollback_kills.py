"""kill -9 of a rollback at every line of its protocol: the old version, or the new one, and why."""

import shutil
import signal
from pathlib import Path

import pytest
from tests.durability.project import answer, builds, contents, freshline, write_project

KEY = "stg.orders"
# Dying at these leaves the pin, or more; at the first nothing has happened yet.
BEHIND_THE_PIN = (
    "pin.after_commit",
    "claim.after_commit",
    "publish.before",
    "publish.after_create",
    "record.before",
    "record.after_commit",
    "views.before",
)


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A project whose first asset has a good and a bad version, and the rows of both."""
    root = tmp_path_factory.mktemp("twice") / "shop"
    root.mkdir()
    write_project(root, factor=2)
    assert freshline(root, "apply").returncode == 0
    good = contents(root)[KEY]
    write_project(root, factor=3)
    assert freshline(root, "apply").returncode == 0
    return root, good, contents(root)[KEY]


@pytest.fixture
def bad(twice: tuple[Path, str, str], tmp_path: Path) -> tuple[Path, str, str]:
    """A copy of it."""
    root, good, wrong = twice
    return shutil.copytree(root, tmp_path / "shop"), good, wrong


def killed(root: Path, failpoint: str, *arguments: str) -> None:
    done = freshline(root, *arguments, failpoints=f"{failpoint}=kill")
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def is_whole(root: Path) -> None:
    verified = freshline(root, "verify")
    assert verified.returncode == 0, verified.stdout


@pytest.mark.parametrize("failpoint", BEHIND_THE_PIN)
def test_killed_behind_the_pin_the_next_apply_carries_on(
    bad: tuple[Path, str, str], failpoint: str
) -> None:
    root, good, wrong = bad
    computed = len(builds(root))
    killed(root, failpoint, "rollback", KEY, "--yes", "--reason", "bad")
    assert contents(root)[KEY] in (good, wrong)
    done = freshline(root, "apply")
    assert done.returncode == 0, done.stderr
    assert contents(root)[KEY] == good
    plan = answer(root, "plan")
    assert plan["steps"] == []
    assert [held["asset"] for held in _list(plan["pinned"])] == [KEY]
    assert len(builds(root)) == computed, "something was computed, though all was there"
    is_whole(root)


def test_killed_before_the_pin_nothing_happened(bad: tuple[Path, str, str]) -> None:
    root, _, wrong = bad
    killed(root, "pin.before", "rollback", KEY, "--yes")
    plan = answer(root, "plan")
    assert (plan["steps"], plan["pinned"]) == ([], [])
    assert contents(root)[KEY] == wrong
    is_whole(root)


def test_killed_and_asked_again_a_rollback_does_the_rest(bad: tuple[Path, str, str]) -> None:
    root, good, _ = bad
    killed(root, "publish.before", "rollback", KEY, "--to", "1", "--yes")
    done = freshline(root, "rollback", KEY, "--to", "1", "--yes")
    assert done.returncode == 0, done.stderr
    assert contents(root)[KEY] == good
    assert [held["asset"] for held in _list(answer(root, "plan")["pinned"])] == [KEY]


def test_killed_and_unpinned_nothing_is_left_of_it(bad: tuple[Path, str, str]) -> None:
    root, _, wrong = bad
    killed(root, "pin.after_commit", "rollback", KEY, "--yes")
    assert freshline(root, "unpin", KEY).returncode == 0
    assert answer(root, "plan")["steps"] == []
    assert contents(root)[KEY] == wrong


def _list(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    found: list[dict[str, object]] = value  # pyright: ignore[reportUnknownVariableType]
    return found
