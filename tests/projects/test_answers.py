"""What the example projects say is true, and Freshline computes what DuckDB alone computes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from tests.bench.plain import to_look_at
from tests.forked import run

ROOT = Path(__file__).parents[2]
FLOOR = ROOT / "tests" / "bench" / "floor.py"


def built(project: str, folder: Path) -> Path:
    """Build a project without Freshline; return the folder of its assets' files."""
    root = to_look_at() if project == "flights" else ROOT / "projects" / project
    for command in (["compile", str(root)], ["run"]):
        subprocess.run([sys.executable, str(FLOOR), *command, str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("flights", tmp_path_factory.mktemp("flights"))


# question, the query with {} for the folder of files, the answer
ANSWERS: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "every flight that arrived as a row is kept": (
        "SELECT count(*), count(*) FILTER (status = 'cancelled'),"
        " count(*) FILTER (status = 'diverted') FROM '{}/staging.flights.parquet'",
        [(336_776, 8_255, 1_175)],
    ),
    "no flight is lost for want of an airline": (
        "SELECT sum(flights)::BIGINT FROM '{}/marts.carriers.parquet'",
        [(336_776,)],
    ),
    "each flight leaves one airport and goes to one": (
        "SELECT direction, sum(flights)::BIGINT FROM '{}/marts.airports.parquet'"
        " GROUP BY ALL ORDER BY ALL",
        [("from", 336_776), ("to", 336_776)],
    ),
    "Alaska leads, Mesa closes the list": (
        "SELECT airline, on_time_percent FROM '{}/marts.carriers.parquet'"
        " WHERE rank IN (1, 14) ORDER BY rank",
        [("Alaska Airlines", 84.7), ("Mesa Airlines", 60.7)],
    ),
    "a handful of flights gets no rank": (
        "SELECT airline FROM '{}/marts.carriers.parquet' WHERE rank IS NULL ORDER BY airline",
        [("Hawaiian Airlines",), ("SkyWest Airlines",)],
    ),
    "Newark keeps people waiting, La Guardia cancels": (
        "SELECT airport, on_time_percent, cancelled_percent FROM '{}/marts.airports.parquet'"
        " WHERE direction = 'from' ORDER BY on_time_percent",
        [("EWR", 72.7, 2.7), ("JFK", 77.3, 1.7), ("LGA", 78.1, 3.0)],
    ),
    "September was best, December worst": (
        "SELECT month(month), on_time_percent FROM '{}/marts.months.parquet'"
        " ORDER BY on_time_percent LIMIT 1",
        [(12, 63.8)],
    ),
    "the worst day of all was the eighth of March": (
        "SELECT worst_day::VARCHAR, worst_day_on_time_percent FROM '{}/marts.months.parquet'"
        " ORDER BY worst_day_on_time_percent LIMIT 1",
        [("2013-03-08", 17.0)],
    ),
    "who leaves early leaves on time": (
        "SELECT hour, left_on_time_percent FROM '{}/marts.hours.parquet'"
        " WHERE hour IN (6, 21) ORDER BY hour",
        [(6, 90.7), (21, 59.8)],
    ),
    "from JFK to Los Angeles Delta is best of five": (
        "SELECT origin, destination, airlines, best_airline FROM '{}/marts.routes.parquet'"
        " ORDER BY flights DESC LIMIT 1",
        [("JFK", "LAX", 5, "Delta Air Lines")],
    ),
    "nine flights of ten leave under a fair sky": (
        "SELECT flights_percent, left_on_time_percent FROM '{}/marts.weather.parquet'"
        " WHERE weather = 'fair'",
        [(90.8, 77.7)],
    ),
    "old aircraft are not to blame": (
        "SELECT decade, on_time_percent FROM '{}/marts.aircraft.parquet'"
        " WHERE decade IN ('1980s', '2000s') ORDER BY decade",
        [("1980s", 78.4), ("2000s", 72.7)],
    ),
    "nobody flew in an aircraft from before the jets": (
        "SELECT min(built_in), count(*) FROM '{}/staging.aircraft.parquet'",
        [(1975, 3_279)],
    ),
    "Delta has the oldest fleet and is punctual all the same": (
        "SELECT airline, average_age, on_time_percent FROM '{}/marts.fleets.parquet'"
        " ORDER BY average_age DESC NULLS LAST LIMIT 1",
        [("Delta Air Lines", 17.7, 80.3)],
    ),
    "of two airlines' fleets too little is known for an age": (
        "SELECT airline FROM '{}/marts.fleets.parquet' WHERE average_age IS NULL ORDER BY airline",
        [("American Airlines",), ("Envoy Air",)],
    ),
    "what holds Newark back is not what holds United back there": (
        "SELECT airline, points_above FROM '{}/marts.carriers_by_airport.parquet'"
        " WHERE origin = 'EWR' AND share_percent > 30 ORDER BY points_above",
        [("ExpressJet Airlines", -8.3), ("United Air Lines", 5.0)],
    ),
    "each day of the year is there, and its flights are all flights": (
        "SELECT count(*), sum(flights)::BIGINT FROM '{}/marts.days.parquet'",
        [(365, 336_776)],
    ),
    "on each of the ten worst days one could not see farther than a mile for an hour": (
        "SELECT count(*), max(least_visibility) FROM '{}/marts.worst_days.parquet'",
        [(10, 1.0)],
    ),
    "the blizzard of February cancelled half of a day's flights": (
        "SELECT cancelled_percent FROM '{}/marts.worst_days.parquet'"
        " WHERE flight_date = DATE '2013-02-08'",
        [(50.8,)],
    ),
    "Saturday is best, Thursday worst": (
        "SELECT first(name ORDER BY on_time_percent DESC), first(name ORDER BY on_time_percent)"
        " FROM '{}/marts.weekdays.parquet'",
        [("Saturday", "Thursday")],
    ),
    "a long flight makes good what a short one cannot": (
        "SELECT from_miles, saved_percent FROM '{}/marts.in_the_air.parquet'"
        " WHERE from_miles IN (0, 2000) ORDER BY from_miles",
        [(0, 14.8), (2000, 31.4)],
    ),
}


@pytest.mark.parametrize(("query", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_flights_answer(flights: Path, query: str, answer: list[tuple[object, ...]]) -> None:
    assert duckdb.execute(query.format(flights)).fetchall() == answer


def test_the_quickstart_counts_no_cancelled_order(tmp_path: Path) -> None:
    folder = built("quickstart", tmp_path)
    sold = duckdb.execute(
        f"SELECT sum(orders)::BIGINT, sum(revenue)::DOUBLE FROM '{folder}/marts.daily.parquet'"
    ).fetchall()
    each = duckdb.execute(
        f"SELECT sum(orders)::BIGINT, sum(revenue)::DOUBLE FROM '{folder}/marts.customers.parquet'"
    ).fetchall()
    assert sold == each == [(18, 2190.25)]


def freshline(project: Path, *words: str) -> int:
    return run(("-p", str(project), *words), project, os.environ, timeout=120).returncode


@pytest.mark.parametrize("name", ["flights", "quickstart"])
def test_freshline_builds_what_duckdb_alone_builds(name: str, tmp_path: Path) -> None:
    project, folder = tmp_path / name, built(name, tmp_path / "floor")
    left_behind = shutil.ignore_patterns(".freshline", "views.duckdb")
    root = to_look_at() if name == "flights" else ROOT / "projects" / name
    shutil.copytree(root, project, ignore=left_behind)
    assert freshline(project, "apply", "--yes") == 0
    assert freshline(project, "plan", "--detailed-exitcode") == 0

    expected = {file.stem: f"'{file}'" for file in sorted(folder.glob("*.parquet"))}
    with duckdb.connect(str(project / "views.duckdb"), read_only=True) as views:
        differences = {
            key: views.execute(
                f"SELECT count(*) FROM ((FROM {key} EXCEPT ALL FROM {file})"
                f" UNION ALL (FROM {file} EXCEPT ALL FROM {key}))"
            ).fetchall()
            for key, file in expected.items()
        }
    assert differences == {key: [(0,)] for key in expected}
