"""Suggestions while somebody types: a few keys, columns and owners that may be meant."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from fastapi import Query

from freshline_catalog.search import query
from freshline_catalog.search.columns import ColumnHit, best, matching_columns
from freshline_catalog.search.words import Range, marks, words
from freshline_catalog.server.door.limits import SEARCHES
from freshline_catalog.server.listed import Sort, first, ordered, standing_of
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading

_MOST_COLUMNS = 3
_MOST_OWNERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedAsset:
    """An asset that may be meant; `is_close` where its name is only like what was typed."""

    key: str
    kind: str
    shown: str
    stage: str
    marks: tuple[Range, ...]
    is_close: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedColumn:
    """A name of columns that may be meant, and one of the assets that have it, of how many."""

    name: str
    key: str
    count: int
    marks: tuple[Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedOwner:
    """An owner that may be meant, with the number of assets that are theirs."""

    name: str
    count: int
    marks: tuple[Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What may be meant, at most `limit` of all together; `count` are all assets that match."""

    text: str
    count: int
    assets: tuple[SuggestedAsset, ...] = ()
    columns: tuple[SuggestedColumn, ...] = ()
    owners: tuple[SuggestedOwner, ...] = ()


def suggestions(
    asked: Reading,
    q: Annotated[str, Query(max_length=20_000, description="What was typed so far")] = "",
    limit: Annotated[int, Query(ge=1, le=20)] = 8,
) -> Suggestions:
    """Suggest keys, columns and owners for what was typed so far."""
    searching, connection = asked.services.searching, asked.connection
    listing = searching.listing(connection, asked.services.scope, asked.survey)
    parsed = query.parse(q)
    if not q.strip():
        return Suggestions(text=q, count=0)
    found = searching.find(connection, listing, parsed)
    single = [word for term in parsed.terms for word in term.words]
    hits = [] if found.is_selection else matching_columns(connection, listing.rows, parsed)
    names: dict[str, SuggestedColumn] = {}
    counts: dict[str, int] = {}
    for hit in hits:
        counts[hit.name] = counts.get(hit.name, 0) + 1
    for hit in best(_one_each(hits), None, _MOST_COLUMNS):
        names[hit.name] = SuggestedColumn(
            name=hit.name, key=hit.key, count=counts[hit.name], marks=marks(hit.name, single)
        )
    owners = _owners([row.owner for row in listing.rows], single)
    room = limit - len(names) - len(owners)
    ranked = first(ordered(listing, found.rows, Sort.RELEVANCE, parsed, found), None, max(1, room))
    assets = tuple(
        SuggestedAsset(
            key=row.key,
            kind=row.kind,
            shown=standing_of(listing, row).shown,
            stage=row.stage,
            marks=marks(row.key, single),
            is_close=row.id in found.close,
        )
        for _, _, row in ranked
    )
    columns = tuple(names.values())[: max(0, limit - len(assets))]
    owners = owners[: max(0, limit - len(assets) - len(columns))]
    return Suggestions(text=q, count=len(found.rows), assets=assets, columns=columns, owners=owners)


def _one_each(hits: Sequence[ColumnHit]) -> list[ColumnHit]:
    """Return for each name the first of the assets that have it."""
    found: dict[str, ColumnHit] = {}
    for hit in hits:
        known = found.get(hit.name)
        if known is None or hit.place < known.place:
            found[hit.name] = hit
    return list(found.values())


def _owners(owners: Sequence[str], typed: Sequence[str]) -> tuple[SuggestedOwner, ...]:
    counts = Counter(owner for owner in owners if owner)
    fitting = (
        SuggestedOwner(name=name, count=count, marks=marks(name, typed))
        for name, count in counts.most_common()
        if typed and all(any(word.startswith(t) for word in words(name)) for t in typed)
    )
    return tuple(islice(fitting, _MOST_OWNERS))


PAGES = (Page(path="/search", make=suggestions, template="search.html", rate=SEARCHES),)
