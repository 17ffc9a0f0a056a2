"""Our keepers of decisions keep the contract of automation."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from freshline.failpoints import Crash, arm
from freshline.testing.automation_contract import AutomationContract, Kept, OpenKept
from freshline.testing.automation_queue import HERE, decided, lead, runs
from freshline.testing.memory_automation import MemoryAutomation
from freshline.testing.memory_log import Ledger, MemoryEventLog
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog


class TestMemoryAutomation(AutomationContract):
    @pytest.fixture
    def open_kept(self) -> Iterator[OpenKept]:
        ledger = Ledger()

        with ExitStack() as stack:

            def opened() -> Kept:
                log = stack.enter_context(closing(MemoryEventLog(ledger)))
                return Kept(log, MemoryAutomation(log))

            yield opened

    @pytest.mark.parametrize(
        ("failpoint", "kept"), [("tick.before_commit", []), ("tick.after_commit", ["r1"])]
    )
    def test_a_crash_leaves_all_or_nothing(self, failpoint: str, kept: list[str]) -> None:
        dead = MemoryEventLog()
        arm(f"{failpoint}=crash")
        with pytest.raises(Crash):
            mine = Kept(dead, MemoryAutomation(dead))
            mine.automation.decide(lead(mine), [decided("1", "r1", cursor="1")])
        arm("")
        dead.close()
        log = MemoryEventLog(dead.ledger)
        automation = MemoryAutomation(log)
        assert runs(automation.requests(*HERE)) == kept
        assert len(automation.memories(*HERE)) == len(log.events()) == len(kept)


class TestSqliteAutomation(AutomationContract):
    @pytest.fixture
    def open_kept(self, tmp_path: Path) -> Iterator[OpenKept]:
        path = tmp_path / ".freshline" / "catalog.db"
        with ExitStack() as stack:

            def opened() -> Kept:
                log = stack.enter_context(closing(SqliteEventLog(path)))
                return Kept(log, SqliteAutomation(log))

            yield opened
