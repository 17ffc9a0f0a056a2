"""Sources: paths, formats, options, and the files they must lead to."""

from pathlib import Path

import pytest

from freshline.declare.project import declare_file, read_project, read_settings
from freshline.definitions import SourceDefinition

SETTINGS = read_settings("project: shop\ndefaults: {owner: data, tags: [shop]}\n")


def declared(yaml: str) -> SourceDefinition:
    found = declare_file("sources/raw.yaml", f"sources:\n  raw.a: {yaml}\n", SETTINGS)
    assert found.diagnostics == ()
    (source,) = found.sources
    return source


@pytest.mark.parametrize(
    ("path", "format"),
    [
        ("data/a.csv", "csv"),
        ("data/a.TSV", "csv"),
        ("data/a.txt.gz", "csv"),
        ("data/2024-*/part-*.parquet", "parquet"),
        ("a.json", "json"),
        ("a.jsonl.zst", "json"),
        ("/mnt/elsewhere/a.ndjson.gz", "json"),
        ("../beside/a.csv", "csv"),
    ],
)
def test_the_format_is_told_by_the_suffix(path: str, format: str) -> None:
    source = declared(f"{{path: '{path}'}}")
    assert (source.path, source.format) == (path, format)


def test_a_format_that_is_given_wins() -> None:
    assert declared("{path: data/a.dat, format: csv}").format == "csv"


def test_options_go_to_the_reader_sorted_by_name() -> None:
    source = declared("{path: a.csv, read: {nullstr: [NA, '-'], delim: '|', header: true}}")
    assert source.options == (("delim", "|"), ("header", True), ("nullstr", ["NA", "-"]))


def test_a_source_is_described_like_an_asset() -> None:
    source = declared(
        "{path: a.csv, version: auto, description: Orders., tags: x, columns: {id: 'bigint!'}}"
    )
    assert (source.description, source.owner, source.group) == ("Orders.", "data", "raw")
    assert source.tags == ("shop", "x")
    assert [(c.name, c.type, c.not_null) for c in source.columns] == [("id", "bigint", True)]


@pytest.mark.parametrize(
    ("path", "key", "format"),
    [
        ("assets/raw/orders.csv", "raw.orders", "csv"),
        ("assets/orders.parquet", "orders", "parquet"),
        ("assets/raw/events.jsonl.gz", "raw.events", "json"),
    ],
)
def test_a_data_file_below_assets_is_a_source(path: str, key: str, format: str) -> None:
    (source,) = declare_file(path, b"\xff is not looked at", SETTINGS).sources
    assert (source.key, source.path, source.format) == (key, path, format)
    assert (source.owner, source.tags, source.group) == ("data", ("shop",), key.partition(".")[0])


@pytest.mark.parametrize(
    ("yaml", "code"),
    [
        pytest.param("{path: s3://me:secret@host/a.csv}", "E304", id="a password in an address"),
        pytest.param("{path: 'a-${var.x}.csv'}", "E114", id="a reference in the path"),
        pytest.param("{path: a.csv, read: {delim: '${var.x}'}}", "E114", id="one in an option"),
        pytest.param("{path: a.csv, read: {a: [{b: '${x}'}]}}", "E113", id="one deep in an option"),
        pytest.param('{path: ""}', "E105", id="no path at all"),
        pytest.param("{path: ' '}", "E105", id="an empty path"),
        pytest.param("{path: [a.csv, b.csv]}", "E105", id="a list of paths"),
        pytest.param("{path: a.csv, read: {'x) --': 1}}", "E105", id="an option that is no name"),
        pytest.param("{path: a.bin}", "E302", id="a format nobody can tell"),
        pytest.param("{path: data/*}", "E302", id="a glob that hides it"),
        pytest.param("{path: a.csv, format: cvs}", "E302", id="an unknown format"),
        pytest.param("{path: }", "E116", id="no path"),
        pytest.param("{path: a.csv, version: {watermark: x}}", "E104", id="a version to come"),
        pytest.param("{path: a.csv, lifecycle: certified}", "E104", id="a key to come"),
        pytest.param("{path: a.csv, pth: x}", "E102", id="an unknown key"),
    ],
)
def test_a_faulty_source_is_set_aside(yaml: str, code: str) -> None:
    found = declare_file("sources/raw.yaml", f"sources:\n  raw.a: {yaml}\n", SETTINGS)
    assert [(d.code, d.asset) for d in found.diagnostics] == [(code, "raw.a")]
    assert (found.sources, found.broken) == ((), ("raw.a",))


