"""Removing versions from a lake, and finding the bytes that no version uses.

Records go first, oldest first, and their folder is synced before any data file goes: so at every
instant a record that can be read names files that are there. A process that dies in between leaves
data files that no record names; they are found by the next look for leftovers.
"""

import stat
from collections.abc import Iterator, Sequence

from freshline.errors import CorruptError, StorageError
from freshline.keys import Target
from freshline.ports import Leftover
from freshline_adapters.lake import layout, records
from freshline_adapters.lake.disk import Disk
from freshline_adapters.refusals import pass_failpoint

_DATA_SUFFIX, _DRAFT_SUFFIX = ".parquet", ".tmp"


def remove(disk: Disk, target: Target, numbers: Sequence[int]) -> None:
    """Forget versions of a target, then the data files that no record names any more."""
    here = records.numbers(disk, target)
    going = [number for number in here if number in numbers]
    if here and here[-1] in going and len(going) < len(here):
        raise StorageError(
            f"{target}: version {here[-1]} is published; it cannot be removed alone",
            help="publish another version first, or remove all of them",
        )
    files = _files_of(disk, target, going)
    folder = layout.pointer_folder(target)
    full = f"{disk.root}/{folder}"
    pass_failpoint("gc.after_list", "remove from", full)
    for number in going:
        disk.remove(layout.record_file(target, number))
        pass_failpoint("gc.partial_delete", "remove from", full)
    if going:
        disk.sync(folder)
    used = used_files(disk, target)
    for path in files if used is not None else ():
        if path not in (used or ()):
            disk.remove(path)
            pass_failpoint("gc.partial_delete", "remove from", full)


def used_files(disk: Disk, target: Target) -> set[str] | None:
    """Return the data files that a record of the asset names in any environment or partition.

    None where a record cannot be read: then nobody knows.
    """
    found: set[str] = set()
    for environment in records.environments(disk):
        whole = target._replace(environment=environment, partition="")
        for other in records.targets_of(disk, whole):
            for manifest in records.newest_first(disk, other):
                if isinstance(manifest, CorruptError):
                    return None
                found.update(file.path for file in manifest.version.files)
    return found


def leftovers(disk: Disk, project: str, before: float) -> Iterator[Leftover]:
    """Yield data files that no record names, and drafts of records, last written before a moment.

    Data files belong to no environment: any that there is stands in their address.
    """
    somewhere = next(records.environments(disk), "main")
    for name in sorted(disk.names(layout.DATA)):
        asset = layout.asset_of(name)
        if asset is None:
            continue
        target = Target(project, somewhere, asset)
        used = used_files(disk, target)
        for path, attempt, size in _old(disk, f"{layout.DATA}/{name}", _DATA_SUFFIX, before):
            if used is not None and path not in used:
                yield Leftover(target, attempt, size)
    for environment in records.environments(disk):
        folder = f"{layout.ENVIRONMENTS}/{layout.plain_name(environment)}"
        for asset in filter(None, map(layout.asset_of, sorted(disk.names(folder)))):
            whole = Target(project, environment, asset)
            for partition in records.partitions(disk, whole):
                target = whole._replace(partition=partition)
                where = layout.pointer_folder(target)
                for _, attempt, size in _old(disk, where, _DRAFT_SUFFIX, before):
                    yield Leftover(target, attempt, size)


def _old(disk: Disk, folder: str, suffix: str, before: float) -> Iterator[tuple[str, str, int]]:
    """Yield path, attempt and size of a folder's files of a kind that nobody wrote to lately."""
    for name in sorted(disk.names(folder)):
        stem = name.removeprefix(".").partition(".")[0]
        attempt = layout.text_of(stem)
        if not name.endswith(suffix) or attempt is None:
            continue
        path = f"{folder}/{name}"
        status = disk.status(path)
        if status is not None and stat.S_ISREG(status.st_mode) and status.st_mtime < before:
            yield path, attempt, status.st_size


def _files_of(disk: Disk, target: Target, numbers: Sequence[int]) -> list[str]:
    """Return the data files of versions; those of a record that cannot be read stay unknown."""
    found: dict[str, None] = {}
    for number in numbers:
        try:
            version = records.read(disk, target, number).version
        except CorruptError:
            continue
        found.update(dict.fromkeys(file.path for file in version.files))
    for path in found:
        layout.below_root(disk.root, path)
    return list(found)
