"""What a command wrote, told by what appears: a file at the path it was given, or with an ending.

For `out` these are looked for: `out`, `out.parquet`, `out.csv`, `out.anything`, and a folder `out`
of files of one kind. A file without an ending is told by its first bytes.
"""

from collections.abc import Sequence
from pathlib import Path

from freshline.calls import Format
from freshline.errors import CodeError

_BY_ENDING = {
    ".parquet": Format.PARQUET,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
    ".ndjson": Format.JSON,
}


def written(path: Path, subject: str) -> tuple[Format, tuple[str, ...]]:
    """Return the format and the files of one output, none where nothing was written.

    CodeError where there is more than one thing that it could be.
    """
    found = [path] if path.exists() else []
    found += sorted(path.parent.glob(f"{path.name}.*"))
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise CodeError(f"{subject} wrote {names}; one of them can be its output")
    if not found:
        return Format.PARQUET, ()
    files = _files(found[0])
    formats = {_format(file) for file in files}
    if len(formats) > 1:
        names = ", ".join(sorted(formats))
        raise CodeError(f"{subject} wrote files of several kinds into {found[0].name}: {names}")
    return next(iter(formats), Format.PARQUET), tuple(map(str, files))


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and file.name[0] not in "._")


def _format(file: Path) -> Format:
    if file.suffix:
        return _BY_ENDING.get(file.suffix.lower(), Format.FILE)
    with file.open("rb") as opened:
        head = opened.read(4096)
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if head.lstrip()[:1] in (b"{", b"["):
        return Format.JSON
    try:
        head[:4000].decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 100:
            return Format.FILE
    return Format.FILE if b"\0" in head else Format.CSV
