"""The listing: what lists, facets and rankings say of every asset, held in memory.

It is made from the tables of one survey and carried on from one event to the next, so it is never
behind the instant that its reader sees. Ten thousand assets take some megabytes.
"""

import gc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from sys import intern
from typing import NamedTuple, cast

from freshline_catalog.connection import Connection
from freshline_catalog.search.words import words
from freshline_catalog.statements import statements

_MOST_SURVEYS = 4


class Lately(NamedTuple):
    """What the log knows of an asset now."""

    target_id: int = 0
    built_at: float | None = None
    row_count: int | None = None
    byte_count: int | None = None
    failed_at: float | None = None
    running: str | None = None
    passed: int = 0
    warned: int = 0
    failing: int = 0


class Listed(NamedTuple):
    """One asset or source as lists know it. `name` is the key folded: `marts.daily orders`.

    `language` is what it is written in, empty where that is nothing; `freshness` what its policy
    says of its age, empty where it has none; `is_files` says that it is files and not rows.
    """

    id: int
    key: str
    kind: str
    status: str
    since: float
    owner: str
    group: str
    stage: str
    storage: str
    upstream: int
    downstream: int
    columns: int
    checks: int
    changed_at: float
    language: str
    freshness: str
    is_files: bool
    name: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All of a survey, as of event `sequence`; the rows stand in the order of their keys."""

    survey: int = 0
    serial: int = 0
    sequence: int = 0
    rows: tuple[Listed, ...] = ()
    by_id: Mapping[int, Listed]
    by_key: Mapping[str, Listed]
    known: Mapping[str, Lately]

    def lately(self, key: str) -> Lately:
        """Return what the log knows of an asset; nothing known is an answer too."""
        return self.known.get(key, _NOTHING)


_NOTHING = Lately()
EMPTY = Listing(by_id={}, by_key={}, known={})


class Listings:
    """Keeps the last listing of each survey; any thread may ask."""

    def __init__(self) -> None:
        self._kept: dict[int, Listing] = {}

    def at(self, connection: Connection, scope: tuple[str, str], survey: int) -> Listing:
        """Return the listing of a survey at the instant in which the connection stands.

        `scope` are project and environment.
        """
        sql = statements("listing")
        rows = connection.execute(sql["serial"], (survey,)).fetchall()
        if not rows:
            return EMPTY
        serial = cast(int, rows[0][0])
        sequence = cast(int, connection.execute(sql["last_sequence"]).fetchall()[0][0])
        kept = self._kept.get(survey)
        if kept is not None and (kept.serial, kept.sequence) == (serial, sequence):
            return kept
        if kept is None or kept.serial != serial:
            known = kept if kept is not None and kept.sequence <= sequence else EMPTY
            listing = replace(
                _read(connection, survey, serial), sequence=known.sequence, known=known.known
            )
        else:
            listing = kept
        if listing.sequence > sequence:  # another request has seen a later instant
            listing = replace(listing, sequence=0, known={})
        listing = _carried_on(connection, scope, listing, sequence)
        if len(self._kept) >= _MOST_SURVEYS:
            self._kept = {}
        is_new = kept is None or kept.serial != serial
        self._kept[survey] = listing
        if is_new:
            settle()
        return listing


def settle() -> None:
    """Keep Python's cyclic collector from walking over what stays until the next survey.

    Walking over ten thousand assets takes longer than most pages.
    """
    gc.collect()
    gc.freeze()


def _read(connection: Connection, survey: int, serial: int) -> Listing:
    sql = statements("listing")
    tags: dict[int, tuple[str, ...]] = {}
    for entry_id, tag in connection.execute(sql["tags"], (survey,)):
        number = cast(int, entry_id)
        tags[number] = (*tags.get(number, ()), intern(cast(str, tag)))
    rows: list[Listed] = []
    for row in connection.execute(sql["entries"], (survey,)):
        fields = tuple(intern(value) if type(value) is str else value for value in row)
        name = ".".join(" ".join(words(part)) for part in cast(str, fields[1]).split("."))
        *told, is_files = fields
        own = tags.get(cast(int, told[0]), ())
        rows.append(Listed._make((*told, bool(is_files), name, own)))
    return Listing(
        survey=survey,
        serial=serial,
        rows=tuple(rows),
        by_id={row.id: row for row in rows},
        by_key=dict(zip(map(attrgetter("key"), rows), rows, strict=True)),
        known={},
    )


def _carried_on(
    connection: Connection, scope: tuple[str, str], listing: Listing, sequence: int
) -> Listing:
    sql = statements("listing")["lately"]
    found = connection.execute(sql, (listing.sequence, *scope)).fetchall()
    known = dict(listing.known) if found else listing.known
    if found:
        fresh = {intern(cast(str, key)): _lately(*rest) for key, *rest in found}
        known = {**known, **fresh}
    return replace(listing, sequence=sequence, known=known)


def _lately(target_id: object, *rest: object) -> Lately:
    built_at, row_count, byte_count, failed_at, running, *checks = rest
    return Lately._make(
        (target_id, built_at, row_count, byte_count, failed_at, running, *(c or 0 for c in checks))
    )
