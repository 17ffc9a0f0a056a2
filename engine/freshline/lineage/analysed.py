"""What definitions turned out to be: values fit for a cache, which need no analyser to be read."""

from dataclasses import dataclass
from typing import NamedTuple

from freshline.errors import Diagnostic
from freshline.lineage.graph import Asset, Check, Source
from freshline.versions import Window


class Reference(NamedTuple):
    """A relation named behind FROM: the key as written, lower case, and where."""

    key: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What a definition turned out to be: good as long as its text and its inputs' columns are.

    `schemas` is the digest of the columns of all that it reads, `unread` of the types of those that
    it names and does not read.
    """

    references: tuple[Reference, ...] = ()
    schemas: str = ""
    asset: Asset | None = None
    source: Source | None = None
    checks: tuple[Check, ...] = ()
    windows: tuple[tuple[str, Window], ...] = ()
    varies: tuple[str, ...] = ()
    unread: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
