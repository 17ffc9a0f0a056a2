"""Exporting: from the catalog of a project to a folder that a browser opens from disk."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from typing import cast

from starlette.requests import Request

from freshline import secrets
from freshline.catalog import Engine, Exported, Exporter, Exporting
from freshline.errors import InternalError
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.export.folder import MARK, Aside, look_at
from freshline_catalog.export.pages import Contents, Shown, contents, pages
from freshline_catalog.export.places import colliding
from freshline_catalog.export.relinking import Linker
from freshline_catalog.export.scripts import classic
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.reading import instant
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Scope, Services

# What works on a page from disk. The others ask the server, or draw again what is drawn already.
SCRIPTS = ("copy.js", "filter.js", "lineage.js", "still.js")
_SCRIPT = "static/still.js"
_COPIED = frozenset({".css", ".svg", ".woff2"})


def export(wanted: Exporting) -> Exported:
    """Write the pages of a catalog to a folder, all as of one instant; return what was written.

    UsageError where the folder may not be replaced. Whatever goes wrong, the old one stays.
    """
    look_at(wanted.folder, wanted.keep, force=wanted.force)
    secrets.remember_all(os.environ)
    wanted.survey()
    aside = Aside(wanted.folder)
    try:
        aside.begin()
        with closing(SqliteEventLog(wanted.catalog)) as log:
            count = _written(aside, wanted, log)
        aside.place()
    except BaseException:
        aside.discard()
        raise
    return Exported(pages=count, files=aside.files)


_: Exporter = export


def _written(aside: Aside, wanted: Exporting, log: SqliteEventLog) -> int:
    services = Services(
        scope=Scope(wanted.project, wanted.environment),
        log=log,
        engine=cast(Engine, None),  # nothing here is done, only shown
        clock=_Stopped(time.time()),
        logs=wanted.logs,
        version=wanted.version,
        most=Role.VIEWER,
    )
    renderer = Renderer(services, still=True)
    count = 0
    with instant(services, User(actor="", role=Role.VIEWER)) as asked:
        found = contents(asked)
        shown = tuple(pages(asked, found))
        if again := colliding(page.file for page in shown):
            raise InternalError(f"two pages would be one file: {again[0]}")
        for file, content in _filled(renderer, shown, found):
            aside.write(file, content)
            count += 1
    for name, content in renderer.static.files.items():
        if os.path.splitext(name)[1] in _COPIED and not name.startswith("vendor/lucide/"):
            aside.write(f"static/{name}", content)
    aside.write(_SCRIPT, classic(renderer.static.files, *SCRIPTS).encode())
    aside.write(MARK, b"Made by `freshline docs`, which replaces this folder as a whole.\n")
    return count


def _filled(
    renderer: Renderer, shown: tuple[Shown, ...], found: Contents
) -> Iterator[tuple[str, bytes]]:
    """Yield each page as the file that it becomes."""
    linker = Linker(found.places)
    for page in shown:
        answer = renderer.page(_request(page.address), f"{page.template}.html", page.make())
        text = bytes(answer.body).decode()
        yield page.file, linker.relinked(text, page.file).encode()


def _request(address: str) -> Request:
    """Return the request that a page would be asked for with."""
    line = {"method": "GET", "path": address, "query_string": b"", "root_path": ""}
    return Request(
        {"type": "http", "scheme": "http", "server": ("file", 80), "headers": [], **line}
    )


class _Stopped:
    """A clock that stands: every page is as of the same moment."""

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self) -> float:
        """Return unix seconds, UTC."""
        return self._at

    def until(self, at: float) -> float:
        """Return the seconds until a time."""
        return max(at - self._at, 0.0)
