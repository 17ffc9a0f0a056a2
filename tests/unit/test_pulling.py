"""What is only built when something downstream is due: both in one run, and nothing else ever."""

import pytest
from tests.unit.scenes import (
    AS_INPUTS,
    AT_FULL_HOURS,
    HOUR,
    HOURLY,
    MANUAL,
    MINUTE,
    START,
    Stage,
    gate,
    stage,
)

from freshline.operate.scene import Gate
from freshline.operate.waiting import answer
from freshline.refresh import (
    AllOf,
    AnyOf,
    Cron,
    Freshness,
    Hours,
    Refresh,
    Trigger,
    Wake,
    WhenNeeded,
)
from freshline.state import Pause

WHEN_NEEDED = Refresh(rule=WhenNeeded())
TEN = "2026-03-09 10:00 UTC"


def chain(**refresh: Refresh) -> Stage:
    """Return r, built when needed and stale by now, and c, which reads it at full hours."""
    rules = {"r": WHEN_NEEDED, "c": AT_FULL_HOURS, **refresh}
    world = stage({"r": ("raw",), "c": ("r",)}, **rules).build_all()
    world.tick()
    world.arrive("raw", "v2")
    return world


def test_it_is_built_with_its_reader_and_before_it_when_that_is_due() -> None:
    world = chain()
    assert world.tick() == ()
    world.now += 10 * MINUTE
    assert world.tick() == ("r", "c")
    assert len(world.requests) == 1
    assert world.run() == ("r", "c")
    assert world.tick() == ()


def test_until_then_it_stays_stale_and_says_what_it_waits_for() -> None:
    world = chain()
    found = world.evaluate()
    assert gate(world, "r") is Gate.RULE
    assert answer("r", world.scene(), found).sentence == (
        "r is not built now: it waits until something downstream that reads it is due "
        f"(c: next at {TEN})"
    )
    assert answer("c", world.scene(), found).sentence == f"c is not built now: next at {TEN}"
    assert found.decisions["r"].again == found.decisions["c"].again == found.again
    assert found.again == START + 5 * MINUTE


def test_what_is_fresh_is_not_built_with_what_is_due() -> None:
    world = stage({"r": ("raw",), "c": ("r", "other")}, r=WHEN_NEEDED, c=AT_FULL_HOURS).build_all()
    world.tick()
    world.arrive("other", "v2")
    world.now += 10 * MINUTE
    assert world.tick() == ("c",)


def test_its_reader_takes_it_along_though_it_is_due_for_another_reason() -> None:
    world = chain(c=AS_INPUTS)
    world.run()
    world.arrive("raw", "v3")
    world.plots["c"].text = "2"
    assert world.tick() == ("r", "c")


def test_for_a_reader_that_keeps_up_with_it_it_keeps_up_too() -> None:
    assert chain(c=AS_INPUTS).tick() == ("r", "c")


def test_through_several_that_are_only_built_when_needed() -> None:
    reads = {"a": ("raw",), "b": ("a",), "side": ("a",), "c": ("b",)}
    rules = {"a": WHEN_NEEDED, "b": WHEN_NEEDED, "side": WHEN_NEEDED, "c": AT_FULL_HOURS}
    world = stage(reads, **rules).build_all()
    world.tick()
    world.arrive("raw", "v2")
    assert world.tick() == ()
    for key in ("a", "b"):
        assert world.why(key) == (
            f"it waits until something downstream that reads it is due (c: next at {TEN})"
        )
    assert world.why("side") == (
        "it waits until something downstream that reads it is due (nothing reads it)"
    )
    world.now += 10 * MINUTE
    assert world.tick() == ("a", "b", "c")


def test_one_of_two_readers_is_enough() -> None:
    rules = {"r": WHEN_NEEDED, "c": AT_FULL_HOURS, "d": MANUAL}
    world = stage({"r": ("raw",), "d": ("r",), "c": ("r",)}, **rules).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now += 10 * MINUTE
    assert world.why("d") == "it is refreshed when somebody asks for it"
    assert world.tick() == ("r", "c")


