"""Finding: a query to the assets that it means, each with the weight of what matched."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from freshline import codec
from freshline_catalog.connection import Connection
from freshline_catalog.search.close import Meant, alternatives
from freshline_catalog.search.facets import pattern
from freshline_catalog.search.listing import Listed, Listing
from freshline_catalog.search.query import Query, Reading, Term, expression
from freshline_catalog.search.ranking import Tier, by_name, combined, of_column
from freshline_catalog.search.selecting import Selecting, Trouble
from freshline_catalog.search.words import words
from freshline_catalog.statements import statements

_FEW = 3  # with fewer good hits than this, close ones are looked for
_IN_KEY = 30
_SLIP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The assets that a query means, in the order of the listing; `weights` are what to rank by.

    `close` are those found only by what the words may have been meant to be. `trouble` says why a
    text that looks like a selection is none.
    """

    rows: tuple[Listed, ...]
    weights: dict[int, float] = field(default_factory=dict[int, float])
    close: frozenset[int] = frozenset()
    meant: tuple[Meant, ...] = ()
    is_selection: bool = False
    trouble: Trouble | None = None


def find(connection: Connection, listing: Listing, selecting: Selecting, query: Query) -> Found:
    """Return the assets that a query means; its filters are left to whoever counts facets."""
    trouble: Trouble | None = None
    if query.reading:
        selected = selecting.select(connection, listing, query.text)
        if not isinstance(selected, Trouble):
            rows = tuple(row for row in listing.rows if row.key in selected)
            return Found(rows=rows, is_selection=True)
        if query.reading is Reading.SELECTION:
            trouble = selected
            if query.filters or not query.has_words:
                return Found(rows=(), trouble=trouble)
    if not query.has_words:
        # Text that is nothing but signs means nothing; no text at all means everything.
        rows = listing.rows if query.filters or not query.text.strip() else ()
        return Found(rows=rows, trouble=trouble)
    good = _good(connection, listing, query)
    close: dict[int, float] = {}
    meant: tuple[Meant, ...] = ()
    is_named = any(weight >= Tier.COLUMN_NAME for weight in good.values())
    if len(good) < _FEW and query.terms and not is_named:
        close, meant = _close(connection, listing, query)
        close = {each: weight for each, weight in close.items() if each not in good}
    weights = good | close
    rows = tuple(row for row in listing.rows if row.id in weights)
    return Found(rows=rows, weights=weights, close=frozenset(close), meant=meant, trouble=trouble)


def with_column(connection: Connection, name: str) -> frozenset[int]:
    """Return the assets with a column of this name, or, where none has it, with its words.

    The name may hold `*` for any run of characters; its case does not count.
    """
    sql = statements("search")
    if "*" in name:
        fits = pattern(name.lower())
        every = (cast(str, row[0]) for row in connection.execute(sql["column_names_all"]))
        return _named(connection, (each for each in every if fits.fullmatch(each.lower())))
    exact = _named(connection, (name,))
    found = words(name)
    if exact or not found:
        return exact
    rows = connection.execute(sql["entries_with_column_words"], (expression(Term(found)),))
    return frozenset(cast(int, row[0]) for row in rows)


def matching(connection: Connection, wanted: str) -> frozenset[int]:
    """Return the entries of any survey that an expression finds."""
    rows = connection.execute(statements("search")["matching"], (wanted,)).fetchall()
    return frozenset(cast(int, row[0]) for row in rows)


def _good(connection: Connection, listing: Listing, query: Query) -> dict[int, float]:
    weights: dict[int, float] = {}
    if query.terms:
        weights = _by_words(connection, listing, query)
    else:
        weights = dict.fromkeys(listing.by_id, float(Tier.COLUMN_NAME))
    for name in query.columns:
        having = with_column(connection, name)
        weights = {each: weight for each, weight in weights.items() if each in having}
    return weights


def _by_words(connection: Connection, listing: Listing, query: Query) -> dict[int, float]:
    wanted = [expression(term) for term in query.terms]
    together = " AND ".join(wanted)
    everyone = matching(connection, together).intersection(listing.by_id)
    if not everyone:
        return {}
    weights: dict[int, list[int]] = {each: [] for each in everyone}
    in_key = everyone
    for term, prefix in zip(query.terms, wanted, strict=True):
        left = everyone
        whole = expression(Term(term.words, whole=True))
        here = frozenset[int]()
        for tier, where, what in (
            (Tier.WORD, "{key name}", whole),
            (Tier.WORD_PREFIX, "{key name}", prefix),
            (Tier.COLUMN, "columns", prefix),
            (Tier.ABOUT, "about", prefix),
        ):
            if not left:
                break
            hits = matching(connection, f"({where} : {what}) AND {together}") & left
            for each in hits:
                weights[each].append(tier)
            left -= hits
            here = here | hits if tier >= Tier.WORD_PREFIX else here
        in_key &= here
    found = combined(weights, len(query.terms))
    named = of_column(query)
    for each in everyone & _named(connection, query.spellings):
        found[each] = max(found[each], named)
    for each in in_key:
        as_name = by_name(query, listing.by_id[each])
        if as_name is not None:
            found[each] = float(as_name)
    return found


def _close(
    connection: Connection, listing: Listing, query: Query
) -> tuple[dict[int, float], tuple[Meant, ...]]:
    """Return who has what the words may have been meant to be, and what that is."""
    meant: list[Meant] = []
    found: dict[int, float] | None = None
    for term in query.terms:
        choices: dict[int, float] = dict.fromkeys(matching(connection, expression(term)), 0.0)
        if len(choices) < _FEW:
            for parts in _mended(connection, term):
                meant += parts
                mended = Term(tuple(word for part in parts for word in part.text.split(" ")))
                slips = sum(part.slips for part in parts)
                for each, weight in _weighed(connection, mended, slips).items():
                    choices[each] = max(weight, choices.get(each, weight))
        found = choices if found is None else _both(found, choices)
    kept = {
        each: Tier.TYPO + weight for each, weight in (found or {}).items() if each in listing.by_id
    }
    for name in query.columns:
        having = with_column(connection, name)
        kept = {each: weight for each, weight in kept.items() if each in having}
    return (kept, tuple(dict.fromkeys(meant))) if meant else ({}, ())


def _mended(connection: Connection, term: Term) -> tuple[tuple[Meant, ...], ...]:
    """Return what a term may have been meant to be: as a whole, or word by word."""
    whole = alternatives(connection, term)
    if whole or len(term.words) == 1:
        return tuple((each,) for each in whole)
    parts: list[Meant] = []
    for word in term.words:
        single = Term((word,))
        if matching(connection, expression(single)):
            parts.append(Meant(word, word, 0))
            continue
        nearest = alternatives(connection, single)
        if not nearest:
            return ()
        parts.append(nearest[0])
    return (tuple(parts),) if any(part.slips for part in parts) else ()


def _weighed(connection: Connection, term: Term, slips: int) -> dict[int, float]:
    wanted = expression(term)
    in_key = matching(connection, f"{{key name}} : {wanted}")
    return {
        each: float((_IN_KEY if each in in_key else 0) - _SLIP * slips)
        for each in matching(connection, wanted)
    }


def _both(one: dict[int, float], other: dict[int, float]) -> dict[int, float]:
    return {each: weight + other[each] for each, weight in one.items() if each in other}


def _named(connection: Connection, names: Iterable[str]) -> frozenset[int]:
    bindings = (codec.encode(tuple(names)).decode(),)
    rows = connection.execute(statements("search")["entries_with_column"], bindings)
    return frozenset(cast(int, row[0]) for row in rows)
