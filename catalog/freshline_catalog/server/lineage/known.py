"""What is known of a whole project: who reads whom, and how each asset stands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from freshline_catalog.search.listing import Listed, Listing
from freshline_catalog.search.selecting import Trouble
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.listed import standing_of
from freshline_catalog.server.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All assets and sources of a survey; `upstreams` has each of them, also those without any."""

    asked: Asked
    listing: Listing
    upstreams: Mapping[str, Collection[str]]
    _standings: dict[str, Standing] = field(default_factory=dict[str, Standing], repr=False)

    def row(self, key: str) -> Listed:
        """Return what lists know of an asset; KeyError where there is none."""
        return self.listing.by_key[key]

    def standing(self, key: str) -> Standing:
        """Return how an asset stands; KeyError where there is none."""
        found = self._standings.get(key)
        if found is None:
            found = standing_of(self.listing, self.listing.by_key[key])
            self._standings[key] = found
        return found

    def built_at(self, key: str) -> float | None:
        """Return when the current version of an asset was made visible."""
        return self.listing.lately(key).built_at

    def select(self, text: str) -> frozenset[str] | Trouble:
        """Return the keys that a selection means, or what is wrong with it."""
        return self.asked.services.searching.selecting.select(
            self.asked.connection, self.listing, text
        )


def known(asked: Asked) -> Known:
    """Return what is known of the project at this instant."""
    searching = asked.services.searching
    listing = searching.listing(asked.connection, asked.services.scope, asked.survey)
    lasting = searching.selecting.lasting(asked.connection, listing)
    return Known(asked=asked, listing=listing, upstreams=lasting.upstream)
