"""What is said to do where SQL does not parse, or reads what is not declared."""

import pytest

from freshline.lineage.analysis import insist_on_syntax
from freshline.lineage.binder import Binder
from freshline.lineage.findings import undeclared_advice
from freshline.lineage.sql import SqlProblem

ADVICE = {
    "a misspelt word": (
        "select id\nform raw.orders\nwhere id = 1 2",
        'did you mean "FROM" by "form"?',
    ),
    "two commas": ("select id,, amount from raw.orders", "take away a comma before it"),
    "a comma before FROM": ("select id, , from raw.orders", "take away a comma before it"),
    "a template": ("select * from {{ ref('orders') }}", "this is not Jinja"),
    "an open bracket": ("select id from raw.orders where (a = 'paid'", "a bracket is open"),
    "a bracket in a text": ("select '(' from raw.orders where", "something is missing behind it"),
    "an open text": ("select 'paid as status from raw.orders", "close it with '"),
    "an open name": ('select "paid as status from raw.orders', 'close it with "'),
    "a bracket too many": ("select (1 +) from raw.orders", "take away what stands before it"),
    "a word too many": ("select id from raw.orders where id = 1 2", "take it away, or write what"),
}


@pytest.mark.parametrize(("sql", "advice"), ADVICE.values(), ids=ADVICE)
def test_a_syntax_error_says_what_to_do(sql: str, advice: str) -> None:
    binder = Binder()
    try:
        with pytest.raises(SqlProblem) as caught:
            insist_on_syntax(binder, sql)
    finally:
        binder.close()
    assert caught.value.code == "E201"
    assert caught.value.fix.startswith(advice)


@pytest.mark.parametrize(
    ("call", "is_file"),
    [
        ("read_csv(...)", True),
        ("Parquet_Scan(...)", True),
        ("read_text(...)", True),
        ("'data/a.csv'", True),
        ("orders.parquet", True),
        ("query(...)", False),
        ("glob(...)", False),
        ("duckdb_tables(...)", False),
        ("information_schema.tables", False),
    ],
)
def test_only_files_are_to_be_declared_as_sources(call: str, is_file: bool) -> None:
    assert ("sources/" in undeclared_advice(call)) is is_file
