"""The history of an asset: one list of all that became of its definition and of it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from freshline_catalog.server.assets.changes import Change, Topic, changes_of
from freshline_catalog.server.assets.head import Head, found
from freshline_catalog.server.builds.history import LAST
from freshline_catalog.server.cursors import cursor, sequence_in
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading

AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A page of an asset's history, newest first; `next` is the cursor of the one behind it."""

    head: Head
    only: Topic | None
    changes: tuple[Change, ...]
    next: str


def history(
    asked: Reading,
    key: str,
    only: Annotated[Topic | None, Query(description="Changes of this kind alone")] = None,
    cursor_: Annotated[str, Query(max_length=200, alias="cursor")] = "",
) -> History:
    """Return what became of an asset: its columns and query, what is said of it, who cared."""
    here = found(asked, key)
    before = sequence_in(cursor_) if cursor_ else LAST
    changes = changes_of(asked, key, before=before, limit=AT_ONCE + 1, only=only)
    shown = changes[:AT_ONCE]
    more = len(changes) > AT_ONCE
    return History(
        head=here.head,
        only=only,
        changes=shown,
        next=cursor(shown[-1].sequence) if more else "",
    )


PAGES = (Page(path="/assets/{key}/history", make=history, template="asset_history.html"),)
