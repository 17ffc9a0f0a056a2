"""The feed: what happened, read from the one sequence in which the catalog records it.

Sequences are given out in the order of commits, so whoever has seen all up to one of them has
missed nothing before it. A stretch that is looked through is bounded, and an answer says how far
it reached: with a filter that little fits, one asks again from there.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple, cast

import msgspec

from freshline import codec
from freshline.events import KINDS
from freshline.secrets import without_secrets
from freshline_catalog.connection import Connection, Row
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.news import Moment
from freshline_catalog.server.problems import InvalidError
from freshline_catalog.server.services import Scope
from freshline_catalog.statements import statements

MOST = 1000
STRETCH = 50_000
HIGHEST = 2**62
_WHOLE: tuple[list[object], ...] = ([None, False], [None])  # a window on all; old ones are shorter
# So many assets are looked up one by one; for more, the stretch is walked.
_FEW = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event: its place in the sequence, what it is about, and what can be said in a word.

    `at` is unix seconds. `version`, `code_version`, `data_version` and `rows` are those of what
    was published. `payload` is the whole event where it was asked for.
    """

    sequence: int
    at: float
    kind: str
    run: str
    asset: str
    partition: str
    actor: str = ""
    outcome: str = ""
    message: str = ""
    version: int | None = None
    rows: int | None = None
    code_version: str = ""
    data_version: str = ""
    payload: dict[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Events behind a sequence, oldest first.

    `position` is how far was looked: ask for what is behind it next. `more` says that there is
    something behind it already.
    """

    events: tuple[Happened, ...]
    position: int
    more: bool


class Filter(NamedTuple):
    """Which events are wanted: of some assets (None for all), of one run, of some kinds."""

    assets: Collection[str] | None = None
    run: str = ""
    kinds: tuple[str, ...] = ()
    payload: bool = False


def moment(connection: Connection, scope: Scope) -> Moment:
    """Return how far the catalog is at this instant."""
    rows = connection.execute(statements("feed")["last"], scope).fetchall()
    return Moment(*cast(tuple[int, int, int], rows[0]))


def last_of(asked: Asked) -> Moment:
    """Return how far the catalog is at the instant of a request."""
    return moment(asked.connection, asked.services.scope)


def forward(asked: Asked, wanted: Filter, after: int, limit: int) -> Events:
    """Return the events behind `after`, oldest first."""
    last = last_of(asked).sequence
    reach = last if _has_index(wanted) else min(last, after + STRETCH)
    rows = _rows(asked, "forward", wanted, (after, reach, limit))
    is_full = len(rows) == limit
    position = cast(int, rows[-1][0]) if is_full else max(after, reach)
    found = tuple(_happened(row, wanted.payload) for row in rows)
    return Events(events=found, position=position, more=position < last)


def back(asked: Asked, wanted: Filter, before: int, limit: int) -> tuple[tuple[Happened, ...], int]:
    """Return the events up to `before`, newest first, and before which to go on; 0 for nowhere."""
    before = min(before, last_of(asked).sequence + 1)
    reach = 0 if _has_index(wanted) else max(0, before - 1 - STRETCH)
    rows = _rows(asked, "back", wanted, (reach, before - 1, limit))
    following = cast(int, rows[-1][0]) if len(rows) == limit else reach + 1
    found = tuple(_happened(row, wanted.payload) for row in rows)
    return found, following if following > 1 else 0


def known_kinds(kinds: Collection[str]) -> tuple[str, ...]:
    """Return the kinds that are named, each once; InvalidError for one that there is not."""
    named = tuple(dict.fromkeys(kind for kind in kinds if kind))
    if set(named) - set(KINDS):
        raise InvalidError(
            "there is no event of such a kind", help=f"there are {', '.join(sorted(KINDS))}"
        )
    return named


def _has_index(wanted: Filter) -> bool:
    return bool(wanted.run) or (wanted.assets is not None and len(wanted.assets) <= _FEW)


def _rows(asked: Asked, direction: str, wanted: Filter, stretch: tuple[int, int, int]) -> list[Row]:
    name, (after, reach, limit) = direction, stretch
    bindings: list[str | int | None] = [after, reach, *asked.services.scope]
    bindings.append(codec.encode(wanted.kinds).decode() if wanted.kinds else None)
    assets = None if wanted.assets is None else sorted(wanted.assets)
    bindings += [None if assets is None else codec.encode(assets).decode(), limit]
    if wanted.run:
        name += "_of_run"
        bindings.append(wanted.run)
    elif _has_index(wanted):
        name += "_of_assets"
    return asked.connection.execute(statements("feed")[name], bindings).fetchall()


def _happened(row: Row, with_payload: bool) -> Happened:
    sequence, at, kind, run, asset, partition, body = cast(
        tuple[int, float, str, str, str, str, str], row
    )
    said = cast("dict[str, object]", msgspec.json.decode(body))
    version, data_version = _version(said)
    return Happened(
        sequence=sequence,
        at=at,
        kind=kind,
        run=run,
        asset=asset,
        partition=partition,
        actor=str(said.get("actor", "")),
        outcome=str(said.get("outcome", "")),
        message=str(said.get("message") or said.get("reason") or said.get("why") or ""),
        version=cast(int | None, version.get("number")),
        rows=None if version.get("query") else cast(int | None, version.get("rows")),
        code_version=str(_trace(said).get("code_version", "")),
        data_version=str(said.get("data_version", "") or data_version),
        payload=cast("dict[str, object]", without_secrets(said)) if with_payload else None,
    )


def _trace(said: dict[str, object]) -> dict[str, object]:
    build = cast("dict[str, object]", said.get("build") or {})
    return cast("dict[str, object]", build.get("trace") or {})


def _version(said: dict[str, object]) -> tuple[dict[str, object], str]:
    """Return the version that an event published, if any, and the hash of its whole content."""
    build = cast("dict[str, object]", said.get("build") or {})
    outputs = cast("list[list[object]]", _trace(said).get("outputs") or [])
    whole = next((str(output[1]) for output in outputs if output[0] in _WHOLE), "")
    return cast("dict[str, object]", build.get("version") or {}), whole
