"""Where imports lead: from dotted names to files of the project, as Python's own search goes."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from freshline.declare.python.module import Alias, Chain, Module, module_of


class Place(NamedTuple):
    """Where a module is: its file, if it has one, and the folders that its submodules lie in.

    A package without __init__ has no file; whether it is there shows only by what is in it.
    """

    file: str | None
    folders: tuple[str, ...]


class Found(NamedTuple):
    """A module that a dotted name leads to, and the files that are run on the way, outermost first.

    `files` includes the module's own; it is empty where nothing in the project has the name.
    """

    place: Place
    files: tuple[str, ...]


_NOWHERE = Place(None, ())


class Finder:
    """Reads files of a project, each once, and finds modules in its import folders."""

    def __init__(self, read: Callable[[str], str | None], folders: Sequence[str]) -> None:
        self._read = read
        self._texts: dict[str, str | None] = {}
        self._modules: dict[str, Module | None] = {}
        self._found: dict[tuple[Place, tuple[str, ...]], Found] = {}
        self._children: dict[tuple[Place, str], Place | None] = {}
        self.top = Place(None, tuple(dict.fromkeys(_plain(folder) for folder in folders)))

    def text(self, file: str) -> str | None:
        """Return the text of a file, None where there is none."""
        if file not in self._texts:
            self._texts[file] = self._read(file)
        return self._texts[file]

    def module(self, file: str) -> Module | None:
        """Return what a file holds, None where there is no such file."""
        if file not in self._modules:
            text = self.text(file)
            self._modules[file] = module_of(file, text) if text is not None else None
        return self._modules[file]

    def digest(self, file: str) -> str | None:
        """Return the digest of what a file holds, None where there is no such file."""
        text = self.text(file)
        if text is None:
            return None
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

    def missing(self) -> tuple[str, ...]:
        """Return the files that were looked for, and are not there."""
        return tuple(sorted(file for file, text in self._texts.items() if text is None))

    def child(self, place: Place, name: str) -> Place | None:
        """Return the module of this name in a package; None where no file has it.

        None is also the answer for a folder without __init__: see `find` for what lies in it.
        """
        key = (place, name)
        if key not in self._children:
            self._children[key] = self._child(place, name)
        return self._children[key]

    def _child(self, place: Place, name: str) -> Place | None:
        for folder in place.folders:
            path = f"{folder}{name}"
            package, module = f"{path}/__init__.py", f"{path}.py"
            if self.text(package) is not None:
                return Place(package, (f"{path}/",))
            if self.text(module) is not None:
                return Place(module, ())
        return None

    def folder(self, place: Place, name: str) -> Place:
        """Return a package without __init__, which is there if anything is in it."""
        return Place(None, tuple(f"{folder}{name}/" for folder in place.folders))

    def descend(self, place: Place, path: Chain) -> tuple[Place, Chain]:
        """Return the innermost module that a chain of attributes leads to, and what is left."""
        found = (place, path)
        while path:
            place, path = self.child(place, path[0]) or self.folder(place, path[0]), path[1:]
            if place.file is not None:
                found = (place, path)
        return found

    def find(self, names: Sequence[str], start: Place | None = None) -> Found:
        """Return the module that dotted names lead to, from a package or from the folders."""
        place, files = start or self.top, list[str]()
        if start is not None and start.file is not None:
            files.append(start.file)
        for name in names:
            inner = self.child(place, name)
            if inner is None and place is self.top and name in sys.stdlib_module_names:
                return Found(_NOWHERE, ())
            if inner is None:
                inner = self.folder(place, name)
            elif inner.file is not None:
                files.append(inner.file)
            place = inner
        return Found(place, tuple(files))

    def of_alias(self, file: str, alias: Alias, dotted: str) -> Found:
        """Return the module that an import in a file means by a dotted name."""
        names = [name for name in dotted.split(".") if name]
        if not alias.level:
            return self.find(names)
        folder = file.rpartition("/")[0]
        for _ in range(alias.level - 1):
            folder = folder.rpartition("/")[0]
        return self.find(names, self._package(folder))

    def _package(self, folder: str) -> Place:
        inside = f"{folder}/" if folder else ""
        init = f"{inside}__init__.py"
        return Place(init if self.text(init) is not None else None, (inside,))

    def packages_above(self, file: str) -> tuple[str, ...]:
        """Return the __init__ files that run before a file that is imported by its path."""
        parts = file.split("/")[:-1]
        inits = ("/".join((*parts[:length], "__init__.py")) for length in range(1, len(parts) + 1))
        return tuple(init for init in inits if init != file and self.text(init) is not None)


def _plain(folder: str) -> str:
    folder = folder.strip("/").removeprefix("./")
    return "" if folder in ("", ".") else f"{folder}/"


@lru_cache(maxsize=4096)
def dotted(file: str) -> str:
    """Return the name of a module as it is shown: its path with dots."""
    name = file.removesuffix(".py").removesuffix("/__init__")
    return name.replace("/", ".")
