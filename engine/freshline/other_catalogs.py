"""Other catalogs, as a project names them, and the assets there that it reads as its sources."""

from dataclasses import dataclass
from typing import NamedTuple

from freshline.errors import Span


class Origin(NamedTuple):
    """An asset of another catalog: the name that the project gives that catalog, and the key."""

    catalog: str
    asset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCatalog:
    """The catalog of another project: where that project is, or where its catalog is served.

    `path` is relative to the project's root; without an `environment` it is the first there. A
    `url` is the address of a server, which has one environment; then `token` is the reference to
    the secret by which it is read, and never the secret itself.
    """

    name: str
    path: str = ""
    environment: str | None = None
    url: str = ""
    token: str = ""
    span: Span | None = None

    @property
    def is_remote(self) -> bool:
        """Whether it is read over HTTP."""
        return bool(self.url)
