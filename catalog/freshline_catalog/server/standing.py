"""How an asset stands: build, freshness and checks, each by itself, and the worst of the three.

Build says what came of the last attempt, freshness what the plan says, checks what was found in the
current version. The roll-up names every criterion that decided. What nobody knows is never healthy.
"""

from dataclasses import dataclass
from enum import StrEnum

from freshline.survey import Status


class Build(StrEnum):
    """What came of the last attempt to make an asset."""

    NEVER = "never built"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXTERNAL = "external"  # others build it


class Health(StrEnum):
    """The worst of build, freshness and checks."""

    HEALTHY = "healthy"
    WARNING = "warning"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"


class Criterion(StrEnum):
    """Something that decided about the health of an asset."""

    FAILED = "the last attempt failed"
    CHECKS_FAIL = "checks fail"
    ASIDE = "its definition has errors"
    BLOCKED = "blocked by an upstream"
    STALE = "stale"
    MAYBE = "maybe stale"
    PINNED = "pinned to a version"
    PAUSED = "paused"
    CHECKS_WARN = "checks warn"
    MISSING = "never built"
    UNCHECKED = "a source without checks"
    GONE = "not declared any more"
    FRESH = "fresh"
    CHECKS_PASS = "checks pass"


# By the health they lead to; what stands further up outweighs all below it.
CRITERIA: dict[Criterion, Health] = {
    Criterion.GONE: Health.UNKNOWN,
    Criterion.FAILED: Health.DEGRADED,
    Criterion.CHECKS_FAIL: Health.DEGRADED,
    Criterion.ASIDE: Health.DEGRADED,
    Criterion.BLOCKED: Health.DEGRADED,
    Criterion.STALE: Health.WARNING,
    Criterion.MAYBE: Health.WARNING,
    Criterion.PINNED: Health.WARNING,
    Criterion.PAUSED: Health.WARNING,
    Criterion.CHECKS_WARN: Health.WARNING,
    Criterion.MISSING: Health.UNKNOWN,
    Criterion.UNCHECKED: Health.UNKNOWN,
    Criterion.FRESH: Health.HEALTHY,
    Criterion.CHECKS_PASS: Health.HEALTHY,
}

_OF_STATUS = {
    Status.FRESH: Criterion.FRESH,
    Status.STALE: Criterion.STALE,
    Status.MAYBE: Criterion.MAYBE,
    Status.MISSING: Criterion.MISSING,
    Status.PINNED: Criterion.PINNED,
    Status.PAUSED: Criterion.PAUSED,
    Status.BLOCKED: Criterion.BLOCKED,
    Status.ASIDE: Criterion.ASIDE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """How many checks on the current version passed, warned and failed."""

    passed: int = 0
    warned: int = 0
    failing: int = 0

    @property
    def count(self) -> int:
        """How many checks have a result."""
        return self.passed + self.warned + self.failing


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a row of entry and target_state says of one asset; None where there is nothing."""

    status: Status
    built_at: float | None = None
    failed_at: float | None = None
    running: str | None = None
    checks: Checks = Checks()
    gone: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an asset stands; `shown` is the one word for a place that has room for no more.

    `because` are the criteria that decided about the health, all of them of one weight.
    """

    shown: str
    status: Status
    build: Build
    checks: Checks
    health: Health
    because: tuple[Criterion, ...]
    running: str | None = None


def standing(facts: Facts) -> Standing:
    """Return how an asset stands."""
    build = _build(facts)
    found = tuple(_criteria(facts, build))
    health = CRITERIA[found[0]]
    return Standing(
        shown=_shown(facts, build),
        status=facts.status,
        build=build,
        checks=facts.checks,
        health=health,
        because=tuple(criterion for criterion in found if CRITERIA[criterion] is health),
        running=facts.running,
    )


def _build(facts: Facts) -> Build:
    if facts.running is not None:
        return Build.RUNNING
    if facts.failed_at is not None:
        return Build.FAILED
    if facts.status is Status.SOURCE:
        return Build.EXTERNAL
    return Build.NEVER if facts.built_at is None else Build.SUCCEEDED


def _shown(facts: Facts, build: Build) -> str:
    if facts.gone is not None:
        return "gone"
    if build in (Build.RUNNING, Build.FAILED):
        return build.value
    return facts.status.value


def _criteria(facts: Facts, build: Build) -> list[Criterion]:
    """Return what holds of an asset, in the order of CRITERIA; at least one thing does."""
    holds = {_OF_STATUS[facts.status]} if facts.status in _OF_STATUS else set[Criterion]()
    if facts.gone is not None:
        return [Criterion.GONE]
    if build is Build.FAILED or (build is Build.RUNNING and facts.failed_at is not None):
        holds.add(Criterion.FAILED)
    checks = facts.checks
    if checks.failing:
        holds.add(Criterion.CHECKS_FAIL)
    if checks.warned:
        holds.add(Criterion.CHECKS_WARN)
    if checks.passed:
        holds.add(Criterion.CHECKS_PASS)
    if facts.status is Status.SOURCE and not checks.count:
        holds.add(Criterion.UNCHECKED)
    if Criterion.MISSING in holds:
        holds.discard(Criterion.CHECKS_PASS)
    return [criterion for criterion in CRITERIA if criterion in holds]
