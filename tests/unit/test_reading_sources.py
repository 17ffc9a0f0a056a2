"""Sources of every kind: what comes out of the files, and what is said where something is wrong."""

import gzip
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from freshline.declare.project import declare_file, read_settings
from freshline.definitions import SourceDefinition
from freshline.errors import FreshlineError
from freshline.execute.sql_engine import SqlEngine
from freshline.lineage.analysed import Analysis
from freshline.lineage.files import archives
from freshline.lineage.files.columns import FileColumns
from freshline.lineage.files.prepared import CACHE
from freshline.lineage.reading import read_source
from freshline.lineage.sources import files_of, relation

SETTINGS = read_settings("project: shop\n")


@dataclass
class World:
    """A project's folder, and what Freshline makes of a source in it."""

    root: Path

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def compiled(self, yaml: str) -> Analysis:
        found = declare_file("sources/raw.yaml", f"sources:\n  raw.a: {yaml}\n", SETTINGS)
        assert found.diagnostics == ()
        (definition,) = found.sources
        columns = FileColumns()
        try:
            return read_source(columns, self.root, definition, files_of(self.root, definition))
        finally:
            columns.close()

    def definition(self, yaml: str) -> tuple[SourceDefinition, tuple[str, ...]]:
        analysis = self.compiled(yaml)
        assert analysis.source is not None, analysis.diagnostics
        return analysis.source.definition, analysis.source.files

    def rows(self, yaml: str) -> list[tuple[object, ...]]:
        """Return what a step would read, on the engine that a step has."""
        definition, files = self.definition(yaml)
        text = relation(self.root, definition, files)
        engine = SqlEngine(folders=[self.root / CACHE], files=[self.root / f for f in files])
        try:
            engine.create_table("result", f"SELECT * FROM {text}")
            return engine.rows("SELECT * FROM result")
        finally:
            engine.close()

    def columns(self, yaml: str) -> list[tuple[str, str]]:
        analysis = self.compiled(yaml)
        assert analysis.source is not None, analysis.diagnostics
        return [(c.name, c.type) for c in analysis.source.columns]

    def problem(self, yaml: str) -> tuple[str, str, str]:
        """Return code, message and fix of the one finding."""
        (finding,) = self.compiled(yaml).diagnostics
        return finding.code, finding.message, finding.fix

    def failure(self, yaml: str) -> str:
        """Return what a step says that reads the source."""
        with pytest.raises(FreshlineError) as caught:
            self.rows(yaml)
        return caught.value.message


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "freshline.yaml").write_text("project: shop\n", encoding="utf-8")
    return World(tmp_path)


@pytest.fixture
def parquet(world: World) -> Iterator[Callable[[str, str], None]]:
    """Return a writer of Parquet files from queries."""
    with duckdb.connect() as connection:

        def write(name: str, query: str) -> None:
            connection.execute(f"COPY ({query}) TO '{world.root / name}' (FORMAT parquet)")

        yield write


ORDERS = "id,amount\n1,2.50\n2,\n"
TWO_ROWS = [(1, 2.5), (2, None)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", ORDERS),
        ("a.tsv", ORDERS.replace(",", "\t")),
        ("a.txt", ORDERS.replace(",", "|")),
        ("a.csv.gz", gzip.compress(ORDERS.encode(), mtime=0)),
        ("a.json", '[{"id": 1, "amount": 2.50}, {"id": 2, "amount": null}]'),
        ("a.jsonl", '{"id": 1, "amount": 2.50}\n{"id": 2}\n'),
        ("a.ndjson.gz", gzip.compress(b'{"id": 1, "amount": 2.50}\n{"id": 2}\n', mtime=0)),
    ],
)
def test_a_text_file_of_any_kind_is_read(world: World, name: str, content: str | bytes) -> None:
    world.write(name, content)
    assert world.rows(f"{{path: {name}}}") == TWO_ROWS


def test_zstandard_and_parquet_are_read(world: World) -> None:
    with duckdb.connect() as connection:
        rows = "SELECT * FROM (VALUES (1, 2.5::DOUBLE), (2, NULL)) AS t(id, amount)"
        for name, form in (("a.csv.zst", "csv, COMPRESSION zstd"), ("a.parquet", "parquet")):
            connection.execute(f"COPY ({rows}) TO '{world.root / name}' (FORMAT {form})")
    assert world.rows("{path: a.csv.zst}") == TWO_ROWS
    assert world.rows("{path: a.parquet}") == TWO_ROWS


