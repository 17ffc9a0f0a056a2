"""Bringing: what this project reads of other projects' catalogs, as files of its own.

The other project's storage is asked what is current, its catalog is not even opened. A version that
is one Parquet file is linked, so that nothing is copied and the other side may remove it; all else
is written anew. A catalog that cannot be asked is told to be so: what it has is then not known.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from freshline.cli.catalogs.handing import current_in, link, write
from freshline.declare.brought import Brought, brought, say
from freshline.definitions import ProjectDefinition, SourceDefinition
from freshline.errors import FreshlineError, ResourceError
from freshline.other_catalogs import OtherCatalog
from freshline.ports import Storage
from freshline.versions import Manifest

_KEPT = 24 * 3600.0  # seconds that a file stays behind the one that took its place


def bring(root: Path, project: ProjectDefinition, sources: Sequence[SourceDefinition]) -> None:
    """See to it that what sources stand for in other catalogs is here, or known why not."""
    catalogs = {each.name: each for each in project.catalogs}
    for source in sources:
        if source.origin is not None and source.origin.catalog in catalogs:
            _bring(root, source.path, catalogs[source.origin.catalog], source.origin.asset)


def current(root: Path, catalog: OtherCatalog, asset: str) -> tuple[Storage, Manifest]:
    """Return the current version of an asset of another catalog, and the storage that has it.

    FreshlineError says in one sentence why there is none to be had.
    """
    other = Path(os.path.abspath(root / catalog.path))
    return current_in(other, catalog.environment, asset, catalog.path)


def _bring(root: Path, folder: str, catalog: OtherCatalog, asset: str) -> None:
    known = brought(root, folder) or Brought()
    try:
        storage, manifest = current(root, catalog, asset)
        version = manifest.version
        if version.query:
            raise ResourceError("it is a view there, and kept nowhere: read what it reads")
        file = f"{version.mat_id}-{version.number}.parquet"
        is_here = known.file == file and (root / folder / file).is_file()
        if is_here and not known.error:
            return
        if not is_here:
            _take(storage, manifest, root / folder / file)
        now = time.time()
        older = known.older
        if known.file not in ("", file):
            older = (*older, (known.file, now))
        word = Brought(
            file=file,
            number=version.number,
            mat_id=version.mat_id,
            data_version=manifest.trace.data_version,
            at=version.at,
            older=_without_old(root / folder, older, file, now),
        )
    except (FreshlineError, OSError) as error:
        why = error.message if isinstance(error, FreshlineError) else str(error)
        if known.error == why:
            return
        word = replace(known, error=why, since=known.since or time.time())
    with suppress(OSError):  # where nothing can be written, nothing could be built either
        (root / folder).mkdir(parents=True, exist_ok=True)
        say(root, folder, word)


def _take(storage: Storage, manifest: Manifest, path: Path) -> None:
    """Have a version's rows in one file here: as a link to the version's own, where it is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        draft.unlink()
    if link(storage, manifest, draft) is None:
        write(storage, manifest, draft)
    os.replace(draft, path)


def _without_old(
    folder: Path, older: Sequence[tuple[str, float]], current: str, now: float
) -> tuple[tuple[str, float], ...]:
    """Remove files that ceased to be current long ago; return those that stay."""
    kept: list[tuple[str, float]] = []
    for name, at in older:
        if name == current:
            continue
        if now - at < _KEPT:
            kept.append((name, at))
        else:
            with suppress(OSError):
                (folder / name).unlink()
    return tuple(kept)
