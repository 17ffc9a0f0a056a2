"""What people may count on while assets are kept fresh: one short play for each sentence."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.scenes import (
    AS_INPUTS,
    AT_FULL_HOURS,
    DAY,
    HOUR,
    HOURLY,
    MANUAL,
    MINUTE,
    START,
    Stage,
    gate,
    pair,
    stage,
)

from freshline.code import Code
from freshline.definitions import CheckDefinition, CheckKind, CheckSeverity
from freshline.errors import Span
from freshline.events import CheckResult
from freshline.lineage.graph import Check
from freshline.operate.deciding import evaluate
from freshline.operate.scene import Gate
from freshline.refresh import (
    AssetArrived,
    CatchUp,
    Cron,
    Materialize,
    MaxLag,
    Refresh,
    ScheduleDefinition,
    SensorDefinition,
    Trigger,
    WhenNeeded,
)
from freshline.ticks import Mover

PLACE = Span(file="freshline.yaml", line=1, column=1)
PLAYS: dict[str, Callable[[], None]] = {}


def play(sentence: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Enter a play under its sentence."""

    def enter(function: Callable[[], None]) -> Callable[[], None]:
        assert sentence not in PLAYS
        PLAYS[sentence] = function
        return function

    return enter


def asked(world: Stage) -> int:
    """Return how many runs were asked for."""
    return sum(len(decided.requests) for decided in world.kept)


# ---- what follows what it reads


@play("a reader is built once for each new content, and not when it was built itself")
def follow() -> None:
    world = pair()
    assert world.tick() == ()
    for content in ("one", "two"):
        world.build("a", content)
        assert world.go() == ("b",)
        assert world.tick() == ()


@play("a chain that turned stale is built in one tick and one run")
def chain() -> None:
    world = stage({"a": (), "b": ("a",), "c": ("b",)}, a=MANUAL).build_all()
    world.build("a", "new")
    assert world.tick() == ("b", "c")
    assert len(world.requests) == 1
    assert world.run() == ("b", "c")
    assert world.tick() == ()


@play("an input that is updated between the landing of its reader and the next look is not lost")
def between_landing_and_look() -> None:
    world = pair()
    world.build("a", "one")
    world.tick()
    world.run()
    world.build("a", "two")
    assert world.go() == ("b",)


@play("an input that is updated while its reader is being built is followed after the landing")
def while_in_flight() -> None:
    world = pair()
    world.build("a", "one")
    world.tick()
    world.launch()
    read = world.builds["a"]
    world.run()
    landed = world.builds["b"]
    world.build("a", "two")
    assert [each.version for each in landed.trace.inputs] == [read.version.mat_id]
    assert world.go() == ("b",)
    assert world.tick() == ()


@play("what failed is asked for again when what it reads is another, and not before")
def failed() -> None:
    world = pair()
    world.build("a", "one")
    world.tick()
    assert world.run({"b": "F300"}) == ()
    world.now += DAY
    assert world.tick() == ()
    world.build("a", "two")
    assert world.go() == ("b",)


@play("of a run whose second step failed nothing is repeated until the first asset is new")
def failed_within_a_run() -> None:
    world = stage({"a": ("raw",), "b": ("a",), "c": ("b",)}).build_all()
    world.arrive("raw", "v2")
    assert world.tick() == ("a", "b", "c")
    assert world.run({"b": "F300"}) == ("a",)
    assert world.tick() == ()
    world.build("a", "by hand")
    assert (world.go(), world.go()) == (("b",), ("c",))
    assert world.tick() == ()


@play("after three days without a daemon one build takes in all that landed")
def three_days() -> None:
    world = pair()
    world.tick()
    for content in ("20", "21", "22"):
        world.now += DAY
        world.build("a", content)
    assert world.go() == ("b",)
    (read,) = world.builds["b"].trace.inputs
    assert read.version == world.builds["a"].version.mat_id
    assert world.tick() == ()


# ---- at moments


