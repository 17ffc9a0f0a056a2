"""The lobby: what the pages have to work with that belong to no single project."""

from dataclasses import dataclass, field

from freshline.ports import Clock
from freshline_catalog.server.door.ledgers import Ledger
from freshline_catalog.server.door.links import Links
from freshline_catalog.server.news import Hub
from freshline_catalog.server.people import Role
from freshline_catalog.server.projects.standing import Standings
from freshline_catalog.server.services import Address, Front, Sibling


@dataclass(frozen=True, slots=True, kw_only=True)
class Lobby:
    """Where all projects are listed. It has no project of its own, and no catalog."""

    address: Address
    clock: Clock
    version: str
    links: Links
    sessions: Ledger
    most: Role
    siblings: tuple[Sibling, ...]
    standings: Standings
    scope: None = None
    hub: Hub = field(default_factory=Hub)


_: type[Front] = Lobby