def test_a_glob_of_files_is_one_source(world: World) -> None:
    world.write("d/1.csv", "id,amount\n1,2.50\n")
    world.write("d/2.csv", "amount,id\n,2\n")  # by name, not by place
    assert world.rows("{path: 'd/*.csv'}") == TWO_ROWS


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("windows-1252", "windows-1252"),
        ("utf-16", "utf-16"),
        ("latin-1", "latin-1"),
        ("cp437", "cp437"),
        ("utf-8-sig", "utf-8"),
    ],
)
def test_an_encoding_that_is_told_is_read(world: World, encoding: str, told: str) -> None:
    world.write("a.csv", "id,name\n1,Müller\n".encode(encoding))
    assert world.rows(f"{{path: a.csv, read: {{encoding: {told}}}}}") == [(1, "Müller")]


def test_a_byte_that_is_not_utf8_is_told_with_its_line(world: World) -> None:
    """Late in a file, where a sample would not see it, one such byte ends DuckDB."""
    world.write("a.csv", b"id,name\n" + b"1,ok\n" * 50_000 + b"2,M\xfcller\n")
    code, message, fix = world.problem("{path: a.csv}")
    assert (code, "line 50002 holds the byte 0xFC" in message) == ("E305", True)
    assert "encoding: windows-1252" in fix


def test_a_wrong_encoding_is_told_with_its_line(world: World) -> None:
    world.write("a.csv", b"id,name\n1,\x81\n")
    code, message, _ = world.problem("{path: a.csv, read: {encoding: windows-1252}}")
    assert (code, "line 2 holds 0x81" in message) == ("E305", True)


GERMAN = "id;amount;day\n1;1.234,56;31.12.2024\n2;NA;\n"


def test_options_say_how_numbers_dates_and_gaps_are_written(world: World) -> None:
    world.write("a.csv", GERMAN)
    yaml = (
        "{path: a.csv, read: {decimal: ',', thousands: '.', nullstr: ['', NA],"
        " dateformat: '%d.%m.%Y'}, columns: {amount: double, day: date}}"
    )
    assert [row[:2] for row in world.rows(yaml)] == [(1, 1234.56), (2, None)]
    assert world.columns(yaml) == [("id", "BIGINT"), ("amount", "DOUBLE"), ("day", "DATE")]


# Declared types -----------------------------------------------------------------------------------

MISFIT = {
    "a.csv": "id,amount\n1,2.5\n2,oops\n",
    "a.jsonl": '{"id": 1, "amount": "2.5"}\n{"id": 2, "amount": "oops"}\n',
    "a.json": '[{"id": 1, "amount": "2.5"},\n {"id": 2, "amount": "oops"}]',
}


@pytest.mark.parametrize("name", MISFIT)
def test_a_value_that_cannot_be_cast_is_named_with_its_place(world: World, name: str) -> None:
    world.write(f"data/{name}", MISFIT[name])
    said = world.failure(f"{{path: data/{name}, columns: {{amount: double}}}}")
    place = "line 3" if name.endswith(".csv") else "row 2"
    assert said == f'data/{name}, {place}: column "amount" holds "oops", which is not a double'


def test_so_is_one_of_parquet(world: World, parquet: Callable[[str, str], None]) -> None:
    parquet("a.parquet", "SELECT * FROM (VALUES (1, '2.5'), (2, 'oops')) AS t(id, amount)")
    said = world.failure("{path: a.parquet, columns: {amount: integer}}")
    assert said == 'a.parquet, row 2: column "amount" holds "oops", which is not an integer'


def test_of_several_files_the_one_is_named(world: World) -> None:
    world.write("d/1.csv", ORDERS)
    world.write("d/2.csv", "id,amount\n3,oops\n")
    said = world.failure("{path: 'd/*.csv', columns: {amount: double}}")
    assert said.startswith('d/2.csv, line 2: column "amount" holds "oops"')


def test_a_value_that_the_sample_did_not_show_is_named_too(world: World) -> None:
    world.write("a.csv", "id\n" + "1\n" * 50_000 + "A-7\n")
    said = world.failure("{path: a.csv}")
    assert said == 'a.csv, line 50002: column "id" holds "A-7", which is not a bigint'


def test_a_line_of_another_length_is_named(world: World) -> None:
    world.write("a.csv", "id,v\n" + "1,2\n" * 50_000 + "1,2,3\n")
    assert world.failure("{path: a.csv}") == "a.csv, line 50002: 3 values where 2 belong"


