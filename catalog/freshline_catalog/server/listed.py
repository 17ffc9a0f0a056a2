"""Rows of lists: assets and columns as lists show them, in the orders that people ask for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from heapq import nsmallest
from typing import NamedTuple, cast

from freshline import codec
from freshline.survey import Status
from freshline_catalog.search.columns import ColumnHit
from freshline_catalog.search.finding import Found
from freshline_catalog.search.listing import Listed, Listing
from freshline_catalog.search.query import Query
from freshline_catalog.search.ranking import score, totals
from freshline_catalog.search.reasons import Because, Reasons, reasons
from freshline_catalog.search.words import Range, marks, words
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.standing import Build, Checks, Facts, Health, Standing, standing
from freshline_catalog.statements import statements

_STRIP = 14
_OUTCOMES = {"materialized": Build.SUCCEEDED, "verified": Build.SUCCEEDED}
_WORST_FIRST = {
    status.value: number
    for number, status in enumerate(
        (
            Status.ASIDE,
            Status.BLOCKED,
            Status.MISSING,
            Status.STALE,
            Status.MAYBE,
            Status.PAUSED,
            Status.PINNED,
            Status.FRESH,
            Status.SOURCE,
        ),
        start=2,
    )
}
_NO_REASONS = Reasons()


class Sort(StrEnum):
    """The order of a list."""

    RELEVANCE = "relevance"
    KEY = "key"
    BUILT = "built"  # latest first
    DOWNSTREAM = "downstream"  # those that most hangs on first
    STATUS = "status"  # worst first


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one attempt to make an asset ended, in a strip of the last ones.

    `unchanged` where what is there was found to be what a rebuild would give.
    """

    at: float
    outcome: Build
    run: str
    unchanged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The parts of a score."""

    matched: float
    coverage: float
    downstream: float
    lifecycle: float
    kind: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRow:
    """An asset in a list. `attempts` are the last ones, latest first.

    `marks` say what of the key matched and `because` what else; `more_columns` matched besides
    those named. `is_close` where it was found by a word that is only like the one asked for.
    """

    key: str
    kind: str
    language: str
    freshness: str
    is_files: bool
    standing: Standing
    since: float
    owner: str
    group: str
    tags: tuple[str, ...]
    stage: str
    storage: str
    built_at: float | None
    row_count: int | None
    byte_count: int | None
    upstream: int
    downstream: int
    columns: int
    attempts: tuple[Attempt, ...] = ()
    marks: tuple[Range, ...] = ()
    because: tuple[Because, ...] = ()
    more_columns: int = 0
    is_close: bool = False
    score: Explained | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRow:
    """A column in a list, with the asset that it belongs to."""

    key: str
    name: str
    type: str
    description: str
    marks: tuple[Range, ...] = ()
    stage: str = ""
    owner: str = ""


class Ranked(NamedTuple):
    """An asset with what it sorts by; among equals the key decides."""

    rank: float
    key: str
    row: Listed


def ordered(
    listing: Listing, rows: Sequence[Listed], by: Sort, query: Query, found: Found
) -> list[Ranked]:
    """Return assets with what they sort by, in no order."""
    rank = _rank(listing, by, query, found)
    if rank is None:
        return [Ranked(0.0, row.key, row) for row in rows]
    return [Ranked(rank(row), row.key, row) for row in rows]


def first(ranked: Sequence[Ranked], after: tuple[float, str] | None, limit: int) -> list[Ranked]:
    """Return the first so many behind a place."""
    behind = ranked if after is None else [each for each in ranked if each[:2] > after]
    return nsmallest(limit, behind, key=lambda each: each[:2])


def asset_rows(
    asked: Asked,
    listing: Listing,
    rows: Sequence[Listed],
    searched: tuple[Query, Found] | None = None,
    explain: bool = False,
) -> tuple[AssetRow, ...]:
    """Return assets as lists show them; `searched` is what they were found by."""
    query, found = searched or (Query(), Found(rows=()))
    why = reasons(asked.connection, rows, query, (each.text for each in found.meant))
    strips = _strips(asked, listing, rows)
    made: list[AssetRow] = []
    for row in rows:
        lately, because = listing.lately(row.key), why.get(row.id, _NO_REASONS)
        made.append(
            AssetRow(
                key=row.key,
                kind=row.kind,
                language=row.language,
                freshness=row.freshness,
                is_files=row.is_files,
                standing=standing_of(listing, row),
                since=row.since,
                owner=row.owner,
                group=row.group,
                tags=row.tags,
                stage=row.stage,
                storage=row.storage,
                built_at=lately.built_at,
                row_count=lately.row_count,
                byte_count=lately.byte_count,
                upstream=row.upstream,
                downstream=row.downstream,
                columns=row.columns,
                attempts=strips.get(lately.target_id, ()),
                marks=because.key,
                because=because.because,
                more_columns=because.more,
                is_close=row.id in found.close,
                score=_explained(query, found, row) if explain else None,
            )
        )
    return tuple(made)


def column_rows(
    asked: Asked, listing: Listing, hits: Sequence[ColumnHit], query: Query
) -> tuple[ColumnRow, ...]:
    """Return columns as lists show them."""
    numbers = (codec.encode(sorted({hit.entry_id for hit in hits})).decode(),)
    found = asked.connection.execute(statements("search")["columns_of"], numbers)
    known = {(number, name): (type, said) for number, name, type, said in found}
    single = [word for term in query.terms for word in term.words]
    single += [word for name in query.columns for word in words(name)]
    made: list[ColumnRow] = []
    for hit in hits:
        type, said = cast(tuple[str, str], known[hit.entry_id, hit.name])
        row = listing.by_id[hit.entry_id]
        made.append(
            ColumnRow(
                key=hit.key,
                name=hit.name,
                type=type,
                description=said,
                marks=marks(hit.name, single),
                stage=row.stage,
                owner=row.owner,
            )
        )
    return tuple(made)


def standing_of(listing: Listing, row: Listed) -> Standing:
    """Return how an asset stands."""
    lately = listing.lately(row.key)
    return standing(
        Facts(
            status=Status(row.status),
            built_at=lately.built_at,
            failed_at=lately.failed_at,
            running=lately.running,
            checks=Checks(passed=lately.passed, warned=lately.warned, failing=lately.failing),
        )
    )


def health_of(listing: Listing, row: Listed) -> Health:
    """Return the roll-up of how an asset stands; there are few ways to, so each is told once."""
    lately = listing.lately(row.key)
    flags = (lately.built_at, lately.failed_at, lately.running)
    checks = (lately.passed, lately.warned, lately.failing)
    return _health(
        row.status, tuple(flag is not None for flag in flags), tuple(n > 0 for n in checks)
    )


@lru_cache(maxsize=1024)
def _health(status: str, flags: tuple[bool, ...], checks: tuple[bool, ...]) -> Health:
    built, failed, running = flags
    passed, warned, failing = map(int, checks)
    facts = Facts(
        status=Status(status),
        built_at=0.0 if built else None,
        failed_at=0.0 if failed else None,
        running="" if running else None,
        checks=Checks(passed=passed, warned=warned, failing=failing),
    )
    return standing(facts).health


def _rank(
    listing: Listing, by: Sort, query: Query, found: Found
) -> Callable[[Listed], float] | None:
    match by:
        case Sort.RELEVANCE:
            weights, total = found.weights, totals(query)
            return (lambda row: -total(row, weights[row.id])) if weights else None
        case Sort.KEY:
            return None
        case Sort.BUILT:
            return lambda row: -(listing.lately(row.key).built_at or 0.0)
        case Sort.DOWNSTREAM:
            return lambda row: -float(row.downstream)
        case Sort.STATUS:
            return lambda row: _severity(listing, row)


def _severity(listing: Listing, row: Listed) -> float:
    lately = listing.lately(row.key)
    if lately.failed_at is not None:
        return 0.0
    return 1.0 if lately.failing else float(_WORST_FIRST[row.status])


def _explained(query: Query, found: Found, row: Listed) -> Explained | None:
    if row.id not in found.weights:
        return None
    parts = score(query, row, found.weights[row.id])
    return Explained(
        matched=parts.matched,
        coverage=parts.coverage,
        downstream=parts.downstream,
        lifecycle=parts.lifecycle,
        kind=parts.kind,
        total=parts.total,
    )


def _strips(
    asked: Asked, listing: Listing, rows: Sequence[Listed]
) -> Mapping[int, tuple[Attempt, ...]]:
    targets = [listing.lately(row.key).target_id for row in rows]
    numbers = codec.encode([target for target in targets if target]).decode()
    found: dict[int, list[Attempt]] = {}
    for row in asked.connection.execute(statements("listing")["strips"], (numbers, _STRIP)):
        target, at, kind, run = cast(tuple[int, float, str, str], row)
        outcome = _OUTCOMES.get(kind, Build.FAILED)
        attempt = Attempt(at=at, outcome=outcome, run=run, unchanged=kind == "verified")
        found.setdefault(target, []).append(attempt)
    return {target: tuple(attempts) for target, attempts in found.items()}
