"""Assets: the list of all there is, searched, filtered by facets, and the same for columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, NamedTuple, cast

from fastapi import Depends, Query

from freshline.lineage.selection import And, Facet, Keys, Or, Selection, render
from freshline_catalog.search import facets, query
from freshline_catalog.search.close import nearest
from freshline_catalog.search.columns import (
    ColumnHit,
    all_columns,
    best,
    count_columns,
    matching_columns,
)
from freshline_catalog.search.finding import Found
from freshline_catalog.search.listing import Listed, Listing
from freshline_catalog.search.query import Term
from freshline_catalog.search.selecting import Trouble
from freshline_catalog.search.words import words
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.cursors import cursor, place
from freshline_catalog.server.listed import (
    AssetRow,
    ColumnRow,
    Sort,
    asset_rows,
    column_rows,
    first,
    ordered,
)
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading

_MOST_VALUES = 40
_LONGEST_QUERY = 20_000
_MOST_CHOSEN = 50
_MOST_SELECTED = 100
_SELECTABLE = frozenset({"group", "owner", "tag", "kind", "language", "storage"})

Words = Annotated[str, Query(max_length=_LONGEST_QUERY, description="What to search for")]
Values = Annotated[tuple[str, ...], Query(max_length=_MOST_CHOSEN)]


class Shown(StrEnum):
    """What is listed."""

    ASSETS = "assets"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is asked for: words or a selection, values of facets, order, and place."""

    q: Words = ""
    group: Values = ()
    owner: Values = ()
    tag: Values = ()
    kind: Values = ()
    language: Values = ()
    status: Values = ()
    freshness: Values = ()
    checks: Values = ()
    lifecycle: Values = ()
    storage: Values = ()
    sort: Sort = Sort.RELEVANCE
    view: Shown = Shown.ASSETS
    cursor: Annotated[str, Query(max_length=_LONGEST_QUERY)] = ""
    limit: Annotated[int, Query(ge=1, le=200)] = 50
    explain: bool = False

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """The chosen values of each facet; an empty one is left out, as forms send it."""
        chosen = {facet: tuple(v for v in getattr(self, facet) if v) for facet in query.FACETS}
        return {facet: values for facet, values in chosen.items() if values}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value of a facet and how many assets would have it, were no other of its facet chosen."""

    value: str
    count: int
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCounts:
    """A facet with its commonest values and those that are chosen; `more` are left out."""

    name: str
    values: tuple[Value, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """How the words of a query were read. `meant` are the words of close matches.

    `trouble` says why what looks like a selection is none; it was searched for as words then.
    """

    text: str = ""
    terms: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    is_selection: bool = False
    is_cut: bool = False
    meant: tuple[str, ...] = ()
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """How many assets there would be without one part of what is asked for."""

    name: str
    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """A page of the list. `total` are all assets there are; `next` leads to the next page.

    `selection` means what is listed in the selection language, empty where it cannot be said.
    With nothing found, `without` says what each filter costs and `nearest` which words are known.
    """

    asked: Understood
    view: Shown
    sort: Sort
    total: int
    assets_count: int
    close_count: int
    columns_count: int
    facets: tuple[FacetCounts, ...]
    assets: tuple[AssetRow, ...] = ()
    columns: tuple[ColumnRow, ...] = ()
    next: str = ""
    selection: str = ""
    without: tuple[Without, ...] = ()
    nearest: tuple[str, ...] = ()


def assets(asked: Reading, wanted: Annotated[Wanted, Depends()]) -> Assets:
    """Search and list assets and their columns."""
    searching, connection = asked.services.searching, asked.connection
    listing = searching.listing(connection, asked.services.scope, asked.survey)
    parsed = query.parse(wanted.q)
    found = searching.find(connection, listing, parsed)
    filters = _together(wanted.filters, {} if found.is_selection else parsed.filters)
    kept = facets.keep(listing, found.rows, filters)
    meant = None if found.is_selection or not parsed.has_words else _mended(parsed, found)
    if wanted.view is Shown.ASSETS:
        page = _assets(asked, wanted, (parsed, found), listing, kept.rows)
        count = count_columns(connection, kept.rows, meant) if meant else None
    else:
        hits = matching_columns(connection, kept.rows, meant) if meant else None
        page = _columns(asked, wanted, parsed, listing, (kept.rows, hits))
        count = None if hits is None else len(hits)
    is_empty = not (page.assets or page.columns or wanted.cursor)
    return Assets(
        asked=_understood(parsed, found),
        view=wanted.view,
        sort=wanted.sort,
        total=len(listing.rows),
        assets_count=len(kept.rows),
        close_count=sum(row.id in found.close for row in kept.rows) if found.close else 0,
        columns_count=sum(row.columns for row in kept.rows) if count is None else count,
        facets=_facets(listing, kept, filters),
        assets=page.assets,
        columns=page.columns,
        next=page.next,
        selection=_selection(parsed, found, filters, kept.rows),
        without=_without(listing, parsed, kept, filters) if is_empty else (),
        nearest=nearest(connection, parsed.terms) if is_empty else (),
    )


class _Page(NamedTuple):
    assets: tuple[AssetRow, ...] = ()
    columns: tuple[ColumnRow, ...] = ()
    next: str = ""


def _assets(
    asked: Asked,
    wanted: Wanted,
    searched: tuple[query.Query, Found],
    listing: Listing,
    rows: Sequence[Listed],
) -> _Page:
    after = cast(
        "tuple[float, str] | None", place(wanted.cursor, float, str) if wanted.cursor else None
    )
    ranked = ordered(listing, rows, wanted.sort, *searched)
    found = first(ranked, after, wanted.limit + 1)
    shown = found[: wanted.limit]
    made = asset_rows(asked, listing, [each.row for each in shown], searched, wanted.explain)
    return _Page(made, (), cursor(shown[-1].rank, shown[-1].key) if len(found) > len(shown) else "")


def _mended(parsed: query.Query, found: Found) -> query.Query:
    """Return a query with what its words were probably meant to be in their place."""
    if not found.meant:
        return parsed
    mended = {each.typed: Term(words(each.text)) for each in reversed(found.meant)}
    terms = tuple(mended.get(term.text, term) for term in parsed.terms)
    return replace(parsed, terms=terms, name=" ".join(term.text for term in terms))


def _columns(
    asked: Asked,
    wanted: Wanted,
    parsed: query.Query,
    listing: Listing,
    found: tuple[Sequence[Listed], list[ColumnHit] | None],
) -> _Page:
    rows, hits = found
    after = cast(
        "tuple[int, str, str] | None",
        place(wanted.cursor, int, str, str) if wanted.cursor else None,
    )
    some = wanted.limit + 1
    if hits is None:
        here = all_columns(asked.connection, rows, after, some)
    else:
        here = best(hits, after, some)
    shown = here[: wanted.limit]
    made = column_rows(asked, listing, shown, parsed)
    return _Page((), made, cursor(*shown[-1].place) if len(here) > len(shown) else "")


def _together(one: facets.Filters, other: facets.Filters) -> dict[str, tuple[str, ...]]:
    return {name: (*one.get(name, ()), *other.get(name, ())) for name in {**one, **other}}


def _understood(parsed: query.Query, found: Found) -> Understood:
    if found.is_selection:
        return Understood(text=parsed.text, is_selection=True)
    return Understood(
        text=parsed.text,
        terms=tuple(term.text for term in parsed.terms),
        columns=parsed.columns,
        filters=tuple((name, v) for name, values in parsed.filters.items() for v in values),
        is_cut=parsed.is_cut,
        meant=tuple(dict.fromkeys(each.text for each in found.meant if each.slips)),
        trouble=found.trouble,
    )


def _facets(
    listing: Listing, kept: facets.Kept, filters: facets.Filters
) -> tuple[FacetCounts, ...]:
    made: list[FacetCounts] = []
    for name, counts in facets.counts(listing, kept).items():
        chosen = filters.get(name, ())
        ranked = [value for _, value in sorted((-count, value) for value, count in counts.items())]
        best = ranked[:_MOST_VALUES]
        shown = [*best, *(v for v in chosen if v not in best and "*" not in v)]
        values = tuple(Value(value=v, count=counts.get(v, 0), chosen=v in chosen) for v in shown)
        made.append(FacetCounts(name=name, values=values, more=len(ranked) - len(best)))
    return tuple(made)


def _selection(
    parsed: query.Query, found: Found, filters: facets.Filters, rows: Sequence[Listed]
) -> str:
    """Return what is listed in the selection language: by its filters, else key by key."""
    if found.is_selection and not filters:
        return parsed.text
    if not found.weights and filters and filters.keys() <= _SELECTABLE and not found.is_selection:
        parts = tuple(
            _any(tuple(Facet(method=name, value=value) for value in values))
            for name, values in filters.items()
        )
        return render(And(parts=parts) if len(parts) > 1 else _any(parts))
    if not rows or len(rows) > _MOST_SELECTED:
        return ""
    return render(_any(tuple(Keys(pattern=row.key) for row in rows)))


def _any(parts: Sequence[Selection]) -> Selection:
    first, *others = parts
    return Or(parts=(first, *others)) if others else first


def _without(
    listing: Listing, parsed: query.Query, kept: facets.Kept, filters: facets.Filters
) -> tuple[Without, ...]:
    made = [
        Without(name=name, value=", ".join(values), count=len(kept.but[name]))
        for name, values in filters.items()
    ]
    if parsed.text.strip():
        rest = facets.keep(listing, listing.rows, filters)
        made.append(Without(name="q", value=parsed.text, count=len(rest.rows)))
    return tuple(each for each in made if each.count)


PAGES = (Page(path="/assets", make=assets, template="assets.html"),)
