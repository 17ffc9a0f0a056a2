"""What the tests of the search share: the made-up company's catalog, and a way to ask it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.catalog.search.shop import entries, survey

from freshline.survey import Entry
from freshline_catalog.connection import Connection
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.search import facets, query
from freshline_catalog.search.columns import best, matching_columns
from freshline_catalog.search.finding import Found
from freshline_catalog.search.listing import Listing
from freshline_catalog.search.searching import Searching
from freshline_catalog.server.listed import Sort, first, ordered
from freshline_catalog.surveys import SqliteSurveys

SCOPE = ("shop", "main")


class Shop(NamedTuple):
    """A catalog that stands still, with what searches need of it."""

    connection: Connection
    listing: Listing
    searching: Searching

    def __repr__(self) -> str:
        return f"Shop of {len(self.listing.rows)} entries"

    def find(self, text: str) -> Found:
        """Return what a text finds."""
        return self.searching.find(self.connection, self.listing, query.parse(text))

    def keys(self, text: str, limit: int = 10) -> list[str]:
        """Return the keys that a text finds, best first."""
        parsed = query.parse(text)
        found = self.searching.find(self.connection, self.listing, parsed)
        filters: facets.Filters = {} if found.is_selection else parsed.filters
        rows = facets.keep(self.listing, found.rows, filters).rows
        ranked = ordered(self.listing, rows, Sort.RELEVANCE, parsed, found)
        return [each.key for each in first(ranked, None, limit)]

    def columns(self, text: str, limit: int = 10) -> list[tuple[str, str]]:
        """Return the columns that a text means, best first."""
        hits = matching_columns(self.connection, self.listing.rows, query.parse(text))
        return [(hit.key, hit.name) for hit in best(hits, None, limit)]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Return the catalog of some three hundred assets; nobody writes to it."""
    path: Path = tmp_path_factory.mktemp("shop") / "catalog.db"
    with closing(SqliteEventLog(path)) as log:
        SqliteSurveys(log).keep(survey(entries()))
        searching = Searching()
        with log.reader() as connection:
            yield Shop(connection, searching.listing(connection, SCOPE, 1), searching)


@pytest.fixture
def keep(log: SqliteEventLog) -> Iterator[Callable[..., Shop]]:
    """Return how entries of a test's own become a catalog that can be asked."""
    with ExitStack() as stack:

        def keep(*made: Entry) -> Shop:
            SqliteSurveys(log).keep(survey(made))
            searching, connection = Searching(), stack.enter_context(log.reader())
            return Shop(connection, searching.listing(connection, SCOPE, 1), searching)

        yield keep
