"""What the server is made of: the catalog it reads, the engine it asks, and how it is reached."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from freshline.catalog import Engine
from freshline.ports import Clock
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.search.searching import Searching
from freshline_catalog.server.door.ledgers import InCatalog, Ledger
from freshline_catalog.server.door.links import Links
from freshline_catalog.server.lineage.remembered import Remembered
from freshline_catalog.server.news import Hub
from freshline_catalog.server.people import Role


class Scope(NamedTuple):
    """The project and the environment that a catalog is about."""

    project: str
    environment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server is reached: it answers to no other host, and every link begins with `path`.

    `host` is a loopback address or name; `path` is empty, or begins with a slash and ends without.
    Where other projects are served beside it, it is `shared`: who signs in does so for all of them.
    """

    host: str = "127.0.0.1"
    port: int = 8321
    path: str = ""
    shared: bool = False

    @property
    def cookie_path(self) -> str:
        """Below which path browsers show what they hold."""
        return "/" if self.shared else self.path or "/"

    @property
    def hosts(self) -> frozenset[str]:
        """What a browser may call this server in its Host header."""
        names = {self.host, "127.0.0.1", "localhost", "[::1]"}
        names = {f"[{name}]" if ":" in name.strip("[]") else name for name in names}
        bare = {name.replace("[[", "[").replace("]]", "]") for name in names}
        with_port = {f"{name}:{self.port}" for name in bare}
        return frozenset(with_port | (bare if self.port == 80 else set()))


class Sibling(NamedTuple):
    """A project that is served under this address: what it is called, and where its pages are."""

    name: str
    path: str


class Front(Protocol):
    """What the door and the frame of pages need, whatever stands behind them."""

    @property
    def address(self) -> Address:
        """Where the server is reached."""
        ...

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...

    @property
    def links(self) -> Links:
        """The one-time links that were given out."""
        ...

    @property
    def sessions(self) -> Ledger:
        """Where sessions are kept."""
        ...

    @property
    def most(self) -> Role:
        """What anybody may do at most."""
        ...

    @property
    def siblings(self) -> tuple[Sibling, ...]:
        """All projects that are served here, none where there is but one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """All that requests work with; made once, by whoever composes the server.

    `hub` tells what is new, where somebody watches; `most` is what anybody may do at most. Sessions
    are kept in the catalog, or in the `ledger`.
    """

    scope: Scope
    log: SqliteEventLog
    engine: Engine
    clock: Clock
    logs: Path
    address: Address = Address()
    version: str = ""
    links: Links = field(default_factory=Links)
    searching: Searching = field(default_factory=Searching, compare=False)
    remembered: Remembered = field(default_factory=Remembered, compare=False)
    hub: Hub | None = None
    most: Role = Role.OPERATOR
    ledger: Ledger | None = None
    siblings: tuple[Sibling, ...] = ()

    @property
    def sessions(self) -> Ledger:
        """Where sessions are kept."""
        return self.ledger if self.ledger is not None else InCatalog(self.log)


_: type[Front] = Services
