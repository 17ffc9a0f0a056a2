"""Sources: which files they are, how DuckDB reads them, and which version they are at.

The version of a source is the hash of its files' names and contents. A file whose size, time and
inode are as they were is trusted without reading it, unless it was touched within two seconds of
the look: clocks of file systems are coarse, and a second write could hide behind the same time.
"""

import glob
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from freshline.codec import digest
from freshline.definitions import SourceDefinition
from freshline.state import Observation

_READERS = {"csv": "read_csv", "parquet": "read_parquet", "json": "read_json"}
_FRESH_FILE_SECONDS = 2.0


def files_of(root: Path, source: SourceDefinition) -> tuple[str, ...]:
    """Return the files a source stands for now, sorted, relative to the root if given so."""
    if not glob.has_magic(source.path):
        return (source.path,) if (root / source.path).is_file() else ()
    found = glob.glob(source.path, root_dir=root, recursive=True)
    return tuple(sorted(f for f in found if (root / f).is_file()))


def relation(root: Path, source: SourceDefinition, files: Sequence[str]) -> str:
    """Return the call of DuckDB's reader for exactly these files."""
    paths = ", ".join(_literal(str(root / file)) for file in files)
    options = dict(source.options)
    declared = {c.name: c.type for c in source.columns if c.type is not None}
    if declared and source.format == "csv":
        options["types"] = declared
    if source.format == "parquet":
        options.setdefault("hive_partitioning", False)
    arguments = "".join(f", {name} = {_literal(value)}" for name, value in options.items())
    return f"{_READERS[source.format]}([{paths}]{arguments})"


def probe(root: Path, files: Sequence[str], known: Observation | None, now: float) -> Observation:
    """Return the version of a source, reading only files that may have changed since `known`.

    The signature maps each file to [size, mtime in ns, inode, SHA-256]. OSError where a file is
    gone or unreadable.
    """
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


def _literal(value: object) -> str:
    """Return a value of YAML as a literal of SQL: text, number, truth, list or mapping."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return "'" + value.replace("'", "''") + "'"
        case Mapping():
            pairs = cast("Mapping[str, object]", value).items()
            return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(_literal(v) for v in cast("Sequence[object]", value)) + "]"
        case _:
            return "NULL"
