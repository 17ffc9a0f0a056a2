"""What pins, pauses, damage and removals leave in the state of a target."""

from freshline.events import Event
from freshline.state import Pause, Pin, TargetState, advance
from freshline.testing.specimens import ORDERS, cared_for, materialized, removed

DAMAGED, PINNED, UNPINNED, PAUSED, RESUMED, *_ = cared_for("r", ORDERS, "m1")


def after(*events: Event) -> TargetState:
    known = TargetState(target=ORDERS)
    for sequence, event in enumerate(events, 1):
        known = advance(known, sequence, event)
    return known


def test_a_pin_lasts_until_it_is_ended_or_another_takes_its_place() -> None:
    pin = Pin(mat_id="m1", actor="ada", reason="known", at=3.2, until=9.5)
    assert after(PINNED).pin == after(PINNED, materialized("r", ORDERS, "m2")).pin == pin
    assert after(PINNED, UNPINNED).pin is None
    assert after(PINNED, UNPINNED, PINNED).pin == pin


def test_a_pause_lasts_until_it_is_resumed() -> None:
    pause = Pause(actor="ada", reason="month end", at=3.4)
    assert after(PAUSED).pause == after(PAUSED, UNPINNED).pause == pause
    assert after(PAUSED, RESUMED).pause is None


def test_damage_takes_the_stamp_of_the_version_it_was_found_in() -> None:
    first, second = materialized("r", ORDERS, "m1"), materialized("r", ORDERS, "m2")
    found = after(first, DAMAGED).build
    assert found is not None
    assert (found.version, found.stamp) == (first.build.version, "")
    later = after(first, second, DAMAGED).build
    assert later is not None and later.stamp == second.build.stamp
    assert after(DAMAGED).build is None


def test_a_removal_takes_the_build_and_its_pin_only_where_it_was_that_one() -> None:
    built = materialized("r", ORDERS, "m1")
    gone = after(built, PINNED, PAUSED, removed("r", ORDERS, "m1"))
    assert (gone.build, gone.pin) == (None, None)
    assert gone.pause is not None
    kept = after(built, PINNED, removed("r", ORDERS, "m0"))
    assert kept.build == built.build
    assert kept.pin is not None
