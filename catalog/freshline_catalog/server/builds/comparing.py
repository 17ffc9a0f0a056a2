"""Two versions of one asset side by side: columns, rows, inputs, and the text they came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum
from typing import NamedTuple

from freshline.definitions import Column
from freshline.versions import Build, Logic
from freshline_catalog.server.builds.causes import Cause, causes_of

MOST_LINES = 4_000  # beyond that a comparison of texts would take seconds


class ColumnChange(StrEnum):
    """What became of a column."""

    ADDED = "added"
    REMOVED = "removed"
    RETYPED = "type changed"
    MOVED = "moved"


# What breaks who reads the asset by the names and types of its columns.
BREAKING = frozenset({ColumnChange.REMOVED, ColumnChange.RETYPED})


class ColumnDifference(NamedTuple):
    """A column that is not as it was, with its type before and after."""

    name: str
    change: ColumnChange
    before: str = ""
    after: str = ""
    breaking: bool = False


class TextLine(NamedTuple):
    """A line of a difference of texts: `+`, `-`, a blank for both, or `@` for a gap."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSide:
    """One of the two versions: its number, when it was made visible, and how large it is."""

    number: int
    mat_id: str
    at: float
    rows: int | None
    bytes: int
    columns: int
    code_version: str
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What tells two versions apart. `text_known` is whether both texts are on record."""

    before: VersionSide
    after: VersionSide
    same_content: bool
    columns: tuple[ColumnDifference, ...]
    causes: tuple[Cause, ...]
    text: tuple[TextLine, ...]
    text_known: bool

    @property
    def breaking(self) -> bool:
        """Whether a reader of columns may break."""
        return any(column.breaking for column in self.columns)


def differences(
    before: Build, after: Build, texts: tuple[Logic | None, Logic | None]
) -> Differences:
    """Return what tells two versions of an asset apart."""
    old, new = texts
    is_known = old is not None and new is not None
    return Differences(
        before=_side(before),
        after=_side(after),
        same_content=before.trace.data_version == after.trace.data_version,
        columns=columns_changed(before.version.columns, after.version.columns),
        causes=causes_of(after, before),
        text=text_changed(old.text, new.text) if old is not None and new is not None else (),
        text_known=is_known,
    )


def columns_changed(
    before: Sequence[Column], after: Sequence[Column]
) -> tuple[ColumnDifference, ...]:
    """Return the columns that are not as they were, in the order of the newer version."""
    was, now = {c.name: c.type for c in before}, {c.name: c.type for c in after}
    found: list[ColumnDifference] = []
    kept_before = [name for name in was if name in now]
    kept_after = [name for name in now if name in was]
    for name, type_ in now.items():
        if name not in was:
            found.append(_changed(name, ColumnChange.ADDED, "", type_))
        elif was[name] != type_:
            found.append(_changed(name, ColumnChange.RETYPED, was[name], type_))
        elif kept_before.index(name) != kept_after.index(name):
            found.append(_changed(name, ColumnChange.MOVED, type_, type_))
    gone = (name for name in was if name not in now)
    return (*found, *(_changed(name, ColumnChange.REMOVED, was[name], "") for name in gone))


def text_changed(before: str, after: str) -> tuple[TextLine, ...]:
    """Return the difference of two texts with three lines around it; nothing where none differs."""
    if before == after:
        return ()
    old, new = before.splitlines()[:MOST_LINES], after.splitlines()[:MOST_LINES]
    lines = list(unified_diff(old, new, n=3, lineterm=""))[2:]
    return tuple(TextLine(line[:1], line if line[:1] == "@" else line[1:]) for line in lines)


def _changed(name: str, change: ColumnChange, before: str, after: str) -> ColumnDifference:
    return ColumnDifference(name, change, before, after, change in BREAKING)


def _side(build: Build) -> VersionSide:
    version = build.version
    return VersionSide(
        number=version.number,
        mat_id=version.mat_id,
        at=version.at,
        rows=None if version.query else version.rows,
        bytes=version.bytes,
        columns=len(version.columns),
        code_version=build.trace.code_version,
        engine=build.trace.engine,
    )
