"""Files made ready: what DuckDB cannot read as it is gets converted once, into the cache.

Archives are unpacked, sheets become Parquet, other encodings UTF-8. The result lies in a folder
named by the digest of the file's name, its content and the options that matter, beside a note that
says what it was made from; an index remembers by size, time and inode what need not be looked at
again. All of it may be deleted at any time.
"""

import codecs
import gzip
import hashlib
import os
import shutil
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from freshline.codec import decode, digest, encode
from freshline.declare.paths import is_address
from freshline.definitions import SourceDefinition
from freshline.errors import ComputeError, ResourceError
from freshline.lineage.files import archives, encodings

CACHE = ".freshline/cache/sources"
_NOTE, _INDEX = ".origin.json", "index"
_SETTLED_NS = 2_000_000_000
_SMALL = 1 << 16  # looking at so few bytes is as quick as remembering that one did
_KEPT_SECONDS = 7 * 86_400
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a prepared file was made from, and which row of it the first row of the result is."""

    file: str
    first_row: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What a file of these stamps was made into, relative to the root."""

    size: int
    mtime_ns: int
    inode: int
    at_ns: int
    result: str


def prepared(root: Path, file: str, definition: SourceDefinition) -> Path:
    """Return the file that DuckDB reads for a file of a source; made now if it is not there yet.

    ComputeError where the file is not what it should be; ResourceError where it cannot be written.
    """
    try:
        return _prepared(root, file, definition)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ComputeError(
            f"{file} cannot be unpacked: {error}", help="fetch or pack it once more"
        ) from error


def _prepared(root: Path, file: str, definition: SourceDefinition) -> Path:
    path = root / file
    try:
        status = os.stat(path)
    except OSError:
        return path  # whoever reads it says what is wrong
    steps = _steps(file, definition)
    if not steps and (not _is_plain_csv(file, definition) or status.st_size <= _SMALL):
        _check(path, file, definition)
        return path
    index = root / CACHE / _INDEX / digest(file, definition.format, encode(definition.options))
    known = read(index, _Entry)
    if known is not None and _holds(known, status) and (root / known.result).is_file():
        return root / known.result
    at_ns = time.time_ns()
    result = _made(root, file, definition, steps) if steps else file
    _check(path, file, definition)
    with suppress(OSError):  # a folder that cannot be written costs time, not correctness
        stamps = {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino}
        write(index, _Entry(**stamps, at_ns=at_ns, result=result))
    return root / result


def origin(path: str) -> Origin:
    """Return what a file that DuckDB names was made from; the file itself where it was not made.

    Files of a project are named as its author names them: relative to its root.
    """
    before, inside, rest = path.partition(f"/{CACHE}/")
    if inside:
        note = read(Path(before) / CACHE / rest.partition("/")[0] / _NOTE, Origin)
        if note is not None:
            made_from = note.file if is_address(note.file) else origin(f"{before}/{note.file}").file
            return Origin(file=made_from, first_row=note.first_row)
    for folder in Path(path).parents:
        if any((folder / name).is_file() for name in ("freshline.yaml", "freshline.yml")):
            return Origin(file=str(Path(path).relative_to(folder)))
    return Origin(file=path)


