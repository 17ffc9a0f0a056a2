"""What is kept of definitions that are broken, so that pages can say which are in force."""

from collections.abc import Mapping

from msgspec import MsgspecError

from freshline.codec import decode, digest, encode
from freshline.counted import counted
from freshline.errors import Severity
from freshline.operate.world import Defined
from freshline.ticks import DEFINITIONS, Broken, Decided, Mover, Tick, TickOutcome

_MOST = 20


def told(
    scope: tuple[str, str], defined: Defined, memories: Mapping[str, str], now: float
) -> tuple[Decided, ...]:
    """Return what is to be kept of the definitions: nothing where that is on record already."""
    errors = tuple(each for each in defined.problems if each.severity is Severity.ERROR)
    before = _read(memories.get(DEFINITIONS))
    lasts = before is not None and before.is_old == defined.is_old
    since = before.since if before is not None and lasts else now
    broken = Broken(is_old=defined.is_old, since=since, count=len(errors), problems=errors[:_MOST])
    wanted = encode(broken).decode() if errors or defined.is_old else None
    if memories.get(DEFINITIONS) == wanted:
        return ()
    tick = Tick(
        project=scope[0],
        environment=scope[1],
        mover=Mover.RECONCILER,
        name=DEFINITIONS,
        key=f"{now!r} {digest(wanted or '')}",
        at=now,
        outcome=TickOutcome.FAILED if wanted else TickOutcome.NOTHING,
        why=_sentence(broken) if wanted else "the definitions are in order again",
        details=tuple(f"{each.code} {each.message}" for each in broken.problems),
    )
    return (Decided(tick=tick, memories={DEFINITIONS: wanted}),)


def _sentence(broken: Broken) -> str:
    errors = counted(broken.count, "error")
    if broken.is_old:
        return f"the definitions cannot be used ({errors}): those before are in force"
    return f"{errors} in the definitions: what hangs on them is set aside"


def _read(text: str | None) -> Broken | None:
    """Return what was kept; what cannot be read any more is nothing."""
    try:
        return decode(text, Broken) if text is not None else None
    except (MsgspecError, ValueError):
        return None
