"""Importing a project's files: from their paths, by content, never from stale bytecode."""

from __future__ import annotations

import os
import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from typing import TYPE_CHECKING

from freshline.worker import bytecode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

_STARTED = list(sys.path)  # as the interpreter has it, without our own folder
_LOADED: list[tuple[str, int, int, int]] = []
_FOREIGN = ("site-packages", "dist-packages", ".venv", ".freshline")
_PREFIX = os.path.join(os.path.realpath(sys.prefix), "")


class ProjectLoader(SourceFileLoader):
    """Compiles a project's file from what stands in it now.

    Python would trust its cache where size and second of change are the same, so that an edit
    right after a run would not count; and it would write folders among people's assets.
    """

    def get_code(self, fullname: str) -> CodeType:
        """Return the compiled module, from what is kept if that is of this very text."""
        path = self.get_filename(fullname)
        # Noted before it is read: a change in between is one that came after.
        found = os.stat(path)
        _LOADED.append((path, found.st_mtime_ns, found.st_size, found.st_ino))
        source = self.get_data(path)
        code = bytecode.kept(path, source)
        if code is None:
            code = self.source_to_code(source, path)
            bytecode.keep(path, source, code)
        return code


class ProjectFinder:
    """Finds modules in the folders of a project, so that they are loaded by content."""

    def __init__(self, root: str) -> None:
        self.root = os.path.join(os.path.realpath(root), "")

    def hook(self, folder: str) -> FileFinder:
        """Return the finder of a folder of sys.path; ImportError where it is none of ours."""
        path = os.path.join(os.path.realpath(folder or "."), "")
        inside = path.startswith(self.root) and os.path.isdir(path)
        parts = path[len(self.root) :].split(os.sep)
        installed = path.startswith(_PREFIX) and _PREFIX.startswith(self.root)
        if not inside or installed or any(part in parts for part in _FOREIGN):
            raise ImportError(f"{folder} is no folder of the project")
        return FileFinder(
            folder, (ExtensionFileLoader, EXTENSION_SUFFIXES), (ProjectLoader, [".py"])
        )


_HOOKED: set[str] = set()


def open_project(root: str, path: Sequence[str]) -> None:
    """Put the project's folders before sys.path, and have their modules loaded by content."""
    if root not in _HOOKED:
        _HOOKED.add(root)
        bytecode.open_folder(root)
        sys.path_hooks.insert(0, ProjectFinder(root).hook)
        for folder in list(sys.path_importer_cache):
            if folder.startswith(root):
                del sys.path_importer_cache[folder]
    wanted = [os.path.normpath(folder) for folder in path]
    if sys.path[: len(wanted)] != wanted:
        sys.path[:] = [*wanted, *(each for each in _STARTED if each not in wanted)]


def loaded() -> list[tuple[str, int, int, int]]:
    """Return the project's files that were read since this was asked last, as they were then.

    Each with the nanosecond of its last change, its size and its inode.
    """
    found = list(_LOADED)
    del _LOADED[: len(found)]
    return found


def module_of(root: str, name: str) -> ModuleType:
    """Return the module of a file below the root, or of a dotted name, imported once.

    Whatever the import raises comes through; a module that failed can be tried again.
    """
    if not name.endswith(".py"):
        __import__(name)
        return sys.modules[name]
    dotted = name[:-3].replace("/", ".")
    found = sys.modules.get(dotted)
    if found is not None:
        return found
    file = os.path.join(root, *name.split("/"))
    parent = _parents(root, name)
    module = _load(dotted, file, None)
    if parent is not None:
        setattr(parent, dotted.rpartition(".")[2], module)
    return module


def _parents(root: str, name: str) -> ModuleType | None:
    """Return the package that a file lies in, after it and those above it were made.

    They are made from the folders themselves: another `assets` that is installed may come first.
    """
    parent: ModuleType | None = None
    parts = name.split("/")[:-1]
    for depth, part in enumerate(parts, 1):
        dotted = ".".join(parts[:depth])
        found = sys.modules.get(dotted)
        if found is None:
            folder = os.path.join(root, *parts[:depth])
            init = os.path.join(folder, "__init__.py")
            found = _load(dotted, init if os.path.isfile(init) else "", folder)
            if parent is not None:
                setattr(parent, part, found)
        parent = found
    return parent


def _load(dotted: str, file: str, folder: str | None) -> ModuleType:
    """Import a file as a module of a name, or make a package of a folder without one."""
    loader = ProjectLoader(dotted, file) if file else None
    spec = ModuleSpec(dotted, loader, origin=file or None, is_package=folder is not None)
    if folder is not None:
        spec.submodule_search_locations = [folder]
    if file:
        spec.has_location = True
    module = type(sys)(dotted)
    module.__spec__ = spec
    module.__package__ = dotted if folder is not None else dotted.rpartition(".")[0]
    if folder is not None:
        module.__path__ = [folder]
    if loader is None:
        sys.modules[dotted] = module
        return module
    module.__loader__ = loader
    module.__file__ = file
    sys.modules[dotted] = module
    try:
        exec(loader.get_code(dotted), module.__dict__)
    except BaseException:
        sys.modules.pop(dotted, None)
        raise
    return sys.modules[dotted]
