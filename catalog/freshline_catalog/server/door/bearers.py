"""Bearers: programs that show a token, in the one header that is for that, and who they are.

A token stands in no address and in no cookie: neither logs nor other sites ever get to see it. What
has expired or was revoked is told apart from what never was one, since only its holder can know.
"""

from fastapi import Request

from freshline.tokens import SECRET, hash_of
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.problems import UnknownCallerError
from freshline_catalog.server.services import Front, Services
from freshline_catalog.tokens import SqliteTokens

_SCHEME = "bearer"


def comes_with_token(request: Request) -> bool:
    """Say whether somebody wants to be known by what the header for it says."""
    return "authorization" in request.headers


def find(services: Front, request: Request) -> User:
    """Return the program that a token was made for; UnknownCallerError says why there is none.

    Tokens are of one project: where several are served, what is of all of them takes none.
    """
    said = request.headers.getlist("authorization")
    scheme, _, secret = said[0].partition(" ")
    secret = secret.strip()
    if len(said) != 1 or scheme.lower() != _SCHEME or not SECRET.fullmatch(secret):
        raise UnknownCallerError(
            "there is no token in the Authorization header", help="write `Bearer`, and the token"
        )
    now, token = services.clock.now(), None
    if isinstance(services, Services):
        token = SqliteTokens(services.log).find(*services.scope, hash_of(secret), now)
    if token is None:
        raise UnknownCallerError(
            "nobody here made this token",
            help="ask for one that is of this project and environment",
        )
    if not token.is_live(now):
        how = "has expired" if token.revoked is None else "was revoked"
        raise UnknownCallerError(
            f"the token {token.name} {how}", help="ask whoever made it for another"
        )
    return User(
        actor=f"token {token.name}",
        role=Role.VIEWER,
        session=f"token:{token.name}",
        token=token,
    )
