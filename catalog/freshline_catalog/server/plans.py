"""Plans as pages show them: read from the published JSON shape that the engine answers with."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from freshline.errors import InternalError, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedReason:
    """Why a step is to be done, and the place that decided."""

    kind: str
    detail: str
    upstream: str | None = None
    columns: tuple[str, ...] = ()
    source: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """What would be done with one asset, why, behind which steps, and for whom.

    `certain` is false where it is known only when the inputs are rebuilt.
    """

    asset: str
    action: str
    certain: bool
    reasons: tuple[PlannedReason, ...] = ()
    after: tuple[str, ...] = ()
    wanted_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindered:
    """An asset of which something keeps the plan, and what that is."""

    asset: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """A plan: what would be done in which order, and what would not, with reasons."""

    plan_id: str
    steps: tuple[PlannedStep, ...]
    fresh: int
    blocked: tuple[Hindered, ...] = ()
    aside: tuple[Hindered, ...] = ()
    pinned: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The assets that would be acted upon."""
        return tuple(step.asset for step in self.steps)


class _Step(msgspec.Struct):
    """A step as published; `for` is no name for Python."""

    asset: str
    action: str
    certain: bool
    reasons: tuple[PlannedReason, ...] = ()
    after: tuple[str, ...] = ()
    wanted_by: tuple[str, ...] = msgspec.field(default=(), name="for")


class _Fresh(msgspec.Struct):
    asset: str


class _Blocked(msgspec.Struct):
    asset: str
    why: str = ""


class _Aside(msgspec.Struct):
    asset: str
    code: str = ""
    because: str | None = None


class _Plan(msgspec.Struct):
    """As much of the published shape as pages show."""

    plan_id: str
    steps: tuple[_Step, ...]
    fresh: tuple[_Fresh, ...] = ()
    blocked: tuple[_Blocked, ...] = ()
    quarantined: tuple[_Aside, ...] = ()
    pinned: tuple[_Fresh, ...] = ()
    paused: tuple[_Fresh, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_facts(published: Mapping[str, object]) -> PlanFacts:
    """Return what pages show of a plan; InternalError where it has not the published shape."""
    try:
        plan = msgspec.convert(published, _Plan)
    except msgspec.ValidationError as error:
        raise InternalError(f"the plan cannot be read: {error}", help="please report it") from error
    return PlanFacts(
        plan_id=plan.plan_id,
        steps=tuple(
            PlannedStep(
                asset=step.asset,
                action=step.action,
                certain=step.certain,
                reasons=step.reasons,
                after=step.after,
                wanted_by=step.wanted_by,
            )
            for step in plan.steps
        ),
        fresh=len(plan.fresh),
        blocked=tuple(Hindered(asset=each.asset, why=each.why) for each in plan.blocked),
        aside=tuple(
            Hindered(asset=each.asset, why=f"with {each.because}" if each.because else each.code)
            for each in plan.quarantined
        ),
        pinned=tuple(each.asset for each in plan.pinned),
        paused=tuple(each.asset for each in plan.paused),
        warnings=plan.warnings,
    )
