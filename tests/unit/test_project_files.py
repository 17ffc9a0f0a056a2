"""The files of a project: its root, what is listed, and what cannot be read."""

import os
from pathlib import Path

import pytest

from freshline.declare.project import (
    declare_file,
    find_root,
    list_files,
    read_project,
    read_settings,
)
from freshline.declare.text import read_content
from freshline.errors import ResourceError, UsageError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "assets" / "stg").mkdir(parents=True)
    (tmp_path / "sources").mkdir()
    (tmp_path / "freshline.yaml").write_text("project: shop\n")
    (tmp_path / "assets" / "stg" / "orders.sql").write_text("SELECT 1 AS one\n")
    return tmp_path


def listed(root: Path) -> list[str]:
    return [file.path for file in list_files(root)]


def test_the_root_is_the_nearest_folder_with_a_project_file(root: Path) -> None:
    assert find_root(root / "assets" / "stg") == root
    assert find_root(root) == root
    (root / "assets" / "freshline.yml").write_text("project: inner\n")
    assert find_root(root / "assets" / "stg") == root / "assets"


def test_there_may_be_no_project_at_all(tmp_path: Path) -> None:
    (tmp_path / "freshline.yaml").mkdir()  # a folder of that name is none
    assert find_root(tmp_path) is None
    with pytest.raises(UsageError, match=r"freshline\.yaml is missing"):
        read_project(tmp_path)


def test_only_files_that_may_declare_something_are_listed(root: Path) -> None:
    (root / "assets" / ".hidden").mkdir()
    (root / "assets" / ".hidden" / "a.sql").write_text("")
    (root / "assets" / ".orders.sql.swp").write_text("")
    (root / "data").mkdir()
    (root / "data" / "a.csv").write_text("")
    (root / "notes.sql").write_text("")
    (root / "sources" / "raw.yaml").write_text("")
    (root / "sources" / "orders.csv").write_text("")
    assert listed(root) == ["assets/stg/orders.sql", "freshline.yaml", "sources/raw.yaml"]


def test_a_file_is_listed_with_what_changes_when_it_does(root: Path) -> None:
    before = list_files(root)[0]
    path = root / "assets" / "stg" / "orders.sql"
    status = path.stat()
    assert before == ("assets/stg/orders.sql", 16, status.st_mtime_ns, status.st_ino)
    replaced = path.with_suffix(".new")
    replaced.write_text("SELECT 2 AS one\n")
    replaced.replace(path)
    assert list_files(root)[0] != before


def test_links_are_followed_and_loops_end(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "shared.sql").write_text("SELECT 1 AS one\n")
    (root / "assets" / "a_link").symlink_to(elsewhere)
    (root / "assets" / "loop").symlink_to(root / "assets")
    (root / "assets" / "again").symlink_to(root / "assets" / "stg")
    (root / "assets" / "dangling").symlink_to(root / "nowhere")
    (root / "assets" / "file.sql").symlink_to(elsewhere / "shared.sql")
    assert listed(root) == [
        "assets/a_link/shared.sql",
        "assets/file.sql",
        "assets/stg/orders.sql",
        "freshline.yaml",
    ]


@pytest.mark.skipif(os.name == "nt", reason="names are always text there")
def test_a_name_that_is_no_text_is_a_finding(root: Path) -> None:
    (root / os.fsdecode(b"assets/\xff.sql")).write_text("SELECT 1")
    declared = read_project(root)
    assert [asset.key for asset in declared.assets] == ["stg.orders"]
    assert [d.code for d in declared.diagnostics] == ["E101"]


def test_a_file_too_large_is_not_read(root: Path) -> None:
    with open(root / "assets" / "huge.sql", "wb") as file:
        file.truncate(20_000_000_000)  # sparse: it would not fit into memory
    declared = read_project(root)
    assert declared.broken == ("huge",)
    assert "20,000,000,000 bytes" in declared.diagnostics[0].message


def test_a_file_that_is_no_file_of_ours_is_passed_over(root: Path) -> None:
    os.mkfifo(root / "assets" / "pipe.sql")  # to open it would wait for ever
    assert read_project(root).diagnostics == ()


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(root: Path) -> None:
    (root / "assets").rename(root / "moved")
    (root / "assets").symlink_to("assets")
    with pytest.raises(ResourceError, match=r"cannot read .*assets"):
        read_project(root)


def test_an_unreadable_file_sets_its_asset_aside(root: Path) -> None:
    settings = read_settings("project: shop\n")
    for path, words in ((root / "assets", "cannot be read"), (root / "gone", "vanished")):
        content = read_content(path, "assets/a.sql", 0)
        found = declare_file("assets/a.sql", content, settings)
        assert found.broken == ("a",)
        assert words in found.diagnostics[0].message
    assert read_settings(content).project.name == ""
