"""Stamps: what a project's files look like, cheap enough to be asked for every second."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from glob import glob, has_magic
from pathlib import Path

from freshline.codec import digest_of
from freshline.declare.files import ProjectFile


def stamp(root: Path, files: Sequence[ProjectFile], data: Iterable[str]) -> str:
    """Return the digest of the sizes, times and inodes of all that a survey is made from.

    `files` are those that declare something; `data` are paths of sources, which may be globs.
    """
    return digest_of((files, [list(_found(root, path)) for path in data]))


def _found(root: Path, path: str) -> Iterator[ProjectFile]:
    names = sorted(glob(path, root_dir=root, recursive=True)) if has_magic(path) else [path]
    for name in names:
        with suppress(OSError):
            status = os.stat(root / name)
            yield ProjectFile(name, status.st_size, status.st_mtime_ns, status.st_ino)
