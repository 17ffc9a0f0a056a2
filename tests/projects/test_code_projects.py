"""The example projects whose assets are code: what they make, and what stays apart."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.forked import run

import freshline
from freshline.notebook import Project

PROJECTS = Path(__file__).parents[2] / "projects"
_LEFT_OUT = shutil.ignore_patterns(".freshline", "views*.duckdb")


def copied(name: str, to: Path) -> Path:
    return Path(shutil.copytree(PROJECTS / name, to / name, ignore=_LEFT_OUT))


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Return the flights project with its models made."""
    with freshline.open(copied("flights", tmp_path_factory.mktemp("models"))) as project:
        done = project.apply("models.calibration_chart")
        assert done.succeeded, done
        yield project


def test_the_model_tells_late_flights_from_others(flights: Project) -> None:
    bands = flights.query(
        "SELECT band, expected_percent, late_percent FROM models.calibration ORDER BY band"
    ).fetchall()
    late = [percent for _, _, percent in bands]
    assert len(bands) == 10
    assert late == sorted(late)
    assert late[-1] > 4 * late[0]
    assert all(abs(expected - came) < 12 for _, expected, came in bands)
    assert flights.query("SELECT count(*) FROM models.late_flight_scores").fetchall() == [(84_292,)]


def test_the_chart_is_a_picture(flights: Project) -> None:
    ((name, media_type, head),) = flights.query(
        "SELECT name, media_type, content[1:4] FROM models.calibration_chart"
    ).fetchall()
    assert (name, media_type, head) == ("calibration_chart.png", "image/png", b"\x89PNG")


def test_a_column_that_the_model_does_not_see_trains_nothing_anew(
    flights: Project,
) -> None:
    file = flights.root / "assets/models/features.sql"
    text = file.read_text()
    file.write_text(text.replace("    flight_number,", "    flight_number + 0 AS flight_number,"))
    try:
        done = flights.apply("models.calibration_chart")
        assert done.succeeded, done
        built = {key for key, status in done.status.items() if status.value == "built"}
        assert "models.late_flight" not in built
    finally:
        file.write_text(text)


def history(project: Project, key: str) -> str:
    return run(("history", key), project.root, os.environ).stdout


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Return the project of two teams, built."""
    with freshline.open(copied("two_teams", tmp_path_factory.mktemp("teams"))) as project:
        done = project.apply()
        assert done.succeeded, done
        yield project


def test_each_team_has_its_own_version_of_the_library(teams: Project) -> None:
    told = history(teams, "calendar.days"), history(teams, "forecast.next_year")
    assert "library holidays 0.25" in told[0]
    assert "library holidays 0." in told[1] and "holidays 0.25" not in told[1]
    quiet = teams.query("SELECT holiday FROM forecast.quiet_days LIMIT 3").fetchall()
    assert quiet == [("Thanksgiving Day",), ("Christmas Day",), ("New Year's Day",)]
    known = teams.query("SELECT count(*) FROM calendar.days WHERE holiday IS NOT NULL").fetchall()
    assert known == [(10,)]


def test_a_team_that_breaks_its_code_takes_nobody_else_along(teams: Project) -> None:
    file = teams.root / "assets/forecast/next_year.py"
    text = file.read_text()
    file.write_text("import nothing_of_this_name\n" + text)
    try:
        (problem,) = (p for p in teams.problems if p.severity.value == "error")
        assert (problem.code, problem.asset) == ("E121", "forecast.next_year")
        assert "nothing_of_this_name" in problem.message
        assert str(problem.span) == "assets/forecast/next_year.py:1:1"
        assert teams.status()["calendar.days"] == "fresh"
        assert len(teams.read("forecast.next_year").fetchall()) == 365  # the last good one
    finally:
        file.write_text(text)
