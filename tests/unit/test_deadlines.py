"""A step with a timeout: its query is interrupted alone, and the error says which limit it was."""

import threading
from pathlib import Path

import pytest
from tests.unit.facts import asset

from freshline.errors import ComputeError, TimedOutError
from freshline.execute.deadline import Deadline, duration, timed_out
from freshline.execute.sql_engine import SqlEngine

SLOW = "SELECT count(*) FROM range(100000000) a, range(100000) b"


def error() -> TimedOutError:
    return timed_out(asset("marts.daily").definition, 90.0)


def until_ended(deadline: Deadline, worker: threading.Thread, now: float) -> None:
    """Watch as the runner does: again and again, since an interrupt may come too early."""
    for _ in range(600):
        deadline.watch(now)
        worker.join(0.05)
        if not worker.is_alive():
            return
    raise AssertionError("the query goes on")


def test_a_query_is_interrupted_when_its_time_is_up_and_another_goes_on() -> None:
    engine = SqlEngine(folders=())
    deadline = Deadline(engine, 10.0, error)
    failed: list[Exception] = []
    others: list[object] = []

    def slow() -> None:
        try:
            deadline.rows(SLOW)
        except Exception as caught:
            failed.append(caught)

    def other() -> None:
        others.extend(engine.rows("SELECT count(*) FROM range(20000000) t(i) WHERE i % 3 = 1"))

    workers = [threading.Thread(target=slow), threading.Thread(target=other)]
    for worker in workers:
        worker.start()
    until_ended(deadline, workers[0], now=10.0)
    workers[1].join()
    assert [type(e) for e in failed] == [TimedOutError]
    assert others == [(6666667,)]
    engine.close()


def test_after_its_time_every_further_query_is_refused_but_cleaning_up_is_not() -> None:
    engine = SqlEngine(folders=())
    deadline = Deadline(engine, 10.0, error)
    deadline.create_table("t", "SELECT 1 AS x")
    deadline.watch(9.9)
    assert deadline.rows("FROM t") == [(1,)]
    deadline.watch(10.0)
    for use in (
        lambda: deadline.rows("FROM t"),
        lambda: deadline.create_table("u", "SELECT 1"),
        lambda: deadline.copy_to_parquet("SELECT 1", Path("/nowhere/x")),
    ):
        with pytest.raises(TimedOutError):
            use()
    with pytest.raises(TimedOutError):
        deadline.measure("t")
    deadline.drop_table("t")
    with pytest.raises(ComputeError):
        engine.rows("FROM t")
    engine.close()


def test_a_failure_in_time_is_told_as_what_it_is() -> None:
    engine = SqlEngine(folders=())
    deadline = Deadline(engine, 10.0, error)
    with pytest.raises(ComputeError, match="boom") as caught:
        deadline.rows("SELECT error('boom')")
    assert not isinstance(caught.value, TimedOutError)
    engine.close()


def test_the_error_names_the_limit_and_where_to_look_for_it() -> None:
    told = error()
    assert told.message == "marts.daily took longer than its timeout of 90 s"
    assert "show marts.daily --resolved" in told.help
    assert str(told.span) == "assets/marts/daily.sql:1:1"
    assert not told.retryable


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.0256, "0.03 s"), (5.0, "5 s"), (5.25, "5.25 s"), (42.34, "42.3 s"), (90, "90 s")),
        *((300, "5 min"), (150, "2.5 min"), (7200, "2 h"), (5400, "90 min")),
    ],
)
def test_durations_read_as_people_write_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words
