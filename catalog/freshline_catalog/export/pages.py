"""Pages: all that the folder shows, each made by the function that makes it for the server."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

from freshline.lineage.selection import Keys, render
from freshline_catalog.export.places import (
    GATHERED,
    Places,
    asset_file,
    list_file,
    tabs_of,
    thing_file,
)
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.lineage.wanted import Wanted as Near
from freshline_catalog.server.listed import Sort
from freshline_catalog.server.pages import (
    asset,
    asset_checks,
    asset_columns,
    asset_definition,
    asset_history,
    asset_lineage,
    asset_metrics,
    asset_runs,
    assets,
    checks,
    home,
    impact,
    lineage,
    owners,
    runs,
)
from freshline_catalog.server.problems import AbsentError

View = TypeVar("View")
RUNS = 50  # the newest have pages
_ALL = 10_000_000


class Shown(NamedTuple):
    """A page: the file it becomes, the address it has on a server, its template and its view."""

    file: str
    address: str
    template: str
    make: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What there is to show: where all of it lies, and the ids of runs, the newest first."""

    places: Places
    runs: tuple[str, ...]


def contents(asked: Asked) -> Contents:
    """Return what there is to show of a catalog."""
    services = asked.services
    listing = services.searching.listing(asked.connection, services.scope, asked.survey)
    kinds = {row.key: row.kind for row in listing.rows}
    for key in home.home(asked).orphans:
        with suppress(AbsentError):  # of some there is nothing on record
            kinds.setdefault(key, asset.asset(asked, key).head.kind)
    gathered = {
        facet: frozenset(summary.name for summary in made(asked).summaries if summary.name)
        for facet, made in zip(GATHERED, (owners.owners, owners.groups, owners.tags), strict=True)
    }
    found = tuple(row.run for row in _runs(asked).runs)
    return Contents(
        places=Places(assets=kinds, gathered=gathered, runs=frozenset(found)), runs=found
    )


def pages(asked: Asked, found: Contents) -> Iterator[Shown]:
    """Yield every page of the folder."""
    yield Shown(list_file(""), "/", "home", lambda: home.home(asked))
    yield Shown(list_file("assets"), "/assets", "assets", lambda: _assets(asked))
    yield Shown(list_file("checks"), "/checks", "checks", lambda: checks.checks(asked))
    whole = Near()
    yield Shown(list_file("lineage"), "/lineage", "lineage", lambda: lineage.lineage(asked, whole))
    yield from _gathered(asked, found.places)
    yield Shown(list_file("runs"), "/runs", "runs", lambda: _runs(asked))
    for run in found.runs:
        file, address = thing_file("runs", run), f"/runs/{run}"
        yield Shown(file, address, "run", partial(runs.run, asked, run))
    for key, kind in found.places.assets.items():
        yield from _asset(asked, key, kind)


def _asset(asked: Asked, key: str, kind: str) -> Iterator[Shown]:
    made: dict[str, Callable[[], object]] = {
        "columns": lambda: _columns(asked, key),
        "lineage": lambda: asset_lineage.asset_lineage(asked, key, asset_lineage.NearWanted()),
        "runs": lambda: asset_runs.asset_runs(asked, key),
        "checks": lambda: asset_checks.asset_checks(asked, key),
        "metrics": lambda: asset_metrics.asset_metrics(asked, key),
        "definition": lambda: asset_definition.definition(asked, key),
        "history": lambda: asset_history.history(asked, key),
    }
    address = f"/assets/{key}"
    yield Shown(asset_file(key), address, "asset", lambda: asset.asset(asked, key))
    for tab in tabs_of(kind):
        yield Shown(asset_file(key, tab), f"{address}/{tab}", f"asset_{tab}", made[tab])
    yield Shown(asset_file(key, "impact"), "/impact", "impact", lambda: _impact(asked, key))


def _gathered(asked: Asked, places: Places) -> Iterator[Shown]:
    lists = (owners.owners, owners.groups, owners.tags)
    ones = (owners.owner, owners.group, owners.tag)
    for facet, all_, one in zip(GATHERED, lists, ones, strict=True):
        folder = f"{facet}s"
        yield Shown(list_file(folder), f"/{folder}", folder, partial(all_, asked))
        for name in sorted(places.gathered[facet]):
            file = thing_file(folder, name)
            made = partial(_gathering, asked, one, name)
            yield Shown(file, f"/{folder}/{name}", facet, made)


def _gathering(
    asked: Asked, one: Callable[[Asked, str, str], owners.Gathering], name: str
) -> object:
    return _whole(partial(one, asked, name), lambda view: view.assets, "assets")


def _assets(asked: Asked) -> object:
    return assets.assets(asked, assets.Wanted(limit=_ALL, sort=Sort.KEY))


def _columns(asked: Asked, key: str) -> object:
    return _whole(
        lambda at: asset_columns.columns(asked, key, cursor_=at),
        lambda view: view.columns,
        "columns",
    )


def _impact(asked: Asked, key: str) -> object:
    select = render(Keys(pattern=key))
    first = impact.impact(asked, select)
    found, following = first.breaks, first.next
    while found is not None and following:
        more = impact.impact(asked, select, cursor_=following)
        following = more.next
        if more.breaks is not None:
            found = replace(found, hits=(*found.hits, *more.breaks.hits))
    return replace(first, breaks=found, next="")


def _runs(asked: Asked) -> runs.Runs:
    return runs.runs(asked, runs.wanted_by(asked), limit=RUNS)


def _whole(
    made: Callable[[str], View], listed: Callable[[View], tuple[object, ...]], name: str
) -> View:
    """Return the view of a list with all pages of it as one."""
    view = made("")
    rows, following = listed(view), _next(view)
    while following:
        more = made(following)
        rows, following = (*rows, *listed(more)), _next(more)
    changes: dict[str, Any] = {name: rows, "next": ""}
    return cast(View, replace(cast(Any, view), **changes))


def _next(view: object) -> str:
    return cast(str, cast(Any, view).next)
