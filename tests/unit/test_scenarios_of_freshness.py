"""What people may count on of staleness, checks and age: one short play for each sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.coding import Coding, code_asset
from tests.unit.running import Running, statuses, steps
from tests.unit.scenes import MANUAL, pair, stage
from tests.unit.test_moments import at

from freshline.operate.freshness import age
from freshline.operate.scene import Standing
from freshline.refresh import Freshness

Play = Callable[[Path], None]
PLAYS: dict[str, Play] = {}
HOUR, DAY = 3600.0, 86_400.0
SOURCE = "sources:\n  raw.orders: {path: o.csv}\n"
CHECK = "checks:\n  - {name: few, sql: SELECT * FROM a.one WHERE id > 2, severity: SEVERITY}\n"
ONE = "sql: SELECT id, amount FROM raw.orders\n"


def play(sentence: str) -> Callable[[Play], Play]:
    """Enter a play under its sentence."""

    def enter(function: Play) -> Play:
        assert sentence not in PLAYS
        PLAYS[sentence] = function
        return function

    return enter


def project(root: Path, one: str = ONE) -> Running:
    """Return a project in which two reads one, and one reads a source."""
    found = Running(root=root)
    found.write(
        {
            "sources/raw.yaml": SOURCE,
            "o.csv": "id,amount\n1,10\n2,20\n",
            "assets/a/one.yaml": one,
            "assets/a/two.sql": "SELECT id FROM a.one\n",
        }
    )
    return found


@play("the same asset built again by the same code leaves its reader fresh")
def same_again(_: Path) -> None:
    world = pair()
    world.build("a", "same")
    assert world.go() == ("b",)
    world.build("a", "same")
    assert world.tick() == ()
    assert world.plan().steps == ()


@play("an input that is added or taken away makes stale")
def other_inputs(_: Path) -> None:
    world = stage({"a": (), "x": (), "b": ("a",)}, a=MANUAL, x=MANUAL).build_all()
    world.plots["b"].reads = ("a", "x")
    assert world.go() == ("b",)
    world.plots["b"].reads = ("x",)
    world.plots["b"].text = "2"
    assert world.go() == ("b",)


@play("content that went and came back before anybody looked is nothing new")
def came_back(_: Path) -> None:
    world = pair()
    world.build("a", "1")
    assert world.go() == ("b",)
    world.build("a", "2")
    world.build("a", "1")
    assert world.tick() == ()


@play("content that went and came back leaves a version to point to again")
def pointed_back(root: Path) -> None:
    found = project(root)
    before = "id,amount\n1,10\n2,20\n"
    found.apply()
    found.write({"o.csv": "id,amount\n1,10\n"})
    found.apply()
    found.write({"o.csv": before})
    assert set(statuses(found.apply()).values()) <= {"republished", "verified"}
    assert found.rows("a.two") == [(1,), (2,)]
    assert found.plan().steps == ()


@play("a source that is first looked at makes what was built before stale, and the same later not")
def observed(root: Path) -> None:
    found = project(root)
    found.apply()
    (root / "o.csv").touch()
    assert steps(found.plan()) == {}
    found.write({"o.csv": "id,amount\n1,11\n2,20\n"})
    assert statuses(found.apply()) == {"a.one": "built", "a.two": "verified"}


@pytest.mark.parametrize(
    ("rows", "severity", "one", "two"),
    [
        ("1,10\n", "block", "built", "built"),
        ("1,10\n", "warn", "built", "built"),
        ("3,30\n", "block", "failed", "skipped"),
        ("3,30\n", "warn", "built", "built"),
    ],
    ids=[
        "a blocking check that passes lets everything through",
        "a check that only warns does when it passes",
        "a blocking check that fails publishes nothing and stops the reader",
        "a check that only warns does when it fails too",
    ],
)
def test_of_checks(rows: str, severity: str, one: str, two: str, tmp_path: Path) -> None:
    found = project(tmp_path, ONE + CHECK.replace("SEVERITY", severity))
    found.write({"o.csv": f"id,amount\n{rows}"})
    assert statuses(found.apply()) == {"a.one": one, "a.two": two}


@pytest.mark.parametrize(
    ("severity", "one", "two"),
    [("block", "failed", "skipped"), ("warn", "built", "built")],
    ids=[
        "a blocking check that cannot be worked out stops like one that fails",
        "a check that only warns and cannot be worked out stops nothing",
    ],
)
def test_of_checks_that_raise(severity: str, one: str, two: str, tmp_path: Path) -> None:
    raising = CHECK.replace("id > 2", "CAST(amount AS INTEGER) > 2").replace("SEVERITY", severity)
    found = project(tmp_path, ONE + raising)
    found.write({"o.csv": "id,amount\n1,much\n"})
    applied = found.apply()
    assert statuses(applied) == {"a.one": one, "a.two": two}
    assert applied.report is not None
    assert applied.report.outcome.value == ("failed" if one == "failed" else "succeeded")


@play("an output that code leaves out is not published, and its run succeeds")
def left_out(root: Path) -> None:
    found = Coding(root)
    found.write({})
    outputs = (("small", "ml.small"), ("large", "ml.large"))
    for name, key in outputs:
        found.declare(
            code_asset(
                key, function="split", output=name, outputs=outputs, optional=name == "large"
            ),
            lambda given: {"small": "SELECT 1 AS x"},
        )
    applied = found.apply()
    assert applied.report is not None and applied.report.outcome.value == "succeeded"
    assert found.status(applied) == {"ml.small": "built", "ml.large": "verified"}
    assert found.running.known("ml.large").build is None


@play("an age of half a day warns, of a whole day fails, and of nothing nobody knows")
def by_age(_: Path) -> None:
    wanted = Freshness(fail=DAY, warn=DAY / 2)
    found = [age(wanted, 0.0, hours * HOUR).standing for hours in (11, 12, 24)]
    assert found == [Standing.PASSES, Standing.WARNS, Standing.FAILS]
    assert age(wanted, None, DAY).standing is Standing.UNKNOWN


@play("by a deadline counts what is there then, what comes later mends it, before it yesterday's")
def by_a_deadline(_: Path) -> None:
    wanted = Freshness(fail=HOUR, by="0 9 * * *")
    expected = {
        ("08:30", "09:00"): Standing.PASSES,
        ("07:30", "09:00"): Standing.FAILS,
        ("09:30", "09:30"): Standing.PASSES,
        ("07:30", "08:59"): Standing.PASSES,
    }
    for (landed, now), standing in expected.items():
        found = age(wanted, at(f"2026-03-09T{landed}"), at(f"2026-03-09T{now}"))
        assert found.standing is standing, (landed, now)


@pytest.mark.parametrize("sentence", PLAYS, ids=PLAYS)
def test_people_may_count_on_it(sentence: str, tmp_path: Path) -> None:
    PLAYS[sentence](tmp_path)
