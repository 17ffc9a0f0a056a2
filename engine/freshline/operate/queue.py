"""Which of the requested runs begin now: by priority and age, in turn, and never two on one asset.

1. What waits longer counts for more: after `_OLDER` seconds as if its priority were one higher. So
   nothing waits for ever, however much of higher priority keeps coming.
2. Waiting counts since it was asked for, or since a run of the same mover was begun last: a
   schedule that asked for a hundred runs an hour ago does not keep the reconciler from its one.
   Among equals it is the turn of whoever has the fewest runs under way.
3. A run that shares an asset with one that is under way waits, and so does whatever else shares one
   with it: what came first goes first.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from freshline.ticks import Mover, Request, Requested, RequestState

_OLDER = 60.0
MOST_QUEUED = 1000


Who = tuple[Mover, str]


class Place(NamedTuple):
    """A request, and the assets that it may touch; None where only its process will know."""

    request: Request
    assets: frozenset[str] | None


def to_begin(
    requests: Sequence[Requested],
    at_once: int,
    now: float,
    is_due: AbstractSet[str] | None = None,
    turns: Mapping[Who, float] | None = None,
) -> tuple[Request, ...]:
    """Return the queued requests to begin now, best first, so that `at_once` are under way.

    Only those whose runs `is_due` names may begin, where it is given; the others keep their places.
    `turns` says when a run of each mover was begun last, of those that are over too.
    """
    launched = [each.request for each in requests if each.state is RequestState.LAUNCHED]
    queued = [each.request for each in requests if each.state is RequestState.QUEUED]
    under_way = Counter(map(_who, launched))
    last = dict(turns or {})
    for each in requests:
        if each.launched is not None:
            who = _who(each.request)
            last[who] = max(last.get(who, each.launched), each.launched)
    taken = [_place(request) for request in launched]
    free = at_once - len(launched)
    chosen: list[Request] = []
    while queued:
        best = min(queued, key=lambda request: _rank(request, under_way, last, now))
        queued.remove(best)
        place = _place(best)
        may_begin = free > 0 and (is_due is None or best.run in is_due)
        if may_begin and not any(_share(place, other) for other in taken):
            chosen.append(best)
            under_way[_who(best)] += 1
            last[_who(best)] = now
            free -= 1
        taken.append(place)
    return tuple(chosen)


def within_bound(
    requests: Iterable[Requested], mover: Mover, name: str, wanted: int, most: int = MOST_QUEUED
) -> bool:
    """Say whether so many more requests of a mover may be queued; the reconciler's always may.

    There is at most one of the reconciler's for each asset. Who may not asks again at the next
    tick: nothing is lost, only later.
    """
    if mover is Mover.RECONCILER:
        return True
    waiting = Counter(
        (each.request.mover, each.request.name)
        for each in requests
        if each.state is RequestState.QUEUED
    )
    return sum(waiting.values()) + wanted <= most or not waiting[mover, name]


def _who(request: Request) -> Who:
    return request.mover, request.name


def _rank(
    request: Request, under_way: Counter[Who], last: Mapping[Who, float], now: float
) -> tuple[float, int, float, str]:
    who = _who(request)
    turn = last.get(who, request.at)
    since = max(request.at, turn) if turn <= now else request.at  # else the clock was set back
    aged = request.priority + max(now - since, 0.0) // _OLDER
    return -aged, under_way[who], request.at, request.run


def _place(request: Request) -> Place:
    exact = request.only and bool(request.assets)
    return Place(request, frozenset(request.assets) if exact else None)


def _share(one: Place, other: Place) -> bool:
    """Say whether two runs may touch one asset; what a selection means is known when it runs."""
    if one.assets is None or other.assets is None:
        return False
    return not one.assets.isdisjoint(other.assets)
