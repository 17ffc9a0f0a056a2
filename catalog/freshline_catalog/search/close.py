"""Close matches: the words and names that a mistyped one may have been meant to be."""

from collections.abc import Iterable
from typing import NamedTuple, cast

from freshline_catalog.connection import Connection
from freshline_catalog.search.distance import distance, tolerance
from freshline_catalog.search.query import Term
from freshline_catalog.statements import statements

_MOST_LOOKED_AT = 80
_MOST_ALTERNATIVES = 4
_SHORT = 6  # two slips in a word this short may leave no trigram as it was


class Meant(NamedTuple):
    """What a word may have been meant to be: `slips` is how far it is away."""

    typed: str
    text: str
    slips: int


def alternatives(connection: Connection, term: Term) -> tuple[Meant, ...]:
    """Return what a term may have been meant to be, the nearest first."""
    typed = "".join(term.words)
    allowed = tolerance(typed)
    if not allowed:
        return ()
    found: list[tuple[int, int, str]] = []
    for candidate in _candidates(connection, term):
        joined = candidate.replace(" ", "")
        if candidate == term.text:
            continue
        slips = distance(typed, joined, allowed)
        if slips <= allowed:
            found.append((slips, abs(len(joined) - len(typed)), candidate))
        elif len(typed) > 3 and typed in joined:
            found.append((allowed + 1, len(joined), candidate))
    best = sorted(found)[:_MOST_ALTERNATIVES]
    # What is one slip away stands alone: two slips away there is always something.
    nearest = [each for each in best if each[0] <= max(1, best[0][0])] if best else []
    return tuple(Meant(term.text, text, slips) for slips, _, text in nearest)


def nearest(connection: Connection, terms: Iterable[Term], limit: int = 5) -> tuple[str, ...]:
    """Return the known words and names that are least unlike what was asked for."""
    found: list[tuple[int, str]] = []
    for term in terms:
        typed = "".join(term.words)
        most = max(1, len(typed) // 2)
        for candidate in _candidates(connection, term):
            slips = distance(typed, candidate.replace(" ", ""), most)
            if slips <= most:
                found.append((slips, candidate))
    return tuple(dict.fromkeys(text for _, text in sorted(found)))[:limit]


def _candidates(connection: Connection, term: Term) -> Iterable[str]:
    sql = statements("search")
    joined = "".join(term.words)
    parts = {text[at : at + 3] for text in (term.text, joined) for at in range(len(text) - 2)}
    found: dict[str, None] = {}
    if parts:
        wanted = " OR ".join(f'"{part}"' for part in sorted(parts)[:_MOST_LOOKED_AT])
        rows = connection.execute(sql["like_trigrams"], (wanted, _MOST_LOOKED_AT))
        found.update((cast(str, row[0]), None) for row in rows)
    if len(joined) <= _SHORT:
        first, size = joined[0], len(joined)
        bindings = (first, chr(ord(first) + 1), size - 2, size + 2, 4 * _MOST_LOOKED_AT)
        rows = connection.execute(sql["like_beginning"], bindings)
        found.update((cast(str, row[0]), None) for row in rows)
    return found
