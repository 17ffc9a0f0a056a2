"""What is around an asset: its neighbours, all that it comes from, and all that hangs on it."""

from dataclasses import dataclass
from typing import cast

from freshline.survey import EntryKind, Status
from freshline_catalog.connection import Row
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.standing import Checks, Facts, Standing, standing
from freshline_catalog.statements import statements

MOST_NEIGHBOURS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An asset one edge away."""

    key: str
    kind: EntryKind
    owner: str
    built_at: float | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerReach:
    """How many assets of one owner hang on an asset; the owner is empty where nobody owns them."""

    owner: str
    assets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The neighbours of an asset, some of many; and counts over any number of edges.

    `sources` and `above` are what it comes from, `below` who hangs on it, by owner.
    """

    upstreams: tuple[Neighbour, ...]
    readers: tuple[Neighbour, ...]
    sources: int
    above: int
    below: tuple[OwnerReach, ...]


def around(asked: Asked, number: int) -> Around:
    """Return what is around the entry of a number."""
    sql, connection = statements("asset"), asked.connection
    bindings = (number, *asked.services.scope, MOST_NEIGHBOURS)
    kinds = {
        str(kind): int(count or 0) for kind, count in connection.execute(sql["above"], (number,))
    }
    below = connection.execute(sql["below"], (number,)).fetchall()
    sources = kinds.pop(EntryKind.SOURCE.value, 0)
    return Around(
        upstreams=tuple(map(neighbour, connection.execute(sql["upstreams"], bindings))),
        readers=tuple(map(neighbour, connection.execute(sql["readers"], bindings))),
        sources=sources,
        above=sum(kinds.values()),
        below=tuple(OwnerReach(owner=str(owner), assets=int(n or 0)) for owner, n in below),
    )


def neighbour(row: Row) -> Neighbour:
    """Return an asset from a row: key, kind, status, owner, since when gone, and its figures."""
    key, kind, status, owner = cast("tuple[str, str, str, str]", row[:4])
    gone, built_at, failed_at = cast("tuple[float | None, float | None, float | None]", row[4:7])
    passed, warned, failing = cast("tuple[int | None, int | None, int | None]", row[8:11])
    facts = Facts(
        status=Status(status),
        built_at=built_at,
        failed_at=failed_at,
        running=cast("str | None", row[7]),
        checks=Checks(passed=passed or 0, warned=warned or 0, failing=failing or 0),
        gone=gone,
    )
    return Neighbour(
        key=key, kind=EntryKind(kind), owner=owner, built_at=built_at, standing=standing(facts)
    )
