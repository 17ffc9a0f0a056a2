"""Workbooks: one sheet of an Excel or OpenDocument file, written as Parquet with typed columns.

Cells have types of their own, so a column has the narrowest type that holds all its cells: whole
numbers are bigint, what is mixed is text.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import duckdb
import msgspec

from freshline.errors import ComputeError
from freshline.lineage.quoting import text_literal
from freshline.suggest import closest

_LOOKED_AT = 20  # rows among which the header is sought
_EXACT = 2**53  # beyond it a cell's number is not exact any more

Cell = object


class _Sheet(Protocol):
    def to_python(self, *, skip_empty_area: bool) -> list[list[Cell]]: ...


class _Workbook(Protocol):
    """What is used of the reader of workbooks, which may not be installed."""

    @property
    def sheet_names(self) -> list[str]: ...
    def get_sheet_by_name(self, name: str) -> _Sheet: ...


class _Table(NamedTuple):
    """A sheet taken apart: its names, its rows, and the 1-based number of the first row."""

    names: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    first_row: int


def write_sheet(path: Path, options: Mapping[str, object], target: Path) -> int:
    """Write a sheet as Parquet; return which of its rows, from 1, is the first that is written.

    Options: `sheet` by name or by number from 1, `header`, `skip`, `all_varchar`, `nullstr`.
    ComputeError where the file is no workbook, or the reader is not installed.
    """
    table = _table(_rows(path, options.get("sheet", 1)), options)
    nulls = options.get("nullstr", [])
    missing = {"", nulls} if isinstance(nulls, str) else {"", *_texts(nulls)}
    columns: dict[str, str] = {}
    values: list[list[Cell]] = []
    for i, name in enumerate(table.names):
        cells = [_cell(row[i] if i < len(row) else "", missing) for row in table.rows]
        columns[name] = "VARCHAR" if options.get("all_varchar") else _type(cells)
        values.append([_as(cell, columns[name]) for cell in cells])
    _write(columns, values, target)
    return table.first_row


def _rows(path: Path, sheet: object) -> list[list[Cell]]:
    book = _opened(path)
    names = book.sheet_names
    if isinstance(sheet, int) and 1 <= sheet <= len(names):
        name = names[sheet - 1]
    elif sheet in names:
        name = str(sheet)
    else:
        near = closest(str(sheet), names)
        hint = f'did you mean "{near[0]}"?  ' if near else ""
        raise ComputeError(
            f'{path.name} has no sheet "{sheet}"', help=f"{hint}sheets: {', '.join(names)}"
        )
    return book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _opened(path: Path) -> _Workbook:
    try:
        calamine = import_module("python_calamine")
    except ImportError as error:
        raise ComputeError(
            f"reading {path.name} needs the package python-calamine",
            help="pip install 'freshline[excel]', or save the sheet as CSV",
        ) from error
    try:
        return cast(_Workbook, calamine.CalamineWorkbook.from_path(path))
    except (calamine.CalamineError, OSError) as error:
        raise ComputeError(
            f"{path.name} cannot be read as a workbook: {error}", help="open it, and save it anew"
        ) from error


def _table(rows: list[list[Cell]], options: Mapping[str, object]) -> _Table:
    """Find the header, which may stand below a title: the first row filled like the widest."""
    skip = int(str(options.get("skip", 0)))
    filled = [sum(cell != "" for cell in row) for row in rows[skip : skip + _LOOKED_AT]]
    if not any(filled):
        return _Table(("column0",), (), skip + 1)
    width = max(len(row) for row in rows)
    top = skip + next(i for i, count in enumerate(filled) if 2 * count > max(filled))
    if options.get("header") is False:
        names = tuple(f"column{i}" for i in range(width))
        return _Table(names, rows[top:], top + 1)
    header = [*rows[top], *[""] * (width - len(rows[top]))]
    body = rows[top + 1 :]
    while body and all(cell == "" for cell in body[-1]):
        body.pop()
    return _Table(_names(header), body, top + 2)


def _names(header: Sequence[Cell]) -> tuple[str, ...]:
    """Return a name for every column: those without get one, those given twice a number."""
    names: list[str] = []
    taken: set[str] = set()
    for i, cell in enumerate(header):
        stem = _text(cell).strip() or f"column{i}"
        name, count = stem, 0
        while name.lower() in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def _texts(value: object) -> list[str]:
    return [str(i) for i in cast("list[object]", value)] if isinstance(value, list) else []


def _cell(cell: Cell, missing: set[str]) -> Cell:
    return None if isinstance(cell, str) and cell.strip() in missing else cell


def _type(cells: Sequence[Cell]) -> str:
    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds <= {int, float} and kinds:
        whole = all(
            c is None or (float(str(c)).is_integer() and abs(float(str(c))) < _EXACT) for c in cells
        )
        return "BIGINT" if whole else "DOUBLE"
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {date}:
        return "DATE"
    if kinds and kinds <= {date, datetime}:
        return "TIMESTAMP"
    if kinds == {time}:
        return "TIME"
    return "VARCHAR"


def _as(cell: Cell, type: str) -> Cell:
    """Return a cell as JSON can say it so that DuckDB reads it as of this type."""
    if cell is None or type in ("BOOLEAN", "DOUBLE"):
        return cell
    return int(float(str(cell))) if type == "BIGINT" else _text(cell)


def _text(cell: Cell) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < _EXACT:
            return str(int(cell))
        case datetime() | date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell)


def _write(columns: Mapping[str, str], values: Sequence[Sequence[Cell]], target: Path) -> None:
    beside = target.with_name(f"{target.name}.rows")
    try:
        with open(beside, "wb") as file:
            encoder = msgspec.json.Encoder()
            for row in zip(*values, strict=True):
                file.write(encoder.encode(dict(zip(columns, row, strict=True))) + b"\n")
        fields = ", ".join(
            f"{text_literal(name)}: {text_literal(type)}" for name, type in columns.items()
        )
        rows = text_literal(str(beside))
        reader = f"read_json({rows}, format='newline_delimited', columns={{{fields}}})"
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute(
                f"COPY (FROM {reader}) TO {text_literal(str(target))} (FORMAT parquet)"
            )
    finally:
        beside.unlink(missing_ok=True)
