"""What automation builds, tick by tick, and what it leaves alone."""

import pytest
from tests.unit.scenes import START, Stage, stage

from freshline.definitions import CheckDefinition, CheckKind, CheckSeverity
from freshline.errors import Span
from freshline.events import CheckResult
from freshline.lineage.graph import Check
from freshline.operate.scene import Gate
from freshline.refresh import (
    AllOf,
    AnyOf,
    CatchUp,
    Cron,
    Every,
    Hours,
    Manual,
    MaxLag,
    Never,
    Not,
    Rate,
    Refresh,
    Trigger,
    Upstream,
    Wake,
)
from freshline.state import Pause

AS_INPUTS = Refresh(rule=Upstream())
MANUAL = Refresh(rule=Manual())
HOURLY = Refresh(rule=Cron(expression="0 * * * *", updated=True))
AT_FULL_HOURS = Refresh(rule=Cron(expression="0 * * * *"))
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def pair(refresh: Refresh = AS_INPUTS) -> Stage:
    """Return a, which people build, and b, which reads it."""
    return stage({"a": (), "b": ("a",)}, a=MANUAL, b=refresh).build_all()


def gate(world: Stage, key: str) -> Gate | None:
    return world.evaluate().decisions[key].gate


# ---- keeping in sync


def test_a_reader_follows_what_it_reads_once() -> None:
    world = pair()
    assert world.tick() == ()
    world.build("a", "new")
    assert world.tick() == ("b",)
    assert world.tick() == ()
    world.run()
    assert world.tick() == ()
    world.build("a", "newer")
    assert world.tick() == ("b",)


def test_a_chain_goes_in_one_run() -> None:
    world = stage({"a": (), "b": ("a",), "c": ("b",)}, a=MANUAL).build_all()
    world.build("a", "new")
    assert world.tick() == ("b", "c")
    assert len(world.requests) == 1
    assert world.run() == ("b", "c")


def test_an_input_that_is_updated_after_its_reader_landed_is_not_forgotten() -> None:
    world = pair()
    world.build("b")
    world.build("a", "new")
    assert world.go() == ("b",)


def test_an_input_that_is_updated_while_its_reader_is_being_built_is_seen_after_landing() -> None:
    world = pair()
    world.build("a", "new")
    world.tick()
    world.launch()
    world.build("b")  # it has read what was new then
    world.build("a", "newer")
    assert world.tick() == ()
    assert gate(world, "b") is Gate.RUNNING
    world.requests = []
    assert world.tick() == ("b",)


def test_a_new_version_with_the_same_content_builds_nothing() -> None:
    world = pair()
    world.build("a", "one")
    assert world.go() == ("b",)
    world.build("a", "one")
    assert world.tick() == ()
    world.build("a", "two")
    assert world.tick() == ("b",)


def test_content_that_went_and_came_back_builds_nothing() -> None:
    world = pair()
    world.build("a", "one")
    world.go()
    world.build("a", "two")
    world.build("a", "one")
    assert world.tick() == ()


def test_an_input_that_was_added_makes_stale() -> None:
    world = stage({"a": (), "b": ("a",), "x": ()}, a=MANUAL, x=MANUAL).build_all()
    world.plots["b"].reads = ("a", "x")
    assert world.go() == ("b",)
    assert world.tick() == ()


def test_the_first_look_at_a_source_makes_what_was_built_before_stale_and_the_next_does_not() -> (
    None
):
    world = stage({"b": ("raw",)}).build_all()
    assert world.tick() == ()
    world.arrive("raw", "v2")
    assert world.go() == ("b",)
    assert world.tick() == ()
    world.arrive("raw", "v2")
    assert world.tick() == ()
    world.arrive("raw", "v3")
    assert world.tick() == ("b",)


def test_a_reader_waits_for_what_is_being_built_and_goes_once() -> None:
    world = stage({"a": ("raw",), "b": ("a",), "c": ("a", "x"), "x": ()}, x=MANUAL).build_all()
    world.arrive("raw", "v2")
    assert world.tick() == ("a", "b", "c")
    world.launch()
    world.build("x", "new")
    assert world.tick() == ()
    assert gate(world, "c") is Gate.RUNNING
    assert world.run() == ("a", "b", "c")
    assert world.tick() == ()


def test_a_reader_outside_of_the_run_waits_for_it() -> None:
    rule = Refresh(rule=Wake(key="x"))
    world = stage({"a": ("raw",), "x": (), "c": ("a", "x")}, x=MANUAL, c=rule).build_all()
    world.arrive("raw", "v2")
    assert world.tick() == ("a",)
    world.launch()
    world.build("x", "new")
    decision = world.evaluate().decisions["c"]
    assert decision.gate is Gate.UPSTREAM
    assert decision.why.startswith("it waits for a: run r1 is building it since")
    world.run()
    assert world.tick() == ("c",)


# ---- failures


