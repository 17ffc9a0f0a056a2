"""Weeks of a daemon's life: after the first day it has grown to what it will ever be."""

import tracemalloc
from collections.abc import Generator
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from tests.simulation.week import DAY, HOUR, Life, memory

_NOISE = 48 * 1024  # bytes: caches of the standard library fill as they please
_DAYS, _STEP = 6, 3 * HOUR
_RUNS = round(DAY / _STEP)  # in a day
# What is told of each run, for ever or for a month; all else has as many rows as ever.
_TOLD = {"event", "run", "materialization", "attempt", "tick", "request"}


@pytest.fixture
def life(tmp_path: Path) -> Generator[Life]:
    """Return a daemon that has lived for a day, while Python's memory is watched."""
    tracemalloc.start()
    try:
        with closing(Life(tmp_path)) as made:
            made.live(DAY, _STEP, made.source)
            yield made
    finally:
        tracemalloc.stop()


def test_a_week_in_which_nothing_happens_leaves_a_tick_for_each_hour_and_nothing_else(
    life: Life,
) -> None:
    life.live(6 * HOUR, HOUR, lambda number: None)
    rows, bytes = life.rows(), memory()
    life.live(7 * DAY, HOUR / 2, lambda number: None)
    assert memory() - bytes < _NOISE
    assert life.rows() == {**rows, "tick": rows["tick"] + 7 * 24}


def _anew(life: Life, day: int, number: int) -> None:
    life.source(day * 100 + number)


def test_each_day_of_a_busy_week_adds_as_much_to_the_catalog_and_nothing_to_memory(
    life: Life,
) -> None:
    rows, bytes = [life.rows()], memory()
    for day in range(1, _DAYS + 1):
        life.live(DAY, _STEP, partial(_anew, life, day))
        rows.append(life.rows())
    assert memory() - bytes < _NOISE
    added = [
        {name: now[name] - before.get(name, 0) for name in now} for before, now in pairwise(rows)
    ]
    assert added == added[:1] * _DAYS
    assert {name for name, count in added[0].items() if count} <= _TOLD
    assert added[0]["run"] == _RUNS


def test_what_was_decided_more_than_a_month_ago_is_forgotten(life: Life) -> None:
    life.live(6 * HOUR, HOUR, lambda number: None)
    before = life.rows()
    life.live(40 * DAY, DAY, lambda number: None)
    now = life.rows()
    assert before["request"] == _RUNS and "request" not in now
    assert now["tick"] <= 31 + 2, "one for each day, since the moments between are one"
    assert now["event"] == before["event"], "what happened is kept for ever"
