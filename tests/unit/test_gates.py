"""What holds back what is stale: people, checks, inputs that do not count, hours and rates."""

from dataclasses import replace

from tests.unit.scenes import (
    AS_INPUTS,
    HOUR,
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
from freshline.errors import Diagnostic, Span
from freshline.events import CheckResult
from freshline.lineage.graph import Check
from freshline.operate.deciding import evaluate
from freshline.operate.scene import Gate
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Wish
from freshline.refresh import (
    Hours,
    Rate,
    Refresh,
    Trigger,
)
from freshline.state import Pause, Pin


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


def test_nothing_goes_in_a_strict_project_while_anything_is_broken() -> None:
    world = pair()
    world.build("a", "new")
    scene = world.scene()
    broken = Diagnostic(code="E201", message="SQL that does not parse", asset="c")
    strict = replace(scene.facts.graph.project, strict=True)
    graph = replace(scene.facts.graph, project=strict, diagnostics=(broken,))
    found = evaluate(replace(scene, facts=replace(scene.facts, graph=graph)), lambda: "r")
    assert found.decided == ()
    assert found.decisions["b"].why == "the project is strict, and something in it is broken"


def test_what_one_call_makes_goes_together_where_only_its_rule_keeps_it() -> None:
    world = stage({"m1": ("raw",), "m2": ("raw",)}, m2=MANUAL)
    outputs = (("one", "m1"), ("two", "m2"))
    for key in ("m1", "m2"):
        world.plots[key].code = Code(function="a.py:both", outputs=outputs)
    world.build_all()
    world.arrive("raw", "v2")
    assert world.tick() == ("m1", "m2")
    world.run()
    for key in ("m1", "m2"):
        world.plots[key].code = Code(function="a.py:both", outputs=outputs, subset=True)
    world.arrive("raw", "v3")
    assert world.tick() == ("m1",)


def test_what_reads_a_source_that_nobody_has_seen_says_so() -> None:
    world = stage({"b": ("raw",)})
    scene = world.scene()
    unseen = replace(scene, facts=replace(scene.facts, sources={}))
    found = evaluate(unseen, lambda: "r").decisions["b"]
    assert (found.gate, found.why) == (Gate.MISSING, "raw was never observed")


def test_an_asset_that_is_not_what_it_is_pinned_to_is_pointed_back_whatever_its_rule_says() -> None:
    world = stage({"b": ("raw",)}, b=MANUAL).build_all()
    pinned = world.builds["b"]
    world.arrive("raw", "v2")
    world.build("b")
    facts = world.facts()
    pin = Pin(mat_id=pinned.version.mat_id, actor="ada", reason="known", at=START)
    facts = replace(facts, pins={"b": pin}, history={"b": (pinned,)})
    scene = replace(world.scene(), facts=facts, plan=make_plan(facts, Wish()))
    found = evaluate(scene, lambda: "r").decisions["b"]
    assert (found.gate, found.why) == (None, "pinned by ada: known")


def without(rule: Refresh = MANUAL) -> Stage:
    """Return r, never built, and c, which can do without it."""
    world = stage({"r": ("raw",), "c": ("r", "other")}, r=rule)
    world.plots["c"].triggers = (Trigger(key="r", optional=True),)
    return world


def test_what_an_asset_can_do_without_need_not_have_been_built() -> None:
    world = without()
    assert world.tick() == ("c",)
    assert world.run() == ("c",)
    assert world.tick() == ()
    assert gate(world, "r") is Gate.RULE
    world.build("r")
    assert world.tick() == ("c",)
    assert world.why("c").startswith("run ")


def test_what_an_asset_can_do_without_is_waited_for_while_it_is_built() -> None:
    world = without(AS_INPUTS)
    assert world.tick() == ("r", "c")
    world.requests = [
        replace(each, request=replace(each.request, assets=("r",))) for each in world.requests
    ]
    assert world.why("c") == "it waits for r: run r1, which builds it, is queued"


def test_what_an_asset_can_do_without_may_fail() -> None:
    world = without(AS_INPUTS)
    world.tick()
    assert world.run({"r": "F300"}) == ("c",)
    assert world.tick() == ()
    assert gate(world, "r") is Gate.FAILED
    world.arrive("other", "v2")
    assert world.go() == ("c",)
    world.plots["r"].text = "2"
    assert world.go() == ("r", "c")
