"""Another team's data: the current version of an asset of another project, read as a source."""

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from freshline.cli.bringing import bring
from freshline.cli.by_command import CommandEngine
from freshline.cli.main import freshline
from freshline.declare.brought import brought
from freshline.declare.files import list_files
from freshline.lineage.cache import has_lost, kept, looks_unchanged, stamps_of_data

FOLDER = ".freshline/catalogs/finance/marts.rates"
RATES = "SELECT day, rate, rate * 2 AS twice FROM raw.rates"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def teams(tmp_path: Path) -> Path:
    """Return a folder with two projects: what finance makes, sales reads."""
    write(tmp_path / "finance/freshline.yaml", "project: finance\nenvironments: {main: , old: }\n")
    write(tmp_path / "finance/data/rates.csv", "day,rate\n2024-01-01,1.5\n2024-01-02,1.7\n")
    write(tmp_path / "finance/sources/raw.yaml", "sources: {raw.rates: {path: data/rates.csv}}\n")
    write(tmp_path / "finance/assets/marts/rates.sql", RATES)
    write(tmp_path / "sales/freshline.yaml", "project: sales\ncatalogs: {finance: ../finance}\n")
    write(
        tmp_path / "sales/sources/fin.yaml",
        "sources: {fin.rates: {catalog: finance, asset: marts.rates}}\n",
    )
    write(tmp_path / "sales/assets/mean.sql", "SELECT avg(rate) AS mean FROM fin.rates")
    write(tmp_path / "sales/assets/alone.sql", "SELECT 1 AS one")
    return tmp_path


def told(project: Path, *words: str) -> Result:
    return CliRunner().invoke(
        freshline, ["-p", str(project), *words], standalone_mode=False, catch_exceptions=True
    )


def steps(project: Path) -> dict[str, str]:
    plan = json.loads(told(project, "plan", "--json").stdout)
    return {step["asset"]: step["action"] for step in plan["steps"]}


def mean(project: Path) -> str:
    return told(project, "query", "SELECT mean FROM mean", "--format", "csv").stdout.split()[1]


def test_what_another_project_made_is_read_as_it_is_there_now(teams: Path) -> None:
    told(teams / "finance", "apply")
    told(teams / "sales", "apply")

    assert mean(teams / "sales") == "1.6"
    write(teams / "finance/data/rates.csv", "day,rate\n2024-01-01,1.5\n2024-01-02,2.5\n")
    told(teams / "finance", "apply")
    assert steps(teams / "sales") == {"mean": "recheck"}
    told(teams / "sales", "apply")
    assert mean(teams / "sales") == "2.0"
    assert steps(teams / "sales") == {}


def test_only_the_columns_that_are_read_count(teams: Path) -> None:
    told(teams / "finance", "apply")
    told(teams / "sales", "apply")
    before = told(teams / "sales", "history", "mean", "--json").stdout

    write(teams / "finance/assets/marts/rates.sql", RATES.replace("* 2", "* 3"))
    told(teams / "finance", "apply")
    told(teams / "sales", "apply")

    assert told(teams / "sales", "history", "mean", "--json").stdout == before


def test_what_was_never_built_there_sets_its_readers_aside_and_nobody_else(teams: Path) -> None:
    result = told(teams / "sales", "plan", "--json")

    plan = json.loads(result.stdout)
    assert {each["asset"]: each["code"] for each in plan["quarantined"]} == {
        "fin.rates": "E307",
        "mean": "E208",
    }
    assert [step["asset"] for step in plan["steps"]] == ["alone"]
    assert [problem["message"] for problem in plan["problems"]] == [
        'marts.rates of the catalog "finance": it has never been built there'
    ]


def test_a_catalog_that_cannot_be_asked_makes_nothing_fresh(teams: Path) -> None:
    told(teams / "finance", "apply")
    told(teams / "sales", "apply")
    shutil.move(teams / "finance", teams / "gone")

    plan = json.loads(told(teams / "sales", "plan", "--json").stdout)
    assert [fresh["asset"] for fresh in plan["fresh"]] == ["alone"]
    (problem,) = plan["problems"]
    assert re.fullmatch(
        'marts.rates of the catalog "finance": there is no project at ../finance;'
        r" unknown since [0-9: -]{16} UTC, when it was version 1",
        problem["message"],
    )
    assert mean(teams / "sales") == "1.6", "what was built can still be read"
    word = brought(teams / "sales", FOLDER)
    assert word is not None and word.since is not None

    shutil.move(teams / "gone", teams / "finance")
    assert steps(teams / "sales") == {}


