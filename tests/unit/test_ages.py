"""Freshness: passes, warns, fails or unknown, and what is driven by it."""

import pytest
from tests.unit.scenes import START, Stage, stage
from tests.unit.test_moments import at

from freshline.operate.freshness import age
from freshline.operate.scene import Gate, Standing
from freshline.refresh import Freshness, Manual, Refresh

HOUR, DAY = 3600.0, 86_400.0
BY_AGE = Freshness(fail=DAY, warn=DAY / 2)
BY_NINE = Freshness(fail=HOUR, by="0 9 * * *")
MORNING = "2026-03-09T"


@pytest.mark.parametrize(
    ("hours", "expected", "changes"),
    [
        (11, Standing.PASSES, 12),
        (12, Standing.WARNS, 24),
        (24, Standing.FAILS, None),
    ],
    ids=["eleven hours old passes", "twelve warns", "twenty-four fails"],
)
def test_by_age(hours: int, expected: Standing, changes: int | None) -> None:
    found = age(BY_AGE, START, START + hours * HOUR)
    assert found.standing is expected
    assert found.again == (None if changes is None else START + changes * HOUR)


def test_what_was_never_seen_is_unknown() -> None:
    assert age(BY_AGE, None, START).standing is Standing.UNKNOWN
    assert age(BY_NINE, None, START).standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("landed", "now", "expected"),
    [
        ("08:30", "09:00", Standing.PASSES),
        ("07:30", "09:00", Standing.FAILS),
        ("09:30", "09:31", Standing.PASSES),
        ("07:30", "08:59", Standing.PASSES),
    ],
    ids=[
        "half an hour before the deadline is young enough",
        "an hour and a half before it is not",
        "late makes up for it",
        "until the deadline yesterday's counts",
    ],
)
def test_by_a_deadline(landed: str, now: str, expected: Standing) -> None:
    assert age(BY_NINE, at(MORNING + landed), at(MORNING + now)).standing is expected


def one(freshness: Freshness) -> Stage:
    world = stage({"b": ("raw",)}, b=Refresh(rule=Manual())).build_all()
    world.plots["b"].freshness = freshness
    world.tick()
    return world


def test_what_is_fresh_is_as_young_as_the_look_at_its_sources() -> None:
    world = one(BY_AGE)
    world.now += 10 * DAY
    assert world.evaluate().ages["b"].right == world.now


def test_what_is_stale_was_right_until_that_was_first_seen() -> None:
    world = one(BY_AGE)
    world.now += 10 * DAY
    world.arrive("raw", "v2")
    world.tick()
    world.now += 13 * HOUR
    found = world.evaluate().ages["b"]
    assert (found.standing, found.right) == (Standing.WARNS, START + 10 * DAY)


def test_what_reads_nothing_grows_old() -> None:
    world = stage({"b": ()}).build_all()
    world.plots["b"].freshness = BY_AGE
    world.now += DAY
    assert world.evaluate().ages["b"].standing is Standing.FAILS


def test_it_drives_a_build_before_it_would_fail() -> None:
    world = one(Freshness(fail=DAY, warn=DAY / 2, drives=True))
    world.arrive("raw", "v2")
    assert world.tick() == ()
    found = world.evaluate()
    assert found.decisions["b"].gate is Gate.RULE
    assert found.again == START + DAY / 2
    world.now = START + DAY / 2
    assert world.tick() == ("b",)
    assert "else it would not be as fresh as is asked for" in world.kept[-1].tick.details[0]


def test_it_drives_a_build_before_its_deadline() -> None:
    world = one(Freshness(fail=HOUR, by="0 12 * * *", drives=True))
    world.arrive("raw", "v2")
    assert world.tick() == ()
    found = world.evaluate().again
    assert found == at(MORNING + "11:00")
    world.now += HOUR + 5 * 60
    assert world.go() == ("b",)
    assert world.tick() == ()


def test_without_that_it_only_tells() -> None:
    world = one(BY_AGE)
    world.arrive("raw", "v2")
    world.tick()
    world.now += 2 * DAY
    assert world.tick() == ()
    assert world.evaluate().ages["b"].standing is Standing.FAILS


def test_a_source_grows_old_from_its_last_change_on() -> None:
    world = stage({"b": ("raw",)}).build_all()
    world.source_freshness["raw"] = BY_AGE
    world.now += 13 * HOUR
    found = world.evaluate().ages["raw"]
    assert (found.standing, found.right) == (Standing.WARNS, START)
    world.arrive("raw", "v2")
    assert world.evaluate().ages["raw"].standing is Standing.PASSES
