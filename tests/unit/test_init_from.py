"""`freshline init --from`: files that nobody prepared come out right, or with a word of doubt."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from freshline.cli.compose import opened
from freshline.cli.drafts import drafted
from freshline.cli.main import freshline
from freshline.cli.options import Common
from freshline.declare.project import read_project
from freshline.errors import UsageError
from freshline.lineage.sources import relation

MESSY = Path(__file__).parents[1] / "data/messy"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments: str) -> Result:
    result = CliRunner().invoke(freshline, ["init", *arguments], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result


def put(name: str, text: str, encoding: str = "utf-8") -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(text.encode(encoding))


class Sources:
    """The sources of a project, as it reads them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        with opened(Common(project=root)) as project:
            assert not project.graph.failed, project.graph.diagnostics
            self.graph = project.graph
        self._connection = duckdb.connect()

    def close(self) -> None:
        self._connection.close()

    def columns(self, key: str) -> dict[str, str]:
        return {column.name: column.type for column in self.graph.columns_of(key)}

    def rows(self, key: str, select: str = "*", rest: str = "") -> list[tuple[object, ...]]:
        source = self.graph.sources[key]
        text = relation(self._root, source.definition, source.files)
        return self._connection.execute(f"SELECT {select} FROM {text} {rest}").fetchall()


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    root = tmp_path_factory.mktemp("messy")
    shutil.copytree(MESSY, root / "data")
    init("--from", f"{root}/data/*.csv", "--from", f"{root}/data/*.t*", str(root))
    sources = Sources(root)
    yield sources
    sources.close()


def test_every_messy_file_becomes_a_source_with_a_safe_key(messy: Sources) -> None:
    assert {key: len(source.files) for key, source in messy.graph.sources.items()} == {
        "raw.members": 1,
        "raw.statement": 1,
        "raw.station": 3,
        "raw.survey_export": 1,
        "raw.umsatz_q1_2024": 1,
    }


def test_a_german_export_comes_out_right(messy: Sources) -> None:
    key = "raw.umsatz_q1_2024"
    assert messy.columns(key) == {
        "Beleg-Nr": "BIGINT",
        "Kunde": "VARCHAR",
        "Netto": "DOUBLE",
        "Rabatt %": "DOUBLE",
        "Belegdatum": "DATE",
        "Bemerkung": "VARCHAR",
    }
    facts = "count(*), max(Netto), min(Netto), max(Belegdatum) < DATE '2024-04-01'"
    ((rows, most, least, in_quarter),) = messy.rows(key, facts)
    assert (rows, in_quarter) == (40, True)
    assert isinstance(most, float) and most > 18_000 and isinstance(least, float) and least < 0
    names = {name for (name,) in messy.rows(key, "DISTINCT Kunde")}
    assert {"Müller & Söhne", 'Hotel "Zur Post"', "Jürgens \u2013 Filiale Süd"} <= names
    assert messy.rows(key, "count(*)", 'WHERE "Rabatt %" IS NULL') != [(0,)]


def test_unicode_text_of_a_spreadsheet_comes_out_right(messy: Sources) -> None:
    key = "raw.survey_export"
    assert messy.columns(key)["Alter"] == "BIGINT"
    assert ("日本語の回答",) in messy.rows(key, "DISTINCT Antwort")
    assert ("NA",) in messy.rows(key, "DISTINCT Land"), "Namibia is not missing"


def test_three_months_of_a_logger_are_one_source(messy: Sources) -> None:
    key = "raw.station"
    assert messy.columns(key) == {
        "time": "TIMESTAMP",
        "station": "VARCHAR",
        "temp_c": "DOUBLE",
        "humidity": "BIGINT",
        "battery_v": "DOUBLE",
    }
    facts = "count(*), count(battery_v), min(time)"
    assert messy.rows(key, facts) == [(72, 48, datetime(2024, 1, 1))]
    assert messy.graph.sources[key].definition.path.endswith("station-*.csv")


def test_an_american_statement_comes_out_right_but_for_what_is_said(messy: Sources) -> None:
    key = "raw.statement"
    assert messy.columns(key)["Amount"] == messy.columns(key)["Balance"] == "DOUBLE"
    assert messy.rows(key, "count(*) > 20", "WHERE Balance > 1000") == [(True,)]


