"""What automation builds, tick by tick, and what it leaves alone."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.scenes import (
    AT_FULL_HOURS,
    HOUR,
    HOURLY,
    MANUAL,
    MINUTE,
    START,
    gate,
    pair,
    stage,
)

from freshline.definitions import CheckDefinition, CheckKind, CheckSeverity, Volatile
from freshline.errors import Span
from freshline.lineage.graph import Check, SetAside
from freshline.operate.deciding import evaluate
from freshline.operate.scene import Gate
from freshline.refresh import (
    Every,
    MaxLag,
    Refresh,
    Wake,
)

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


def test_what_is_not_declared_any_more_is_forgotten_once() -> None:
    world = stage({"a": ("raw",), "b": ("raw",)}, b=HOURLY).build_all()
    world.arrive("raw", "v2")
    world.tick()
    world.run()
    assert {"asset:a", "asset:b"} <= world.memories.keys()
    del world.plots["b"], world.builds["b"]
    assert world.tick() == ()
    assert "asset:b" not in world.memories and "asset:a" in world.memories
    assert world.kept[-1].tick.why == "nothing is to be built; something to remember of b"
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


# ---- checks to run, what is set aside, and what time alone makes stale


def check(name: str) -> Check:
    definition = CheckDefinition(
        name=name,
        kind=CheckKind.SQL,
        span=Span(file="a.sql", line=1, column=1),
        severity=CheckSeverity.WARN,
    )
    return Check(definition=definition, digest=name, query=name)


def test_a_new_check_is_run_on_what_is_fresh() -> None:
    world = stage({"a": ("raw",), "b": ("a",)}).build_all()
    world.plots["b"].checks = (check("rows"),)
    assert world.tick() == ("b",)


def test_a_new_check_of_a_source_is_run_for_one_of_those_that_read_it() -> None:
    world = stage({"a": ("raw",), "b": ("raw",)}, a=MANUAL).build_all()
    world.source_checks["raw"] = (check("rows"),)
    assert world.tick() == ("a",)
    assert world.tick() == ()
    assert gate(world, "raw") is Gate.RUNNING


def test_a_source_is_not_checked_for_what_would_be_built_by_that() -> None:
    world = stage({"a": ("raw", "x"), "x": ()}, a=MANUAL, x=MANUAL).build_all()
    world.source_checks["raw"] = (check("rows"),)
    world.build("x", "new")
    assert world.tick() == ()
    assert world.why("raw") == "it is checked when something that reads it is built"


def test_what_is_set_aside_says_with_what() -> None:
    world = pair()
    scene = world.scene()
    aside = {"c": SetAside(code="E201"), "d": SetAside(code="E208", because="c")}
    graph = replace(scene.facts.graph, quarantined=aside)
    found = evaluate(replace(scene, facts=replace(scene.facts, graph=graph)), lambda: "r").decisions
    assert (found["c"].gate, found["c"].why) == (Gate.ASIDE, "E201")
    assert found["d"].why == "it is set aside with c"


def test_the_next_hour_is_looked_at_where_rows_hang_on_it() -> None:
    world = pair()
    assert world.evaluate().again is None
    scene = world.scene()
    hourly = replace(scene.facts.graph.assets["b"], varies=("now()",), volatile=Volatile.HOUR)
    graph = replace(scene.facts.graph, assets={**scene.facts.graph.assets, "b": hourly})
    found = evaluate(replace(scene, facts=replace(scene.facts, graph=graph)), lambda: "r")
    assert found.again == START + 5 * MINUTE


HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["s0", "s1"]), st.sampled_from(["v1", "v2", "v3"]), st.booleans()),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(HAPPENINGS)
def test_lost_wake_ups_change_nothing_in_the_end(happenings: list[tuple[str, str, bool]]) -> None:
    """Looking after each happening, after some, or once at the end: the same is there."""
    reads = {"a": ("s0",), "b": ("s0", "s1"), "c": ("a", "b"), "d": ("c", "s1")}
    ends: list[dict[str, str]] = []
    for deaf in (0, 1, 2):
        world = stage(reads).build_all()
        for source, version, heard in happenings:
            world.arrive(source, version)
            world.now += 1
            if deaf == 0 or (deaf == 1 and heard):
                world.go()
        while world.go():
            pass
        assert world.plan().steps == ()
        ends.append({key: build.trace.data_version for key, build in world.builds.items()})
    assert ends[0] == ends[1] == ends[2]
