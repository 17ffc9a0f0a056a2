"""The application: every route of the catalog's server, put together from its rooms."""

from fastapi import FastAPI

from freshline_catalog.server.api import (
    consumers,
    description,
    doing,
    events,
    moving,
    mutes,
    stream,
)
from freshline_catalog.server.door import failures, guard
from freshline_catalog.server.door.doorway import Doorway
from freshline_catalog.server.door.limits import Buckets
from freshline_catalog.server.page import Page, serve
from freshline_catalog.server.pages import (
    acting,
    asset,
    asset_checks,
    asset_columns,
    asset_definition,
    asset_history,
    asset_lineage,
    asset_metrics,
    asset_rows,
    asset_runs,
    assets,
    automation,
    checks,
    health,
    home,
    impact,
    incidents,
    lineage,
    login,
    owners,
    reconciler,
    run_log,
    runs,
    styles,
    suggestions,
)
from freshline_catalog.server.pages import events as happened
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services
from freshline_catalog.server.static import serve_static
from freshline_catalog.server.theme import serve_theme

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *assets.PAGES,
    *suggestions.PAGES,
    *asset.PAGES,
    *asset_columns.PAGES,
    *asset_lineage.PAGES,
    *asset_runs.PAGES,
    *asset_checks.PAGES,
    *asset_metrics.PAGES,
    *asset_rows.PAGES,
    *asset_definition.PAGES,
    *asset_history.PAGES,
    *owners.PAGES,
    *lineage.PAGES,
    *impact.PAGES,
    *runs.PAGES,
    *run_log.PAGES,
    *checks.PAGES,
    *incidents.PAGES,
    *happened.PAGES,
    *automation.PAGES,
    *reconciler.PAGES,
    *acting.PAGES,
    *health.PAGES,
    *styles.PAGES,
)


def create_app(services: Services, buckets: Buckets | None = None) -> FastAPI:
    """Return the application that serves one catalog.

    `buckets` count who asks how often, for several applications together.
    """
    app = FastAPI(
        title="Freshline",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.router.route_class = guard.GuardedRoute
    app.state.services = services
    app.state.buckets = buckets if buckets is not None else Buckets()
    renderer = Renderer(services)
    failures.tell(app, renderer)
    login.add(app, services, renderer)
    for room in (
        description,
        events,
        stream,
        consumers,
        mutes,
        run_log,
        doing,
        moving,
        lineage,
        impact,
    ):
        room.add(app, services, renderer)
    for page in PAGES:
        serve(app, page, renderer)
    serve_static(app, renderer.static)
    health.serve_alive(app, renderer)
    serve_theme(app, services.address)
    guard.inspect(app)
    app.add_middleware(Doorway, services=services, renderer=renderer)
    return app
