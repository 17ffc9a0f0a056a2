"""A page and its twins: one function makes the view; a template, a `.json` and the API show it.

So that everything a page shows can be had from the API, there is no second way to make it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from fastapi import Depends, FastAPI, Request, Response

from freshline import codec
from freshline_catalog.server.access import needs
from freshline_catalog.server.door.failures import Refusal
from freshline_catalog.server.door.limits import Rate
from freshline_catalog.server.people import Role
from freshline_catalog.server.render import Renderer

JSON = "application/json"
API = "/api/v1"
VIEW = "#/views/"
VIEWS: dict[str, type[object]] = {}
_PART = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page at `path`, shown by `template`, for whoever has `role`.

    `make` is a FastAPI dependency: it takes `Asked` and the page's own parameters and returns a
    frozen dataclass, or raises a FreshlineError. `api` is the path below /api/v1, where that is not
    the page's own. `rate` says how often one caller may ask.
    """

    path: str
    make: Callable[..., object]
    template: str
    api: str = ""
    summary: str = ""
    role: Role = Role.VIEWER
    rate: Rate | None = None


def answers(view: type[object], *refused: int) -> dict[int | str, dict[str, Any]]:
    """Return what the API's description says of answers: the view, and the shape of refusals."""
    statuses = sorted({401, 403, 413, 421, 422, 429, *refused})
    told: dict[int | str, dict[str, Any]] = {
        status: {"description": _WORDS[status], "content": shaped(Refusal)} for status in statuses
    }
    return {200: {"description": "As asked", "content": shaped(view)}, **told}


def shaped(view: type[object]) -> dict[str, Any]:
    """Return what the API's description says of a body that shows a view.

    A name that stands for the view until somebody asks for the description: schemas of them all
    would take longer than everything else that has to be done before the server can answer.
    """
    name = f"{view.__module__}.{view.__qualname__}"
    VIEWS[name] = view
    return {JSON: {"schema": {"$ref": f"{VIEW}{name}"}}}


_WORDS: Mapping[int, str] = {
    400: "The request cannot be read",
    401: "Nobody is signed in",
    403: "Who asks may not do this, or another site sent the request",
    404: "There is no such thing",
    409: "It is not so any more, or somebody else is at it",
    413: "The request is too large",
    415: "The body is of a kind that is not read here",
    421: "The server does not go by that name",
    422: "The request says something that cannot be",
    429: "That is too often",
}


def serve(app: FastAPI, page: Page, renderer: Renderer) -> None:
    """Add a page, its `.json` twin and its place in the API to the application."""
    view = get_type_hints(page.make)["return"]
    made = Depends(page.make)

    def html(request: Request, view: object = made) -> Response:
        return renderer.page(request, page.template, view)

    def json(request: Request, view: object = made) -> Response:
        return renderer.answer(request, codec.encode(view), JSON)

    twin = "/index.json" if page.path == "/" else f"{page.path}.json"
    api = f"{API}{page.api or page.path}"
    name = page.template.partition(".")[0]
    said = needs(page.role, page.rate)
    # The twin comes first: `/assets/{key}` would take it for an asset of that name.
    app.get(twin, include_in_schema=False, name=f"{name}.json", openapi_extra=said)(json)
    app.get(page.path, include_in_schema=False, name=name, openapi_extra=said)(html)
    summary = page.summary or (page.make.__doc__ or "").partition("\n")[0]
    app.get(
        api,
        response_model=None,
        responses={**answers(view, 404, 409), 304: {"description": "As it was under this ETag"}},
        name=f"api.{name}",
        operation_id="_".join(_PART.findall(page.api or page.path)) or "home",
        summary=summary,
        openapi_extra=said,
    )(json)
