"""Checks on real rows: what each kind lets through, counts and shows; and what does not compile."""

from collections.abc import Iterator

import pytest

from freshline.definitions import (
    AssetDefinition,
    CheckDefinition,
    CheckKind,
    CheckSeverity,
    Column,
    SqlText,
)
from freshline.errors import Diagnostic, Span
from freshline.events import CheckResult
from freshline.execute.checking import Subject, run_checks
from freshline.execute.setting import Input
from freshline.keys import Target
from freshline.lineage.binder import Binder
from freshline.lineage.checks import Checking, compile_checks
from freshline.lineage.graph import Asset
from freshline.state import TargetState
from freshline.testing.compute import DuckDBCompute

SPAN = Span(file="assets/stg/orders.sql", line=3, column=5)
COLUMNS = (
    Column("id", "INTEGER"),
    Column("Status", "VARCHAR"),
    Column("amount", "DECIMAL(10,2)"),
    Column("day", "DATE"),
)
CUSTOMERS = (Column("id", "INTEGER"), Column("boss", "INTEGER"))
NOTHING = "SELECT NULL::INTEGER, NULL, NULL, NULL WHERE false"
Value = str | int | float | bool | None


def check(
    kind: str, *columns: str, arguments: tuple[Value, ...] = (), sql: str = "", sample: int = 5
) -> CheckDefinition:
    text = SqlText(text=sql, original=sql, file=SPAN.file, line=3, column=5) if sql else None
    return CheckDefinition(
        name="it",
        kind=CheckKind(kind),
        span=SPAN,
        columns=columns,
        arguments=arguments,
        sql=text,
        severity=CheckSeverity.BLOCK,
        sample=sample,
    )


def asset(
    key: str, columns: tuple[Column, ...], reads: tuple[str, ...], *checks: CheckDefinition
) -> Asset:
    sql = SqlText(text="", original="", file=SPAN.file)
    definition = AssetDefinition(key=key, file=SPAN.file, span=SPAN, sql=sql, checks=checks)
    return Asset(definition=definition, upstreams=reads, text="", columns=columns, code_version="1")


def compiled(*checks: CheckDefinition) -> tuple[Asset | None, tuple[Diagnostic, ...]]:
    """Compile checks of stg.orders, beside stg.customers and mart.daily, which reads it."""
    binder = Binder()
    assets = {
        "stg.customers": asset("stg.customers", CUSTOMERS, ()),
        "stg.orders": asset("stg.orders", COLUMNS, (), *checks),
        "mart.daily": asset("mart.daily", COLUMNS, ("stg.orders",)),
    }
    work = Checking(
        binder=binder,
        bound=set(),
        assets=assets,
        sources={},
        quarantined={},
        remembered={},
        results={},
    )
    order = compile_checks(work)
    binder.close()
    assert set(order) == set(assets)
    assert ("mart.daily" in assets) == ("stg.orders" in assets)
    return assets.get("stg.orders"), tuple(work.diagnostics)


@pytest.fixture(name="compute")
def engine() -> Iterator[DuckDBCompute]:
    compute = DuckDBCompute()
    yield compute
    compute.close()


def answer(compute: DuckDBCompute, definition: CheckDefinition, rows: str) -> CheckResult:
    found, problems = compiled(definition)
    assert found is not None, problems
    names = '"id", "Status", "amount", "day"'
    types = "id INTEGER, Status VARCHAR, amount DECIMAL(10,2), day DATE"
    compute.rows(f"CREATE OR REPLACE TABLE orders ({types})")
    compute.rows(f"INSERT INTO orders ({names}) {rows}")
    compute.create_table("customers", "SELECT * FROM (VALUES (1, NULL), (2, 1)) AS t(id, boss)")
    subject = Subject(
        target=Target("shop", "main", "stg.orders"),
        checks=found.checks,
        columns=COLUMNS,
        content=Input('"orders"', "v1", "d1"),
        others={"stg.customers": Input('"customers"', "v2", "d2")},
        known=TargetState(target=Target("shop", "main", "stg.orders")),
    )
    (result,) = run_checks(compute, subject, found.checks).values()
    assert result.contents == ("d1", *("d2" for _ in found.checks[0].reads))
    return result


