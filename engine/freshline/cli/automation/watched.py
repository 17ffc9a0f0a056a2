"""Folders: where something moves when definitions, code, sources or awaited files do."""

import os
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path

from freshline.declare.files import DECLARING
from freshline.declare.paths import is_address

_PASSED_OVER = frozenset({"__pycache__", "node_modules"})


def folders(root: Path, patterns: Iterable[str], *, has_code: bool) -> tuple[Path, ...]:
    """Return the folders to be watched, each with those above it in which it could come to be.

    `patterns` are paths of files, which may be globs; with code, that may lie in any folder.
    """
    found = [root]
    for top in ("",) if has_code else DECLARING:
        found += _below(root / top)
    for pattern in dict.fromkeys(patterns):
        if not is_address(pattern):
            found += _of(root, pattern)
    return tuple(dict.fromkeys(found))


def _below(folder: Path) -> Iterator[Path]:
    """Yield a folder and those below it; linked ones too, each real one once."""
    seen: set[tuple[int, int]] = set()
    for path, inside, _ in os.walk(folder, followlinks=True):
        status = os.stat(path)
        if (status.st_dev, status.st_ino) in seen:
            inside.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        inside[:] = [name for name in inside if name[0] != "." and name not in _PASSED_OVER]
        yield Path(path)


def _of(root: Path, pattern: str) -> Iterator[Path]:
    """Yield the folders in which files of a pattern are, or in which such folders are."""
    parts = Path(pattern).parts[:-1]
    fixed = next((n for n, part in enumerate(parts) if has_magic(part)), len(parts))
    for count in range(fixed, -1, -1):
        folder = root.joinpath(*parts[:count])
        if folder.is_dir():
            yield folder
            break
    for count in range(fixed + 1, len(parts) + 1):
        names = glob("/".join((*parts[:count], "")), root_dir=root, recursive=True)
        yield from (root / name for name in names)
