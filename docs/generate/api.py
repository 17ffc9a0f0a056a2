"""The page of the API: every call, from the description that the server gives of itself."""

import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from docs.generate.markdown import cell, code, page, prose

from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.api.description import described, document
from freshline_catalog.server.app import create_app
from freshline_catalog.server.services import Scope, Services


def api() -> str:
    """Return the page of the API, from the description that the server gives of itself."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(SqliteEventLog(Path(folder) / "catalog.db")) as log:
            told = described(document(create_app(_served(log))))
    lines = [
        "# API",
        "",
        *prose("""
        What the server of `freshline up` answers to programs, below its address. `/api/docs` there
        says more of each, with the shapes of what is taken and given; `/api/v1/openapi.json` says
        it to programs. See [follow what happens](../howto/follow-what-happens.md) for how to sign
        in.
        """),
        "",
        "| | | for a | gives |",
        "|---|---|---|---|",
    ]
    for each in sorted(told.operations, key=lambda operation: (operation.path, operation.method)):
        call = code(f"{each.method} {each.path}")
        gives = code(each.gives) if each.gives else ""
        lines.append(f"| {call} | {cell(each.summary)} | {each.role} | {gives} |")
    return page(lines)


def _served(log: SqliteEventLog) -> Services:
    nothing = cast(Any, None)  # a description asks for nothing
    return Services(scope=Scope("", ""), log=log, engine=nothing, clock=nothing, logs=Path())
