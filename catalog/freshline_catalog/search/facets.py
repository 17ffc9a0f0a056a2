"""Facets: what assets have in common, counted, and kept to by those who choose from them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from freshline_catalog.search.listing import Listed, Listing
from freshline_catalog.search.query import FACETS

NOBODY = "(none)"  # where nothing is said: assets without owner, tag, group ...
_PLAIN: Mapping[str, Callable[[Listed], str]] = {
    "owner": attrgetter("owner"),
    "group": attrgetter("group"),
    "kind": attrgetter("kind"),
    "language": attrgetter("language"),
    "freshness": attrgetter("freshness"),
    "lifecycle": attrgetter("stage"),
    "storage": attrgetter("storage"),
}
Filters = Mapping[str, tuple[str, ...]]


class Kept(NamedTuple):
    """The assets that keep to all filters, and by facet those that keep to all but its own."""

    rows: tuple[Listed, ...]
    but: Mapping[str, tuple[Listed, ...]]


def values(listing: Listing, facet: str) -> Callable[[Listed], tuple[str, ...]]:
    """Return what a facet says of an asset; what says nothing says `NOBODY`."""
    match facet:
        case "tag":
            return lambda row: row.tags or (NOBODY,)
        case "status":
            return lambda row: _status(listing, row)
        case "checks":
            return lambda row: (_checks(listing, row),)
        case "lifecycle":
            return lambda row: (row.stage or NOBODY,)
        case "owner":
            return lambda row: (row.owner or NOBODY,)
        case "group":
            return lambda row: (row.group or NOBODY,)
        case "kind":
            return lambda row: (row.kind,)
        case "language":
            return lambda row: (row.language or NOBODY,)
        case "freshness":
            return lambda row: (row.freshness or NOBODY,)
        case _:
            return lambda row: (row.storage or NOBODY,)


def keep(listing: Listing, rows: Iterable[Listed], filters: Filters) -> Kept:
    """Return who keeps to the filters: each facet's values are alternatives, all facets must fit.

    A value may hold `*` for any run of characters; its case does not count.
    """
    tests = [
        (facet, values(listing, facet), _fits(wanted))
        for facet, wanted in filters.items()
        if wanted
    ]
    if not tests:
        return Kept(tuple(rows), {})
    kept: list[Listed] = []
    but: dict[str, list[Listed]] = {facet: [] for facet, _, _ in tests}
    for row in rows:
        missed = ""
        for facet, said, fits in tests:
            if not any(map(fits, said(row))):
                if missed:
                    break
                missed = facet
        else:
            (but[missed] if missed else kept).append(row)
    return Kept(tuple(kept), {facet: (*kept, *others) for facet, others in but.items()})


def counts(listing: Listing, kept: Kept) -> Mapping[str, Mapping[str, int]]:
    """Return by facet how many assets have which value, were its own filter not there."""
    return {facet: _counted(listing, facet, kept.but.get(facet, kept.rows)) for facet in FACETS}


def _counted(listing: Listing, facet: str, rows: Sequence[Listed]) -> Mapping[str, int]:
    plain = _PLAIN.get(facet)
    if plain is not None:
        found = Counter(map(plain, rows))
        found[NOBODY] += found.pop("", 0)
        return +found
    if facet == "tag":
        found = Counter(chain.from_iterable(map(attrgetter("tags"), rows)))
        found[NOBODY] += sum(not row.tags for row in rows)
        return +found
    return Counter(chain.from_iterable(map(values(listing, facet), rows)))


def _status(listing: Listing, row: Listed) -> tuple[str, ...]:
    lately = listing.known.get(row.key)
    if lately is None or (lately.failed_at is None and lately.running is None):
        return (row.status,)
    failed = ("failed",) if lately.failed_at is not None else ()
    return (row.status, *failed, *(("running",) if lately.running is not None else ()))


def _checks(listing: Listing, row: Listed) -> str:
    lately = listing.known.get(row.key)
    if lately is None:
        return "not run" if row.checks else NOBODY
    if lately.failing:
        return "failing"
    if lately.warned:
        return "warning"
    if lately.passed:
        return "passing"
    return "not run" if row.checks else NOBODY


def _fits(wanted: Sequence[str]) -> Callable[[str], bool]:
    plain = frozenset(value.lower() for value in wanted)
    patterns = [pattern(value.lower()) for value in wanted if "*" in value]

    def fits(value: str) -> bool:
        lower = value.lower()
        return lower in plain or any(pattern.fullmatch(lower) for pattern in patterns)

    return fits


def pattern(value: str) -> re.Pattern[str]:
    """Return what fits a value in which `*` stands for any run of characters."""
    # Atomic: the first place that fits is as good as any, so no pattern takes long to fail.
    if "*" not in value:
        return re.compile(re.escape(value), re.DOTALL)
    first, *inner, last = map(re.escape, re.split(r"\*+", value))
    steps = "".join(f"(?>.*?{part})" for part in inner)
    return re.compile(f"{first}{steps}.*{last}", re.DOTALL)
