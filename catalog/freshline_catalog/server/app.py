"""The application: every route of the catalog's server, put together from its rooms."""

from fastapi import FastAPI

from freshline_catalog.server.page import Page, serve
from freshline_catalog.server.pages import (
    asset,
    asset_columns,
    asset_definition,
    asset_history,
    health,
    home,
    run_log,
    runs,
    styles,
)
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services
from freshline_catalog.server.static import serve_static
from freshline_catalog.server.theme import serve_theme

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *asset.PAGES,
    *asset_columns.PAGES,
    *asset_definition.PAGES,
    *asset_history.PAGES,
    *health.PAGES,
    *styles.PAGES,
    *runs.PAGES,
    *run_log.PAGES,
)


def create_app(services: Services) -> FastAPI:
    """Return the application that serves one catalog."""
    app = FastAPI(title="Freshline", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    renderer = Renderer(services)
    for page in PAGES:
        serve(app, page, renderer)
    run_log.add(app, renderer)
    serve_static(app, renderer.static)
    serve_theme(app, services.address.path)
    return app
