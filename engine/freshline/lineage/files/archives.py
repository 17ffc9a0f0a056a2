"""Zip archives: the one data file in each, taken out with limits, whatever the archive claims."""

import stat
import zipfile
from pathlib import Path, PurePosixPath

from freshline.errors import ComputeError

_CHUNK = 1 << 20
_MOST_MEMBERS = 10_000
# What a small archive may grow to, and how many times its size a large one may.
MOST_BYTES, MOST_TIMES = 1 << 30, 100


def member_name(path: Path) -> str:
    """Return the name of the one data file in an archive, or raise ComputeError saying why not."""
    with _opened(path) as archive:
        return PurePosixPath(_member(archive, path).filename).name


def unpack(path: Path, target: Path) -> None:
    """Write the one data file of an archive to `target`; ComputeError where it cannot be."""
    with _opened(path) as archive:
        member = _member(archive, path)
        most = max(MOST_BYTES, MOST_TIMES * path.stat().st_size)
        written = 0
        try:
            with archive.open(member) as source, open(target, "wb") as out:
                while chunk := source.read(_CHUNK):
                    written += len(chunk)
                    if written > most:
                        raise _too_large(path, most)
                    out.write(chunk)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
            raise _refused(path, f"cannot be unpacked: {error}", "unpack it yourself") from error


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise _refused(path, f"is no zip archive: {error}", "check the file") from error


def _member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise _refused(path, f"has {len(members):,} members", "unpack it, and read the files")
    for member in members:
        if stat.S_ISLNK(member.external_attr >> 16):
            raise _refused(path, f"holds a link, {member.filename}", "pack the file itself")
        if ".." in PurePosixPath(member.filename).parts or member.filename.startswith("/"):
            why = f"holds {member.filename}, which points outside of it"
            raise _refused(path, why, "do not trust it: it was made to do harm, or by mistake")
    data = [m for m in members if not m.is_dir() and not _is_clutter(m.filename)]
    if len(data) != 1:
        names = ", ".join(m.filename for m in data[:5]) + (", ..." if len(data) > 5 else "")
        why = f"holds {len(data)} files ({names}), and one can be read" if data else "is empty"
        raise _refused(path, why, "unpack it, and give `path` a glob that names the files")
    (member,) = data
    if member.flag_bits & 1:
        raise _refused(path, "is encrypted", "unpack it yourself")
    most = max(MOST_BYTES, MOST_TIMES * path.stat().st_size)
    if member.file_size > most:
        raise _too_large(path, most)
    return member


def _is_clutter(name: str) -> bool:
    """Say whether a member is what operating systems leave behind."""
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1].startswith(".")


def _too_large(path: Path, most: int) -> ComputeError:
    size = f"{most >> 20:,} MiB" if most >> 20 else f"{most:,} bytes"
    return _refused(path, f"would unpack to more than {size}", "unpack it yourself if that is so")


def _refused(path: Path, why: str, fix: str) -> ComputeError:
    return ComputeError(f"{path.name} {why}", help=fix)
