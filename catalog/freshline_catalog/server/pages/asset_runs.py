"""Runs of one asset: its versions with why each was made, and two of them side by side."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query

from freshline_catalog.server.assets.head import Head, found
from freshline_catalog.server.builds import history
from freshline_catalog.server.builds.comparing import Differences, differences
from freshline_catalog.server.builds.history import Attempted
from freshline_catalog.server.cursors import cursor, sequence_in
from freshline_catalog.server.entries import state_of
from freshline_catalog.server.page import Page
from freshline_catalog.server.problems import AbsentError, InvalidError
from freshline_catalog.server.reading import Reading

Key = Annotated[str, Path(max_length=200, description="The asset's key")]
Number = Annotated[int, Query(ge=1, le=1_000_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRuns:
    """A page of the attempts on an asset, newest first.

    `current` is the number of its current version, `pinned` says that it is kept there. `numbers`
    are versions that can be compared, `removed` those whose rows are gone.
    """

    head: Head
    attempts: tuple[Attempted, ...]
    current: int | None
    pinned: bool
    numbers: tuple[int, ...]
    removed: tuple[int, ...]
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two versions of an asset side by side."""

    head: Head
    differences: Differences
    numbers: tuple[int, ...]


def asset_runs(
    asked: Reading,
    key: Key,
    cursor_: Annotated[
        str, Query(alias="cursor", max_length=400, description="Where the page before ended")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
) -> AssetRuns:
    """List the versions of an asset with why each was made, and the attempts that failed."""
    known = found(asked, key)
    state = state_of(asked, key)
    before = sequence_in(cursor_) if cursor_ else history.LAST
    attempts = history.attempts_of(asked, key, before=before, limit=limit + 1)
    shown = attempts[:limit]
    return AssetRuns(
        head=known.head,
        attempts=shown,
        current=state.build.version.number if state.build is not None else None,
        pinned=state.pin is not None and state.pin.holds(asked.now),
        numbers=history.numbers_of(asked, key),
        removed=tuple(sorted(history.removed_of(asked, key))),
        next=cursor(shown[-1].sequence) if len(attempts) > limit else "",
    )


def compare(
    asked: Reading,
    key: Key,
    before: Annotated[
        int | None, Query(alias="from", ge=1, le=1_000_000_000, description="The one version")
    ] = None,
    after: Annotated[
        int | None, Query(alias="to", ge=1, le=1_000_000_000, description="The other version")
    ] = None,
) -> Compared:
    """Compare two versions of an asset: columns, sizes, inputs and text."""
    known = found(asked, key)
    numbers = history.numbers_of(asked, key)
    if len(numbers) < 2:
        raise InvalidError(
            "it has fewer than two versions", help="the next one can be compared with this one"
        )
    after = numbers[0] if after is None else after
    if before is None:
        before = next((number for number in numbers if number < after), numbers[-1])
    old, new = history.numbered(asked, key, before), history.numbered(asked, key, after)
    if old is None or new is None:
        raise AbsentError("it has no version of this number", help="see its runs")
    return Compared(
        head=known.head,
        differences=differences(old[0], new[0], (old[1], new[1])),
        numbers=numbers,
    )


PAGES = (
    Page(path="/assets/{key}/runs", make=asset_runs, template="asset_runs.html"),
    Page(path="/assets/{key}/compare", make=compare, template="compare.html"),
)
