"""Our event logs keep the contract of event logs."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from freshline.errors import ResourceError
from freshline.failpoints import Crash, arm
from freshline.testing.event_log_contract import EventLogContract, OpenLog
from freshline.testing.memory_log import Ledger, MemoryEventLog
from freshline.testing.specimens import ORDERS, claim, holder, materialized
from freshline_catalog.event_log import SqliteEventLog


class TestMemoryEventLog(EventLogContract):
    @pytest.fixture
    def open_log(self) -> Iterator[OpenLog]:
        ledger = Ledger()
        with ExitStack() as stack:
            yield lambda: stack.enter_context(closing(MemoryEventLog(ledger)))

    @pytest.mark.parametrize(
        ("failpoint", "started", "published"),
        [
            ("claim.before", None, None),
            ("claim.after_commit", "m1", None),
            ("record.after_commit", None, "m1"),
        ],
    )
    def test_a_crash_loses_only_what_was_not_recorded(
        self, failpoint: str, started: str | None, published: str | None
    ) -> None:
        dead = MemoryEventLog()
        dead.acquire(holder())
        arm(f"{failpoint}=crash")
        try:
            with pytest.raises(Crash):
                dead.claim([claim("r1", ORDERS, "m1")])
                dead.append([materialized("r1", ORDERS, "m1")])
        finally:
            arm("")
        dead.close()
        log = MemoryEventLog(dead.ledger)
        assert log.acquire(holder()).epoch == 2
        state = log.snapshot("shop", "main").of(ORDERS)
        assert (state.attempt and state.attempt.publish_id) == started
        assert (state.build and state.build.version.publish_id) == published

    def test_a_failing_disk_at_a_failpoint_is_a_fault_of_ours(self) -> None:
        arm("claim.before=raise:ENOSPC")
        try:
            with pytest.raises(ResourceError, match="No space left on device"):
                MemoryEventLog().claim([claim("r1", ORDERS, "m1")])
        finally:
            arm("")


class TestSqliteEventLog(EventLogContract):
    @pytest.fixture
    def open_log(self, tmp_path: Path) -> Iterator[OpenLog]:
        path = tmp_path / ".freshline" / "catalog.db"
        with ExitStack() as stack:
            yield lambda: stack.enter_context(closing(SqliteEventLog(path)))
