"""What is near in the lineage: up and down from some assets by hops, and between two of them."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

Upstreams = Mapping[str, Collection[str]]


class Direction(StrEnum):
    """Where an asset lies from what is in focus."""

    FOCUS = "focus"
    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    BOTH = "both"  # of several in focus, one lies above it and another below


class Near(NamedTuple):
    """A row of the table that says what the picture says; `hops` are to the nearest in focus."""

    key: str
    hops: int
    direction: Direction


def around(
    upstreams: Upstreams, focus: Iterable[str], up: int | None = None, down: int | None = None
) -> tuple[Near, ...]:
    """Return what lies so many hops around the keys in focus, the nearest first, then by key.

    Without a number all is taken in that direction. A key that is nowhere in the lineage is left
    out.
    """
    readers = downstreams(upstreams)
    known = [key for key in dict.fromkeys(focus) if key in readers]
    above = _hops(upstreams, known, up)
    below = _hops(readers, known, down)
    found = [_near(key, above.get(key), below.get(key)) for key in {**above, **below}]
    return tuple(sorted(found, key=lambda near: (near.hops, near.key)))


def between(upstreams: Upstreams, start: str, end: str) -> frozenset[str]:
    """Return the keys on all paths down from one asset to another, both included.

    It is empty where no path leads that way.
    """
    found = _hops(downstreams(upstreams), [start], None).keys() & _hops(upstreams, [end], None)
    return frozenset(found)


def within(upstreams: Upstreams, keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the edges (upstream, downstream) with both ends among the keys, sorted."""
    kept = frozenset(keys)
    edges = {(u, key) for key in kept for u in upstreams.get(key, ()) if u in kept}
    return tuple(sorted(edges))


def downstreams(upstreams: Upstreams) -> dict[str, list[str]]:
    """Return for each key those that read it; also for what is only ever read."""
    found: dict[str, list[str]] = {key: [] for key in upstreams}
    for key, read in upstreams.items():
        for upstream in dict.fromkeys(read):
            found.setdefault(upstream, []).append(key)
    return found


def _near(key: str, above: int | None, below: int | None) -> Near:
    if above is None or below is None:
        direction = Direction.DOWNSTREAM if above is None else Direction.UPSTREAM
        return Near(key, above or below or 0, direction)
    hops = min(above, below)
    return Near(key, hops, Direction.BOTH if hops else Direction.FOCUS)


def _hops(joined: Upstreams, starts: Iterable[str], most: int | None) -> dict[str, int]:
    """Return how many hops away each key is that can be reached."""
    found = dict.fromkeys(starts, 0)
    layer, hops = list(found), 0
    while layer and (most is None or hops < most):
        hops += 1
        following = dict.fromkeys(
            other for key in layer for other in joined.get(key, ()) if other not in found
        )
        found.update(dict.fromkeys(following, hops))
        layer = list(following)
    return found
