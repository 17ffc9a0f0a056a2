"""Statuses: what a plan says of each asset, in one word, with what led to it."""

from collections.abc import Mapping
from dataclasses import dataclass

from freshline.definitions import Trust
from freshline.reconcile.facts import Facts
from freshline.reconcile.held import Held
from freshline.reconcile.planned import Action, Plan, Quarantined, Step
from freshline.reconcile.trust import trusted
from freshline.survey import Status
from freshline.verdicts import Reason, ReasonKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a plan says of an asset.

    `why` are the reasons for its status; of one that is held they say why it would be stale
    otherwise. `proof` is the reason of a fresh one, and `action` what the plan would do, empty for
    nothing.
    """

    status: Status
    why: tuple[Reason, ...] = ()
    proof: str = ""
    action: str = ""
    trust: Trust = Trust.STRONG
    held: Held | None = None

    @property
    def words(self) -> str:
        """The proof, or the reasons one after the other."""
        return self.proof or "; ".join(reason.detail for reason in self.why)


def statuses(plan: Plan, facts: Facts) -> Mapping[str, Told]:
    """Return what a plan says of each asset that it shows, in the graph's order."""
    trusts = trusted(facts.graph)
    found = {
        fresh.asset: Told(status=Status.FRESH, proof=fresh.proof, trust=fresh.trust)
        for fresh in plan.fresh
    }
    for step in plan.steps:
        if step.asset in facts.graph.assets:
            found[step.asset] = _of_step(step, trusts[step.asset])
    for blocked in plan.blocked:
        why = Reason(kind=ReasonKind.UPSTREAM, detail=blocked.why)
        found[blocked.asset] = Told(status=Status.BLOCKED, why=(why,), trust=trusts[blocked.asset])
    for status, kept in ((Status.PINNED, plan.pinned), (Status.PAUSED, plan.paused)):
        for held in kept:
            found[held.asset] = Told(
                status=status, why=held.reasons, held=held, trust=trusts[held.asset]
            )
    for aside in plan.quarantined:
        found[aside.asset] = Told(status=Status.ASIDE, why=(_aside(aside),))
    order = dict.fromkeys((*facts.graph.assets, *facts.graph.quarantined))
    return {key: found[key] for key in order if key in found}


def _of_step(step: Step, trust: Trust) -> Told:
    match step.action:
        case Action.CHECK:  # what is there is fresh: it is only looked at
            status = Status.FRESH
        case Action.CREATE if step.certain:
            status = Status.MISSING
        case _:
            status = Status.STALE if step.certain else Status.MAYBE
    return Told(status=status, why=step.reasons, action=step.action.value, trust=trust)


def _aside(aside: Quarantined) -> Reason:
    if aside.because:
        detail = f"with {aside.because}"
        return Reason(kind=ReasonKind.UPSTREAM, detail=detail, upstream=aside.because)
    return Reason(kind=ReasonKind.CONFIG, detail=aside.code)
