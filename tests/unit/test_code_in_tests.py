"""Unit tests in YAML of assets that code makes: run in a worker, told like those of SQL."""

import os
from collections.abc import Iterator

import click
import pytest
from tests.forked import run

from freshline.cli.compose import compiled
from freshline.cli.testing import calling, result_lines
from freshline.declare.asset_tests import declare_tests
from freshline.errors import InternalError
from freshline.execute.asset_tests import Result, Verdict, bench, faults_of, run_tests
from freshline.execute.code_tests import Calling
from freshline.lineage.graph import Graph

FILES = {
    "freshline.yaml": "project: shop\n",
    "sources/raw.yaml": "sources:\n  raw.orders:\n    path: data/orders.csv\n",
    "data/orders.csv": "id,day,amount\n1,2024-03-04,10.50\n",
    "assets/ml/model.py": """
from freshline import Config, asset, multi_asset

class Settings(Config):
    factor: int = 2

@asset(inputs={"orders": "raw.orders"})
def doubled(orders, config: Settings):
    print("doubling", len(orders))
    if not orders:
        raise ValueError("there are no orders")
    return [{"id": o["id"], "day": o["day"], "amount": o["amount"] * config.factor} for o in orders]

@asset
def dear(doubled):
    return [each for each in doubled if each["amount"] > 10]

@multi_asset(outputs=["low", "high"])
def halves(doubled):
    low = [each for each in doubled if each["id"] < 2]
    return low, [each for each in doubled if each["id"] > 1]
""",
    "assets/ml/script.yaml": """
command: [sh, -c, 'printf "n\\n3\\n" > "$FRESHLINE_OUTPUT"']
columns: {n: bigint}
""",
    "assets/rpt/total.sql": "SELECT sum(amount) AS total FROM ml.doubled",
}


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Graph, Calling]]:
    """Return a project none of whose code has ever run, and who runs it."""
    root = tmp_path_factory.mktemp("shop")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    with calling(root, "main") as code:
        yield compiled(root, None), code


def results(shop: tuple[Graph, Calling], test: str) -> Result:
    graph, code = shop
    lines = "".join(f"    {line}\n" for line in test.strip("\n").split("\n"))
    declared = declare_tests("tests/x.yaml", f"tests:\n  it holds:\n{lines}")
    assert not declared.problems
    (result,) = run_tests(declared.tests, graph, code)
    return result


PASSING = {
    "rows of a source have its types": """
asset: ml.doubled
given: {raw.orders: [{id: 1, day: 2024-03-04, amount: 2.5}, {id: 2, amount: 3}]}
expect: |
  id | day        | amount
  1  | 2024-03-04 | 5
  2  | null       | 6
""",
    "config goes over what is declared": """
asset: ml.doubled
config: {factor: 10}
given: {raw.orders: [{id: 1, amount: 2.5}]}
expect: [{amount: 25}]
""",
    "rows of what never ran are what they look like": """
asset: ml.dear
given: {ml.doubled: [{id: 1, amount: 9}, {id: 2, amount: 12.5}, {id: 3, amount: 1000}]}
expect: [{id: 2}, {id: 3}]
ordered: true
""",
    "no rows of what never ran": """
asset: ml.dear
given: {ml.doubled: []}
expect: []
""",
    "one of several outputs": """
asset: ml.high
given: {ml.doubled: [{id: 1}, {id: 2}]}
expect: [{id: 2}]
""",
}


@pytest.mark.parametrize("test", PASSING.values(), ids=PASSING)
def test_it_passes(shop: tuple[Graph, Calling], test: str) -> None:
    result = results(shop, test)
    assert result.verdict is Verdict.PASSED, result_lines(result)


def told(result: Result) -> str:
    return click.unstyle("\n".join(result_lines(result)))


