"""Bytes that changed while size and time did not: verify finds it, and every later plan knows."""

import json
import os
from pathlib import Path

import pytest
from tests.durability.project import builds, freshline, write_project


def flip(path: Path) -> None:
    """Change a byte so that nobody who does not read it can tell."""
    status = os.stat(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def steps(root: Path) -> list[tuple[str, str, str]]:
    plan = json.loads(freshline(root, "plan", "--json").stdout)
    return [(s["asset"], s["action"], s["reasons"][0]["kind"]) for s in plan["steps"]]


@pytest.fixture
def damaged(tmp_path: Path) -> tuple[Path, Path]:
    """A project whose first asset is damaged, as verify has found, and the file."""
    write_project(tmp_path)
    assert freshline(tmp_path, "apply").returncode == 0
    (file,) = (tmp_path / ".freshline/lake/data/stg.customers").iterdir()
    flip(file)
    assert steps(tmp_path) == [], "size and time say that nothing happened"
    found = freshline(tmp_path, "verify", "stg.customers")
    assert found.returncode == 1
    assert "`freshline apply` mends what is damaged" in found.stdout
    return tmp_path, file


def test_the_next_plan_rebuilds_what_verify_found_damaged(damaged: tuple[Path, Path]) -> None:
    root, _ = damaged
    assert ("stg.customers", "rebuild", "drift") in steps(root)
    done = freshline(root, "apply")
    assert done.returncode == 0, done.stderr
    assert freshline(root, "verify").returncode == 0
    assert steps(root) == []


def test_bytes_that_were_restored_meanwhile_are_good_again(damaged: tuple[Path, Path]) -> None:
    root, file = damaged
    flip(file)
    computed = len(builds(root))
    assert steps(root) == []
    assert freshline(root, "apply").returncode == 0
    assert len(builds(root)) == computed
    assert freshline(root, "verify").returncode == 0


def test_what_is_damaged_and_pinned_is_told_and_left(damaged: tuple[Path, Path]) -> None:
    root, file = damaged
    flip(file)
    assert freshline(root, "apply").returncode == 0
    assert freshline(root, "rollback", "stg.customers", "--to", "1", "--yes").returncode == 0
    flip(file)
    refused = freshline(root, "rollback", "stg.customers", "--to", "1", "--yes")
    assert refused.returncode == 1
    assert "version 1 of stg.customers is damaged" in refused.stderr
    assert freshline(root, "verify").returncode == 1
    plan = json.loads(freshline(root, "plan", "--json").stdout)
    assert plan["steps"] == []
    end = "it stays so until `freshline unpin stg.customers`"
    assert plan["warnings"] == [f"stg.customers is pinned, but its version is damaged; {end}"]
