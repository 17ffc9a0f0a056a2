"""A real apply on a disk that is full or cannot be written: clear words, old versions whole."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.durability.project import answer, contents, freshline, write_project

BIG = "SELECT id, random() AS r FROM raw.orders, range(20000)"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a disk of our own needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_fails_the_step_and_keeps_every_version(disk: Path) -> None:
    write_project(disk)
    assert freshline(disk, "apply").returncode == 0
    before = contents(disk)
    (disk / "assets/mart/top.sql").write_text(BIG + "\n")
    done = freshline(disk, "apply", "--retries", "0")
    assert done.returncode == 1
    assert "No space left" in done.stderr or "no space left" in done.stderr, done.stderr
    assert "mart.top" in done.stderr
    assert contents(disk) == before
    write_project(disk)
    assert freshline(disk, "apply").returncode == 0
    assert freshline(disk, "verify").returncode == 0
    assert answer(disk, "plan")["steps"] == []


def test_a_disk_that_cannot_be_written_says_so_and_can_be_read(disk: Path) -> None:
    write_project(disk)
    assert freshline(disk, "apply").returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = freshline(disk, "apply")
    assert done.returncode == 1
    assert str(disk) in done.stderr and "Traceback" not in done.stderr
    rows = freshline(disk, "query", "SELECT count(*) AS n FROM stg.orders", "--format", "csv")
    assert rows.stdout == "n\n500\n", rows.stderr
