"""What a gc of a real project leaves alone, and what it does not."""

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.durability.project import contents, freshline, write_project

from freshline.keys import Target
from freshline_adapters.lake import Lake

SETTINGS = "project: shop\nretention: {versions: 1, days: 0}\n"
LONG_AGO = (1.0, 1.0)


def apply(root: Path, factor: int, settings: str = SETTINGS) -> int:
    write_project(root, factor=factor)
    (root / "freshline.yaml").write_text(settings)
    return freshline(root, "apply").returncode


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of which every asset was built twice."""
    root = tmp_path_factory.mktemp("twice") / "shop"
    root.mkdir()
    assert apply(root, 2) == apply(root, 3) == 0
    return root


@pytest.fixture
def root(twice: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(twice, tmp_path / "shop")


def gc(root: Path, *arguments: str) -> dict[str, list[dict[str, object]]]:
    done = freshline(root, "gc", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, object]]] = json.loads(done.stdout)
    return found


def data(root: Path, key: str) -> set[Path]:
    return set((root / ".freshline/lake/data" / key).iterdir())


def numbers(root: Path, key: str) -> tuple[int, ...]:
    return Lake(root / ".freshline/lake").numbers(Target("shop", "main", key))


def test_a_dry_run_tells_what_a_gc_then_does(root: Path) -> None:
    before = data(root, "stg.orders")
    told = gc(root, "--dry-run")
    assert data(root, "stg.orders") == before
    done = gc(root)
    assert told["removed"] == done["removed"] != []
    assert len(data(root, "stg.orders")) == 1
    assert gc(root)["removed"] == []


def test_the_bytes_it_tells_are_those_that_are_given_back(root: Path) -> None:
    def size() -> int:
        return sum(p.stat().st_size for p in (root / ".freshline/lake/data").rglob("*.parquet"))

    before = size()
    removed = gc(root)["removed"]
    assert before - size() == sum(int(str(each["bytes"])) for each in removed) > 0


def test_a_candidate_stays_at_any_age(root: Path) -> None:
    assert apply(root, 1000) == 1  # a check holds it back
    for path in data(root, "stg.orders"):
        os.utime(path, LONG_AGO)
    gc(root)
    assert len(data(root, "stg.orders")) == 2  # the current one and the candidate
    shown = freshline(root, "preview", "stg.orders", "--candidate")
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize("old", [True, False], ids=["written long ago", "written just now"])
def test_bytes_of_nobody_go_a_day_after_they_were_written(root: Path, old: bool) -> None:
    folder = root / ".freshline/lake"
    strays = [
        folder / "data/stg.orders/0190-stray.parquet",
        folder / "env/main/stg.orders/.0190-stray.abcd.tmp",
    ]
    for stray in strays:
        stray.write_bytes(b"x" * 100)
        if old:
            os.utime(stray, LONG_AGO)
    found = gc(root)["leftovers"]
    assert [each["attempt"] for each in found] == (["0190-stray"] * 2 if old else [])
    assert [stray.exists() for stray in strays] == [not old] * 2


def test_what_is_pinned_stays_at_any_age(root: Path) -> None:
    assert freshline(root, "rollback", "stg.orders", "--yes").returncode == 0
    assert freshline(root, "apply").returncode == 0
    rows = contents(root)
    gc(root)
    assert contents(root) == rows
    assert numbers(root, "stg.orders") == (1, 3), "both numbers of the pinned content"
    assert len(data(root, "stg.orders")) == 1


def test_an_asset_with_a_record_that_cannot_be_read_is_left_alone(root: Path) -> None:
    record = root / ".freshline/lake/env/main/stg.orders" / f"{1:020d}.json"
    record.write_text("{")
    before = data(root, "stg.orders")
    found = gc(root)
    assert data(root, "stg.orders") == before
    assert "stg.orders" in str(found["left_alone"])
    assert "stg.orders" not in str(found["removed"])


def test_an_orphan_goes_only_when_that_is_said(root: Path) -> None:
    (root / "assets/mart/total.sql").unlink()
    found = gc(root)
    assert [each["asset"] for each in found["orphans"]] == ["mart.total"]
    assert numbers(root, "mart.total") == (1, 2)
    gc(root, "--orphans")
    assert numbers(root, "mart.total") == ()
    assert data(root, "mart.total") == set()
    plan = json.loads(freshline(root, "plan", "--json").stdout)
    assert (plan["orphans"], plan["steps"]) == ([], [])


def test_an_asset_that_is_set_aside_is_no_orphan(root: Path) -> None:
    (root / "assets/mart/total.sql").write_text("SELECT nope FROM mart.joined\n")
    assert gc(root)["orphans"] == []
    refused = freshline(root, "gc", "--orphans")
    assert refused.returncode == 2
    assert "nobody can tell" in refused.stderr
    assert numbers(root, "mart.total")[-1] == 2


def test_what_moved_to_another_storage_is_an_orphan_once_it_was_built_there(root: Path) -> None:
    both = f"{SETTINGS}storages:\n  lake: {{adapter: lake}}\n  other: {{adapter: lake}}\n"
    (root / "freshline.yaml").write_text(f"{both}defaults: {{storage: other}}\n")
    assert gc(root)["orphans"] == [], "its only version is still in the old storage"
    assert freshline(root, "apply").returncode == 0
    rows = freshline(root, "query", "FROM mart.daily ORDER BY ALL").stdout
    assert {each["storage"] for each in gc(root)["orphans"]} == {"lake"}
    gc(root, "--orphans")
    assert numbers(root, "stg.orders") == ()
    assert freshline(root, "query", "FROM mart.daily ORDER BY ALL").stdout == rows
    assert freshline(root, "verify").returncode == 0
    assert json.loads(freshline(root, "plan", "--json").stdout)["steps"] == []


def test_old_caches_go_and_new_ones_stay(root: Path) -> None:
    prepared = root / ".freshline/cache/sources"
    for name in ("old", "new"):
        (prepared / name).mkdir(parents=True)
        (prepared / name / "sheet.parquet").write_bytes(b"x")
    os.utime(prepared / "old/sheet.parquet", LONG_AGO)
    os.utime(prepared / "old", LONG_AGO)
    assert len(gc(root)["files"]) == 1
    assert sorted(path.name for path in prepared.iterdir() if path.name != "index") == ["new"]