def test_a_dump_without_header_keeps_its_zeros(messy: Sources) -> None:
    types = list(messy.columns("raw.members").values())
    assert types == ["VARCHAR", "VARCHAR", "VARCHAR", "DATE", "VARCHAR"]
    assert messy.rows("raw.members", "column0", "LIMIT 1") == [("00001",)]
    assert ("Zoë Ångström",) in messy.rows("raw.members", "DISTINCT column1")


def test_what_cannot_be_known_is_said(folder: Path) -> None:
    shutil.copytree(MESSY, folder / "data", dirs_exist_ok=True)
    said = init("--from", "data/*.csv", "--from", "data/*.t*").output
    for words in (
        "the file is windows-1252",
        "the header is line 2",
        "the file is utf-16",
        'if "NA" in Land means missing, add to nullstr',
        "station-2024-01.csv lacks battery_v: read as missing",
        'Date would hold dates but for "Total"',
        "there is no header: name the columns",
    ):
        assert words in said
        assert words in (folder / "sources/data.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "options", "types", "first"),
    [
        ("id,v\n1,2.5\n", {}, ["BIGINT", "DOUBLE"], (1, 2.5)),
        ("id;v\n1;2,5\n", {"delim": ";", "decimal_separator": ","}, ["BIGINT", "DOUBLE"], (1, 2.5)),
        ('id,v\n1,"1,234.50"\n2,"5.00"\n', {"thousands": ","}, ["BIGINT", "DOUBLE"], (1, 1234.5)),
        ("id\tv\n1\tNA\n2\t5\n", {"delim": "\t", "nullstr": ["", "NA"]}, ["BIGINT"] * 2, (1, None)),
        (
            "id;v\n1;01.02.2024 10:05\n",
            {"delim": ";", "timestampformat": "%d.%m.%Y %H:%M"},
            ["BIGINT", "TIMESTAMP"],
            (1, datetime(2024, 2, 1, 10, 5)),
        ),
        (
            "A title, with a comma\nand a line\nid,v\n1,x\n2,y\n",
            {"skip": 2},
            ["BIGINT", "VARCHAR"],
            (1, "x"),
        ),
        (
            "id|v\n1|31.12.2024\n",
            {"delim": "|", "dateformat": "%d.%m.%Y"},
            ["BIGINT", "DATE"],
            (1, date(2024, 12, 31)),
        ),
        ("1,x\n2,y\n", {"header": False}, ["BIGINT", "VARCHAR"], (1, "x")),
    ],
    ids=[
        *("plain", "decimal comma", "commas between thousands", "NA", "times with points"),
        *("titles above", "dates with points", "no header"),
    ],
)
def test_the_options_that_matter_are_found(
    folder: Path, text: str, options: dict[str, object], types: list[str], first: object
) -> None:
    put("data/a.csv", text)
    init("--from", "data/a.csv")
    (definition,) = read_project(folder).sources
    assert dict(definition.options) == options
    sources = Sources(folder)
    assert list(sources.columns("raw.a").values()) == types
    assert sources.rows("raw.a")[0] == first
    sources.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,d\n1,01/02/2024\n2,03/04/2024\n", "the dates in d may be meant as %m/%d/%Y"),
        ("id;n\n1;1.234\n2;12.500\n", "the points in n may separate thousands"),
        ("id;n\n1;5\n2;6\n3;7\nSumme;18\n", 'id would hold numbers but for "Summe"'),
        ("id;n\n1;5\n2;6\n3;7\n\nSumme 18\n", "some lines are shorter than the header"),
        ("id,v,c\n1,NA,NA\n2,5,DE\n", '"NA" is read as missing in c too'),
    ],
    ids=["day or month", "point or thousands", "a total", "a short line", "a word in two columns"],
)
def test_doubts_are_told(folder: Path, text: str, said: str) -> None:
    put("data/a.csv", text)
    assert said in init("--from", "data/a.csv").output
    assert not Sources(folder).graph.failed


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ["orders-2024-01.csv", "orders-2024-02.csv"],
            {"raw.orders": "data/orders-*.csv"},
        ),
        (
            ["orders-1.csv", "orders-2.csv", "orders-all.csv"],
            {"raw.orders": "data/orders-[0-9]*.csv", "raw.orders_all": "data/orders-all.csv"},
        ),
        (["Sales 2024.csv"], {"raw.sales_2024": "data/Sales 2024.csv"}),
        (["2024.csv"], {"raw._2024": "data/2024.csv"}),
        (["a.csv", "a.tsv"], {"raw.a": "data/a.csv", "raw.data_a": "data/a.tsv"}),
        (["a[1].csv"], {"raw.a_1": "data/a[[]1].csv"}),
    ],
    ids=["months", "numbers beside others", "spaces", "a number", "one stem", "signs of a glob"],
)
def test_files_become_keys_and_families(
    folder: Path, names: list[str], expected: dict[str, str]
) -> None:
    for name in names:
        put(f"data/{name}", "id,v\n1,2\n")
    drafts, refused = drafted(folder, [Path("data", name) for name in names])
    assert ({draft.key: draft.path for draft in drafts}, refused) == (expected, ())


