"""The contract of those who keep decisions, as far as the queue and looking back go."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

from freshline.events import RunWithdrawn
from freshline.ports import EventLog, Lease
from freshline.testing.specimens import holder
from freshline.ticks import (
    Arrival,
    Automation,
    Decided,
    Halt,
    Mover,
    Request,
    Requested,
    RequestState,
    Tick,
    TickOutcome,
    leadership,
)

HERE = ("shop", "main")


class Kept(NamedTuple):
    """An opened catalog: its events, and the decisions that are kept with them."""

    events: EventLog
    automation: Automation


OpenKept = Callable[[], Kept]


def lead(kept: Kept) -> Lease:
    """Begin to lead."""
    return kept.events.acquire(replace(holder("deciding"), name=leadership("main")))


def request(run: str, *, environment: str = "main", at: float = 10.0) -> Request:
    """Return the wish of a schedule for a run."""
    return Request(
        run=run,
        project="shop",
        environment=environment,
        at=at,
        mover=Mover.SCHEDULE,
        name="morning",
        why="06:00 in Europe/Berlin",
        assets=("marts.daily", "staging.orders"),
        only=True,
        priority=3,
    )


def tick(
    key: str,
    *,
    name: str = "morning",
    mover: Mover = Mover.SCHEDULE,
    at: float = 10.0,
    run: str | None = None,
) -> Tick:
    """Return a tick that asked for `run`, or came to nothing."""
    return Tick(
        project="shop",
        environment="main",
        mover=mover,
        name=name,
        key=key,
        at=at,
        outcome=TickOutcome.NOTHING if run is None else TickOutcome.REQUESTED,
        why="all is fresh" if run is None else "it was time",
        run=run,
        details=("awaited: marts.daily", "arrived: version 3"),
    )


def decided(
    key: str, run: str | None = None, *, at: float = 10.0, **memories: str | None
) -> Decided:
    """Return a decision that asked for a run, or for none."""
    asked = () if run is None else (request(run, at=at),)
    return Decided(tick=tick(key, at=at, run=run), memories=memories, requests=asked)


def runs(requested: tuple[Requested, ...]) -> list[str]:
    """Return the ids of requested runs."""
    return [each.request.run for each in requested]


def keys(ticks: tuple[Tick, ...]) -> list[str]:
    """Return the keys of ticks."""
    return [each.key for each in ticks]


def arrival(name: str, *, at: float = 1.0, body: str = "") -> Arrival:
    """Return an event from outside."""
    return Arrival(sequence=0, name=name, at=at, actor="loader", body=body)


def halt(name: str, *, mover: Mover = Mover.SCHEDULE, reason: str = "month end") -> Halt:
    """Return the wish that a schedule or sensor does nothing."""
    return Halt(mover=mover, name=name, actor="ada", reason=reason, at=5.0)


class AutomationQueue:
    """What becomes of requests, what is told of ticks, and what people and others say."""

    @pytest.fixture
    def kept(self, open_kept: OpenKept) -> Kept:
        """An opened, empty catalog."""
        return open_kept()

    # The queue

    def test_a_request_is_launched_once_and_ends_once(self, open_kept: OpenKept) -> None:
        """Each answers whether it was the one; what became of it stays readable."""
        kept, other = open_kept(), open_kept()
        leader = lead(kept)
        kept.automation.decide(leader, [decided("1", "r1")])
        assert not kept.automation.ended("r1", 12.0, "succeeded")
        assert kept.automation.launched(leader, "r1", 11.0, 4711)
        assert not other.automation.launched(leader, "r1", 11.5, 4712)
        (begun,) = other.automation.requests(*HERE)
        assert (begun.state, begun.launched, begun.pid) == (RequestState.LAUNCHED, 11.0, 4711)
        assert other.automation.ended("r1", 12.0, "failed", "no space left")
        assert not kept.automation.ended("r1", 13.0, "succeeded")
        assert kept.automation.requests(*HERE) == ()
        (over,) = kept.automation.past_requests(*HERE)
        assert (over.state, over.ended, over.outcome) == (RequestState.ENDED, 12.0, "failed")
        assert (over.said, over.pid, over.request.run) == ("no space left", 4711, "r1")

    def test_a_queued_request_can_be_withdrawn(self, kept: Kept) -> None:
        """Once, and it is an event; it is not launched any more."""
        leader = lead(kept)
        kept.automation.decide(leader, [decided("1", "r1")])
        assert kept.automation.withdraw("r1", 11.0, "ben")
        assert not kept.automation.withdraw("r1", 12.0, "ada")
        assert not kept.automation.launched(leader, "r1", 12.0, 4711)
        assert kept.automation.requests(*HERE) == ()
        (gone,) = kept.automation.past_requests(*HERE)
        assert (gone.state, gone.ended) == (RequestState.CANCELLED, 11.0)
        event = kept.events.events()[-1].event
        assert event == RunWithdrawn(
            at=11.0, run="r1", project="shop", environment="main", actor="ben"
        )
        assert len(kept.events.events()) == 2

    def test_what_began_is_not_withdrawn(self, kept: Kept) -> None:
        """Nor what nobody asked for."""
        leader = lead(kept)
        kept.automation.decide(leader, [decided("1", "r1")])
        kept.automation.launched(leader, "r1", 11.0, 4711)
        assert not kept.automation.withdraw("r1", 12.0, "ben")
        assert not kept.automation.withdraw("r2", 12.0, "ben")
        assert not kept.automation.launched(leader, "r2", 12.0, 4711)
        assert [each.state for each in kept.automation.requests(*HERE)] == [RequestState.LAUNCHED]

    def test_requests_come_in_the_order_in_which_they_were_made(self, kept: Kept) -> None:
        """Whatever their times and ids; the past ones the other way round, as many as wanted."""
        leader = lead(kept)
        for number, run in enumerate(("r3", "r1", "r2")):
            kept.automation.decide(leader, [decided(run, run, at=20.0 - number)])
        kept.automation.withdraw("r1", 30.0, "ben")
        assert runs(kept.automation.requests(*HERE)) == ["r3", "r2"]
        assert runs(kept.automation.past_requests(*HERE)) == ["r2", "r1", "r3"]
        assert runs(kept.automation.past_requests(*HERE, limit=2)) == ["r2", "r1"]
        assert runs(kept.automation.past_requests(*HERE, limit=-1)) == []

    def test_environments_do_not_mix(self, kept: Kept) -> None:
        """Of each there are its own ticks, memories, requests, halts and arrivals."""
        there = ("shop", "dev")
        dev = Decided(
            tick=replace(tick("1", run="r2"), environment="dev"),
            memories={"cursor": "dev"},
            requests=(request("r2", environment="dev"),),
        )
        kept.automation.decide(lead(kept), [decided("1", "r1", cursor="main"), dev])
        kept.automation.halt(*there, halt("morning"))
        kept.automation.arrive(*there, arrival("loaded"))
        assert kept.automation.memories(*HERE) == {"cursor": "main"}
        assert kept.automation.memories(*there) == {"cursor": "dev"}
        assert runs(kept.automation.requests(*HERE)) == ["r1"]
        assert runs(kept.automation.past_requests(*there)) == ["r2"]
        assert kept.automation.halts(*HERE) == () and kept.automation.arrivals(*HERE, 0) == ()
        kept.automation.forget(*there, 1000.0)
        assert len(kept.automation.ticks(*HERE)) == 1 and kept.automation.ticks(*there) == ()

    # Looking back

    def test_ticks_are_told_newest_first(self, kept: Kept) -> None:
        """All of them, of a mover, of a name; as many as wanted."""
        leader = lead(kept)
        looks = [("1", "a"), ("2", "b"), ("3", "a")]
        kept.automation.decide(
            leader, [Decided(tick=tick(key, name=name), memories={}) for key, name in looks]
        )
        sensor = tick("4", name="a", mover=Mover.SENSOR)
        kept.automation.decide(leader, [Decided(tick=sensor, memories={})])
        ticks = kept.automation.ticks
        assert keys(ticks(*HERE)) == ["4", "3", "2", "1"]
        assert keys(ticks(*HERE, limit=2)) == ["4", "3"] and ticks(*HERE, limit=0) == ()
        assert keys(ticks(*HERE, mover=Mover.SCHEDULE)) == ["3", "2", "1"]
        assert keys(ticks(*HERE, name="a")) == ["4", "3", "1"]
        assert keys(ticks(*HERE, mover=Mover.SCHEDULE, name="a", limit=1)) == ["3"]

    def test_forgetting_takes_what_is_old_and_over(self, kept: Kept) -> None:
        """What is queued or under way stays, however old; so does what ended since."""
        leader = lead(kept)
        for run in ("queued", "launched", "ended", "late", "gone"):
            kept.automation.decide(leader, [decided(run, run)])
        for run in ("launched", "ended", "late"):
            kept.automation.launched(leader, run, 11.0, 4711)
        kept.automation.ended("ended", 12.0, "succeeded")
        kept.automation.ended("late", 50.0, "succeeded")
        kept.automation.withdraw("gone", 12.0, "ben")
        kept.automation.decide(leader, [decided("new", at=50.0, cursor="1")])
        kept.automation.arrive(*HERE, arrival("old", at=1.0))
        last = kept.automation.arrive(*HERE, arrival("new", at=50.0))
        kept.automation.forget(*HERE, 50.0)
        assert keys(kept.automation.ticks(*HERE)) == ["new"]
        assert runs(kept.automation.past_requests(*HERE)) == ["late", "launched", "queued"]
        assert kept.automation.memories(*HERE) == {"cursor": "1"}
        assert [each.name for each in kept.automation.arrivals(*HERE, 0)] == ["new"]
        assert kept.automation.arrive(*HERE, arrival("newer")) > last

    def test_a_forgotten_tick_still_guards_its_run(self, kept: Kept) -> None:
        """What asked for a run is not decided again; what came to nothing may be."""
        leader = lead(kept)
        kept.automation.decide(leader, [decided("06:00", "r1"), decided("07:00")])
        kept.automation.forget(*HERE, 1000.0)
        kept.automation.forget(*HERE, 1000.0)
        again, free = decided("06:00", "r2", cursor="1"), decided("07:00", "r3")
        assert kept.automation.decide(leader, [again, free]) == (free,)
        assert runs(kept.automation.past_requests(*HERE)) == ["r3", "r1"]

    # Halts and arrivals

    def test_halts_are_kept_until_resumed(self, open_kept: OpenKept) -> None:
        """Of a schedule and of a sensor by the same name; the latest word counts."""
        kept = open_kept()
        schedule, sensor = halt("morning"), halt("morning", mover=Mover.SENSOR)
        kept.automation.halt(*HERE, halt("morning", reason="no idea yet"))
        kept.automation.halt(*HERE, sensor)
        kept.automation.halt(*HERE, schedule)
        assert open_kept().automation.halts(*HERE) == (schedule, sensor)
        assert kept.automation.resume(*HERE, Mover.SCHEDULE, "morning")
        assert not kept.automation.resume(*HERE, Mover.SCHEDULE, "morning")
        assert kept.automation.halts(*HERE) == (sensor,)

    def test_arrivals_come_in_the_order_in_which_they_came(self, open_kept: OpenKept) -> None:
        """Each under the number that was told, higher than any before."""
        kept = open_kept()
        places = [
            kept.automation.arrive(*HERE, arrival(name, at=9.0 - number, body='{"rows": 3}'))
            for number, name in enumerate(("loaded", "loaded", "closed"))
        ]
        assert places == sorted(set(places)) and places[0] > 0
        found = open_kept().automation.arrivals(*HERE, 0)
        assert [each.sequence for each in found] == places
        assert [each.name for each in found] == ["loaded", "loaded", "closed"]
        assert found[0] == replace(
            arrival("loaded", at=9.0, body='{"rows": 3}'), sequence=places[0]
        )
        assert kept.automation.arrivals(*HERE, places[1]) == found[2:]
