"""Thousands: what parts them parts groups of three digits; else it is an error with its place."""

import datetime
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_reading_sources import World

from freshline.lineage.files.casting import Grouping, is_number

GERMAN = "{path: data/a.csv, read: {delim: ';', thousands: '.', decimal: ','%s}%s}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "freshline.yaml").write_text("project: shop\n", encoding="utf-8")
    return World(tmp_path)


def test_numbers_with_and_without_groups_are_read(world: World) -> None:
    world.write(
        "data/a.csv",
        "Tag;Wert;Menge\n01.01.2024;76,50;1.000\n02.01.2024;1.234,50;20\n03.01.2024;;\n"
        "04.01.2024;-1.234.567;300\n05.01.2024;12;4000\n",
    )
    yaml = GERMAN % ("", "")
    assert world.columns(yaml) == [("Tag", "DATE"), ("Wert", "DOUBLE"), ("Menge", "BIGINT")]
    assert world.rows(yaml) == [
        (datetime.date(2024, 1, 1), 76.5, 1000),
        (datetime.date(2024, 1, 2), 1234.5, 20),
        (datetime.date(2024, 1, 3), None, None),
        (datetime.date(2024, 1, 4), -1234567.0, 300),
        (datetime.date(2024, 1, 5), 12.0, 4000),
    ]


def test_declared_types_and_commas_for_thousands_are_read_too(world: World) -> None:
    world.write("a.csv", 'id,amount\n1,"1,234.56"\n2,76.50\n')
    yaml = "{path: a.csv, read: {thousands: ','}, columns: {AMOUNT: 'decimal(9,2)'}}"
    assert world.columns(yaml) == [("id", "BIGINT"), ("amount", "DECIMAL(9,2)")]
    assert [str(row[1]) for row in world.rows(yaml)] == ["1234.56", "76.50"]


# A file, what is said of it beside its numbers, and the place and value that are told.
WRONG = {
    "a decimal point": ("Tag;Wert\na;1,5\nb;76.50\n", "", "", "line 3", "76.50"),
    "a group of four": ("Tag;Wert\na;1,5\nb;1.2345\n", "", "", "line 3", "1.2345"),
    "a group at the front": ("Tag;Wert\na;1,5\nb;.500\n", "", "", "line 3", ".500"),
    "groups after the comma": ("Tag;Wert\na;1,5\nb;1,234.567\n", "", "", "line 3", "1,234.567"),
    "behind an empty line": ("Tag;Wert\na;1,5\n\nb;76.50\n", "", "", "line 4", "76.50"),
    "behind a title": ("x\n\nTag;Wert\na;1,5\nb;76.50\n", ", skip: 2", "", "line 5", "76.50"),
    "without a header": ("a;1,5\nb;76.50\n", ", header: false", "", "line 2", "76.50"),
    "behind a value of two lines": (
        'Tag;Wert\n"a\nb";1,5\n"c\nd";7\ne;76.50\n',
        "",
        "",
        "line 6",
        "76.50",
    ),
    "where a type is declared": (
        "Tag;Wert\na;1,5\nb;76.50\n",
        "",
        ", columns: {wert: 'decimal(9,2)'}",
        "line 3",
        "76.50",
    ),
    "where the reader is told all columns": (
        "Tag;Wert\na;1,5\nb;76.50\n",
        ", columns: {Tag: text, Wert: double}",
        "",
        "row 2",
        "76.50",
    ),
}


@pytest.mark.parametrize(("text", "read", "columns", "place", "value"), WRONG.values(), ids=WRONG)
def test_a_point_elsewhere_is_an_error_with_its_place(
    world: World, text: str, read: str, columns: str, place: str, value: str
) -> None:
    world.write("data/a.csv", text)
    said = world.failure(GERMAN % (read, columns))
    name = "column1" if "header: false" in read else "Wert"
    wrong = f'holds "{value}", where "." does not part groups of three digits'
    assert said == f'data/a.csv, {place}: column "{name}" {wrong}'


def test_what_is_no_number_at_all_is_told_as_ever(world: World) -> None:
    world.write("data/a.csv", "Tag;Wert\na;1\nb;zwei\n")
    said = world.failure(GERMAN % ("", ", columns: {Wert: bigint}"))
    assert said == 'data/a.csv, line 3: column "Wert" holds "zwei", which is not a bigint'


def test_what_is_declared_as_text_stays_as_it_is(world: World) -> None:
    world.write("data/a.csv", "Tag;Wert\na;1\nb;76.50\n")
    assert world.rows(GERMAN % ("", ", columns: {Wert: text}")) == [("a", "1"), ("b", "76.50")]


@pytest.mark.parametrize(
    ("type", "numbers"),
    [
        *((t, True) for t in ("BIGINT", "decimal(9,2)", "double", "int4", "UINTEGER", "float8")),
        *((t, False) for t in ("VARCHAR", "DATE", "INTERVAL", "interval", "BOOLEAN", "text")),
    ],
)
def test_types_of_numbers_are_told_from_others(type: str, numbers: bool) -> None:
    assert is_number(type) is numbers


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2), st.sampled_from(".,' "))
def test_every_number_that_python_groups_fits_the_pattern(number: object, group: str) -> None:
    decimal = "," if group == "." else "."
    text = f"{number:,}".replace(",", "\0").replace(".", decimal).replace("\0", group)
    pattern = Grouping(thousands=group, decimal=decimal, reading="").pattern
    assert (re.fullmatch(pattern, text) is not None) == (group in text)