ROWS = """VALUES (1, 'new', 10, DATE '2024-01-01'), (1, 'paid', 99.5, '2024-01-02'),
    (3, NULL, NULL, NULL), (NULL, 'lost', -1, '2031-01-01'), (NULL, 'lost', 0, NULL)"""
SQL = 'SELECT Status, count(*) AS n FROM "stg"."orders" GROUP BY ALL HAVING count(*) > 1;'

Case = tuple[CheckDefinition, int] | tuple[CheckDefinition, int, str]
CASES: dict[str, Case] = {
    "not null counts nulls": (check("not_null", "id"), 2),
    "not null finds none": (check("not_null", "id"), 0, "VALUES (1, NULL, NULL, NULL)"),
    "unique counts every row of a repeated key, nulls aside": (check("unique", "ID"), 2),
    "unique over two columns": (check("unique", "id", "status"), 0),
    "in lets null pass, in whatever case the column is written": (
        check("in", "STATUS", arguments=("new", "paid")),
        2,
    ),
    "in compares text with text": (check("in", "status", arguments=("new", 1, True)), 3),
    "in takes dates as texts": (check("in", "day", arguments=("2024-01-01",)), 2),
    "between lets its bounds and null pass": (check("between", "amount", arguments=(0, 99.5)), 1),
    "between without a lower bound": (check("between", "amount", arguments=(None, 5)), 2),
    "between dates": (check("between", "day", arguments=("2024-01-01", "2030-01-01")), 1),
    "matches the whole text": (check("matches", "status", arguments=("n|new|p.+",)), 2),
    "matches numbers as texts": (check("matches", "id", arguments=("[12]",)), 1),
    "references lets null pass": (
        check("references", "id", arguments=("stg.customers", "ID")),
        1,
    ),
    "references to itself": (check("references", "id", arguments=("stg.orders", "id")), 0),
    "enough rows": (check("rows", arguments=(1, 5)), 0),
    "too few rows": (check("rows", arguments=(6, None)), 1),
    "too many rows": (check("rows", arguments=(None, 4)), 1),
    "no rows where some are wanted": (check("rows", arguments=(1, None)), 1, NOTHING),
    "a query of the author's own": (check("sql", sql=SQL), 1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_check_counts_failing_rows(case: Case, compute: DuckDBCompute) -> None:
    definition, failing = case[:2]
    result = answer(compute, definition, case[2] if len(case) == 3 else ROWS)
    assert (result.failing, result.error) == (failing, "")
    assert result.passed is (failing == 0)
    assert len(result.rows) == min(failing, definition.sample)


@pytest.mark.parametrize(
    "definition", [case[0] for case in CASES.values() if case[0].kind != "rows"]
)
def test_an_empty_table_fails_no_check_but_one_of_rows(
    definition: CheckDefinition, compute: DuckDBCompute
) -> None:
    assert answer(compute, definition, NOTHING).passed


def test_failing_rows_show_the_columns_in_question_first_and_are_always_the_same(
    compute: DuckDBCompute,
) -> None:
    result = answer(compute, check("in", "status", arguments=("new",), sample=2), ROWS)
    assert result.columns == ("Status", "id", "amount", "day")
    assert result.rows == (
        ("lost", None, "-1.00", "2031-01-01"),
        ("lost", None, "0.00", None),
    )
    assert result.failing == 3


def test_a_sample_of_none_keeps_no_row(compute: DuckDBCompute) -> None:
    result = answer(compute, check("not_null", "id", sample=0), ROWS)
    assert (result.failing, result.rows, result.columns) == (2, (), ())


def test_a_long_value_is_cut(compute: DuckDBCompute) -> None:
    rows = "SELECT 1, repeat('x', 1000), NULL, NULL"
    ((status, *_),) = answer(compute, check("in", "status", arguments=("new",)), rows).rows
    assert status is not None and len(status) == 200


def test_a_check_that_breaks_on_the_data_fails_and_leaves_the_others_alone(
    compute: DuckDBCompute,
) -> None:
    broken = check("sql", sql="SELECT 1 AS x FROM stg.orders WHERE Status::INTEGER > 0")
    result = answer(compute, broken, ROWS)
    assert not result.passed
    assert "Could not convert string" in result.error


def test_a_condition_that_breaks_does_not_take_the_shared_scan_with_it(
    compute: DuckDBCompute,
) -> None:
    broken = check("in", "id", arguments=("one",))
    good = check("not_null", "id")
    found, _ = compiled(broken, good)
    assert found is not None
    compute.create_table("orders", "SELECT 1 AS id, 'new' AS Status, 2.0 AS amount, NULL AS day")
    subject = Subject(
        target=Target("shop", "main", "stg.orders"),
        checks=found.checks,
        columns=COLUMNS,
        content=Input('"orders"', "v1", "d1"),
        others={},
        known=TargetState(target=Target("shop", "main", "stg.orders")),
    )
    first, second = run_checks(compute, subject, found.checks).values()
    assert "one" in first.error and not first.passed
    assert second.passed


REFUSED = {
    "an unknown column": (check("unique", "idd"), "E204", 'did you mean "id"?'),
    "an unknown upstream": (
        check("references", "id", arguments=("stg.customer", "id")),
        "E203",
        'did you mean "stg.customers"?',
    ),
    "an unknown column of an upstream": (
        check("references", "id", arguments=("stg.customers", "idd")),
        "E204",
        'did you mean "id"?',
    ),
    "a reference to what is built from it": (
        check("references", "id", arguments=("mart.daily", "id")),
        "E206",
        "make it a check of mart.daily",
    ),
    "a pattern that is none": (check("matches", "status", arguments=("(",)), "E205", ""),
    "SQL that does not parse": (check("sql", sql="SELECT FROM WHERE"), "E201", ""),
    "SQL that is no SELECT": (check("sql", sql="DROP TABLE x"), "E202", ""),
    "SQL with an unknown column": (
        check("sql", sql="SELECT idd FROM stg.orders"),
        "E204",
        'did you mean "id"?',
    ),
    "SQL that reads past the graph": (
        check("sql", sql="SELECT * FROM read_csv('x.csv')"),
        "E310",
        "sources/",
    ),
    "SQL whose columns collide": (
        check("sql", sql="SELECT id, ID FROM stg.orders"),
        "E209",
        "AS",
    ),
    "SQL that reads what is built from it": (
        check("sql", sql="SELECT id FROM mart.daily"),
        "E206",
        "mart.daily",
    ),
}


@pytest.mark.parametrize(("definition", "code", "fix"), REFUSED.values(), ids=REFUSED)
def test_a_check_that_cannot_be_run_sets_its_asset_aside(
    definition: CheckDefinition, code: str, fix: str
) -> None:
    found, problems = compiled(definition)
    assert found is None
    (problem,) = problems
    assert (problem.code, problem.asset) == (code, "stg.orders")
    assert fix in problem.fix
    assert problem.span is not None and problem.span.line == 3


def test_name_severity_and_words_are_no_part_of_what_is_asked() -> None:
    one, other = check("unique", "id"), check("unique", "ID")
    first, second = compiled(one)[0], compiled(other)[0]
    assert first is not None and second is not None
    assert first.checks[0].digest == second.checks[0].digest
    spaced = compiled(check("sql", sql="select  id from stg.orders -- all"))[0]
    plain = compiled(check("sql", sql="SELECT id FROM stg.orders"))[0]
    assert spaced is not None and plain is not None
    assert spaced.checks[0].digest == plain.checks[0].digest
    bounds = [compiled(check("between", "id", arguments=(0, high)))[0] for high in (1, 2)]
    assert bounds[0] and bounds[1] and bounds[0].checks[0].digest != bounds[1].checks[0].digest
