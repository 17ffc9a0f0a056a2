"""Two projects that know each other by a path: what one publishes moves the other."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import freshline
from freshline.cli.compose import automation_in, event_log
from freshline.operate.sensors import memory_name, read
from freshline.ticks import Mover, Tick, TickOutcome

PROJECTS = Path(__file__).parents[2] / "projects"
SENSOR = "forecast_is_out"
LONG = 60.0
# As the forecast team's function makes it, but from no library that would have to be installed.
FORECAST = """
SELECT DATE '2014-01-01' + i::INTEGER AS flight_date,
    CASE WHEN i = 0 THEN 'New Year''s Day' END AS holiday,
    700 + i AS flights
FROM range(30) AS days(i)
"""


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    """Return a folder with both projects, built."""
    ignored = shutil.ignore_patterns(".freshline", "views*.duckdb")
    for name in ("two_teams", "staffing"):
        shutil.copytree(PROJECTS / name, tmp_path / name, ignore=ignored)
    forecast = tmp_path / "two_teams/assets/forecast"
    (forecast / "next_year.py").unlink()
    (forecast / "next_year.sql").write_text(FORECAST)
    shutil.rmtree(tmp_path / "two_teams/assets/calendar")
    (tmp_path / "two_teams/freshline.yaml").write_text("project: two_teams\n")
    sensor = tmp_path / "staffing/sensors/forecast.yaml"
    sensor.write_text(sensor.read_text().replace("every: 10s", "every: 1s"))
    for name in ("two_teams", "staffing"):
        with freshline.open(tmp_path / name) as project:
            assert project.apply().succeeded
    return tmp_path


@contextmanager
def daemon(root: Path) -> Generator[None]:
    command = [sys.executable, "-m", "freshline", "-p", str(root), "daemon"]
    with (root / "daemon.log").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def until(there: Callable[[], bool], what: str) -> None:
    """Wait until something is there, as long as anybody would."""
    end = time.monotonic() + LONG
    while not there():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def ticks(root: Path) -> tuple[Tick, ...]:
    with closing(event_log(root)) as log:
        found = automation_in(log).ticks("staffing", "main", mover=Mover.SENSOR, name=SENSOR)
    return tuple(reversed(found))


def has_begun(root: Path) -> bool:
    """Say whether the sensor knows what it begins with."""
    with closing(event_log(root)) as log:
        memories = automation_in(log).memories("staffing", "main")
    return any(each.shown for each in read(memories.get(memory_name(SENSOR))).cursors.values())


def firings(root: Path) -> tuple[Tick, ...]:
    return tuple(each for each in ticks(root) if each.outcome is TickOutcome.REQUESTED)


def days(root: Path) -> int:
    with freshline.open(root) as project:
        ((count,),) = project.query("SELECT count(*) FROM plans.days_off").fetchall()
    return int(count)


def publish(root: Path, old: str, new: str) -> None:
    """Have the other team publish another version of what it makes."""
    file = root / "assets/forecast/quiet_days.sql"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with freshline.open(root) as project:
        assert project.apply().succeeded


def test_what_one_project_publishes_moves_the_other_when_it_is_what_its_sensor_waits_for(
    root: Path,
) -> None:
    ours, theirs = root / "staffing", root / "two_teams"
    assert days(ours) == 9
    with daemon(ours):
        until(lambda: has_begun(ours), "the first look")
        publish(theirs, "weekday, holiday,", "weekday, upper(holiday) AS holiday,")
        publish(theirs, "LIMIT 10", "LIMIT 12")
        until(lambda: days(ours) == 11, "the plan for the new days")
    (fired,) = firings(ours)
    assert fired.why.startswith("catalog://two_teams/forecast.quiet_days (flight_date, flights) of")
    with closing(event_log(ours)) as log:
        runs = log.runs("staffing")
    assert runs[0].event.run == fired.run
    assert len(runs) == 2
