"""Folders to be watched: where declarations, code, sources and awaited files are or may be."""

from pathlib import Path

import pytest

from freshline.cli.folders import folders

_FILES = (
    "assets/stg/deep/a.sql",
    "sources/raw.yaml",
    "src/code.py",
    "src/__pycache__/code.pyc",
    "data/2024/01/x.csv",
    "data/2024/02/x.csv",
    "data/one.csv",
    "other/.hidden/x.csv",
)
_DECLARING = {".", "assets", "assets/stg", "assets/stg/deep", "sources"}

CASES: dict[str, tuple[tuple[str, ...], bool, set[str]]] = {
    "definitions lie in folders of certain names": ((), False, set()),
    "code may lie anywhere but where things are hidden or generated": (
        (),
        True,
        {"src", "data", "data/2024", "data/2024/01", "data/2024/02", "other"},
    ),
    "a file is in its folder": (("data/one.csv",), False, {"data"}),
    "a pattern of files is in one folder": (("data/*.csv",), False, {"data"}),
    "a pattern of folders is in all of them and in what they are in": (
        ("data/*/*/x.csv",),
        False,
        {"data", "data/2024", "data/2024/01", "data/2024/02"},
    ),
    "two stars are all folders below": (
        ("data/**/x.csv",),
        False,
        {"data", "data/2024", "data/2024/01", "data/2024/02"},
    ),
    "a folder that is not there would come to be in the one above": (
        ("data/2025/01/*.csv",),
        False,
        {"data"},
    ),
    "an address is in no folder": (("s3://bucket/data/*.csv",), False, set()),
}


@pytest.mark.parametrize(("patterns", "has_code", "more"), CASES.values(), ids=CASES.keys())
def test_folders_are(
    patterns: tuple[str, ...], has_code: bool, more: set[str], tmp_path: Path
) -> None:
    for name in _FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = folders(tmp_path, patterns, has_code=has_code)
    assert {path.relative_to(tmp_path).as_posix() for path in found} == _DECLARING | more
    assert len(found) == len(set(found))


def test_linked_folders_are_watched_where_they_are_and_circles_end(tmp_path: Path) -> None:
    (tmp_path / "elsewhere/inner").mkdir(parents=True)
    (tmp_path / "project/assets").mkdir(parents=True)
    (tmp_path / "project/assets/linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "project/assets")
    found = folders(tmp_path / "project", (), has_code=False)
    assert tmp_path / "project/assets/linked/inner" in found and len(found) == 4
