"""Our keepers of acts and incidents keep the contract of acts."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from freshline.testing.acts_contract import ActsContract, KeptActs, OpenActs
from freshline.testing.automation_queue import Kept
from freshline.testing.memory_acts import MemoryActs
from freshline.testing.memory_automation import MemoryAutomation
from freshline.testing.memory_log import Ledger, MemoryEventLog
from freshline_catalog.acts import SqliteActs
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog


class TestMemoryActs(ActsContract):
    @pytest.fixture
    def open_acts(self) -> Iterator[OpenActs]:
        ledger = Ledger()
        with ExitStack() as stack:

            def opened() -> KeptActs:
                log = stack.enter_context(closing(MemoryEventLog(ledger)))
                return KeptActs(Kept(log, MemoryAutomation(log)), MemoryActs(log))

            yield opened


class TestSqliteActs(ActsContract):
    @pytest.fixture
    def open_acts(self, tmp_path: Path) -> Iterator[OpenActs]:
        path = tmp_path / ".freshline" / "catalog.db"
        with ExitStack() as stack:

            def opened() -> KeptActs:
                log = stack.enter_context(closing(SqliteEventLog(path)))
                return KeptActs(Kept(log, SqliteAutomation(log)), SqliteActs(log))

            yield opened