def keep(root: Path, name: str, origin: Origin, make: Callable[[Path], int]) -> str:
    """Return where, relative to the root, a file lies that `make` wrote, beside its origin.

    `name` is the folder's digest and the file's name; what is there already is not made again.
    `make` gets the path to write to and returns the row that the first one of the result was.
    """
    target = root / CACHE / name
    if _is_whole(target):
        with suppress(OSError):
            os.utime(target.parent)
        return f"{CACHE}/{name}"
    beside = target.parent.with_name(f"{target.parent.name}.{_ours()}.{time.time_ns()}")
    try:
        beside.mkdir(parents=True)
        first_row = make(beside / target.name)
        write(beside / _NOTE, Origin(file=origin.file, first_row=first_row))
        if not _is_whole(target):  # perhaps a part of it is there
            shutil.rmtree(target.parent, ignore_errors=True)
        with suppress(OSError):  # somebody else was quicker, and made the same
            os.rename(beside, target.parent)
    except OSError as error:
        raise ResourceError(
            f"{origin.file} cannot be made ready in {CACHE}: {error.strerror}",
            help="make room, or let the folder be written",
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    _forget_old(root)
    return f"{CACHE}/{name}"


def _is_whole(target: Path) -> bool:
    return target.is_file() and (target.parent / _NOTE).is_file()


def _steps(file: str, definition: SourceDefinition) -> tuple[str, ...]:
    steps = ["unzip"] if file.lower().endswith(".zip") else []
    if definition.format == "excel":
        steps.append("sheet")
    elif definition.format in ("csv", "json") and not reads_encoding(definition):
        steps.append("encoding")
    return tuple(steps)


def reads_encoding(definition: SourceDefinition) -> bool:
    """Say whether DuckDB reads the encoding of a source by itself."""
    name = encodings.native(_encoding(definition))
    return name == "utf-8" if definition.format == "json" else name is not None


def encoding_of(definition: SourceDefinition) -> str:
    """Return the encoding of the files as they are made ready."""
    return _encoding(definition) if reads_encoding(definition) else "utf-8"


def is_mistaken(path: Path, definition: SourceDefinition) -> bool:
    """Say whether a text file is UTF-8 while its source says that it is something else."""
    said = codecs.lookup(_encoding(definition)).name
    if definition.format not in ("csv", "json") or said.startswith(("utf", "ascii")):
        return False
    if path.suffix.lower() in (".zip", ".zst"):
        return False
    try:
        return encodings.is_beyond_ascii_and_utf8(path)
    except (OSError, EOFError, zlib.error):
        return False


def _encoding(definition: SourceDefinition) -> str:
    return str(dict(definition.options).get("encoding", "utf-8"))


def _is_plain_csv(file: str, definition: SourceDefinition) -> bool:
    """Say whether DuckDB reads a file as UTF-8 text that we can look into."""
    is_utf8 = encodings.native(_encoding(definition)) == "utf-8"
    return definition.format == "csv" and is_utf8 and not file.lower().endswith((".zst", ".zip"))


def _check(path: Path, file: str, definition: SourceDefinition) -> None:
    """Refuse a CSV with bytes that are not UTF-8: one of them, late in a file, ends DuckDB."""
    if not _is_plain_csv(file, definition):
        return
    bad = encodings.first_bad_byte(path)
    if bad is not None:
        raise ComputeError(
            f"{file} is not UTF-8: line {bad.line} holds the byte 0x{bad.byte:02X}",
            help=f"add `encoding: {encodings.guess(path)}` to the source's `read:`",
        )


def _made(root: Path, file: str, definition: SourceDefinition, steps: tuple[str, ...]) -> str:
    made = file
    for step in steps:
        source = root / made
        with open(source, "rb") as handle:
            content = hashlib.file_digest(handle, "sha256").hexdigest()
        folder = digest(made, content, step, encode(definition.options))[:16]
        if step == "unzip":
            name = f"{folder}/{archives.member_name(source)}"
        elif step == "sheet":
            name = f"{folder}/{source.name}.parquet"
        else:
            name = f"{folder}/{source.name.removesuffix('.gz')}"
        made = keep(root, name, Origin(file=made), _maker(step, source, definition))
    if "unzip" in steps and "encoding" not in steps:
        _check(root / made, made, definition)
    return made


def _maker(step: str, source: Path, definition: SourceDefinition) -> Callable[[Path], int]:
    def unzip(target: Path) -> int:
        archives.unpack(source, target)
        return 1

    def sheet(target: Path) -> int:
        from freshline.lineage.files.workbooks import write_sheet

        return write_sheet(source, dict(definition.options), target)

    def encoding(target: Path) -> int:
        said = _encoding(definition)
        bad = encodings.convert(source, said, target)
        if bad is not None:
            name = codecs.lookup(said).name
            message = f"{source.name} is not {name}: line {bad.line} holds 0x{bad.byte:02X}"
            fix = f"it may be {encodings.guess(source)}: correct `encoding` in the source's `read:`"
            raise ComputeError(message, help=fix)
        return 1

    return {"unzip": unzip, "sheet": sheet, "encoding": encoding}[step]


def _holds(entry: _Entry, status: os.stat_result) -> bool:
    same = (entry.size, entry.mtime_ns, entry.inode) == (
        status.st_size,
        status.st_mtime_ns,
        status.st_ino,
    )
    return same and entry.mtime_ns < entry.at_ns - _SETTLED_NS


def _forget_old(root: Path) -> None:
    """Remove results that nobody has asked for in a week."""
    oldest = time.time() - _KEPT_SECONDS
    with suppress(OSError):
        for folder in os.scandir(root / CACHE):
            if folder.name != _INDEX and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder.path, ignore_errors=True)


def read(path: Path, type: type[T]) -> T | None:
    """Return what a file of the cache says; None where it says nothing."""
    try:
        return decode(path.read_bytes(), type)
    except (OSError, ValueError):
        return None


def write(path: Path, value: object) -> None:
    """Put a value in place of a file of the cache, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{_ours()}")
    beside.write_bytes(encode(value))
    os.replace(beside, path)


def _ours() -> str:
    """Return what no other thread of any process puts into the names of its files."""
    return f"{os.getpid()}.{threading.get_ident()}"
