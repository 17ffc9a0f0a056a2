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
    """The catalog of another project: where that project is, and which of its environments.

    `path` is relative to the project's root; without an `environment` it is the first there.
    """

    name: str
    path: str
    environment: str | None = None
    span: Span | None = None
