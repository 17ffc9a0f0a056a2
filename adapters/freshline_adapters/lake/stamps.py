"""Stamps: what the file system says of a version's files, to notice a touch without reading them.

A stamp is a line of text: the version's number, size and modification time of its record, and size,
modification time and inode of each data file. Whoever writes to a file, replaces or restores it
changes its stamp; only then are its bytes worth reading.
"""

import stat
from collections.abc import Iterator

from freshline.errors import CorruptError
from freshline.versions import DataFile, Version
from freshline_adapters.lake import layout
from freshline_adapters.lake.disk import Disk


def stamp(disk: Disk, version: Version) -> str:
    """Return the stamp of a version as it is now, with one look at each file and no reading.

    Empty where a data file is missing or cut; a missing record is `-`, since the bytes are there.
    """
    record = disk.status(layout.record_file(version.target, version.number))
    parts = [f"{version.number} " + (f"{record.st_size},{record.st_mtime_ns}" if record else "-")]
    for file in version.files:
        found = disk.status(file.path)
        if found is None or found.st_size != file.bytes:
            return ""
        parts.append(f"{found.st_size},{found.st_mtime_ns},{found.st_ino}")
    return " ".join(parts)


def damages(disk: Disk, version: Version) -> Iterator[str]:
    """Read every byte of a version's files; yield a sentence for each that is not as written."""
    for file in version.files:
        problem = _problem(disk, file)
        if problem:
            yield f"{disk.root}/{file.path} {problem}"


def misfit(disk: Disk, file: DataFile) -> str | None:
    """Say what shows without reading that a file is not the one recorded, None where nothing."""
    layout.below_root(disk.root, file.path)
    status = disk.status(file.path)
    if status is None:
        return "is missing"
    if not stat.S_ISREG(status.st_mode):
        return "is no regular file"
    if status.st_size != file.bytes:
        return f"has {status.st_size} bytes instead of {file.bytes}"
    return None


def _problem(disk: Disk, file: DataFile) -> str | None:
    problem = misfit(disk, file)
    if problem:
        return problem
    try:
        found = disk.sha256(file.path)
    except CorruptError as error:
        return error.message
    if found != file.sha256:
        return "has other content than was written: its SHA-256 differs"
    return None
