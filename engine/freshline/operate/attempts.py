"""Attempts: what was tried, on what, and whether it is still the same that would be tried now."""

from msgspec.structs import replace

from freshline.operate.ground import Ground
from freshline.operate.memory import AssetMemory, Tried

# Failures that may pass by themselves: time ran out, a process or a lease was lost, no room.
PASSING = frozenset({"F320", "F340", "F400", "F401", "F402", "F501", "F502", "F503", "F600"})


def noted(key: str, memory: AssetMemory, ground: Ground) -> Tried | None:
    """Return the last attempt on an asset that was asked for, with a failure not noted yet.

    What it read in the same run was built there, so what it was an attempt at is only known now. A
    failure says nothing of what has changed since it began: then the digest is left empty. Of what
    failed in a run of somebody else, nobody knows what it was an attempt at.
    """
    failure = ground.facts.state.of(ground.facts.target(key)).failure
    tried = memory.tried
    if failure is None or tried is None or failure.run != tried.run or tried.failed:
        return tried
    moved = tried.logic != ground.logic(key) or any(
        _moved_since(ground, need, failure.at if need in tried.along else tried.at)
        for need in ground.needs(key)
    )
    digest = "" if moved else ground.attempt(key)
    count = tried.count if tried.digest == digest else 1
    return replace(tried, failed=failure.run, digest=digest, count=count)


def asked(key: str, memory: AssetMemory, ground: Ground, run: str, along: frozenset[str]) -> Tried:
    """Return the attempt that is asked for now, in a run that builds `along` too."""
    digest, tried = ground.attempt(key), memory.tried
    same = tried is not None and tried.digest == digest
    return Tried(
        run=run,
        at=ground.now,
        digest=digest,
        count=tried.count + 1 if same and tried is not None else 1,
        logic=ground.logic(key),
        head=_head(key, ground),
        along=tuple(need for need in ground.needs(key) if need in along),
    )


def came_to_nothing(key: str, tried: Tried | None, ground: Ground) -> bool:
    """Say whether what was asked for did not happen, for a reason that may pass by itself.

    Then the moment that allowed it has not been used.
    """
    if tried is None or _head(key, ground) != tried.head:
        return False
    failure = ground.facts.state.of(ground.facts.target(key)).failure
    return failure is None or failure.run != tried.run or failure.code in PASSING


def _head(key: str, ground: Ground) -> str:
    build = ground.facts.builds.get(key)
    return build.version.publish_id if build is not None else ""


def _moved_since(ground: Ground, key: str, since: float) -> bool:
    if ground.always_moves(key):
        return False
    moved = ground.moved(key)
    if key in ground.facts.sources:
        known = ground.facts.state.of(ground.facts.target(key)).observation
        return known is None or known.version != ground.facts.sources[key].version
    return moved is not None and moved > since
