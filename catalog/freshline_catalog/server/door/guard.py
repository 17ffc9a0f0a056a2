"""The guard: nobody gets past a route who may not, and a route that says nothing lets nobody past.

1. Which role a route needs is a property of the route, never of the text of a path: names of
   assets are part of paths, and people choose them.
2. It is asked before anything of the request is read or even parsed.
3. An application with a route that has no guard is not served at all: see `inspect`.
"""

from collections.abc import Callable, Coroutine
from threading import RLock
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Mount, compile_path
from starlette.types import Receive, Scope, Send

from freshline.errors import InternalError
from freshline_catalog.server import repeats
from freshline_catalog.server.access import ANYONE, RATE, RATES, ROLE
from freshline_catalog.server.door import limits, sessions
from freshline_catalog.server.door.limits import Buckets, Rate
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.problems import RefusedError, TooOftenError, UnknownCallerError
from freshline_catalog.server.services import Front

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_COMPLETING = RLock()


class OpenMount(Mount):
    """Files that anybody may have who can reach the server."""


class GuardedRoute(APIRoute):
    """A route with a guard in front: the only kind that the application has.

    What its parameters are is found out when somebody asks for it, or for the description of the
    API: for all routes together that takes longer than everything else before the server answers.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **said: Any) -> None:
        self._said: dict[str, Any] | None = said
        # What finding the route takes, and what the guard goes by.
        self.path, self.endpoint, self.app = path, endpoint, self._first
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.methods = {*(said.get("methods") or ("GET",))}
        self.include_in_schema = bool(said.get("include_in_schema", True))
        self.openapi_extra = said.get("openapi_extra")

    def __getattr__(self, name: str) -> Any:
        # Python looks here for what is not there otherwise.
        if not name.startswith("__"):
            self._complete()
        if name not in vars(self):
            raise AttributeError(f"a route has no {name}")
        return vars(self)[name]

    def _complete(self) -> None:
        # The description of the API is made in another thread than requests are received in.
        with _COMPLETING:
            said, self._said = self._said, None
            if said is not None:
                super().__init__(self.path, self.endpoint, **said)

    async def _first(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._complete()
        await self.app(scope, receive, send)

    def get_route_handler(self) -> Handler:
        """Return what answers a request once the guard has let it through."""
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            said = self.openapi_extra or {}
            await _admit(request, cast(str | None, said.get(ROLE)), RATES.get(said.get(RATE, "")))
            request = await limits.received(request)
            return await repeats.once(request, handler)

        return guarded


def role_of(route: BaseRoute) -> Role | None:
    """Return the role that a route needs, None where it needs none; InternalError if it is silent.

    A route of another kind needs none only if it is an `OpenMount`.
    """
    if isinstance(route, OpenMount):
        return None
    said = (route.openapi_extra or {}).get(ROLE) if isinstance(route, GuardedRoute) else None
    if said is None:
        raise InternalError(
            f"the route {getattr(route, 'path', route)} does not say who may use it"
        )
    return None if said == ANYONE else Role(said)


def inspect(app: FastAPI) -> None:
    """Raise InternalError where a route of the application has no guard."""
    for route in app.routes:
        role_of(route)


def signed_in(request: Request) -> User:
    """Return who asks; UnknownCallerError where nobody is signed in."""
    user = cast(User | None, getattr(request.state, "user", None))
    if user is None:
        raise _unknown()
    return user


async def _admit(request: Request, needed: str | None, rate: Rate | None) -> None:
    """Find out who asks, and let them through or raise."""
    services = cast(Front, request.app.state.services)
    user: User | None = None
    secret = sessions.held(request, services.address)
    if secret is not None:
        user = await run_in_threadpool(sessions.find, services, secret)
    request.state.user = user
    if needed != ANYONE:
        if user is None:
            raise _unknown()
        if needed is None or not user.role.may(Role(needed)):
            raise RefusedError(
                f"a {user.role.value} may not do this", help="sign in as an operator"
            )
    if rate is not None:
        # Before somebody is known, all are one caller: guessing is slow however it is spread.
        caller = "" if user is None else user.session
        buckets = cast(Buckets, request.app.state.buckets)
        wait = buckets.take(rate, caller, services.clock.now())
        if wait > 0:
            seconds = int(wait) + 1
            raise TooOftenError(
                "too many requests", seconds=seconds, help=f"try again in {seconds} seconds"
            )


def _unknown() -> UnknownCallerError:
    return UnknownCallerError(
        "nobody is signed in", help="open the link that `freshline up` has printed"
    )
