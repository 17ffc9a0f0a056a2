"""Selections in the search box: the language of the command line, asked of the catalog's tables."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from freshline import codec
from freshline.errors import UsageError
from freshline.lineage.selection import (
    And,
    Facet,
    Not,
    Or,
    Reach,
    Selectable,
    Selection,
    parse,
    resolve,
)
from freshline.suggest import closest
from freshline.survey import Status
from freshline_catalog.connection import Connection
from freshline_catalog.search.facets import values
from freshline_catalog.search.listing import Listing, settle
from freshline_catalog.search.query import FACETS
from freshline_catalog.statements import statements

LONGEST = 2000
# What the command line calls stale is here told apart.
_STATES = {
    Status.FRESH: "fresh",
    Status.STALE: "stale",
    Status.MAYBE: "stale",
    Status.BLOCKED: "stale",
    Status.MISSING: "missing",
    Status.PINNED: "pinned",
    Status.PAUSED: "paused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a text is no selection: `at` is what it is about, a line with a caret, or empty."""

    message: str
    at: str
    help: str


class Selecting:
    """Keeps for the last survey what selections are resolved in; any thread may ask."""

    def __init__(self) -> None:
        self._kept: tuple[int, int, Selectable] | None = None

    def select(
        self, connection: Connection, listing: Listing, text: str
    ) -> frozenset[str] | Trouble:
        """Return the keys that a text selects, or what is wrong with it."""
        try:
            return self.resolve(connection, listing, text)
        except UsageError as error:
            message, _, at = str(error.message).partition("\n")
            return Trouble(message=message, at=at, help=error.help)

    def resolve(self, connection: Connection, listing: Listing, text: str) -> frozenset[str]:
        """Return the keys that a text selects; UsageError points at what is wrong with it."""
        selection = parse(text)
        return resolve(selection, self._subject(connection, listing, selection))

    def lasting(self, connection: Connection, listing: Listing) -> Selectable:
        """Return what can be selected from, without what changes between two surveys.

        `upstream` has each of the keys, also those that read nothing.
        """
        kept = self._kept
        if kept is None or kept[:2] != (listing.survey, listing.serial):
            kept = (listing.survey, listing.serial, _lasting(connection, listing))
            self._kept = kept
            settle()
        return kept[2]

    def _subject(
        self, connection: Connection, listing: Listing, selection: Selection
    ) -> Selectable:
        lasting = self.lasting(connection, listing)
        asked = {facet.method for facet in _facets(selection)}
        more: dict[str, Mapping[str, frozenset[str]]] = {}
        for name in sorted(asked & {"status", "checks"}):
            more[name] = _said(listing, name)
        if "changed" in asked:
            wanted = {f.value for f in _facets(selection) if f.method == "changed"}
            more["changed"] = _seeing(connection, listing, wanted)
        if "column" in asked:
            wanted = {f.value for f in _facets(selection) if f.method == "column"}
            more["column"] = _having(connection, listing, wanted)
        return Selectable(
            keys=lasting.keys,
            upstream=lasting.upstream,
            downstream=lasting.downstream,
            facets={**lasting.facets, **more},
            files=lasting.files,
        )


def _lasting(connection: Connection, listing: Listing) -> Selectable:
    sql = statements("listing")
    upstream: dict[str, list[str]] = {row.key: [] for row in listing.rows}
    downstream: dict[str, list[str]] = {}
    for row in connection.execute(sql["edges"], (listing.survey,)):
        reader, read = cast(tuple[str, str], row)
        upstream.setdefault(reader, []).append(read)
        downstream.setdefault(read, []).append(reader)
    files: dict[str, list[str]] = {}
    for row in connection.execute(sql["files"], (listing.survey,)):
        file, key = cast(tuple[str, str], row)
        files.setdefault(file, []).append(key)
    still = ("group", "owner", "tag", "kind", "language", "freshness", "lifecycle", "storage")
    states: dict[str, set[str]] = {name: set() for name in _STATES.values()}
    for listed in listing.rows:
        state = _STATES.get(Status(listed.status))
        if state is not None:
            states[state].add(listed.key)
    return Selectable(
        keys=tuple(row.key for row in listing.rows),
        upstream=upstream,
        downstream=downstream,
        facets={name: _said(listing, name) for name in still} | {"state": _frozen(states)},
        files=files,
    )


def _said(listing: Listing, facet: str) -> Mapping[str, frozenset[str]]:
    assert facet in FACETS
    found: dict[str, set[str]] = {}
    said = values(listing, facet)
    for row in listing.rows:
        for value in said(row):
            found.setdefault(value, set()).add(row.key)
    return _frozen(found)


def _seeing(
    connection: Connection, listing: Listing, wanted: Iterable[str]
) -> Mapping[str, frozenset[str]]:
    """Return by `key.column`, in lower case, the entries that see a column.

    Only for the keys that are asked about, or, where one is not known, those it may be meant for.
    """
    sql = statements("listing")
    keys: set[str] = set()
    for value in wanted:
        key = value.lower().rpartition(".")[0]
        if "*" in value:
            keys.update(listing.by_key)
        elif key in listing.by_key:
            keys.add(key)
        else:
            keys.update(closest(key, listing.by_key, limit=3))
    found: dict[str, set[str]] = {}
    columns: dict[str, list[str]] = {}
    bindings = (listing.survey, codec.encode(sorted(keys)).decode())
    for row in connection.execute(sql["columns_of_keys"], bindings):
        key, name = cast(tuple[str, str], row)
        columns.setdefault(key, []).append(name)
        found[f"{key}.{name}".lower()] = set()
    for row in connection.execute(sql["windows"], bindings):
        reader, upstream, seen = cast(tuple[str, str, str | None], row)
        named = columns.get(upstream, []) if seen is None else codec.decode(seen, tuple[str, ...])
        for name in named:
            found.setdefault(f"{upstream}.{name}".lower(), set()).add(reader)
    return _frozen(found)


def _having(
    connection: Connection, listing: Listing, wanted: Iterable[str]
) -> Mapping[str, frozenset[str]]:
    """Return the entries by name of a column, as it is written in `wanted` where it is there."""
    names = sorted(wanted)
    found: dict[str, set[str]] = {}
    if any("*" in name for name in names):
        for row in connection.execute(statements("listing")["column_keys"], (listing.survey,)):
            found.setdefault(cast(str, row[1]), set()).add(cast(str, row[0]))
    spelled = {name.lower(): name for name in names}
    bindings = (listing.survey, codec.encode(names).decode())
    for row in connection.execute(statements("listing")["columns_of_names"], bindings):
        name, key = cast(tuple[str, str], row)
        found.setdefault(spelled.get(name.lower(), name), set()).add(key)
    if not all(name in found or "*" in name for name in names):
        # For "did you mean": what is known, without saying of whom.
        for row in connection.execute(statements("search")["column_names_all"]):
            found.setdefault(cast(str, row[0]), set())
    return _frozen(found)


def _frozen(found: Mapping[str, set[str]]) -> Mapping[str, frozenset[str]]:
    return {value: frozenset(keys) for value, keys in found.items()}


def _facets(selection: Selection) -> Iterator[Facet]:
    match selection:
        case Facet():
            yield selection
        case Reach() | Not():
            yield from _facets(selection.of)
        case And() | Or():
            for part in selection.parts:
                yield from _facets(part)
        case _:
            pass
