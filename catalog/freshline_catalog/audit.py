"""The audit: where the folded tables are not the fold of the log, in sentences."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from freshline import codec
from freshline.keys import Target
from freshline.state import TargetState
from freshline.versions import Build, Logic
from freshline_catalog.connection import Connection, Row, open_connection
from freshline_catalog.database import migrations
from freshline_catalog.figures import Figures
from freshline_catalog.projections import Entry, project, stretches
from freshline_catalog.statements import statements


class _Table(NamedTuple):
    """A folded table: its columns, of which the first is the key, and what its JSON columns say."""

    name: str
    columns: tuple[str, ...]
    values: dict[str, type[object]]


_TABLES = (
    _Table(
        "target_state",
        ("target_id", "sequence", "state", *Figures._fields),
        {"state": TargetState},
    ),
    _Table(
        "materialization",
        ("event_id", "target_id", "mat_id", "publish_id", "code_version", "build", "logic"),
        {"build": Build, "logic": Logic},
    ),
    _Table(
        "attempt",
        ("started_event", "ended_event", "target_id", "publish_id", "run", "fence", "base"),
        {},
    ),
    _Table(
        "run", ("started_event", "finished_event", "id", "project", "environment", "outcome"), {}
    ),
)


def differences(connection: Connection) -> tuple[str, ...]:
    """Return, in sentences, where the folded tables are not the fold of the log.

    The log is folded into a database in memory; the caller's transaction keeps both sides at
    one instant.
    """
    found: list[str] = []
    scratch = open_connection(":memory:")
    try:
        for migration in migrations():
            scratch.execute(migration.path.read_text(encoding="utf-8")).fetchall()
        for stretch in stretches(connection):
            project(scratch, [entry for entry, _ in stretch])
            found += [finding for pair in stretch for finding in _misfiled(*pair)]
        for table in _TABLES:
            sql = statements("projections")[f"table_{table.name}"]
            kept, folded = connection.execute(sql), scratch.execute(sql)
            found += _compare(table, iter(kept), iter(folded))
    finally:
        scratch.close()
    return tuple(found)


def _misfiled(entry: Entry, filed: Target | None) -> Iterator[str]:
    target: Target | None = getattr(entry.event, "target", None)
    if target != filed:
        yield f"event {entry.sequence} is about {target}, but is filed under {filed}"


def _compare(table: _Table, kept: Iterator[Row], folded: Iterator[Row]) -> Iterator[str]:
    """Walk two tables in the order of their key and yield where they differ."""
    ours, theirs = next(kept, None), next(folded, None)
    while ours is not None or theirs is not None:
        place = f"{table.name} {table.columns[0]}"
        if theirs is None or (ours is not None and _key(ours) < _key(theirs)):
            yield f"{place} {_key(ours)}: the log knows nothing of this row"
            ours = next(kept, None)
        elif ours is None or _key(theirs) < _key(ours):
            yield f"{place} {_key(theirs)}: the row is missing"
            theirs = next(folded, None)
        else:
            for column, mine, other in zip(table.columns, ours, theirs, strict=True):
                if mine != other and not _same(table.values.get(column), mine, other):
                    yield f"{place} {_key(ours)}: {column} is {mine}, the log says {other}"
            ours, theirs = next(kept, None), next(folded, None)


def _key(row: Row | None) -> int:
    return cast(int, row[0]) if row is not None else -1


def _same(value: type[object] | None, mine: object, other: object) -> bool:
    """Say whether two JSON texts mean the same: an older program may have written one of them."""
    if value is None:
        return False
    try:
        return codec.decode(cast(str, mine), value) == codec.decode(cast(str, other), value)
    except ValueError:
        return False
