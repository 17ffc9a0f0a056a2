"""The contract of event logs, as tests: subclass `EventLogContract` and say how yours is opened.

    class TestMyEventLog(EventLogContract):
        @pytest.fixture
        def open_log(self, tmp_path: Path) -> Iterator[OpenLog]:
            with ExitStack() as stack:
                yield lambda: stack.enter_context(closing(MyEventLog(tmp_path / "catalog")))

`open_log()` opens the same log anew each time, as another process would, while others may be open
still; what it opened is closed when the test ends. Each test names one obligation of the port.
"""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from freshline.errors import BusyError, CatalogError, FreshlineError
from freshline.events import KINDS, AssetDefined, Event, Recorded
from freshline.keys import Target
from freshline.ports import EventLog
from freshline.state import State, fold
from freshline.testing.event_log_leases import EventLogLeases
from freshline.testing.event_log_reading import EventLogReading, OpenLog, folded, sequences
from freshline.testing.specimens import (
    DAILY,
    DEV,
    MONDAY,
    ORDERS,
    OTHER_PROJECT,
    attempt_failed,
    claim,
    holder,
    materialized,
    one_of_each,
)

ODD_TEXTS = (
    "naïve Größe",
    "数据 🧪 \U0001f9ea",
    "quotes \" and ' and ` and ;--",
    "line\nbreaks\r\n\ttabs",
    "nul \x00 inside",
    "",
    "x" * 2_000_000,
)


def events_of(recorded: Iterable[Recorded]) -> list[Event]:
    """Return the events without their places."""
    return [entry.event for entry in recorded]


