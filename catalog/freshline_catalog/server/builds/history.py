"""Attempts on one asset, newest first: each version with why it was made, and what failed."""

from dataclasses import dataclass
from typing import cast

from freshline import codec
from freshline.definitions import Column
from freshline.events import AttemptFailed
from freshline.traces import Part, trace_of
from freshline.versions import Build, Logic, PublishKind
from freshline_catalog.connection import Row
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.builds.causes import Cause, causes_of
from freshline_catalog.server.builds.told import Album, Told, told_in
from freshline_catalog.server.entries import target_of
from freshline_catalog.statements import statements

LAST = (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """One attempt: the version that it published, or why it published none.

    `told` is what its code told of the version, `trace` how that failed.
    `kind` is None of a failed one. `seconds` is how long it took, None where nobody measured.
    """

    sequence: int
    at: float
    run: str
    kind: PublishKind | None
    seconds: float | None = None
    number: int | None = None
    mat_id: str = ""
    rows: int | None = None
    bytes: int | None = None
    columns: int | None = None
    code_version: str = ""
    causes: tuple[Cause, ...] = ()
    schema_changed: bool = False
    code: str = ""
    message: str = ""
    told: tuple[Told, ...] = ()
    trace: tuple[Part, ...] = ()


def attempts_of(
    asked: Asked, key: str, *, before: int = LAST, limit: int = 50
) -> tuple[Attempted, ...]:
    """Return the attempts on an asset that were recorded before a sequence, newest first."""
    target = target_of(asked, key)
    sql = statements("builds")
    rows = asked.connection.execute(sql["attempts"], (*target, before, limit)).fetchall()
    builds = {cast(int, row[0]): codec.decode(cast(str, row[4]), Build) for row in rows if row[4]}
    found: list[Attempted] = []
    sequences, album = [*builds], Album()
    for row in rows:
        sequence = cast(int, row[0])
        if sequence not in builds:
            found.append(_failed(row))
            continue
        place = sequences.index(sequence) + 1
        if place < len(sequences):
            older: Build | None = builds[sequences[place]]
        else:
            older = build_before(asked, key, sequence)
        found.append(_published(row, builds[sequence], older, album))
    return tuple(found)


def build_before(asked: Asked, key: str, sequence: int) -> Build | None:
    """Return what was published for an asset last before a sequence."""
    bindings = (*target_of(asked, key), sequence)
    rows = asked.connection.execute(statements("builds")["before"], bindings).fetchall()
    return codec.decode(cast(str, rows[0][0]), Build) if rows else None


def numbered(asked: Asked, key: str, number: int) -> tuple[Build, Logic] | None:
    """Return the version of a number with its logic, as it was published last; None for none."""
    bindings = (*target_of(asked, key), number)
    rows = asked.connection.execute(statements("builds")["numbered"], bindings).fetchall()
    if not rows:
        return None
    build, logic = cast("tuple[str, str]", rows[0])
    return codec.decode(build, Build), codec.decode(logic, Logic)


def numbers_of(asked: Asked, key: str, limit: int = 200) -> tuple[int, ...]:
    """Return the numbers of an asset's versions on record, newest first."""
    bindings = (*target_of(asked, key), limit)
    rows = asked.connection.execute(statements("builds")["numbers"], bindings)
    return tuple(cast(int, row[0]) for row in rows)


def removed_of(asked: Asked, key: str) -> frozenset[int]:
    """Return the numbers of versions whose bytes were removed."""
    rows = asked.connection.execute(statements("builds")["removed"], target_of(asked, key))
    return frozenset(cast(int, row[0]) for row in rows)


def _failed(row: Row) -> Attempted:
    event = codec.decode(cast(str, row[5]), AttemptFailed)
    return Attempted(
        sequence=cast(int, row[0]),
        at=event.at,
        run=event.run,
        kind=None,
        seconds=_seconds(row),
        code=event.code,
        message=event.message,
        trace=trace_of(event.trace),
    )


def _published(row: Row, build: Build, before: Build | None, album: Album) -> Attempted:
    version, is_found = build.version, bool(row[8])
    return Attempted(
        sequence=cast(int, row[0]),
        at=cast(float, row[1]),
        run=cast(str, row[3]),
        kind=version.kind,
        seconds=None if is_found else _seconds(row),
        number=version.number,
        mat_id=version.mat_id,
        rows=None if version.query else version.rows,
        bytes=None if version.query else version.bytes,
        columns=len(version.columns),
        code_version=build.trace.code_version,
        causes=causes_of(build, before, found=is_found),
        schema_changed=before is not None and _schema(before) != _schema(build),
        told=told_in(cast("str | None", row[9]), album),
    )


def _schema(build: Build) -> tuple[Column, ...]:
    return build.version.columns


def _seconds(row: Row) -> float | None:
    """Return how long an attempt took, where the one that began last is of the same run."""
    began, run = cast("tuple[float | None, str | None]", row[6:8])
    if began is None or run != row[3]:
        return None
    return max(cast(float, row[1]) - began, 0.0)
