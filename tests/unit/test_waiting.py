"""Why something is not running now, in a sentence, with its event and the next look."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.scenes import START, Stage, stage

from freshline.errors import UsageError
from freshline.operate.scene import Gate
from freshline.operate.waiting import Waiting, answer
from freshline.refresh import Cron, Every, Hours, Manual, MaxLag, Never, Refresh, Rule, Upstream

MANUAL = Refresh(rule=Manual())


def asked(world: Stage, key: str) -> Waiting:
    scene = world.scene()
    return answer(key, scene, world.evaluate())


def fresh() -> Stage:
    return stage({"b": ("raw",)}).build_all()


def stale(refresh: Refresh) -> Stage:
    world = stage({"b": ("raw",)}, b=refresh).build_all()
    world.tick()
    world.arrive("raw", "v2")
    return world


def running() -> Stage:
    world = stale(Refresh())
    world.tick()
    world.launch()
    return world


def failed() -> Stage:
    world = stale(Refresh())
    world.tick()
    world.run({"b": "F340"})
    world.tick()
    return world


ANYTIME = "looked at again whenever something changes"
SAID = {
    "what is fresh": (
        fresh(),
        Gate.FRESH,
        "b is fresh: version 1: same logic, same input",
        "built at 2026-03-09 09:55 UTC",
        ANYTIME,
    ),
    "what people refresh": (
        stale(MANUAL),
        Gate.RULE,
        "b is not built now: it is refreshed when somebody asks for it",
        "built at 2026-03-09 09:55 UTC",
        ANYTIME,
    ),
    "what waits for its hours": (
        stale(Refresh(hours=Hours(begin=22 * 60, end=23 * 60))),
        Gate.HOURS,
        "b is not built now: its hours open at 2026-03-09 22:00 UTC",
        "built at 2026-03-09 09:55 UTC",
        "looked at again at 2026-03-09 22:00 UTC, and whenever something changes",
    ),
    "what is being built": (
        running(),
        Gate.RUNNING,
        "b is under way: run r1 is building it since 2026-03-09 09:55 UTC",
        "run r1 was asked for at 2026-03-09 09:55 UTC",
        ANYTIME,
    ),
    "what failed": (
        failed(),
        Gate.FAILED,
        "b is not built now: tried once, and again at 2026-03-09 09:55:30 UTC: division by zero",
        "run r1 failed at 2026-03-09 09:55 UTC",
        "looked at again at 2026-03-09 09:55:30 UTC, and whenever something changes",
    ),
    "what goes": (
        stale(Refresh()),
        None,
        "b is built now: raw has new data",
        "built at 2026-03-09 09:55 UTC",
        ANYTIME,
    ),
}


@pytest.mark.parametrize(("world", "gate", "sentence", "event", "next"), SAID.values(), ids=SAID)
def test_what_is_said_of(
    world: Stage, gate: Gate | None, sentence: str, event: str, next: str
) -> None:
    found = asked(world, "b")
    assert (found.gate, found.sentence, found.event, found.next) == (gate, sentence, event, next)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError):
        asked(fresh(), "nobody")


RULES: st.SearchStrategy[Rule] = st.sampled_from(
    [
        Upstream(),
        Manual(),
        Never(),
        Cron(expression="*/10 * * * *"),
        Cron(expression="*/10 * * * *", updated=True),
        Every(seconds=300),
        MaxLag(seconds=120),
    ]
)


@st.composite
def worlds(draw: st.DrawFn) -> Stage:
    """Draw a project of up to six assets, some built, some sources changed, some time gone by."""
    number = draw(st.integers(1, 6))
    keys = [f"a{i}" for i in range(number)]
    reads = {
        key: tuple(sorted(draw(st.sets(st.sampled_from([*keys[:i], "s0", "s1"]), max_size=3))))
        for i, key in enumerate(keys)
    }
    world = stage(reads, **{key: Refresh(rule=draw(RULES)) for key in keys})
    if draw(st.booleans()):
        world.build_all()
    world.tick()
    world.requests = []
    for _ in range(draw(st.integers(0, 3))):
        world.arrive(draw(st.sampled_from(["s0", "s1"])), draw(st.sampled_from(["v1", "v2", "v3"])))
        world.now += draw(st.sampled_from([1.0, 60.0, 600.0, 90_000.0]))
        if draw(st.booleans()):
            world.go()
    return world


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_evaluating_again_asks_for_nothing_more(world: Stage) -> None:
    world.tick()
    again = world.evaluate()
    assert [d for d in again.decided if d.requests] == []
    assert again.decided == ()


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_the_same_scene_gives_the_same_decisions(world: Stage) -> None:
    first, second = world.evaluate(), world.evaluate()
    assert first.decisions == second.decisions
    assert [d.tick.key for d in first.decided] == [d.tick.key for d in second.decided]
    assert world.keep(second.decided) == second.decided
    assert world.keep(first.decided) == ()


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_what_waits_for_time_alone_is_looked_at_again_before_it_could_go(world: Stage) -> None:
    """Nothing goes between two looks that the evaluation itself names."""
    world.go()
    found = world.evaluate()
    if found.again is None:
        world.now += 90_000.0
    else:
        assert found.again > world.now
        world.now = found.again - 0.5
    assert [d for d in world.evaluate().decided if d.requests] == []
    assert world.now > START - 1
