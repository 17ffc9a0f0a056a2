"""Rows in every format: what programs read back is what was there."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.durability.project import freshline, write_project

from freshline.cli.formats import Field, Form, Records, at, checked, write
from freshline.cli.table import table
from freshline.errors import ResourceError, UsageError

FIELDS = (Field("name"), Field("rows", "number"), Field("at", "moment"), Field("ok", "flag"))
MOMENT = at(1_700_000_000.25)
ROWS = (("a", 1, MOMENT, True), ("", None, None, False), ('"x",\ny', 2**40, MOMENT, None))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


def records(rows: Sequence[Sequence[str | int | datetime | None]] = ROWS) -> Records:
    return Records(FIELDS, rows, ["a line for people"])


def written(form: str, tmp_path: Path, answer: Records | None = None) -> bytes:
    path = tmp_path / "answer"
    write(answer or records(), Form(form, str(path)))
    return path.read_bytes()


def test_csv_is_that_of_the_rfc(tmp_path: Path) -> None:
    assert written("csv", tmp_path).decode() == (
        "name,rows,at,ok\r\n"
        "a,1,2023-11-14T22:13:20.250Z,true\r\n"
        '"",,,false\r\n'
        '"""x"",\ny",1099511627776,2023-11-14T22:13:20.250Z,\r\n'
    )


def test_json_is_an_array_and_jsonl_a_line_for_each_row(tmp_path: Path) -> None:
    objects = json.loads(written("json", tmp_path))
    lines = [json.loads(line) for line in written("jsonl", tmp_path).splitlines()]
    assert objects == lines
    assert objects[0] == {"name": "a", "rows": 1, "at": "2023-11-14T22:13:20.250Z", "ok": True}
    assert objects[1] == {"name": "", "rows": None, "at": None, "ok": False}


def test_parquet_has_the_types_of_the_fields(tmp_path: Path) -> None:
    written("parquet", tmp_path)
    found = duckdb.sql(f"FROM read_parquet('{tmp_path}/answer')")
    assert [str(t) for t in found.types] == ["VARCHAR", "BIGINT", "TIMESTAMP", "BOOLEAN"]
    naive = MOMENT.astimezone(UTC).replace(tzinfo=None)
    assert found.fetchall() == [
        ("a", 1, naive, True),
        ("", None, None, False),
        ('"x",\ny', 2**40, naive, None),
    ]


def test_a_table_is_the_lines_for_people(tmp_path: Path) -> None:
    assert written("table", tmp_path) == b"a line for people\n"


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet"])
def test_no_rows_are_an_answer_too(form: str, tmp_path: Path) -> None:
    data = written(form, tmp_path, records(()))
    if form == "parquet":
        assert duckdb.sql(f"FROM read_parquet('{tmp_path}/answer')").fetchall() == []
    else:
        assert data.decode().split() == {"csv": ["name,rows,at,ok"], "json": ["[]"]}.get(form, [])


@given(st.lists(st.tuples(TEXTS, st.none() | st.integers(-(2**62), 2**62)), max_size=5))
def test_any_text_survives_csv_and_json(rows: list[tuple[str, int | None]]) -> None:
    answer = Records((Field("t"), Field("n", "number")), rows, [])
    texts = [list(row) for row in answer.texts()]
    runner = io.StringIO(newline="")
    for line in _csv_of(answer):
        runner.write(line)
    runner.seek(0)
    back = list(csv.reader(runner, strict=True))
    assert back == [[cell or "" for cell in row] for row in texts]
    assert [tuple(json.loads(o).values()) for o in answer.objects()] == rows


def _csv_of(answer: Records) -> Iterator[str]:
    from freshline.cli import formats

    line = vars(formats)["_csv"]
    return (line(row).decode() for row in answer.texts())


# ---- what was asked for


@pytest.mark.parametrize(
    ("form", "output", "chosen"),
    [
        (None, None, "table"),
        ("csv", None, "csv"),
        (None, "a.parquet", "parquet"),
        (None, "a.JSONL", "jsonl"),
        (None, "a.txt", "table"),
        ("json", "a.csv", "json"),
    ],
)
def test_the_format_is_what_was_said_or_what_the_file_is_called(
    form: str | None, output: str | None, chosen: str
) -> None:
    assert checked(form, output).chosen == chosen


