"""Unit tests of assets as they are run: on rows of exact types, each test by itself."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from freshline.declare.asset_tests import declare_tests
from freshline.declare.project import read_project
from freshline.errors import ResourceError
from freshline.execute.asset_tests import Result, Verdict, faults_of, run_tests
from freshline.execute.sql_engine import SqlEngine
from freshline.lineage.compile import compile_graph
from freshline.lineage.graph import Graph

FILES: Mapping[str, str] = {
    "freshline.yaml": "project: shop\nvars: {most: {type: integer, default: 100}}\n",
    "assets/stg/orders.sql": """
SELECT
    CAST(NULL AS BIGINT) AS id, CAST(NULL AS DECIMAL(10, 2)) AS amount,
    CAST(NULL AS TIMESTAMP) AS placed_at, CAST(NULL AS DATE) AS day,
    CAST(NULL AS DOUBLE) AS weight, CAST(NULL AS VARCHAR) AS note,
    CAST(NULL AS VARCHAR[]) AS tags, CAST(NULL AS JSON) AS payload,
    CAST(NULL AS STRUCT(a INTEGER, b VARCHAR)) AS part,
    CAST(NULL AS MAP(VARCHAR, INTEGER)) AS counts,
    CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS seen, CAST(NULL AS HUGEINT) AS big
""",
    "assets/stg/customers.sql": "SELECT 1 AS id, 'Ada' AS \"Full Name\"",
    "assets/marts/same.sql": "SELECT * FROM stg.orders",
    "assets/marts/daily.sql": """
SELECT day, sum(amount) AS revenue, count(*) AS orders, sum(weight) AS weight
FROM stg.orders GROUP BY day ORDER BY day DESC
""",
    "assets/marts/named.sql": """
SELECT o.id, c."Full Name" FROM stg.orders AS o JOIN stg.customers AS c USING (id)
""",
    "assets/marts/checked.sql": """
SELECT CASE WHEN amount > ${var.most} THEN error('too much') ELSE amount END AS amount
FROM stg.orders
""",
    "assets/marts/opaque.sql": """
select orders.id, to_json(orders)->>'note' as note from stg.orders -- the row as a whole
""",
    "assets/marts/constant.sql": "SELECT 1 AS one, 2 AS two",
    "assets/marts/wrapped.sql": """
SELECT struct_pack(inner := payload) AS wrapped FROM stg.orders
""",
    "assets/marts/broken.sql": "SELECT nothing FROM stg.orders",
    "assets/marts/behind.sql": "SELECT * FROM marts.broken",
}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    root: Path = tmp_path_factory.mktemp("shop")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    graph, _ = compile_graph(read_project(root), root, {})
    assert graph.assets["marts.opaque"].opaque
    assert set(graph.quarantined) == {"marts.broken", "marts.behind"}
    return graph


def results(graph: Graph, *tests: str) -> tuple[Result, ...]:
    text = "tests:\n" + "".join(
        f"  test {number}:\n" + "".join(f"    {line}\n" for line in test.strip("\n").split("\n"))
        for number, test in enumerate(tests)
    )
    declared = declare_tests("tests/x.yaml", text)
    assert not declared.problems
    return run_tests(declared.tests, graph)


PASSING = {
    "no rows give no rows": """
asset: marts.daily
given: {stg.orders: []}
expect: []
""",
    "what is not given is empty": """
asset: marts.daily
expect: []
""",
    "an asset that reads nothing": """
asset: marts.constant
expect: [{two: 2}]
""",
    "a table and a list mean the same": """
asset: marts.same
given:
  stg.orders: |
    id | amount | day        | note
    1  | 1.5    | 2024-03-04 | null
    2  |        | 2024-03-05 | "null"
expect:
  - {id: 1, amount: 1.50, day: 2024-03-04, note: null}
  - {id: 2, day: 2024-03-05, note: "null"}
""",
    "rows that are all NULL": """
asset: marts.same
given: {stg.orders: [{}, {}]}
expect: [{id: null, note: null}, {id: }]
""",
    "times by value, whatever their spelling": """
asset: marts.same
given:
  stg.orders: |
    placed_at           | seen
    2024-03-04T10:30:00 | 2024-03-04 10:30:00+02
expect: |
  placed_at        | seen
  2024-03-04 10:30 | 2024-03-04 08:30:00+00
""",
    "numbers by value, whatever their spelling": """
asset: marts.same
given:
  stg.orders:
    - {id: 0x1F, amount: 1e1, weight: .5, big: 170141183460469231731687303715884105727}
    - {id: "7", amount: "2", weight: .inf}
expect:
  - {id: 31, amount: 10.00, weight: 5e-1, big: 170141183460469231731687303715884105727}
  - {id: 7, amount: 2, weight: .inf}
""",
    "what looks like a number may be text": """