@play("at an hour's moment it waits for its input, is built once in that hour, and so the next")
def hourly() -> None:
    world = pair(HOURLY)
    world.tick()
    world.build("a", "at five to ten")
    for hour in (0, 1):
        world.now = START + hour * HOUR + 10 * MINUTE
        assert world.tick() == ()
        world.build("a", f"of hour {hour}")
        assert world.go() == ("b",)
        world.now += MINUTE
        world.build("a", f"again in hour {hour}")
        assert world.tick() == ()


@play("after five hours away what is due every hour is caught up with exactly once")
def five_hours() -> None:
    world = stage({"r": ("raw",)}, r=AT_FULL_HOURS).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now += 5 * HOUR + 10 * MINUTE
    assert world.go() == ("r",)
    world.arrive("raw", "v3")
    assert world.tick() == ()
    assert asked(world) == 1


@play("two with the same moment of which one reads the other are built in one run")
def same_moment() -> None:
    world = stage({"r": ("raw",), "c": ("r",)}, r=AT_FULL_HOURS, c=HOURLY).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now += 10 * MINUTE
    assert world.tick() == ("r", "c")
    assert len(world.requests) == 1


@play("what is due every hour waits for the daily asset that it reads")
def hourly_of_daily() -> None:
    daily = Refresh(rule=Cron(expression="30 10 * * *"))
    world = stage({"r": ("raw",), "c": ("r",)}, r=daily, c=HOURLY).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now += 10 * MINUTE
    assert world.tick() == ()
    world.now += 30 * MINUTE
    assert world.go() == ("r", "c")


# ---- what counts


@play("an input that does not count builds nothing, and need not be there to let others count")
def ignored() -> None:
    world = stage({"x": (), "y": (), "b": ("x", "y")}, x=MANUAL, y=MANUAL)
    world.plots["b"].triggers = (Trigger(key="x", trigger=False, optional=True),)
    world.build("y")
    assert world.go() == ("b",)
    world.build("y", "new")
    assert world.go() == ("b",)
    world.build("x")
    assert world.tick() == ()
    assert gate(world, "b") is Gate.TRIGGER


@play("an edited rule does not build by being edited")
def edited() -> None:
    world = stage({"b": ("raw",)}, b=MANUAL).build_all()
    world.tick()
    world.arrive("raw", "v2")
    world.now += 10 * MINUTE
    for rule in (AT_FULL_HOURS, HOURLY, Refresh(rule=MaxLag(seconds=HOUR))):
        world.plots["b"].refresh = rule
        assert world.tick() == ()


@play("an input that is added leaves what the others have come to")
def added() -> None:
    world = stage({"a": (), "x": (), "b": ("a",)}, a=MANUAL, x=MANUAL, b=HOURLY).build_all()
    world.tick()
    world.now += 10 * MINUTE
    world.build("a", "new")
    world.plots["b"].reads = ("a", "x")
    assert world.why("b").startswith("x was not built or found unchanged since")
    world.build("x", "new")
    assert world.go() == ("b",)


@play("the same content again is nothing new, and another one is")
def content() -> None:
    world = pair()
    for text, expected in (("1", ("b",)), ("1", ()), ("2", ("b",)), ("1", ("b",))):
        world.build("a", text)
        assert world.go() == expected


@play("nothing is built upon what fails a blocking check, until it passes")
def checked() -> None:
    world = pair()
    span, kind = Span(file="a.sql", line=1, column=1), CheckKind.SQL
    definition = CheckDefinition(name="ok", kind=kind, span=span, severity=CheckSeverity.BLOCK)
    world.plots["a"].checks = (Check(definition=definition, digest="ok", query="from a"),)
    for text, failing, expected in (("bad", 3, ()), ("good", 0, ("b",))):
        world.build("a", text)
        found = CheckResult(
            name="ok",
            kind=kind,
            severity=CheckSeverity.BLOCK,
            check="ok",
            contents=(text,),
            failing=failing,
        )
        world.results["a"] = (*world.results.get("a", ()), found)
        assert world.go() == expected


