"""Access: what a route says of itself, which is who may use it, and how often."""

from typing import Any

from freshline.tokens import TokenScope
from freshline_catalog.server.door.limits import LOGINS, SEARCHES, Rate
from freshline_catalog.server.people import Role

ROLE = "x-freshline-role"
RATE = "x-freshline-rate"
SCOPE = "x-freshline-scope"
ANYONE = "anyone"
RATES = {rate.name: rate for rate in (LOGINS, SEARCHES)}


def needs(
    role: Role | None, rate: Rate | None = None, scope: TokenScope | None = None
) -> dict[str, Any]:
    """Return what a route says of itself (`openapi_extra`): the role it needs, None for nobody's.

    A program with a token gets through where there is a `scope`, and nowhere else. All of it is
    part of the API's description too, so that callers know what they need.
    """
    said: dict[str, Any] = {ROLE: ANYONE if role is None else role.value}
    if scope is not None:
        said[SCOPE] = scope.value
    return said if rate is None else {**said, RATE: rate.name}
