"""The unit tests of the example projects pass, and none of them passes whatever comes out."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.bench.plain import to_look_at

from freshline.declare.asset_tests import Table, read_tests
from freshline.declare.project import read_project
from freshline.execute.asset_tests import Verdict, run_tests
from freshline.lineage.compile import compile_graph

PROJECTS = Path(__file__).parents[2] / "projects"


@pytest.mark.parametrize("project", ["quickstart", "flights"])
def test_the_unit_tests_of_the_project_pass(project: str) -> None:
    root = to_look_at() if project == "flights" else PROJECTS / project
    graph, _ = compile_graph(read_project(root), root, {})
    declared = read_tests(root)
    assert declared.tests and not declared.problems
    assert {r.name: r.verdict for r in run_tests(declared.tests, graph)} == {
        test.name: Verdict.PASSED for test in declared.tests
    }
    emptied = [replace(test, expect=Table()) for test in declared.tests]
    assert {result.verdict for result in run_tests(emptied, graph)} == {Verdict.FAILED}