@play("what one call makes is asked for together, though only one of it is due")
def one_call() -> None:
    world = stage({"m1": ("raw",), "m2": ("raw",)}, m2=AT_FULL_HOURS)
    for key in ("m1", "m2"):
        world.plots[key].code = Code(function="a.py:both", outputs=(("one", "m1"), ("two", "m2")))
    world.build_all().tick()
    world.arrive("raw", "v2")
    assert world.tick() == ("m1", "m2")
    assert len(world.requests) == 1


@play("what is built when needed is built at the moment of what reads it, with it and before it")
def pulled() -> None:
    rules = {"r": Refresh(rule=WhenNeeded()), "c": AT_FULL_HOURS}
    world = stage({"r": ("raw",), "c": ("r",)}, **rules).build_all()
    world.tick()
    world.arrive("raw", "v2")
    assert world.tick() == ()
    world.now += 10 * MINUTE
    assert world.tick() == ("r", "c")
    assert world.run() == ("r", "c")


@play("a source that nobody has seen is named as what keeps its reader, beside an input as ever")
def never_observed() -> None:
    world = stage({"a": (), "b": ("a", "raw")}, a=MANUAL).build_all()
    world.build("a", "new")
    scene = world.scene()
    unseen = replace(scene, facts=replace(scene.facts, sources={}))
    found = evaluate(unseen, lambda: "r").decisions["b"]
    assert (found.gate, found.why) == (Gate.MISSING, "raw was never observed")


@play("while what it reads is being built it waits, and goes once that landed")
def in_progress() -> None:
    world = stage({"a": ("raw",), "b": ("a",)}, b=AT_FULL_HOURS).build_all()
    world.tick()
    world.arrive("raw", "v2")
    assert world.tick() == ("a",)
    world.launch()
    world.now += 10 * MINUTE
    assert world.tick() == ()
    assert world.why("b").startswith("it waits for a: run r1 is building it since")
    assert world.run() == ("a",)
    assert world.go() == ("b",)
    assert world.tick() == ()
    assert asked(world) == 2


# ---- what is kept


@play("a decision that is made again after a crash gives no second run")
def decided_twice() -> None:
    world = pair()
    world.build("a", "new")
    first = world.evaluate().decided
    second = world.evaluate().decided
    assert [len(kept.requests) for kept in world.keep(first)] == [1]
    assert world.keep(second) == ()
    assert world.tick() == ()
    assert len(world.requests) == 1


@play("three versions between two looks set a sensor off once, for the latest")
def sensed() -> None:
    world = stage({"a": (), "out": ("a",)}, a=MANUAL, out=MANUAL)
    world.sensors = (
        SensorDefinition(
            name="bell",
            conditions=(AssetArrived(key="a"),),
            acts=(Materialize(selection="out"),),
            file=PLACE.file,
            span=PLACE,
        ),
    )
    world.build_all().tick()
    for text in ("one", "two", "three"):
        world.build("a", text)
    assert world.tick() == ("out",)
    assert world.tick() == ()
    (fired,) = (d for d in world.kept if d.tick.mover is Mover.SENSOR and d.requests)
    assert [each.version for each in fired.about] == ["three"]


@play("of the moments that a schedule missed the latest counts, all do, or none, as it says")
def missed() -> None:
    expected = {CatchUp.LATEST: 1, CatchUp.ALL: 3, CatchUp.NONE: 0}
    for catch_up, runs in expected.items():
        world = stage({"b": ("raw",)}, b=MANUAL).build_all()
        cron = Cron(expression="0 9 * * *", catch_up=catch_up)
        world.schedules = (
            ScheduleDefinition(name="s", cron=cron, selection="b", file=PLACE.file, span=PLACE),
        )
        world.tick()
        world.now += 3 * DAY
        while world.tick():
            world.run()
        assert asked(world) == runs


@pytest.mark.parametrize("sentence", PLAYS, ids=PLAYS)
def test_people_may_count_on_it(sentence: str) -> None:
    PLAYS[sentence]()


def test_a_rule_that_nobody_gave_is_to_follow_what_is_read() -> None:
    assert stage({"b": ("raw",)}).plots["b"].refresh == AS_INPUTS
