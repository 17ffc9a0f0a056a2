"""The contract of event logs, as far as leases go: held alone, shared, waited for."""

import os
import socket
from dataclasses import replace

import pytest

from freshline.errors import BusyError, FreshlineError
from freshline.ports import EventLog
from freshline.testing.event_log_reading import OpenLog
from freshline.testing.specimens import holder


class EventLogLeases:
    """What every event log owes those who work in an environment, alone or beside others."""

    def test_a_lease_is_shared_by_runs(self, open_log: OpenLog) -> None:
        """Each is known for as long as it is there, in the order in which they came."""
        log, other = open_log(), open_log()
        first, second = (replace(holder(), run=run) for run in ("r1", "r2"))
        lease = log.acquire(first, shared=True)
        other.acquire(second, shared=True)
        assert log.holders(first.name) == other.holders(first.name) == (first, second)
        assert log.holder(first.name) == second
        lease.release()
        lease.release()
        assert log.holders(first.name) == (second,)
        log.acquire(first, shared=True)
        assert other.holders(first.name) == (second, first)

    def test_nobody_shares_a_lease_that_is_held_alone(self, open_log: OpenLog) -> None:
        """Who comes to share it is told for whom to wait."""
        log, other = open_log(), open_log()
        lease = log.acquire(holder("a nightly gc"))
        with pytest.raises(BusyError, match="a nightly gc"):
            other.acquire(replace(holder(), run="r1"), shared=True)
        lease.release()
        other.acquire(replace(holder(), run="r1"), shared=True)

    def test_nobody_has_a_lease_alone_that_is_shared(self, open_log: OpenLog) -> None:
        """Until the last of those who share it has gone; all of them are named."""
        log, other = open_log(), open_log()
        shares = [
            log.acquire(replace(holder(word), run=word), shared=True) for word in ("one", "two")
        ]
        for share, word in zip(shares, ("one", "two"), strict=True):
            with pytest.raises(BusyError, match=word):
                other.acquire(holder())
            share.release()
        other.acquire(holder())

    def test_a_run_shares_a_lease_once(self, open_log: OpenLog) -> None:
        """A run is under way in one process; and who shares a lease has a run."""
        run = replace(holder(), run="r1")
        open_log().acquire(run, shared=True)
        with pytest.raises(BusyError):
            open_log().acquire(run, shared=True)
        with pytest.raises(FreshlineError, match="run"):
            open_log().acquire(holder(), shared=True)

    @pytest.mark.parametrize("shared", [False, True], ids=["alone", "shared"])
    def test_who_waits_gets_the_lease_when_it_is_free(
        self, open_log: OpenLog, shared: bool
    ) -> None:
        """Between two tries it is told for whom it waits."""
        log, other = open_log(), open_log()
        lease, told = log.acquire(holder("a nightly gc")), list[str]()

        def wait(busy: BusyError) -> None:
            told.append(busy.message)
            if len(told) == 3:
                lease.release()

        mine = replace(holder(), run="r1")
        got = other.acquire(mine, shared=shared, wait=wait)
        assert len(told) == 3 and all("a nightly gc" in words for words in told)
        assert got.epoch > lease.epoch
        assert log.holders(mine.name) == ((mine,) if shared else log.holders(mine.name))

    def test_who_waits_may_give_up(self, open_log: OpenLog) -> None:
        """What its `wait` raises ends it, and nobody has to wait for it any more."""
        log, other = open_log(), open_log()
        log.acquire(replace(holder(), run="r1"), shared=True)

        def wait(busy: BusyError) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            other.acquire(holder(), wait=wait)
        log.acquire(replace(holder(), run="r2"), shared=True)

    def test_who_waits_to_be_alone_goes_before_who_comes_to_share(self, open_log: OpenLog) -> None:
        """Otherwise those who come and go would keep it waiting for ever."""
        log, other, third = open_log(), open_log(), open_log()
        lease, told = log.acquire(replace(holder(), run="r1"), shared=True), list[str]()

        def wait(busy: BusyError) -> None:
            with pytest.raises(BusyError, match=r"a patient gc.*waits to have it alone"):
                third.acquire(replace(holder(), run="r2"), shared=True)
            told.append(busy.message)
            lease.release()

        alone = other.acquire(holder("a patient gc"), wait=wait)
        assert len(told) == 1
        alone.release()
        third.acquire(replace(holder(), run="r2"), shared=True)

    def test_closing_a_log_gives_up_what_it_shares(self, open_log: OpenLog) -> None:
        """As the end of its process does."""
        log, other = open_log(), open_log()
        log.acquire(replace(holder(), run="r1"), shared=True)
        log.close()
        assert other.holders(holder().name) == ()
        other.acquire(holder())

    def test_a_lease_has_one_holder(self, open_log: OpenLog) -> None:
        """Others are told who holds it and what for, in this process or another."""
        log = open_log()
        log.acquire(holder("a nightly apply"))
        for other in (log, open_log()):
            with pytest.raises(BusyError) as refused:
                other.acquire(holder())
            for word in ("shop/main", "ada", "host1", "4711", "a nightly apply", "2023-11-1"):
                assert word in refused.value.message

    def test_leases_of_different_names_are_independent(self, log: EventLog) -> None:
        """Also where their names look alike as file names."""
        for name in ("shop/main", "shop_main", "shop/Main", "../shop", "shop/" + "x" * 300):
            log.acquire(replace(holder(), name=name))

    def test_a_released_lease_is_free(self, open_log: OpenLog) -> None:
        """Releasing twice is no error and frees nobody else's."""
        log, other = open_log(), open_log()
        first = log.acquire(holder())
        first.release()
        other.acquire(holder())
        first.release()
        with pytest.raises(BusyError):
            log.acquire(holder())

    def test_a_holder_is_known_for_as_long_as_it_holds(self, open_log: OpenLog) -> None:
        """To itself and to others, and looking takes nothing away."""
        log, other = open_log(), open_log()
        mine = replace(holder(), host=socket.gethostname(), pid=os.getpid())
        assert log.holder(mine.name) is None
        lease = log.acquire(mine)
        assert log.holder(mine.name) == other.holder(mine.name) == mine
        with pytest.raises(BusyError):
            other.acquire(holder())
        lease.release()
        assert log.holder(mine.name) is None and other.holder(mine.name) is None
        other.acquire(holder())

    def test_epochs_grow_with_every_holder(self, open_log: OpenLog) -> None:
        """Also across processes."""
        epochs: list[int] = []
        for _ in range(3):
            lease = open_log().acquire(holder())
            epochs.append(lease.epoch)
            lease.release()
        assert epochs == sorted(set(epochs))
