"""Views to answers: templates filled, an ETag on everything, and nothing sent that is known."""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from freshline_catalog.server import formatting
from freshline_catalog.server.addresses import replaced, toggled
from freshline_catalog.server.assets.lines import line
from freshline_catalog.server.door.redaction import Redactor
from freshline_catalog.server.highlighting import diffed, highlighted
from freshline_catalog.server.icons import glyph, icon
from freshline_catalog.server.lineage.drawing import drawn
from freshline_catalog.server.lineage.picture import Picture
from freshline_catalog.server.lineage.wanted import query as lineage_query
from freshline_catalog.server.lineage.wanted import toggled as toggled_group
from freshline_catalog.server.lineage.wording import message
from freshline_catalog.server.markdown import markdown
from freshline_catalog.server.services import Front
from freshline_catalog.server.static import StaticFiles
from freshline_catalog.server.theme import theme_of

P = ParamSpec("P")
T = TypeVar("T")
WEB = Path(__file__).parents[1] / "web"
_WORTH_PACKING = 1024


def segment(text: object) -> str:
    """Return a text as one segment of an address."""
    return quote(str(text), safe="")


def query(asked: Mapping[str, str], **changes: object) -> str:
    """Return the query of an address with some of its parameters changed; None takes one out."""
    kept = {**asked, **changes}
    return urlencode({name: str(value) for name, value in kept.items() if value not in (None, "")})


# What cuts a text, or takes it apart, would leave the redactor at the door nothing to recognise.
_REDACT = Redactor()


def _first(make: Callable[Concatenate[str, P], T]) -> Callable[Concatenate[str, P], T]:
    """Return a filter that takes secrets out of its text first."""

    def made(text: str, /, *how: P.args, **named: P.kwargs) -> T:
        return make(_REDACT.text(text), *how, **named)

    return made


def _diffed(old: str, new: str) -> Markup:
    return diffed(_REDACT.text(old), _REDACT.text(new))


FILTERS: Mapping[str, Callable[..., object]] = {
    "iso": formatting.iso,
    "absolute": formatting.absolute,
    "clock": formatting.clock,
    "day": formatting.day,
    "relative": formatting.relative,
    "duration": formatting.duration,
    "size": formatting.size,
    "number": formatting.number,
    "short_number": formatting.short_number,
    "shortened": _first(formatting.shortened),
    "tone": formatting.tone,
    "segment": segment,
    "query": query,
    "replaced": replaced,
    "toggled": toggled,
    "markdown": _first(markdown),
    "highlighted": _first(highlighted),
    "diffed": _diffed,
    "line": line,
    "drawn": drawn,
    "lineage_query": lineage_query,
    "toggled_group": toggled_group,
    "message": message,
}


def undated(picture: Picture, *how: Any) -> Markup:
    """Return a picture to put into a page, without how long ago something was built."""
    nodes = tuple(replace(node, built_at=None) for node in picture.nodes)
    return drawn(replace(picture, nodes=nodes), *how)


def exactly(at: float, now: float) -> str:
    """Return when something was, whenever it is read."""
    return formatting.absolute(at)


# How long ago something was is true for as long as somebody is there to say it again.
STILL: Mapping[str, Callable[..., object]] = {
    **FILTERS,
    "relative": exactly,
    "drawn": undated,
}


class Renderer:
    """Fills templates for one application; `still` ones for pages that no server stands behind."""

    def __init__(self, services: Front, *, still: bool = False) -> None:
        self._services = services
        self._redact = Redactor()
        self.static = _static()
        self._templates = _templates(still)
        path = services.address.path
        self._known: Mapping[str, object] = {
            "services": services,
            "path": path,
            "static": "/static/{}".format if still else partial(self.static.url, path=path),
            "icon": icon,
            "glyph": glyph,
            "plural": formatting.plural,
            "still": still,
        }

    def page(self, request: Request, template: str, view: object, status: int = 200) -> Response:
        """Return a page of HTML: the template sees `view`, and what every page shows."""
        known: Mapping[str, object] = {
            **self._known,
            "view": view,
            "request": request,
            "user": getattr(request.state, "user", None),
            "sequence": getattr(request.state, "sequence", 0),
            "serials": getattr(request.state, "serials", (0, 0)),
            "theme": theme_of(request),
            "now": self._services.clock.now(),
        }
        body = self._templates.get_template(template).render(known).encode()
        return self.answer(request, body, "text/html; charset=utf-8", status)

    def answer(self, request: Request, body: bytes, media: str, status: int = 200) -> Response:
        """Return a body with its ETag, packed for who reads that; 304 where the caller has it."""
        body = self._redact(body)
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        headers["Vary"] = "Accept, Accept-Encoding, Cookie"
        known = request.headers.get("if-none-match", "").replace("W/", "").split(",")
        if status == 200 and tag in (each.strip() for each in known):
            return Response(status_code=304, headers=headers)
        if len(body) >= _WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = gzip.compress(body, 5, mtime=0), "gzip"
        return Response(body, status_code=status, media_type=media, headers=headers)


@cache
def _static() -> StaticFiles:
    return StaticFiles()


@cache
def _templates(still: bool) -> Environment:
    return templates(STILL if still else FILTERS)


def templates(filters: Mapping[str, Callable[..., object]] = FILTERS) -> Environment:
    """Return the environment that templates are filled in."""
    environment = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cast(dict[str, object], environment.filters).update(filters)
    return environment