@pytest.mark.parametrize(
    ("refresh", "closed"),
    [
        (Refresh(rule=Cron(expression="0 * * * *"), cooldown=2 * HOUR), Gate.COOLDOWN),
        (
            Refresh(rule=Cron(expression="0 * * * *"), hours=Hours(begin=1200, end=1260)),
            Gate.HOURS,
        ),
        (MANUAL, Gate.RULE),
        (Refresh(rule=Wake(key="other")), Gate.RULE),
    ],
    ids=["it rests", "its hours are closed", "it is for people", "nothing woke it"],
)
def test_a_reader_that_is_held_back_needs_nothing(refresh: Refresh, closed: Gate) -> None:
    world = chain(c=refresh)
    world.now += 10 * MINUTE
    assert world.tick() == ()
    assert gate(world, "c") is closed
    assert gate(world, "r") is Gate.RULE


def test_a_reader_that_is_paused_needs_nothing() -> None:
    world = chain()
    world.pauses["c"] = Pause(actor="ada", reason="month end", at=world.now)
    world.now += 10 * MINUTE
    assert world.tick() == ()
    assert world.why("r") == (
        "it waits until something downstream that reads it is due "
        "(c: it is paused by ada: month end)"
    )


def test_a_reader_for_which_its_changes_do_not_count_needs_it_only_for_another_reason() -> None:
    world = stage({"r": ("raw",), "c": ("r", "other")}, r=WHEN_NEEDED).build_all()
    world.plots["c"].triggers = (Trigger(key="r", trigger=False),)
    world.arrive("raw", "v2")
    assert world.tick() == ()
    assert world.why("c") == "only r changed, which does not count"
    world.arrive("other", "v2")
    assert world.tick() == ("r", "c")


def test_when_it_fails_its_reader_says_so() -> None:
    world = chain()
    world.now += 10 * MINUTE
    world.tick()
    world.run({"r": "F300"})
    assert world.tick() == ()
    assert gate(world, "r") is Gate.FAILED
    assert world.why("c") == (
        "it waits for r: this was tried, and failed: division by zero; nothing has changed since"
    )
    world.plots["r"].text = "2"
    world.now += MINUTE
    assert world.go() == ("r", "c")


def test_when_only_its_reader_fails_it_is_not_built_again() -> None:
    world = chain()
    world.now += 10 * MINUTE
    world.tick()
    assert world.run({"c": "F300"}) == ("r",)
    assert world.tick() == ()


def test_while_it_is_built_its_reader_waits() -> None:
    world = chain()
    world.now += 10 * MINUTE
    world.tick()
    world.launch()
    assert world.tick() == ()
    assert gate(world, "r") is gate(world, "c") is Gate.RUNNING


def test_what_was_never_built_is_built_for_the_first_that_needs_it() -> None:
    world = stage({"r": ("raw",), "c": ("r",)}, r=WHEN_NEEDED, c=HOURLY)
    assert world.tick() == ()
    assert gate(world, "r") is Gate.RULE
    world.now += 10 * MINUTE
    assert world.go() == ("r", "c")


def test_a_reader_that_must_not_get_too_old_needs_it() -> None:
    world = chain(c=MANUAL)
    world.plots["c"].freshness = Freshness(fail=2 * HOUR, drives=True)
    world.tick()
    assert world.tick() == ()
    world.now += 2 * HOUR
    assert world.tick() == ("r", "c")


def test_both_of_all_and_one_of_any() -> None:
    at_noon = Cron(expression="0 12 * * *")
    both = chain(r=Refresh(rule=AllOf(rules=(WhenNeeded(), at_noon))))
    both.now += 10 * MINUTE
    assert both.tick() == ()
    assert both.why("c") == "nothing new until r is built: next at 2026-03-09 12:00 UTC"
    both.now += 2 * HOUR
    assert both.tick() == ("r", "c")
    either = chain(r=Refresh(rule=AnyOf(rules=(WhenNeeded(), at_noon))), c=MANUAL)
    either.now += 10 * MINUTE
    assert either.tick() == ()
    either.now += 2 * HOUR
    assert either.tick() == ("r",)


def test_nothing_is_taken_along_for_a_reader_that_waits_for_another_input() -> None:
    noon = Refresh(rule=AllOf(rules=(WhenNeeded(), Cron(expression="0 12 * * *"))))
    reads = {"r": ("raw",), "s": ("raw",), "c": ("r", "s")}
    world = stage(reads, r=WHEN_NEEDED, s=noon, c=AT_FULL_HOURS)
    world.now += 10 * MINUTE
    world.tick()
    assert (world.requests, gate(world, "r"), gate(world, "c")) == ([], Gate.RULE, Gate.MISSING)
