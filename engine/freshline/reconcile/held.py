"""What is left as it is: by a pin, by a pause, or since an input is missing or known to be bad."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from freshline.errors import UsageError
from freshline.reconcile.checks import Standing
from freshline.reconcile.facts import Facts
from freshline.reconcile.staleness import Judgement
from freshline.state import Pause, Pin
from freshline.verdicts import SETTLED, Reason, ReasonKind, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An asset that somebody keeps as it is: who, why, since when and until when.

    `version` is the number that is current, None where there is none; `reasons` say why the asset
    would be stale otherwise.
    """

    asset: str
    version: int | None
    actor: str
    reason: str
    since: float
    until: float | None = None
    reasons: tuple[Reason, ...] = ()


def pinned(
    facts: Facts, judgements: Mapping[str, Judgement], shown: Iterable[str]
) -> tuple[Held, ...]:
    """Return the assets that stay as they are because somebody pinned them."""
    return tuple(
        _held(facts, judgements[key], key, facts.pins[key], until=facts.pins[key].until)
        for key in shown
        if judgements[key].verdict is Verdict.PINNED
    )


def paused(
    facts: Facts, judgements: Mapping[str, Judgement], shown: Iterable[str]
) -> tuple[Held, ...]:
    """Return the assets that are left as they are until they are resumed."""
    return tuple(
        _held(facts, judgements[key], key, facts.pauses[key])
        for key in shown
        if judgements[key].verdict is Verdict.PAUSED
    )


def _held(
    facts: Facts, judgement: Judgement, key: str, wish: Pin | Pause, until: float | None = None
) -> Held:
    return Held(
        asset=key,
        version=_number(facts, key),
        actor=wish.actor,
        reason=wish.reason,
        since=wish.at,
        until=until,
        reasons=judgement.reasons,
    )


def shape(held: Held) -> Mapping[str, object]:
    """Return what the plan's JSON says of it, but for the reasons."""
    return {
        "asset": held.asset,
        "partition": None,
        "version": held.version,
        "actor": held.actor,
        "reason": held.reason,
        "since": held.since,
        "until": held.until,
    }


def refuse_force(facts: Facts, selected: Collection[str]) -> None:
    """Raise UsageError where one of the assets that were named may not be built."""
    for key in sorted(selected):
        if (pin := facts.pins.get(key)) is not None:
            raise UsageError(
                f"{key} is pinned by {pin.actor}: {pin.reason}", help=f"`freshline unpin {key}`"
            )
        if (pause := facts.pauses.get(key)) is not None:
            raise UsageError(
                f"{key} is paused by {pause.actor}: {pause.reason}",
                help=f"`freshline resume {key}`",
            )


def warnings(facts: Facts, judgements: Mapping[str, Judgement]) -> tuple[str, ...]:
    """Say which pinned or paused assets are not even what they were left as."""
    found: list[str] = []
    for key, judgement in judgements.items():
        if judgement.verdict not in (Verdict.PINNED, Verdict.PAUSED):
            continue
        verb = "unpin" if judgement.verdict is Verdict.PINNED else "resume"
        end = f"it stays so until `freshline {verb} {key}`"
        pin, build = facts.pins.get(key), facts.builds.get(key)
        drift = [r.detail for r in judgement.reasons if r.kind is ReasonKind.DRIFT]
        if pin is not None and (build is None or build.version.mat_id != pin.mat_id):
            found.append(f"{key} is pinned to a version that is gone; {end}")
        elif drift:
            found.append(f"{key} is {judgement.verdict}, but its version is damaged; {end}")
    return tuple(found)


def blocked(
    facts: Facts,
    judgements: Mapping[str, Judgement],
    acting: set[str],
    failing: Iterable[Standing],
) -> dict[str, str]:
    """Return the assets that cannot be acted upon, each with why: an input is missing, or bad."""
    bad = {found.asset: found.check.definition.name for found in failing if found.blocks}
    blocked: dict[str, str] = {}
    for key in facts.graph.assets:
        if key not in acting or points_back(judgements[key].reasons):
            continue
        forgiven, spared = _forgiven(facts, key), facts.graph.can_do_without(key)
        for need in facts.graph.looked_through(facts.graph.assets[key].needs):
            absent = need in facts.graph.assets and need not in facts.builds
            left_out = need in blocked or (absent and need not in acting)
            if left_out and need not in spared:
                why = _absence(judgements, need) if absent else "is left out too"
                blocked[key] = f"{need} {why}"
                break
            if need in bad and need not in acting and need not in forgiven:
                blocked[key] = f"{need} fails its check {bad[need]}"
                break
    return blocked


def _forgiven(facts: Facts, key: str) -> frozenset[str]:
    """Return the inputs that an asset reads although a check fails on them."""
    triggers = facts.graph.assets[key].definition.triggers
    named = [trigger.key for trigger in triggers if trigger.ignore_checks]
    return frozenset(facts.graph.looked_through(named)) if named else frozenset()


def stale_inputs(
    judgements: Mapping[str, Judgement],
    acting: Iterable[str],
    active: Collection[str],
    upstreams: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """Say which steps read something stale that this plan does not make fresh (--only)."""
    return tuple(
        f"{key} reads {upstream}, which is stale and not part of this plan"
        for key in sorted(acting)
        if not points_back(judgements[key].reasons)
        for upstream in upstreams[key]
        if upstream in judgements
        and upstream not in active
        and judgements[upstream].verdict not in SETTLED
    )


def points_back(reasons: Iterable[Reason]) -> bool:
    """Say whether a step for these reasons points to the version that its asset is pinned to."""
    return any(reason.kind is ReasonKind.PIN for reason in reasons)


def _absence(judgements: Mapping[str, Judgement], need: str) -> str:
    match judgements[need].verdict:
        case Verdict.PINNED:
            return "is pinned to a version that is gone"
        case Verdict.PAUSED:
            return "is paused and was never materialized"
        case _:
            return "was never materialized"


def _number(facts: Facts, key: str) -> int | None:
    build = facts.builds.get(key)
    return build.version.number if build is not None else None
