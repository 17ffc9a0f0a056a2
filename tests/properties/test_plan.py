"""Laws of plans, on worlds drawn at random: what was built, edited, lost and damaged, and how."""

import random
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.facts import Tale, tale

from freshline.codec import encode
from freshline.lineage.graph import needed_by
from freshline.ports import Condition, Inspection
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Action, Plan, Wish, report
from freshline.reconcile.staleness import judge
from freshline.verdicts import Verdict


def drawn(seed: int) -> Tale:
    """Return a world of up to eight assets to which up to six things happened."""
    chance = random.Random(seed)
    keys = [f"a{i}" for i in range(chance.randint(1, 8))]
    reads: dict[str, Sequence[str]] = {
        key: sorted(chance.sample([*keys[:i], "raw", "web"], chance.randint(0, min(3, i + 2))))
        for i, key in enumerate(keys)
    }
    world = tale(reads)
    for _ in range(chance.randint(0, 6)):
        key = chance.choice(keys)
        match chance.randint(0, 5):
            case 0:
                world.texts[key] = f"select {chance.randint(1, 3)} as x"
            case 1:
                world.observed[chance.choice(["raw", "web"])] = chance.choice(["v1", "v2"])
            case 2 if all(
                upstream in world.builds for upstream in world.reads[key] if upstream in world.reads
            ):
                world.built(key, chance.choice(["some rows", "other rows"]))
            case 3:
                world.builds.pop(key, None)
            case 4:
                world.inspections[key] = Inspection(Condition.DAMAGED, detail="torn")
            case _:
                world.history.pop(key, None)
    return world


def settled(world: Tale, plan: Plan, chance: random.Random) -> list[str]:
    """Do what a plan says, with contents by chance, and return what was acted upon."""
    acted: list[str] = []
    for step in plan.steps:
        now = judge(world.facts(), world.reads)[step.asset]
        if now.verdict is Verdict.FRESH and step.action is Action.RECHECK:
            continue
        acted.append(step.asset)
        world.inspections.pop(step.asset, None)
        if step.reuse is not None:
            world.builds[step.asset] = step.reuse
            continue
        content = chance.choice(["some rows", "other rows", f"rows of {step.asset}"])
        world.built(step.asset, content)
    return acted


@settings(deadline=None)
@given(seed=st.integers(0, 100_000))
def test_a_plan_is_a_function_of_the_world(seed: int) -> None:
    assert encode(report(make_plan(drawn(seed).facts(), Wish()))) == encode(
        report(make_plan(drawn(seed).facts(), Wish()))
    )


@settings(deadline=None)
@given(seed=st.integers(0, 100_000))
def test_every_asset_is_either_in_the_plan_or_fresh_and_steps_stand_behind_their_inputs(
    seed: int,
) -> None:
    world = drawn(seed)
    plan = make_plan(world.facts(), Wish())
    steps = [step.asset for step in plan.steps]
    assert sorted([*steps, *(found.asset for found in plan.fresh)]) == sorted(world.reads)
    for step in plan.steps:
        assert {*step.after} == {u for u in world.reads[step.asset] if u in steps}
        assert all(steps.index(u) < steps.index(step.asset) for u in step.after)


@settings(deadline=None)
@given(seed=st.integers(0, 100_000))
def test_an_apply_may_only_shrink_its_plan_and_leaves_nothing_to_do(seed: int) -> None:
    """Certain steps always happen, conditional ones may not, and then all is fresh."""
    world = drawn(seed)
    plan = make_plan(world.facts(), Wish())
    acted = settled(world, plan, random.Random(seed))
    certain = {step.asset for step in plan.steps if step.certain}
    assert certain <= {*acted} <= {step.asset for step in plan.steps}
    assert make_plan(world.facts(), Wish()).steps == ()


@settings(deadline=None)
@given(seed=st.integers(0, 100_000), data=st.data())
def test_the_plan_of_a_selection_is_part_of_the_plan_of_all(seed: int, data: st.DataObject) -> None:
    world = drawn(seed)
    selected = data.draw(st.sets(st.sampled_from(sorted(world.reads))))
    whole = {step.asset: step.action for step in make_plan(world.facts(), Wish()).steps}
    part = make_plan(world.facts(), Wish(selected=frozenset(selected)))
    assert {step.asset: step.action for step in part.steps}.items() <= whole.items()


@settings(deadline=None)
@given(seed=st.integers(0, 100_000), data=st.data())
def test_the_plan_of_a_selection_hangs_on_nothing_but_what_is_above_it(
    seed: int, data: st.DataObject
) -> None:
    """What happened to all else may be unknown: not a byte of the plan is another."""
    world = drawn(seed)
    selected = frozenset(data.draw(st.sets(st.sampled_from(sorted(world.reads)), min_size=1)))
    only, force = data.draw(st.booleans()), data.draw(st.booleans())
    wish = Wish(selected=selected, only=only, force=force, named=selected)
    facts = world.facts()
    part = needed_by(facts.graph, selected)
    elsewhere = facts.graph.assets.keys() - part.assets.keys()
    lost = data.draw(st.sets(st.sampled_from(sorted(elsewhere)))) if elsewhere else set[str]()
    narrow = replace(
        facts,
        graph=part,
        builds={key: build for key, build in facts.builds.items() if key not in lost},
        inspections={key: i for key, i in facts.inspections.items() if key in part.assets},
        sources={key: seen for key, seen in facts.sources.items() if key in part.sources},
        history={key: kept for key, kept in facts.history.items() if key in part.assets},
    )
    assert make_plan(narrow, wish) == make_plan(facts, wish)
