"""What each import of a module leads to: files of the project, or nothing of it."""

from typing import NamedTuple

from freshline.declare.python.finding import Finder, Place, dotted
from freshline.declare.python.module import Alias, public_names


class Lead(NamedTuple):
    """Where an import leads.

    `place` is the module that it names; `files` are those that it runs, on the way and as the
    submodules that it brings. `is_inside` says that any of them is the project's. `line` is the
    import of the one name; a relative one is written as an absolute one where that is the same.
    """

    place: Place
    files: tuple[str, ...]
    is_inside: bool
    line: str


class Leads:
    """Finds each import once, for all that have the same."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._known: dict[tuple[str, Alias], Lead] = {}

    def of(self, file: str, alias: Alias) -> Lead:
        """Return where an import in a file leads."""
        # Absolute imports mean the same everywhere.
        key = (file if alias.level else "", alias)
        if key not in self._known:
            self._known[key] = self._found(file, alias)
        return self._known[key]

    def _found(self, file: str, alias: Alias) -> Lead:
        names = dict.fromkeys((alias.loads, alias.module, ".".join(alias.chain)))
        found = {name: self._finder.of_alias(file, alias, name) for name in names}
        place = found[alias.module].place
        files = dict.fromkeys(file for each in found.values() for file in each.files)
        if alias.name == "*":
            files.update(dict.fromkeys(self._listed(place)))
        return Lead(place, tuple(files), bool(files), self._line(file, alias, place))

    def _line(self, file: str, alias: Alias, place: Place) -> str:
        name = "." * alias.level + alias.module
        # Below two import folders a file may be two modules, each with its own state.
        below = sum(file.startswith(folder) for folder in self._finder.top.folders)
        if alias.level and place.file is not None and below == 1:
            name = dotted(place.file)
        if alias.name == "*":
            return f"from {name} import *"
        if alias.attribute:
            other = f" as {alias.name}" if alias.name != alias.attribute else ""
            return f"from {name} import {alias.attribute}{other}"
        other = f" as {alias.name}" if alias.name != alias.module else ""
        return f"import {alias.loads}{other}"

    def _listed(self, place: Place) -> list[str]:
        """Return the submodules that a star import of a package runs."""
        module = self._finder.module(place.file) if place.file else None
        if module is None:
            return []
        children = (self._finder.child(place, name) for name in public_names(module) or ())
        return [child.file for child in children if child is not None and child.file is not None]