def test_the_other_side_may_remove_what_is_read_here(teams: Path) -> None:
    told(teams / "finance", "apply")
    told(teams / "sales", "plan")
    shutil.rmtree(teams / "finance/.freshline/lake/data", ignore_errors=True)

    files = list((teams / "sales" / FOLDER).glob("*.parquet"))
    rows = told(teams / "sales", "query", "SELECT count(*) AS n FROM fin.rates", "--format", "csv")
    assert len(files) == 1
    assert rows.stdout.split() == ["n", "2"]


def test_versions_are_linked_and_not_copied(teams: Path) -> None:
    told(teams / "finance", "apply")
    told(teams / "sales", "plan")

    (file,) = (teams / "sales" / FOLDER).glob("*.parquet")
    assert os.stat(file).st_nlink > 1


def test_what_took_the_place_of_an_older_file_leaves_it_to_runs_under_way(teams: Path) -> None:
    told(teams / "finance", "apply")
    told(teams / "sales", "plan")
    write(teams / "finance/data/rates.csv", "day,rate\n2024-01-01,9\n")
    told(teams / "finance", "apply")
    told(teams / "sales", "plan")

    word = brought(teams / "sales", FOLDER)
    assert word is not None and word.number == 2
    assert len(word.older) == 1
    assert len(list((teams / "sales" / FOLDER).glob("*.parquet"))) == 2


@pytest.mark.parametrize(
    ("catalogs", "why"),
    [
        pytest.param(
            "{finance: {path: ../finance, environment: prod}}",
            'it has no environment "prod", only main, old',
            id="an environment that is not there",
        ),
        pytest.param(
            "{finance: {path: ../finance, environment: old}}",
            "it has never been built there",
            id="an environment in which it was not built",
        ),
        pytest.param(
            "{finance: ../sales/assets}", "there is no project at ../sales/assets", id="no project"
        ),
    ],
)
def test_why_it_cannot_be_had_is_said_in_a_sentence(teams: Path, catalogs: str, why: str) -> None:
    told(teams / "finance", "apply")
    write(teams / "sales/freshline.yaml", f"project: sales\ncatalogs: {catalogs}\n")

    plan = json.loads(told(teams / "sales", "plan", "--json").stdout)
    assert [p["message"] for p in plan["problems"]] == [
        f'marts.rates of the catalog "finance": {why}'
    ]


def test_whoever_looks_at_files_notices_that_it_can_be_had_again(teams: Path) -> None:
    told(teams / "sales", "plan")
    engine = CommandEngine(teams / "sales", "main")
    try:
        before = engine.survey().stamp
        assert engine.stamp() == before
        told(teams / "finance", "apply")
        told(teams / "sales", "plan")
        assert engine.stamp() != before
        assert teams / "sales" / FOLDER in engine.folders()
    finally:
        engine.close()


def test_a_view_of_another_project_is_refused_with_what_to_do(teams: Path) -> None:
    write(teams / "finance/assets/marts/rates.sql", f"/*---\nkind: view\n---*/\n{RATES}")
    told(teams / "finance", "apply")

    plan = json.loads(told(teams / "sales", "plan", "--json").stdout)
    assert "it is a view there, and kept nowhere" in plan["problems"][0]["message"]


def test_it_is_shown_where_a_source_comes_from(teams: Path) -> None:
    told(teams / "finance", "apply")

    shown = told(teams / "sales", "show", "fin.rates").stdout
    assert "marts.rates of the catalog finance" in shown


def test_a_catalog_that_is_lost_while_a_graph_is_made_is_missed_by_the_next(teams: Path) -> None:
    told(teams / "finance", "apply")
    told(teams / "sales", "apply")
    sales = teams / "sales"
    root, files = sales, list_files(sales)
    kept_graph = kept(root, None, root / ".freshline/cache")
    assert kept_graph is not None
    shutil.move(teams / "finance", teams / "gone")
    (source,) = kept_graph.graph.sources.values()
    bring(root, kept_graph.graph.project, [source.definition])

    lost = replace(kept_graph, data=tuple(stamps_of_data(root, kept_graph.graph)))
    assert has_lost(lost)
    assert not looks_unchanged(root, lost, files)
