"""What is kept of definitions that are broken, so that pages can say which are in force."""

from collections.abc import Mapping
from dataclasses import dataclass

from freshline.codec import digest, encode
from freshline.counted import counted
from freshline.errors import Diagnostic, Severity
from freshline.operate.world import Defined
from freshline.ticks import Decided, Mover, Tick, TickOutcome

MEMORY = "definitions"
_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """What is wrong with the definitions. `is_old`: those that were good last are in force."""

    is_old: bool
    count: int
    problems: tuple[Diagnostic, ...]


def told(
    scope: tuple[str, str], defined: Defined, memories: Mapping[str, str], now: float
) -> tuple[Decided, ...]:
    """Return what is to be kept of the definitions: nothing where that is on record already."""
    errors = tuple(each for each in defined.problems if each.severity is Severity.ERROR)
    broken = Broken(is_old=defined.is_old, count=len(errors), problems=errors[:_MOST])
    wanted = encode(broken).decode() if errors or defined.is_old else None
    if memories.get(MEMORY) == wanted:
        return ()
    tick = Tick(
        project=scope[0],
        environment=scope[1],
        mover=Mover.RECONCILER,
        name=MEMORY,
        key=f"{now!r} {digest(wanted or '')}",
        at=now,
        outcome=TickOutcome.FAILED if wanted else TickOutcome.NOTHING,
        why=_sentence(broken) if wanted else "the definitions are in order again",
        details=tuple(f"{each.code} {each.message}" for each in broken.problems),
    )
    return (Decided(tick=tick, memories={MEMORY: wanted}),)


def _sentence(broken: Broken) -> str:
    errors = counted(broken.count, "error")
    if broken.is_old:
        return f"the definitions cannot be used ({errors}): those before are in force"
    return f"{errors} in the definitions: what hangs on them is set aside"
