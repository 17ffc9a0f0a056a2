"""The log of a run: in pages, by how bad and by a text, and as a file to keep."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from fastapi import Depends, FastAPI, Path, Query, Request, Response

from freshline_catalog.server.access import needs
from freshline_catalog.server.doings import begun_by
from freshline_catalog.server.page import Page
from freshline_catalog.server.people import Role
from freshline_catalog.server.problems import AbsentError
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.runs.log_file import (
    PAGE,
    Level,
    Line,
    Source,
    is_run,
    opened,
    page_of,
    text_of,
)
from freshline_catalog.server.runs.reading import RunOutcome, run_of
from freshline_catalog.server.services import Services

_NOT_THERE = "there is no log of this run"
_HELP = "the logs of the last 200 runs are kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A stretch of a run's log.

    `before` and `after` are the lines at which the pages around it begin; `total` is how many lines
    there are, `matching` how many of them are as bad as asked for and hold the text.
    """

    run: str
    live: bool
    lines: tuple[Line, ...]
    before: int | None
    after: int | None
    total: int
    matching: int


class Sought(NamedTuple):
    """Which lines are wanted."""

    level: Level
    source: Source
    text: str


def sought(
    level: Annotated[Level, Query(description="How bad a line is at least")] = Level.DEBUG,
    source: Annotated[Source, Query(description="Who said it")] = Source.ANY,
    q: Annotated[str, Query(max_length=200, description="A text that a line holds")] = "",
) -> Sought:
    """Return which lines a request wants."""
    return Sought(level, source, q)


def log(
    asked: Reading,
    run: Annotated[str, Path(max_length=100, description="The run's id")],
    wanted: Annotated[Sought, Depends(sought)],
    start: Annotated[
        int, Query(alias="from", ge=1, le=1_000_000_000, description="The first line shown")
    ] = 1,
    line: Annotated[
        int | None, Query(ge=1, le=1_000_000_000, description="A line that is to be on the page")
    ] = None,
) -> Log:
    """Show what a run said while it went; `line` begins the page so that this line is on it."""
    found = run_of(asked, run) if is_run(run) else None
    if found is None and (not is_run(run) or begun_by(asked, run) is None):
        raise AbsentError("there is no run of this id", help="see the list of runs")
    if line is not None:
        start = (line - 1) // PAGE * PAGE + 1
    level, source, text = wanted
    logs = asked.services.logs
    page = page_of(logs, run, level=level, text=text, source=source, start=start)
    return Log(
        run=run,
        live=found is None or found[0].outcome is RunOutcome.RUNNING,
        lines=page.lines,
        before=page.before,
        after=page.after,
        total=page.total,
        matching=page.matching,
    )


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add the log as a file to the application."""

    def download(request: Request, run: Annotated[str, Path(max_length=100)]) -> Response:
        """Return a run's log as text."""
        file = opened(services.logs, run)
        if file is None:
            raise AbsentError(_NOT_THERE, help=_HELP)
        with file:
            body = b"".join(text_of(file))
        answer = renderer.answer(request, body, "text/plain; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="run-{run}.txt"'
        return answer

    said = needs(Role.VIEWER)
    path = "/runs/{run}/log.txt"
    app.get(path, include_in_schema=False, name="log.txt", openapi_extra=said)(download)


PAGES = (Page(path="/runs/{run}/log", make=log, template="log.html"),)
