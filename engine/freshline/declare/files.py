"""The files of a project: where its root is, and which of the files below matter."""

import os
import stat
from collections import deque
from pathlib import Path
from typing import NamedTuple

from freshline.errors import ResourceError

PROJECT_FILES = ("freshline.yaml", "freshline.yml")
# Clocks of file systems are coarse: a second write could hide behind the time of the first.
_SETTLED_NS = 2_000_000_000
DECLARING = ("assets", "macros", "sensors", "sources")


class ProjectFile(NamedTuple):
    """A file by its path relative to the root, with `/` between folders, and what it looks like.

    While size, time and inode stay the same, so does the content, but for writes within the
    resolution of the file system's clock.
    """

    path: str
    size: int
    mtime_ns: int
    inode: int

    def was_settled(self, at_ns: int) -> bool:
        """Say whether, at that time, it had been left alone for long enough to be trusted."""
        return self.mtime_ns < at_ns - _SETTLED_NS


def find_root(start: Path) -> Path | None:
    """Return the nearest folder, `start` or one above, that holds freshline.yaml."""
    start = Path(os.path.abspath(start))  # of x/../y, x is not a folder above
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in PROJECT_FILES):
            return folder
    return None


def list_files(root: Path) -> tuple[ProjectFile, ...]:
    """Return the files that may declare something, sorted by path; nothing is opened.

    Hidden files and folders are passed over. Linked folders are followed, each real folder once, so
    that loops end. ResourceError where a folder cannot be read: its assets would seem to be gone.
    """
    try:
        files = [file for name in PROJECT_FILES if (file := _file(root, name)) is not None]
        waiting: deque[str] = deque(DECLARING)
        linked: deque[str] = deque()
        seen: set[tuple[int, int]] = set()
        while waiting or linked:
            # Real folders first: a file is known by its own path, not by a link to it.
            folder = waiting.popleft() if waiting else linked.popleft()
            files += _files_in(root, folder, seen, waiting, linked)
    except OSError as error:
        raise ResourceError(
            f"cannot read {error.filename}: {error.strerror}",
            help="give this user the right to read the project's folders",
        ) from error
    return tuple(sorted(files))


def _file(root: Path, name: str) -> ProjectFile | None:
    try:
        status = os.stat(root / name)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return ProjectFile(name, status.st_size, status.st_mtime_ns, status.st_ino)


def _matters(path: str) -> bool:
    """Say whether a file may declare something: below sources/ and sensors/ only YAML does."""
    if path.startswith("macros/"):
        return path.lower().endswith(".sql")
    return not path.startswith(("sources/", "sensors/")) or path.lower().endswith((".yaml", ".yml"))


def _files_in(
    root: Path,
    folder: str,
    seen: set[tuple[int, int]],
    waiting: deque[str],
    linked: deque[str],
) -> list[ProjectFile]:
    """Return the files directly in a folder; the folders in it join the waiting ones."""
    try:
        status = os.stat(root / folder)
    except FileNotFoundError:
        return []
    if (status.st_dev, status.st_ino) in seen or not stat.S_ISDIR(status.st_mode):
        return []
    seen.add((status.st_dev, status.st_ino))
    files: list[ProjectFile] = []
    with os.scandir(root / folder) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            path = f"{folder}/{name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif entry.is_symlink() and entry.is_dir():
                linked.append(path)
            elif _matters(path) and entry.is_file():
                status = entry.stat()
                # A name that is no text stands for a file that cannot be opened under it.
                shown = path.encode(errors="replace").decode()
                files.append(ProjectFile(shown, status.st_size, status.st_mtime_ns, status.st_ino))
    return files
