"""Which requested runs begin now, as a table; and what no order of requests can break."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.operate.queue import to_begin, within_bound
from freshline.ticks import Mover, Request, Requested, RequestState

NOW = 10_000.0


def asked(
    run: str,
    *assets: str,
    mover: Mover = Mover.RECONCILER,
    name: str = "",
    priority: int = 0,
    ago: float = 0.0,
    selection: str = "",
) -> Requested:
    request = Request(
        run=run,
        project="shop",
        environment="main",
        at=NOW - ago,
        mover=mover,
        name=name or mover.value,
        why="",
        assets=assets,
        only=not selection,
        selection=selection,
        priority=priority,
    )
    return Requested(request=request)


def launched(run: str, *assets: str, mover: Mover = Mover.RECONCILER, name: str = "") -> Requested:
    found = asked(run, *assets, mover=mover, name=name)
    return Requested(request=found.request, state=RequestState.LAUNCHED, launched=NOW)


CASES: dict[str, tuple[Sequence[Requested], int, list[str]]] = {
    "nothing is asked for, nothing begins": ([], 4, []),
    "what came first goes first": ([asked("2", "b", ago=1), asked("1", "a", ago=2)], 4, ["1", "2"]),
    "no more than there is room for": ([asked("1", "a", ago=1), asked("2", "b")], 1, ["1"]),
    "runs under way take their room": ([launched("1", "a"), asked("2", "b")], 1, []),
    "a higher priority goes first": (
        [asked("1", "a", ago=5), asked("2", "b", priority=1)],
        1,
        ["2"],
    ),
    "who waited for minutes goes before a higher priority": (
        [asked("1", "a", ago=130), asked("2", "b", priority=1)],
        1,
        ["1"],
    ),
    "two that share an asset do not run at once": (
        [launched("1", "a", "b"), asked("2", "b", "c"), asked("3", "d")],
        4,
        ["3"],
    ),
    "what shares an asset with one that waits waits behind it": (
        [launched("1", "a"), asked("2", "a", "b", ago=2), asked("3", "b", ago=1)],
        4,
        [],
    ),
    "selections share nothing that is known before they run": (
        [launched("1", "a"), asked("2", selection="a+")],
        4,
        ["2"],
    ),
    "a hundred that were asked for long ago let one of somebody else begin": (
        [
            launched("0", mover=Mover.SCHEDULE, name="nightly"),
            *(asked(str(n), mover=Mover.SCHEDULE, name="nightly", ago=3600) for n in range(1, 9)),
            asked("mine", "c", ago=61),
        ],
        3,
        ["mine", "1"],
    ),
    "the turn goes round among those who ask": (
        [
            launched("1", mover=Mover.SCHEDULE, name="nightly"),
            asked("2", "b", mover=Mover.SCHEDULE, name="nightly", ago=9),
            asked("3", "c", ago=1),
        ],
        2,
        ["3"],
    ),
}


@pytest.mark.parametrize(("requests", "at_once", "expected"), CASES.values(), ids=CASES)
def test_what_begins(requests: Sequence[Requested], at_once: int, expected: list[str]) -> None:
    assert [each.run for each in to_begin(requests, at_once, NOW)] == expected


def test_a_run_that_is_not_due_keeps_its_place() -> None:
    requests = [asked("1", "a", ago=2), asked("2", "a", ago=1), asked("3", "b")]
    assert [each.run for each in to_begin(requests, 4, NOW, {"2", "3"})] == ["3"]


@st.composite
def _one(draw: st.DrawFn) -> Requested:
    run = f"r{draw(st.integers(0, 10_000))}"
    assets = sorted(draw(st.sets(st.sampled_from("abcdef"), min_size=1)))
    if draw(st.booleans()):
        return launched(run, *assets)
    return asked(run, *assets, priority=draw(st.integers(-3, 3)), ago=draw(st.floats(0, 1000)))


_REQUESTS = st.lists(_one(), max_size=12, unique_by=lambda each: each.request.run)


@given(_REQUESTS, st.integers(0, 5))
def test_no_two_runs_share_an_asset_and_there_are_never_too_many(
    requests: list[Requested], at_once: int
) -> None:
    under_way = [each.request for each in requests if each.state is RequestState.LAUNCHED]
    chosen = to_begin(requests, at_once, NOW)
    assert len(chosen) <= max(0, at_once - len(under_way))
    for place, request in enumerate(chosen):
        others = (*under_way, *chosen[:place])
        assert all(set(request.assets).isdisjoint(other.assets) for other in others)


@given(_REQUESTS)
def test_something_begins_where_nothing_is_under_way(requests: list[Requested]) -> None:
    queued = [each for each in requests if each.state is RequestState.QUEUED]
    assert bool(to_begin(queued, 1, NOW)) == bool(queued)


@pytest.mark.parametrize(("busy", "at_most"), [(1, 7), (3, 10)], ids=["one schedule", "three"])
def test_however_much_of_higher_priority_keeps_coming_a_run_gets_its_turn(
    busy: int, at_most: int
) -> None:
    """One run at a time, each of a minute; every schedule asks for another one every minute."""
    low = asked("low", "mine")
    queue, turns = [low], dict[tuple[Mover, str], float]()
    minute = 0
    while low in queue and minute < 60:
        now = NOW + 60.0 * minute
        for name in map(str, range(busy)):
            more = asked(f"{name} {minute}", name, mover=Mover.SCHEDULE, name=name, priority=5)
            queue.append(replace(more, request=replace(more.request, at=now)))
        (best,) = to_begin(queue, 1, now, None, turns)
        queue = [each for each in queue if each.request != best]
        turns[best.mover, best.name] = now
        minute += 1
    assert low not in queue and minute <= at_most


@pytest.mark.parametrize(
    ("mover", "name", "has_room"),
    [
        (Mover.RECONCILER, "reconciler", True),
        (Mover.SCHEDULE, "hourly", False),
        (Mover.SCHEDULE, "other", True),
    ],
    ids=["the reconciler always", "who fills the queue not", "who has nothing in it yet"],
)
def test_a_full_queue_takes_no_more(mover: Mover, name: str, has_room: bool) -> None:
    full = [asked(str(n), mover=Mover.SCHEDULE, name="hourly") for n in range(5)]
    assert within_bound(full, mover, name, 1, most=5) is has_room
