"""What checks do to a plan: run once for a content, known failures told, readers held back."""

from dataclasses import replace

import pytest
from tests.unit.facts import Tale, seen_as, tale, target

from freshline.cli.records import told
from freshline.definitions import CheckDefinition, CheckKind, CheckSeverity
from freshline.errors import Span
from freshline.events import (
    AttemptFailed,
    CheckAccepted,
    Checked,
    CheckResult,
    Event,
    Materialized,
    SourceObserved,
)
from freshline.keys import Target
from freshline.lineage.graph import Check
from freshline.reconcile.facts import Facts
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Action, Plan, Wish
from freshline.state import TargetState, advance
from freshline.verdicts import ReasonKind

READS = {"stg.a": ("raw.a",), "stg.b": ("raw.b",), "mart.x": ("stg.a",)}
KNOWN = {"stg.a": "rows of stg.a", "stg.b": "rows of stg.b", "mart.x": "rows of mart.x"}


def check(*reads: str, name: str = "it", severity: str = "block") -> Check:
    definition = CheckDefinition(
        name=name,
        kind=CheckKind.SQL,
        span=Span(file="assets/stg/a.sql", line=2, column=1),
        severity=CheckSeverity(severity),
    )
    return Check(definition=definition, digest=f"asks {name}", query="", reads=reads)


def result(asked: Check, *contents: str, failing: int = 0) -> CheckResult:
    return CheckResult(
        name=asked.definition.name,
        kind=asked.definition.kind,
        severity=asked.definition.severity,
        check=asked.digest,
        contents=contents,
        failing=failing,
    )


def with_checks(
    world: Tale, checks: dict[str, Check], results: dict[str, CheckResult] | None = None
) -> Facts:
    facts = world.facts()
    graph = facts.graph
    assets = {
        key: replace(asset, checks=(checks[key],) if key in checks else ())
        for key, asset in graph.assets.items()
    }
    sources = {
        key: replace(source, checks=(checks[key],) if key in checks else ())
        for key, source in graph.sources.items()
    }
    states = dict(facts.state.targets)
    for key, found in (results or {}).items():
        states[target(key)] = replace(facts.state.of(target(key)), checks=(found,))
    return replace(
        facts,
        graph=replace(graph, assets=assets, sources=sources),
        state=replace(facts.state, targets=states),
    )


def steps(plan: Plan) -> dict[str, tuple[Action, bool]]:
    return {step.asset: (step.action, step.certain) for step in plan.steps}


def test_a_check_that_was_never_run_is_a_step_of_its_own_and_rebuilds_nothing() -> None:
    plan = make_plan(with_checks(tale(READS), {"stg.a": check()}), Wish())
    assert steps(plan) == {"stg.a": (Action.CHECK, True)}
    (reason,) = plan.steps[0].reasons
    assert (reason.kind, reason.detail) == (ReasonKind.CHECK, "not run yet: it")
    assert reason.source == Span(file="assets/stg/a.sql", line=2, column=1)
    assert [fresh.asset for fresh in plan.fresh] == ["mart.x", "stg.b"]


def test_a_check_that_was_answered_for_this_content_is_no_work() -> None:
    asked = check()
    answered = {"stg.a": result(asked, KNOWN["stg.a"])}
    plan = make_plan(with_checks(tale(READS), {"stg.a": asked}, answered), Wish())
    assert steps(plan) == {} and plan.failing == ()


def test_another_check_on_the_same_content_is_told_apart() -> None:
    answered = {"stg.a": result(check(), KNOWN["stg.a"])}
    facts = with_checks(tale(READS), {"stg.a": check(name="new")}, answered)
    plan = make_plan(facts, Wish())
    assert [r.detail for r in plan.steps[0].reasons] == ["new check: new"]


