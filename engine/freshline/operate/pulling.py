"""What is only built when something downstream is due: who needs it now, or who would.

Whether something is due can hang on what it reads being built along. So it is supposed first that
all of this is needed; then whatever turns out not to be is taken back (`deciding` does both).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from freshline.operate.ground import Ground
from freshline.operate.rules import Need, waiting
from freshline.operate.scene import Decision, Gate
from freshline.refresh import is_pulled

SUPPOSED = Need(by="what reads it")


def pulled(ground: Ground) -> tuple[str, ...]:
    """Return what is stale and asks whether it is needed, each behind what it reads."""
    found = {key for key in ground.steps if _is_pulled(ground, key)}
    return tuple(key for key in ground.graph.assets if key in found) if found else ()


def needs(
    ground: Ground,
    going: Sequence[str],
    supposed: Mapping[str, Decision],
    goes_anyway: Callable[[str], bool],
) -> Mapping[str, Need]:
    """Return for all that asks whether it is needed who needs it, or who is awaited.

    `going` is what goes, in order; `supposed` are the decisions if all of it were needed; and
    `goes_anyway` says whether something goes even if nobody needs it.
    """
    order = pulled(ground)
    asking = frozenset(order)
    by: dict[str, str] = {}
    for key in reversed(going):
        if key in asking and key not in by and not goes_anyway(key):
            continue
        if _builds(ground, key):
            for need in ground.needs(key):
                if need in asking:
                    by.setdefault(need, by.get(key, key))
    found: dict[str, Need] = {}
    for key in reversed(order):
        found[key] = Need(by=by[key]) if key in by else _awaiting(ground, key, supposed, found)
    return found


def told(decisions: Mapping[str, Decision], found: Mapping[str, Need]) -> dict[str, Decision]:
    """Return decisions in which what nobody needs says so, not that another one waits before it."""
    return {
        key: Decision(key=key, gate=Gate.RULE, why=waiting(need), again=need.again)
        if (need := found.get(key)) is not None and not need.by and _waits(decision)
        else decision
        for key, decision in decisions.items()
    }


def _waits(decision: Decision) -> bool:
    return decision.gate in (Gate.UPSTREAM, Gate.MISSING)


def _is_pulled(ground: Ground, key: str) -> bool:
    asset = ground.graph.assets.get(key)
    return asset is not None and is_pulled(asset.definition.refresh.rule)


def _builds(ground: Ground, key: str) -> bool:
    """Say whether something is built, so that what it reads has to be: views and checks do not."""
    asset = ground.graph.assets.get(key)
    return asset is not None and not asset.is_view and ground.is_stale(key)


def _awaiting(
    ground: Ground, key: str, supposed: Mapping[str, Decision], known: Mapping[str, Need]
) -> Need:
    awaited: list[str] = []
    looks: list[float] = []
    for reader in dict.fromkeys(_readers(ground, key)):
        decision = supposed.get(reader)
        if reader in known and known[reader].awaited:
            awaited.append(known[reader].awaited)
        elif decision is not None and not decision.goes and decision.gate is not Gate.FRESH:
            awaited.append(f"{reader}: {decision.why}")
        again = decision.again if decision is not None else None
        again = known[reader].again if reader in known else again
        if again is not None:
            looks.append(again)
    none = "" if ground.readers(key) else "nothing reads it"
    return Need(awaited=awaited[0] if awaited else none, again=min(looks, default=None))


def _readers(ground: Ground, key: str) -> Iterator[str]:
    """Yield what reads an asset; views are looked through."""
    for reader in ground.readers(key):
        if ground.graph.assets[reader].is_view:
            yield from _readers(ground, reader)
        else:
            yield reader
