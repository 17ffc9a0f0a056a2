"""Workbooks: sheets as analysts keep them, with titles, gaps and cells of several types."""

import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from freshline.codec import decode
from freshline.definitions import ColumnDefinition, SourceDefinition
from freshline.errors import ComputeError, Span
from freshline.execute.sql_engine import SqlEngine
from freshline.lineage.files.casting import cast
from freshline.lineage.files.prepared import CACHE, Origin, origin, prepared
from freshline.lineage.files.workbooks import write_sheet

HERE = Span(file="sources/raw.yaml", line=1, column=1)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    workbook = Workbook()
    orders = workbook.active
    assert orders is not None
    orders.title = "Orders"
    for row in (
        ["Orders of the year"],
        [],
        ["id", "name", "amount", "day", "seen", "mixed", "id", None],
        [1, "Ann", 2.5, date(2024, 12, 31), datetime(2024, 12, 31, 10, 5), 5, True, "x"],
        [2, None, 3, date(2025, 1, 1), datetime(2025, 1, 1), "n/a", False, None],
        [],
    ):
        orders.append(row)
    workbook.create_sheet("Other").append(["only", "a header"])
    path = tmp_path / "orders.xlsx"
    workbook.save(path)
    return path


def rows(path: Path) -> tuple[list[str], list[tuple[object, ...]]]:
    engine = SqlEngine(folders=[path.parent])
    try:
        columns = engine.columns(f"read_parquet('{path}')")
        found = engine.rows(f"SELECT * FROM read_parquet('{path}')")
        return [f"{column.name} {column.type}" for column in columns], found
    finally:
        engine.close()


def test_a_sheet_is_read_from_below_its_title_with_types_of_its_cells(book: Path) -> None:
    target = book.with_suffix(".parquet")
    assert write_sheet(book, {}, target) == 4
    columns, found = rows(target)
    assert columns == [
        *("id BIGINT", "name VARCHAR", "amount DOUBLE", "day DATE", "seen TIMESTAMP"),
        *("mixed VARCHAR", "id_1 BOOLEAN", "column7 VARCHAR"),
    ]
    assert found == [
        (1, "Ann", 2.5, date(2024, 12, 31), datetime(2024, 12, 31, 10, 5), "5", True, "x"),
        (2, None, 3.0, date(2025, 1, 1), datetime(2025, 1, 1), "n/a", False, None),
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"nullstr": "n/a"}, "mixed BIGINT"),
        ({"nullstr": ["-", "n/a"]}, "mixed BIGINT"),
        ({"all_varchar": True}, "mixed VARCHAR"),
        ({"sheet": "Other"}, "a header VARCHAR"),
        ({"sheet": 2}, "a header VARCHAR"),
        ({"sheet": "Other", "header": False}, "column1 VARCHAR"),
        ({"skip": 3}, "2.5 BIGINT"),
    ],
    ids=str,
)
def test_options_say_how(book: Path, options: dict[str, object], expected: str) -> None:
    target = book.with_suffix(".parquet")
    write_sheet(book, options, target)
    assert expected in rows(target)[0]


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(book: Path) -> None:
    with pytest.raises(ComputeError) as caught:
        write_sheet(book, {"sheet": "Order"}, book.with_suffix(".parquet"))
    assert caught.value.message == 'orders.xlsx has no sheet "Order"'
    assert caught.value.help == 'did you mean "Orders"?  sheets: Orders, Other'


def test_what_is_no_workbook_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("id,amount\n", encoding="utf-8")
    with pytest.raises(ComputeError, match=r"a\.xlsx cannot be read as a workbook"):
        write_sheet(tmp_path / "a.xlsx", {}, tmp_path / "a.parquet")


def test_without_the_reader_it_is_said_what_to_install(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(ComputeError) as caught:
        write_sheet(book, {}, book.with_suffix(".parquet"))
    assert "pip install 'freshline[excel]'" in caught.value.help


def test_a_value_that_does_not_fit_is_named_by_the_row_of_the_sheet(book: Path) -> None:
    root = book.parent
    definition = SourceDefinition(
        key="raw.orders", file=HERE.file, span=HERE, path=book.name, format="excel"
    )
    made = prepared(root, book.name, definition)
    assert made.is_relative_to(root / CACHE)
    note = decode((made.parent / ".origin.json").read_bytes(), Origin)
    assert note == Origin(file="orders.xlsx", first_row=4)
    columns = [ColumnDefinition(name="mixed", type="bigint")]
    reader = f"read_parquet('{made}')"
    engine = SqlEngine(folders=[root / CACHE])
    with pytest.raises(ComputeError) as caught:
        engine.create_table("x", f"SELECT * FROM {cast(reader, columns, 'file_row_number')}")
    engine.close()
    where = origin(str(made)).file
    assert where.endswith("orders.xlsx")
    said = f'{where}, row 5: column "mixed" holds "n/a", which is not a bigint'
    assert caught.value.message == said
