"""Laws of pins and pauses, on worlds drawn at random: nothing that is held is ever computed."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.test_plan import drawn, settled
from tests.unit.facts import Tale

from freshline.reconcile.facts import Facts
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Action, Wish
from freshline.state import Pause, Pin

PAUSE = Pause(actor="ben", reason="", at=1.0)
wishes = st.builds(
    Wish,
    selected=st.none() | st.sets(st.sampled_from([f"a{i}" for i in range(8)])).map(frozenset),
    only=st.booleans(),
    force=st.booleans(),
)


def held(world: Tale, chance: random.Random) -> Facts:
    """Return the facts of a world in which some assets are pinned, to whatever, or paused."""
    pins: dict[str, Pin] = {}
    for key in world.reads:
        if chance.random() < 0.3:
            known = [build.version.mat_id for build in world.history.get(key, ())]
            mat_id = chance.choice([*known, "gone"])
            pins[key] = Pin(mat_id=mat_id, actor="ann", reason="", at=1.0)
    pauses = {key: PAUSE for key in world.reads if chance.random() < 0.3}
    return replace(world.facts(), pins=pins, pauses=pauses)


@settings(deadline=None)
@given(seed=st.integers(0, 100_000), wish=wishes)
def test_what_is_pinned_is_pointed_back_at_most_and_what_is_paused_is_left(
    seed: int, wish: Wish
) -> None:
    facts = held(drawn(seed), random.Random(seed))
    plan = make_plan(facts, wish)
    for step in plan.steps:
        if (pin := facts.pins.get(step.asset)) is not None:
            assert step.action is Action.REPUBLISH
            assert step.reuse is not None and step.reuse.version.mat_id == pin.mat_id
        else:
            assert step.asset not in facts.pauses


@settings(deadline=None)
@given(seed=st.integers(0, 100_000))
def test_every_asset_is_told_of_once(seed: int) -> None:
    facts = held(drawn(seed), random.Random(seed))
    plan = make_plan(facts, Wish())
    told = [step.asset for step in plan.steps]
    told += [fresh.asset for fresh in plan.fresh]
    told += [blocked.asset for blocked in plan.blocked]
    told += [held.asset for held in (*plan.pinned, *plan.paused)]
    assert sorted(told) == sorted(facts.graph.assets)


@settings(deadline=None)
@given(seed=st.integers(0, 100_000))
def test_behind_an_apply_every_pin_that_can_be_kept_is_kept(seed: int) -> None:
    """And a second plan has nothing to do but what is blocked for good."""
    world, chance = drawn(seed), random.Random(seed)
    facts = held(world, chance)
    settled(world, make_plan(facts, Wish()), chance)
    after = replace(world.facts(), pins=facts.pins, pauses=facts.pauses)
    assert make_plan(after, Wish()).steps == ()
    for key, pin in facts.pins.items():
        if any(build.version.mat_id == pin.mat_id for build in facts.history.get(key, ())):
            assert world.builds[key].version.mat_id == pin.mat_id
