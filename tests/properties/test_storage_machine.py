"""Storages under any order of attempts, aborts and crashes, against a model."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

from freshline.ports import Storage
from freshline.testing.storage_machine import StorageMachine
from freshline_adapters.lake import Lake
from freshline_adapters.memory import Memory


class LakeMachine(StorageMachine):
    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="freshline-"))
        super().__init__()

    def make(self) -> Storage:
        return Lake(self.root / "lake")

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.root)


class MemoryMachine(StorageMachine):
    """The instance is the data: a crash loses what was staged and nothing else."""

    def __init__(self) -> None:
        self.memory = Memory()
        super().__init__()

    def make(self) -> Storage:
        return self.memory


_settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLake = LakeMachine.TestCase
TestLake.settings = _settings
TestMemory = MemoryMachine.TestCase
TestMemory.settings = _settings
