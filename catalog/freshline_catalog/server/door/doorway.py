"""The doorway: what holds for every request and every answer, whatever route it is for.

1. Who comes under another name is sent away: a page elsewhere can point a name of its own at this
   machine, and would then be the same site to a browser.
2. What changes something must come from our own pages. Browsers say where a request comes from;
   whoever says nothing, neither `Sec-Fetch-Site` nor `Origin`, is refused too.
3. Every answer says what browsers may do with it, errors included.
4. No error leaves as it is.
"""

import secrets
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from freshline.errors import FreshlineError
from freshline_catalog.server.door import failures
from freshline_catalog.server.door.limits import LONGEST_ADDRESS, LONGEST_QUERY
from freshline_catalog.server.problems import ForeignRequestError, TooMuchError, WrongHostError
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Front

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types freshline",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Doorway:
    """Stands around the whole application."""

    def __init__(self, app: ASGIApp, services: Front, renderer: Renderer) -> None:
        self._app = app
        self._services = services
        self._renderer = renderer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            else:  # there are no websockets
                await send({"type": "websocket.close", "code": 1008})
            return
        scope["root_path"] = self._services.address.path
        request = Request(scope, receive)
        request.state.number = secrets.token_hex(6)
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request.state.number
            await send(message)

        response: Response | None = None
        try:
            self._look_at(request)
            await self._app(scope, receive, dressed)
        except FreshlineError as error:
            response = failures.answer(self._renderer, request, error)
        except Exception as error:
            response = failures.unforeseen(self._renderer, request, error)
        if response is not None and not started:
            await response(scope, receive, dressed)

    def _look_at(self, request: Request) -> None:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._services.address.hosts:
            address = self._services.address
            raise WrongHostError(
                "this server does not go by that name",
                help=f"use http://{address.host}:{address.port}{address.path}/",
            )
        query: bytes = request.scope.get("query_string", b"")
        if len(request.url.path) > LONGEST_ADDRESS or len(query) > LONGEST_QUERY:
            raise TooMuchError("the address is too long", help="say less in it")
        if request.method not in SAFE and not _is_ours(request, hosts[0]):
            raise ForeignRequestError(
                "this did not come from a page of this catalog",
                help="programs say `Origin:` and the address of this server",
            )


def _is_ours(request: Request, host: str) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    try:
        origin = urlsplit(request.headers.get("origin", ""))
    except ValueError:
        return False
    return origin.scheme in ("http", "https") and origin.netloc.lower() == host.lower()
