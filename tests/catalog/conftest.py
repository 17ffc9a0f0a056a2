"""What the catalog's tests share: a catalog of their own, and processes beside theirs."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from freshline_catalog.event_log import SqliteEventLog

CHILD = Path(__file__).with_name("child.py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the catalog will lie."""
    return tmp_path / "catalog.db"


@pytest.fixture
def log(path: Path) -> Iterator[SqliteEventLog]:
    """Return an open, empty catalog."""
    with closing(SqliteEventLog(path)) as log:
        yield log


@pytest.fixture
def child() -> Callable[..., "subprocess.Popen[str]"]:
    """Return how a process of `child.py` is started."""

    def start(*arguments: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, str(CHILD), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    return start
