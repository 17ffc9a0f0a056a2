"""What automation refers to is there, and is spelt as it is there; nothing of it is logic."""

from pathlib import Path

import pytest

from freshline.codec import decode, encode
from freshline.declare.project import read_project
from freshline.lineage.compile import compile_graph
from freshline.lineage.graph import Graph
from freshline.reconcile.fingerprint import spec
from freshline.reconcile.inputs import windows_read
from freshline.refresh import AllOf, AssetArrived, Cron, MaxLag, Not, Trigger, Wake
from freshline.versions import Window

FILES = {
    "freshline.yaml": "project: shop\nschedules:\n  nightly: {cron: daily, select: +b}\n",
    "sources/raw.yaml": "sources:\n  raw.orders: {path: orders.csv}\n",
    "orders.csv": "order_id,Amount\n1,2\n",
    "assets/a.yaml": (
        "sql: SELECT order_id, Amount FROM raw.orders\n"
        "inputs: {raw.orders: {trigger: false}}\n"
        "refresh: {all: [{not: {wake: {source: raw.orders, columns: [AMOUNT]}}}, {max_lag: 1h}]}\n"
        "freshness: 26h\n"
    ),
    "assets/b.sql": "SELECT count(*) AS n FROM a",
    "sensors/s.yaml": (
        "sensors:\n  s: {when: {asset: a, columns: [amount]}, do: {materialize: b}}\n"
    ),
}


def compiled(root: Path, changed: dict[str, str] | None = None) -> Graph:
    for path, text in {**FILES, **(changed or {})}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    graph, _ = compile_graph(read_project(root), root, {})
    return graph


def test_columns_are_spelt_as_where_they_come_from(tmp_path: Path) -> None:
    graph = compiled(tmp_path)
    assert graph.diagnostics == ()
    assert graph.assets["a"].definition.refresh.rule == AllOf(
        rules=(Not(rule=Wake(key="raw.orders", columns=("Amount",))), MaxLag(seconds=3600))
    )
    assert graph.sensors[0].conditions == (AssetArrived(key="a", columns=("Amount",)),)
    assert [each.name for each in graph.schedules] == ["nightly"]


def test_a_graph_with_automation_is_stored_and_read_back(tmp_path: Path) -> None:
    graph = compiled(tmp_path)
    assert decode(encode(graph), Graph) == graph


def test_an_edit_of_a_rule_is_no_edit_of_the_asset(tmp_path: Path) -> None:
    before = compiled(tmp_path).assets["a"]
    text = "sql: SELECT order_id, Amount FROM raw.orders\nrefresh: manual\nfreshness: 1h\n"
    after = compiled(tmp_path, {"assets/a.yaml": text}).assets["a"]
    assert before.definition.refresh != after.definition.refresh
    assert before.code_version == after.code_version
    assert before.windows == after.windows
    assert spec(before.definition) == spec(after.definition)


@pytest.mark.parametrize(
    ("path", "text", "aside", "code"),
    [
        pytest.param(
            "assets/b.sql",
            "/*---\nrefresh: {wake: [c]}\n---*/\nSELECT 1 AS n",
            "b",
            "E213",
            id="a key that is nowhere",
        ),
        pytest.param(
            "assets/b.sql",
            "/*---\nrefresh: {wake: [{asset: a, columns: [x]}]}\n---*/\nSELECT 1 AS n",
            "b",
            "E204",
            id="a column that is nowhere",
        ),
        pytest.param(
            "assets/b.sql",
            "/*---\ninputs: {a: {trigger: false}}\n---*/\nSELECT 1 AS n",
            "b",
            "E212",
            id="an input that is not read",
        ),
    ],
)
def test_what_an_asset_refers_to_in_vain_sets_it_aside(
    path: str, text: str, aside: str, code: str, tmp_path: Path
) -> None:
    graph = compiled(tmp_path, {path: text})
    assert {key: found.code for key, found in graph.quarantined.items()} == {aside: code}
    assert [(each.code, each.asset) for each in graph.diagnostics] == [(code, aside)]
    assert len(graph.sensors) == len(graph.schedules) == 1  # they may name what is set aside


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("{asset: c}", "E213"),
        ("{asset: a, columns: [x]}", "E204"),
        ("{run: failed, select: tag:none}", "E214"),
        ("{run: failed, select: (a}", "E214"),
        ("{sql: SELECT max(n) FROM c}", "E203"),
        ("{sql: SELECT FROM WHERE}", "E201"),
        ("{sql: SELECT max(m) FROM b}", "E204"),
        ("{sql: 'SELECT order_id, Amount FROM a'}", "E205"),
        ("{sql: SELECT maximum(n) FROM b}", "E205"),
        ("{sql: SELECT twice(max(n)) FROM b}", None),
        ("{sql: 'SELECT max(x) FROM read_csv(''a.csv'')'}", "E310"),
        ('{asset: "catalog://finance/a"}', None),
        ("{run: failed, select: state:stale and +b}", None),
        ("{run: failed, select: not a}", None),
        ("{asset: raw.orders, columns: [ORDER_ID]}", None),
    ],
)
def test_a_sensor_that_refers_to_nothing_is_left_out(
    when: str, code: str | None, tmp_path: Path
) -> None:
    project = FILES["freshline.yaml"] + "catalogs: {finance: ../finance}\n"
    text = f"sensors: {{s: {{when: {when}, do: {{materialize: b}}}}}}\n"
    macro = "CREATE MACRO twice(x) AS x * 2"
    files = {"freshline.yaml": project, "sensors/s.yaml": text, "macros/twice.sql": macro}
    graph = compiled(tmp_path, files)
    assert [each.code for each in graph.diagnostics] == ([code] if code else [])
    assert len(graph.sensors) == (code is None)
    assert set(graph.assets) == {"a", "b"}


def test_inputs_of_code_are_known_by_what_they_stand_for(tmp_path: Path) -> None:
    text = (
        "command: [sh, make.sh]\n"
        "inputs:\n  a: {trigger: false}\n  raw.orders: {optional: true}\n"
        "refresh: {cron: daily}\n"
    )
    graph = compiled(tmp_path, {"assets/c/made.yaml": text})
    definition = graph.assets["c.made"].definition
    said = [(each.key, each.trigger, each.optional) for each in definition.triggers]
    assert said == [("a", False, False), ("raw.orders", True, True)]
    assert isinstance(definition.refresh.rule, Cron)
    assert Trigger(key="a").trigger


def test_what_is_waited_for_by_columns_is_looked_at_through_them(tmp_path: Path) -> None:
    graph = compiled(tmp_path)
    windows = windows_read(graph, {})
    assert Window(("Amount",)) in windows["a"]
    assert "raw.orders" not in windows  # of text files all is read for any column
