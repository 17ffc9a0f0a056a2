"""Sources: which files they are, how DuckDB reads them, and which version they are at.

The version of a source is the hash of its files' names and contents. A file whose size, time and
inode are as they were is trusted without reading it, unless it was touched within two seconds of
the look: clocks of file systems are coarse, and a second write could hide behind the same time.
"""

import glob
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from freshline.codec import digest
from freshline.declare.brought import current_files
from freshline.declare.paths import is_address
from freshline.definitions import Probe, ProbeKind, SourceDefinition
from freshline.errors import FreshlineError
from freshline.lineage.files.readers import relation
from freshline.state import Observation

__all__ = ["files_now", "files_of", "is_news", "probe", "relation", "unmoved"]

_FRESH_FILE_SECONDS = 2.0
_AUTO = Probe()


def files_of(root: Path, source: SourceDefinition) -> tuple[str, ...]:
    """Return the files a source stands for now, sorted, relative to the root if given so.

    Of what is elsewhere, the copies in the cache; none where it cannot be reached.
    """
    try:
        return files_now(root, source)
    except FreshlineError:
        return ()


def files_now(root: Path, source: SourceDefinition) -> tuple[str, ...]:
    """Return the same, or raise ComputeError that says why nothing can be fetched."""
    if source.origin is not None:
        return current_files(root, source.path)
    if is_address(source.path):
        from freshline.lineage.files.remote import fetched

        return fetched(root, source.path)
    if not glob.has_magic(source.path):
        return (source.path,) if (root / source.path).is_file() else ()
    found = glob.glob(source.path, root_dir=root, recursive=True)
    return tuple(sorted(f for f in found if (root / f).is_file()))


def probe(
    root: Path,
    files: Sequence[str],
    known: Observation | None,
    now: float,
    how: Probe = _AUTO,
) -> Observation:
    """Return the version of a source, reading only files that may have changed since `known`.

    The signature maps each file to [size, mtime in ns, inode, SHA-256]. OSError where a file is
    gone or unreadable. `how` may want files read that have not changed, or taken for changed, or
    not looked at.
    """
    match how.kind:
        case ProbeKind.TTL if known is not None and 0 <= now - known.at < how.ttl:
            return known
        case ProbeKind.MTIME:
            return _by_stamps(root, files, now)
        case ProbeKind.ALWAYS:
            seen = _by_stamps(root, files, now)
            return replace(seen, version=digest(seen.version, repr(now)))
        case ProbeKind.CONTENT:
            known = None
        case _:
            pass
    before: Mapping[str, object] = known.signature if known else {}
    signature: dict[str, object] = {}
    for file in files:
        path = root / file
        status = os.stat(path)
        stamp = [status.st_size, status.st_mtime_ns, status.st_ino]
        trusted = cast("list[object] | None", before.get(file))
        settled = known is not None and known.at - status.st_mtime > _FRESH_FILE_SECONDS
        if trusted is not None and settled and trusted[:3] == stamp:
            signature[file] = trusted
        else:
            with open(path, "rb") as handle:
                content = hashlib.file_digest(handle, "sha256").hexdigest()
            signature[file] = [*stamp, content]
    parts = [f"{file}={cast('list[object]', signature[file])[3]}" for file in files]
    return Observation(version=digest(*parts), signature=signature, at=now)


def _by_stamps(root: Path, files: Sequence[str], now: float) -> Observation:
    """Return the version that the names, sizes and times of files make; none is read."""
    signature: dict[str, object] = {}
    for file in files:
        status = os.stat(root / file)
        signature[file] = [status.st_size, status.st_mtime_ns, status.st_ino, ""]
    parts = [f"{file}={cast('list[object]', s)[:2]}" for file, s in signature.items()]
    return Observation(version=digest("stamps", *parts), signature=signature, at=now)


def is_news(known: Observation, seen: Observation, how: Probe = _AUTO) -> bool:
    """Say whether a look has to be written down: another version, or files to be trusted now.

    A file that was just written when it was first seen is read at every look, until one is on
    record that came two seconds after the writing.
    """
    if how.kind is ProbeKind.TTL and seen.at != known.at:
        return True  # the time that it holds begins again
    differs = (known.version, known.signature) != (seen.version, seen.signature)
    return differs or (_is_settled(seen) and not _is_settled(known))


def _is_settled(seen: Observation) -> bool:
    written = (cast("list[int]", stamp)[1] / 1e9 for stamp in seen.signature.values())
    return all(seen.at - at > _FRESH_FILE_SECONDS for at in written)


def unmoved(root: Path, seen: Observation) -> bool:
    """Say whether every file still has the size, time and inode it was probed with."""
    for file, stamp in seen.signature.items():
        try:
            status = os.stat(root / file)
        except OSError:
            return False
        expected = cast("list[object]", stamp)[:3]
        if expected != [status.st_size, status.st_mtime_ns, status.st_ino]:
            return False
    return True
