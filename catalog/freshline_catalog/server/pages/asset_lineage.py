"""The lineage of one asset: what is near it, on its own page."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from freshline.lineage.selection import Keys, render
from freshline_catalog.server.assets.head import Head, found
from freshline_catalog.server.lineage.known import known
from freshline_catalog.server.lineage.view import Around, look
from freshline_catalog.server.lineage.wanted import (
    Blank,
    Downstream,
    Upstream,
    View,
    Wanted,
)
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class NearWanted:
    """How many hops around an asset are shown, two where nothing is said, and how."""

    up: Upstream = None
    down: Downstream = None
    view: Annotated[View | None, Blank, Query(description="A graph or a table")] = None
    external: Annotated[bool, Query(description="Whether sources are shown")] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLineage:
    """What is around an asset; None of one that nobody declares any more."""

    head: Head
    asked: Wanted
    around: Around | None


def asset_lineage(asked: Reading, key: str, near: Annotated[NearWanted, Depends()]) -> AssetLineage:
    """Show what an asset is made from and what is made from it."""
    here = found(asked, key)
    wanted = Wanted(
        select=_selection(key), up=near.up, down=near.down, view=near.view, external=near.external
    )
    project = known(asked)
    shown = look(project, wanted).around if key in project.upstreams else None
    return AssetLineage(head=here.head, asked=wanted, around=shown)


def _selection(key: str) -> str:
    """Return the selection that means this asset alone."""
    return render(Keys(pattern=key))


PAGES = (Page(path="/assets/{key}/lineage", make=asset_lineage, template="asset_lineage.html"),)
