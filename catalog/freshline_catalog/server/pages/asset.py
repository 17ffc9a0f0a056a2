"""The page of an asset: is it fresh, who owns it, where does it come from, and what breaks."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

from freshline.definitions import Trust
from freshline.errors import Diagnostic
from freshline.state import Failure, Pause, Pin, TargetState
from freshline.survey import Entry, EntryColumn
from freshline.verdicts import Reason
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.assets.around import Around, around
from freshline_catalog.server.assets.checks import CheckShown, checks_of
from freshline_catalog.server.assets.head import Found, Head, found, survey_of
from freshline_catalog.server.automation.queue import Request, requests_for
from freshline_catalog.server.builds.history import Attempted, attempts_of
from freshline_catalog.server.entries import state_of
from freshline_catalog.server.lineage.known import known
from freshline_catalog.server.lineage.picture import Picture
from freshline_catalog.server.lineage.view import beside
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.services import Reader

FIRST_COLUMNS = 12
LAST_ATTEMPTS = 30
LAST_REQUESTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """Is it fresh? `why` are the reasons that it is not, `proof` the one that it is.

    `action` is what a plan would do; `failure` how the last attempt ended where that was badly;
    `seen_at` is when the content of a source was seen to be as it is. A pin may have run out.
    """

    why: tuple[Reason, ...]
    proof: str
    action: str
    trust: Trust
    failure: Failure | None
    pin: Pin | None
    pause: Pause | None
    seen_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """When it is built by itself: its rule in words, why not now, and what was asked for last.

    `gate` is what holds it back, empty where nothing does; `again` is when it is looked at next,
    None where only an event can change anything. `freshness` is what its policy says of its age,
    empty without one.
    """

    rule: str
    gate: str
    waiting: str
    again: float | None
    freshness: str
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A way to reach an owner: what it is (email, chat, ...), and the address."""

    kind: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What an asset has to do with projects that are served beside its own.

    `path` is the page of the `asset` that a source stands for in the project that is called
    `catalog` here, empty where there is none; `readers` are sources there that stand for this one.
    """

    catalog: str = ""
    asset: str = ""
    path: str = ""
    readers: tuple[Reader, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetView:
    """An asset as a whole. `columns` are the first of them, `attempts` the last, newest first.

    `beside` is a picture of it and its neighbours, where they are few.
    """

    head: Head
    description: str
    freshness: Freshness
    refreshed: Refreshed
    contacts: tuple[Contact, ...]
    around: Around
    beside: Picture | None
    columns: tuple[EntryColumn, ...]
    attempts: tuple[Attempted, ...]
    checks: tuple[CheckShown, ...]
    problems: tuple[Diagnostic, ...]
    storage: str
    links: tuple[tuple[str, str], ...]
    meta: dict[str, object]
    elsewhere: Elsewhere
    code_version: str
    was: tuple[str, ...]


def asset(asked: Reading, key: str) -> AssetView:
    """Return an asset: how it stands and why, its owner, what is around it, what became of it."""
    here = found(asked, key)
    state = state_of(asked, key)
    entry = here.entry
    return AssetView(
        head=here.head,
        description=entry.description,
        freshness=_freshness(here, state),
        refreshed=_refreshed(asked, entry),
        contacts=contacts(survey_of(asked), here.head.owner),
        around=around(asked, here.number),
        beside=beside(known(asked), key) if here.head.gone is None else None,
        columns=entry.columns[:FIRST_COLUMNS],
        attempts=attempts_of(asked, key, limit=LAST_ATTEMPTS),
        checks=checks_of(entry, state),
        problems=entry.problems,
        storage=entry.storage,
        links=entry.links,
        meta=dict(entry.meta),
        elsewhere=_elsewhere(asked, entry),
        code_version=entry.code_version,
        was=state.was,
    )


def _elsewhere(asked: Asked, entry: Entry) -> Elsewhere:
    others = asked.services.beside
    if others is None:
        return Elsewhere()
    readers = others.readers(entry.key)
    if entry.neighbour is None or not (path := others.path_to(entry.neighbour.path)):
        return Elsewhere(readers=readers)
    catalog, asset, _ = entry.neighbour
    page = f"{path}/assets/{quote(asset, safe='')}"
    return Elsewhere(catalog=catalog, asset=asset, path=page, readers=readers)


def contacts(survey: dict[str, object], owner: str) -> tuple[Contact, ...]:
    """Return how an owner can be reached, as a survey says it."""
    owners = cast("list[dict[str, object]]", survey.get("owners", []))
    known = next((each for each in owners if each["name"] == owner), None)
    pairs = cast("list[list[str]]", known["contacts"]) if known is not None else []
    return tuple(Contact(kind=kind, address=address) for kind, address in pairs)


def _freshness(here: Found, state: TargetState) -> Freshness:
    entry: Entry = here.entry
    return Freshness(
        why=entry.why,
        proof=entry.proof,
        action=entry.action,
        trust=entry.trust,
        failure=state.failure,
        pin=state.pin,
        pause=state.pause,
        seen_at=state.observation.at if state.observation is not None else None,
    )


def _refreshed(asked: Asked, entry: Entry) -> Refreshed:
    return Refreshed(
        rule=entry.refresh,
        gate=entry.gate,
        waiting=entry.waiting,
        again=entry.again,
        freshness=entry.freshness,
        requests=requests_for(asked, entry.key, LAST_REQUESTS),
    )


PAGES = (Page(path="/assets/{key}", make=asset, template="asset.html"),)
