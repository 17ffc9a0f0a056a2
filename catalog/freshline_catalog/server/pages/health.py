"""Health: what this server is, and how far behind it may be."""

from dataclasses import dataclass
from typing import cast

from fastapi import FastAPI, Request, Response

from freshline import codec
from freshline_catalog.server.access import needs
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.page import JSON, Page
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.render import Renderer
from freshline_catalog.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The state of the server itself.

    `surveyed` is when the project was last looked at, in unix seconds, None where it never was;
    `trouble` says why that cannot be done now, empty where it can.
    """

    version: str
    project: str
    environment: str
    sequence: int
    statuses: dict[str, int]
    surveyed: float | None = None
    trouble: str = ""


def health(asked: Reading) -> Health:
    """Return what this server is, and how far it has read."""
    sequence = asked.connection.execute(statements("queries")["last_sequence"]).fetchall()[0][0]
    counts = asked.connection.execute(statements("entries")["entry_counts"], (asked.survey,))
    trouble = asked.services.hub.trouble if asked.services.hub is not None else None
    return Health(
        version=asked.services.version,
        project=asked.services.scope.project,
        environment=asked.services.scope.environment,
        sequence=int(sequence or 0),
        statuses={str(status): int(count or 0) for status, count in counts},
        surveyed=_surveyed(asked),
        trouble=trouble.message if trouble is not None else "",
    )


def _surveyed(asked: Asked) -> float | None:
    sql = statements("surveys")["kept"]
    rows = asked.connection.execute(sql, asked.services.scope).fetchall()
    return cast(float, rows[0][2]) if rows else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """That the server answers."""

    status: str = "ok"


def serve_alive(app: FastAPI, renderer: Renderer) -> None:
    """Add what tells anybody that the server answers, and nothing else."""

    def alive(request: Request) -> Response:
        return renderer.answer(request, codec.encode(Alive()), JSON)

    app.get("/healthz", include_in_schema=False, name="healthz", openapi_extra=needs(None))(alive)


PAGES = (Page(path="/health", make=health, template="health.html"),)