def test_types_are_cast_whatever_the_format(
    world: World, parquet: Callable[[str, str], None]
) -> None:
    world.write("a.csv", "id,x\n007,1\n")
    world.write("a.json", '[{"id": "007", "x": 12345678901234567890123}]')
    parquet("a.parquet", "SELECT '007' AS id, 1 AS x")
    for name in ("a.csv", "a.json", "a.parquet"):
        yaml = f"{{path: {name}, columns: {{ID: bigint, x: text}}}}"
        ((id, x),) = world.rows(yaml)
        assert (id, x) == (7, "12345678901234567890123" if name == "a.json" else "1")
        assert [type for _, type in world.columns(yaml)] == ["BIGINT", "VARCHAR"]


def test_a_column_of_parquet_with_its_declared_type_is_read_as_it_is(
    world: World, parquet: Callable[[str, str], None]
) -> None:
    parquet("a.parquet", "SELECT 1::BIGINT AS id, '2' AS x")
    definition, files = world.definition("{path: a.parquet, columns: {id: bigint}}")
    assert relation(world.root, definition, files).startswith("read_parquet(")


def test_nested_types_are_left_to_the_reader(world: World) -> None:
    world.write("a.json", '[{"id": 1, "part": {"a": "5"}}]')
    yaml = "{path: a.json, columns: {part: 'struct(a bigint)'}}"
    assert world.rows(yaml) == [(1, {"a": 5})]


@pytest.mark.parametrize(
    ("columns", "message", "fix"),
    [
        (
            "{idd: bigint}",
            'declared column "idd" is not in raw.a',
            'did you mean "id"?  columns: id, amount',
        ),
        (
            "{id: bigintt}",
            'column "id" is declared as bigintt, which is no type',
            'did you mean "bigint"?',
        ),
    ],
    ids=["a column that is not there", "a type that is none"],
)
def test_a_wrong_declaration_is_found_before_anything_is_read(
    world: World, columns: str, message: str, fix: str
) -> None:
    world.write("a.csv", ORDERS)
    found = world.problem(f"{{path: a.csv, columns: {columns}}}")
    assert found == ("E207", message, fix)


# Files that differ --------------------------------------------------------------------------------


def test_a_header_that_changed_is_told_with_file_and_columns(world: World) -> None:
    world.write("d/01.csv", "id,amount\n1,2\n")
    world.write("d/02.csv", "id,total\n2,3\n")
    code, message, fix = world.problem("{path: 'd/*.csv'}")
    assert code == "E306"
    assert 'd/02.csv lacks "amount" of d/01.csv and has "total" instead' in message
    assert "union_by_name: true" in fix
    rows = world.rows("{path: 'd/*.csv', read: {union_by_name: true}}")
    assert rows == [(1, 2, None), (2, None, 3)]


def test_a_column_more_is_worth_a_warning(world: World) -> None:
    world.write("d/01.csv", "id\n1\n")
    world.write("d/02.csv", "id,more\n2,3\n")
    code, message, _ = world.problem("{path: 'd/*.csv'}")
    assert (code, '"more" of d/02.csv is not in d/01.csv' in message) == ("W503", True)


# Archives -----------------------------------------------------------------------------------------


def archive(path: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name, text)


def test_the_one_data_file_of_an_archive_is_read(world: World) -> None:
    archive(world.root / "a.csv.zip", {"in/a.csv": ORDERS, "__MACOSX/._a.csv": "x"})
    assert world.rows("{path: a.csv.zip}") == TWO_ROWS
    archive(world.root / "b.zip", {"b.jsonl": '{"id": 1, "amount": 2.5}\n{"id": 2}'})
    assert world.rows("{path: b.zip, format: json}") == TWO_ROWS


def test_a_value_in_an_archive_is_named_by_the_archive(world: World) -> None:
    archive(world.root / "a.csv.zip", {"a.csv": MISFIT["a.csv"]})
    said = world.failure("{path: a.csv.zip, columns: {amount: double}}")
    assert said.startswith('a.csv.zip, line 3: column "amount" holds "oops"')


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"a.csv": ORDERS, "b.csv": ORDERS}, "holds 2 files (a.csv, b.csv), and one can be read"),
        ({"../a.csv": ORDERS}, "holds ../a.csv, which points outside of it"),
        ({"/etc/a.csv": ORDERS}, "holds /etc/a.csv, which points outside of it"),
        ({}, "is empty"),
        ({"a.csv": "1,2\n" * 100_000}, "would unpack to more than 1,000 bytes"),
    ],
    ids=["two files", "upwards", "absolute", "nothing", "a bomb"],
)
def test_a_hostile_archive_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, members: dict[str, str], said: str
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1_000)
    monkeypatch.setattr(archives, "MOST_TIMES", 1)
    archive(world.root / "a.csv.zip", members)
    code, message, _ = world.problem("{path: a.csv.zip}")
    assert (code, message) == ("E305", f"cannot read raw.a: a.csv.zip {said}")
    assert not list(world.root.glob("**/*.csv"))


