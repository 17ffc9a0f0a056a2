"""Inboxes: files that match a glob, looked for again and again, at the cost of what changed.

What stands in a folder is listed anew only when the folder says that it changed; each file that
matches is asked for its size, time and number, since a file that is written to changes no folder.
"""

import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fnmatch import translate
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from freshline.operate.scene import FileSeen

_SETTLED_NS = 2_000_000_000  # a folder may change again without another time, for so long


class _Listing(NamedTuple):
    """What stands in a folder: names of files and of folders; `at` is the folder's own time."""

    at: int
    is_settled: bool
    files: tuple[str, ...]
    folders: tuple[str, ...]


_EMPTY = _Listing(0, False, (), ())


class Inboxes:
    """The folders below a project, and others by their whole path, as they were listed last."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._listings: dict[str, _Listing] = {}
        self._seen: dict[str, FileSeen] = {}
        self._looked: set[str] = set()

    def files(self, patterns: Iterable[str]) -> dict[str, tuple[FileSeen, ...]]:
        """Return for each glob the files that match it now, by path; hidden ones do not."""
        self._looked = set()
        every = {pattern: tuple(self._matching(pattern)) for pattern in patterns}
        paths = {file.path for files in every.values() for file in files}
        self._seen = {path: file for path, file in self._seen.items() if path in paths}
        self._listings = {f: known for f, known in self._listings.items() if f in self._looked}
        return every

    def _matching(self, pattern: str) -> Iterator[FileSeen]:
        parts = [part for part in pattern.split("/") if part not in ("", ".")]
        top = "/" if pattern.startswith("/") else ""
        for path in dict.fromkeys(self._below(top, tuple(parts))):
            found = self._stat(path)
            if found is not None:
                yield found

    def _below(self, folder: str, parts: tuple[str, ...]) -> Iterator[str]:
        """Yield the paths of what may be files that match, relative where the pattern is."""
        if not parts:
            return
        first, rest = parts[0], parts[1:]
        if not any(mark in first for mark in "*?["):
            path = folder + first
            if rest:
                yield from self._below(path + "/", rest)
            else:
                yield path
            return
        listing = self._listing(folder)
        if first == "**":
            yield from self._below(folder, rest or ("*",))
            for name in listing.folders:
                if not name.startswith("."):
                    yield from self._below(f"{folder}{name}/", parts)
            return
        matches = _matcher(first)
        for name in listing.folders if rest else listing.files:
            if matches(name) and (first.startswith(".") or not name.startswith(".")):
                if rest:
                    yield from self._below(f"{folder}{name}/", rest)
                else:
                    yield folder + name

    def _listing(self, folder: str) -> _Listing:
        """Return what stands in a folder; nothing where there is none, or it may not be read."""
        place = self._place(folder)
        known = self._listings.get(place)
        if place in self._looked and known is not None:
            return known
        self._looked.add(place)
        try:
            status = os.stat(place)
            if known is None or not known.is_settled or known.at != status.st_mtime_ns:
                known = _listed(place, status.st_mtime_ns)
        except OSError:
            known = _EMPTY
        self._listings[place] = known
        return known

    def _place(self, path: str) -> str:
        return path if path.startswith("/") else f"{self._root}/{path}"

    def _stat(self, path: str) -> FileSeen | None:
        try:
            status = os.stat(self._place(path))
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        stamp = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}"
        known = self._seen.get(path)
        if known is None or known.stamp != stamp:
            known = FileSeen(path=path, stamp=stamp, changed=status.st_mtime)
            self._seen[path] = known
        return known


def _listed(place: str, at: int) -> _Listing:

    files: list[str] = []
    folders: list[str] = []
    is_settled = time.time_ns() - at > _SETTLED_NS
    with os.scandir(place) as entries:
        for entry in entries:
            with suppress(OSError):
                is_folder = entry.is_dir(follow_symlinks=False)
                (folders if is_folder else files).append(entry.name)
                if entry.is_symlink() and entry.is_dir():
                    files.remove(entry.name)  # a link to a folder may lead in a circle
    return _Listing(at, is_settled, tuple(sorted(files)), tuple(sorted(folders)))


@lru_cache(maxsize=4096)
def _matcher(part: str) -> Callable[[str], object]:
    return re.compile(translate(part)).match
