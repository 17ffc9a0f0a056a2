"""The contract of those who keep decisions, as tests: subclass `AutomationContract`.

    class TestMyAutomation(AutomationContract):
        @pytest.fixture
        def open_kept(self, tmp_path: Path) -> Iterator[OpenKept]:
            with ExitStack() as stack:

                def opened() -> Kept:
                    log = stack.enter_context(closing(MyEventLog(tmp_path / "catalog")))
                    return Kept(log, MyAutomation(log))

                yield opened

`open_kept()` opens the same catalog anew each time, as another process would; what it opened is
closed when the test ends. Each test names one obligation of `freshline.ticks.Automation`.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from freshline.errors import CatalogError, FencedError, InternalError, ResourceError
from freshline.events import RunRequested
from freshline.failpoints import arm
from freshline.testing.automation_queue import (
    HERE,
    AutomationQueue,
    Kept,
    OpenKept,
    arrival,
    decided,
    keys,
    lead,
    request,
    runs,
    tick,
)
from freshline.testing.specimens import holder
from freshline.ticks import Decided, Mover, Requested, Tick, leadership

BAD = "half a character: \ud800"


class AutomationContract(AutomationQueue):
    """What every keeper of decisions owes: one test for each obligation of `Automation`."""

    @pytest.fixture(autouse=True)
    def disarmed(self) -> Iterator[None]:
        """No failpoint outlives its test."""
        yield
        arm("")

    # Deciding

    def test_a_decision_is_read_back_whole(self, open_kept: OpenKept) -> None:
        """By others too: its tick, what is remembered, its requests, and an event of each run."""
        kept = open_kept()
        one = decided("06:00", "r1", cursor="7", seen="naïve 🧪 ' \x00")
        assert kept.automation.decide(lead(kept), [one]) == (one,)
        for other in (kept, open_kept()):
            assert other.automation.ticks(*HERE) == (one.tick,)
            assert other.automation.memories(*HERE) == one.memories
            assert other.automation.requests(*HERE) == (Requested(request=one.requests[0]),)
            (event,) = [entry.event for entry in other.events.events()]
            assert isinstance(event, RunRequested)
            assert (event.run, event.at, event.mover, event.name) == (
                *("r1", 10.0),
                *("schedule", "morning"),
            )
            assert (event.project, event.environment) == HERE
            assert event.assets == ("marts.daily", "staging.orders")

    def test_deciding_nothing_changes_nothing(self, kept: Kept) -> None:
        """Nor does it fail."""
        assert kept.automation.decide(lead(kept), ()) == ()
        assert kept.automation.ticks(*HERE) == () and kept.events.events() == ()

    def test_memories_are_replaced_and_forgotten(self, kept: Kept) -> None:
        """The last word counts, None forgets, what is not named stays."""
        leader = lead(kept)
        kept.automation.decide(leader, [decided("1", a="1", b="1", c="1")])
        kept.automation.decide(leader, [decided("2", a="2", b=None, d=None), decided("3", a="3")])
        assert kept.automation.memories(*HERE) == {"a": "3", "c": "1"}

    def test_a_key_is_decided_once(self, open_kept: OpenKept) -> None:
        """The later decision is left out whole, whoever brings it; the others of its call stay."""
        kept = open_kept()
        leader = lead(kept)
        kept.automation.decide(leader, [decided("06:00", "r1", cursor="1")])
        again, more = decided("06:00", "r2", cursor="2"), decided("07:00", "r3")
        assert open_kept().automation.decide(leader, [again, more]) == (more,)
        assert runs(kept.automation.requests(*HERE)) == ["r1", "r3"]
        assert kept.automation.memories(*HERE) == {"cursor": "1"}
        assert [entry.event.run for entry in kept.events.events()] == ["r1", "r3"]

    def test_one_call_cannot_decide_a_key_twice(self, kept: Kept) -> None:
        """The first counts."""
        first = decided("06:00", "r1")
        assert kept.automation.decide(lead(kept), [first, decided("06:00", "r2")]) == (first,)

    @pytest.mark.parametrize(
        "other",
        [
            replace(tick("06:00"), name="evening"),
            replace(tick("06:00"), mover=Mover.SENSOR),
            replace(tick("06:00"), environment="dev"),
            replace(tick("06:00"), project="farm"),
        ],
        ids=["another name", "another mover", "another environment", "another project"],
    )
    def test_keys_are_told_apart_by_whose_they_are(self, kept: Kept, other: Tick) -> None:
        """One key may be used by each."""
        ours, theirs = decided("06:00"), Decided(tick=other, memories={})
        assert kept.automation.decide(lead(kept), [ours, theirs]) == (ours, theirs)

    def test_a_run_is_asked_for_once(self, kept: Kept) -> None:
        """A second request under its id is a mistake of ours, and nothing of the call is kept."""
        leader = lead(kept)
        kept.automation.decide(leader, [decided("1", "r1")])
        with pytest.raises(InternalError, match="r1"):
            kept.automation.decide(leader, [decided("2", "r2", cursor="2"), decided("3", "r1")])
        assert keys(kept.automation.ticks(*HERE)) == ["1"]
        assert kept.automation.memories(*HERE) == {} and len(kept.events.events()) == 1

    @pytest.mark.parametrize(
        "bad",
        [
            replace(decided("2"), tick=replace(tick("2"), why=BAD)),
            decided("2", cursor=BAD),
            replace(decided("2", "r2"), requests=(replace(request("r2"), why=BAD),)),
        ],
        ids=["its tick", "its memory", "its request"],
    )
    def test_what_cannot_be_written_leaves_nothing_behind(self, kept: Kept, bad: Decided) -> None:
        """All or none: the good decision before it is not kept either."""
        with pytest.raises(InternalError):
            kept.automation.decide(lead(kept), [decided("1", "r1", cursor="1"), bad])
        assert kept.automation.ticks(*HERE) == () and kept.automation.memories(*HERE) == {}
        assert kept.automation.requests(*HERE) == () and kept.events.events() == ()

    @pytest.mark.parametrize(
        ("failpoint", "there"), [("tick.before_commit", []), ("tick.after_commit", ["1"])]
    )
    def test_a_refusing_machine_leaves_all_or_nothing(
        self, kept: Kept, failpoint: str, there: list[str]
    ) -> None:
        """Before the commit nothing is kept, after it everything is; trying again decides once."""
        leader, one = lead(kept), decided("1", "r1", cursor="1")
        arm(f"{failpoint}=raise:ENOSPC")
        with pytest.raises(ResourceError):
            kept.automation.decide(leader, [one])
        assert keys(kept.automation.ticks(*HERE)) == there
        assert len(kept.events.events()) == len(kept.automation.memories(*HERE)) == len(there)
        kept.automation.decide(leader, [one])
        assert runs(kept.automation.requests(*HERE)) == ["r1"] and len(kept.events.events()) == 1

    # Leading

    def test_who_was_followed_keeps_nothing(self, open_kept: OpenKept) -> None:
        """Though it does not know of it; whoever leads goes on."""
        old, new = open_kept(), open_kept()
        first = lead(old)
        old.automation.decide(first, [decided("1", "r1")])
        first.release()
        second = lead(new)
        with pytest.raises(FencedError):
            old.automation.decide(first, [decided("2", "r2", cursor="2")])
        with pytest.raises(FencedError):
            old.automation.launched(first, "r1", 11.0, 4711)
        with pytest.raises(FencedError):
            old.automation.decide(first, ())
        assert keys(new.automation.ticks(*HERE)) == ["1"]
        assert new.automation.memories(*HERE) == {} and len(new.events.events()) == 1
        new.automation.decide(second, [decided("2", "r2")])
        assert new.automation.launched(second, "r1", 11.0, 4711)

    def test_leaders_of_other_environments_do_not_fence(self, kept: Kept) -> None:
        """Each lease counts for itself."""
        leader = lead(kept)
        kept.events.acquire(replace(holder(), name=leadership("dev")))
        kept.automation.decide(leader, [decided("1")])
        assert keys(kept.automation.ticks(*HERE)) == ["1"]

    # Threads, and the end

    def test_of_racing_decisions_one_is_kept(self, open_kept: OpenKept) -> None:
        """Each key has one run, whoever was first."""
        opened = [open_kept() for _ in range(2)]
        leader, start = lead(opened[0]), threading.Barrier(4)

        def work(worker: int) -> list[str]:
            start.wait()
            wishes = [[decided(str(key), f"{worker}/{key}")] for key in range(10)]
            decide = opened[worker % 2].automation.decide
            return [each.requests[0].run for wish in wishes for each in decide(leader, wish)]

        with ThreadPoolExecutor(4) as pool:
            won = [run for each in pool.map(work, range(4)) for run in each]
        assert sorted(won) == sorted(runs(opened[0].automation.requests(*HERE)))
        assert sorted(run.partition("/")[2] for run in won) == [str(key) for key in range(10)]

    def test_a_closed_catalog_says_so(self, kept: Kept) -> None:
        """Whatever is asked of it."""
        leader = lead(kept)
        kept.events.close()
        uses: Mapping[str, Callable[[], object]] = {
            "memories": lambda: kept.automation.memories(*HERE),
            "decide": lambda: kept.automation.decide(leader, [decided("1")]),
            "withdraw": lambda: kept.automation.withdraw("r1", 1.0, "ben"),
            "arrive": lambda: kept.automation.arrive(*HERE, arrival("loaded")),
        }
        for use in uses.values():
            with pytest.raises(CatalogError, match="closed"):
                use()


__all__ = ["AutomationContract", "Kept", "OpenKept"]
