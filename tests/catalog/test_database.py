"""The catalog's file: where it may lie, how it is made and migrated, and what is said of damage."""

import errno
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from freshline.errors import BusyError, CatalogError, FreshlineError, ResourceError
from freshline.keys import Target
from freshline.testing.specimens import attempt_failed
from freshline_catalog import database
from freshline_catalog.connection import open_connection
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.faults import fault
from freshline_catalog.statements import statements

Start = Callable[..., "subprocess.Popen[str]"]
ROOMS = sorted(file.stem for file in (Path(database.__file__).parent / "sql").iterdir())


def fill(path: Path, count: int = 200) -> None:
    with closing(SqliteEventLog(path)) as log:
        targets = [Target("shop", "main", f"marts.asset_{n}") for n in range(count)]
        log.append([attempt_failed("r", target, "m", message="x" * 500) for target in targets])


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("fullfsync", 1),
        ("foreign_keys", 1),
        ("busy_timeout", 10_000),
        ("temp_store", 2),
        ("mmap_size", 0),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
    ],
)
def test_connections_have_the_settings_that_our_promises_need(
    tmp_path: Path, setting: str, expected: object
) -> None:
    database.prepare(tmp_path / "catalog.db").close()
    for connection in (
        database.connect(tmp_path / "catalog.db", query_only=True),
        database.connect_writer(tmp_path / "catalog.db"),
    ):
        assert connection.pragma(setting) == expected
        connection.close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    database.prepare(tmp_path / "catalog.db").close()
    with closing(database.connect(tmp_path / "catalog.db", query_only=True)) as connection:
        with pytest.raises(apsw.ReadOnlyError):
            connection.execute("delete from event")


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "catalog.db"
    database.prepare(path).close()
    assert path.exists()


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with closing(open_connection(str(path))) as other:
        other.execute("create table book (title text)")
    with pytest.raises(CatalogError, match=r"books\.db is a database, but not a catalog"):
        SqliteEventLog(path)
    with closing(open_connection(str(path))) as other:
        names = other.execute("select name from sqlite_schema").fetchall()
    assert names == [("book",)]


