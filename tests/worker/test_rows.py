"""Rows as JSON lines: DuckDB's values become Python's, and Python's get DuckDB's types."""

import dataclasses
import datetime as dt
import enum
import json
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.worker.rows import RowWriter, read_rows
from freshline.worker.values import converter

UTC = dt.UTC
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))
VALUES: dict[str, tuple[str, object, object]] = {
    "a date": ("DATE", "2024-01-31", dt.date(2024, 1, 31)),
    "a moment": ("TIMESTAMP", "2024-01-31 10:00:00.5", dt.datetime(2024, 1, 31, 10, 0, 0, 500_000)),
    "a moment as ISO writes it": ("TIMESTAMP", "2024-01-31T10:00", dt.datetime(2024, 1, 31, 10)),
    "a moment finer than ours": (
        "TIMESTAMP_NS",
        "2024-01-31 10:00:00.123456789",
        dt.datetime(2024, 1, 31, 10, 0, 0, 123_456),
    ),
    "a moment that never comes": ("TIMESTAMP", "infinity", "infinity"),
    "a moment in a zone": (
        "TIMESTAMP WITH TIME ZONE",
        "2024-01-31 10:00:00+00",
        dt.datetime(2024, 1, 31, 10, tzinfo=UTC),
    ),
    "a moment in another zone": (
        "TIMESTAMPTZ",
        "2024-01-31 10:00:00+05:30",
        dt.datetime(2024, 1, 31, 10, tzinfo=EAST),
    ),
    "a time": ("TIME", "10:00:00.25", dt.time(10, 0, 0, 250_000)),
    "the end of a day": ("TIME", "24:00:00", "24:00:00"),
    "a day that Python has no name for": ("DATE", "294247-01-10", "294247-01-10"),
    "a day long ago": ("DATE", "0044-03-15 (BC)", "0044-03-15 (BC)"),
    "a decimal as a text": ("DECIMAL(18,2)", "1.10", Decimal("1.10")),
    "a decimal as a number": ("DECIMAL(18,2)", 1.5, Decimal("1.5")),
    "bytes": ("BLOB", "aGk=", b"hi"),
    "an identifier": (
        "UUID",
        "58f6d3fd-8ab5-4897-af0a-0171b403d489",
        uuid.UUID("58f6d3fd-8ab5-4897-af0a-0171b403d489"),
    ),
    "a whole number in a column of floats": ("DOUBLE", 1, 1.0),
    "no number": ("DOUBLE", "NaN", float("nan")),
    "a huge number": ("HUGEINT", 2**100, 2**100),
    "a text": ("VARCHAR", "2024-01-31", "2024-01-31"),
    "a choice": ("ENUM('a', 'b')", "a", "a"),
    "nested JSON": ("JSON", {"a": [1]}, {"a": [1]}),
    "a list of dates": ("DATE[]", ["2024-01-31", None], [dt.date(2024, 1, 31), None]),
    "a list of lists": ("DATE[][3]", [["2024-01-31"]], [[dt.date(2024, 1, 31)]]),
    "a struct": (
        'STRUCT(d DATE, "a ""b""" DECIMAL(4,2), n INTEGER)',
        {"d": "2024-01-31", 'a "b"': 1, "n": 2},
        {"d": dt.date(2024, 1, 31), 'a "b"': Decimal(1), "n": 2},
    ),
    "a map": ("MAP(DATE, BLOB)", {"2024-01-31": "aGk="}, {dt.date(2024, 1, 31): b"hi"}),
    "a struct in a list": (
        "STRUCT(d DATE, l STRUCT(t TIME)[])[]",
        [{"d": None, "l": [{"t": "10:00:00"}]}],
        [{"d": None, "l": [{"t": dt.time(10)}]}],
    ),
}


@pytest.mark.parametrize(("type", "told", "value"), VALUES.values(), ids=VALUES)
def test_a_value_is_what_its_column_s_type_says(
    tmp_path: Path, type: str, told: object, value: object
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"x": told}) + "\n" + json.dumps({"x": None}) + "\n")
    rows = list(read_rows([str(file)], [("x", type)]))
    assert repr(rows) == repr([{"x": value}, {"x": None}])


def test_rows_have_exactly_their_columns_in_order(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"a": 1, "b": "2024-01-31", "c": 3}\n')
    for type in ("VARCHAR", "DATE"):
        (row,) = read_rows([str(file)], [("b", type), ("a", "INTEGER"), ("z", "DATE")])
        assert list(row) == ["b", "a", "z"]


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


class Pair(NamedTuple):
    x: int
    y: float


