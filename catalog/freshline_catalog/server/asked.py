"""One request as pages and API see it: who asks, of what, through which instant of the catalog."""

from dataclasses import dataclass
from enum import StrEnum

from freshline_catalog.connection import Connection
from freshline_catalog.server.services import Services


class Role(StrEnum):
    """What somebody may do; each may do what those before it may."""

    VIEWER = "viewer"  # read
    OPERATOR = "operator"  # materialize, cancel, pause, pin, accept; see rows

    def may(self, needed: "Role") -> bool:
        """Say whether this role may do what `needed` may."""
        order = tuple(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who is signed in."""

    actor: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page is made from: the connection stands in one read transaction for all of it.

    `survey` is the id of the survey that entries belong to, 0 where none was kept yet.
    """

    services: Services
    user: User
    connection: Connection
    now: float
    survey: int