def test_a_source_whose_files_are_gone_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "freshline.yaml").write_text("project: shop\n")
    (tmp_path / "sources" / "raw.yaml").write_text(
        "sources:\n  raw.one: {path: data/one.csv}\n  raw.many: {path: 'data/**/*.csv'}\n"
        "  raw.folder: {path: data/folder.csv}\n"
    )
    (tmp_path / "data" / "folder.csv").mkdir()
    gone = read_project(tmp_path)
    assert gone.broken == ("raw.folder", "raw.many", "raw.one")
    assert [(d.code, str(d.span), d.excerpt.strip()) for d in gone.diagnostics] == [
        ("E301", "sources/raw.yaml:2:19", "raw.one: {path: data/one.csv}"),
        ("E301", "sources/raw.yaml:3:20", "raw.many: {path: 'data/**/*.csv'}"),
        ("E301", "sources/raw.yaml:4:22", "raw.folder: {path: data/folder.csv}"),
    ]
    (tmp_path / "data" / "one.csv").write_text("a\n1\n")
    back = read_project(tmp_path)
    assert [source.key for source in back.sources] == ["raw.many", "raw.one"]
    assert back.broken == ("raw.folder",)


@pytest.mark.parametrize(
    ("path", "format"),
    [
        ("a.xlsx", "excel"),
        ("a.ODS", "excel"),
        ("a.csv.zip", "csv"),
        ("https://example.org/a.parquet", "parquet"),
        ("https://example.org/a.csv?day=1", "csv"),
        ("s3://bucket/2024/*/a.jsonl.gz", "json"),
        ("file:///data/a.tsv", "csv"),
    ],
)
def test_files_of_every_kind_and_elsewhere_are_sources(path: str, format: str) -> None:
    source = declared(f"{{path: '{path}'}}")
    assert (source.path, source.format) == (path, format)


@pytest.mark.parametrize(
    ("read", "options"),
    [
        ("{decimal: ','}", {"decimal_separator": ","}),
        ("{sep: ';', hive: true}", {"delim": ";", "hive_partitioning": True}),
        ("{header: null, skip: 2}", {"skip": 2}),
        ("{nullstr: NA}", {"nullstr": "NA"}),
        ("{types: {id: bigint}}", {"types": {"id": "bigint"}}),
    ],
)
def test_options_have_duckdbs_names_whatever_they_are_called(
    read: str, options: dict[str, object]
) -> None:
    assert dict(declared(f"{{path: a.csv, read: {read}}}").options) == options


@pytest.mark.parametrize(
    ("yaml", "code", "message", "fix"),
    [
        pytest.param(
            "{path: a.csv, read: {delmi: ';'}}",
            "E303",
            '"delmi" is no option of a csv reader',
            'did you mean "delim"?',
            id="a typo",
        ),
        pytest.param(
            "{path: a.parquet, read: {delim: ';'}}",
            "E303",
            '"delim" is no option of a parquet reader',
            "it belongs to csv",
            id="of another format",
        ),
        pytest.param(
            "{path: a.csv, read: {ignore_errors: true}}",
            "E303",
            "`ignore_errors` is refused: rows that do not fit would be lost without a word",
            "say how they are to be read: `nullstr`, `columns`, `quote`",
            id="one that loses rows",
        ),
        pytest.param(
            "{path: a.csv, read: {header: 'yes'}}",
            "E105",
            '`header` must be true or false, not the text "yes"',
            "write for instance true",
            id="the wrong type",
        ),
        pytest.param(
            "{path: a.csv, read: {encoding: windows-1525}}",
            "E303",
            '"windows-1525" is no encoding',
            'did you mean "windows-1252"?',
            id="an encoding that is none",
        ),
        pytest.param(
            "{path: a.csv, read: {decimal: ',', decimal_separator: ','}}",
            "E109",
            '"decimal_separator" and another option are both `decimal_separator`',
            "keep one of the two",
            id="one option under two names",
        ),
        pytest.param(
            "{path: a.dat, format: xlsx}",
            "E302",
            '"xlsx" is no format',
            "write `format: excel`",
            id="a suffix for a format",
        ),
    ],
)
def test_a_wrong_option_is_told(yaml: str, code: str, message: str, fix: str) -> None:
    found = declare_file("sources/raw.yaml", f"sources:\n  raw.a: {yaml}\n", SETTINGS)
    assert [(d.code, d.message, d.fix) for d in found.diagnostics] == [(code, message, fix)]
