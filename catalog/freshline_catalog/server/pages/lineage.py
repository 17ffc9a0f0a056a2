"""Lineage: a graph and a table of what is near, one column through the project, and downloads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response

from freshline_catalog.search.selecting import Trouble
from freshline_catalog.server.access import needs
from freshline_catalog.server.lineage.columns import ColumnTrace, column_trace
from freshline_catalog.server.lineage.drawing import exported
from freshline_catalog.server.lineage.known import Known, known
from freshline_catalog.server.lineage.picture import Picture
from freshline_catalog.server.lineage.view import MOST_DRAWN, Around, look, row
from freshline_catalog.server.lineage.wanted import View, Wanted
from freshline_catalog.server.lineage.wording import lineage_csv, trace_csv
from freshline_catalog.server.page import Page
from freshline_catalog.server.people import Role
from freshline_catalog.server.problems import InvalidError
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services

_MEDIA = {
    "svg": "image/svg+xml; charset=utf-8",
    "mmd": "text/vnd.mermaid; charset=utf-8",
    "dot": "text/vnd.graphviz; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """A part of the lineage as it was asked for: what is `around`, or the `trace` of a column.

    There is neither where `trouble` says what is wrong with what was asked for.
    """

    asked: Wanted
    around: Around | None = None
    trace: ColumnTrace | None = None
    trouble: Trouble | None = None


def lineage(asked: Reading, wanted: Annotated[Wanted, Depends()]) -> Lineage:
    """Show what assets are made from and what is made from them, as a graph and as a table."""
    project = known(asked)
    if wanted.column:
        trace = column_trace(project, wanted)
        if isinstance(trace, Trouble):
            return Lineage(asked=wanted, trouble=trace)
        if wanted.view is View.TABLE:
            trace = replace(trace, picture=None)
        return Lineage(asked=wanted, trace=trace)
    looked = look(project, wanted)
    return Lineage(asked=wanted, around=looked.around, trouble=looked.trouble)


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add what can be downloaded of lineage to an application."""

    def download(kind: str) -> Callable[..., Response]:
        def file(
            request: Request, asked: Reading, wanted: Annotated[Wanted, Depends()]
        ) -> Response:
            text = _text(known(asked), wanted, kind)
            answer = renderer.answer(request, text.encode(), _MEDIA[kind])
            answer.headers["Content-Disposition"] = f'attachment; filename="lineage.{kind}"'
            return answer

        return file

    said = needs(Role.VIEWER)
    for kind in _MEDIA:
        path, name = f"/lineage.{kind}", f"lineage.{kind}"
        app.get(path, include_in_schema=False, name=name, openapi_extra=said)(download(kind))


def _text(project: Known, wanted: Wanted, kind: str) -> str:
    """Return a part of the lineage as a file of a kind; InvalidError where there is none."""
    drawn = replace(wanted, view=None, cursor="")
    if wanted.column:
        trace = column_trace(project, drawn)
        if isinstance(trace, Trouble):
            raise InvalidError(trace.message, help=trace.help)
        return trace_csv(trace) if kind == "csv" else exported(_drawn(trace.picture), kind)
    looked = look(project, drawn)
    if looked.around is None or looked.scene is None:
        trouble = looked.trouble or Trouble(message="there is nothing", at="", help="")
        raise InvalidError(trouble.message, help=trouble.help)
    if kind == "csv":
        found = looked.scene
        return lineage_csv(row(project, near, found) for near in found.near)
    return exported(_drawn(looked.around.picture), kind)


def _drawn(found: Picture | None) -> Picture:
    if found is None:
        help = f"ask for at most {MOST_DRAWN:,} assets, or close groups"
        raise InvalidError("there is no picture of this", help=help)
    return found


PAGES = (Page(path="/lineage", make=lineage, template="lineage.html"),)
