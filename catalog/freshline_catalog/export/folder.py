"""Folders: written aside and put in place when whole; whoever reads the old one reads on.

1. What is in the way is replaced if it is empty or bears our mark, and otherwise only if somebody
   says so. Never a folder with the project in it.
2. The new folder is written beside its place, and trades places with the old one by renames. If
   this ends at any moment, the old folder is there or the new one; if it ends between the two
   renames, the next export puts the old one back.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from freshline.errors import ResourceError, UsageError
from freshline.failpoints import failpoint

MARK = ".freshline-docs"
_ASIDE, _OLD = "new", "old"


class Aside:
    """A folder in the making, to become `folder`: write files, then `place` it, or `discard` it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = _beside(folder, _ASIDE)
        self._known: set[Path] = set()
        self.files = 0

    def begin(self) -> None:
        """Make an empty folder to write to, after what a dead export left."""
        recover(self._folder)
        self._made.mkdir(parents=True)

    def write(self, name: str, content: bytes) -> None:
        """Write a file."""
        path = self._made / name
        if path.parent not in self._known:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._known.add(path.parent)
        path.write_bytes(content)
        self.files += 1

    def place(self) -> None:
        """Put it in place of what was there."""
        old = _beside(self._folder, _OLD)
        failpoint("docs.written")
        if self._folder.exists():
            self._folder.rename(old)
            failpoint("docs.moved")
        self._made.rename(self._folder)
        failpoint("docs.placed")
        shutil.rmtree(old, ignore_errors=True)

    def discard(self) -> None:
        """Remove what was written, where it was not placed."""
        shutil.rmtree(self._made, ignore_errors=True)


def recover(folder: Path) -> None:
    """Put back or remove what an export left that was ended in the middle."""
    old = _beside(folder, _OLD)
    if old.exists() and not folder.exists():
        old.rename(folder)
    for left in (old, _beside(folder, _ASIDE)):
        shutil.rmtree(left, ignore_errors=True)


def look_at(folder: Path, keep: Iterable[Path], *, force: bool) -> None:
    """Raise UsageError where a folder may not be replaced, ResourceError where it cannot be read.

    `keep` is what must never be in it.
    """
    place = folder.resolve()
    if any(each.resolve().is_relative_to(place) for each in keep):
        raise UsageError(
            f"there are files of the project in {folder}", help="name a folder of its own"
        )
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is no folder", help="name a folder, or one that is not there")
    try:
        is_free = not folder.exists() or (folder / MARK).is_file() or not any(folder.iterdir())
    except OSError as error:
        raise ResourceError(f"{folder} cannot be read: {error.strerror}") from error
    if not is_free and not force:
        raise UsageError(
            f"{folder} has other files in it",
            help="name another folder, or lose all that is in this one with --force",
        )


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.freshline-{what}")