def test_files_of_other_columns_are_no_family(folder: Path) -> None:
    put("data/x-1.csv", "id,v\n1,2\n")
    put("data/x-2.csv", "name,place\na,b\n")
    drafts, _ = drafted(folder, [Path("data/x-1.csv"), Path("data/x-2.csv")])
    assert [draft.key for draft in drafts] == ["raw.x_1", "raw.x_2"]


def test_a_project_that_is_there_gets_the_sources_alone(folder: Path) -> None:
    put("freshline.yaml", "project: mine\n")
    put("data/a.csv", "id\n1\n")
    init("--from", "data/a.csv")
    assert (folder / "freshline.yaml").read_text(encoding="utf-8") == "project: mine\n"
    assert [source.key for source in read_project(folder).sources] == ["raw.a"]


def test_a_new_project_ignores_what_freshline_keeps(folder: Path) -> None:
    put("data/a.csv", "id\n1\n")
    init("--from", "data/a.csv", "shop")
    assert ".freshline/" in (folder / "shop/.gitignore").read_text(encoding="utf-8")
    (source,) = read_project(folder / "shop").sources
    assert (read_project(folder / "shop").project.name, source.path) == ("shop", "../data/a.csv")


def test_a_glob_without_quotes_is_understood(folder: Path) -> None:
    """The shell has put the second file where a folder would stand."""
    put("data/a.csv", "id\n1\n")
    put("data/b.csv", "name\nx\n")
    init("--from", "data/a.csv", "data/b.csv")
    assert [source.key for source in read_project(folder).sources] == ["raw.a", "raw.b"]


def test_what_is_there_is_never_overwritten(folder: Path) -> None:
    put("data/a.csv", "id\n1\n")
    put("sources/data.yaml", "sources: {}\n")
    with pytest.raises(UsageError, match="is there already"):
        init("--from", "data/a.csv")
    assert (folder / "sources/data.yaml").read_text(encoding="utf-8") == "sources: {}\n"
    assert not (folder / "freshline.yaml").exists()


def test_what_cannot_be_read_is_left_out_with_a_word(folder: Path) -> None:
    put("data/a.csv", "id\n1\n")
    put("data/empty.csv", "")
    put("data/b.parquet", "no parquet")
    put("data/c.csv.gz", "no gzip")
    put("data/notes.docx", "x")
    said = init("--from", "data/*").output
    assert [source.key for source in read_project(folder).sources] == ["raw.a"]
    for name in ("empty.csv", "b.parquet", "c.csv.gz", "notes.docx"):
        assert f"left out: data/{name}" in said


@pytest.mark.parametrize("pattern", ["data/none-*.csv", "data/none.csv"])
def test_no_file_at_all_is_a_mistake(folder: Path, pattern: str) -> None:
    with pytest.raises(UsageError, match="no file is at"):
        init("--from", pattern)
    assert not (folder / "freshline.yaml").exists()


def test_names_that_yaml_would_misread_are_quoted(folder: Path) -> None:
    put("data/a.csv", 'null,"a: b","x # y","q""q",yes,12\n1,2,3,4,5,6\n')
    init("--from", "data/a.csv")
    sources = Sources(folder)
    assert list(sources.columns("raw.a")) == ["null", "a: b", "x # y", 'q"q', "yes", "12"]
    sources.close()


def test_editors_find_the_schemas_of_what_was_written(folder: Path) -> None:
    put("data/a.csv", "id\n1\n")
    init("--from", "data/a.csv")
    for file, schema in (("freshline.yaml", "project"), ("sources/data.yaml", "source")):
        first = (folder / file).read_text(encoding="utf-8").partition("\n")[0]
        name, _, place = first.partition("=")
        assert name == "# yaml-language-server: $schema"
        assert ((folder / file).parent / place).resolve() == (
            folder / f".freshline/schema/{schema}.json"
        )
        assert (folder / f".freshline/schema/{schema}.json").exists()
