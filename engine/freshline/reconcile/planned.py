"""What a plan consists of, as values; and the shape in which it is published as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from freshline.definitions import Trust
from freshline.errors import Diagnostic
from freshline.reconcile import held
from freshline.reconcile.checks import Standing
from freshline.reconcile.facts import Relaid
from freshline.reconcile.held import Held
from freshline.verdicts import Reason
from freshline.versions import Build

VERSION = 1


class Action(StrEnum):
    """What a step does."""

    CREATE = "create"  # compute a first version
    REBUILD = "rebuild"  # compute a new version
    REPUBLISH = "republish"  # point to an older version, or a view to its new definition
    RELAYOUT = "relayout"  # publish other columns of the files that are there
    RECHECK = "recheck"  # compare when the inputs are known; compute only if they differ
    CHECK = "check"  # run checks on what is current; compute nothing
    DROP = "drop"  # take what nobody declares any more out of the environment, if that is agreed to


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One asset to act upon, a source to check, or what was an asset to drop.

    `after` are steps it waits for; `wanted_by` who it is done for. `relaid` says which columns of
    the current version are those of the next one; no row is computed if the inputs show the same.
    """

    asset: str
    action: Action
    certain: bool
    reasons: tuple[Reason, ...]
    after: tuple[str, ...] = ()
    wanted_by: tuple[str, ...] = ()
    reuse: Build | None = None
    relaid: Relaid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An asset that needs nothing, and the proof; `trust` is that in the sources it comes from."""

    asset: str
    proof: str
    trust: Trust = Trust.STRONG


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataChange:
    """Declared metadata that differs from the catalog's; recorded by apply, rebuilds nothing."""

    asset: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """An asset that takes over what there is under the key that it had before."""

    asset: str
    was: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """An asset that was set aside: by its own fault, or because of an upstream."""

    asset: str
    code: str
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A stale asset that cannot be built now: what it needs is missing, or known to be bad."""

    asset: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that an apply would do now, and everything it would leave alone, with reasons.

    `failing` are checks known to fail on what is current: no work, but not well either.
    """

    environment: str
    steps: tuple[Step, ...]
    fresh: tuple[Fresh, ...]
    metadata: tuple[MetadataChange, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    orphans: tuple[str, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    failing: tuple[Standing, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    pinned: tuple[Held, ...] = ()
    paused: tuple[Held, ...] = ()
    renamed: tuple[Rename, ...] = ()
    plan_id: str = ""

    @property
    def certain(self) -> int:
        """How many steps will happen whatever the data turn out to be."""
        return sum(step.certain for step in self.steps)

    @property
    def conditional(self) -> int:
        """How many steps may turn out to be unnecessary."""
        return len(self.steps) - self.certain


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the caller asks for: `selected` assets (None for all), and how.

    Those `named` were asked for one by one, by their keys. Under `strict` a version of a source
    that only suggests what its content is counts as changed.
    """

    selected: frozenset[str] | None = None
    only: bool = False
    force: bool = False
    named: frozenset[str] = frozenset()
    strict: bool = False


def report(plan: Plan) -> Mapping[str, object]:
    """Return the plan as the published JSON shape, without the versions it would reuse."""
    return {
        "version": VERSION,
        "plan_id": plan.plan_id,
        "environment": plan.environment,
        "steps": [
            {
                "asset": step.asset,
                "partition": None,
                "action": step.action,
                "certain": step.certain,
                "reasons": [_reason(reason) for reason in step.reasons],
                "after": list(step.after),
                "for": list(step.wanted_by),
            }
            for step in plan.steps
        ],
        "fresh": [
            {"asset": f.asset, "partition": None, "proof": f.proof, "trust": f.trust}
            for f in plan.fresh
        ],
        "metadata": [{"asset": m.asset, "fields": list(m.fields)} for m in plan.metadata],
        "quarantined": [
            {"asset": q.asset, "code": q.code, "because": q.because or None}
            for q in plan.quarantined
        ],
        "orphans": list(plan.orphans),
        "blocked": [{"asset": b.asset, "why": b.why} for b in plan.blocked],
        "failing": [_standing(check) for check in plan.failing],
        "renamed": [{"asset": r.asset, "was": r.was} for r in plan.renamed],
        "pinned": [_held(pinned) for pinned in plan.pinned],
        "paused": [_held(paused) for paused in plan.paused],
        "warnings": list(plan.warnings),
        "problems": list(plan.problems),
        "summary": {
            "certain": plan.certain,
            "conditional": plan.conditional,
            "fresh": len(plan.fresh),
        },
    }


def _held(found: Held) -> Mapping[str, object]:
    return {**held.shape(found), "reasons": [_reason(reason) for reason in found.reasons]}


def _standing(found: Standing) -> Mapping[str, object]:
    check = found.check.definition
    return {
        "asset": found.asset,
        "check": check.name,
        "severity": check.severity,
        "failing": found.result.failing,
        "error": found.result.error or None,
        "accepted": found.accepted,
    }


def _reason(reason: Reason) -> Mapping[str, object]:
    place = reason.source
    return {
        "kind": reason.kind,
        "detail": reason.detail,
        "upstream": reason.upstream,
        "columns": list(reason.columns),
        "source": place and {"file": place.file, "line": place.line, "column": place.column},
    }
