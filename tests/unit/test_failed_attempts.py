"""What was tried and failed: when it is tried again, and when it is not."""

from tests.unit.scenes import (
    DAY,
    HOUR,
    MANUAL,
    MINUTE,
    gate,
    pair,
    stage,
)

from freshline.operate.scene import Gate


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


def test_a_tick_that_only_takes_note_says_of_what() -> None:
    world = pair()
    world.build("a", "new")
    world.tick()
    world.run({"b": "F300"})
    world.tick()
    assert world.kept[-1].tick.why == "nothing is to be built; something to remember of b"
