"""One request as pages and API see it: who asks, of what, through which instant of the catalog."""

from dataclasses import dataclass

from freshline_catalog.connection import Connection
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.services import Services

__all__ = ["Asked", "Role", "User"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page is made from: the connection stands in one read transaction for all of it.

    `survey` is the id of the survey that entries belong to, 0 where none was kept yet; `sequence`
    is that of the newest event, `serials` those of the survey and of automation.
    """

    services: Services
    user: User
    connection: Connection
    now: float
    survey: int
    sequence: int = 0
    serials: tuple[int, int] = (0, 0)

    def selected(self, selection: str) -> frozenset[str] | None:
        """Return the keys that a selection means, None for all; UsageError says what is wrong."""
        services = self.services
        searching, scope = services.searching, services.scope
        return searching.selected(self.connection, scope, self.survey, selection)