class EventLogContract(EventLogReading, EventLogLeases):
    """What every event log owes: one test for each obligation of `freshline.ports.EventLog`."""

    # Appending

    def test_what_was_appended_is_read_back_in_order(self, log: EventLog) -> None:
        """Every kind of event comes back equal, oldest first."""
        events = one_of_each()
        log.append(events[:3])
        log.append(events[3:])
        assert events_of(log.events()) == list(events)

    def test_no_kind_of_event_is_forgotten_here(self) -> None:
        """The events above are of all kinds but the one that `claim` records."""
        assert {event.kind for event in one_of_each()} == set(KINDS) - {"attempt_started"}

    def test_append_returns_the_sequence_of_its_last_event(self, log: EventLog) -> None:
        """Sequences grow, and the answer is the place of the last one."""
        first = log.append(one_of_each()[:2])
        second = log.append(one_of_each()[2:3])
        places = sequences(log.events())
        assert [first, second] == places[1:]
        assert places == sorted(set(places)) and places[0] > 0

    def test_appending_nothing_changes_nothing(self, log: EventLog) -> None:
        """The last sequence is returned, 0 in an empty log."""
        assert log.append(()) == 0
        last = log.append(one_of_each())
        assert log.append(()) == last
        assert len(log.events()) == len(one_of_each())

    def test_appended_events_outlive_the_log_object(self, open_log: OpenLog) -> None:
        """Another process finds them, while the first is open and after it closed."""
        log = open_log()
        log.append(one_of_each())
        assert events_of(open_log().events()) == list(one_of_each())
        log.close()
        assert events_of(open_log().events()) == list(one_of_each())

    def test_an_event_that_cannot_be_written_leaves_nothing_behind(self, log: EventLog) -> None:
        """All or none: the good event before it is not recorded either."""
        bad = attempt_failed("r1", DAILY, "m1", message="half a character: \ud800")
        with pytest.raises(FreshlineError):
            log.append([attempt_failed("r1", ORDERS, "m0"), bad])
        assert log.events() == ()
        assert log.snapshot("shop", "main").targets == {}

    @pytest.mark.parametrize("text", ODD_TEXTS, ids=lambda text: repr(text[:12]))
    def test_any_text_survives(self, open_log: OpenLog, text: str) -> None:
        """Messages, specs and partitions come back as they went in, however odd or long."""
        target = Target("shop", "main", "staging.orders", text[:100])
        defined = AssetDefined(at=1.0, run="r", target=target, digest="d", spec={"note": text})
        failed = attempt_failed("r", target, "m1", message=text)
        open_log().append([defined, failed])
        log = open_log()
        assert events_of(log.events()) == [defined, failed]
        assert log.snapshot("shop", "main") == folded(log)

    # Claiming

    def test_a_claim_is_recorded_as_an_attempt(self, log: EventLog) -> None:
        """The intent is in the log and in the snapshot before the claimer goes on."""
        (fence,) = log.claim([claim("r1", ORDERS, "m1", base=7)])
        (entry,) = log.events()
        attempt = log.snapshot("shop", "main").of(ORDERS).attempt
        assert entry.event.kind == "attempt_started" and entry.event.run == "r1"
        assert attempt is not None
        assert (attempt.publish_id, attempt.fence, attempt.base) == ("m1", fence, 7)

    def test_a_fence_is_higher_than_any_before(self, log: EventLog) -> None:
        """Whether the attempt before failed, was published, or came from elsewhere."""
        (first,) = log.claim([claim("r1", ORDERS, "m1")])
        log.append([attempt_failed("r1", ORDERS, "m1")])
        (second,) = log.claim([claim("r2", ORDERS, "m2")])
        log.append([materialized("r2", ORDERS, "m2", fence=second)])
        log.append([materialized("r3", ORDERS, "m9", fence=second + 40)])
        (third,) = log.claim([claim("r4", ORDERS, "m3")])
        assert 0 < first < second < second + 40 < third

    def test_each_target_has_its_own_fences(self, log: EventLog) -> None:
        """Assets, partitions, environments and projects do not share them."""
        targets = (ORDERS, DAILY, MONDAY, DEV, OTHER_PROJECT)
        wishes = [claim("r1", target, f"m{n}") for n, target in enumerate(targets)]
        assert len(set(log.claim(wishes))) == 1

    def test_a_second_live_attempt_is_refused(self, log: EventLog) -> None:
        """The message names the run that is at work."""
        log.claim([claim("the-first-run", ORDERS, "m1")])
        with pytest.raises(BusyError, match="the-first-run"):
            log.claim([claim("r2", ORDERS, "m2")])

    def test_claims_are_taken_all_or_none(self, log: EventLog) -> None:
        """One busy target among them, and nothing of the call remains."""
        log.claim([claim("r1", DAILY, "m1")])
        before = log.events()
        with pytest.raises(BusyError):
            log.claim([claim("r2", ORDERS, "m2"), claim("r2", DAILY, "m3")])
        assert log.events() == before
        assert log.snapshot("shop", "main").of(ORDERS).attempt is None
        log.claim([claim("r3", ORDERS, "m4")])

    def test_one_call_cannot_claim_a_target_twice(self, log: EventLog) -> None:
        """That too would be two live attempts."""
        with pytest.raises(BusyError):
            log.claim([claim("r1", ORDERS, "m1"), claim("r1", ORDERS, "m2")])
        assert log.events() == ()

    def test_an_attempt_may_not_be_slipped_in_by_append(self, log: EventLog) -> None:
        """However an attempt enters the log, it is the only live one of its target."""
        log.claim([claim("r1", ORDERS, "m1")])
        (entry,) = log.events()
        with pytest.raises(BusyError):
            log.append([attempt_failed("r2", DAILY, "m8"), entry.event])
        assert log.events() == (entry,)

    @pytest.mark.parametrize(
        "ending",
        [attempt_failed("r1", ORDERS, "m1"), materialized("r1", ORDERS, "m1")],
        ids=["it failed", "it was published"],
    )
    def test_an_attempt_lives_until_it_ended(self, log: EventLog, ending: Event) -> None:
        """Its own end frees the target; the end of another attempt does not."""
        log.claim([claim("r1", ORDERS, "m1")])
        log.append([attempt_failed("r0", ORDERS, "m0"), materialized("r0", ORDERS, "m-1")])
        with pytest.raises(BusyError):
            log.claim([claim("r2", ORDERS, "m2")])
        log.append([ending])
        log.claim([claim("r2", ORDERS, "m2")])

    def test_claiming_nothing_changes_nothing(self, log: EventLog) -> None:
        """No claims, no fences, no events."""
        assert log.claim(()) == ()
        assert log.events() == ()

    def test_a_claim_may_say_which_version_it_has_seen(self, log: EventLog) -> None:
        """It is refused where another one is on record by now, and granted where that one is."""
        log.append([materialized("r1", ORDERS, "m1")])
        for seen in ("", "m0"):
            with pytest.raises(BusyError):
                log.claim([replace(claim("r2", ORDERS, "m2"), seen=seen)])
        log.claim([replace(claim("r2", ORDERS, "m2"), seen="m1")])
        log.claim([replace(claim("r2", DAILY, "m3"), seen="")])

    def test_a_pool_has_so_many_places_and_no_more(self, open_log: OpenLog) -> None:
        """Over all runs of an environment; a place is free again when its attempt has ended."""
        log, other = open_log(), open_log()
        places = (("warehouse", 2), ("tag:heavy", 5))
        for run, target in (("r1", ORDERS), ("r2", DAILY)):
            log.claim([replace(claim(run, target, f"of {run}"), places=places)])
        with pytest.raises(BusyError, match="warehouse"):
            other.claim([replace(claim("r3", MONDAY, "m3"), places=places)])
        other.claim([replace(claim("r3", DEV, "m4"), places=places)])  # another environment
        other.claim([replace(claim("r3", MONDAY, "m5"), places=places[1:])])
        log.append([attempt_failed("r1", ORDERS, "of r1"), materialized("r3", MONDAY, "m5")])
        other.claim([replace(claim("r3", MONDAY, "m6"), places=places)])
        assert log.snapshot("shop", "main") == folded(log)

    def test_claims_of_one_call_take_places_too(self, log: EventLog) -> None:
        """All or none: the second finds the pool full, and the first is not granted either."""
        wishes = [
            replace(claim("r1", target, f"m{n}"), places=(("warehouse", 1),))
            for n, target in enumerate((ORDERS, DAILY))
        ]
        with pytest.raises(BusyError, match="warehouse"):
            log.claim(wishes)
        assert log.events() == ()

    # Threads, and the end

    def test_threads_append_side_by_side(self, open_log: OpenLog) -> None:
        """Every append stays whole and in one piece, each thread's in the order of its calls."""
        logs = (open_log(), open_log())

        def work(worker: int) -> list[int]:
            return [
                logs[worker % 2].append(
                    [attempt_failed(f"{worker}/{n}", ORDERS, part) for part in ("a", "b", "c")]
                )
                for n in range(20)
            ]

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(work, range(4)))
        entries = {entry.sequence: entry.event for entry in logs[0].events(limit=1000)}
        assert len(entries) == 240
        for worker, answer in enumerate(answers):
            assert answer == sorted(answer)
            for number, last in enumerate(answer):
                trio = [entries[last - 2], entries[last - 1], entries[last]]
                expected = [attempt_failed(f"{worker}/{number}", ORDERS, part) for part in "abc"]
                assert trio == expected

    def test_of_racing_claims_one_wins(self, open_log: OpenLog) -> None:
        """The others are told, and the log holds one attempt for each target."""
        logs = [open_log() for _ in range(2)]
        start = threading.Barrier(8)

        def work(worker: int) -> list[Target]:
            won: list[Target] = []
            start.wait()
            for target in (ORDERS, DAILY, MONDAY):
                try:
                    logs[worker % 2].claim([claim(f"r{worker}", target, f"m{worker}")])
                except BusyError:
                    continue
                won.append(target)
            return won

        with ThreadPoolExecutor(8) as pool:
            won = [target for each in pool.map(work, range(8)) for target in each]
        assert sorted(won) == sorted((ORDERS, DAILY, MONDAY))
        assert len(logs[0].events()) == 3

    def test_a_snapshot_is_of_one_instant(self, open_log: OpenLog) -> None:
        """While others write, it holds exactly the events up to its sequence."""
        log, other = open_log(), open_log()
        seen: dict[int, State] = {}

        def write() -> None:
            for number in range(30):
                pair = [materialized("r", target, f"m{number}") for target in (ORDERS, DAILY)]
                other.append(pair)

        writer = threading.Thread(target=write)
        writer.start()
        while writer.is_alive():
            state = log.snapshot("shop", "main")
            seen[state.sequence] = state
        writer.join()
        recorded = log.events(limit=1000)
        for sequence, state in seen.items():
            assert state == fold(entry for entry in recorded if entry.sequence <= sequence)
        assert log.snapshot("shop", "main") == fold(recorded)

    def test_a_closed_log_says_so(self, log: EventLog) -> None:
        """Closing twice is no error; using it afterwards is."""
        log.close()
        log.close()
        for use in (
            lambda: log.append(one_of_each()),
            lambda: log.claim([claim("r1", ORDERS, "m1")]),
            lambda: log.snapshot("shop", "main"),
            lambda: log.events(),
            lambda: log.acquire(holder()),
            lambda: log.holder("shop/main"),
        ):
            with pytest.raises(CatalogError, match="closed"):
                use()


__all__ = ["EventLogContract", "OpenLog"]
