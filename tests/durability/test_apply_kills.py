"""kill -9 of a real apply, at every failpoint and at random moments: nothing is lost or redone."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.durability.project import answer, builds, computed, contents, freshline, write_project

from freshline import failpoints

# Failpoints that an apply of this project passes at least twice before it is done.
_ONCE = ("run.before_finish", "views.before", "views.after_write")
_ELSEWHERE = (
    "recover.before",
    "recover.after_adopt",
    "abort.before",
    "abort.after",
    "verify.before",
    "pin.before",
    "pin.after_commit",
    "drop.before",
    "rename.before",
    "rename.before_record",
    "gc.after_list",
    "gc.partial_delete",
    "publish.torn_manifest",
    "docs.written",
    "docs.moved",
    "docs.placed",
    "tick.before_eval",
    "tick.after_eval",
    "tick.before_commit",
    "tick.after_commit",
    "act.before",
    "act.after",
    "launch.before",
    "launch.after",
    "bring.before_fetch",
    "bring.after_fetch",
    "bring.before_word",
    "launch.told",
    "launch.ended",
)
IN_APPLY = sorted(failpoints.NAMES - {*_ELSEWHERE})


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The rows of a project built without trouble."""
    root = tmp_path_factory.mktemp("clean")
    write_project(root)
    assert freshline(root, "apply").returncode == 0
    return dict(contents(root))


@pytest.mark.parametrize("name", IN_APPLY)
def test_killed_at_a_failpoint_the_next_apply_carries_on(
    name: str, tmp_path: Path, expected: dict[str, str]
) -> None:
    write_project(tmp_path)
    count = 1 if name in _ONCE else 2
    killed = freshline(tmp_path, "apply", failpoints=f"{name}=kill@{count}")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    _carries_on(tmp_path, expected)


@pytest.mark.parametrize("second", ["recover.before", "recover.after_adopt", "abort.before"])
def test_killed_again_while_recovering_the_next_apply_carries_on(
    second: str, tmp_path: Path, expected: dict[str, str]
) -> None:
    write_project(tmp_path)
    first = "publish.after" if second == "recover.after_adopt" else "stage.after_write"
    killed = freshline(tmp_path, "apply", failpoints=f"{first}=kill@2")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    killed = freshline(tmp_path, "apply", failpoints=f"{second}=kill")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    _carries_on(tmp_path, expected)


def test_killed_at_a_cut_off_the_next_apply_carries_on(tmp_path: Path) -> None:
    write_project(tmp_path, factor=2)
    assert freshline(tmp_path, "apply").returncode == 0
    before = contents(tmp_path)
    asset = tmp_path / "assets/stg/orders.sql"
    asset.write_text("SELECT id, id % 7 AS customer, id + id AS amount FROM raw.orders\n")
    killed = freshline(tmp_path, "apply", failpoints="verify.before=kill")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = freshline(tmp_path, "apply")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path) == before
    assert Counter(asset for asset, _ in builds(tmp_path))["mart.daily"] == 1


@pytest.mark.parametrize("name", ["check.after", "seal.after", "claim.after_commit"])
def test_killed_around_a_failing_check_the_candidate_is_kept_or_cleared_away(
    name: str, tmp_path: Path
) -> None:
    write_project(tmp_path)
    assert freshline(tmp_path, "apply").returncode == 0
    before = contents(tmp_path)
    write_project(tmp_path, factor=1000)
    held_back = freshline(tmp_path, "apply")
    assert held_back.returncode == 1, held_back.stderr
    assert "between_amount fails on" in held_back.stderr
    killed = freshline(tmp_path, "apply", failpoints=f"{name}=kill")
    if name == "check.after":  # the answers are on record: no check was run again
        assert killed.returncode == 1, killed.stderr
    else:
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert contents(tmp_path) == before
    write_project(tmp_path, factor=3)
    killed = freshline(tmp_path, "apply", failpoints="check.after=kill")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert contents(tmp_path) == before
    done = freshline(tmp_path, "apply")
    assert done.returncode == 0, done.stderr
    assert answer(tmp_path, "plan")["steps"] == []
    left = [p.name for p in (tmp_path / ".freshline/lake/data").rglob("*.parquet")]
    assert len(left) == len(builds(tmp_path)), "a candidate was left behind"


def test_killed_at_random_moments_readers_see_whole_versions(tmp_path: Path) -> None:
    """A reader process polls while applies of changing logic are killed; every read is whole."""
    chance = random.Random(20)
    write_project(tmp_path, factor=1)
    assert freshline(tmp_path, "apply").returncode == 0
    reader = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("reader.py")), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for attempt in range(_KILLS):
            write_project(tmp_path, factor=2 + attempt % 5)
            apply = subprocess.Popen(
                [sys.executable, "-m", "freshline", "-p", str(tmp_path), "apply", "-q"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(chance.uniform(0.15, 0.75))
            apply.kill()
            apply.wait()
            assert reader.poll() is None, reader.communicate()[0]
    finally:
        (tmp_path / "stop").touch()
        output, _ = reader.communicate(timeout=30)
    assert reader.returncode == 0, output
    reads = int(output.split()[-1])
    assert reads > _KILLS, output
    done = freshline(tmp_path, "apply")
    assert done.returncode == 0, done.stderr
    verified = freshline(tmp_path, "verify")
    assert verified.returncode == 0, verified.stdout
    done_work = computed(tmp_path)
    assert len(done_work) == len(set(done_work)), "something was computed twice"
    assert answer(tmp_path, "plan")["steps"] == []


_KILLS = int(os.environ.get("FRESHLINE_KILLS", "25"))


def _carries_on(root: Path, expected: dict[str, str]) -> None:
    published = _published(root)
    done = freshline(root, "apply")
    assert done.returncode == 0, done.stderr
    assert dict(contents(root)) == expected
    verified = freshline(root, "verify")
    assert verified.returncode == 0, verified.stdout
    assert answer(root, "plan")["steps"] == []
    built = builds(root)
    assert len({asset for asset, _ in built}) == len(built), "something was computed twice"
    assert published <= {mat_id for _, mat_id in built}, "a published version was lost"
    left = [p.name for p in (root / ".freshline/lake/data").rglob("*.parquet")]
    assert len(left) == len(built), "an attempt's private bytes were left behind"


def _published(root: Path) -> set[str]:
    """Return what the dead process had published, by the storage's own records."""
    from freshline_adapters.lake import Lake

    lake = Lake(root / ".freshline/lake")
    found = (lake.current(target) for target in lake.targets())
    return {manifest.version.mat_id for manifest in found if manifest is not None}