def test_a_name_that_tells_no_format_is_refused_with_the_way_out() -> None:
    with pytest.raises(UsageError, match=r'cannot tell a format from "a\.xlsx"') as caught:
        checked(None, "a.xlsx")
    assert caught.value.help == "add --format"


def test_json_of_a_command_and_a_format_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="--json is a format of its own"):
        checked("csv", None, as_json=True)


def test_a_folder_that_is_not_there_is_said_before_anything_is_computed() -> None:
    with pytest.raises(UsageError, match="there is no folder for"):
        checked(None, "/nowhere/at/all.csv")


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    class Failing(Records):
        def objects(self) -> Iterator[bytes]:
            yield b"{}"
            raise UsageError("the query fails half way")

    path = tmp_path / "answer.json"
    path.write_text("before")
    with pytest.raises(UsageError, match="half way"):
        write(Failing(FIELDS, (), []), Form("json", str(path)))
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_cannot_be_written_is_the_operators_task(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ResourceError, match="cannot write"):
        write(records(), Form("csv", str(tmp_path / "a.csv")))


# ---- the commands


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    write_project(root)
    assert freshline(root, "apply").returncode == 0
    return root


COMMANDS = (
    ("query", "FROM mart.daily ORDER BY ALL"),
    ("preview", "mart.daily"),
    ("history", "mart.daily"),
    ("runs",),
    ("events",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_format_of_a_command_holds_the_same_rows(
    command: tuple[str, ...], project: Path, tmp_path: Path
) -> None:
    found: dict[str, list[dict[str, object]]] = {}
    for form in ("csv", "json", "jsonl", "parquet"):
        path = tmp_path / f"answer.{form}"
        done = freshline(project, *command, "-o", str(path))
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        reader = {"csv": "read_csv", "parquet": "read_parquet"}.get(form, "read_json")
        answer = duckdb.sql(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {reader}('{path}')")
        found[form] = [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]
    assert found["json"] == found["jsonl"]
    assert [row.keys() for row in found["csv"]] == [row.keys() for row in found["parquet"]]
    assert len({len(rows) for rows in found.values()}) == 1 and found["csv"]


def test_numbers_that_json_has_not_are_null_and_names_that_occur_twice_are_told_apart(
    project: Path,
) -> None:
    sql = "SELECT 'nan'::DOUBLE AS n, 1 AS a, 2 AS a, 1.50::DECIMAL(9,2) AS d, NULL AS z"
    done = freshline(project, "query", sql, "--format", "jsonl")
    assert json.loads(done.stdout) == {"n": None, "a": 1, "a_1": 2, "d": 1.5, "z": None}


def test_parquet_may_go_to_where_the_output_goes(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    command = [sys.executable, "-m", "freshline", "-p", str(project)]
    with path.open("wb") as file:
        subprocess.run(
            [*command, "preview", "mart.top", "--format", "parquet"], stdout=file, check=True
        )
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet('{path}')").fetchall() == [(3,)]


def test_a_pipe_is_written_as_it_is(project: Path) -> None:
    sql = "SELECT 1 AS x"
    done = freshline(project, "query", sql, "--format", "csv", "-o", "/dev/stdout")
    assert (done.returncode, done.stdout) == (0, "x\n1\n"), done.stderr


@pytest.mark.parametrize(
    "command",
    [("query", "FROM range(300000)", "--format", "csv"), ("events",), ("status",), ("plan",)],
    ids=lambda command: command[0],
)
def test_nobody_reading_on_is_no_error_and_says_nothing(
    command: tuple[str, ...], project: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "freshline", "-p", str(project), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (141, b"")


def test_a_table_that_is_too_wide_gives_way_where_it_is_widest() -> None:
    lines = table(("a", "b"), [("x" * 50, "short")], width=30)
    assert lines[-1] == "x" * 22 + "\u2026  short"
