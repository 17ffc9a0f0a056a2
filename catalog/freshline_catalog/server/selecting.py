"""Selections as requests name them: resolved where searches are, or refused."""

from freshline_catalog.server.asked import Asked
from freshline_catalog.server.problems import InvalidError

LONGEST = 2000


def selected(asked: Asked, selection: str) -> frozenset[str] | None:
    """Return the keys that a selection means, None for all; UsageError points at what is wrong."""
    if not selection.strip():
        return None
    if len(selection) > LONGEST:
        raise InvalidError("the selection is too long", help=f"say it in {LONGEST} characters")
    services, connection = asked.services, asked.connection
    listing = services.searching.listing(connection, services.scope, asked.survey)
    return services.searching.selecting.resolve(connection, listing, selection)
