"""Outputs that are files: bytes, figures, and paths of what a function wrote itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from freshline.worker.libraries import find
from freshline.worker.media import extension, media_type
from freshline.worker.targets import made

if TYPE_CHECKING:
    from typing import Any

    from freshline.worker.targets import Target

    Told = dict[str, object]


def write_bytes(value: Any, target: Target) -> Told:
    """Write bytes to a file whose ending says what they look like."""
    content = bytes(value)
    ending = extension(content)
    path = target.path(ending or "bin")
    with open(path, "wb") as file:
        file.write(content)
    return _files_made(target, [path])


def write_figure(value: Any, target: Target) -> Told:
    """Write a figure as a PNG."""
    path = target.path("png")
    value.savefig(path, format="png", bbox_inches="tight")
    pyplot = find("matplotlib.pyplot") if hasattr(value, "number") else None
    if pyplot is not None:
        pyplot.close(value)  # else every figure ever made stays in memory
    return _files_made(target, [path])


def write_path(value: Any, target: Target) -> Told:
    """Keep the file at a path, or all files of the folder that is there."""
    path = os.path.abspath(os.fspath(value))
    if os.path.isdir(path):
        names = sorted(os.listdir(path))
        return write_paths([os.path.join(path, name) for name in names], target)
    return write_paths([path], target)


def write_paths(paths: list[str], target: Target) -> Told:
    """Take files as they are where they lie in the scratch folder, and copies of others.

    The next call may write to the same place before Freshline has read it.
    """
    kept: list[str] = []
    inside = os.path.join(os.path.realpath(target.folder), "")
    for path in paths:
        if os.path.isdir(path):
            raise TypeError(f"{target.what} returned a folder that holds the folder {path}")
        if not os.path.isfile(path):
            raise FileNotFoundError(f"{target.what} returned {path}, where no file is")
        if os.path.realpath(path).startswith(inside):
            kept.append(path)
            continue
        from shutil import copyfile

        folder = os.path.join(target.folder, f"{target.name or 'output'}.files")
        os.makedirs(folder, exist_ok=True)
        copied = os.path.join(folder, os.path.basename(path))
        if copied in kept:
            raise TypeError(f"{target.what} returned two files named {os.path.basename(path)}")
        copyfile(path, copied)
        kept.append(copied)
    return _files_made(target, kept)


def _files_made(target: Target, files: list[str]) -> Told:
    types: list[str] = []
    for path in files:
        with open(path, "rb") as file:
            types.append(media_type(path, file.read(512)))
    return {**made(target, files, None), "format": "file", "media_types": types}
