"""Rules: at moments, every so often, when something else wakes; once each, and after absences."""

import pytest
from tests.unit.scenes import (
    AT_FULL_HOURS,
    DAY,
    HOUR,
    HOURLY,
    MANUAL,
    MINUTE,
    START,
    gate,
    pair,
    stage,
)

from freshline.code import Code
from freshline.definitions import Probe, ProbeKind
from freshline.operate.scene import Gate
from freshline.refresh import (
    AllOf,
    AnyOf,
    CatchUp,
    Cron,
    Every,
    Manual,
    MaxLag,
    Never,
    Not,
    Refresh,
    Rule,
    Upstream,
    Wake,
)

# ---- moments


def test_at_each_moment_once_when_what_it_reads_was_updated_since() -> None:
    world = pair(HOURLY)
    world.tick()
    world.build("a", "new")  # 09:55
    world.now = START + 10 * MINUTE  # 10:05
    assert world.tick() == ()
    assert world.why("b") == "a was not built or found unchanged since 2026-03-09 10:00 UTC"
    world.build("a", "newer")
    assert world.go() == ("b",)
    world.now += MINUTE
    world.build("a", "newest")
    assert world.tick() == ()
    world.now = START + 70 * MINUTE  # 11:05
    assert world.tick() == ()
    world.build("a", "still newer")
    assert world.go() == ("b",)


def test_what_reads_nothing_is_built_at_its_moment_where_it_is_stale() -> None:
    world = stage({"r": ()}, r=AT_FULL_HOURS).build_all()
    world.tick()
    world.plots["r"].text = "2"
    assert world.tick() == ()
    assert world.why("r") == "next at 2026-03-09 10:00 UTC"
    world.now += 10 * MINUTE
    assert world.go() == ("r",)


def test_a_long_absence_is_caught_up_with_once() -> None:
    world = stage({"b": ("raw",)}, b=AT_FULL_HOURS).build_all()
    world.tick()
    for version in ("v2", "v3", "v4"):
        world.arrive("raw", version)
    world.now += 3 * DAY
    assert world.go() == ("b",)
    world.arrive("raw", "v5")
    assert world.tick() == ()


def test_what_does_not_catch_up_waits_for_the_next_moment() -> None:
    rule = Cron(expression="0 * * * *", catch_up=CatchUp.NONE)
    world = stage({"b": ("raw",)}, b=Refresh(rule=rule)).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now = START + 50 * MINUTE  # 10:45
    assert world.tick() == ()
    assert world.why("b") == (
        "2026-03-09 10:00 UTC passed while nobody was there, and is not caught up with"
    )
    world.now = START + 65 * MINUTE + 5
    assert world.tick() == ("b",)


def test_a_moment_that_was_seen_in_time_is_not_lost_to_a_gate() -> None:
    rule = Cron(expression="0 * * * *", catch_up=CatchUp.NONE)
    world = stage({"b": ("raw",)}, b=Refresh(rule=rule, cooldown=1800)).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now = START + 5 * MINUTE + 1
    assert world.tick() == ()
    assert gate(world, "b") is Gate.COOLDOWN
    world.now = START + 1800
    assert world.tick() == ("b",)


def test_two_with_the_same_moment_go_together() -> None:
    world = stage({"r": ("raw",), "c": ("r",)}, r=HOURLY, c=HOURLY).build_all()
    world.tick()
    world.arrive("raw", "v2")
    assert world.tick() == ()
    world.now += 10 * MINUTE
    assert world.tick() == ("r", "c")
    assert world.run() == ("r", "c")
    assert world.tick() == ()


def test_an_hourly_reader_of_a_daily_asset_waits_for_it() -> None:
    daily = Refresh(rule=Cron(expression="30 10 * * *"))
    world = stage({"r": ("raw",), "c": ("r",)}, r=daily, c=HOURLY).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now += 10 * MINUTE
    assert world.tick() == ()
    world.now = START + 36 * MINUTE
    assert world.go() == ("r", "c")


def test_what_is_fresh_at_its_moment_has_used_it_up() -> None:
    world = stage({"b": ("raw",)}, b=AT_FULL_HOURS).build_all()
    world.tick()
    world.now += 10 * MINUTE
    assert world.tick() == ()
    world.arrive("raw", "v2")
    assert world.tick() == ()
    assert world.why("b") == "next at 2026-03-09 11:00 UTC"


def test_an_edited_rule_does_not_build_by_itself() -> None:
    world = stage({"b": ("raw",)}, b=MANUAL).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now += 10 * MINUTE
    world.plots["b"].refresh = AT_FULL_HOURS
    assert world.tick() == ()
    world.now += HOUR
    assert world.tick() == ("b",)


def test_an_input_that_is_added_leaves_the_others_progress() -> None:
    world = stage({"a": (), "x": (), "b": ("a",)}, a=MANUAL, x=MANUAL, b=HOURLY).build_all()
    world.tick()
    world.now += 10 * MINUTE
    world.build("a", "new")
    world.plots["b"].reads = ("a", "x")
    assert world.tick() == ()
    assert world.why("b") == "x was not built or found unchanged since 2026-03-09 10:00 UTC"
    world.build("x", "new")
    assert world.go() == ("b",)


def test_a_clock_that_steps_back_uses_no_moment_twice() -> None:
    world = stage({"b": ("raw",)}, b=AT_FULL_HOURS).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now = START + 5 * MINUTE
    assert world.go() == ("b",)
    world.arrive("raw", "v3")
    world.now -= 10 * MINUTE
    assert world.tick() == ()
    world.now += 12 * MINUTE
    assert world.tick() == ()


