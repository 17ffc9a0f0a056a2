"""The steps of a run, told from its events: what they are, in which order, and how they ended."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshline.versions import PublishKind
from freshline_catalog.server.runs.steps import (
    Doing,
    Step,
    StepEvent,
    StepStatus,
    counts_of,
    failed_above,
    steps_of,
)

LIVE = Doing(("a", "b"), None, True)
DIED = Doing(("a", "b"), None, False)
WELL = Doing(("a", "b"), {}, False)


def started(asset: str, at: float, attempt: str = "p1") -> StepEvent:
    return StepEvent(at, "attempt_started", asset, attempt)


def made(asset: str, at: float, attempt: str = "p1", **more: object) -> StepEvent:
    kind, number = str(more.get("kind", "build")), int(str(more.get("number", 2)))
    rows = None if more.get("is_view") else 7
    found = bool(more.get("found"))
    return StepEvent(at, "materialized", asset, attempt, number, kind, rows, 10, found=found)


def failed(asset: str, at: float, attempt: str = "p1") -> StepEvent:
    return StepEvent(at, "attempt_failed", asset, attempt, code="F300", message="no")


def other(kind: str, asset: str, at: float, failing: int | None = None) -> StepEvent:
    return StepEvent(at, kind, asset, failing=failing)


CASES: dict[str, tuple[Sequence[StepEvent], Doing, dict[str, StepStatus]]] = {
    "what was published was built": (
        [started("a", 1), made("a", 3)],
        WELL,
        {"a": StepStatus.BUILT, "b": StepStatus.CHECKED},
    ),
    "an older version again was republished": (
        [started("a", 1), made("a", 3, kind="revert")],
        WELL,
        {"a": StepStatus.REPUBLISHED, "b": StepStatus.CHECKED},
    ),
    "a view that was there before was republished": (
        [started("a", 1), made("a", 3, is_view=True)],
        WELL,
        {"a": StepStatus.REPUBLISHED, "b": StepStatus.CHECKED},
    ),
    "a view that was not there was built": (
        [started("a", 1), made("a", 3, is_view=True, number=1)],
        WELL,
        {"a": StepStatus.BUILT, "b": StepStatus.CHECKED},
    ),
    "what was found to be the same was verified, also where checks ran behind": (
        [other("verified", "a", 1), other("checked", "a", 2, 0)],
        WELL,
        {"a": StepStatus.VERIFIED, "b": StepStatus.CHECKED},
    ),
    "a failed attempt is a failed step": (
        [started("a", 1), failed("a", 2)],
        LIVE,
        {"a": StepStatus.FAILED, "b": StepStatus.WAITING},
    ),
    "one that was tried again with success was built": (
        [started("a", 1), failed("a", 2), started("a", 3, "p2"), made("a", 4, "p2")],
        WELL,
        {"a": StepStatus.BUILT, "b": StepStatus.CHECKED},
    ),
    "an open attempt of a live run is running": (
        [started("a", 1)],
        LIVE,
        {"a": StepStatus.RUNNING, "b": StepStatus.WAITING},
    ),
    "an open attempt of a run that died was interrupted, and the rest never began": (
        [started("a", 1)],
        DIED,
        {"a": StepStatus.INTERRUPTED, "b": StepStatus.NOT_BEGUN},
    ),
    "the run's own word counts": (
        [started("a", 1), failed("a", 2)],
        Doing(("a", "b"), {"a": "cancelled", "b": "skipped"}, False),
        {"a": StepStatus.CANCELLED, "b": StepStatus.SKIPPED},
    ),
    "a word that nobody knows yet is a failure": (
        [],
        Doing(("a",), {"a": "vaporised"}, False),
        {"a": StepStatus.FAILED},
    ),
    "what an earlier run left open and this one closed is no step": (
        [failed("z", 1, "theirs"), made("y", 1, "theirs too", found=True)],
        WELL,
        {"a": StepStatus.CHECKED, "b": StepStatus.CHECKED},
    ),
    "what was attempted though nobody announced it is a step": (
        [started("z", 1), made("z", 2)],
        Doing((), {}, False),
        {"z": StepStatus.BUILT},
    ),
    "what was verified in passing is no step": (
        [other("verified", "z", 1)],
        Doing(("a",), {}, False),
        {"a": StepStatus.CHECKED},
    ),
}


@pytest.mark.parametrize(("events", "doing", "expected"), CASES.values(), ids=CASES)
def test_how_steps_ended(
    events: Sequence[StepEvent], doing: Doing, expected: dict[str, StepStatus]
) -> None:
    assert {step.asset: step.status for step in steps_of(events, doing)} == expected


def test_a_step_lasts_from_its_first_event_to_its_last_whatever_their_order() -> None:
    events = [started("a", 5), other("checked", "a", 9, 1), made("a", 7)]
    (step, _) = steps_of(events, WELL)
    assert (step.began, step.ended, step.seconds) == (5, 9, 4)
    assert (step.version, step.rows, step.failing_checks) == (2, 7, 1)
    assert step.published is PublishKind.BUILD


def test_a_step_under_way_has_no_end() -> None:
    (step, _) = steps_of([started("a", 5), other("checked", "a", 9, 0)], LIVE)
    assert step.ended is None
    assert step.seconds is None


def test_steps_stand_in_the_order_in_which_they_began_and_the_others_behind() -> None:
    events = [started("c", 3), started("b", 1)]
    found = steps_of(events, Doing(("a", "b", "c"), None, True))
    assert [step.asset for step in found] == ["b", "c", "a"]


def test_a_skipped_step_is_traced_to_the_nearest_failure() -> None:
    graph = {"d": ["c", "x"], "c": ["b"], "b": ["a"]}
    assert failed_above("d", {"a"}, graph) == "a"
    assert failed_above("d", {"a", "b"}, graph) == "b"
    assert failed_above("d", {"z"}, graph) == ""


def test_a_circle_in_the_graph_of_today_does_no_harm() -> None:
    assert failed_above("a", {"z"}, {"a": ["b"], "b": ["a"]}) == ""


KINDS = ["attempt_started", "attempt_failed", "materialized", "checked", "verified", "news"]
EVENTS = st.lists(
    st.builds(
        StepEvent,
        at=st.floats(0, 1e9),
        kind=st.sampled_from(KINDS),
        asset=st.sampled_from("abcde"),
        attempt=st.sampled_from(["p1", "p2", None]),
        version=st.just(1),
        published=st.sampled_from(["build", "revert", "relayout", None]),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(EVENTS, st.booleans(), st.none() | st.just({"a": "failed"}))
def test_any_events_give_each_asset_one_step_that_ends_after_it_began(
    events: list[StepEvent], live: bool, left: dict[str, str] | None
) -> None:
    steps = steps_of(events, Doing(("a", "b"), left, live))
    names = [step.asset for step in steps]
    assert len(names) == len(set(names))
    assert {"a", "b"} <= {*names}
    assert sum(counts_of(steps).values()) == len(steps)
    for step in steps:
        if step.began is not None and step.ended is not None:
            assert step.began <= step.ended


def test_counts_stand_in_the_order_of_the_statuses() -> None:
    steps = [Step(asset="a", status=StepStatus.FAILED), Step(asset="b", status=StepStatus.BUILT)]
    assert list(counts_of(steps)) == ["built", "failed"]
