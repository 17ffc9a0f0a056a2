"""Inputs that SQL can do without: empty while they are not there, read as soon as they are."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.running import Running, statuses, steps

from freshline.events import Paused, Resumed
from freshline.execute.run import Run, Status
from freshline.keys import Target
from freshline.testing.memory_log import MemoryEventLog

ORDERS = "id,amount\n1,10\n2,20\n"
ALL = """sql: |
  SELECT o.id, o.amount, r.rate, (SELECT count(*) FROM a.rates) AS known
  FROM raw.orders AS o LEFT JOIN a.rates AS r ON r.id = o.id
inputs: {a.rates: {optional: true}}
"""
FILES = {
    "sources/raw.yaml": "sources:\n  raw.orders: {path: o.csv}\n  raw.rates: {path: r.csv}\n",
    "o.csv": ORDERS,
    "r.csv": "id,rate\n1,much\n",
    "assets/a/rates.sql": "SELECT id, CAST(rate AS DOUBLE) AS rate FROM raw.rates\n",
    "assets/a/all.yaml": ALL,
    "assets/a/below.sql": "SELECT id, rate FROM a.all\n",
    "assets/a/strict.sql": "SELECT rate FROM a.rates\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Running:
    found = Running(root=tmp_path)
    found.write(FILES)
    return found


def wish(project: Running, *events: Paused | Resumed) -> None:
    log = MemoryEventLog(project.ledger)
    log.append(events)
    log.close()


def pause(project: Running, key: str) -> None:
    target = Target("p", "main", key)
    wish(project, Paused(at=project.clock.now(), target=target, actor="ada", reason="", run=""))


def test_one_that_fails_before_it_was_ever_built_is_empty(project: Running) -> None:
    assert statuses(project.apply()) == {
        "a.rates": "failed",
        "a.strict": "skipped",
        "a.all": "built",
        "a.below": "built",
    }
    assert project.rows("a.all") == [(1, 10, None, 0), (2, 20, None, 0)]


def test_once_it_is_there_it_is_read(project: Running) -> None:
    project.apply()
    project.write({"r.csv": "id,rate\n1,1.5\n"})
    plan = project.plan()
    assert steps(plan)["a.all"] == "recheck: if a.rates changes"
    assert statuses(project.apply()) == {
        "a.rates": "built",
        "a.strict": "built",
        "a.all": "built",
        "a.below": "built",
    }
    assert project.rows("a.all") == [(1, 10, 1.5, 1), (2, 20, None, 1)]
    assert project.plan().steps == ()


def test_one_that_fails_later_is_read_as_it_was(project: Running) -> None:
    project.write({"r.csv": "id,rate\n1,1.5\n"})
    project.apply()
    project.write({"r.csv": "id,rate\n1,much\n", "o.csv": "id,amount\n1,11\n"})
    found = statuses(project.apply())
    assert (found["a.rates"], found["a.all"]) == ("failed", "built")
    assert project.rows("a.all") == [(1, 11, 1.5, 1)]


def test_one_that_is_paused_and_was_never_built_keeps_nothing_waiting(project: Running) -> None:
    project.write({"r.csv": "id,rate\n1,1.5\n"})
    pause(project, "a.rates")
    assert statuses(project.apply()) == {"a.all": "built", "a.below": "built"}
    assert project.rows("a.all") == [(1, 10, None, 0), (2, 20, None, 0)]
    plan = project.plan()
    assert plan.steps == ()
    assert [found.asset for found in plan.blocked] == ["a.strict"]
    target = Target("p", "main", "a.rates")
    wish(project, Resumed(at=project.clock.now(), target=target, actor="ada", run=""))
    assert statuses(project.apply())["a.all"] == "built"
    assert project.rows("a.below") == [(1, 1.5), (2, None)]


def test_one_that_cannot_be_built_since_its_own_input_is_missing_keeps_nothing_waiting(
    project: Running,
) -> None:
    project.write(
        {
            "assets/a/first.sql": "SELECT id, rate FROM raw.rates\n",
            "assets/a/rates.sql": "SELECT id, CAST(rate AS DOUBLE) AS rate FROM a.first\n",
        }
    )
    pause(project, "a.first")
    assert statuses(project.apply()) == {"a.all": "built", "a.below": "built"}
    plan = project.plan()
    assert plan.steps == ()
    assert {found.asset for found in plan.blocked} == {"a.rates", "a.strict"}


def test_a_view_of_it_need_not_be_there_either(project: Running) -> None:
    project.write(
        {
            "assets/a/seen.sql": "/* @asset\nkind: view\n*/\nSELECT * FROM a.rates\n",
            "assets/a/all.yaml": ALL.replace("a.rates", "a.seen"),
        }
    )
    found = statuses(project.apply())
    assert (found["a.rates"], found["a.all"]) == ("failed", "built")
    assert project.rows("a.all") == [(1, 10, None, 0), (2, 20, None, 0)]
    project.write({"r.csv": "id,rate\n1,1.5\n"})
    project.apply()
    assert project.rows("a.all") == [(1, 10, 1.5, 1), (2, 20, None, 1)]


def test_what_a_check_reads_has_to_be_there_all_the_same(project: Running) -> None:
    query = "SELECT id FROM a.all WHERE id NOT IN (SELECT id FROM a.rates)"
    checked = f"checks:\n  - {{name: known, sql: {query}}}\n"
    project.write({"assets/a/all.yaml": ALL + checked})
    assert statuses(project.apply())["a.all"] == "skipped"


def test_without_it_being_said_its_reader_waits(project: Running) -> None:
    project.write({"assets/a/all.yaml": ALL.partition("inputs")[0]})
    assert statuses(project.apply())["a.all"] == "skipped"


def test_a_run_goes_on_with_what_can_do_without_a_step_that_failed() -> None:
    after = {"a": (), "b": ("a",), "c": ("b",), "d": ("b", "e"), "e": ()}
    run = Run(after, {"d": {"b"}})
    assert run.start(0) == "a"
    assert run.finish("a", Status.FAILED) == ("b", "c")
    assert run.start(0) == "e"
    assert run.start(0) is None
    run.finish("e", Status.BUILT)
    assert run.start(0) == "d"
    run.finish("d", Status.BUILT)
    assert run.finished
    assert run.counts() == {"failed": 1, "skipped": 2, "built": 2}


_ORDERS = st.lists(st.integers(1, 3), min_size=1, max_size=3, unique=True)
_RATES = st.one_of(st.none(), st.lists(st.integers(1, 3), max_size=2, unique=True))
_EVENTS = st.lists(st.tuples(_ORDERS, _RATES, st.booleans()), min_size=1, max_size=4)


@given(_EVENTS)
@settings(max_examples=6)
def test_what_is_shown_is_what_a_build_from_what_is_there_would_give(
    tmp_path_factory: pytest.TempPathFactory,
    events: list[tuple[list[int], list[int] | None, bool]],
) -> None:
    """Orders change, rates change, come out wrong or rest: None are rates that cannot be read."""
    project = Running(root=tmp_path_factory.mktemp("any"))
    project.write(FILES)
    target, rests = Target("p", "main", "a.rates"), False
    for orders, rates, is_paused in events:
        known = "".join(f"{id},{id}.5\n" for id in rates) if rates is not None else "1,much\n"
        project.write(
            {
                "o.csv": "id,amount\n" + "".join(f"{id},{id * 10}\n" for id in orders),
                "r.csv": f"id,rate\n{known}",
            }
        )
        project.clock.advance(60)
        if is_paused and not rests:
            pause(project, "a.rates")
        elif rests and not is_paused:
            wish(project, Resumed(at=project.clock.now(), target=target, actor="ada", run=""))
        rests = is_paused
        project.apply()
        there = project.known("a.rates").build is not None
        read = {row[0]: row[1] for row in project.rows("a.rates")} if there else {}
        shown = [(id, id * 10, read.get(id), len(read)) for id in sorted(orders)]
        assert project.rows("a.all") == shown
        assert project.rows("a.below") == [(id, rate) for id, _, rate, _ in shown]
