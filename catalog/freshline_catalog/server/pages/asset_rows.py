"""Rows of one asset: some of them, for operators, where its author allows it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query

from freshline_catalog.server import actions
from freshline_catalog.server.assets.files import FileShown, files_in
from freshline_catalog.server.assets.head import Head, found
from freshline_catalog.server.doings import Kind
from freshline_catalog.server.entries import state_of
from freshline_catalog.server.page import Page
from freshline_catalog.server.people import Role
from freshline_catalog.server.problems import RefusedError
from freshline_catalog.server.reading import Reading

MOST, LONGEST = 50, 200
MOST_FILES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRows:
    """The first rows of an asset's current version, each value as text, null where it is null.

    Nothing is read before `show` is asked for. `cut` counts values that are longer than is shown,
    `more` says that there are more rows. Of an asset that is files there are `files` in place of
    rows.
    """

    head: Head
    shown: bool
    number: int | None
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    more: bool = False
    cut: int = 0
    files: tuple[FileShown, ...] = ()


def asset_rows(
    asked: Reading,
    key: Annotated[str, Path(max_length=200, description="The asset's key")],
    show: Annotated[
        bool, Query(description="Whether rows are read, which is written down")
    ] = False,
) -> AssetRows:
    """Show some rows of an asset that allows it; who looks is written down."""
    known = found(asked, key)
    actions.operating(asked.user)
    if not known.entry.preview:
        raise RefusedError(
            "rows of this asset are not shown here", help="its author allows it by `preview: true`"
        )
    state = state_of(asked, key)
    number = state.build.version.number if state.build is not None else None
    if not show or (number is None and state.observation is None):
        return AssetRows(head=known.head, shown=False, number=number)
    actions.audited(asked.services, asked.user, Kind.ROWS, key)
    read = asked.services.engine.rows(key, MOST_FILES if known.head.is_files else MOST)
    rows = read.rows[:MOST]
    if known.head.is_files:
        return AssetRows(
            head=known.head,
            shown=True,
            number=number,
            more=read.more,
            files=files_in(rows),
        )
    too_long = sum(len(value or "") > LONGEST for row in rows for value in row)
    return AssetRows(
        head=known.head,
        shown=True,
        number=number,
        columns=read.columns,
        rows=tuple(tuple(_cut(value) for value in row) for row in rows),
        more=read.more or len(read.rows) > MOST,
        cut=too_long,
    )


def _cut(value: str | None) -> str | None:
    return value if value is None or len(value) <= LONGEST else f"{value[: LONGEST - 1]}\u2026"


PAGES = (
    Page(
        path="/assets/{key}/rows",
        make=asset_rows,
        template="asset_rows.html",
        role=Role.OPERATOR,
    ),
)
