"""Views to answers: templates filled, an ETag on everything, and nothing sent that is known."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from freshline_catalog.server.redaction import Redactor
from freshline_catalog.server.services import Services

WEB = Path(__file__).parents[1] / "web"


class Renderer:
    """Fills templates for one application."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._redact = Redactor()
        self._templates = Environment(
            loader=FileSystemLoader(WEB / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, request: Request, template: str, view: object, status: int = 200) -> Response:
        """Return a page of HTML: the template sees `view`, and what every page shows."""
        known: Mapping[str, object] = {
            "view": view,
            "request": request,
            "services": self._services,
            "user": getattr(request.state, "user", None),
            "path": self._services.address.path,
        }
        body = self._templates.get_template(template).render(known).encode()
        return self.answer(request, body, "text/html; charset=utf-8", status)

    def answer(self, request: Request, body: bytes, media: str, status: int = 200) -> Response:
        """Return a body with its ETag, or 304 where the caller has it."""
        body = self._redact(body)
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Cookie"}
        known = request.headers.get("if-none-match", "").replace("W/", "").split(",")
        if status == 200 and tag in (each.strip() for each in known):
            return Response(status_code=304, headers=headers)
        return Response(body, status_code=status, media_type=media, headers=headers)
