"""The columns of an asset: what each is, what it is made from, and where it goes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from freshline.survey import Entry, EntryColumn
from freshline_catalog.server.assets.head import Head, found
from freshline_catalog.server.assets.tracing import ROWS, Origin, Trace, origins_of, trace, used_by
from freshline_catalog.server.cursors import cursor, sequence_in
from freshline_catalog.server.page import Page
from freshline_catalog.server.problems import AbsentError
from freshline_catalog.server.reading import Reading

AT_ONCE = 200
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnShown:
    """A column: what it is, what it is made from, how many others it goes into, what checks it."""

    position: int
    column: EntryColumn
    origins: tuple[Origin, ...]
    used_by: int
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A page of an asset's columns; `matching` is how many there are on all pages.

    `chosen` is the column that was asked for with `col`, `trace` where it comes from and goes.
    `next` is the cursor of the page behind this one, empty on the last.
    """

    head: Head
    q: str
    matching: int
    columns: tuple[ColumnShown, ...]
    chosen: ColumnShown | None
    trace: Trace | None
    next: str


def columns(
    asked: Reading,
    key: str,
    q: Annotated[str, Query(max_length=_LONGEST, description="A part of name or description")] = "",
    col: Annotated[str, Query(max_length=_LONGEST, description="A column to trace")] = "",
    cursor_: Annotated[str, Query(max_length=_LONGEST, alias="cursor")] = "",
) -> Columns:
    """Return the columns of an asset, and the trace of one of them."""
    here = found(asked, key)
    origins, used = origins_of(asked, here.number), used_by(asked, key)
    shown = [
        _shown(here.entry, position, column, origins, used)
        for position, column in enumerate(here.entry.columns)
    ]
    chosen = _chosen(shown, col) if col else None
    matching = [each for each in shown if _matches(each.column, q.strip().casefold())]
    start = sequence_in(cursor_) if cursor_ else 0
    some = matching[start : start + AT_ONCE]
    more = len(matching) > start + AT_ONCE
    return Columns(
        head=here.head,
        q=q,
        matching=len(matching),
        columns=tuple(some),
        chosen=chosen,
        trace=trace(asked, key, chosen.column.name, origins.get(ROWS, ())) if chosen else None,
        next=cursor(start + AT_ONCE) if more else "",
    )


def _shown(
    entry: Entry,
    position: int,
    column: EntryColumn,
    origins: dict[str, tuple[Origin, ...]],
    used: dict[str, int],
) -> ColumnShown:
    return ColumnShown(
        position=position,
        column=column,
        origins=origins.get(column.name, ()),
        used_by=used.get(column.name, 0),
        checks=tuple(check.name for check in entry.checks if column.name in check.columns),
    )


def _matches(column: EntryColumn, part: str) -> bool:
    return part in column.name.casefold() or part in column.description.casefold()


def _chosen(shown: list[ColumnShown], name: str) -> ColumnShown:
    """Return a column by its name, in any spelling; AbsentError where there is none."""
    for fold in (str, str.casefold):
        for each in shown:
            if fold(each.column.name) == fold(name):
                return each
    raise AbsentError("there is no such column", help="look at all columns of this asset")


PAGES = (Page(path="/assets/{key}/columns", make=columns, template="asset_columns.html"),)
