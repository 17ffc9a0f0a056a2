"""Disks that are full, read-only or broken: what the catalog says of them, and what it keeps."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import apsw
import pytest

from freshline.errors import CatalogError, FreshlineError, ResourceError
from freshline.keys import Target
from freshline.testing.specimens import DAILY, attempt_failed, one_of_each
from freshline_catalog import database, recording
from freshline_catalog.connection import Connection, open_connection
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.writer import GroupWriter

Start = Callable[..., "subprocess.Popen[str]"]


def recorder(*events: str) -> Callable[[Connection], int]:
    """Return work that appends an event for each publish_id."""
    drafts = [recording.draft(attempt_failed("r", DAILY, event)) for event in events]
    return partial(recording.record, drafts=drafts)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_harms_nothing(small_disk: Path) -> None:
    path = small_disk / "catalog.db"
    target = Target("shop", "main", "marts.daily")
    recorded = 0
    with closing(SqliteEventLog(path)) as log:
        with pytest.raises(ResourceError, match="no space left to write the catalog"):
            for number in range(10_000):
                event = attempt_failed("r", target, f"m{number}", message="x" * 2000)
                recorded = log.append([event])
        assert recorded > 10
        assert len(log.events(limit=10_000)) == recorded
    with closing(SqliteEventLog(path)) as log:
        assert len(log.events(limit=10_000)) == recorded
        assert log.check() == ()


def test_a_disk_that_became_read_only_is_told(small_disk: Path) -> None:
    path = small_disk / "catalog.db"
    with closing(SqliteEventLog(path)) as log:
        log.append(one_of_each())
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for place in (path, small_disk / "another.db", small_disk / "folder" / "catalog.db"):
        with pytest.raises(ResourceError) as refused:
            SqliteEventLog(place)
        assert str(place) in refused.value.message and refused.value.help


def test_a_file_that_may_not_grow_is_told_and_harms_nothing(path: Path, child: Start) -> None:
    with child("fill", path, 1_000_000) as process:
        lines, _ = process.communicate()
    *recorded, error, readable = lines.splitlines()
    assert process.returncode == 0
    assert error == f"error ResourceError there is no space left to write the catalog {path}"
    assert recorded[-1] == f"recorded {len(recorded)}" and len(recorded) > 10
    assert readable == f"readable {len(recorded)}"
    with closing(SqliteEventLog(path)) as log:
        assert log.append([attempt_failed("r", DAILY, "m")]) == len(recorded) + 1
        assert log.check() == ()


class _FailingFile(apsw.VFSFile):
    """A file whose syncs fail while `broken` holds its kind of name."""

    def __init__(self, name: str | apsw.URIFilename, flags: list[int], broken: set[str]) -> None:
        super().__init__("", name, flags)
        self._name = name if isinstance(name, str) else name.filename()
        self._broken = broken

    def xSync(self, flags: int) -> None:
        if any(self._name.endswith(end) for end in self._broken):
            raise apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)
        super().xSync(flags)


class _FailingDisk(apsw.VFS):
    """The system's own files, but for the syncs that it is told to fail."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        super().__init__("failing", "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        assert name is not None
        return _FailingFile(name, flags, self.broken)


def test_a_commit_of_unknown_outcome_is_called_that(path: Path) -> None:
    database.prepare(path).close()
    disk = _FailingDisk()

    def connect() -> Connection:
        connection: Connection = open_connection(str(path), vfs="failing")
        # Shared memory is not for files of ours, and nobody else is at this database.
        connection.pragma("locking_mode", "exclusive")
        return connection

    writer = GroupWriter(path, connect)
    try:
        with closing(writer):
            assert writer.submit(recorder("m1")).wait() == 1
            disk.broken.add("-wal")
            first, second = writer.submit(recorder("m2")), writer.submit(recorder("m3"))
            for ticket in (first, second):
                with pytest.raises(CatalogError, match="it is not known whether the last events"):
                    ticket.wait()
            disk.broken.clear()
            last = writer.submit(recorder("m4")).wait()
    finally:
        disk.unregister()
    with closing(SqliteEventLog(path)) as log:
        entries = log.events()
        assert [entry.sequence for entry in entries] == list(range(1, last + 1))
        assert log.check() == ()


def test_errors_of_a_group_are_told_to_each_caller_apart(path: Path) -> None:
    """Each caller raises an exception of its own, so that no traceback grows from two threads."""

    def refuse() -> Connection:
        raise ResourceError("no connection today", help="Come back tomorrow.")

    errors: list[FreshlineError] = []
    with closing(GroupWriter(path, refuse)) as writer:
        for ticket in [writer.submit(recorder("m1")) for _ in range(2)]:
            with pytest.raises(ResourceError, match="no connection today") as refused:
                ticket.wait()
            errors.append(refused.value)
    assert errors[0] is not errors[1]
    assert {error.help for error in errors} == {"Come back tomorrow."}