def test_an_answer_for_other_content_does_not_count() -> None:
    asked = check()
    facts = with_checks(tale(READS), {"stg.a": asked}, {"stg.a": result(asked, "older rows")})
    plan = make_plan(facts, Wish())
    assert [r.detail for r in plan.steps[0].reasons] == ["not run on these rows: it"]


def _stale_reader(severity: str, accepted: bool) -> Plan:
    """Plan with a known failure of stg.a, whose reader mart.x has other logic than it was built."""
    world = tale(READS)
    world.texts["mart.x"] = "select 2 as x"
    asked = check(severity=severity)
    failed = result(asked, KNOWN["stg.a"], failing=3)
    facts = with_checks(world, {"stg.a": asked}, {"stg.a": failed})
    if accepted:
        known = advance(facts.state.of(target("stg.a")), 99, _accepted(failed))
        states = {**facts.state.targets, target("stg.a"): known}
        facts = replace(facts, state=replace(facts.state, targets=states))
    return make_plan(facts, Wish())


def test_a_known_failure_is_no_work_but_holds_its_readers_back() -> None:
    plan = _stale_reader("block", accepted=False)
    assert steps(plan) == {}
    assert [(f.asset, f.result.failing, f.blocks) for f in plan.failing] == [("stg.a", 3, True)]
    assert plan.warnings == ("mart.x is left out: stg.a fails its check it",)


@pytest.mark.parametrize(
    ("severity", "accepted"),
    [
        pytest.param("warn", False, id="one that only warns"),
        pytest.param("block", True, id="one that somebody accepted"),
    ],
)
def test_a_failure_lets_readers_through(severity: str, accepted: bool) -> None:
    plan = _stale_reader(severity, accepted)
    assert steps(plan) == {"mart.x": (Action.REBUILD, True)}
    assert [found.blocks for found in plan.failing] == [False]
    assert plan.warnings == ()


def test_a_stale_asset_is_checked_by_its_own_step_and_its_readers_wait_for_it() -> None:
    world = tale(READS)
    world.texts["stg.a"] = "select 2 as x"
    plan = make_plan(with_checks(world, {"stg.a": check()}), Wish())
    assert steps(plan) == {"stg.a": (Action.REBUILD, True), "mart.x": (Action.RECHECK, False)}


def test_a_check_that_reads_what_is_rebuilt_may_turn_out_to_be_answered() -> None:
    world = tale(READS)
    world.texts["stg.b"] = "select 2 as x"
    asked = check("stg.b")
    answered = {"stg.a": result(asked, KNOWN["stg.a"], KNOWN["stg.b"])}
    plan = make_plan(with_checks(world, {"stg.a": asked}, answered), Wish())
    assert steps(plan) == {"stg.a": (Action.CHECK, False), "stg.b": (Action.REBUILD, True)}
    after = {step.asset: step.after for step in plan.steps}
    assert after == {"stg.a": ("stg.b",), "stg.b": ()}


def test_what_a_check_reads_is_made_fresh_with_the_selection() -> None:
    world = tale(READS)
    world.texts["stg.b"] = "select 2 as x"
    facts = with_checks(world, {"stg.a": check("stg.b")})
    plan = make_plan(facts, Wish(selected=frozenset({"stg.a"})))
    assert {step.asset: step.wanted_by for step in plan.steps} == {
        "stg.a": (),
        "stg.b": ("stg.a",),
    }


def test_a_source_is_checked_before_its_readers() -> None:
    world = tale(READS)
    world.texts["stg.a"] = "select 2 as x"
    plan = make_plan(with_checks(world, {"raw.a": check()}), Wish())
    assert [step.asset for step in plan.steps] == ["raw.a", "stg.a", "mart.x"]
    assert plan.steps[0].action is Action.CHECK
    assert plan.steps[1].after == ("raw.a",)


