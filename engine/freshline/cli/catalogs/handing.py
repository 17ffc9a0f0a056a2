"""Handing over: the rows of a current version as one Parquet file, held for as long as it is read.

A version that is one Parquet file is linked: nothing is copied, and whoever removes the version
takes nothing from the reader. All else is written anew, by a process of its own, since a server
has no engine in it.

    python -m freshline.cli.catalogs.handing ROOT ENVIRONMENT ASSET MAT_ID FILE
"""

import hashlib
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from freshline.catalog import Handed
from freshline.declare.files import PROJECT_FILES
from freshline.declare.settings import read_settings
from freshline.errors import ConflictError, FreshlineError, ResourceError, UnbuiltError
from freshline.keys import Target
from freshline.parquet_files import OwnFiles
from freshline.ports import Storage
from freshline.secrets import redacted
from freshline.versions import DataFile, Manifest

FOLDER = ".freshline/tmp"
_PREFIX = "handed-"
_LEFT = 3600.0  # seconds after which nobody can be about to open a file that lies there
_PATIENCE = 3600.0


def current_in(
    root: Path, environment: str | None, asset: str, shown: str = "its folder"
) -> tuple[Storage, Manifest]:
    """Return the current version of an asset of the project below `root`, and its storage.

    The storages are asked, the catalog is not opened. ResourceError says why there is none
    (UnbuiltError: there never was one), and calls the project's folder what it is `shown` as.
    """
    from freshline.cli.compose import storages_of

    file = next((name for name in PROJECT_FILES if (root / name).is_file()), None)
    if file is None:
        raise ResourceError(f"there is no project at {shown}")
    settings = read_settings((root / file).read_bytes(), file, os.environ)
    if not settings.project.name:
        raise ResourceError(f"{shown}/{file} cannot be understood")
    names = settings.project.environments
    environment = environment or names[0]
    if environment not in names:
        raise ResourceError(f'it has no environment "{environment}", only {", ".join(names)}')
    project = settings.in_force(environment).project
    target = Target(project.name, environment, asset)
    for storage in storages_of(root, project).values():
        manifest = storage.current(target)
        if manifest is not None:
            return storage, manifest
    raise UnbuiltError("it has never been built there")


def link(storage: Storage, manifest: Manifest, path: Path) -> DataFile | None:
    """Have a version's rows at `path` as a link to its one file; None where it is not one."""
    own = storage.own_files(manifest.version) if isinstance(storage, OwnFiles) else ()
    if len(own) != 1:
        return None
    try:
        os.link(own[0], path)
    except OSError:  # another disk, or one that knows no links
        return None
    return manifest.version.files[0]


def write(storage: Storage, manifest: Manifest, path: Path) -> None:
    """Write a version's rows to `path`."""
    from freshline.execute.sql_engine import SqlEngine

    engine = SqlEngine(folders=[*storage.readable(), path.parent], files=[])
    try:
        engine.copy_to_parquet(f"SELECT * FROM {storage.relation(manifest.version)}", path)
    finally:
        engine.close()


def hand_over(root: Path, environment: str, asset: str, mat_id: str) -> Handed:
    """Return a version's rows as one file that belongs to the caller, who removes it.

    ConflictError where another version is current by now.
    """
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_PREFIX}{os.getpid()}-{os.urandom(6).hex()}.parquet"
    storage, manifest = _wanted(root, environment, asset, mat_id)
    linked = link(storage, manifest, path)
    if linked is not None:
        return Handed(path, linked.bytes, linked.sha256)
    try:
        _write_apart(root, environment, asset, mat_id, path)
        with open(path, "rb") as file:
            return Handed(
                path, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def sweep(root: Path, now: float) -> None:
    """Remove files that were to be handed over by a process that is gone."""
    for path in (root / FOLDER).glob(f"{_PREFIX}*.parquet"):
        with suppress(OSError):
            # A link is as old as what it leads to: its own change is what counts.
            if now - path.stat().st_ctime > _LEFT:
                path.unlink()


def _wanted(root: Path, environment: str, asset: str, mat_id: str) -> tuple[Storage, Manifest]:
    storage, manifest = current_in(root, environment, asset)
    if manifest.version.query:
        raise ResourceError("it is a view there, and kept nowhere", help="read what it reads")
    if manifest.version.mat_id != mat_id:
        raise ConflictError("another version is current by now", help="ask which one is")
    return storage, manifest


def _write_apart(root: Path, environment: str, asset: str, mat_id: str, path: Path) -> None:
    module = "freshline.cli.catalogs.handing"
    command = [sys.executable, "-m", module, str(root), environment, asset, mat_id, str(path)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ResourceError("the version could not be written to a file") from error
    if done.returncode != 0:
        lines = redacted(done.stderr.decode(errors="replace")).strip().splitlines()
        why = lines[-1][:500] if lines else f"exit code {done.returncode}"
        raise ResourceError(f"the version could not be written to a file: {why}")


def main() -> None:
    """Write the version that the arguments name to the file that they name."""
    root, environment, asset, mat_id, path = sys.argv[1:]
    try:
        write(*_wanted(Path(root), environment, asset, mat_id), Path(path))
    except FreshlineError as error:
        sys.exit(error.message)


if __name__ == "__main__":
    main()
