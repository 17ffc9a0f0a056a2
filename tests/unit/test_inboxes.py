"""Inboxes: which files match, when one counts as changed, and that quiet folders cost little."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.cli.senses.inboxes import Inboxes

FILES = ("in/a.csv", "in/b.txt", "in/.hidden.csv", "in/deep/c.csv", "in/deep/er/d.csv", "e.csv")


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def paths(inboxes: Inboxes, pattern: str) -> list[str]:
    return [file.path for file in inboxes.files([pattern])[pattern]]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("in/*.csv", ["in/a.csv"]),
        ("in/a.csv", ["in/a.csv"]),
        ("./in/[ab].*", ["in/a.csv", "in/b.txt"]),
        ("in/*/*.csv", ["in/deep/c.csv"]),
        ("in/**/*.csv", ["in/a.csv", "in/deep/c.csv", "in/deep/er/d.csv"]),
        ("**/c.csv", ["in/deep/c.csv"]),
        ("in/.h*", ["in/.hidden.csv"]),
        ("in/deep", []),
        ("out/*.csv", []),
    ],
    ids=[
        "in one folder",
        "a file by its name",
        "by characters",
        "one folder deeper",
        "at any depth",
        "a name at any depth",
        "hidden ones where that is said",
        "a folder is no file",
        "a folder that is not there",
    ],
)
def test_which_files_match(root: Path, pattern: str, expected: list[str]) -> None:
    assert paths(Inboxes(root), pattern) == expected


def test_a_path_may_lie_anywhere(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    inboxes = Inboxes(tmp_path_factory.mktemp("elsewhere"))
    assert paths(inboxes, f"{root}/in/*.csv") == [f"{root}/in/a.csv"]


def test_a_link_to_a_folder_leads_into_no_circle(root: Path) -> None:
    (root / "in" / "deep" / "back").symlink_to(root / "in")
    (root / "in" / "linked.csv").symlink_to(root / "e.csv")
    found = paths(Inboxes(root), "in/**/*.csv")
    assert found == ["in/a.csv", "in/linked.csv", "in/deep/c.csv", "in/deep/er/d.csv"]


def test_a_file_has_another_stamp_when_it_was_written_to_and_the_same_when_not(root: Path) -> None:
    inboxes = Inboxes(root)
    (before,) = inboxes.files(["in/*.csv"])["in/*.csv"]
    (same,) = inboxes.files(["in/*.csv"])["in/*.csv"]
    assert same is before
    with (root / "in/a.csv").open("a") as file:
        file.write("more")
    (after,) = inboxes.files(["in/*.csv"])["in/*.csv"]
    assert after.stamp != before.stamp
    assert after.changed == (root / "in/a.csv").stat().st_mtime


def test_what_comes_and_goes_is_seen_though_the_folder_was_quiet_for_long(root: Path) -> None:
    inboxes = Inboxes(root)
    long_ago = time.time() - 3600
    os.utime(root / "in", (long_ago, long_ago))
    assert paths(inboxes, "in/*.csv") == ["in/a.csv"]
    (root / "in/new.csv").write_text("")
    assert paths(inboxes, "in/*.csv") == ["in/a.csv", "in/new.csv"]
    (root / "in/a.csv").unlink()
    assert paths(inboxes, "in/*.csv") == ["in/new.csv"]


def test_a_file_that_took_anothers_place_at_the_same_time_is_another(root: Path) -> None:
    inboxes = Inboxes(root)
    file = root / "in/a.csv"
    (before,) = inboxes.files(["in/*.csv"])["in/*.csv"]
    (root / "draft").write_text("in/A.csv")
    at = file.stat().st_mtime_ns
    os.utime(root / "draft", ns=(at, at))
    os.replace(root / "draft", file)
    (after,) = inboxes.files(["in/*.csv"])["in/*.csv"]
    assert after.stamp != before.stamp


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8))
def test_whatever_is_made_and_removed_is_seen_at_the_next_look(
    tmp_path_factory: pytest.TempPathFactory, moves: list[str]
) -> None:
    root = tmp_path_factory.mktemp("inbox")
    (root / "in").mkdir()
    inboxes, there = Inboxes(root), set[str]()
    for name in moves:
        file = root / "in" / name
        if name in there:
            file.unlink()
            there.remove(name)
        else:
            file.write_text("")
            there.add(name)
        assert paths(inboxes, "in/*") == [f"in/{each}" for each in sorted(there)]
