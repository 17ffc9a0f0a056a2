"""The plan: which steps, in which order, for whom, and everything that is left alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.facts import Tale, tale, target

from freshline.codec import decode, encode
from freshline.definitions import ProjectDefinition
from freshline.errors import Diagnostic
from freshline.lineage.graph import SetAside
from freshline.ports import Condition, Inspection
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import spec, spec_digest
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Plan, Wish, report
from freshline.state import TargetState

CHAIN = {"a": ("raw",), "b": ("a",), "c": ("b",)}
DIAMOND = {"a": ("raw",), "b": ("a",), "c": ("a",), "d": ("b", "c"), "z": ("web",)}


def planned(world: Tale, **wish: object) -> Plan:
    selected = wish.pop("selected", None)
    chosen = None if selected is None else frozenset(str(selected).split())
    return make_plan(world.facts(), Wish(selected=chosen, **wish))  # type: ignore[arg-type]


def lines(plan: Plan) -> list[str]:
    """Return the steps of a plan, one a line."""
    return [
        f"{step.asset} {step.action}{'' if step.certain else '?'}"
        + (f" after {','.join(step.after)}" if step.after else "")
        + (f" for {','.join(step.wanted_by)}" if step.wanted_by else "")
        for step in plan.steps
    ]


def fresh(plan: Plan) -> list[str]:
    return [found.asset for found in plan.fresh]


def test_from_nothing_all_is_created_in_order() -> None:
    plan = planned(tale(DIAMOND, built=False))
    assert lines(plan) == [
        "a create",
        "b create after a",
        "c create after a",
        "d create after b,c",
        "z create",
    ]
    assert (plan.certain, plan.conditional, fresh(plan)) == (5, 0, [])


def test_when_nothing_happened_nothing_is_done() -> None:
    plan = planned(tale(DIAMOND))
    assert (lines(plan), fresh(plan)) == ([], ["a", "b", "c", "d", "z"])


def test_an_edit_rebuilds_its_asset_and_rechecks_what_may_follow() -> None:
    world = tale(DIAMOND)
    world.texts["b"] = "select 2 as x"
    plan = planned(world)
    assert lines(plan) == ["b rebuild", "d recheck? after b"]
    assert fresh(plan) == ["a", "c", "z"]
    assert (plan.certain, plan.conditional) == (1, 1)


def test_a_revert_republishes_through_every_level() -> None:
    world = tale(CHAIN)
    world.texts["a"] = "select 2 as x"
    for key in "abc":
        world.built(key, f"other rows of {key}")
    del world.texts["a"]
    plan = planned(world)
    assert lines(plan) == ["a republish", "b republish after a", "c republish after b"]
    assert [s.reuse.version.number for s in plan.steps if s.reuse] == [1, 1, 1]


def test_a_damaged_version_is_rebuilt_although_its_record_fits() -> None:
    world = tale(CHAIN)
    world.inspections["b"] = Inspection(Condition.DAMAGED, detail="torn")
    assert lines(planned(world)) == ["b rebuild", "c recheck? after b"]


# ---- what is selected


def nothing(world: Tale) -> None:
    """Leave it as it is."""


def stale_at_the_root(world: Tale) -> None:
    world.observed["raw"] = "v2"


def missing_at_the_root(world: Tale) -> None:
    del world.builds["a"], world.history["a"]


def missing_at_the_root_and_below(world: Tale) -> None:
    for key in "abd":
        del world.builds[key], world.history[key]


def missing_in_the_middle(world: Tale) -> None:
    del world.builds["b"], world.history["b"]


SELECTIONS: list[tuple[str, Callable[[Tale], None], dict[str, object], list[str], list[str]]] = [
    (
        "what a selection needs is made fresh for it",
        stale_at_the_root,
        {"selected": "b"},
        ["a rebuild for b", "b recheck? after a"],
        [],
    ),
    (
        "whom a step is for is said of all that want it",
        stale_at_the_root,
        {"selected": "b c"},
        ["a rebuild for b,c", "b recheck? after a", "c recheck? after a"],
        [],
    ),
    (
        "what reads a selection is left alone",
        stale_at_the_root,
        {"selected": "a"},
        ["a rebuild"],
        [],
    ),
    ("another branch is left alone", stale_at_the_root, {"selected": "z"}, [], []),
    (
        "--only leaves what is needed as it is",
        stale_at_the_root,
        {"selected": "b", "only": True},
        [],
        [],
    ),
    (
        "--only warns of a stale input that is read",
        stale_at_the_root,
        {"selected": "b", "only": True, "force": True},
        ["b rebuild"],
        ["b reads a, which is stale and not part of this plan"],
    ),
    (
        "--only cannot build on an input that is missing",
        missing_at_the_root,
        {"selected": "b", "only": True, "force": True},
        [],
        ["b is left out: a was never materialized"],
    ),
    (
        "--only of both builds both",
        missing_at_the_root,
        {"selected": "a b", "only": True},
        ["a create", "b recheck? after a"],
        [],
    ),
    (
        "--only leaves out what follows from what is left out",
        missing_at_the_root_and_below,
        {"selected": "b d", "only": True, "force": True},
        [],
        [
            "b is left out: a was never materialized",
            "d is left out: b was never materialized",
        ],
    ),
    (
        "a missing input in the middle is created for the selection",
        missing_in_the_middle,
        {"selected": "d"},
        ["b create for d", "d recheck? after b"],
        [],
    ),
    (
        "--force rebuilds the selection and nothing that it needs",
        nothing,
        {"selected": "b", "force": True},
        ["b rebuild"],
        [],
    ),
    (
        "--force without a selection rebuilds all",
        nothing,
        {"force": True},
        ["a rebuild", "b rebuild after a", "c rebuild after a", "d rebuild after b,c", "z rebuild"],
        [],
    ),
    ("a selection of nothing known does nothing", stale_at_the_root, {"selected": "q"}, [], []),
]


@pytest.mark.parametrize(
    ("event", "wish", "expected", "warnings"),
    [pytest.param(*rest, id=name) for name, *rest in SELECTIONS],
)
def test_a_selection_is_made_fresh(
    event: Callable[[Tale], None],
    wish: dict[str, object],
    expected: list[str],
    warnings: list[str],
) -> None:
    world = tale(DIAMOND)
    event(world)
    plan = planned(world, **dict(wish))
    assert (lines(plan), list(plan.warnings)) == (expected, warnings)


# ---- what is beside the steps


def with_aside(facts: Facts) -> Facts:
    aside = {"bad": SetAside(code="E204"), "worse": SetAside(code="E208", because="bad")}
    problem = Diagnostic(code="E204", message="unknown column", asset="bad")
    graph = replace(facts.graph, quarantined=aside, diagnostics=(problem,))
    return replace(facts, graph=graph)


def test_what_was_set_aside_is_listed_with_its_cause() -> None:
    facts = with_aside(tale(CHAIN).facts())
    plan = make_plan(facts, Wish())
    assert [(q.asset, q.code, q.because) for q in plan.quarantined] == [
        ("bad", "E204", ""),
        ("worse", "E208", "bad"),
    ]
    assert plan.problems == facts.graph.diagnostics
    chosen = make_plan(facts, Wish(selected=frozenset({"a", "worse"})))
    assert [q.asset for q in chosen.quarantined] == ["worse"]


def test_a_version_without_a_definition_is_an_orphan() -> None:
    world = tale({**CHAIN, "old": (), "older": ()})
    del world.reads["old"], world.reads["older"]
    assert planned(world).orphans == ("old", "older")
    assert planned(world, selected="a").orphans == ()


def test_what_was_set_aside_is_no_orphan() -> None:
    world = tale({**CHAIN, "bad": ()})
    del world.reads["bad"]
    assert make_plan(with_aside(world.facts()), Wish()).orphans == ()


def described(facts: Facts, key: str, **values: object) -> Facts:
    """Return facts in which an asset was recorded with other words than it has now."""
    asset = facts.graph.assets[key]
    then = spec(replace(asset.definition, **values))  # type: ignore[arg-type]
    known = facts.state.targets.get(target(key)) or TargetState(target=target(key))
    known = replace(known, definition=spec_digest(then), spec=then)
    state = replace(facts.state, targets={**facts.state.targets, target(key): known})
    return replace(facts, state=state)


def test_other_words_about_an_asset_are_listed_and_build_nothing() -> None:
    facts = described(tale(CHAIN).facts(), "b", owner="ada", tags=("daily",))
    plan = make_plan(facts, Wish())
    assert [(m.asset, m.fields) for m in plan.metadata] == [("b", ("owner", "tags"))]
    assert plan.steps == ()
    assert make_plan(facts, Wish(selected=frozenset({"a"}))).metadata == ()


def test_the_same_words_are_not_listed() -> None:
    assert make_plan(described(tale(CHAIN).facts(), "b"), Wish()).metadata == ()


# ---- the identity of a plan


def test_equal_worlds_give_equal_plans_byte_for_byte() -> None:
    def world() -> Tale:
        made = tale(DIAMOND)
        made.observed["raw"] = "v2"
        made.texts["c"] = "select 2 as x"
        return made

    one, other = planned(world()), planned(world())
    assert one == other
    assert encode(report(one)) == encode(report(other))
    assert len(one.plan_id) == 12


def edited(world: Tale) -> None:
    world.texts["z"] = "select 2 as x"


def taken_away(world: Tale) -> None:
    del world.reads["z"]


def moved(world: Tale) -> None:
    world.project = ProjectDefinition(name="p", default_storage="other")


@pytest.mark.parametrize(
    "event",
    [stale_at_the_root, missing_in_the_middle, edited, taken_away, moved],
    ids=["new data", "a version less", "an edit", "an asset less", "another storage"],
)
def test_another_world_gives_a_plan_of_another_name(event: Callable[[Tale], None]) -> None:
    before = planned(tale(DIAMOND)).plan_id
    world = tale(DIAMOND)
    event(world)
    assert planned(world).plan_id != before


def test_the_report_is_plain_data_that_tells_what_the_plan_does() -> None:
    world = tale(CHAIN)
    world.texts["a"] = "select 2 as x"
    plan = planned(world)
    shown = decode(encode(report(plan)), dict[str, object])
    assert shown["plan_id"] == plan.plan_id
    assert shown["summary"] == {"certain": 1, "conditional": 2, "fresh": 0}
    assert shown["steps"] == [
        {
            "asset": "a",
            "partition": None,
            "action": "rebuild",
            "certain": True,
            "reasons": [
                {
                    "kind": "code",
                    "detail": "column x: expression changed",
                    "upstream": None,
                    "columns": ["x"],
                    "source": {"file": "assets/a.sql", "line": 1, "column": 8},
                }
            ],
            "after": [],
            "for": [],
        },
        *(
            {
                "asset": key,
                "partition": None,
                "action": "recheck",
                "certain": False,
                "reasons": [
                    {
                        "kind": "upstream",
                        "detail": f"if {upstream} changes",
                        "upstream": upstream,
                        "columns": [],
                        "source": None,
                    }
                ],
                "after": [upstream],
                "for": [],
            }
            for key, upstream in (("b", "a"), ("c", "b"))
        ),
    ]
