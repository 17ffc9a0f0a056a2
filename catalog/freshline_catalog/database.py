"""The SQLite file: how it is opened, where it may lie, and how its schema is brought up to date."""

import os
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

import apsw

from freshline.errors import CatalogError, ResourceError
from freshline_catalog import projections
from freshline_catalog.connection import Connection, let_go, open_connection
from freshline_catalog.faults import BUSY_SECONDS, damaged, fault, translated
from freshline_catalog.statements import statements

# Older releases can corrupt a database in WAL mode when two connections write and checkpoint.
_OLDEST_SQLITE = (3, 51, 3)
_APPLICATION = 1179800392  # "FRSH"
_MOUNTS = Path("/proc/self/mountinfo")
# Shared memory and locks of these do not reach across machines, or at all: WAL needs both.
_REMOTE = frozenset(
    {"9p", "afs", "ceph", "cifs", "fuse", "glusterfs", "lustre", "nfs", "nfs4", "smb3", "smbfs"}
)
# The folded tables got columns by these: what they say of what was recorded before is told anew.
_FOLDED_ANEW = frozenset({2})
_SETTINGS = """
pragma synchronous = full;
pragma fullfsync = on;
pragma checkpoint_fullfsync = on;
pragma foreign_keys = on;
pragma temp_store = memory;
pragma cache_size = -65536;
pragma mmap_size = 0;
pragma trusted_schema = off;
pragma cell_size_check = on;
"""


class Migration(NamedTuple):
    """One step of the schema: its number and the file that makes it."""

    number: int
    path: Path


class Schema(NamedTuple):
    """The schema a file has, and the oldest schema a program must know to read or write it."""

    version: int
    min_reader: int
    min_writer: int


def prepare(path: Path, mounts: Path = _MOUNTS) -> Connection:
    """Return a reader of the catalog `path`, made or brought up to date where that is needed.

    Raise ResourceError where the file cannot be made, read or written or lies on a network
    filesystem, CatalogError where it is damaged, not ours, or from a newer Freshline.
    """
    refuse_old_sqlite(apsw.sqlite_lib_version())
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    _refuse_network(path, mounts)
    connection = connect(path)
    try:
        with translated(path, connection):
            if connection.pragma("journal_mode") != "wal":
                _to_wal(connection)
            schema = read_schema(connection, path)
            if schema.min_reader > newest():
                raise _too_new(path, schema, "read")
            if schema.version < newest():
                migrate(connection, path)
            connection.pragma("query_only", True)
    except BaseException:
        let_go(connection)
        raise
    return connection


def connect(path: Path, *, query_only: bool = False) -> Connection:
    """Return a connection to the catalog `path` with the settings that our promises need."""
    try:
        connection = open_connection(str(path.absolute()))
    except apsw.Error as error:
        raise fault(path, error) from error
    try:
        connection.set_busy_timeout(BUSY_SECONDS * 1000)
        # apsw stops at the first row of a script until somebody asks for the rest.
        connection.execute(_SETTINGS).fetchall()
        if query_only:
            connection.pragma("query_only", True)
    except apsw.Error as error:
        let_go(connection)
        raise fault(path, error) from error
    return connection


def connect_writer(path: Path) -> Connection:
    """Return a connection that may write; CatalogError where only a newer Freshline may."""
    connection = connect(path)
    try:
        with translated(path, connection):
            schema = read_schema(connection, path)
        if schema.min_writer > newest():
            raise _too_new(path, schema, "written")
    except BaseException:
        let_go(connection)
        raise
    return connection


def read_schema(connection: Connection, path: Path) -> Schema:
    """Return the schema of a catalog, version 0 for an empty file; CatalogError if not ours."""
    sql = statements("schema")
    if connection.pragma("application_id") != _APPLICATION:
        if connection.execute(sql["tables"]).fetchall() != [(0,)]:
            raise CatalogError(
                f"{path} is a database, but not a catalog of Freshline",
                help="point Freshline at another file, or move this one away",
            )
        return Schema(0, 0, 0)
    rows = connection.execute(sql["version"]).fetchall()
    if not rows:
        raise damaged(path, "it does not say which schema it has")
    return Schema(*cast(tuple[int, int, int], rows[0]))


def migrate(connection: Connection, path: Path) -> None:
    """Bring the schema up to date, one transaction for each migration that is missing.

    A process that dies at any statement leaves the file as the last whole migration left it.
    """
    for migration in migrations():
        connection.execute("begin immediate")
        try:
            # Another process may have been faster while this one waited for the lock.
            if read_schema(connection, path).version < migration.number:
                connection.execute(migration.path.read_text(encoding="utf-8")).fetchall()
                if migration.number in _FOLDED_ANEW:
                    projections.rebuild(connection)
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise


@cache
def migrations() -> tuple[Migration, ...]:
    """Return the migrations this program brings, in the order in which they apply."""
    folder = Path(__file__).parent / "migrations"
    names = sorted(name for name in os.listdir(folder) if name.endswith(".sql"))
    return tuple(Migration(int(name.split("_")[0]), folder / name) for name in names)


def newest() -> int:
    """Return the number of the newest schema this program knows."""
    return migrations()[-1].number


def refuse_old_sqlite(version: str) -> None:
    """Raise ResourceError for a SQLite whose WAL mode can corrupt a database."""
    if tuple(int(part) for part in version.split(".")) < _OLDEST_SQLITE:
        raise ResourceError(
            f"SQLite {version} can corrupt the catalog",
            help="install apsw from its own wheels: they bring SQLite 3.51.3 or later",
        )


def remote_filesystem(mountinfo: str, device: int) -> str | None:
    """Return the type of the network filesystem that has number `device`, None for any other.

    `mountinfo` is the text of Linux's /proc/self/mountinfo.
    """
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in mountinfo.splitlines():
        mount, _, rest = line.partition(" - ")
        if mount.split(" ")[2:3] == [number]:
            kind = rest.split(" ")[0]
            # Overlays of containers are fuse on a local disk.
            is_remote = kind in _REMOTE or kind.startswith("fuse.")
            return kind if is_remote and kind != "fuse.fuse-overlayfs" else None
    return None


def _refuse_network(path: Path, mounts: Path) -> None:
    try:
        text = mounts.read_text(encoding="utf-8", errors="replace")
        kind = remote_filesystem(text, path.parent.stat().st_dev)
    except OSError:
        return  # not Linux, or not told: nothing is known against it
    if kind is not None:
        raise ResourceError(
            f"the catalog {path} would lie on a network filesystem ({kind}), where SQLite"
            " can lose or corrupt it",
            help="keep the catalog on a local disk; data may stay where they are",
        )


def _to_wal(connection: Connection) -> None:
    # The switch takes an exclusive lock and does not wait for it: several processes that make
    # the same catalog at once would fail without this.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.pragma("journal_mode", "wal")
            return
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _too_new(path: Path, schema: Schema, done: str) -> CatalogError:
    return CatalogError(
        f"the catalog {path} has schema {schema.version} and cannot be {done} by this Freshline,"
        f" which knows schema {newest()}",
        help="upgrade Freshline: a newer one has used this catalog",
    )