asset: marts.same
given: {stg.orders: [{note: 007}, {note: 1.10}, {note: true}, {note: it's}]}
expect: [{note: "007"}, {note: "1.10"}, {note: "true"}, {note: "it's"}]
""",
    "nested values": """
asset: marts.same
given:
  stg.orders:
    - tags: ["a, b", null, "it's"]
      part: {A: 1}
      counts: {x: 1, y: 2}
      payload: {n: 1, f: 1.5, t: "1", b: true, l: [null]}
    - {tags: [], part: {}, counts: {}, payload: '[1, 2]'}
expect:
  - tags: ["a, b", null, "it's"]
    part: {a: 1, b: null}
    counts: {x: 1, y: 2}
    payload: '{"n": 1, "f": 1.5,    "t": "1", "b": true, "l": [null]}'
  - {tags: [], part: {b: null}, counts: {}, payload: "[1,2]"}
""",
    "sums of doubles, nearly": """
asset: marts.daily
given: {stg.orders: [{weight: 0.1}, {weight: 0.2}]}
expect: [{weight: 0.3}]
""",
    "columns in any case and quoted names": """
asset: marts.named
given:
  stg.orders: [{ID: 1}, {id: 2}]
  stg.customers: |
    id | full name
    1  | Ada
expect: [{Id: 1, FULL NAME: Ada}]
""",
    "an asset that the analysis cannot see into": """
asset: marts.opaque
given: {stg.orders: [{id: 1, note: x}]}
expect: [{id: 1, note: x}]
""",
    "JSON within a struct, as DuckDB writes it": """
asset: marts.wrapped
given: {stg.orders: [{payload: {a: [1]}}]}
expect: [{wrapped: {inner: {a: [1]}}}]
""",
    "an order that is asked for": """
asset: marts.daily
given: {stg.orders: [{day: 2024-03-04}, {day: 2024-03-06}, {day: 2024-03-05}]}
expect: [{day: 2024-03-06}, {day: 2024-03-05}, {day: 2024-03-04}]
ordered: true
""",
    "an order that is not asked for": """
asset: marts.daily
given: {stg.orders: [{day: 2024-03-04}, {day: 2024-03-06}]}
expect: [{day: 2024-03-04}, {day: 2024-03-06}]
""",
}


@pytest.mark.parametrize("test", PASSING.values(), ids=PASSING)
def test_a_test_passes(graph: Graph, test: str) -> None:
    (result,) = results(graph, test)
    assert (result.verdict, result.difference, result.faults) == (Verdict.PASSED, None, ())


FAILING = {
    "another value": """
asset: marts.daily
given: {stg.orders: [{day: 2024-03-04, amount: 1}]}
expect: [{day: 2024-03-04, revenue: 2}]
""",
    "rows where none are expected": """
asset: marts.daily
given: {stg.orders: [{}]}
expect: []
""",
    "no rows where some are expected": """
asset: marts.daily
expect: [{orders: 0}]
""",
    "too many of the same": """
asset: marts.same
given: {stg.orders: [{id: 1}, {id: 1}]}
expect: [{id: 1}]
""",
    "another order than is asked for": """
asset: marts.daily
given: {stg.orders: [{day: 2024-03-04}, {day: 2024-03-06}]}
expect: [{day: 2024-03-04}, {day: 2024-03-06}]
ordered: true
""",
}


@pytest.mark.parametrize("test", FAILING.values(), ids=FAILING)
def test_a_test_fails_with_the_difference(graph: Graph, test: str) -> None:
    (result,) = results(graph, test)
    assert result.verdict is Verdict.FAILED
    assert result.difference is not None and not result.message


def test_a_difference_holds_the_compared_columns_as_duckdb_writes_them(graph: Graph) -> None:
    (result,) = results(graph, FAILING["another value"])
    assert result.difference is not None
    assert result.difference.columns == ("day", "revenue")
    (change,) = result.difference.changed
    assert change.expected == ("2024-03-04", "2.00")
    assert change.found == ("2024-03-04", "1.00")


def test_a_query_that_fails_on_the_rows_is_a_failed_test_and_the_next_one_runs(
    graph: Graph,
) -> None:
    rows = "asset: marts.checked\ngiven: {stg.orders: [{amount: %s}]}\nexpect: [{amount: %s}]"
    failed, passed = results(graph, rows % (101, 101), rows % (100, 100))
    assert failed.verdict is Verdict.FAILED
    assert failed.message.startswith("the query failed: ")
    assert "too much" in failed.message
    assert passed.verdict is Verdict.PASSED


def test_no_test_sees_the_rows_of_another(graph: Graph) -> None:
    given = "asset: marts.same\ngiven: {stg.orders: [{id: 1}]}\nexpect: [{id: 1}]"
    none = "asset: marts.same\nexpect: []"
    broken = "asset: marts.same\ngiven: {stg.orders: [{id: one}]}\nexpect: []"
    verdicts = [result.verdict for result in results(graph, given, none, broken, given, none)]
    passed, was_broken = Verdict.PASSED, Verdict.BROKEN
    assert verdicts == [passed, passed, was_broken, passed, passed]


@pytest.mark.parametrize(
    ("asset", "why"),
    [
        pytest.param("marts.broken", "(E204)", id="broken itself"),
        pytest.param("marts.behind", "with marts.broken", id="reading what is broken"),
    ],
)
def test_an_asset_that_is_set_aside_cannot_be_tested(graph: Graph, asset: str, why: str) -> None:
    (result,) = results(graph, f"asset: {asset}\nexpect: []")
    assert result.verdict is Verdict.BROKEN
    assert result.message == f"{asset} is set aside {why}: see `freshline validate`"


def test_looking_for_faults_runs_no_asset(graph: Graph) -> None:
    text = (
        "tests:\n  one:\n    asset: marts.checked\n    given: {stg.orders: [{amount: 101}]}\n"
        "    expect: []\n"
    )
    tests = declare_tests("tests/x.yaml", text).tests
    assert faults_of(tests, graph) == ()
    assert run_tests(tests, graph)[0].verdict is Verdict.FAILED


def test_the_database_of_tests_is_closed_to_files(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n", encoding="utf-8")
    engine = SqlEngine(folders=(), threads=1)
    with pytest.raises(ResourceError):
        engine.copy_to_parquet(f"FROM read_csv('{tmp_path / 'x.csv'}')", tmp_path / "y.parquet")
    engine.close()
