"""Sessions: who holds which cookie is who. Only a hash of what the browser holds is on record.

1. A session begins with a one-time link, always under a new secret: what a browser held before is
   ended, so that nobody can be led into a session that somebody else knows.
2. It ends after 12 hours without a request, after 7 days whatever happens, and by signing out.
3. It is looked up for every request: what was ended has ended everywhere at once.
"""

import hashlib
import secrets
from contextlib import suppress
from typing import NamedTuple

from fastapi import Request, Response

from freshline.errors import FreshlineError
from freshline_catalog.server.door.ledgers import Entered
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.services import Address, Front

IDLE = 12 * 3600.0
LONGEST = 7 * 86400.0
_SEEN_EVERY = 60.0


class Session(NamedTuple):
    """A session that was just begun: the secret for the browser, and whom it signs in."""

    secret: str
    user: User


def new_link(services: Front, role: Role = Role.OPERATOR, actor: str = "local") -> str:
    """Return the path of a link that signs in once, within ten minutes."""
    secret = services.links.add(actor, role, services.clock.now())
    return f"{services.address.path}/login/{secret}"


def begin(services: Front, secret: str, before: str | None = None) -> Session | None:
    """Use up a link and begin a session in place of the one `before`; None for no such link."""
    now = services.clock.now()
    grant = services.links.take(secret, now)
    if grant is None:
        return None
    token = secrets.token_urlsafe(32)
    hashed = _hash(token)
    entered = Entered(hashed, grant.actor, grant.role.value, now, now, now + LONGEST)
    replaced = _hash(before) if before is not None else None
    services.sessions.begin(entered, replaced, now - IDLE)
    return Session(token, User(actor=grant.actor, role=grant.role, session=hashed[:16]))


def find(services: Front, secret: str) -> User | None:
    """Return who holds this secret; None where nobody does, or not any more."""
    now, hashed = services.clock.now(), _hash(secret)
    known = services.sessions.find(hashed, now, now - IDLE)
    if known is None:
        return None
    if now - known.seen > _SEEN_EVERY:
        # That somebody was here is worth no failure: a full disk must not sign people out.
        with suppress(FreshlineError):
            services.sessions.touch(hashed, now)
    held = Role(known.role)
    role_now = held if services.most.may(held) else services.most
    return User(actor=known.actor, role=role_now, session=hashed[:16])


def end(services: Front, secret: str) -> None:
    """End a session; nothing happens where there is none."""
    services.sessions.end(_hash(secret))


def cookie_name(address: Address) -> str:
    """Return the name of the cookie: cookies know no ports, so that two servers need two names."""
    return f"freshline_{address.port}"


def held(request: Request, address: Address) -> str | None:
    """Return what the browser holds, None where nothing."""
    return request.cookies.get(cookie_name(address)) or None


def hand_over(response: Response, request: Request, address: Address, secret: str) -> None:
    """Give the browser what it will show from now on: out of reach of scripts and other sites."""
    response.set_cookie(
        cookie_name(address),
        secret,
        max_age=int(LONGEST),
        path=address.cookie_path,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def take_back(response: Response, address: Address) -> None:
    """Have the browser forget what it held."""
    response.delete_cookie(
        cookie_name(address), path=address.cookie_path, httponly=True, samesite="lax"
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
