"""`up` keeps a project fresh: its daemon is begun again, ends with it, and follows edits."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from tests.durability.daemons import daemon, until
from tests.durability.project import freshline, write_project

from freshline.codec import decode
from freshline.events import RunStarted
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog

_UP = ("up", "--port", "0")
_FLIGHTS = Path(__file__).parents[2] / "projects/flights"


def leader(root: Path) -> int:
    """Return the process of the daemon that leads, once there is one."""
    found = until(root, lambda now: now.leader is not None).leader
    assert found is not None
    return found.pid


def definitions(root: Path) -> dict[str, object]:
    """Return what is kept of broken definitions, nothing where they are in order."""
    log = SqliteEventLog(root / ".freshline/catalog.db")
    try:
        text = SqliteAutomation(log).memories("shop", "main").get("definitions", "{}")
    finally:
        log.close()
    return decode(text, dict[str, object])


def test_up_builds_what_is_missing_and_its_daemon_is_begun_again(tmp_path: Path) -> None:
    write_project(tmp_path)
    with daemon(tmp_path, words=_UP):
        until(tmp_path, lambda now: now.outcomes == ["succeeded"])
        first = leader(tmp_path)
        os.kill(first, signal.SIGKILL)
        until(tmp_path, lambda now: now.leader is not None and now.leader.pid != first)
        (tmp_path / "data/orders.csv").write_text("id\n1\n2\n")
        found = until(tmp_path, lambda now: len(now.outcomes) == 2)
    assert [run.actor for run in found.of(RunStarted)] == ["reconciler", "reconciler"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "kill -9"])
def test_a_daemon_ends_with_its_up(number: int, tmp_path: Path) -> None:
    write_project(tmp_path)
    with daemon(tmp_path, words=_UP) as process:
        leader(tmp_path)
        process.send_signal(number)
        process.wait()
        until(tmp_path, lambda now: now.leader is None)


@pytest.mark.parametrize(
    "words", [("up", "--port", "0", "--no-daemon"), ("up", "--port", "0", "--read-only")], ids=str
)
def test_pages_alone_build_nothing(words: tuple[str, ...], tmp_path: Path) -> None:
    write_project(tmp_path)
    with daemon(tmp_path, words=words) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
        with daemon(tmp_path):  # it leads at once: there is nobody else
            until(tmp_path, lambda now: now.leader is not None)
    assert "Ctrl-C ends it\n" in said


def test_a_broken_edit_is_set_aside_and_a_broken_project_keeps_the_last_good_one(
    tmp_path: Path,
) -> None:
    write_project(tmp_path)
    project, asset = tmp_path / "freshline.yaml", tmp_path / "assets/mart/total.sql"
    good = asset.read_text()
    with daemon(tmp_path):
        until(tmp_path, lambda now: now.outcomes == ["succeeded"])
        asset.write_text("SELECT sum(nothing) AS amount FROM mart.joined\n")
        told = until(tmp_path, lambda now: now.ticks[0].name == "definitions").ticks[0]
        assert told.why == "1 error in the definitions: what hangs on them is set aside"
        assert definitions(tmp_path)["is_old"] is False
        asset.write_text(good)
        until(tmp_path, lambda now: now.ticks[0].why == "the definitions are in order again")
        project.write_text("project: [\n")
        until(tmp_path, lambda now: "those before are in force" in now.ticks[0].why)
        assert definitions(tmp_path)["is_old"] is True
        project.write_text("project: shop\n")
        until(tmp_path, lambda now: now.ticks[0].why == "the definitions are in order again")
        (tmp_path / "data/orders.csv").write_text("id\n1\n2\n")
        found = until(tmp_path, lambda now: len(now.outcomes) == 2)
    assert found.outcomes == ["succeeded", "succeeded"]


def test_a_persons_apply_and_the_daemon_do_the_work_of_one(tmp_path: Path) -> None:
    write_project(tmp_path)
    with daemon(tmp_path):
        until(tmp_path, lambda now: now.outcomes == ["succeeded"])
        (tmp_path / "data/orders.csv").write_text("id\n1\n2\n")
        assert freshline(tmp_path, "apply").returncode == 0
        (tmp_path / "data/orders.csv").write_text("id\n1\n2\n3\n")
        found = until(tmp_path, lambda now: ("stg.orders", 3) in now.versions)
    numbers = [number for asset, number in found.versions if asset == "stg.orders"]
    assert numbers == [1, 2, 3]


def test_a_new_month_of_flights_refreshes_what_reads_it(tmp_path: Path) -> None:
    root = tmp_path / "flights"
    shutil.copytree(_FLIGHTS, root, ignore=shutil.ignore_patterns(".freshline", "models"))
    december = root / "data/flights/2013-12.parquet"
    kept = december.rename(tmp_path / december.name)
    with daemon(root, words=_UP):
        before = until(root, lambda now: len(now.outcomes) == 1)
        shutil.copy(kept, december)
        found = until(root, lambda now: ("marts.months", 1) in now.versions)
    # One mart says that a year has twelve months: with eleven it is held back.
    assert before.outcomes == ["failed"]
    again = {asset for asset, _ in found.versions[len(before.versions) :]}
    assert {"staging.flights", "marts.months", "marts.carriers"} <= again
    assert "staging.weather" not in again