def test_an_archive_with_a_link_is_refused(world: World) -> None:
    link = zipfile.ZipInfo("a.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(world.root / "a.csv.zip", "w") as file:
        file.writestr(link, "/etc/passwd")
    code, message, _ = world.problem("{path: a.csv.zip}")
    assert (code, "holds a link, a.csv" in message) == ("E305", True)


def test_what_only_says_that_it_is_an_archive_is_refused(world: World) -> None:
    world.write("a.csv.zip", ORDERS)
    assert world.problem("{path: a.csv.zip}")[0] == "E305"


# The cache ----------------------------------------------------------------------------------------


def test_a_file_is_made_ready_once_and_again_when_the_cache_is_gone(world: World) -> None:
    archive(world.root / "a.csv.zip", {"a.csv": ORDERS})
    yaml = "{path: a.csv.zip}"
    definition, files = world.definition(yaml)
    first = relation(world.root, definition, files)
    made = next((world.root / CACHE).glob("*/a.csv"))
    before = made.stat().st_mtime_ns
    assert relation(world.root, definition, files) == first
    assert made.stat().st_mtime_ns == before
    made.unlink()
    assert world.rows(yaml) == TWO_ROWS
    assert relation(world.root, definition, files) == first


def test_other_content_is_made_ready_anew(world: World) -> None:
    archive(world.root / "a.csv.zip", {"a.csv": ORDERS})
    assert world.rows("{path: a.csv.zip}") == TWO_ROWS
    archive(world.root / "a.csv.zip", {"a.csv": "id,amount\n9,9.5\n"})
    assert world.rows("{path: a.csv.zip}") == [(9, 9.5)]


@pytest.mark.parametrize("kept", [20, 200, -9], ids=["a stump", "half", "without its end"])
def test_a_file_that_is_not_whole_is_told(world: World, kept: int) -> None:
    lines = "".join(f"{i * 7919 % 1000},{i}\n" for i in range(500))
    world.write("a.csv.gz", gzip.compress(lines.encode(), mtime=0)[:kept])
    code, message, _ = world.problem("{path: a.csv.gz}")
    assert (code, "a.csv.gz cannot be unpacked" in message) == ("E305", True)


def test_what_is_no_gzip_at_all_is_told(world: World) -> None:
    world.write("a.csv.gz", ORDERS)
    assert world.problem("{path: a.csv.gz}")[0] == "E305"


def test_a_nested_value_that_does_not_fit_is_named_by_its_row(world: World) -> None:
    world.write("a.json", '[{"part": {"a": 1}}, {"part": {"a": "x"}}]')
    said = world.failure("{path: a.json, columns: {part: 'struct(a bigint)'}}")
    assert said == 'a.json, row 2: failed to cast value to numerical: "x"'


@pytest.mark.parametrize(
    ("content", "yaml", "said", "help"),
    [
        pytest.param(
            "id;day\n1;31.12.2024\n2;2024-12-30\n",
            "{path: a.csv, read: {dateformat: '%d.%m.%Y'}, columns: {day: date}}",
            'a.csv, line 3: column "day" holds "2024-12-30", which is not a date written as'
            " %d.%m.%Y",
            "correct the file",
            id="a date",
        ),
        pytest.param(
            "id;at\n1;31.12.2024 10:00\n2;soon\n",
            "{path: a.csv, read: {timestampformat: '%d.%m.%Y %H:%M'}, columns: {at: timestamp}}",
            'a.csv, line 3: column "at" holds "soon", which is not a timestamp written as'
            " %d.%m.%Y %H:%M",
            "correct the file",
            id="a time",
        ),
        pytest.param(
            "id;n\n1;NA\n2;\n",
            "{path: a.csv, read: {nullstr: [NA]}, columns: {n: bigint}}",
            'a.csv, line 3: column "n" holds "", which is not a bigint',
            'fill it in, or add "" to `nullstr`',
            id="an empty field",
        ),
    ],
)
def test_what_a_value_should_look_like_is_said(
    world: World, content: str, yaml: str, said: str, help: str
) -> None:
    world.write("a.csv", content)
    with pytest.raises(FreshlineError) as caught:
        world.rows(yaml)
    assert caught.value.message == said
    assert caught.value.help.startswith(help)
