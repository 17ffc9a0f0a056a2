"""Headers: whether the CSV files of one source have the same columns, told before they are read."""

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from freshline.definitions import SourceDefinition
from freshline.lineage.files.columns import FileColumns, UnreadableFiles
from freshline.lineage.files.encodings import opened
from freshline.lineage.files.prepared import prepared
from freshline.lineage.files.readers import natural

_SHOWN = 3
_AT_ONCE = 2.0  # files this close were copied together: their names tell more
_DELIMITERS = (",", ";", "\t", "|")
_GENERATED = re.compile(r"column\d+")  # DuckDB's names where it finds no header
_DATUM = re.compile(r"[-+\d.,:/ ]*\d[-+\d.,:/ ]*")
_RENAMED = (
    "mend the header; or add `union_by_name: true` to `read:` (what a file lacks is null), and"
    " coalesce() the two names in SQL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How the files of a source differ, in a sentence, and the way out.

    `is_fatal` where they cannot be read together; `is_case_alone` where they can, by name: the same
    columns are written in other letters.
    """

    sentence: str = ""
    fix: str = ""
    is_fatal: bool = False
    is_case_alone: bool = False


def disagreement(
    columns: FileColumns, root: Path, source: SourceDefinition, files: Sequence[str]
) -> Difference | None:
    """Return how the columns of files differ; None where all agree.

    Only the heads of files are read, and a file whose head was seen before is not taken apart.
    """
    options = dict(source.options)
    if source.format != "csv" or len(files) < 2:
        return None
    if options.get("union_by_name") or "columns" in options or "names" in options:
        return None
    headers = _headers(columns, root, source, files)
    first = next(iter(headers), None)
    if first is None or len({*headers.values()}) < 2:
        return None
    wanted = _folded(headers[first])
    if any(wanted - _folded(header) for header in headers.values()):
        return _fatal(root, headers)
    if any({*headers[first]} - {*header} for header in headers.values()):
        return Difference(is_case_alone=True)
    for file, header in headers.items():
        if more := [name for name in header if name.lower() not in wanted]:
            sentence = f"{_listed(more)} of {file} is not in {first}, and is not read"
            fix = "add `union_by_name: true` to `read:` to have it"
            return Difference(sentence=sentence, fix=fix)
    return None


def _headers(
    columns: FileColumns, root: Path, source: SourceDefinition, files: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the names of the columns of each file, save of those that the reader will refuse."""
    skipped = dict(source.options).get("skip")
    known: dict[bytes, tuple[str, ...]] = {}
    found: dict[str, tuple[str, ...]] = {}
    for file in files:
        head = _head(prepared(root, file, source), skipped if isinstance(skipped, int) else 0)
        if head is not None and head in known:
            found[file] = known[head]
            continue
        try:
            found[file] = tuple(c.name for c in columns.of(natural(root, source, [file])))
        except UnreadableFiles:
            continue  # an empty file, or one that the reader will refuse in its own words
        if head is not None:
            known[head] = found[file]
    return found


def _fatal(root: Path, headers: Mapping[str, tuple[str, ...]]) -> Difference:
    """Return which file is the odd one out, and what is the matter with it."""
    usual = _usual(root, headers)
    first = next(iter(headers))
    odd = next(
        (f for f, header in headers.items() if usual - _folded(header)),
        first,  # it alone has what DuckDB goes on to look for in all the others
    )
    like = next(f for f, header in headers.items() if _folded(header) == usual)
    names, others = headers[odd], headers[like]
    lacks = [name for name in others if name.lower() not in _folded(names)]
    more = [name for name in names if name.lower() not in usual]
    if not lacks:
        sentence = f"{odd} has {_listed(more)}, which {like} lacks"
        fix = "add `union_by_name: true` to `read:` (what a file lacks is null), or mend the header"
        return Difference(sentence=sentence, fix=fix, is_fatal=True)
    if (delimiter := _other_delimiter(names, usual)) is not None:
        sentence = f'the columns of {odd} are parted by "{delimiter}", those of {like} are not'
        fix = f"write it like the others, or make it a source of its own: `delim: '{delimiter}'`"
        return Difference(sentence=sentence, fix=fix, is_fatal=True)
    if _has_none(names, lacks, others):
        sentence = f"{odd} has no header such as {like} has: {_listed(others)}"
        return Difference(
            sentence=sentence, fix=f"add the header of {like} as its first line", is_fatal=True
        )
    also = f" and has {_listed(more)} instead" if more else ""
    sentence = f"{odd} lacks {_listed(lacks)} of {like}{also}"
    perhaps = "add a header if there is none; or " if len(lacks) == len(others) else ""
    return Difference(sentence=sentence, fix=perhaps + _RENAMED, is_fatal=True)


def _usual(root: Path, headers: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return the columns that most files have; where there is no most, the newest is not asked."""
    counts = Counter(_folded(header) for header in headers.values())
    (usual, often), *others = counts.most_common()
    if not others or others[0][1] < often:
        return usual
    tied = [names for names, count in counts.items() if count == often]
    ages = {file: (root / file).stat().st_mtime for file in headers}
    young = [file for file, age in ages.items() if age > max(ages.values()) - _AT_ONCE]
    newest = max(young)
    return next((names for names in tied if names != _folded(headers[newest])), usual)


def _other_delimiter(names: Sequence[str], usual: frozenset[str]) -> str | None:
    """Return what parts the columns in a header that was taken for few, None where nothing does."""
    for delimiter in _DELIMITERS:
        parts = {part.strip(' "').lower() for name in names for part in name.split(delimiter)}
        if len(parts) > len(names) and len(parts & usual) * 2 > len(usual):
            return delimiter
    return None


def _has_none(names: Sequence[str], lacks: Sequence[str], others: Sequence[str]) -> bool:
    """Say whether what was taken for names of columns is the first row, or nothing at all."""
    if len(lacks) < len(others):
        return False
    generated = all(_GENERATED.fullmatch(name) for name in names)
    return generated or any(_DATUM.fullmatch(name) for name in names)


def _folded(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _head(path: Path, skipped: int) -> bytes | None:
    """Return the header of a text file as it is written; None where it cannot be read here."""
    if path.suffix.lower() == ".zst":
        return None
    try:
        with opened(path) as file:
            return next(islice(file, skipped, None), None)
    except (OSError, EOFError, zlib.error):
        return None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
