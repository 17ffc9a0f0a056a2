"""Health: what this server is, and how far behind it may be."""

from dataclasses import dataclass

from fastapi import FastAPI, Request, Response

from freshline import codec
from freshline_catalog.server.access import needs
from freshline_catalog.server.page import JSON, Page
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.render import Renderer
from freshline_catalog.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The state of the server itself."""

    version: str
    project: str
    environment: str
    sequence: int
    statuses: dict[str, int]


def health(asked: Reading) -> Health:
    """Return what this server is, and how far it has read."""
    sequence = asked.connection.execute(statements("queries")["last_sequence"]).fetchall()[0][0]
    counts = asked.connection.execute(statements("entries")["entry_counts"], (asked.survey,))
    return Health(
        version=asked.services.version,
        project=asked.services.scope.project,
        environment=asked.services.scope.environment,
        sequence=int(sequence or 0),
        statuses={str(status): int(count or 0) for status, count in counts},
    )


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
