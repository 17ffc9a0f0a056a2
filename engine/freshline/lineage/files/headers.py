"""Headers: whether the CSV files of one source have the same columns, told before they are read."""

import zlib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from freshline.definitions import Column, SourceDefinition
from freshline.lineage.binder import Binder, BindProblem
from freshline.lineage.files.encodings import opened
from freshline.lineage.files.prepared import origin, prepared
from freshline.lineage.files.readers import natural

_LOOKED_AT = 3  # titles may stand above a header


def disagreement(
    binder: Binder, root: Path, source: SourceDefinition, files: Sequence[str]
) -> tuple[str, bool] | None:
    """Return how a file's columns differ from the first file's, and whether it lacks some.

    None where all agree. Only the heads of files are read, and a file whose head is the first one's
    to the byte is not taken apart.
    """
    options = dict(source.options)
    if source.format != "csv" or len(files) < 2:
        return None
    if options.get("union_by_name") or "columns" in options or "names" in options:
        return None
    first, *others = files
    head = _head(prepared(root, first, source))
    expected: tuple[Column, ...] | None = None
    surplus: tuple[str, bool] | None = None
    for file in others:
        path = prepared(root, file, source)
        if head is not None and _head(path) == head:
            continue
        try:
            expected = expected or binder.columns_of_files(natural(root, source, [first]))
            found = binder.columns_of_files(natural(root, source, [file]))
        except BindProblem:
            continue  # an empty file, or one that the reader will refuse in its own words
        names = {column.name.lower() for column in found}
        known = {column.name.lower() for column in expected}
        lacks = [c.name for c in expected if c.name.lower() not in names]
        more = [c.name for c in found if c.name.lower() not in known]
        where = origin(str(path)).file
        if lacks:
            also = f" and has {_listed(more)} instead" if more else ""
            return f"{where} lacks {_listed(lacks)} of {first}{also}", True
        if more and surplus is None:
            surplus = f"{_listed(more)} of {where} is not in {first}, and is not read", False
    return surplus


def _head(path: Path) -> list[bytes] | None:
    """Return the first lines of a text file; None where they cannot be read here."""
    if path.suffix.lower() == ".zst":
        return None
    try:
        with opened(path) as file:
            return [line for line in islice(file, 1)]
    except (OSError, EOFError, zlib.error):
        return None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:_LOOKED_AT])
    return f"{shown} and {len(names) - _LOOKED_AT} more" if len(names) > _LOOKED_AT else shown
