"""What became of an asset: its columns, its query, what is said of it, what people did about it.

Three streams of the log, merged by their place in it, newest first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from freshline import codec
from freshline.definitions import Column
from freshline.events import (
    CheckAccepted,
    Damaged,
    Dropped,
    Event,
    Paused,
    Pinned,
    Removed,
    Renamed,
    Resumed,
    Unpinned,
)
from freshline_catalog.connection import Row
from freshline_catalog.projections import read_event
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.builds.comparing import (
    ColumnDifference,
    TextLine,
    columns_changed,
    text_changed,
)
from freshline_catalog.server.entries import target_of
from freshline_catalog.statements import statements


class Topic(StrEnum):
    """What a change is about."""

    VERSION = "version"  # columns or query
    WORDS = "words"  # what is said of it: owner, description, tags, ...
    CARE = "care"  # what people did about it, and what was found of it


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """Something that is said of an asset, before and after; empty where nothing was said."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the history. `what` says in a word what happened; the rest is what it changed.

    `breaking` is whether a reader of its columns may break. `about` is a check, a key or a number
    of versions, as the word asks for.
    """

    sequence: int
    at: float
    topic: Topic
    what: str
    actor: str = ""
    run: str = ""
    number: int | None = None
    columns: tuple[ColumnDifference, ...] = ()
    breaking: bool = False
    text: tuple[TextLine, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    about: str = ""
    reason: str = ""
    until: float | None = None


def changes_of(
    asked: Asked, key: str, *, before: int, limit: int, only: Topic | None = None
) -> tuple[Change, ...]:
    """Return what became of an asset before a sequence, newest first."""
    bindings = (*target_of(asked, key)[:3], before, limit)
    sql = statements("asset")
    found: list[Change] = []
    for topic, name, read in (
        (Topic.VERSION, "versions", _version),
        (Topic.WORDS, "defined", _words),
        (Topic.CARE, "cared", _care),
    ):
        if only in (None, topic):
            found += map(read, asked.connection.execute(sql[name], bindings).fetchall())
    return tuple(sorted(found, key=lambda change: -change.sequence)[:limit])


def _version(row: Row) -> Change:
    sequence, at, run, actor, number, _, columns, older, text, text_before = cast(
        "tuple[int, float, str, str | None, int, str, str, str | None, str, str | None]", row
    )
    schema = columns_changed(_columns(older), _columns(columns)) if older is not None else ()
    lines = text_changed(text_before or "", text) if older is not None else ()
    what = "columns changed" if schema else "query changed"
    return Change(
        sequence=sequence,
        at=at,
        topic=Topic.VERSION,
        what=what if older is not None else "first version",
        actor=actor or "",
        run=run,
        number=number,
        columns=schema,
        breaking=any(column.breaking for column in schema),
        text=lines,
    )


def _columns(text: str) -> tuple[Column, ...]:
    return codec.decode(text, tuple[Column, ...])


def _words(row: Row) -> Change:
    sequence, at, run, actor, spec, before = cast(
        "tuple[int, float, str, str | None, str, str | None]", row
    )
    fields = () if before is None else fields_changed(_spec(before), _spec(spec))
    return Change(
        sequence=sequence,
        at=at,
        topic=Topic.WORDS,
        what="first defined" if before is None else "said otherwise",
        actor=actor or "",
        run=run,
        fields=fields,
    )


def fields_changed(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[FieldChange, ...]:
    """Return what is said otherwise; what is said of columns is told of each by itself."""
    was, now = dict(_leaves(before)), dict(_leaves(after))
    return tuple(
        FieldChange(name=name, before=was.get(name, ""), after=now.get(name, ""))
        for name in dict.fromkeys((*was, *now))
        if was.get(name, "") != now.get(name, "")
    )


def _spec(text: str) -> Mapping[str, object]:
    return codec.decode(text, dict[str, object])


def _leaves(spec: Mapping[str, object], above: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in spec.items():
        if isinstance(value, dict):
            found += _leaves(cast("dict[str, object]", value), f"{above}{name}.")
        else:
            found.append((above + name, _plain(value)))
    return found


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(each) for each in cast("list[object]", value))
    if value is None:
        return ""
    return value if isinstance(value, str) else codec.encode(value).decode()


def _care(row: Row) -> Change:
    sequence, kind, body = cast("tuple[int, str, str]", row)
    event = read_event(kind, body)
    what, about = _said(event)
    return Change(
        sequence=sequence,
        at=event.at,
        topic=Topic.CARE,
        what=what,
        about=about,
        actor=str(getattr(event, "actor", "")),
        reason=str(getattr(event, "reason", "")),
        run=event.run,
        until=event.until if isinstance(event, Pinned) else None,
    )


def _said(event: Event) -> tuple[str, str]:
    """Return what happened in a word, and what it was about."""
    match event:
        case Pinned():
            return "pinned", ""
        case Unpinned():
            return "unpinned", ""
        case Paused():
            return "paused", ""
        case Resumed():
            return "resumed", ""
        case CheckAccepted():
            return "check accepted", event.name
        case Damaged():
            return "damage found", event.detail
        case Removed():
            return "old versions removed", ", ".join(map(str, event.numbers))
        case Dropped():
            return "dropped", ""
        case Renamed():
            return "renamed", ", ".join(event.was)
        case _:
            return event.kind, ""
