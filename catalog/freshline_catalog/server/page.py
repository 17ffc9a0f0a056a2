"""A page and its twins: one function makes the view; a template, a `.json` and the API show it.

So that everything a page shows can be had from the API, there is no second way to make it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_type_hints

from fastapi import Depends, FastAPI, Request, Response

from freshline import codec
from freshline_catalog.server.render import Renderer

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page at `path`, shown by `template`.

    `make` is a FastAPI dependency: it takes `Asked` and the page's own parameters and returns a
    frozen dataclass, or raises a FreshlineError. `api` is the path below /api/v1, where that is not
    the page's own.
    """

    path: str
    make: Callable[..., object]
    template: str
    api: str = ""
    summary: str = ""


def serve(app: FastAPI, page: Page, renderer: Renderer) -> None:
    """Add a page, its `.json` twin and its place in the API to the application."""
    view = get_type_hints(page.make)["return"]
    made = Depends(page.make)

    def html(request: Request, view: object = made) -> Response:
        return renderer.page(request, page.template, view)

    def json(request: Request, view: object = made) -> Response:
        return renderer.answer(request, codec.encode(view), JSON)

    twin = "/index.json" if page.path == "/" else f"{page.path}.json"
    api = f"/api/v1{page.api or page.path}"
    name = page.template.partition(".")[0]
    # The twin comes first: `/assets/{key}` would take it for an asset of that name.
    app.get(twin, include_in_schema=False, name=f"{name}.json")(json)
    app.get(page.path, include_in_schema=False, name=name)(html)
    summary = page.summary or (page.make.__doc__ or "").partition("\n")[0]
    app.get(
        api,
        response_model=None,
        responses={200: {"model": view}},
        name=f"api.{name}",
        operation_id=name,
        summary=summary,
    )(json)