def test_an_empty_file_becomes_a_catalog(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    path.touch()
    fill(path)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    fill(path)
    _declare_schema(path, version=999, min_reader=999, min_writer=999)
    with pytest.raises(CatalogError, match="schema 999 and cannot be read by") as refused:
        SqliteEventLog(path)
    assert str(path) in refused.value.message
    assert refused.value.help == "upgrade Freshline: a newer one has used this catalog"


def test_a_newer_schema_may_allow_reading_only(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    fill(path, count=3)
    _declare_schema(path, version=999, min_reader=1, min_writer=999)
    with closing(SqliteEventLog(path)) as log:
        assert len(log.events()) == 3
        with pytest.raises(CatalogError, match="schema 999 and cannot be written by"):
            log.append([attempt_failed("r", Target("shop", "main", "marts.daily"), "m")])


def test_an_older_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    """Schema 0 is the file before its first migration: also one that another process just made."""
    path = tmp_path / "catalog.db"
    with closing(open_connection(str(path))) as connection:
        connection.pragma("journal_mode", "wal")
    first, second = database.prepare(path), database.prepare(path)
    assert database.read_schema(first, path).version == database.newest()
    applied = second.execute("select version from schema_version").fetchall()
    assert applied == [(migration.number,) for migration in database.migrations()]
    first.close()
    second.close()


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = [migration.number for migration in database.migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_migration_killed_at_any_statement_can_be_run_again(tmp_path: Path) -> None:
    """A killed process leaves its files as they are: so each statement's files are kept aside."""
    path, images = tmp_path / "live" / "catalog.db", tmp_path / "images"

    def keep(*_: object) -> bool:
        shutil.copytree(path.parent, images / str(len(list(images.iterdir()))))
        return True

    def watch(connection: apsw.Connection) -> None:
        connection.exec_trace = keep

    path.parent.mkdir()
    images.mkdir()
    apsw.connection_hooks.append(watch)
    try:
        database.prepare(path).close()
    finally:
        apsw.connection_hooks.remove(watch)
    kept = sorted(images.iterdir())
    assert len(kept) > 20
    for image in kept:
        fill(image / "catalog.db", count=2)
        with closing(SqliteEventLog(image / "catalog.db")) as log:
            assert log.check() == ()


@pytest.mark.parametrize("statement", [12, 20, 30])
def test_a_migration_killed_for_real_can_be_run_again(
    tmp_path: Path, child: Start, statement: int
) -> None:
    path = tmp_path / "catalog.db"
    with child("migrate", path, statement) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    fill(path)


def test_processes_may_make_the_same_catalog_at_once(tmp_path: Path, child: Start) -> None:
    processes = [child("create", tmp_path / "new" / "catalog.db") for _ in range(5)]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate("end\n")[0] for process in processes]
    assert answers == [f"opened {database.newest()}\n"] * 5
    with closing(SqliteEventLog(tmp_path / "new" / "catalog.db")) as log:
        assert len(log.events()) == 5


MOUNTINFO = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw
40 27 0:50 / /mnt/team rw - nfs4 server:/team rw
41 27 0:51 / /mnt/share rw - cifs //server/share rw
42 27 0:52 / /mnt/c rw - 9p drvfs rw
43 27 0:53 / /mnt/ssh rw - fuse.sshfs ada@host1: rw
44 27 0:54 / /mnt/merged rw - fuse.fuse-overlayfs fuse-overlayfs rw
45 27 8:1 / /mnt/stick rw - fuseblk /dev/sda1 rw
"""


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ((254, 0), None),
        ((0, 50), "nfs4"),
        ((0, 51), "cifs"),
        ((0, 52), "9p"),
        ((0, 53), "fuse.sshfs"),
        ((0, 54), None),
        ((8, 1), None),
        ((9, 9), None),
    ],
    ids=[
        "a local disk may hold a catalog",
        "nfs may not",
        "cifs may not",
        "9p may not",
        "fuse over a network may not",
        "the overlay of a container may",
        "a stick's foreign filesystem may",
        "where nothing is known, nothing is refused",
    ],
)
def test_network_filesystems_are_told_apart(device: tuple[int, int], expected: str | None) -> None:
    assert database.remote_filesystem(MOUNTINFO, os.makedev(*device)) == expected


def test_a_network_filesystem_is_refused(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    number = f"{os.major(device)}:{os.minor(device)}"
    mounts.write_text(f"40 27 {number} / /mnt/team rw - nfs4 server:/team rw\n")
    with pytest.raises(ResourceError, match=r"catalog\.db would lie on a network .* \(nfs4\)"):
        database.prepare(tmp_path / "catalog.db", mounts)
    assert not (tmp_path / "catalog.db").exists()
    database.prepare(tmp_path / "catalog.db", tmp_path / "no mountinfo here").close()


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.7.0"])
def test_a_sqlite_that_corrupts_is_refused(version: str) -> None:
    with pytest.raises(ResourceError, match=f"SQLite {version} can corrupt"):
        database.refuse_old_sqlite(version)
    database.refuse_old_sqlite("3.51.3")


def _folder_in_its_place(path: Path) -> None:
    path.mkdir()


def _file_as_its_folder(path: Path) -> None:
    path.parent.rmdir()
    path.parent.touch()


@pytest.mark.parametrize("spoil", [_folder_in_its_place, _file_as_its_folder])
def test_a_place_that_cannot_hold_a_file_is_named(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    path = tmp_path / "folder" / "catalog.db"
    path.parent.mkdir()
    spoil(path)
    with pytest.raises(ResourceError) as refused:
        SqliteEventLog(path)
    assert str(path) in refused.value.message
    assert str(path.parent) in refused.value.help


def _not_a_database(data: bytearray) -> bytearray:
    return bytearray(b"not a database at all, only words\n" * 300)


def _half_a_file(data: bytearray) -> bytearray:
    return data[: len(data) // 2]


def _pages_overwritten(data: bytearray) -> bytearray:
    for start in range(4096, len(data), 4096):
        data[start : start + 64] = b"\xff" * 64
    return data


def _schema_overwritten(data: bytearray) -> bytearray:
    data[100:2000] = b"\xff" * 1900
    return data


def _text_overwritten(data: bytearray) -> bytearray:
    return data.replace(b'"message":', b'"message"\x01')


@pytest.mark.parametrize(
    "damage",
    [_not_a_database, _half_a_file, _pages_overwritten, _schema_overwritten, _text_overwritten],
)
def test_damage_is_told_and_never_read_past(
    tmp_path: Path, damage: Callable[[bytearray], bytearray]
) -> None:
    path = tmp_path / "catalog.db"
    fill(path)
    path.write_bytes(damage(bytearray(path.read_bytes())))
    with pytest.raises(CatalogError) as told:
        with closing(SqliteEventLog(path)) as log:
            log.events(limit=1000)
            log.snapshot("shop", "main")
    assert f"the catalog {path} is damaged" in told.value.message
    assert "freshline catalog rebuild --from-storage" in told.value.help


def _all_errors(kind: type[apsw.Error]) -> list[type[apsw.Error]]:
    return [kind, *(deep for child in kind.__subclasses__() for deep in _all_errors(child))]


@pytest.mark.parametrize("kind", _all_errors(apsw.Error), ids=lambda kind: kind.__name__)
def test_every_error_of_sqlite_has_words_of_ours(kind: type[apsw.Error], tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    ours = fault(path, kind("the reason"))
    assert isinstance(ours, CatalogError | ResourceError)
    assert str(path) in ours.message
    assert isinstance(ours, BusyError) == (kind in (apsw.BusyError, apsw.LockedError))


def test_an_old_number_of_the_system_colours_no_other_error(path: Path) -> None:
    told = fault(path, apsw.SQLError("no such table: event"), errno.ENOSPC)
    assert told.message == f"the catalog {path} refused: SQLError: no such table: event"
    told = fault(path, apsw.IOError("disk I/O error"), errno.EDQUOT)
    assert told.message == f"there is no space left to write the catalog {path}"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (apsw.FullError("database or disk is full"), "there is no space left to write"),
        (apsw.ReadOnlyError("attempt to write"), "cannot be written: attempt to write"),
        (apsw.CantOpenError("unable"), "cannot be opened"),
        (PermissionError(13, "Permission denied"), "cannot be used: Permission denied"),
        (apsw.ConnectionClosedError("gone"), "is closed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_faults_say_what_happened(error: apsw.Error | OSError, expected: str) -> None:
    told: FreshlineError = fault(Path("/data/catalog.db"), error)
    assert told.message.startswith("the catalog /data/catalog.db") or "/data" in told.message
    assert expected in told.message
    assert told.help


@pytest.mark.parametrize("room", ROOMS)
def test_every_statement_has_a_name_and_runs_on_the_schema(tmp_path: Path, room: str) -> None:
    folder = Path(database.__file__).parent
    text = (folder / "sql" / f"{room}.sql").read_text(encoding="utf-8")
    named = statements(room)
    assert len(named) == text.count("-- name: ") == text.count(";\n")
    with closing(database.prepare(tmp_path / "catalog.db")) as connection:
        for sql in named.values():
            places = {int(place) for place in re.findall(r"\?(\d+)", sql)}
            connection.execute(f"explain {sql}", [None] * max(places, default=0)).fetchall()


def test_every_statement_is_used() -> None:
    folder = Path(database.__file__).parent
    code = "".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py"))
    built = {f"table_{name}" for name in ("target_state", "materialization", "attempt", "run")}
    built |= {"events_of_asset", "events_of_run", "events_of_asset_in_run"}
    built |= {f"{way}_of_{what}" for way in ("forward", "back") for what in ("run", "assets")}
    for room in ROOMS:
        for name in set(statements(room)) - built:
            assert f'"{name}"' in code, name


def _declare_schema(path: Path, **values: int) -> None:
    with closing(open_connection(str(path))) as connection:
        row = (values["version"], values["min_reader"], values["min_writer"])
        connection.execute("insert into schema_version values (?, ?, ?, 0.0)", row)
