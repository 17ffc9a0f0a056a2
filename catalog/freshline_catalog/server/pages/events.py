"""The feed: what happened, newest first, and who follows it."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from fastapi import Depends, Query

from freshline.events import KINDS
from freshline_catalog.server.api.events import Asset, Kinds, Run, Select, assets_of
from freshline_catalog.server.feed import HIGHEST, Filter, Happened, back, known_kinds, last_of
from freshline_catalog.server.following import Consumer, consumers
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading

_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What happened, newest first. `next` is the cursor of what is older, empty at the end.

    `shown` is the sequence of the event that is shown whole, and `last` that of the newest event.
    """

    events: tuple[Happened, ...]
    next: str
    last: int
    shown: int
    paused: bool
    kinds: tuple[str, ...]
    kind: tuple[str, ...]
    asset: str
    run: str
    select: str
    consumers: tuple[Consumer, ...]


class Looking(NamedTuple):
    """How somebody looks at the feed: from where, which event whole, and whether it stands."""

    before: int = HIGHEST
    show: int = 0
    paused: bool = False


def looking(
    cursor: Annotated[
        str, Query(max_length=20, pattern="^[0-9]*$", description="`next` of the page before")
    ] = "",
    show: Annotated[
        int, Query(ge=0, le=HIGHEST, description="The sequence of an event to show whole")
    ] = 0,
    paused: Annotated[bool, Query(description="Whether the page stays as it is")] = False,
) -> Looking:
    """Return how a request looks at the feed."""
    before = min(int(cursor), HIGHEST) if cursor else HIGHEST
    return Looking(max(1, before), show, paused)


def feed(
    asked: Reading,
    how: Annotated[Looking, Depends(looking)],
    kind: Kinds = (),
    asset: Asset = "",
    run: Run = "",
    select: Select = "",
) -> Feed:
    """Return what happened, newest first, and the named consumers with their lag."""
    kinds = known_kinds(kind)
    wanted = Filter(assets=assets_of(asked, select, asset), run=run, kinds=kinds)
    found, following = back(asked, wanted, how.before, _PAGE)
    if how.show:
        whole, _ = back(asked, wanted._replace(payload=True), how.show + 1, 1)
        by_sequence = {event.sequence: event for event in whole}
        found = tuple(by_sequence.get(event.sequence, event) for event in found)
    return Feed(
        events=found,
        next=str(following) if following else "",
        last=last_of(asked).sequence,
        shown=how.show,
        paused=how.paused,
        kinds=tuple(KINDS),
        kind=kinds,
        asset=asset,
        run=run,
        select=select,
        consumers=consumers(asked).consumers,
    )


PAGES = (Page(path="/events", make=feed, template="events.html", api="/events/latest"),)
