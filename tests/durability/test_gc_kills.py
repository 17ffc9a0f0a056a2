"""kill -9 of a gc at every version it removes: what is left is whole, and the next one goes on."""

import shutil
import signal
from pathlib import Path

import pytest
from tests.durability.project import answer, contents, freshline, write_project

from freshline_adapters.lake import Lake

_SETTINGS = "project: shop\nretention: {versions: 1, days: 0}\n"


@pytest.fixture(scope="module")
def thrice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of which every asset was built three times."""
    root = tmp_path_factory.mktemp("thrice") / "shop"
    root.mkdir()
    for factor in (2, 3, 4):
        write_project(root, factor=factor)
        (root / "freshline.yaml").write_text(_SETTINGS)
        done = freshline(root, "apply")
        assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def root(thrice: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(thrice, tmp_path / "shop")


def numbers(root: Path) -> dict[str, tuple[int, ...]]:
    lake = Lake(root / ".freshline/lake")
    return {target.asset: lake.numbers(target) for target in lake.targets()}


def data_files(root: Path) -> int:
    return len(list((root / ".freshline/lake/data").rglob("*.parquet")))


@pytest.mark.parametrize(
    "action",
    ["gc.after_list=kill", *(f"gc.partial_delete=kill@{n}" for n in (1, 2, 3, 4, 7, 10))],
)
def test_killed_while_removing_the_lake_is_whole_and_the_next_gc_goes_on(
    root: Path, action: str
) -> None:
    before, rows = numbers(root), contents(root)
    done = freshline(root, "gc", failpoints=action)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    assert freshline(root, "verify").returncode == 0
    assert answer(root, "plan")["steps"] == []
    assert contents(root) == rows
    assert all(left[-1] == before[asset][-1] for asset, left in numbers(root).items())
    done = freshline(root, "gc")
    assert done.returncode == 0, done.stderr
    assert numbers(root) == {asset: found[-1:] for asset, found in before.items()}
    assert contents(root) == rows
    assert freshline(root, "verify").returncode == 0


def test_what_was_removed_is_computed_again_and_not_offered_for_reuse(root: Path) -> None:
    assert freshline(root, "gc").returncode == 0
    assert data_files(root) == len(contents(root))
    write_project(root, factor=2)
    (root / "freshline.yaml").write_text(_SETTINGS)
    steps = answer(root, "plan", "stg.orders")["steps"]
    assert isinstance(steps, list)
    assert [step["action"] for step in steps] == ["rebuild"]  # pyright: ignore
    done = freshline(root, "apply")
    assert done.returncode == 0, done.stderr
    assert answer(root, "plan")["steps"] == []


def test_a_catalog_that_was_lost_comes_back_from_what_gc_left(root: Path) -> None:
    assert freshline(root, "gc").returncode == 0
    for path in (root / ".freshline").glob("catalog.db*"):
        path.unlink()
    assert freshline(root, "catalog", "rebuild", "--from-storage").returncode == 0
    steps = answer(root, "plan")["steps"]
    assert isinstance(steps, list)
    assert {step["action"] for step in steps} == {"check"}  # pyright: ignore


def test_a_gc_waits_for_nobody(root: Path) -> None:
    """While somebody applies in any environment it says so and removes nothing."""
    before = numbers(root)
    from freshline.cli.compose import holder
    from freshline_catalog.event_log import SqliteEventLog

    log = SqliteEventLog(root / ".freshline/catalog.db")
    lease = log.acquire(holder("main", "apply"))
    done = freshline(root, "gc")
    lease.release()
    log.close()
    assert done.returncode == 1
    assert "is in use" in done.stderr or "apply" in done.stderr
    assert numbers(root) == before
