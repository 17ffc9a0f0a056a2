"""Deaths: what is done about runs whose process dies before it could say how it ended.

A run that dies once may have met a full memory; what dies `MOST` times, for the same work, takes
its process with it. It is left alone until that work is another: other code, or other inputs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from freshline.codec import decode, digest_of, encode
from freshline.reconcile.planned import Plan
from freshline.ticks import Decided

MOST = 3
MEMORY = "deaths"
_PAUSE = 2.0  # seconds after the first death; four times as many after each further one
_KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """How often the process of some work died, when last, and what it said then."""

    times: int
    at: float
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deaths:
    """The deaths of this environment, by the digest of the work that was to be done."""

    by_work: Mapping[str, Death] = field(default_factory=dict[str, Death])

    def with_one(self, work: str, at: float, said: str) -> "Deaths":
        """Return these deaths and one more."""
        before = self.by_work.get(work)
        times = before.times + 1 if before is not None else 1
        found = {**self.by_work, work: Death(times=times, at=at, said=said)}
        latest = sorted(found.items(), key=lambda item: item[1].at)[-_KEPT:]
        return replace(self, by_work=dict(latest))

    def without(self, work: str) -> "Deaths":
        """Return these deaths without those of work that was done after all."""
        return replace(self, by_work={w: d for w, d in self.by_work.items() if w != work})

    def again(self, work: str) -> float | None:
        """Return from when on this work may be begun again: 0 at once, None not as it is."""
        death = self.by_work.get(work)
        if death is None:
            return 0.0
        if death.times >= MOST:
            return None
        return death.at + _PAUSE * 4.0 ** (death.times - 1)


def read_deaths(memories: Mapping[str, str]) -> Deaths:
    """Return the deaths that are remembered; none where what is remembered cannot be read."""
    try:
        return decode(memories.get(MEMORY, "{}"), Deaths)
    except ValueError:
        return Deaths()


def written(deaths: Deaths) -> str | None:
    """Return how deaths are remembered, None where there are none."""
    return encode(deaths).decode() if deaths.by_work else None


def work_of(plan: Plan, assets: Iterable[str]) -> str:
    """Return the digest of what a plan would do to assets, and why: equal, and it is the same."""
    wanted = frozenset(assets)
    steps = [(s.asset, s.action, s.reasons) for s in plan.steps if s.asset in wanted]
    return digest_of((sorted(wanted), steps))


def living(
    decided: Iterable[Decided], plan: Plan, deaths: Deaths, now: float
) -> tuple[tuple[Decided, ...], float | None]:
    """Return the decisions whose runs may begin, and when the first of the others may.

    A decision is left out whole: nothing of it is remembered, so that it will be made again.
    Runs of selections are always let through: nobody knows here what they will do.
    """
    kept: list[Decided] = []
    moments: list[float] = []
    for each in decided:
        exact = [request.assets for request in each.requests if request.only and request.assets]
        again = [deaths.again(work_of(plan, assets)) for assets in exact]
        if all(moment is not None and moment <= now for moment in again):
            kept.append(each)
        elif all(moment is not None for moment in again):
            moments.append(max(moment for moment in again if moment is not None))
    return tuple(kept), min(moments, default=None)
