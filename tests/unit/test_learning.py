"""Columns that came out of code: put into a graph, it is the graph that compiling would give."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.coding import Coding, code_asset, reads

from freshline.code import Code, CodeCheck
from freshline.definitions import AssetDefinition, Column, ColumnDefinition
from freshline.errors import Span
from freshline.lineage.graph import Graph
from freshline.lineage.learning import relearnt, with_columns

SPAN = Span(file="assets/code.py", line=1, column=1)
ONE = (Column("id", "BIGINT"), Column("name", "VARCHAR"))
OTHER = (Column("id", "BIGINT"), Column("title", "VARCHAR"))
DECLARED = (ColumnDefinition(name="id", span=SPAN, type="BIGINT"),)


def _compiled(
    root: Path, learnt: Mapping[str, tuple[Column, ...]], *more: AssetDefinition
) -> Graph:
    project = Coding(root)
    project.write({"freshline.yaml": "project: shop\n"})
    for each in more or (code_asset("app.a"), code_asset("app.b", reads("app.a"))):
        project.declare(each)
    return project.graph(learnt)


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param((code_asset("app.a"), code_asset("app.b", reads("app.a"))), id="a chain"),
        pytest.param(
            (code_asset("app.a", columns=DECLARED), code_asset("app.b", reads("app.a", "id"))),
            id="declared columns, and a reader of some",
        ),
    ],
)
def test_a_graph_with_columns_is_what_compiling_gives(
    tmp_path: Path, declared: tuple[AssetDefinition, ...]
) -> None:
    before = _compiled(tmp_path / "before", {}, *declared)
    now = {"app.a": ONE, "app.b": OTHER}
    wanted = _compiled(tmp_path / "now", now, *declared)
    assert relearnt(before, {}, now) == wanted
    changed = {**now, "app.b": ONE}
    assert relearnt(wanted, now, changed) == _compiled(tmp_path / "changed", changed, *declared)


def test_columns_that_are_not_as_declared_set_the_asset_aside(tmp_path: Path) -> None:
    graph = _compiled(tmp_path, {}, code_asset("app.a", columns=DECLARED))
    found = with_columns(graph, {"app.a": (Column("id", "VARCHAR"),)})
    assert found is not None
    assert "app.a" not in found.assets
    assert found.quarantined["app.a"].code == "E207"
    assert [each.asset for each in found.diagnostics] == ["app.a"]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param({"app.a": ONE}, {"app.a": OTHER}, id="a reader's column is gone"),
        pytest.param({"app.a": ONE}, {}, id="nobody knows them any more"),
        pytest.param({"app.a": ONE}, {"app.a": ONE, "app.z": ONE}, id="of an asset that is new"),
    ],
)
def test_it_is_compiled_where_more_may_be_another(
    tmp_path: Path,
    before: Mapping[str, tuple[Column, ...]],
    now: Mapping[str, tuple[Column, ...]],
) -> None:
    code = (code_asset("app.a"), code_asset("app.b", reads("app.a", "name")))
    assert relearnt(_compiled(tmp_path, before, *code), before, now) is None


def test_it_is_compiled_where_sql_reads_what_has_other_columns(tmp_path: Path) -> None:
    project = Coding(tmp_path)
    project.write({"freshline.yaml": "project: shop\n", "assets/app/s.sql": "SELECT id FROM app.a"})
    project.declare(code_asset("app.a"))
    waiting, known = project.graph({}), project.graph({"app.a": ONE})
    assert "app.s" in waiting.quarantined
    assert relearnt(waiting, {}, {"app.a": ONE}) is None
    assert relearnt(known, {"app.a": ONE}, {"app.a": OTHER}) is None


def test_a_check_that_is_a_function_is_there_before_the_columns_are_known(tmp_path: Path) -> None:
    project = Coding(tmp_path)
    project.write({"freshline.yaml": "project: shop\n"})
    project.declare(code_asset("app.a", columns=DECLARED))
    code = Code(function="app.sound", inputs=(reads("app.a"),), version="1", text="one")
    project.checks = (CodeCheck(of="app.a", name="sound", span=SPAN, line="", code=code),)
    before = project.graph({})
    found = with_columns(before, {"app.a": ONE})
    assert found is not None
    assert [check.definition.name for check in found.assets["app.a"].checks] == ["sound"]
    assert found == project.graph({"app.a": ONE})