def test_rows_that_differ_are_told_with_what_the_code_wrote(shop: tuple[Graph, Calling]) -> None:
    result = results(
        shop, "asset: ml.doubled\ngiven: {raw.orders: [{amount: 1}]}\nexpect: [{amount: 3}]"
    )
    assert result.verdict is Verdict.FAILED
    assert told(result) == (
        "failed  it holds  tests/x.yaml:2:3\n"
        "    amount\n"
        "  - 3.0\n"
        "  + 2.0\n"
        "  it wrote:\n"
        "    doubling 1"
    )


def test_no_rows_where_some_are_expected_is_a_difference(shop: tuple[Graph, Calling]) -> None:
    result = results(shop, "asset: ml.dear\ngiven: {ml.doubled: []}\nexpect: [{amount: 3}]")
    assert result.verdict is Verdict.FAILED
    assert "- 3" in told(result)


def test_an_error_of_the_code_is_told_with_its_stack_trace(shop: tuple[Graph, Calling]) -> None:
    result = results(shop, "asset: ml.doubled\nexpect: []")
    assert result.verdict is Verdict.FAILED
    assert told(result) == (
        "failed  it holds  tests/x.yaml:2:3\n"
        "  ValueError: there are no orders\n"
        "    assets/ml/model.py:11 in doubled\n"
        '      raise ValueError("there are no orders")\n'
        "  it wrote:\n"
        "    doubling 0"
    )


@pytest.mark.parametrize(
    ("test", "code"),
    [
        (
            "asset: ml.doubled\ngiven: {raw.orders: [{id: 1, amount: 1}]}\nexpect: [{cost: 1}]",
            "E404",
        ),
        ("asset: ml.doubled\ngiven: {raw.orders: [{id: 1, amount: 1}]}\nexpect: [{id: x}]", "E405"),
        ("asset: ml.doubled\ngiven: {raw.orders: [{id: x}]}\nexpect: []", "E405"),
        ("asset: ml.doubled\ngiven: {raw.orders: [{cost: x}]}\nexpect: []", "E404"),
        ("asset: ml.doubled\ngiven: {ml.dear: []}\nexpect: []", "E403"),
    ],
    ids=[
        "a column that does not come out",
        "a value that a column which comes out cannot hold",
        "a value that a column of a source cannot hold",
        "a column that a source does not have",
        "rows for what is not read",
    ],
)
def test_what_is_wrong_with_a_test_is_told_at_its_place(
    shop: tuple[Graph, Calling], test: str, code: str
) -> None:
    result = results(shop, test)
    assert [fault.code for fault in result.faults] == [code]
    assert result.verdict is Verdict.BROKEN


def test_nothing_runs_to_find_what_is_wrong(shop: tuple[Graph, Calling]) -> None:
    declared = declare_tests(
        "tests/x.yaml",
        "tests:\n  a: {asset: ml.doubled, expect: [{cost: 1}]}\n  b: {asset: ml.x, expect: []}\n",
    )
    assert [fault.code for fault in faults_of(declared.tests, shop[0])] == ["E401"]
    with bench(shop[0]) as nobody, pytest.raises(InternalError):
        nobody.result(declared.tests[0])


def test_sql_that_waits_for_the_columns_of_code_cannot_be_tested_yet(
    shop: tuple[Graph, Calling],
) -> None:
    result = results(shop, "asset: rpt.total\nexpect: []")
    assert result.verdict is Verdict.BROKEN
    assert result.message == "rpt.total is set aside with ml.doubled: see `freshline validate`"


def test_a_command_is_tested_like_a_function(shop: tuple[Graph, Calling]) -> None:
    result = results(shop, "asset: ml.script\nexpect: [{n: 3}]")
    assert result.verdict is Verdict.PASSED, told(result)


def test_a_project_whose_columns_nobody_knows_gets_no_example(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    root = tmp_path_factory.mktemp("new")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    done = run(("test", "-p", str(root)), root, os.environ)
    assert done.stdout == "This project has no tests, and no asset that reads another.\n"