def test_a_failed_asset_is_left_alone_until_what_it_reads_changes() -> None:
    world = pair()
    world.build("a", "new")
    world.tick()
    world.run({"b": "F300"})
    for _ in range(3):
        world.now += HOUR
        assert world.tick() == ()
    assert world.why("b") == (
        "this was tried, and failed: division by zero; nothing has changed since"
    )
    world.build("a", "newer")
    assert world.tick() == ("b",)


def test_a_failed_asset_is_tried_again_when_its_text_changes() -> None:
    world = pair()
    world.plots["b"].text = "1/0"
    world.tick()
    world.run({"b": "F300"})
    assert world.tick() == ()
    world.plots["b"].text = "1/1"
    assert world.go() == ("b",)


def test_what_was_skipped_below_a_failure_waits_for_it() -> None:
    world = stage({"a": (), "b": ("a",), "c": ("a", "b")}, a=MANUAL).build_all()
    world.build("a", "new")
    world.tick()
    world.run({"b": "F300"})
    assert world.tick() == ()
    assert gate(world, "c") is Gate.UPSTREAM
    world.build("a", "newer")
    assert world.go() == ("b", "c")


def test_a_failure_below_something_that_was_built_in_the_same_run_is_not_repeated() -> None:
    world = stage({"a": ("raw",), "b": ("a",)}).build_all()
    world.arrive("raw", "v2")
    world.tick()
    world.run({"b": "F300"})
    assert world.tick() == ()
    assert gate(world, "b") is Gate.FAILED


def test_what_changed_while_an_attempt_failed_is_tried() -> None:
    world = pair()
    world.build("a", "new")
    world.tick()
    world.launch()
    world.now += MINUTE
    world.build("a", "newer")
    world.now += MINUTE
    world.run({"b": "F300"})
    assert world.tick() == ("b",)


def test_a_failure_that_may_pass_is_tried_again_after_growing_delays_and_three_times_at_most() -> (
    None
):
    world = pair()
    world.build("a", "new")
    world.tick()
    world.run({"b": "F340"})
    waits: list[float] = []
    for _ in range(3):
        failed = world.now
        decided = world.evaluate()
        again = decided.decisions["b"].again
        world.keep(decided.decided)
        assert again is not None
        world.now = again - 0.5
        assert world.tick() == ()
        world.now = again
        assert world.tick() == ("b",)
        waits.append(world.now - failed)
        world.run({"b": "F340"})
    assert waits == [30.0, 120.0, 480.0]
    world.now += DAY
    assert world.tick() == ()
    assert world.why("b").startswith("quarantined after 4 tries until something changes")
    world.build("a", "newer")
    assert world.tick() == ("b",)


def test_a_run_that_was_lost_without_a_word_is_asked_for_again_but_not_at_once() -> None:
    world = pair()
    world.build("a", "new")
    world.tick()
    world.requests = []
    assert world.tick() == ()
    world.now += 30
    assert world.tick() == ("b",)


def test_what_failed_for_a_person_is_tried_once_since_nobody_knows_on_what_it_was_tried() -> None:
    world = pair()
    world.build("a", "new")
    world.now += MINUTE
    world.fail("b", "by-hand")
    assert world.tick() == ("b",)
    world.run({"b": "F300"})
    assert world.tick() == ()


def test_an_edit_while_an_attempt_failed_is_tried() -> None:
    world = pair()
    world.build("a", "new")
    world.tick()
    world.run({"b": "F300"})
    world.plots["b"].text = "2"
    assert world.tick() == ("b",)


# ---- what holds back


def test_what_people_refresh_is_left_alone_and_read_as_it_is() -> None:
    world = stage({"a": ("raw",), "b": ("a", "x"), "x": ("raw",)}, a=MANUAL).build_all()
    world.arrive("raw", "v2")
    assert world.go() == ("x", "b")
    assert gate(world, "a") is Gate.RULE


def test_what_hangs_on_something_that_is_not_built_now_is_not_either() -> None:
    world = stage({"a": ("raw",), "b": ("a",)}, a=MANUAL).build_all()
    world.arrive("raw", "v2")
    assert world.tick() == ()
    assert world.why("b") == (
        "nothing new until a is built: it is refreshed when somebody asks for it"
    )


def test_what_reads_something_that_was_never_built_says_so() -> None:
    world = stage({"a": (), "b": ("a",)}, a=MANUAL)
    assert world.tick() == ()
    assert world.evaluate().decisions["b"].gate is Gate.MISSING
    assert world.why("b") == "a was never built: it is refreshed when somebody asks for it"


def test_changes_of_an_input_that_does_not_count_build_nothing_alone() -> None:
    world = stage({"x": (), "y": (), "b": ("x", "y")}, x=MANUAL, y=MANUAL)
    world.plots["b"].triggers = (Trigger(key="x", trigger=False),)
    world.build_all()
    world.build("x", "new")
    assert world.tick() == ()
    assert world.why("b") == "only x changed, which does not count"
    world.build("y", "new")
    assert world.go() == ("b",)


