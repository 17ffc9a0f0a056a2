"""Owners, groups and tags: all there are with how their assets stand, and one with its assets."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Query

from freshline import codec
from freshline.suggest import closest
from freshline.survey import Owner, Survey
from freshline_catalog.search import query
from freshline_catalog.search.finding import Found
from freshline_catalog.search.listing import Listed, Listing
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.cursors import cursor, place
from freshline_catalog.server.listed import AssetRow, Sort, asset_rows, first, health_of, ordered
from freshline_catalog.server.page import Page
from freshline_catalog.server.problems import AbsentError
from freshline_catalog.server.reading import Reading
from freshline_catalog.statements import statements

_LIMIT = 50
Contacts = Mapping[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How the assets of one owner, group or tag stand: how many are of which health and status.

    `failed`, `failing` and `warned` count the assets whose last attempt failed, of which checks
    fail, and of which they warn. An empty name is for assets of which nothing is said.
    """

    name: str
    count: int
    health: Mapping[str, int]
    statuses: Mapping[str, int]
    failed: int = 0
    failing: int = 0
    warned: int = 0
    contacts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All owners, groups or tags, those with most assets first. `facet` says which of them."""

    facet: str
    summaries: tuple[Summary, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """One owner, group or tag with its assets, worst first. `next` leads to the next page."""

    facet: str
    summary: Summary
    assets: tuple[AssetRow, ...]
    next: str = ""


def owners(asked: Reading) -> Gathered:
    """List owners with how their assets stand."""
    return _gathered(asked, "owner", _contacts(asked))


def groups(asked: Reading) -> Gathered:
    """List groups with how their assets stand."""
    return _gathered(asked, "group")


def tags(asked: Reading) -> Gathered:
    """List tags with how the assets that have them stand."""
    return _gathered(asked, "tag")


Cursor = Annotated[str, Query(alias="cursor", max_length=4000)]


def owner(asked: Reading, name: str, at: Cursor = "") -> Gathering:
    """Show one owner with contacts and assets."""
    return _gathering(asked, "owner", name, at)


def group(asked: Reading, name: str, at: Cursor = "") -> Gathering:
    """Show one group with its assets."""
    return _gathering(asked, "group", name, at)


def tag(asked: Reading, name: str, at: Cursor = "") -> Gathering:
    """Show one tag with the assets that have it."""
    return _gathering(asked, "tag", name, at)


_SAID: Mapping[str, Callable[[Listed], tuple[str, ...]]] = {
    "owner": lambda row: (row.owner,),
    "group": lambda row: (row.group,),
    "tag": lambda row: row.tags,
}


def _gathered(asked: Asked, facet: str, contacts: Contacts | None = None) -> Gathered:
    listing, told = _listing(asked), contacts or {}
    rows: dict[str, list[Listed]] = {name: [] for name in told}
    said = _SAID[facet]
    for row in listing.rows:
        for name in said(row):
            rows.setdefault(name, []).append(row)
    made = [_summary(listing, name, found, told.get(name, ())) for name, found in rows.items()]
    # Nobody's assets come last: they belong to none of the others.
    made.sort(key=lambda each: (not each.name, -each.count, each.name))
    return Gathered(facet=facet, summaries=tuple(made))


def _gathering(asked: Asked, facet: str, name: str, at: str) -> Gathering:
    listing, said = _listing(asked), _SAID[facet]
    contacts: Contacts = _contacts(asked) if facet == "owner" else {}
    rows = [row for row in listing.rows if name in said(row)] if name else []
    if not rows and name not in contacts:
        known = sorted({value for row in listing.rows for value in said(row)} - {""})
        near = closest(name, known)
        hint = f'did you mean "{near[0]}"?' if near else f"see all of them: {facet}s"
        raise AbsentError(f"there is no {facet} of this name", help=hint)
    after = cast("tuple[float, str] | None", place(at, float, str) if at else None)
    ranked = ordered(listing, rows, Sort.STATUS, query.Query(), Found(rows=()))
    found = first(ranked, after, _LIMIT + 1)
    shown = found[:_LIMIT]
    return Gathering(
        facet=facet,
        summary=_summary(listing, name, rows, contacts.get(name, ())),
        assets=asset_rows(asked, listing, [each.row for each in shown]),
        next=cursor(shown[-1].rank, shown[-1].key) if len(found) > len(shown) else "",
    )


def _listing(asked: Asked) -> Listing:
    services = asked.services
    return services.searching.listing(asked.connection, services.scope, asked.survey)


def _summary(
    listing: Listing, name: str, rows: Sequence[Listed], contacts: tuple[tuple[str, str], ...]
) -> Summary:
    known = [listing.lately(row.key) for row in rows]
    health = Counter(health_of(listing, row).value for row in rows)
    return Summary(
        name=name,
        count=len(rows),
        health=dict(sorted(health.items())),
        statuses=dict(sorted(Counter(row.status for row in rows).items())),
        failed=sum(lately.failed_at is not None for lately in known),
        failing=sum(lately.failing > 0 for lately in known),
        warned=sum(lately.warned > 0 for lately in known),
        contacts=contacts,
    )


def _contacts(asked: Asked) -> Contacts:
    rows = asked.connection.execute(
        statements("listing")["survey_body"], (asked.survey,)
    ).fetchall()
    if not rows:
        return {}
    told: tuple[Owner, ...] = codec.decode(cast(str, rows[0][0]), Survey).owners
    return {each.name: each.contacts for each in told}


PAGES = (
    Page(path="/owners", make=owners, template="owners.html"),
    Page(path="/owners/{name:path}", make=owner, template="owner.html"),
    Page(path="/groups", make=groups, template="groups.html"),
    Page(path="/groups/{name:path}", make=group, template="group.html"),
    Page(path="/tags", make=tags, template="tags.html"),
    Page(path="/tags/{name:path}", make=tag, template="tag.html"),
)
