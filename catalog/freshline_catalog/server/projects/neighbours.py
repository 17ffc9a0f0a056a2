"""Neighbours: which project reads what of which other, as their last surveys have it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast
from urllib.parse import quote

from freshline_catalog.server.projects.asking import NOBODY, Asking
from freshline_catalog.server.projects.opening import Member
from freshline_catalog.server.reading import instant
from freshline_catalog.server.services import Beside, Reader
from freshline_catalog.statements import statements

_PATIENCE = 0.5  # seconds


class Link(NamedTuple):
    """A source, and the asset that it stands for in the project at a root."""

    key: str
    root: Path
    asset: str


class Neighbours:
    """What projects that are served side by side know of each other."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = tuple(members)
        self._links = Asking(self._members, links_of, _PATIENCE)

    def of(self, member: Member) -> Beside:
        """Return what one of them can know of the others."""
        return _Beside(self._members, self._links, member)


class _Beside:
    """What one project can know of those that are served beside it."""

    def __init__(
        self,
        members: Sequence[Member],
        links: Asking[tuple[Link, ...]],
        here: Member,
    ) -> None:
        self._members, self._links, self._here = members, links, here

    def path_to(self, folder: str) -> str:
        """Return below which path a project in a folder is served, empty where it is not."""
        root = _root(self._here, folder)
        return next((each.path for each in self._members if each.root == root), "")

    def readers(self, key: str) -> tuple[Reader, ...]:
        """Return the sources of other projects that stand for an asset of this one."""
        answers = self._links.all()
        return tuple(
            Reader(member.name, link.key, f"{member.path}/assets/{quote(link.key, safe='')}")
            for member in self._members
            for link in answers[member.name].value or ()
            if (link.root, link.asset) == (self._here.root, key)
        )


def links_of(member: Member) -> tuple[Link, ...]:
    """Return what a project reads of others, as its last survey has it."""
    services = member.services
    if services is None:
        return ()
    with instant(services, NOBODY) as asked:
        rows = asked.connection.execute(statements("projects")["links"], (asked.survey,))
        found = cast("list[tuple[str, str, str]]", rows.fetchall())
    return tuple(Link(key, _root(member, path), asset) for key, path, asset in found)


def _root(member: Member, folder: str) -> Path:
    return Path(os.path.realpath(member.root / folder))
