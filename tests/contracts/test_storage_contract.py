"""Every storage of ours is held to the contract kit."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from freshline.ports import Compute, Storage
from freshline.testing.storage_contract import Deviation, StorageContract
from freshline.versions import Version
from freshline_adapters.lake import Lake
from freshline_adapters.memory import Memory


class TestLake(StorageContract):
    root: Path

    @pytest.fixture
    def reopen(self, tmp_path: Path) -> Callable[[], Storage]:
        self.root = tmp_path / "lake"
        return lambda: Lake(self.root)

    def touch(self, version: Version) -> None:
        os.utime(self.root / version.files[0].path, ns=(1, 1))

    def damage(self, version: Version, compute: Compute) -> None:
        with open(self.root / version.files[0].path, "r+b") as file:
            file.seek(20)
            byte = file.read(1)
            file.seek(20)
            file.write(bytes([byte[0] ^ 1]))


class TestLakeUnderAnOddFolder(TestLake):
    """Above the root anything is possible: DuckDB's patterns, hive folders, quotes."""

    @pytest.fixture
    def reopen(self, tmp_path: Path) -> Callable[[], Storage]:
        self.root = tmp_path / "year=2024" / "it's [a] *?" / "ü" / "lake"
        return lambda: Lake(self.root)


class TestMemory(StorageContract):
    deviations = frozenset({Deviation.FORGETS, Deviation.INSPECTS_RECORDS_ONLY})

    @pytest.fixture
    def reopen(self, tmp_path: Path) -> Callable[[], Storage]:
        return lambda: Memory(tmp_path)

    def damage(self, version: Version, compute: Compute) -> None:
        compute.create_table(version.files[0].path, "SELECT 'damaged' AS version")
