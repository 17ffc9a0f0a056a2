"""Checks of one asset: what each found last, with rows that fail it, and how it went before."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path

from freshline_catalog.server.assets.head import Head, found
from freshline_catalog.server.builds.checks import CheckStanding, standings
from freshline_catalog.server.entries import state_of
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetChecks:
    """The checks of an asset, those that do not pass first.

    `held_back` says why its last candidate was not published, empty where none is waiting.
    """

    head: Head
    checks: tuple[CheckStanding, ...]
    held_back: str = ""


def asset_checks(
    asked: Reading, key: Annotated[str, Path(max_length=200, description="The asset's key")]
) -> AssetChecks:
    """Show what the checks of an asset found, and how they went before."""
    known = found(asked, key)
    state = state_of(asked, key)
    is_held = state.candidate is not None and state.failure is not None
    return AssetChecks(
        head=known.head,
        checks=standings(asked, known.entry, state),
        held_back=state.failure.message if is_held and state.failure is not None else "",
    )


PAGES = (Page(path="/assets/{key}/checks", make=asset_checks, template="asset_checks.html"),)
