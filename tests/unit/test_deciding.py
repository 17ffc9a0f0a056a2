"""What automation builds, tick by tick, and what it leaves alone."""

from tests.unit.scenes import Stage, stage

from freshline.operate.scene import Gate
from freshline.refresh import Cron, Manual, Refresh, Trigger

HOURLY = Refresh(rule=Cron(expression="0 * * * *", updated=True))


def test_a_reader_follows_what_it_reads_once() -> None:
    world = stage({"a": (), "b": ("a",)}, a=Refresh(rule=Manual())).build_all()
    assert world.tick() == ()
    world.build("a", "new")
    assert world.tick() == ("b",)
    assert world.tick() == ()
    world.run()
    assert world.tick() == ()
    world.build("a", "newer")
    assert world.tick() == ("b",)


def test_a_chain_goes_in_one_run() -> None:
    world = stage({"a": (), "b": ("a",), "c": ("b",)}, a=Refresh(rule=Manual())).build_all()
    world.build("a", "new")
    assert world.tick() == ("b", "c")
    assert len(world.requests) == 1
    assert world.run() == ("b", "c")


def test_nothing_is_decided_when_nothing_is_new() -> None:
    world = stage({"a": (), "b": ("a",)}, b=HOURLY).build_all()
    world.tick()
    world.now += 1
    assert world.evaluate().decided == ()
