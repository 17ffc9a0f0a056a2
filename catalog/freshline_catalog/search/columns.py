"""Columns that a query means: every one of them, each with the asset that it belongs to."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, cast

from freshline import codec
from freshline_catalog.connection import Connection
from freshline_catalog.search.facets import pattern
from freshline_catalog.search.finding import matching
from freshline_catalog.search.listing import Listed
from freshline_catalog.search.query import Query, Term, expression
from freshline_catalog.search.reasons import has_name
from freshline_catalog.search.words import words
from freshline_catalog.statements import statements

_MOST_AT_ONCE = 500  # so many assets have their columns read together


class ColumnHit(NamedTuple):
    """A column of an asset; they sort best first: the whole name, its beginning, words in it."""

    tier: int
    name: str
    key: str
    entry_id: int

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands among others, as long as nothing about it changes."""
        return (self.tier, self.name, self.key)


def matching_columns(
    connection: Connection, rows: Sequence[Listed], query: Query
) -> list[ColumnHit]:
    """Return the columns that a query means among those of `rows`, in no order.

    One term at least is in the name; the others may be in the key of the asset.
    """
    kept = {row.id: row.key for row in rows}
    names = _names(connection, query)
    if not names or not kept:
        return []
    in_key = _in_key(connection, query)
    found: list[ColumnHit] = []
    bindings = (codec.encode(sorted(names)).decode(),)
    tiers: dict[str, tuple[int, tuple[int, ...]] | None] = {}
    for row in connection.execute(statements("search")["columns_named"], bindings):
        number, name = cast(tuple[int, str], row)
        key = kept.get(number)
        if key is None:
            continue
        known = tiers[name] if name in tiers else tiers.setdefault(name, _judged(query, name))
        if known is None:
            continue
        tier, missing = known
        if all(number in in_key[term] for term in missing):
            found.append(ColumnHit(tier, name, key, number))
    return found


def count_columns(connection: Connection, rows: Sequence[Listed], query: Query) -> int:
    """Return how many columns `matching_columns` would return."""
    if len(query.terms) + len(query.columns) != 1:
        return len(matching_columns(connection, rows, query))
    # A single term is in every name that it finds: nothing has to be looked at but whose they are.
    kept = {row.id for row in rows}
    bindings = (codec.encode(sorted(_names(connection, query))).decode(),)
    found = connection.execute(statements("search")["entries_named"], bindings).fetchall()
    return sum(map(kept.__contains__, chain.from_iterable(found)))


def best(
    found: Iterable[ColumnHit], after: tuple[int, str, str] | None, limit: int
) -> list[ColumnHit]:
    """Return the first so many columns behind a place, best first."""
    behind = found if after is None else (hit for hit in found if hit.place > after)
    return heapq.nsmallest(limit, behind, key=lambda hit: hit.place)


def all_columns(
    connection: Connection, rows: Sequence[Listed], after: tuple[int, str, str] | None, limit: int
) -> list[ColumnHit]:
    """Return the columns of `rows`, asset by asset in the order of their keys, behind a place."""
    rest = sorted(rows, key=lambda row: row.key)
    if after is not None:
        rest = [row for row in rest if row.key >= after[2]]
    hits: list[ColumnHit] = []
    for hit in _each(connection, rest):
        # Here a key stands before a name, and the name is told by its position.
        if after is None or (hit.key, hit.tier) > (after[2], after[0]):
            hits.append(hit)
        if len(hits) == limit:
            break
    return hits


def _each(connection: Connection, rows: Sequence[Listed]) -> Iterator[ColumnHit]:
    sql = statements("search")["columns_of"]
    for start in range(0, len(rows), _MOST_AT_ONCE):
        some = rows[start : start + _MOST_AT_ONCE]
        by_entry: dict[int, list[str]] = {}
        numbers = (codec.encode([row.id for row in some]).decode(),)
        for number, name, *_ in connection.execute(sql, numbers):
            by_entry.setdefault(cast(int, number), []).append(cast(str, name))
        for row in some:
            for position, name in enumerate(by_entry.get(row.id, ())):
                yield ColumnHit(position, name, row.key, row.id)


def _names(connection: Connection, query: Query) -> set[str]:
    sql = statements("search")
    # A single letter begins too many names to be of use: it has to be all of a word.
    wanted = [
        expression(term._replace(whole=term.whole or len(term.text) < 2)) for term in query.terms
    ]
    found: set[str] | None = None
    if wanted:
        rows = connection.execute(sql["column_names"], (" OR ".join(wanted),))
        found = {cast(str, row[0]) for row in rows}
        spelled = (codec.encode(query.spellings).decode(),)
        found |= {
            cast(str, row[0]) for row in connection.execute(sql["column_names_spelled"], spelled)
        }
    for name in query.columns:
        fitting = _fitting(connection, name)
        found = fitting if found is None else found & fitting
    return found or set()


def _fitting(connection: Connection, name: str) -> set[str]:
    sql = statements("search")
    every = [cast(str, row[0]) for row in connection.execute(sql["column_names_all"])]
    fits = pattern(name.lower())
    exact = {each for each in every if fits.fullmatch(each.lower())}
    found = words(name)
    if exact or not found or "*" in name:
        return exact
    rows = connection.execute(sql["column_names"], (expression(Term(found)),))
    return {cast(str, row[0]) for row in rows}


def _in_key(connection: Connection, query: Query) -> Mapping[int, frozenset[int]]:
    if len(query.terms) < 2:
        return {}
    return {
        number: matching(connection, f"{{key name}} : {expression(term)}")
        for number, term in enumerate(query.terms)
    }


def _judged(query: Query, name: str) -> tuple[int, tuple[int, ...]] | None:
    """Return how well a name fits, and which terms are to be in the key; None without any term."""
    if query.terms and name.lower() in (spelling.lower() for spelling in query.spellings):
        return (0, ())
    has = " ".join(words(name))
    missing = tuple(
        number for number, term in enumerate(query.terms) if not has_name(name, (term.words,))
    )
    if query.terms and len(missing) == len(query.terms):
        return None
    wanted = query.name.replace(".", " ")
    if not query.terms or has == wanted:
        return (0, missing)
    return (1 if has.startswith(wanted) else 2 if not missing else 3, missing)
