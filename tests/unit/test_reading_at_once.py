"""Sources that are read side by side come out as if each were alone, in their order."""

from pathlib import Path

import pytest

from freshline.declare.project import read_project
from freshline.definitions import SourceDefinition
from freshline.lineage.files.columns import FileColumns, UnreadableFiles
from freshline.lineage.reading import Sources

COUNT = 24


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Path, tuple[SourceDefinition, ...]]:
    """Return a project of many sources, each with a column of its own; the fifth is no Parquet."""
    (tmp_path / "data").mkdir()
    declared = ["sources:"]
    for n in range(COUNT):
        name = f"s{n:02}.parquet" if n == 5 else f"s{n:02}.csv"
        (tmp_path / "data" / name).write_text(f"id,only_{n}\n1,x\n2,y\n")
        declared += [f"  raw.s{n:02}:", f"    path: data/{name}"]
    (tmp_path / "freshline.yaml").write_text("project: many\n")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "raw.yaml").write_text("\n".join(declared) + "\n")
    return tmp_path, read_project(tmp_path).sources


def test_each_source_has_its_own_columns(
    sources: tuple[Path, tuple[SourceDefinition, ...]],
) -> None:
    root, definitions = sources
    with Sources(root, definitions, {}) as reading:
        found = list(reading)
    assert [read.definition.key for read in found] == [f"raw.s{n:02}" for n in range(COUNT)]
    for n, read in enumerate(found):
        if n == 5:
            assert [d.code for d in read.analysis.diagnostics] == ["E302"]
        else:
            assert read.analysis.source is not None
            assert [c.name for c in read.analysis.source.columns] == ["id", f"only_{n}"]


def test_what_is_remembered_is_not_read_again(
    sources: tuple[Path, tuple[SourceDefinition, ...]],
) -> None:
    root, definitions = sources
    with Sources(root, definitions, {}) as reading:
        first = {read.digest: read.analysis for read in reading}
    with Sources(root, definitions, first) as reading:
        again = {read.digest: read.analysis for read in reading}
    assert all(again[digest] is analysis for digest, analysis in first.items())


def test_an_interrupt_comes_through(
    sources: tuple[Path, tuple[SourceDefinition, ...]],
) -> None:
    root, definitions = sources
    with pytest.raises(KeyboardInterrupt), Sources(root, definitions, {}):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("INTEGER", True, id="a type"),
        pytest.param("STRUCT(a INTEGER)[]", True, id="a nested type"),
        pytest.param("INTEGR", False, id="a misspelt type"),
        pytest.param("INTEGER FROM read_csv('{file}') --", False, id="a type that opens a file"),
    ],
)
def test_whether_a_text_is_a_type_is_found_out_without_opening_files(
    tmp_path: Path, text: str, expected: bool
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id\n1\n")
    columns = FileColumns()
    try:
        assert columns.is_type(text.format(file=file)) is expected
    finally:
        columns.close()


def test_an_unreadable_file_is_told_in_duckdbs_words(tmp_path: Path) -> None:
    columns = FileColumns()
    try:
        with pytest.raises(UnreadableFiles, match="No files found"):
            columns.of(f"read_csv(['{tmp_path}/nothing.csv'])")
    finally:
        columns.close()
