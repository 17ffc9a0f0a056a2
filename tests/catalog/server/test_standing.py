"""How an asset stands: three axes, the worst of them, and everything that decided."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.survey import Status
from freshline_catalog.server.formatting import TONES
from freshline_catalog.server.standing import (
    CRITERIA,
    Build,
    Checks,
    Criterion,
    Facts,
    Health,
    standing,
)

FINE = Checks(passed=3)
CASES: dict[str, tuple[Facts, str, Health, tuple[Criterion, ...]]] = {
    "a fresh asset is healthy": (
        Facts(status=Status.FRESH, built_at=1),
        "fresh",
        Health.HEALTHY,
        (Criterion.FRESH,),
    ),
    "a fresh one whose checks pass is healthy for two reasons": (
        Facts(status=Status.FRESH, built_at=1, checks=FINE),
        "fresh",
        Health.HEALTHY,
        (Criterion.FRESH, Criterion.CHECKS_PASS),
    ),
    "a stale one warns": (
        Facts(status=Status.STALE, built_at=1, checks=FINE),
        "stale",
        Health.WARNING,
        (Criterion.STALE,),
    ),
    "one that may be stale warns": (
        Facts(status=Status.MAYBE, built_at=1),
        "maybe stale",
        Health.WARNING,
        (Criterion.MAYBE,),
    ),
    "a failed attempt outweighs that it is stale": (
        Facts(status=Status.STALE, built_at=1, failed_at=2),
        "failed",
        Health.DEGRADED,
        (Criterion.FAILED,),
    ),
    "a failing check outweighs that it is fresh": (
        Facts(status=Status.FRESH, built_at=1, checks=Checks(passed=2, failing=1)),
        "fresh",
        Health.DEGRADED,
        (Criterion.CHECKS_FAIL,),
    ),
    "a check that warns, warns": (
        Facts(status=Status.FRESH, built_at=1, checks=Checks(passed=2, warned=1)),
        "fresh",
        Health.WARNING,
        (Criterion.CHECKS_WARN,),
    ),
    "one that is being built again after a failure is still degraded": (
        Facts(status=Status.STALE, built_at=1, failed_at=2, running="r"),
        "running",
        Health.DEGRADED,
        (Criterion.FAILED,),
    ),
    "one that was never built is unknown, not healthy": (
        Facts(status=Status.MISSING, checks=FINE),
        "missing",
        Health.UNKNOWN,
        (Criterion.MISSING,),
    ),
    "a source without checks is unknown, not healthy": (
        Facts(status=Status.SOURCE),
        "source",
        Health.UNKNOWN,
        (Criterion.UNCHECKED,),
    ),
    "a source whose checks pass is healthy": (
        Facts(status=Status.SOURCE, checks=FINE),
        "source",
        Health.HEALTHY,
        (Criterion.CHECKS_PASS,),
    ),
    "what is set aside is degraded": (
        Facts(status=Status.ASIDE, built_at=1),
        "set aside",
        Health.DEGRADED,
        (Criterion.ASIDE,),
    ),
    "what is gone is unknown, however it stood": (
        Facts(status=Status.STALE, built_at=1, failed_at=2, checks=Checks(failing=1), gone=3),
        "gone",
        Health.UNKNOWN,
        (Criterion.GONE,),
    ),
}


@pytest.mark.parametrize(("facts", "shown", "health", "because"), CASES.values(), ids=CASES)
def test_the_worst_decides(
    facts: Facts, shown: str, health: Health, because: tuple[Criterion, ...]
) -> None:
    found = standing(facts)
    assert (found.shown, found.health, found.because) == (shown, health, because)


moments = st.none() | st.floats(0, 1e10)
counts = st.integers(0, 3)
any_facts = st.builds(
    Facts,
    status=st.sampled_from(Status),
    built_at=moments,
    failed_at=moments,
    running=st.none() | st.just("run"),
    checks=st.builds(Checks, passed=counts, warned=counts, failing=counts),
    gone=moments,
)


@given(any_facts)
def test_something_always_decides_and_all_that_decides_agrees(facts: Facts) -> None:
    found = standing(facts)
    assert found.because
    assert {CRITERIA[criterion] for criterion in found.because} == {found.health}


@given(any_facts)
def test_every_word_that_is_shown_has_a_look(facts: Facts) -> None:
    found = standing(facts)
    assert {found.shown, found.health.value, found.build.value} <= {*TONES, "succeeded"}


@given(any_facts)
def test_what_is_not_fresh_is_never_healthy(facts: Facts) -> None:
    if facts.status not in (Status.FRESH, Status.SOURCE):
        assert standing(facts).health is not Health.HEALTHY


@given(any_facts, st.integers(1, 3))
def test_a_failing_check_never_makes_it_look_better(facts: Facts, failing: int) -> None:
    order = (Health.HEALTHY, Health.UNKNOWN, Health.WARNING, Health.DEGRADED)
    worse = Facts(
        status=facts.status,
        built_at=facts.built_at,
        failed_at=facts.failed_at,
        running=facts.running,
        checks=Checks(passed=facts.checks.passed, warned=facts.checks.warned, failing=failing),
        gone=facts.gone,
    )
    better = standing(facts).health
    assert order.index(standing(worse).health) >= order.index(better) or facts.checks.failing


def test_sources_are_built_by_others() -> None:
    assert standing(Facts(status=Status.SOURCE)).build is Build.EXTERNAL
