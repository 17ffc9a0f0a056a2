"""What a query may call the current versions, and what it is told where there is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import freshline
from freshline.errors import FreshlineError, UsageError
from freshline.notebook import Project

FILES = {
    "freshline.yaml": "project: air\n",
    "sources/raw.yaml": "sources:\n  raw.flights:\n    path: data/flights.csv\n",
    "data/flights.csv": "carrier,delay\nAA,3\nBB,5\n",
    "assets/staging/flights.sql": "SELECT carrier, delay FROM raw.flights\n",
    "assets/staging/airlines.sql": "SELECT 'AA' AS carrier, 'Alpha' AS name\n",
    "assets/staging/late.sql": "/*---\nkind: view\n---*/\nFROM staging.flights WHERE delay > 4\n",
    "assets/marts/air/daily.sql": "SELECT count(*) AS n FROM staging.flights\n",
    "assets/marts/hours.sql": "SELECT 9 AS hour\n",
    "assets/order.sql": "SELECT 1 AS a\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    root = tmp_path_factory.mktemp("air")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    with freshline.open(root) as project:
        assert project.apply().succeeded
        (root / "assets/staging/unbuilt.sql").write_text("SELECT 1 AS x\n", encoding="utf-8")
        (root / "assets/a/b").mkdir(parents=True)
        (root / "assets/a/b/unbuilt.sql").write_text("SELECT 1 AS x\n", encoding="utf-8")
        yield project


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        pytest.param("SELECT max(f.delay) FROM staging.flights f", [(5,)], id="an alias"),
        pytest.param("SELECT max(f.delay) FROM staging.flights AS f", [(5,)], id="an alias by AS"),
        pytest.param(
            "SELECT name, delay FROM staging.flights JOIN staging.airlines USING (carrier)",
            [("Alpha", 3)],
            id="USING",
        ),
        pytest.param(
            "WITH flights AS (FROM staging.flights WHERE delay > 3) SELECT count(*) FROM flights",
            [(1,)],
            id="a CTE called like what it reads",
        ),
        pytest.param(
            "WITH a AS (SELECT 1 AS x) SELECT x FROM a", [(1,)], id="a CTE that reads nothing"
        ),
        pytest.param('SELECT count(*) FROM "staging"."flights"', [(2,)], id="quoted names"),
        pytest.param('SELECT count(*) FROM "staging.flights"', [(2,)], id="a quoted key"),
        pytest.param("SELECT count(*) FROM STAGING.Flights", [(2,)], id="another case"),
        pytest.param("SELECT count(*) FROM staging . flights", [(2,)], id="spaces around a dot"),
        pytest.param('SELECT a FROM "order"', [(1,)], id="a key that is a word of SQL"),
        pytest.param("SELECT n FROM marts.air.daily", [(2,)], id="three segments"),
        pytest.param("SELECT n FROM marts_air.daily", [(2,)], id="three segments as a view"),
        pytest.param(
            "SELECT n, hour FROM marts.air.daily, marts.hours h",
            [(2, 9)],
            id="three segments beside two of the same beginning",
        ),
        pytest.param(
            "SELECT (SELECT max(delay) FROM staging.flights), hour FROM marts.hours"
            " WHERE EXISTS (FROM raw.flights f WHERE f.delay = 5)",
            [(5, 9)],
            id="subqueries",
        ),
        pytest.param("SELECT staging.flights.delay FROM staging.flights LIMIT 1", [(3,)], id="key"),
        pytest.param("SELECT count(*) FROM staging.late", [(1,)], id="a view"),
        pytest.param("SELECT 'staging.unbuilt' AS x", [("staging.unbuilt",)], id="text alone"),
        pytest.param(
            "SELECT unbuilt.delay FROM staging.flights AS unbuilt LIMIT 1",
            [(3,)],
            id="an alias called like what was never built",
        ),
    ],
)
def test_a_query_may_call_a_version_by(
    project: Project, sql: str, rows: list[tuple[object, ...]]
) -> None:
    assert project.query(sql).fetchall() == rows


def test_a_source_can_be_read_by_the_name_of_its_file(project: Project) -> None:
    path = project.root / "data/flights.csv"
    assert project.query(f"SELECT count(*) FROM '{path}'").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("sql", "message", "help"),
    [
        pytest.param(
            "FROM staging.unbuilt u",
            "staging.unbuilt has no rows to read",
            "build it with `freshline apply`",
            id="never built",
        ),
        pytest.param(
            "FROM a.b.unbuilt",
            "a.b.unbuilt has no rows to read",
            "build it with `freshline apply`",
            id="never built, with three segments",
        ),
        pytest.param(
            "FROM staging.flihgts f",
            'there is no asset "staging.flihgts"',
            'did you mean "staging.flights"?',
            id="misspelt",
        ),
        pytest.param(
            "FROM flights",
            'there is no asset "flights"',
            'did you mean "staging.flights"?',
            id="without its schema",
        ),
    ],
)
def test_what_has_no_rows_is_told(project: Project, sql: str, message: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        project.query(sql).fetchall()
    assert (caught.value.message, caught.value.help) == (message, help)


def test_files_that_are_nobodys_cannot_be_read(project: Project, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("x\n1\n", encoding="utf-8")
    with pytest.raises(FreshlineError):
        project.query(f"FROM '{tmp_path}/other.csv'")
