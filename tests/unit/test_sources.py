"""Sources: which files, which version, and which of them are read to tell it."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

import pytest

from freshline.definitions import ColumnDefinition, SourceDefinition
from freshline.errors import Span
from freshline.lineage.sources import files_of, is_news, probe, relation, unmoved
from freshline.state import Observation

WRITTEN = 1_700_000_000.0
LONG_AFTER = WRITTEN + 3600


def write(root: Path, name: str, content: str, at: float = WRITTEN) -> Path:
    """Write a file in place, as of a time."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, (at, at))
    return path


def definition(path: str, **values: object) -> SourceDefinition:
    span = Span(file="sources/raw.yaml", line=1, column=1)
    given = {"format": "csv", **values}
    return SourceDefinition(key="raw.x", file=span.file, span=span, path=path, **given)  # type: ignore[arg-type]


def look(
    root: Path, *files: str, known: Observation | None = None, now: float = LONG_AFTER
) -> Observation:
    return probe(root, files, known, now)


def stamps(seen: Observation) -> list[list[object]]:
    """Return what tells without reading whether a file was touched."""
    return [cast("list[object]", signature)[:3] for signature in seen.signature.values()]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the files that are opened from now on, as they are opened."""
    opened: list[str] = []
    real = open

    def noting(path: Path, mode: str) -> IO[bytes]:
        opened.append(path.name)
        assert mode == "rb"
        return real(path, "rb")

    monkeypatch.setattr("builtins.open", noting)
    return opened


def test_a_file_that_was_not_touched_is_not_read_again(tmp_path: Path, read: list[str]) -> None:
    write(tmp_path, "a.csv", "x\n1\n")
    first = look(tmp_path, "a.csv")
    assert read == ["a.csv"]
    again = look(tmp_path, "a.csv", known=first, now=LONG_AFTER + 1)
    assert read == ["a.csv"]
    assert (again.version, again.signature) == (first.version, first.signature)
    assert again.at == LONG_AFTER + 1


def test_a_file_that_was_touched_and_is_the_same_has_the_same_version(
    tmp_path: Path, read: list[str]
) -> None:
    write(tmp_path, "a.csv", "x\n1\n")
    first = look(tmp_path, "a.csv")
    write(tmp_path, "a.csv", "x\n1\n", at=WRITTEN + 60)
    again = look(tmp_path, "a.csv", known=first)
    assert read == ["a.csv", "a.csv"]
    assert again.version == first.version
    assert again.signature != first.signature


@pytest.mark.parametrize(
    ("content", "at"),
    [("x\n2\n", WRITTEN + 60), ("x\n1\n2\n", WRITTEN), ("", WRITTEN)],
    ids=["of the same size", "of the same time", "now empty"],
)
def test_other_content_is_another_version(tmp_path: Path, content: str, at: float) -> None:
    write(tmp_path, "a.csv", "x\n1\n")
    first = look(tmp_path, "a.csv")
    write(tmp_path, "a.csv", content, at=at)
    assert look(tmp_path, "a.csv", known=first).version != first.version


@pytest.mark.parametrize("seconds", [0.0, 1.0, 2.0], ids=["at once", "soon", "just within"])
def test_a_second_write_behind_the_same_size_and_time_is_noticed(
    tmp_path: Path, seconds: float
) -> None:
    """The look came so soon after the write that the clock may not have moved in between."""
    write(tmp_path, "a.csv", "x\n1\n")
    first = look(tmp_path, "a.csv", now=WRITTEN + seconds)
    write(tmp_path, "a.csv", "x\n2\n")
    again = look(tmp_path, "a.csv", known=first)
    assert stamps(again) == stamps(first)
    assert again.version != first.version


def test_a_file_dated_after_the_look_is_never_trusted(tmp_path: Path, read: list[str]) -> None:
    write(tmp_path, "a.csv", "x\n1\n", at=LONG_AFTER + 86_400)
    first = look(tmp_path, "a.csv")
    look(tmp_path, "a.csv", known=first, now=LONG_AFTER + 60)
    assert read == ["a.csv", "a.csv"]


def test_another_file_in_the_place_of_one_is_read(tmp_path: Path) -> None:
    """Renamed into its place, with size and time kept: only the inode tells."""
    write(tmp_path, "a.csv", "x\n1\n")
    first = look(tmp_path, "a.csv")
    write(tmp_path, "b.csv", "x\n2\n").replace(tmp_path / "a.csv")
    assert look(tmp_path, "a.csv", known=first).version != first.version


def test_only_the_file_that_was_touched_is_read(tmp_path: Path, read: list[str]) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        write(tmp_path, name, name)
    first = look(tmp_path, "a.csv", "b.csv", "c.csv")
    write(tmp_path, "b.csv", "other", at=WRITTEN + 60)
    read.clear()
    look(tmp_path, "a.csv", "b.csv", "c.csv", known=first)
    assert read == ["b.csv"]


FILES = ("d/a.csv", "d/b.csv", "d/deep/c.csv", "d/note.txt")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("d/a.csv", ["d/a.csv"]),
        ("d/*.csv", ["d/a.csv", "d/b.csv"]),
        ("d/**/*.csv", ["d/a.csv", "d/b.csv", "d/deep/c.csv"]),
        ("d/[b-z].csv", ["d/b.csv"]),
        ("d/zzz.csv", []),
        ("d/*.json", []),
        ("d", []),
        ("d/*", ["d/a.csv", "d/b.csv", "d/note.txt"]),
    ],
)
def test_a_path_stands_for_files(tmp_path: Path, path: str, expected: list[str]) -> None:
    for name in FILES:
        write(tmp_path, name, name)
    assert list(files_of(tmp_path, definition(path))) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["a.csv"], ["a.csv", "b.csv"]),
        (["a.csv", "b.csv"], ["a.csv"]),
        (["a.csv"], ["b.csv"]),
        (["a.csv"], []),
    ],
    ids=["added", "removed", "renamed", "none left"],
)
def test_the_names_of_files_belong_to_the_version(
    tmp_path: Path, before: Sequence[str], after: Sequence[str]
) -> None:
    for name in ("a.csv", "b.csv"):
        write(tmp_path, name, "the same")
    first = look(tmp_path, *before)
    assert look(tmp_path, *after, known=first).version != first.version


def test_a_file_that_is_gone_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        look(tmp_path, "a.csv")


def test_unmoved_compares_the_files_with_what_was_seen(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "x")
    write(tmp_path, "b.csv", "y")
    seen = look(tmp_path, "a.csv", "b.csv")
    assert unmoved(tmp_path, seen)
    write(tmp_path, "b.csv", "y", at=WRITTEN + 1)
    assert not unmoved(tmp_path, seen)
    (tmp_path / "b.csv").unlink()
    assert not unmoved(tmp_path, seen)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "read_csv(['/r/it''s.csv'])"),
        (
            {"options": (("delim", ";"), ("header", True), ("skip", 2))},
            "read_csv(['/r/it''s.csv'], delim = ';', header = true, skip = 2)",
        ),
        (
            {"options": (("names", ["a", "b"]), ("nullstr", None))},
            "read_csv(['/r/it''s.csv'], names = ['a', 'b'], nullstr = NULL)",
        ),
        (
            {"columns": (ColumnDefinition(name="a", type="date"), ColumnDefinition(name="b"))},
            "read_csv(['/r/it''s.csv'], types = {'a': 'date'})",
        ),
        ({"format": "parquet"}, "read_parquet(['/r/it''s.csv'], hive_partitioning = false)"),
        (
            {"format": "parquet", "options": (("hive_partitioning", True),)},
            "read_parquet(['/r/it''s.csv'], hive_partitioning = true)",
        ),
        ({"format": "json"}, "read_json(['/r/it''s.csv'])"),
    ],
    ids=["plain", "options", "lists and null", "types", "parquet", "hive", "json"],
)
def test_a_source_is_read_by_duckdbs_reader(given: dict[str, object], expected: str) -> None:
    assert relation(Path("/r"), definition("it's.csv", **given), ["it's.csv"]) == expected


def test_a_file_just_written_is_written_down_again_when_it_has_settled() -> None:
    def look(at: float) -> Observation:
        return Observation(version="v", signature={"f": [1, int(100e9), 7, "sha"]}, at=at)

    assert is_news(look(at=101.0), look(at=103.0))
    assert not is_news(look(at=101.0), look(at=101.5))
    assert not is_news(look(at=103.0), look(at=500.0))


def test_another_version_is_always_news() -> None:
    known = Observation(version="v", signature={}, at=1.0)
    assert is_news(known, replace(known, version="w"))
    assert not is_news(known, known)