TYPES: dict[str, tuple[list[object], str]] = {
    "whole numbers": ([1, -(2**63)], "BIGINT"),
    "whole numbers beyond 64 bits": ([1, 2**63], "HUGEINT"),
    "numbers": ([1, 0.5], "DOUBLE"),
    "truth": ([True, None], "BOOLEAN"),
    "texts": (["a"], "VARCHAR"),
    "nothing": ([None], "VARCHAR"),
    "dates": ([dt.date(2024, 1, 31)], "DATE"),
    "moments": ([dt.datetime(2024, 1, 31), dt.date(2024, 2, 1)], "TIMESTAMP"),
    "moments in a zone": ([dt.datetime(2024, 1, 31, tzinfo=EAST)], "TIMESTAMP WITH TIME ZONE"),
    "times": ([dt.time(10, 30)], "TIME"),
    "spans of time": ([dt.timedelta(days=1, seconds=2.5)], "INTERVAL"),
    "negative spans": ([dt.timedelta(seconds=-2.5)], "INTERVAL"),
    "decimals": ([Decimal("1.10"), Decimal("1E+3"), 5], "DECIMAL(21,2)"),
    "small decimals": ([Decimal("1.1")], "DECIMAL(18,1)"),
    "bytes": ([b"hi", bytearray(b"x")], "BLOB"),
    "identifiers": ([uuid.UUID(int=1)], "UUID"),
    "nested data": ([{"a": [dt.date(2024, 1, 31)]}, [1], (2,)], "JSON"),
    "members of an enumeration": ([Colour.RED], "VARCHAR"),
    "paths": ([Path("a")], "VARCHAR"),
}


@pytest.mark.parametrize(("values", "type"), TYPES.values(), ids=TYPES)
def test_values_have_a_type_together(tmp_path: Path, values: list[object], type: str) -> None:
    writer = RowWriter(str(tmp_path / "rows.jsonl"), "it")
    for value in values:
        writer.write({"x": value})
    assert writer.close() == [("x", type)]


@pytest.mark.parametrize(("values", "type"), TYPES.values(), ids=TYPES)
def test_duckdb_reads_what_was_written_as_that_type(
    tmp_path: Path, values: list[object], type: str
) -> None:
    """The engine reads the file like this, with bytes unpacked."""
    writer = RowWriter(str(tmp_path / "rows.jsonl"), "it")
    for value in values:
        writer.write({"x": value})
    writer.close()
    read = type.replace("BLOB", "VARCHAR")
    shown = "from_base64(x)" if type == "BLOB" else "x"
    relation = duckdb.sql(
        f"SELECT ({shown})::VARCHAR FROM read_json('{writer.path}', "
        f"format='newline_delimited', columns={{x: '{read}'}})"
    )
    assert len(relation.fetchall()) == len(values)


RECORDS: dict[str, object] = {
    "a dict": {"x": 1, "y": 0.5},
    "a dataclass": Point(1),
    "a named tuple": Pair(1, 0.5),
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_a_row_may_be_any_record(tmp_path: Path, record: object) -> None:
    writer = RowWriter(str(tmp_path / "rows.jsonl"), "it")
    writer.write(record)
    assert writer.close() == [("x", "BIGINT"), ("y", "DOUBLE")]


WRONG: dict[str, tuple[list[Any], str]] = {
    "a text among numbers": (
        [{"x": 1}, {"x": "a"}],
        "column 'x' is BIGINT in row 1 and VARCHAR in row 2",
    ),
    "a number among dates": (
        [{"x": dt.date(2024, 1, 1)}, {"x": 0.5}],
        "column 'x' is DATE in row 1 and DOUBLE in row 2",
    ),
    "an object": ([{"x": object()}], "row 1, column 'x': no column holds object"),
    "a name that is a number": ([{1: 2}], "row 1: 1 is no name of a column"),
    "no record": ([[1, 2]], "row 1 is list: expected a dict"),
    "an endless decimal": ([{"x": Decimal("NaN")}], "row 1, column 'x' is NaN"),
    "an object deep inside": ([{"x": [object()]}], "row 1: object has no place in a row"),
}


@pytest.mark.parametrize(("rows", "message"), WRONG.values(), ids=WRONG)
def test_what_has_no_type_is_refused_with_its_row(
    tmp_path: Path, rows: list[Any], message: str
) -> None:
    writer = RowWriter(str(tmp_path / "rows.jsonl"), "it")

    def write() -> None:
        for row in rows:
            writer.write(row)

    try:
        with pytest.raises(TypeError) as caught:
            write()
            writer.close()
        assert message in str(caught.value)
    finally:
        writer.discard()


scalars = {
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "DOUBLE": st.floats(allow_nan=False, allow_infinity=False),
    "VARCHAR": st.text(st.characters(exclude_categories=["Cs"])),
    "BOOLEAN": st.booleans(),
    "DATE": st.dates(),
    "TIMESTAMP": st.datetimes(),
    "TIMESTAMP WITH TIME ZONE": st.datetimes(timezones=st.sampled_from([UTC, EAST])),
    "TIME": st.times(),
    "BLOB": st.binary(),
    "UUID": st.uuids(),
}


@given(st.data(), st.dictionaries(st.text("abc", min_size=1), st.sampled_from(sorted(scalars))))
def test_rows_come_back_as_they_went(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, columns: dict[str, str]
) -> None:
    row = st.fixed_dictionaries({name: scalars[type] for name, type in columns.items()})
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    writer = RowWriter(str(tmp_path_factory.mktemp("law") / "rows.jsonl"), "it")
    for each in rows:
        writer.write(each)
    told = writer.close()
    assert dict(told) == columns
    assert list(read_rows([writer.path], told)) == rows


def test_a_type_of_plain_values_needs_no_converter() -> None:
    plain = ["BIGINT", "VARCHAR", "BOOLEAN", "JSON", "INTEGER[]", "STRUCT(a INTEGER)", "INTERVAL"]
    assert [converter(type) for type in plain] == [None] * len(plain)
