"""Several projects under one address: who is asked what, and from a socket to the end of it all."""

from collections.abc import Mapping
from contextlib import closing

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from freshline.catalog import ServingSeveral
from freshline.errors import ResourceError
from freshline.suggest import closest
from freshline_catalog.server.access import needs
from freshline_catalog.server.door import failures, guard
from freshline_catalog.server.door.doorway import Doorway
from freshline_catalog.server.door.sessions import new_link
from freshline_catalog.server.page import serve
from freshline_catalog.server.pages import health, login, projects
from freshline_catalog.server.people import Role
from freshline_catalog.server.problems import AbsentError
from freshline_catalog.server.projects import watched
from freshline_catalog.server.projects.lobby import Lobby
from freshline_catalog.server.projects.opening import BELOW, Member, Shared
from freshline_catalog.server.projects.standing import Standings
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.running import SystemClock, listen, run, shown
from freshline_catalog.server.services import Sibling
from freshline_catalog.server.static import serve_static
from freshline_catalog.server.theme import serve_theme


def serve_several(wanted: ServingSeveral) -> None:
    """Serve several catalogs until a signal says that it is enough."""
    listening = listen(wanted.host, wanted.port, wanted.first)
    with closing(listening):
        shared = Shared(
            host=wanted.host,
            port=listening.getsockname()[1],
            clock=SystemClock(),
            version=wanted.version,
            most=Role.VIEWER if wanted.read_only else Role.OPERATOR,
            siblings=tuple(Sibling(each.name, f"{BELOW}/{each.name}") for each in wanted.projects),
        )
        members = tuple(Member(each, shared) for each in wanted.projects)
        lobby = lobby_of(shared, members)

        def end() -> None:
            lobby.hub.end()
            for member in members:
                member.end()

        address = shown(wanted.host, shared.port)
        for member in members:
            member.start()
        try:
            run(
                Reception(lobby, members, shared),
                listening,
                lambda: wanted.ready(address, new_link(lobby, lobby.most)),
                end,
            )
        finally:
            lobby.standings.close()
            for member in members:
                member.stop()


def lobby_of(shared: Shared, members: tuple[Member, ...]) -> Lobby:
    """Return what the pages work with that belong to no single project."""
    return Lobby(
        address=shared.address(),
        clock=shared.clock,
        version=shared.version,
        links=shared.links,
        sessions=shared.sessions,
        most=shared.most,
        siblings=shared.siblings,
        standings=Standings(members),
    )


class Reception:
    """The application in front of all: what is below a project's path is for its application."""

    def __init__(self, lobby: Lobby, members: tuple[Member, ...], shared: Shared) -> None:
        self._members: Mapping[str, Member] = {member.name: member for member in members}
        self._lobby: ASGIApp = _lobby_app(lobby, self._members, shared)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to whom it is for."""
        app = self._lobby
        if scope["type"] == "http" and scope["path"].startswith(f"{BELOW}/"):
            name, slash, _ = scope["path"].removeprefix(f"{BELOW}/").partition("/")
            member = self._members.get(name)
            if member is not None and slash:
                app = await run_in_threadpool(_app_of, member, app)
        await app(scope, receive, send)


def _app_of(member: Member, otherwise: ASGIApp) -> ASGIApp:
    app = member.app()
    return otherwise if app is None else app


def _lobby_app(lobby: Lobby, members: Mapping[str, Member], shared: Shared) -> FastAPI:
    app = FastAPI(
        title="Freshline",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.router.route_class = guard.GuardedRoute
    app.state.services = lobby
    app.state.buckets = shared.buckets
    renderer = Renderer(lobby)
    failures.tell(app, renderer)
    login.add(app, lobby, renderer)
    watched.add(app, lobby)
    for page in projects.PAGES:
        serve(app, page, renderer)
    _serve_shut(app, members)
    serve_static(app, renderer.static)
    health.serve_alive(app, renderer)
    serve_theme(app, lobby.address)
    guard.inspect(app)
    app.add_middleware(Doorway, services=lobby, renderer=renderer)
    return app


def _serve_shut(app: FastAPI, members: Mapping[str, Member]) -> None:
    """Add what answers for projects that are not there, or cannot be opened."""

    def home(request: Request, name: str) -> Response:
        if name not in members:
            return shut(request, name, "")
        return RedirectResponse(f"{members[name].path}/", 303)

    def shut(request: Request, name: str, rest: str) -> Response:
        del request, rest
        member = members.get(name)
        if member is None:
            near = closest(name, list(members))
            hint = f'did you mean "{near[0]}"?' if near else "the first page lists them all"
            raise AbsentError("no project of this name is served here", help=hint)
        trouble = member.trouble
        if trouble is None:
            raise ResourceError(f"{name} is being opened", help="try again in a moment")
        raise ResourceError(f"{name} cannot be opened: {trouble.message}", help=trouble.help)

    seen = needs(Role.VIEWER)
    app.get(f"{BELOW}/{{name}}", include_in_schema=False, name="project", openapi_extra=seen)(home)
    app.get(
        f"{BELOW}/{{name}}/{{rest:path}}",
        include_in_schema=False,
        name="project.shut",
        openapi_extra=seen,
    )(shut)
