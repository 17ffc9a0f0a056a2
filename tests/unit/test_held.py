"""What pins and pauses do to plans: who stays, who follows, and what is said about it."""

from dataclasses import replace

import pytest
from tests.unit.facts import Tale, tale

from freshline.errors import UsageError
from freshline.ports import Condition, Inspection
from freshline.reconcile.facts import Facts
from freshline.reconcile.held import Held, refuse_force
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Action, Plan, Wish
from freshline.reconcile.staleness import judge
from freshline.state import Pause, Pin
from freshline.verdicts import ReasonKind, Verdict
from freshline.versions import Build

READS = {"orders": ["raw"], "daily": ["orders"], "weekly": ["daily"]}


def pin(build: Build, until: float | None = None) -> Pin:
    return Pin(mat_id=build.version.mat_id, actor="ann", reason="twice", at=5.0, until=until)


PAUSE = Pause(actor="ben", reason="month end", at=6.0)


def pinned(world: Tale, **pins: Pin) -> Facts:
    return replace(world.facts(), pins=pins)


def paused(world: Tale, *keys: str) -> Facts:
    return replace(world.facts(), pauses=dict.fromkeys(keys, PAUSE))


def steps(plan: Plan) -> dict[str, Action]:
    return {step.asset: step.action for step in plan.steps}


def edited() -> Tale:
    """A world whose first asset was edited after everything was built."""
    world = tale(READS)
    world.texts["orders"] = "select 2 as x"
    return world


def test_a_pinned_asset_stays_and_says_what_it_would_be() -> None:
    world = edited()
    plan = make_plan(pinned(world, orders=pin(world.builds["orders"], 9.0)), Wish())
    assert steps(plan) == {}
    (held,) = plan.pinned
    assert replace(held, reasons=()) == Held(
        asset="orders", version=1, actor="ann", reason="twice", since=5.0, until=9.0
    )
    assert [reason.kind for reason in held.reasons] == [ReasonKind.CODE]
    assert [fresh.asset for fresh in plan.fresh] == ["daily", "weekly"]


def test_readers_follow_the_pinned_version() -> None:
    world = edited()
    first = world.builds["orders"]
    world.built("orders", "other rows")
    world.built("daily", "other days")
    world.built("weekly", "other weeks")
    world.builds["orders"] = replace(first, version=replace(first.version, number=3))
    plan = make_plan(pinned(world, orders=pin(first)), Wish())
    assert steps(plan) == {"daily": Action.REPUBLISH, "weekly": Action.REPUBLISH}
    assert plan.steps[0].reasons[0].detail == "orders has new content"


def test_an_asset_that_is_not_at_its_pin_is_pointed_back() -> None:
    """Whoever pinned it died, or somebody published over it."""
    world = edited()
    first = world.builds["orders"]
    world.built("orders", "other rows")
    plan = make_plan(pinned(world, orders=pin(first)), Wish())
    assert steps(plan)["orders"] is Action.REPUBLISH
    step = plan.steps[0]
    assert step.reuse == first
    assert [(r.kind, r.detail) for r in step.reasons] == [(ReasonKind.PIN, "pinned by ann: twice")]
    assert plan.pinned == ()
    assert "daily" not in steps(plan), "it was built from the version that comes back"


@pytest.mark.parametrize("only", [False, True], ids=["with ancestors", "alone"])
def test_pointing_back_needs_nothing_of_what_the_asset_reads(only: bool) -> None:
    world = tale(READS)
    first = world.builds["daily"]
    world.texts["orders"] = "select 2 as x"
    world.built("daily", "bad days")
    world.builds.pop("orders")
    facts = pinned(world, daily=pin(first))
    plan = make_plan(facts, Wish(selected=frozenset({"daily"}), only=only))
    assert steps(plan) == {"daily": Action.REPUBLISH}
    assert (plan.warnings, plan.blocked) == ((), ())


def test_a_pinned_version_that_is_gone_leaves_the_asset_as_it_is() -> None:
    world = edited()
    lost = replace(pin(world.builds["orders"]), mat_id="lost")
    plan = make_plan(pinned(world, orders=lost), Wish())
    assert steps(plan) == {}
    assert [held.asset for held in plan.pinned] == ["orders"]
    end = "it stays so until `freshline unpin orders`"
    assert plan.warnings == (f"orders is pinned to a version that is gone; {end}",)


def test_a_pinned_version_that_is_damaged_is_told() -> None:
    world = tale(READS)
    world.inspections["orders"] = Inspection(Condition.DAMAGED, detail="torn")
    plan = make_plan(pinned(world, orders=pin(world.builds["orders"])), Wish())
    assert steps(plan) == {}
    end = "it stays so until `freshline unpin orders`"
    assert plan.warnings == (f"orders is pinned, but its version is damaged; {end}",)


def test_a_paused_asset_stays_and_its_readers_go_on_with_it() -> None:
    world = edited()
    world.texts["weekly"] = "select 3 as x"
    plan = make_plan(paused(world, "orders"), Wish())
    assert steps(plan) == {"weekly": Action.REBUILD}
    (held,) = plan.paused
    assert (held.asset, held.actor, held.reason, held.version) == ("orders", "ben", "month end", 1)
    assert plan.warnings == ()


def test_a_paused_asset_that_was_never_built_blocks_its_readers() -> None:
    world = tale(READS, built=False)
    plan = make_plan(paused(world, "daily"), Wish())
    assert steps(plan) == {"orders": Action.CREATE}
    (blocked,) = plan.blocked
    assert blocked.why == "daily is paused and was never materialized"
    assert plan.paused[0].version is None


def test_what_is_selected_and_held_brings_none_of_its_ancestors() -> None:
    world = edited()
    world.texts["daily"] = "select 4 as x"
    plan = make_plan(paused(world, "daily"), Wish(selected=frozenset({"daily"})))
    assert steps(plan) == {}
    assert [held.asset for held in plan.paused] == ["daily"]


def test_a_pin_counts_more_than_a_pause() -> None:
    world = edited()
    both = replace(pinned(world, orders=pin(world.builds["orders"])), pauses={"orders": PAUSE})
    assert judge(both, world.reads)["orders"].verdict is Verdict.PINNED


def test_force_skips_what_is_held_and_is_refused_where_that_was_named() -> None:
    world = tale(READS)
    facts = replace(
        world.facts(), pins={"orders": pin(world.builds["orders"])}, pauses={"weekly": PAUSE}
    )
    assert steps(make_plan(facts, Wish(force=True))) == {"daily": Action.REBUILD}
    refuse_force(facts, {"daily"})
    with pytest.raises(UsageError) as caught:
        refuse_force(facts, {"daily", "orders"})
    assert caught.value.message == "orders is pinned by ann: twice"
    assert caught.value.help == "`freshline unpin orders`"
    with pytest.raises(UsageError, match="weekly is paused by ben: month end"):
        refuse_force(facts, {"weekly"})


@pytest.mark.parametrize(
    ("until", "now", "holds"),
    [(None, 1e12, True), (9.0, 8.9, True), (9.0, 9.0, False)],
    ids=["without end", "before the end", "at the end"],
)
def test_a_pin_holds_until_its_end(until: float | None, now: float, holds: bool) -> None:
    assert pin(tale(READS).builds["orders"], until).holds(now) is holds
