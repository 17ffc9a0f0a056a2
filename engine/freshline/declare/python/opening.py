"""Data files of the project that code opens: what was found so far of one function."""

import ast

from freshline.declare.python import opened
from freshline.declare.python.finding import Finder
from freshline.declare.python.leads import Leads
from freshline.declare.python.module import Chain, Module

_MOST_PATHS = 5000
_MOST_STEPS = 20


class Opening:
    """Gathers the files that strings and expressions of code name, each with its digest."""

    def __init__(self, finder: Finder, leads: Leads) -> None:
        self._finder = finder
        self._leads = leads
        self._folders: set[str] = set()
        self._names: set[str] = set()
        self.data: dict[str, str] = {}

    def named(self, module: Module, text: str) -> None:
        """Count the file that a string names: from the root, an import folder or its module's."""
        if opened.is_named(text):
            self._names.add(text)
            beside = module.file.rpartition("/")[0]
            for base in ("", beside, *self._finder.top.folders):
                self._path(f"{base.rstrip('/')}/{text}" if base else text)

    def computed(self, module: Module, node: ast.expr) -> None:
        """Count the file that an expression is the path of."""
        self._path(opened.path_of(module, node, self._lookup))
        folder = opened.folder_of(module, node, self._lookup)
        if folder is not None:
            self._folders.add(folder)

    def join(self) -> None:
        """Count files whose folder stands at one place, and whose name at another."""
        if len(self._folders) * len(self._names) <= _MOST_PATHS:
            for folder in sorted(self._folders):
                for name in sorted(self._names):
                    self._path(f"{folder}/{name}")

    def _path(self, path: str | None) -> None:
        file = opened.inside(path) if path is not None else None
        if file is None or file in self.data:
            return
        digest = self._finder.digest(file)
        if digest is not None:
            self.data[file] = digest

    def _lookup(self, module: Module, chain: Chain) -> tuple[Module, ast.expr] | None:
        """Return what the only assignment to a name assigns, and in which module that is."""
        for _ in range(_MOST_STEPS):  # imports may run in a circle
            name, *rest = chain
            value = module.value(name)
            if value is not None:
                return (module, value) if not rest else None
            aliases = module.aliases.get(name, ())
            if len(aliases) != 1:
                return None
            lead = self._leads.of(module.file, aliases[0])
            path = (*filter(None, (aliases[0].attribute,)), *rest)
            place, chain = self._finder.descend(lead.place, path)
            target = self._finder.module(place.file) if place.file is not None else None
            if target is None or not chain:
                return None
            module = target
        return None