def test_a_clock_that_was_years_ahead_does_not_silence_a_rule_for_years() -> None:
    world = stage({"b": ("raw",)}, b=AT_FULL_HOURS).build_all()
    world.tick()
    world.now += 3000 * DAY
    world.tick()
    world.now = START
    world.arrive("raw", "v2")
    world.tick()
    world.now += 2 * HOUR
    assert world.tick() == ("b",)


# ---- other rules


def test_every_so_often() -> None:
    world = stage({"b": ("raw",)}, b=Refresh(rule=Every(seconds=600))).build_all()
    world.tick()
    world.arrive("raw", "v2")
    assert world.tick() == ()
    world.now += 600
    assert world.go() == ("b",)
    world.arrive("raw", "v3")
    world.now += 599
    assert world.tick() == ()
    world.now += 1
    assert world.tick() == ("b",)


def test_stale_for_as_long_as_it_may() -> None:
    world = stage({"b": ("raw",)}, b=Refresh(rule=MaxLag(seconds=HOUR))).build_all()
    world.tick()
    world.now += DAY
    world.arrive("raw", "v2")
    assert world.tick() == ()
    found = world.evaluate()
    assert found.again == START + DAY + HOUR
    world.now += HOUR
    assert world.tick() == ("b",)


def test_woken_by_one_of_its_inputs() -> None:
    world = stage(
        {"a": (), "x": (), "b": ("a", "x")},
        a=MANUAL,
        x=MANUAL,
        b=Refresh(rule=Wake(key="a", settle=60)),
    ).build_all()
    world.tick()
    world.build("x", "new")
    assert world.tick() == ()
    assert world.why("b") == "a shows nothing new"
    world.build("a", "new")
    assert world.tick() == ()
    world.now += 60
    assert world.go() == ("b",)
    world.build("x", "newer")
    assert world.tick() == ()


def test_woken_by_what_it_does_not_read() -> None:
    world = stage(
        {"sign": (), "b": ("raw",)}, sign=MANUAL, b=Refresh(rule=Wake(key="sign"))
    ).build_all()
    world.tick()
    world.arrive("raw", "v2")
    assert world.tick() == ()
    world.build("sign", "go")
    assert world.go() == ("b",)
    world.arrive("raw", "v3")
    assert world.tick() == ()


def test_never_but_the_first_time() -> None:
    world = stage({"b": ("raw",)}, b=Refresh(rule=Never()))
    assert world.go() == ("b",)
    world.arrive("raw", "v2")
    assert world.tick() == ()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (AllOf(rules=(Upstream(), Cron(expression="0 * * * *"))), ["10:00", "11:00"]),
        (AnyOf(rules=(Manual(), Cron(expression="30 * * * *"))), ["10:30", "11:30"]),
        (
            AllOf(rules=(Every(seconds=600), Not(rule=Cron(expression="0 10 * * *")))),
            [],
        ),
    ],
    ids=[
        "all of two: when both do",
        "one of two: when either does",
        "not at a moment: as long as that has not been used up",
    ],
)
def test_rules_together(rule: AllOf | AnyOf, expected: list[str]) -> None:
    world = stage({"b": ("raw",)}, b=Refresh(rule=rule)).build_all()
    world.tick()
    world.now = START + 5 * MINUTE
    found: list[str] = []
    for minute in range(0, 120, 5):
        world.now = START + (5 + minute) * MINUTE
        world.arrive("raw", f"v{minute}")
        if world.go():
            found.append(f"{10 + minute // 60}:{minute % 60:02}")
    assert found == expected


ALWAYS = Probe(kind=ProbeKind.ALWAYS)


def test_a_source_that_is_changed_at_every_look_does_not_keep_automation_busy() -> None:
    world = stage({"b": ("raw",)})
    world.probes["raw"] = ALWAYS
    world.build_all()
    for _ in range(3):
        world.now += MINUTE
        assert world.tick() == ()
    assert world.why("b") == (
        "raw is taken for changed at every look: say how often to build it, with every: or cron:"
    )
    world.plots["b"].text = "2"
    assert world.go() == ("b",)


def test_every_so_often_is_how_to_say_it() -> None:
    world = stage({"b": ("raw",)}, b=Refresh(rule=Every(seconds=HOUR)))
    world.probes["raw"] = ALWAYS
    world.build_all().tick()
    built = 0
    for _ in range(180):
        world.now += MINUTE
        built += len(world.go())
    assert built == 3


def test_what_fails_on_such_a_source_is_not_tried_for_ever() -> None:
    world = stage({"b": ("raw",)})
    world.probes["raw"] = ALWAYS
    world.build_all()
    world.plots["b"].text = "1/0"
    tried = 0
    for _ in range(20):
        world.now += HOUR
        tried += len(world.tick())
        world.run({"b": "F300"})
    assert tried == 1


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(Upstream(), 0), (MaxLag(seconds=HOUR), 3), (Every(seconds=HOUR), 3)],
    ids=["as what it reads: not by itself", "an hour behind at most", "every hour"],
)
def test_code_that_is_never_the_same_twice_does_not_keep_automation_busy(
    rule: Rule, expected: int
) -> None:
    world = stage({"b": ("raw",)}, b=Refresh(rule=rule))
    world.plots["b"].code = Code(function="a.py:b", pure=False)
    world.build_all().tick()
    built = 0
    for _ in range(200):
        world.now += MINUTE
        built += len(world.go())
    assert built == expected
