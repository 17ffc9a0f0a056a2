"""A project's code imported into this very process, as tests want it, and out of it again."""

import importlib
import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from freshline.calls import Load, ToldFile
from freshline.code import Location
from freshline.locations.wire import shaped
from freshline.sdk.declaring import DECLARED
from freshline.worker.loading import function_named, load_file, load_function
from freshline.worker.modules import module_of
from freshline.worker.packages import Imports

_FOREIGN = frozenset({"site-packages", "dist-packages", ".venv"})
_opened: dict[str, None] = {}  # the roots whose code may be in this process, the last one last


def load_here(load: Load) -> tuple[ToldFile, ...]:
    """Return what files declare, and then functions, after importing them in this process."""
    with importing(load.root, folders(load.root, load.location)), Imports() as imports:
        for file in load.files:
            _forget_declared(file.removesuffix(".py").replace("/", "."))
        told = [load_file(load.root, file, imports) for file in load.files]
        told += [load_function(load.root, name, imports) for name in load.functions]
    return tuple(shaped(each, ToldFile) for each in told)


def folders(root: str, location: Location) -> tuple[str, ...]:
    """Return the folders that imports of a location's code look into first."""
    return tuple(dict.fromkeys((os.path.normpath(os.path.join(root, location.path)), root)))


def function_here(root: str, name: str) -> Callable[..., object]:
    """Return the function that file.py:name or module:name names, after importing it."""
    return function_named(module_of(root, name.rpartition(":")[0]), name)


@contextmanager
def importing(root: str, path: Sequence[str]) -> Generator[None]:
    """Look into the folders of a project first, for as long as this lasts.

    Modules of another project that was tested before are forgotten: both may have an `assets`.
    """
    if next(reversed(_opened), "") != root:
        _opened.pop(root, None)
        _forget([Path(other).resolve() for other in _opened], Path(root).resolve())
        _opened[root] = None
    added = [folder for folder in path if folder not in sys.path]
    sys.path[:0] = added
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for folder in added:
            if folder in sys.path:
                sys.path.remove(folder)


def _forget_declared(module: str) -> None:
    """Forget what a module declared that was imported before and is not there any more."""
    if module not in sys.modules:
        DECLARED[:] = [each for each in DECLARED if each.__module__ != module]


def _forget(others: Sequence[Path], root: Path) -> None:
    for name, module in list(sys.modules.items()):
        place = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), "")
        if not isinstance(place, str) or not place:
            continue
        path = Path(place)
        foreign = _FOREIGN.intersection(path.parts) or path.is_relative_to(root)
        if not foreign and any(path.is_relative_to(other) for other in others):
            del sys.modules[name]
