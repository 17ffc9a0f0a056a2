"""Schedules: which moments become runs, which do not and what is said of them."""

from dataclasses import replace

import pytest
from tests.unit.scenes import START, Stage, stage

from freshline.errors import Span
from freshline.operate.moments import utc
from freshline.operate.selecting import selecting
from freshline.refresh import Calendar, CatchUp, Cron, Manual, Refresh, ScheduleDefinition
from freshline.ticks import Decided, Halt, Mover, RequestState, TickOutcome

MANUAL = Refresh(rule=Manual())
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def nightly(cron: Cron, selection: str = "+b") -> Stage:
    """Return raw -> a -> b, refreshed by hand or by a schedule that makes b fresh."""
    world = stage({"a": ("raw",), "b": ("a",)}, a=MANUAL, b=MANUAL).build_all()
    place = Span(file="schedules.yaml", line=1, column=1)
    world.schedules = (
        ScheduleDefinition(
            name="nightly", cron=cron, selection=selection, file=place.file, span=place
        ),
    )
    world.tick()
    world.kept.clear()
    return world


def outcomes(world: Stage) -> list[tuple[str, str]]:
    return [(d.tick.key, d.tick.outcome.value) for d in world.kept]


def kept(world: Stage) -> tuple[Decided, ...]:
    found = world.keep(world.evaluate().decided)
    return tuple(d for d in found if d.tick.mover is Mover.SCHEDULE)


def test_a_moment_makes_a_selection_fresh_with_what_it_needs() -> None:
    world = nightly(Cron(expression="0 * * * *"))
    world.arrive("raw", "v2")
    assert world.tick() == ()
    found = world.evaluate()
    assert found.again == START + 5 * MINUTE
    world.now += 5 * MINUTE
    assert world.tick() == ("+b",)
    assert world.kept[0].tick.why == "due at 2026-03-09 10:00 UTC"
    assert world.run() == ("a", "b")
    assert world.tick() == ()


@pytest.mark.parametrize("selection", ["language:SQL", "kind:table", "storage:lake"])
def test_whatever_validation_knows_to_select_by_can_be_selected_by_when_it_is_due(
    selection: str,
) -> None:
    chosen = selecting(nightly(Cron(expression="0 3 * * *")).graph()).chosen(selection)
    assert (chosen.error, chosen.keys) == ("", frozenset({"a", "b"}))


def test_a_new_schedule_does_not_begin_with_a_moment_of_before() -> None:
    world = nightly(Cron(expression="0 9 * * *"))
    assert world.tick() == ()
    assert outcomes(world) == []


def test_an_edited_schedule_does_not_fire_by_being_edited() -> None:
    world = nightly(Cron(expression="0 23 * * *"))
    (schedule,) = world.schedules
    world.schedules = (replace(schedule, cron=Cron(expression="0 9 * * *")),)
    assert world.tick() == ()
    assert [d.tick.why for d in world.kept] == [
        "it is new, or was edited: moments from now on count"
    ]


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        (CatchUp.LATEST, [("2026-03-12T09:00:00Z", "requested")]),
        (CatchUp.NONE, [("2026-03-12T09:00:00Z", "skipped")]),
        (
            CatchUp.ALL,
            [
                ("2026-03-10T09:00:00Z", "requested"),
                ("2026-03-11T09:00:00Z", "requested"),
                ("2026-03-12T09:00:00Z", "requested"),
            ],
        ),
    ],
    ids=[
        "only the latest moment is caught up with",
        "none is caught up with",
        "all of them are, oldest first",
    ],
)
def test_after_three_days_away(catch_up: CatchUp, expected: list[tuple[str, str]]) -> None:
    world = nightly(Cron(expression="0 9 * * *", catch_up=catch_up))
    world.now += 3 * DAY
    world.arrive("raw", "v2")
    while world.tick():
        pass
    assert outcomes(world) == expected


def test_what_was_left_out_is_told() -> None:
    world = nightly(Cron(expression="0 9 * * *"))
    world.now += 3 * DAY
    (found,) = kept(world)
    assert found.tick.details == (
        "2026-03-10T09:00:00Z was missed",
        "2026-03-11T09:00:00Z was missed",
    )


def test_a_day_that_does_not_count_is_skipped_with_a_word() -> None:
    holidays = Calendar(days=("2026-03-10",))
    world = nightly(Cron(expression="0 9 * * *", calendar=holidays))
    world.now += DAY
    (found,) = kept(world)
    assert (found.tick.outcome, found.tick.why) == (
        TickOutcome.SKIPPED,
        "2026-03-10T09:00:00Z falls on a day that does not count",
    )
    world.now += DAY
    assert world.tick() == ("+b",)


def test_a_halted_schedule_skips_and_says_who_halted_it() -> None:
    world = nightly(Cron(expression="0 * * * *"))
    world.halts = (
        Halt(mover=Mover.SCHEDULE, name="nightly", actor="ada", reason="move", at=START),
    )
    world.now += HOUR
    (found,) = kept(world)
    assert (found.tick.outcome, found.tick.why) == (TickOutcome.SKIPPED, "halted by ada: move")
    world.halts = ()
    assert world.tick() == ()
    world.now += HOUR
    assert world.tick() == ("+b",)


def test_a_moment_is_skipped_while_the_run_of_the_one_before_waits() -> None:
    world = nightly(Cron(expression="0 * * * *"))
    world.now += HOUR
    assert world.tick() == ("+b",)
    world.now += HOUR
    (found,) = kept(world)
    assert found.tick.why == "the run it asked for at 2026-03-09 10:55 UTC has not begun yet"
    world.launch()
    assert world.requests[0].state is RequestState.LAUNCHED
    world.now += HOUR
    assert world.tick() == ("+b",)


def test_a_selection_that_means_nothing_fails_the_tick_and_not_the_next_one() -> None:
    world = nightly(Cron(expression="0 * * * *"), selection="nothing.like.it")
    world.now += HOUR
    (found,) = kept(world)
    assert (found.tick.outcome, found.tick.why) == (
        TickOutcome.FAILED,
        'nothing is called "nothing.like.it"',
    )
    assert world.evaluate().decided == ()


def test_the_key_of_a_tick_is_its_moment() -> None:
    world = nightly(Cron(expression="0 * * * *"))
    world.now += HOUR
    first, second = world.evaluate(), world.evaluate()
    assert len(world.keep(first.decided)) == 1
    assert world.keep(second.decided) == ()
    assert outcomes(world) == [(utc(START + 5 * MINUTE), "requested")]


def test_what_a_schedule_builds_is_not_asked_for_by_anybody_else() -> None:
    world = stage({"a": ("raw",), "b": ("a",)}).build_all()
    place = Span(file="schedules.yaml", line=1, column=1)
    cron = Cron(expression="0 * * * *")
    world.schedules = (
        ScheduleDefinition(name="n", cron=cron, selection="b", file=place.file, span=place),
    )
    world.tick()
    world.now += HOUR
    assert world.tick() == ("b",)
    world.arrive("raw", "v2")
    assert world.tick() == ()
