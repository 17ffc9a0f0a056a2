"""Rows that hang on the clock: what is said of them, when they are stale, and who is told."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.running import Running, statuses, steps

from freshline.definitions import CheckKind, CheckSeverity
from freshline.events import CheckResult
from freshline.keys import Target
from freshline.state import Acceptance, TargetState

HOUR, DAY = 3600.0, 86_400.0
CLOCK = "SELECT 1 AS id, now() AS moment"


def world(root: Path, policy: str = "", **files: str) -> Running:
    running = Running(root)
    front = f"/*---\nvolatile: {policy}\n---*/\n" if policy else ""
    running.write(
        {
            "assets/stamp.sql": front + CLOCK,
            "assets/ids.sql": "SELECT id FROM stamp",
            "assets/moments.sql": "SELECT moment FROM stamp",
            **{name.replace("__", "/") + ".sql": text for name, text in files.items()},
        }
    )
    running.apply()
    return running


@pytest.mark.parametrize(
    ("policy", "wait", "stale"),
    [
        pytest.param("", 400 * DAY, False, id="without a policy time is no cause"),
        pytest.param("freeze", 400 * DAY, False, id="what is frozen stays"),
        pytest.param("day", 11 * HOUR, False, id="the day has not ended"),
        pytest.param("day", 13 * HOUR, True, id="the day has ended"),
        pytest.param("hour", 0.9 * HOUR, False, id="the hour has not ended"),
        pytest.param("hour", 1.1 * HOUR, True, id="the hour has ended"),
    ],
)
def test_time_is_a_cause_as_the_policy_says(
    tmp_path: Path, policy: str, wait: float, stale: bool
) -> None:
    running = world(tmp_path, policy)
    assert running.plan().steps == ()
    running.clock.advance(wait)
    found = steps(running.plan())
    assert ("stamp" in found) is stale
    if stale:
        assert found["stamp"].startswith(f"rebuild: the {policy} changed")
        assert statuses(running.apply())["stamp"] == "built"
        assert running.plan().steps == ()


def test_only_readers_of_what_hangs_on_the_clock_follow_it(tmp_path: Path) -> None:
    running = world(tmp_path, "day")
    running.clock.advance(DAY)
    plan = running.plan()
    assert steps(plan).keys() == {"stamp", "moments"}
    assert [fresh.asset for fresh in plan.fresh] == ["ids"]
    assert statuses(running.apply()) == {"stamp": "built", "moments": "built"}
    assert running.plan().steps == ()


def test_an_older_version_of_another_day_is_not_pointed_to_again(tmp_path: Path) -> None:
    running = world(tmp_path, "day")
    text = (tmp_path / "assets/stamp.sql").read_text()
    running.write({"assets/stamp.sql": text.replace("1 AS", "2 AS")})
    running.apply()
    running.write({"assets/stamp.sql": text})
    assert steps(running.plan())["stamp"].startswith("republish")
    running.clock.advance(DAY)
    assert steps(running.plan())["stamp"].startswith("rebuild")
    assert statuses(running.apply())["stamp"] == "built"


def test_a_day_that_becomes_an_hour_is_made_anew_and_the_other_way_round_not(
    tmp_path: Path,
) -> None:
    running = world(tmp_path, "hour")
    text = (tmp_path / "assets/stamp.sql").read_text()
    running.write({"assets/stamp.sql": text.replace("hour", "day")})
    assert running.plan().steps == ()
    running.clock.advance(DAY)
    running.apply()
    running.write({"assets/stamp.sql": text})
    assert steps(running.plan())["stamp"].startswith("rebuild: the hour changed")


def test_who_names_it_gets_it_anew_where_nobody_says_how_it_varies(tmp_path: Path) -> None:
    running = world(tmp_path)
    assert running.plan().steps == ()
    assert steps(running.plan("stamp")) == {
        "stamp": "rebuild: asked for by name: its rows hang on now()"
    }
    assert running.plan("ids").steps == ()
    assert statuses(running.apply("stamp")) == {"stamp": "built"}
    frozen = world(tmp_path / "frozen", "freeze")
    assert frozen.plan("stamp").steps == ()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        pytest.param("SELECT now() AS a", "calls now()", id="the clock"),
        pytest.param("SELECT\n  CURRENT_DATE AS a", "calls current_date", id="a bare word"),
        pytest.param("SELECT random() AS a", "calls random()", id="chance"),
        pytest.param("SELECT a FROM v", "calls now()", id="a view that calls it"),
        pytest.param("SELECT 'now()' AS a -- now()", "", id="text and comments are no calls"),
        pytest.param("SELECT day('2024-01-01'::DATE) AS a", "", id="what only sounds like it"),
        pytest.param("SELECT b AS a FROM v", "", id="a view of which the clock is not read"),
    ],
)
def test_what_varies_is_told_unless_somebody_says_what_is_wanted(
    tmp_path: Path, sql: str, said: str
) -> None:
    running = Running(tmp_path)
    view = "/*---\nkind: view\n---*/\nSELECT now() AS a, 1 AS b"
    running.write({"assets/v.sql": view, "assets/x.sql": sql})
    told = [d for d in running.graph().diagnostics if d.code == "W511"]
    assert [d.asset for d in told] == (["x"] if said else [])
    assert all(said in d.message for d in told)
    if said and "FROM v" not in sql:
        place = told[0].span
        assert place is not None
        word = sql.split("\n")[place.line - 1][place.column - 1 :][: place.length]
        assert word.lower() in said
    running.write({"assets/_folder.yaml": "volatile: freeze\n"})
    assert not [d for d in running.graph().diagnostics if d.code == "W511"]


@pytest.mark.parametrize(
    ("view", "own", "holds"),
    [
        pytest.param("hour", "", "hour", id="that of the view"),
        pytest.param("hour", "day", "day", id="its own before that of the view"),
        pytest.param("", "", None, id="nobody says anything"),
    ],
)
def test_readers_of_a_view_take_over_what_is_said_of_it(
    tmp_path: Path, view: str, own: str, holds: str | None
) -> None:
    running = Running(tmp_path)
    said = f"volatile: {view}\n" if view else ""
    front = f"/*---\nvolatile: {own}\n---*/\n" if own else ""
    running.write(
        {
            "assets/v.sql": f"/*---\nkind: view\n{said}---*/\nSELECT now() AS a",
            "assets/x.sql": f"{front}SELECT a FROM v",
        }
    )
    assert running.graph().assets["x"].volatile == holds


CHECKED = """/*---
checks:
  - name: early
    sql: SELECT * FROM ${this} WHERE moment > now()
  - name: few
    sql: SELECT * FROM ${this} WHERE id > 3
---*/
SELECT 1 AS id, TIMESTAMPTZ '2020-01-01' AS moment"""


def test_an_answer_that_hangs_on_the_clock_holds_for_the_hour(tmp_path: Path) -> None:
    running = Running(tmp_path)
    running.write({"assets/x.sql": CHECKED})
    running.apply()
    assert running.plan().steps == ()
    running.clock.advance(2 * HOUR)
    assert steps(running.plan()) == {"x": "check: not run in this hour: early"}
    assert statuses(running.apply()) == {"x": "checked"}
    assert running.plan().steps == ()


def test_checks_of_a_view_that_reads_the_clock_hold_for_the_hour_too(tmp_path: Path) -> None:
    running = Running(tmp_path)
    front = "/*---\nkind: view\nchecks:\n  - rows: [1, null]\n---*/\n"
    running.write({"assets/v.sql": f"{front}SELECT now() AS a"})
    running.apply()
    assert running.plan().steps == ()
    running.clock.advance(2 * HOUR)
    assert steps(running.plan()) == {"v": "check: not run in this hour: rows"}


def test_what_was_accepted_stays_accepted_when_the_hour_ends() -> None:
    noon = CheckResult(
        name="late",
        kind=CheckKind.SQL,
        severity=CheckSeverity.BLOCK,
        check="c",
        contents=("rows", "hour 2023-11-15T12"),
        failing=1,
    )
    taken = Acceptance(
        name="late", check="c", contents=noon.contents, actor="ada", reason="known", at=1.0
    )
    known = TargetState(target=Target("p", "main", "x"), accepted=(taken,))
    assert known.accepts(replace(noon, contents=("rows", "hour 2023-11-15T13")))
    assert not known.accepts(replace(noon, contents=("other rows", "hour 2023-11-15T12")))
