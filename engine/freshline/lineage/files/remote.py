"""Files elsewhere: `s3://`, `https://` and whatever fsspec knows, fetched into the cache.

Every look asks for the size, time or tag of each file, and fetches those that have changed since;
what was fetched lies under the digest of its content, so that equal content is an equal path.
"""

import hashlib
import os
import posixpath
import shutil
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import IO, NamedTuple, Protocol, cast

from freshline.codec import digest
from freshline.errors import ComputeError
from freshline.lineage.files.prepared import CACHE, Origin, keep, read, write
from freshline.secrets import redacted, resolved_text

_CHUNK = 1 << 20
# What file systems call that which changes when a file does; none has them all.
_TAGS = (
    *("ETag", "etag", "e_tag", "md5", "checksum", "generation", "Content-MD5", "Digest"),
    *("mtime", "LastModified", "Last-Modified", "last_modified", "created"),
)
_INSTALL: Mapping[str, str] = {
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("az", "abfs", "abfss"), "adlfs"),
    **dict.fromkeys(("http", "https"), "aiohttp"),
}


class _FileSystem(Protocol):
    """What is used of a file system of fsspec, which brings no types."""

    def glob(self, path: str) -> list[str]: ...
    def info(self, path: str) -> Mapping[str, object]: ...
    def open(self, path: str, mode: str) -> IO[bytes]: ...
    def invalidate_cache(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """What an address held when it bore these stamps, relative to the root."""

    stamps: str
    result: str


def fetched(root: Path, address: str) -> tuple[str, ...]:
    """Return the files, relative to the root, that hold what an address or glob stands for now.

    ComputeError where it cannot be asked or fetched, ResourceError where a secret in the address
    cannot be found; nothing where nothing is there.
    """
    protocol = address.partition("://")[0]
    whole = resolved_text(address)
    with _told(address):
        system, path = _system(whole)
        return tuple(_one(root, system, f, protocol) for f in _matching(system, path, protocol))
    return ()


class Listed(NamedTuple):
    """A file at an address: `stamp` is another when it changed; `at` when, where that is known."""

    path: str
    stamp: str
    at: float | None


def listed(address: str) -> tuple[Listed, ...]:
    """Return the files that an address or glob stands for now, without fetching any.

    ComputeError and ResourceError as `fetched`; nothing where nothing is there.
    """
    protocol = address.partition("://")[0]
    whole = resolved_text(address)
    with _told(address):
        system, path = _system(whole)
        found = _matching(system, path, protocol)
        return tuple(_listed(system.info(each), each, protocol) for each in found)
    return ()


def _listed(facts: Mapping[str, object], path: str, protocol: str) -> Listed:
    moments = (facts.get(name) for name in ("LastModified", "mtime", "last_modified", "updated"))
    at: float | None = None
    for moment in moments:
        if at is None and isinstance(moment, datetime):
            at = moment.timestamp()
        elif at is None and isinstance(moment, int | float):
            at = float(moment)
    return Listed(_name(path, protocol), _stamps(facts), at)


def _matching(system: _FileSystem, path: str, protocol: str) -> list[str]:
    is_web = protocol in ("http", "https")
    is_glob = any(mark in path for mark in ("*[" if is_web else "*?["))
    return sorted(system.glob(path)) if is_glob else [path]


@contextmanager
def _told(address: str) -> Generator[None]:
    """Make sentences of what a file system raises; that nothing is there is no error."""
    protocol = address.partition("://")[0]
    try:
        yield
    except FileNotFoundError as error:
        # A web that cannot be reached is "not found" to fsspec as well: only the cause tells.
        cause = error.__cause__
        if isinstance(cause, FileNotFoundError | None) or getattr(cause, "status", 0) == 404:
            return
        raise _unfetched(address, cause) from error
    except ImportError as error:
        package = _INSTALL.get(protocol, "")
        raise ComputeError(
            f"reading {protocol}:// needs the package {package or 'that speaks it'}: {error}",
            help=f"pip install 'freshline[remote]'{f' {package}' if package else ''}",
        ) from error
    except ComputeError:
        raise
    except Exception as error:  # each file system raises what its own library does
        raise _unfetched(address, error) from error


def _unfetched(address: str, error: BaseException) -> ComputeError:
    why = redacted(f"{type(error).__name__}: {error}".splitlines()[0])
    return ComputeError(
        f"{address} cannot be fetched: {why}",
        help="check the address, the network and the credentials",
    )


def _system(address: str) -> tuple[_FileSystem, str]:
    try:
        fsspec = import_module("fsspec.core")
    except ImportError as error:
        raise ComputeError(
            f"reading {redacted(address)} needs the package fsspec",
            help="pip install 'freshline[remote]', or fetch the file yourself",
        ) from error
    # Each look is a new one: file systems keep listings, and what changed would stay unseen.
    found = fsspec.url_to_fs(address, use_listings_cache=False)
    system, path = cast("tuple[_FileSystem, str]", found)
    system.invalidate_cache()
    return system, path


def _one(root: Path, system: _FileSystem, path: str, protocol: str) -> str:
    facts = system.info(path)
    told = any(facts.get(tag) is not None for tag in _TAGS)
    stamps = _stamps(facts)
    name = _name(path, protocol)
    index = root / CACHE / "index" / digest("fetched", name)
    known = read(index, _Fetched)
    same = known is not None and told and known.stamps == stamps
    if known is not None and same and (root / known.result).is_file():
        return known.result
    result = _fetch(root, system, path, name)
    with suppress(OSError):
        write(index, _Fetched(stamps=stamps, result=result))
    return result


def _stamps(facts: Mapping[str, object]) -> str:
    told = [f"{tag}={facts[tag]}" for tag in _TAGS if facts.get(tag) is not None]
    return digest(*told, f"size={facts.get('size')}")


def _name(path: str, protocol: str) -> str:
    return redacted(path if "://" in path else f"{protocol}://{path}")


def _fetch(root: Path, system: _FileSystem, path: str, name: str) -> str:
    hasher = hashlib.sha256()
    part = root / CACHE / f"{digest(name)[:16]}.{os.getpid()}.{threading.get_ident()}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        with system.open(path, "rb") as source, open(part, "wb") as out:
            while chunk := source.read(_CHUNK):
                hasher.update(chunk)
                out.write(chunk)
        base = posixpath.basename(name.partition("?")[0]) or "data"

        def move(target: Path) -> int:
            shutil.move(part, target)
            return 1

        folder = digest(name, hasher.hexdigest())[:16]
        return keep(root, f"{folder}/{base}", Origin(file=name), move)
    finally:
        part.unlink(missing_ok=True)
