"""Who relies on what will go is told, with what to read instead."""

from pathlib import Path

import pytest

from freshline.codec import digest_of
from freshline.declare.project import read_project
from freshline.definitions import AssetDefinition, Lifecycle, SqlText, Stage
from freshline.errors import Severity, Span
from freshline.lineage.compile import compile_graph
from freshline.lineage.lifecycle import deprecated_reads
from freshline.reconcile.fingerprint import spec


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "freshline.yaml").write_text("project: shop\n")
    for key, lifecycle, sql in (
        ("old", "{stage: deprecated, replacement: new, sunset: 2027-01-31}", "SELECT 1 AS a"),
        ("fading", "deprecated", "SELECT 1 AS a"),
        ("older", "deprecated", "SELECT a FROM old"),
        ("new", "certified", "SELECT 1 AS a"),
        ("reader", "experimental", "SELECT a FROM old JOIN fading USING (a) JOIN new USING (a)"),
    ):
        text = f"/*---\nlifecycle: {lifecycle}\n---*/\n{sql}"
        (tmp_path / f"assets/{key}.sql").write_text(text)
    return tmp_path


def test_each_read_of_what_will_go_is_told(root: Path) -> None:
    graph, _ = compile_graph(read_project(root), root, {})
    found = deprecated_reads(graph)
    assert {d.code for d in found} == {"W502"}
    assert {d.severity for d in found} == {Severity.WARNING}
    assert {d.asset for d in found} == {"reader"}
    assert sorted((d.message, d.fix) for d in found) == [
        ("reader reads fading, which is deprecated", "ask its owner"),
        ("reader reads old, which is deprecated, and goes on 2027-01-31", "read new instead"),
    ]


def test_where_nothing_goes_nothing_is_told(root: Path) -> None:
    for name in ("old", "older", "fading"):
        path = root / f"assets/{name}.sql"
        path.write_text(path.read_text().replace("deprecated", "certified").split("---*/")[1])
    graph, _ = compile_graph(read_project(root), root, {})
    assert deprecated_reads(graph) == ()


def test_the_catalog_keeps_the_lifecycle_and_the_links() -> None:
    span = Span(file="assets/a.sql", line=1, column=1)
    sql = SqlText(text="SELECT 1", original="SELECT 1", file="assets/a.sql")
    plain = AssetDefinition(key="a", file="assets/a.sql", span=span, sql=sql)
    cycle = Lifecycle(stage=Stage.DEPRECATED, replacement="b")
    told = AssetDefinition(
        key="a",
        file="assets/a.sql",
        span=span,
        sql=sql,
        lifecycle=cycle,
        links=(("wiki", "https://wiki.example"),),
    )
    assert not {"lifecycle", "links"} & spec(plain).keys()
    assert spec(told)["lifecycle"] == {"stage": "deprecated", "replacement": "b"}
    assert spec(told)["links"] == {"wiki": "https://wiki.example"}
    assert digest_of(spec(told)) != digest_of(spec(plain))