def test_a_bad_source_holds_its_readers_and_theirs_back() -> None:
    world = tale(READS)
    world.texts |= {"stg.a": "select 2 as x", "mart.x": "select 2 as x"}
    asked = check()
    facts = with_checks(
        world, {"raw.a": asked}, {"raw.a": result(asked, seen_as("raw.a", "v1"), failing=1)}
    )
    plan = make_plan(facts, Wish())
    assert plan.steps == ()
    assert plan.warnings == (
        "stg.a is left out: raw.a fails its check it",
        "mart.x is left out: stg.a is left out too",
    )


def test_a_plan_with_checks_is_the_same_every_time() -> None:
    facts = with_checks(tale(READS), {"stg.a": check(), "raw.a": check()})
    assert make_plan(facts, Wish()) == make_plan(facts, Wish())
    without = make_plan(with_checks(tale(READS), {}), Wish())
    assert make_plan(facts, Wish()).plan_id != without.plan_id


def _checked(where: Target, content: str, *results: CheckResult) -> Checked:
    return Checked(
        at=1.0, run="r", target=where, version="v", data_version=content, results=results
    )


def _accepted(failed: CheckResult) -> CheckAccepted:
    return CheckAccepted(
        at=2.0,
        run="r",
        target=target("stg.a"),
        name=failed.name,
        check=failed.check,
        contents=failed.contents,
        actor="ada",
        reason="a fair in town",
    )


def _after(known: TargetState, *events: Event) -> TargetState:
    for event in events:
        known = advance(known, known.sequence + 1, event)
    return known


def test_answers_are_kept_for_what_is_current_and_for_the_last_candidate() -> None:
    asked, where = check(), target("stg.a")
    build = tale(READS).builds["stg.a"]
    logic = tale(READS).logic["stg.a#1"]
    here = KNOWN["stg.a"]
    known = _after(
        TargetState(target=where),
        Materialized(at=0.0, run="r", target=where, build=build, logic=logic),
        _checked(where, here, result(asked, here)),
        _checked(where, "candidate 1", result(asked, "candidate 1", failing=1)),
        _checked(where, "candidate 2", result(asked, "candidate 2", failing=2)),
    )
    assert [r.contents for r in known.checks] == [(here,), ("candidate 2",)]
    again = _after(known, _checked(where, here, result(asked, here, "other", failing=1)))
    assert [r.contents for r in again.checks] == [(here, "other")]


def test_a_candidate_is_known_until_the_next_attempt_ends() -> None:
    where, world = target("stg.a"), tale(READS)
    build, logic = world.builds["stg.a"], world.logic["stg.a#1"]

    def failed(publish_id: str, held: bool) -> AttemptFailed:
        candidate = build.version if held else None
        return AttemptFailed(
            at=1.0,
            run="r",
            target=where,
            publish_id=publish_id,
            code="F310",
            message="",
            candidate=candidate,
        )

    held = _after(TargetState(target=where), failed("a", held=True))
    assert held.candidate == build.version
    assert _after(held, failed("b", held=False)).candidate is None
    published = Materialized(at=2.0, run="r", target=where, build=build, logic=logic)
    assert _after(held, published).candidate is None
    seen = SourceObserved(at=2.0, run="r", target=where, version="v", signature={})
    assert _after(held, seen).candidate == build.version


def test_an_acceptance_holds_for_this_content_and_no_other() -> None:
    asked = check()
    here, there = result(asked, "here", failing=1), result(asked, "there", failing=1)
    known = _after(TargetState(target=target("stg.a")), _accepted(here), _accepted(here))
    assert known.accepts(here)
    assert not known.accepts(there)
    assert len(known.accepted) == 1


def test_what_checks_said_is_told_in_a_line() -> None:
    asked = check()
    answers = result(asked, "rows"), result(check(name="other"), "rows", failing=2)
    events = (_checked(target("stg.a"), "rows", *answers), _accepted(answers[1]))
    assert [told(event) for event in events] == [
        "1 check passed, other failed",
        "other by ada: a fair in town",
    ]
