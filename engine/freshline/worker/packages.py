"""Which distributions an import brought in, with their versions."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def packages(modules: Iterable[str]) -> dict[str, str]:
    """Return the installed distributions that any of these modules belong to, with versions.

    Found by the files' own places: the folder beside a package says what it came with.
    """
    tops = {name.partition(".")[0] for name in modules}
    known: frozenset[str] = getattr(sys, "stdlib_module_names", frozenset())
    wanted: dict[str, set[str]] = {}
    for top in tops - known - {"freshline"}:
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
        found.update(_in_folder(folder, names))
    return dict(sorted(found.items()))


def _in_folder(folder: str, names: set[str]) -> dict[str, str]:
    """Return the distributions of a folder that hold any of the top-level names."""
    found: dict[str, str] = {}
    for entry in sorted(os.listdir(folder)):
        if not entry.endswith(".dist-info"):
            continue
        distribution, _, version = entry[: -len(".dist-info")].partition("-")
        if _tops(os.path.join(folder, entry), distribution) & names:
            found[distribution.lower().replace("_", "-")] = version
    return found


def _tops(info: str, distribution: str) -> set[str]:
    """Return the top-level names that a distribution installed."""
    try:
        with open(os.path.join(info, "top_level.txt"), encoding="utf-8") as file:
            listed = {name.strip().replace("/", ".") for name in file if name.strip()}
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
