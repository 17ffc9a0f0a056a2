"""The forms in which Parquet keeps DuckDB's types."""

import pytest

from freshline.definitions import Column
from freshline.errors import ComputeError
from freshline_adapters.lake.forms import Form, form, given_back, written


@pytest.mark.parametrize(
    ("type", "kept"),
    [
        ("INTEGER", "INTEGER"),
        ("DECIMAL(18,2)", "DECIMAL(18,2)"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
        ("JSON[]", "JSON[]"),
        ('STRUCT(a INTEGER, "b \'c" VARCHAR[])', 'STRUCT(a INTEGER, "b \'c" VARCHAR[])'),
        ("STRUCT(hugeint INTEGER)", "STRUCT(hugeint INTEGER)"),
        ("STRUCT(INTEGER, TIMESTAMP WITH TIME ZONE)", "STRUCT(INTEGER, TIMESTAMP WITH TIME ZONE)"),
        ("MAP(VARCHAR, DECIMAL(4,1)[])", "MAP(VARCHAR, DECIMAL(4,1)[])"),
    ],
)
def test_a_type_that_parquet_knows_stays(type: str, kept: str) -> None:
    assert form(type) == Form(kept, True)


@pytest.mark.parametrize(
    ("type", "kept"),
    [
        ("HUGEINT", "DECIMAL(38,0)"),
        ("INTERVAL", "VARCHAR"),
        ("TIME WITH TIME ZONE", "VARCHAR"),
        ("ENUM('a)', 'b''c,')", "VARCHAR"),
        ("INTEGER[3]", "INTEGER[]"),
        ("HUGEINT[2][]", "DECIMAL(38,0)[][]"),
        ("UNION(number INTEGER, text VARCHAR)", "UNION(number INTEGER, text VARCHAR)"),
        (
            "STRUCT(hugeint HUGEINT, t TIME WITH TIME ZONE)",
            "STRUCT(hugeint DECIMAL(38,0), t VARCHAR)",
        ),
        ('STRUCT("HUGEINT" INTEGER, b BIT)', 'STRUCT("HUGEINT" INTEGER, b VARCHAR)'),
        ("STRUCT(HUGEINT, MAP(BIT, ENUM('x')))", "STRUCT(DECIMAL(38,0), MAP(VARCHAR, VARCHAR))"),
    ],
)
def test_another_type_is_kept_in_another_form(type: str, kept: str) -> None:
    assert form(type) == Form(kept, False)


@pytest.mark.parametrize(
    "type",
    [
        "",
        "INET",
        "UNION(a HUGEINT)",
        "STRUCT(a INET)",
        "STRUCT(",
        "MAP(",
        "INTEGER)",
        "INTEGER[",
        "a b",
    ],
)
def test_an_unknown_type_has_no_form(type: str) -> None:
    assert form(type) is None


def test_only_columns_that_need_it_are_cast() -> None:
    columns = (Column("a", "INTEGER"), Column('b"c', "HUGEINT"), Column("d", "INTEGER[3]"))
    assert written("SELECT 1", columns) == (
        'SELECT * REPLACE (CAST("b""c" AS DECIMAL(38,0)) AS "b""c", CAST("d" AS INTEGER[]) AS "d") '
        "FROM (SELECT 1)"
    )
    assert given_back("t", columns) == (
        '(SELECT * REPLACE (CAST("b""c" AS HUGEINT) AS "b""c", CAST("d" AS INTEGER[3]) AS "d") '
        "FROM t)"
    )


def test_the_query_of_plain_columns_stays_as_it_is() -> None:
    columns = (Column("a", "INTEGER"),)
    assert (written("SELECT 1", columns), given_back("t", columns)) == ("SELECT 1", "t")


def test_a_column_that_cannot_be_kept_is_named() -> None:
    with pytest.raises(ComputeError, match='"address" is of type INET'):
        written("SELECT 1", (Column("address", "INET"),))
