"""Searching: what a server keeps in memory between searches, and the way in for all of them."""

from freshline_catalog.connection import Connection
from freshline_catalog.search.finding import Found, find
from freshline_catalog.search.listing import Listing, Listings
from freshline_catalog.search.query import Query
from freshline_catalog.search.selecting import Selecting


class Searching:
    """One for each server; any thread may ask."""

    def __init__(self) -> None:
        self._listings = Listings()
        self.selecting = Selecting()

    def listing(self, connection: Connection, scope: tuple[str, str], survey: int) -> Listing:
        """Return all of a survey, as of the instant in which the connection stands."""
        return self._listings.at(connection, scope, survey)

    def find(self, connection: Connection, listing: Listing, query: Query) -> Found:
        """Return the assets that a query means."""
        return find(connection, listing, self.selecting, query)

    def selected(
        self, connection: Connection, scope: tuple[str, str], survey: int, selection: str
    ) -> frozenset[str] | None:
        """Return the keys that a selection means, None for all; UsageError says what is wrong."""
        if not selection.strip():
            return None
        listing = self.listing(connection, scope, survey)
        return self.selecting.resolve(connection, listing, selection)
