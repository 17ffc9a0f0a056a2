"""The plug-in of pytest, as a project's own pytest meets it: each run is a process of its own."""

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest
from tests.unit.plugged import run, write

ROOT = Path(__file__).parents[2]
PROJECT: Mapping[str, str] = {
    "freshline.yaml": """
project: shop
vars: {least: {type: integer, default: 10}}
environments:
  dev: {}
  prod: {vars: {least: 1000}}
""",
    "sources/raw.yaml": "sources:\n  raw.orders:\n    path: data/orders.csv\n",
    "data/orders.csv": "id,amount\n1,5\n2,50\n",
    "assets/marts/dear.sql": "SELECT id FROM raw.orders WHERE amount > ${var.least}",
    "assets/ml/model.py": """
from freshline import asset

@asset(inputs={"orders": "raw.orders"})
def doubled(orders):
    return [{"id": each["id"], "amount": each["amount"] * 2} for each in orders]

@asset
def ratio(doubled):
    return [{"ratio": each["id"] / each["amount"]} for each in doubled]
""",
    "tests/marts.yaml": """
tests:
  cheap_orders_are_left_out:
    asset: marts.dear
    given: {raw.orders: [{id: 1, amount: 10}, {id: 2, amount: 11}]}
    expect: [{id: 2}]
""",
    "tests/deep/ml.yml": """
tests:
  amounts_are_doubled:
    asset: ml.doubled
    given: {raw.orders: [{id: 1, amount: 4}]}
    expect: [{amount: 8}]
  this_is_wrong:
    asset: ml.doubled
    given: {raw.orders: [{id: 1, amount: 4}]}
    expect: [{amount: 9}]
  this_fails:
    asset: ml.ratio
    given: {ml.doubled: [{id: 1, amount: 0}]}
    expect: []
  this_is_about_nothing:
    asset: ml.nothing
    expect: []
""",
    "tests/test_project.py": """
def test_a_project_is_materialized(freshline_project):
    done = freshline_project.materialize("marts.dear", inputs={"raw.orders": [{"amount": 2000}]})
    assert done.rows() == [{"id": None}]

def test_its_functions_fail_where_they_do(freshline_project):
    freshline_project.materialize("ml.ratio", inputs={"ml.doubled": [{"id": 1, "amount": 0}]})
""",
    "config/settings.yaml": "nothing: to do with tests\n",
}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what pytest says of a project."""
    root = tmp_path_factory.mktemp("shop")
    write(root, PROJECT)
    (root / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    done = run(root, "-rA", "-q")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_each_test_of_a_project_is_an_item(session: str) -> None:
    assert {line.split(" - ")[0] for line in session.splitlines() if "::" in line} == {
        "PASSED tests/marts.yaml::cheap_orders_are_left_out",
        "PASSED tests/deep/ml.yml::amounts_are_doubled",
        "PASSED tests/test_project.py::test_a_project_is_materialized",
        "FAILED tests/deep/ml.yml::this_is_wrong",
        "FAILED tests/deep/ml.yml::this_fails",
        "FAILED tests/deep/ml.yml::this_is_about_nothing",
        "FAILED tests/test_project.py::test_its_functions_fail_where_they_do",
    }
    assert "4 failed, 3 passed" in session


def test_rows_that_differ_are_shown_as_a_table(session: str) -> None:
    assert (
        "failed  this_is_wrong  tests/deep/ml.yml:7:3\n"
        "    amount\n"
        "  - 9\n"
        "  + 8\n"
        "- expected, not found   + found, not expected   ~ expected -> found\n"
    ) in session


def test_code_that_fails_is_shown_with_its_own_lines(session: str) -> None:
    assert (
        "failed  this_fails  tests/deep/ml.yml:11:3\n"
        "  ZeroDivisionError: division by zero\n"
        "    assets/ml/model.py:10 in ratio\n"
    ) in session
    _, _, part = session.partition("_ test_its_functions_fail_where_they_do _")
    shown, _, _ = part.partition("ZeroDivisionError\n")
    assert 'return [{"ratio": each["id"] / each["amount"]}' in shown
    assert shown.endswith("assets/ml/model.py:10: ")
    assert "freshline/testing" not in shown


def test_a_test_that_cannot_be_run_says_why_and_where(session: str) -> None:
    assert (
        "broken  this_is_about_nothing  tests/deep/ml.yml:15:3\n"
        '  E401 there is no asset "ml.nothing"\n'
        "    tests/deep/ml.yml:16:12\n"
    ) in session


def test_one_test_can_be_chosen_and_an_environment(tmp_path: Path) -> None:
    write(tmp_path, PROJECT)
    one = "tests/marts.yaml::cheap_orders_are_left_out"
    found = run(tmp_path, "-q", one, "tests/test_project.py", "--freshline-env", "prod")
    assert "2 failed, 1 passed" in found.stdout
    assert "FAILED tests/marts.yaml::cheap_orders_are_left_out" in found.stdout


def test_what_is_wrong_with_a_file_is_an_error_of_collecting_it(tmp_path: Path) -> None:
    write(tmp_path, {"freshline.yaml": "project: shop\n", "tests/x.yaml": "test:\n  a: {}\n"})
    found = run(tmp_path, "-q")
    assert found.returncode == 2
    assert "ERROR tests/x.yaml" in found.stdout
    assert "write `tests:`" in found.stdout


def test_without_a_project_yaml_is_nothing_to_it(tmp_path: Path) -> None:
    test = "def test_it(freshline_project):\n    pass\n"
    write(tmp_path, {"tests/x.yaml": "tests: {}\n", "tests/test_x.py": test})
    found = run(tmp_path, "-q")
    assert "1 error" in found.stdout
    assert "no freshline.yaml above" in found.stdout


def test_it_is_installed_as_a_plug_in_and_brings_nothing_with_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = project["entry-points"]["pytest11"]["freshline"]
    assert hasattr(import_module(name), "pytest_collect_file")
    program = (
        "import sys, pytest\nbefore = set(sys.modules)\n"
        f"import {name}\nprint(*sorted(set(sys.modules) - before))"
    )
    found = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["freshline", "freshline.testing", name]