def test_a_blocking_check_that_fails_keeps_readers_from_being_built() -> None:
    world = pair()
    check = Check(
        definition=CheckDefinition(
            name="positive",
            kind=CheckKind.SQL,
            span=Span(file="a.sql", line=1, column=1),
            severity=CheckSeverity.BLOCK,
        ),
        digest="positive",
        query="from a where x < 0",
    )
    world.plots["a"].checks = (check,)

    def checked(content: str, failing: int) -> None:
        found = CheckResult(
            name="positive",
            kind=CheckKind.SQL,
            severity=CheckSeverity.BLOCK,
            check="positive",
            contents=(content,),
            failing=failing,
        )
        world.results["a"] = (*world.results.get("a", ()), found)

    world.build("a", "bad")
    checked("bad", 3)
    assert world.tick() == ()
    assert world.evaluate().decisions["b"].gate is Gate.CHECKS
    assert world.why("b") == "a fails its check positive"
    world.plots["b"].triggers = (Trigger(key="a", ignore_checks=True),)
    assert gate(world, "b") is None
    world.plots["b"].triggers = ()
    world.build("a", "good")
    checked("good", 0)
    assert world.go() == ("b",)


def test_a_pause_holds_and_says_by_whom() -> None:
    world = pair()
    world.build("a", "new")
    world.pauses["b"] = Pause(actor="ada", reason="month end", at=START)
    assert world.tick() == ()
    assert world.why("b") == "it is paused by ada: month end"
    del world.pauses["b"]
    assert world.tick() == ("b",)


def test_it_rests_after_a_build_as_long_as_its_cooldown_says() -> None:
    world = pair(Refresh(cooldown=600))
    world.build("a", "new")
    assert world.tick() == ()
    found = world.evaluate()
    assert found.decisions["b"].gate is Gate.COOLDOWN
    assert found.again == START + 600
    world.now = START + 600
    assert world.tick() == ("b",)


def test_it_waits_for_its_hours() -> None:
    world = pair(Refresh(hours=Hours(begin=22 * 60, end=4 * 60)))
    world.build("a", "new")
    found = world.evaluate()
    assert found.decisions["b"].gate is Gate.HOURS
    assert found.decisions["b"].why == "its hours open at 2026-03-09 22:00 UTC"
    assert found.again is not None
    world.now = found.again
    assert world.tick() == ("b",)


def test_no_more_often_than_its_rate_says() -> None:
    world = pair(Refresh(rate=Rate(most=2, seconds=HOUR)))
    built = 0
    for number in range(6):
        world.build("a", f"v{number}")
        built += len(world.go())
        world.now += MINUTE
    assert built == 2
    assert gate(world, "b") is Gate.RATE
    world.now = START + HOUR
    assert world.go() == ("b",)


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


# ---- ticks


def test_an_idle_tick_decides_nothing_at_all() -> None:
    world = stage(
        {"a": ("raw",), "b": ("a",), "c": ("b",)},
        a=Refresh(rule=Every(seconds=600)),
        b=HOURLY,
        c=Refresh(rule=MaxLag(seconds=60)),
    ).build_all()
    world.tick()
    world.now += MINUTE
    assert world.evaluate().decided == ()


def test_a_decision_that_was_kept_is_kept_once() -> None:
    world = pair()
    world.build("a", "new")
    first, second = world.evaluate(), world.evaluate()
    assert len(world.keep(first.decided)) == 1
    assert world.keep(second.decided) == ()
    assert len(world.requests) == 1


def test_a_request_says_why_in_a_few_words() -> None:
    world = stage({"a": ("raw",), "b": ("a",), "c": ("a",)}).build_all()
    world.arrive("raw", "v2")
    (decided,) = world.evaluate().decided
    (request,) = decided.requests
    assert request.why == "raw has new data; 3 assets"
    assert request.only and request.assets == ("a", "b", "c")
    assert decided.tick.details[1].startswith("b: ")


def test_a_moment_whose_run_was_lost_is_not_used_up() -> None:
    world = stage({"r": ("raw",), "c": ("r",)}, r=AT_FULL_HOURS, c=AT_FULL_HOURS).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now = START + 5 * MINUTE
    assert world.tick() == ("r", "c")
    world.build("r")  # then its process died
    world.requests = []
    world.now += 30
    assert world.go() == ("c",)
    world.arrive("raw", "v3")
    world.now += MINUTE
    assert world.tick() == ()


def test_a_moment_whose_build_failed_for_good_is_used_up() -> None:
    world = stage({"b": ("raw",)}, b=AT_FULL_HOURS).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now = START + 5 * MINUTE
    world.tick()
    world.run({"b": "F300"})
    world.arrive("raw", "v3")
    world.now += MINUTE
    assert world.tick() == ()
    world.now += HOUR
    assert world.tick() == ("b",)
