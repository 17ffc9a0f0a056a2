"""Signing in and out: by a one-time link, opened or pasted. There are no passwords to lose."""

import re
from typing import Annotated

from fastapi import FastAPI, Form, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from freshline_catalog.server.access import needs
from freshline_catalog.server.door import sessions
from freshline_catalog.server.door.failures import SignIn
from freshline_catalog.server.door.limits import LOGINS
from freshline_catalog.server.people import Role
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Front
from freshline_catalog.server.theme import LONGEST, local

_SECRET = re.compile(r"[A-Za-z0-9_-]{20,100}")
Text = Annotated[str, Form(max_length=LONGEST)]


def safe_next(wanted: str, base: str = "") -> str:
    """Return where to go after signing in: `wanted` if it is a page of this server, else home."""
    found = local(wanted, base)
    return found if not found.startswith((f"{base}/login", f"{base}/logout")) else f"{base}/"


def add(app: FastAPI, services: Front, renderer: Renderer) -> None:
    """Add the routes for signing in and out to an application."""
    base = services.address.path

    def page(request: Request, next: Annotated[str, Query(max_length=LONGEST)] = "") -> Response:
        where = safe_next(next, base)
        if request.state.user is not None:
            return RedirectResponse(where, 303)
        return renderer.page(request, "login.html", SignIn(next=where, failed=False))

    # The one address that changes something when it is only looked at: whoever opens a link in a
    # terminal or a mail can send nothing else. It does so once, for whoever has the secret in it.
    def link(
        request: Request,
        secret: Annotated[str, Path(max_length=200)],
        next: Annotated[str, Query(max_length=LONGEST)] = "",
    ) -> Response:
        return enter(request, secret, next)

    def paste(request: Request, link: Text = "", next: Text = "") -> Response:
        found = _SECRET.findall(link.partition("?")[0])
        return enter(request, found[-1] if found else "", next)

    def enter(request: Request, secret: str, next: str) -> Response:
        where = safe_next(next, base)
        before = sessions.held(request, services.address)
        session = sessions.begin(services, secret, before)
        if session is None:
            view = SignIn(next=where, failed=True)
            return renderer.page(request, "login.html", view, 401)
        response = RedirectResponse(where, 303, {"Cache-Control": "no-store"})
        sessions.hand_over(response, request, services.address, session.secret)
        return response

    def leave(request: Request) -> Response:
        secret = sessions.held(request, services.address)
        if secret is not None:
            sessions.end(services, secret)
        response = RedirectResponse(f"{base}/login", 303, {"Cache-Control": "no-store"})
        sessions.take_back(response, services.address)
        return response

    anyone, tried = needs(None), needs(None, LOGINS)
    app.get("/login", name="login", include_in_schema=False, openapi_extra=anyone)(page)
    app.post("/login", name="login.paste", include_in_schema=False, openapi_extra=tried)(paste)
    app.get("/login/{secret}", name="login.link", include_in_schema=False, openapi_extra=tried)(
        link
    )
    leaving = needs(Role.VIEWER)
    app.post("/logout", name="logout", include_in_schema=False, openapi_extra=leaving)(leave)
