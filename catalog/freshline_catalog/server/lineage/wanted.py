"""What a page of lineage is asked for, and the address under which it is had."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Annotated, cast
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BeforeValidator, Field

from freshline_catalog.server.moments import none_if_blank

DEEPEST = 99  # as good as all
_LONGEST = 20_000
_KEY = 500

Blank = BeforeValidator(none_if_blank)
_Hops = Annotated[int, Field(ge=0, le=DEEPEST)]
Upstream = Annotated[_Hops | None, Blank, Query(description="How many hops upstream")]
Downstream = Annotated[_Hops | None, Blank, Query(description="How many hops downstream")]


class View(StrEnum):
    """How lineage is shown; without a choice as a graph, and as a table where there is no room."""

    GRAPH = "graph"
    TABLE = "table"


class Only(StrEnum):
    """Which assets are shown besides those in focus."""

    STALE = "stale"  # and blocked or never built
    FAILED = "failed"  # and with failing checks or errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A part of the lineage: what is in focus, how far around it, and how it is shown.

    `select` is a selection; without one all of the project is meant. `up` and `down` are hops, two
    where nothing is said and one asset is in focus, else none. With `from` and `to` it is what lies
    on the paths between two assets. `closed` are the groups drawn as one node; one empty name
    closes none, and where nothing is said they close where there is much. `column` is `KEY.COLUMN`:
    then only what that column is made from and goes into is shown, `rows` says whether what only
    decides about rows counts.
    """

    select: Annotated[str, Query(max_length=_LONGEST, description="An asset, or a selection")] = ""
    up: Upstream = None
    down: Downstream = None
    view: Annotated[View | None, Blank, Query(description="A graph or a table")] = None
    closed: Annotated[
        tuple[str, ...] | None, Query(max_length=1000, description="Groups drawn as one node")
    ] = None
    only: Annotated[Only | None, Blank, Query(description="What is left besides the focus")] = None
    external: Annotated[bool, Query(description="Whether sources are shown")] = True
    start: Annotated[str, Query(max_length=_KEY, alias="from", description="Where paths begin")] = (
        ""
    )
    end: Annotated[str, Query(max_length=_KEY, alias="to", description="Where paths end")] = ""
    find: Annotated[str, Query(max_length=_KEY, description="A part of a key to be found")] = ""
    column: Annotated[
        str, Query(max_length=2 * _KEY, description="One column to trace, KEY.COLUMN")
    ] = ""
    rows: Annotated[
        bool, Query(description="Whether a trace tells what only decides about rows")
    ] = True
    cursor: Annotated[
        str, Query(max_length=2 * _KEY, description="Where a page of the table begins")
    ] = ""


_NAMES = {"start": "from", "end": "to"}
_DEFAULTS = Wanted()


def query(wanted: Wanted, **changes: object) -> str:
    """Return the query of an address for what is wanted, with some of it another."""
    changed = replace(wanted, cursor="")
    changed = replace(changed, **changes)  # type: ignore[arg-type]
    pairs: list[tuple[str, str]] = []
    for field in fields(changed):
        value: object = getattr(changed, field.name)
        if value == getattr(_DEFAULTS, field.name):
            continue
        name = _NAMES.get(field.name, field.name)
        if isinstance(value, list | tuple):
            pairs += [(name, str(each)) for each in cast("list[object]", value) or ("",)]
        else:
            pairs.append((name, str(int(value)) if isinstance(value, bool) else str(value)))
    return f"?{urlencode(pairs)}" if pairs else ""


def toggled(closed: Iterable[str], group: str) -> tuple[str, ...]:
    """Return the closed groups with one of them open, or one more; an empty name for none."""
    return tuple(sorted(frozenset(closed) ^ {group})) or ("",)
