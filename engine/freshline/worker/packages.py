"""Which distributions an import brought in, with their versions."""

from __future__ import annotations

import builtins
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any


class Imports:
    """Notes which module imports which while it is open.

    What is new in sys.modules would not do: of two files that import a library only the first would
    be said to.
    """

    def __init__(self) -> None:
        self._imported: dict[str, set[str]] = {}
        self._import = builtins.__import__

    def __enter__(self) -> Imports:
        builtins.__import__ = self._note
        return self

    def __exit__(self, *_: object) -> None:
        builtins.__import__ = self._import

    def _note(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        importer = str((globals or {}).get("__name__", ""))
        known = self._imported.setdefault(importer, set())
        if level:
            package = str((globals or {}).get("__package__") or "")
            base = package.rsplit(".", level - 1)[0] if level > 1 else package
            known.add(f"{base}.{name}" if name else base)
            known.update(f"{base}.{each}" for each in fromlist or () if not name)
        else:
            known.add(name)
            known.update(f"{name}.{each}" for each in fromlist or () if each != "*")
        return self._import(name, globals, locals, fromlist or (), level)

    def packages(self, module: str) -> dict[str, str]:
        """Return the distributions that a module came to import, directly or by others."""
        tops: set[str] = set()
        seen: set[str] = set()
        waiting = [module]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in sys.modules:
                tops.add(name.partition(".")[0])
                parent = name.rpartition(".")[0]
                waiting += [*self._imported.get(name, ()), *([parent] if parent else [])]
        return distributions(tops)


def distributions(tops: Iterable[str]) -> dict[str, str]:
    """Return the installed distributions that any of these top-level modules belong to.

    Found by the files' own places: the folder beside a package says what it came with.
    """
    known: frozenset[str] = getattr(sys, "stdlib_module_names", frozenset())
    wanted: dict[str, set[str]] = {}
    for top in set(tops) - known - {"freshline"}:
        file = getattr(sys.modules.get(top), "__file__", None)
        if file is None:
            continue
        folder = os.path.dirname(file)
        if os.path.basename(file).startswith("__init__."):
            folder = os.path.dirname(folder)
        if os.path.basename(folder) in ("site-packages", "dist-packages"):
            wanted.setdefault(folder, set()).add(top)
    found: dict[str, str] = {}
    for folder, names in wanted.items():
        for distribution, version, held in _installed(folder):
            if held & names:
                found[distribution] = version
    return dict(sorted(found.items()))


_INSTALLED: dict[str, list[tuple[str, str, set[str]]]] = {}  # by folder: read once


def _installed(folder: str) -> list[tuple[str, str, set[str]]]:
    """Return the distributions of a folder: name, version, and top-level names."""
    if folder not in _INSTALLED:
        found: list[tuple[str, str, set[str]]] = []
        for entry in sorted(os.listdir(folder)):
            if entry.endswith(".dist-info"):
                name, _, version = entry[: -len(".dist-info")].partition("-")
                plain = name.lower().replace("_", "-")
                found.append((plain, version, _tops(os.path.join(folder, entry), name)))
        _INSTALLED[folder] = found
    return _INSTALLED[folder]


def _tops(info: str, distribution: str) -> set[str]:
    """Return the top-level names that a distribution installed."""
    try:
        with open(os.path.join(info, "top_level.txt"), encoding="utf-8") as file:
            listed = {name.strip() for name in file if name.strip()}
        if listed:
            return listed
    except OSError:
        pass
    tops: set[str] = set()
    try:
        with open(os.path.join(info, "RECORD"), encoding="utf-8") as file:
            for line in file:
                first = line.partition(",")[0].partition("/")[0]
                if first != ".." and not first.endswith((".dist-info", "__pycache__")):
                    tops.add(first.partition(".")[0])
    except OSError:
        return {distribution.lower()}
    return tops
