"""Files of one source that differ: which is the odd one out, what is wrong there, what to do."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.test_reading_sources import World

from freshline.errors import Severity

ALL = "{path: 'd/*.csv'}"
SEMICOLONS = "{path: 'd/*.csv', read: {delim: ';'}}"
LATIN = "{path: 'd/*.csv', read: {delim: ';', encoding: windows-1252}}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "freshline.yaml").write_text("project: shop\n", encoding="utf-8")
    return World(tmp_path)


def write(world: World, files: Mapping[str, str]) -> None:
    """Write files of which each is a day younger than the one before."""
    for i, (name, text) in enumerate(files.items()):
        world.write(f"d/{name}.csv", text)
        at = 1_700_000_000 + 86_400 * i
        os.utime(world.root / f"d/{name}.csv", (at, at))


# The yaml, the files from old to new, what is said of which, and a part of the advice.
DIFFER = {
    "the newest of two": (
        ALL,
        {"2": "id,amount\n1,2\n", "1": "id,total\n1,2\n"},
        'd/1.csv lacks "amount" of d/2.csv and has "total" instead',
        "mend the header; or add `union_by_name: true`",
    ),
    "the newest of many that all differ": (
        ALL,
        {"2": "id,a\n1,2\n", "3": "id,b\n1,2\n", "1": "id,c\n1,2\n"},
        'd/1.csv lacks "a" of d/2.csv and has "c" instead',
        "union_by_name",
    ),
    "the first, where it is alone": (
        ALL,
        {"1": "id,total\n1,2\n", "2": "id,amount\n1,2\n", "3": "id,amount\n1,2\n"},
        'd/1.csv lacks "amount" of d/2.csv and has "total" instead',
        "union_by_name",
    ),
    "the first, which has more than all others": (
        ALL,
        {"1": "id,amount\n1,2\n", "2": "id\n1\n", "3": "id\n1\n"},
        'd/1.csv has "amount", which d/2.csv lacks',
        "union_by_name",
    ),
    "another delimiter": (
        SEMICOLONS,
        {"1": "id;amount\n1;2\n", "2": "id,amount\n1,2\n"},
        'the columns of d/2.csv are parted by ",", those of d/1.csv are not',
        "a source of its own: `delim: ','`",
    ),
    "no header, before numbers": (
        SEMICOLONS,
        {"1": "id;amount\n1;2\n", "2": "3;4\n5;6\n"},
        'd/2.csv has no header such as d/1.csv has: "id", "amount"',
        "add the header of d/1.csv as its first line",
    ),
    "perhaps no header, before words": (
        SEMICOLONS,
        {"1": "id;amount\na;b\n", "2": "c;d\ne;5\n"},
        'd/2.csv lacks "id", "amount" of d/1.csv and has "c", "d" instead',
        "add a header if there is none; or mend the header",
    ),
}


@pytest.mark.parametrize(("yaml", "files", "message", "fix"), DIFFER.values(), ids=DIFFER)
def test_the_odd_one_out_is_named_with_what_is_wrong(
    world: World, yaml: str, files: Mapping[str, str], message: str, fix: str
) -> None:
    write(world, files)
    code, said, advice = world.problem(yaml)
    assert (code, said) == ("E306", f"files of raw.a differ: {message}")
    assert fix in advice
    # Reading by name would fill whole files with nulls where no name is one.
    assert "union_by_name" not in advice or not ("no header" in message or "parted" in message)


def test_of_two_that_were_copied_together_the_last_by_name_is_the_odd_one(world: World) -> None:
    for i, name in enumerate(("2024-02", "2024-01")):
        world.write(f"d/{name}.csv", f"id,{'total' if name.endswith('2') else 'amount'}\n1,2\n")
        at = 1_700_000_000 + i
        os.utime(world.root / f"d/{name}.csv", (at, at))
    assert 'd/2024-02.csv lacks "amount" of d/2024-01.csv' in world.problem(ALL)[1]


def test_names_in_other_letters_are_the_same_columns(world: World) -> None:
    write(world, {"1": "Datum,Wert\n2024-01-01,1\n", "2": "WERT,datum\n2,2024-01-02\n"})
    typed = "{path: 'd/*.csv', columns: {DATUM: text, wert: double}}"
    assert world.compiled(ALL).diagnostics == ()
    assert world.columns(ALL) == [("Datum", "DATE"), ("Wert", "BIGINT")]
    assert [row[1] for row in world.rows(ALL)] == [1, 2]
    assert world.rows(typed) == [("2024-01-01", 1.0), ("2024-01-02", 2.0)]


def test_the_header_below_a_title_is_what_is_compared(world: World) -> None:
    write(world, {"1": "Title\nid,amount\n1,2\n", "2": "Title\nid,total\n3,4\n"})
    code, message, _ = world.problem("{path: 'd/*.csv', read: {skip: 1}}")
    assert (code, 'd/2.csv lacks "amount" of d/1.csv' in message) == ("E306", True)


# Lines that keep a table from being found ---------------------------------------------------------

LINES = {
    "a short line": ("x;y;z\n1;2;3\n4;5\n6;7;8\n", "line 3: 2 values where 3 belong"),
    "a long line": ("x;y;z\n1;2;3\n4;5;6;7\n8;9;10\n", "line 3: 4 values where 3 belong"),
    "behind a value of two lines": (
        'x;y;z\n"1\n1";2;3\n4;5\n',
        "line 4: 2 values where 3 belong",
    ),
    "a line of one value": ("x;y;z\n1;2;3\ntotal\n", "line 3: 1 value where 3 belong"),
}


@pytest.mark.parametrize("yaml", [SEMICOLONS, LATIN], ids=["as it is", "made ready"])
@pytest.mark.parametrize(("text", "said"), LINES.values(), ids=LINES)
def test_a_line_of_another_length_is_told_with_the_authors_file(
    world: World, yaml: str, text: str, said: str
) -> None:
    world.write("d/a.csv", text)
    code, message, fix = world.problem(yaml)
    assert (code, message) == ("E302", f"cannot read raw.a: d/a.csv, {said}")
    assert fix.startswith("correct the line")


# Encodings ----------------------------------------------------------------------------------------

CITY = "city\nKöln\nMünchen\n"


@pytest.mark.parametrize("encoding", ["windows-1252", "latin-1", "cp437"])
def test_utf8_that_is_read_as_something_else_is_worth_a_warning(
    world: World, encoding: str
) -> None:
    world.write("a.csv", CITY.encode())
    (finding,) = world.compiled(f"{{path: a.csv, read: {{encoding: {encoding}}}}}").diagnostics
    assert (finding.code, finding.severity) == ("W504", Severity.WARNING)
    assert finding.message == f"a.csv is read as {encoding}, and all of it is valid UTF-8"
    assert "`encoding: utf-8`" in finding.fix


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(CITY.encode("cp1252"), "windows-1252", id="what it says it is"),
        pytest.param(b"city\nKoeln\n", "windows-1252", id="plain letters alone"),
        pytest.param(CITY.encode(), "utf-8", id="UTF-8 that says so"),
        pytest.param(CITY.encode("utf-16"), "utf-16", id="UTF-16 that says so"),
        pytest.param(CITY.encode() + b"\xfc\n", "windows-1252", id="one letter that is no UTF-8"),
    ],
)
def test_nothing_is_said_of_an_encoding_that_may_be_right(
    world: World, content: bytes, encoding: str
) -> None:
    world.write("a.csv", content)
    assert world.compiled(f"{{path: a.csv, read: {{encoding: {encoding}}}}}").diagnostics == ()
