"""Attempts: what was tried, on what, and whether it is still the same that would be tried now."""

from msgspec.structs import replace

from freshline.operate.ground import Ground
from freshline.operate.memory import AssetMemory, Tried


def noted(key: str, memory: AssetMemory, ground: Ground) -> Tried | None:
    """Return the last attempt on an asset, with a failure that was not noted yet.

    A failure says nothing of what has changed since the attempt began: then what would be tried now
    is something else, and the digest is left empty.
    """
    failure = ground.facts.state.of(ground.facts.target(key)).failure
    tried = memory.tried
    if failure is None or (tried is not None and tried.failed == failure.run):
        return tried
    ours = tried is not None and tried.run == failure.run
    if tried is not None and not ours and failure.at < tried.at:
        return tried  # of before
    began = tried.at if ours and tried is not None else failure.at
    along = tried.along if ours and tried is not None else ()
    moved = any(
        _moved_since(ground, need, failure.at if need in along else began)
        for need in ground.needs(key)
    )
    digest = "" if moved else ground.attempt(key)
    if tried is not None and tried.digest == digest:
        count = tried.count if ours else tried.count + 1
        return replace(tried, failed=failure.run, run=failure.run, count=count)
    return Tried(run=failure.run, at=began, digest=digest, failed=failure.run)


def asked(key: str, memory: AssetMemory, ground: Ground, run: str, along: frozenset[str]) -> Tried:
    """Return the attempt that is asked for now, in a run that builds `along` too."""
    digest, tried = ground.attempt(key), memory.tried
    same = tried is not None and tried.digest == digest
    return Tried(
        run=run,
        at=ground.now,
        digest=digest,
        count=tried.count + 1 if same and tried is not None else 1,
        along=tuple(need for need in ground.needs(key) if need in along),
    )


def _moved_since(ground: Ground, key: str, since: float) -> bool:
    moved = ground.moved(key)
    if key in ground.facts.sources:
        known = ground.facts.state.of(ground.facts.target(key)).observation
        return known is None or known.version != ground.facts.sources[key].version
    return moved is not None and moved > since
