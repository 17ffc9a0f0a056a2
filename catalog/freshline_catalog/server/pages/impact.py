"""What breaks: all that hangs on an asset or a column, by owner, to tell them before it changes."""

from dataclasses import dataclass, replace
from typing import Annotated, cast

from fastapi import FastAPI, Query, Request, Response

from freshline_catalog.search.selecting import Trouble
from freshline_catalog.server.access import needs
from freshline_catalog.server.cursors import cursor, place
from freshline_catalog.server.lineage.impact import Breaks, Hit, breaks
from freshline_catalog.server.lineage.known import known
from freshline_catalog.server.lineage.wording import impact_csv
from freshline_catalog.server.page import Page
from freshline_catalog.server.people import Role
from freshline_catalog.server.problems import InvalidError
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services

AT_ONCE = 200
Selected = Annotated[str, Query(max_length=20_000, description="An asset, or a selection")]
Column = Annotated[str, Query(max_length=500, description="A column of it")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What breaks; `count` is how many hits there are on all pages, `next` leads to the next.

    Where nothing was asked for, or `trouble` says what is wrong with it, there is nothing.
    """

    select: str
    col: str
    count: int = 0
    breaks: Breaks | None = None
    trouble: Trouble | None = None
    next: str = ""


def impact(
    asked: Reading,
    select: Selected = "",
    col: Column = "",
    cursor_: Annotated[
        str, Query(max_length=2000, alias="cursor", description="Where a page begins")
    ] = "",
) -> Impact:
    """Show what hangs on an asset or on one of its columns."""
    if not select.strip():
        return Impact(select=select, col=col)
    found = breaks(known(asked), select, col)
    if isinstance(found, Trouble):
        return Impact(select=select, col=col, trouble=found)
    hits, following = _page(found.hits, cursor_)
    shown = replace(found, hits=hits)
    return Impact(select=select, col=col, count=len(found.hits), breaks=shown, next=following)


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add what breaks as a file to an application."""

    def download(
        request: Request, asked: Reading, select: Selected = "", col: Column = ""
    ) -> Response:
        """Return what breaks as CSV."""
        found = breaks(known(asked), select, col)
        if isinstance(found, Trouble):
            raise InvalidError(found.message, help=found.help)
        answer = renderer.answer(request, impact_csv(found).encode(), "text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="impact.csv"'
        return answer

    said = needs(Role.VIEWER)
    app.get("/impact.csv", include_in_schema=False, name="impact.csv", openapi_extra=said)(download)


def _page(hits: tuple[Hit, ...], word: str) -> tuple[tuple[Hit, ...], str]:
    after = cast("tuple[str, int, str]", place(word, str, int, str)) if word else None
    behind = hits if after is None else [h for h in hits if (h.owner, h.hops, h.key) > after]
    some = tuple(behind[:AT_ONCE])
    more = len(behind) > AT_ONCE
    return some, cursor(some[-1].owner, some[-1].hops, some[-1].key) if more else ""


PAGES = (Page(path="/impact", make=impact, template="impact.html"),)
