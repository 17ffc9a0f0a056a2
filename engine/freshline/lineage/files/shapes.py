"""Files that DuckDB finds no table in: which of them, and what is the matter there."""

import re
from collections.abc import Sequence
from pathlib import Path

from freshline.definitions import SourceDefinition
from freshline.lineage.files.casting import LENGTH_HELP
from freshline.lineage.files.places import misshapen
from freshline.lineage.files.prepared import encoding_of, origin, prepared

_SNIFFING = re.compile(r'Error when sniffing file "(.*?)"')
_DESCRIBE = "say in `read:` what its delimiter is, and how many lines stand above its header"


def unreadable(
    root: Path, source: SourceDefinition, files: Sequence[str], words: str
) -> tuple[str, str] | None:
    """Return in a sentence what an error of DuckDB's is about, and what to do.

    None where it is not about finding a table in a file.
    """
    sniffing = _SNIFFING.search(words)
    if source.format != "csv" or sniffing is None:
        return None
    for file in files:
        path = prepared(root, file, source)
        if str(path) != sniffing[1]:
            continue
        wrong = misshapen(path, dict(source.options), encoding_of(source))
        name = origin(str(path)).file
        if wrong is not None:
            values = "value" if wrong.found == 1 else "values"
            there = f"{wrong.found} {values} where {wrong.wanted} belong"
            return f"{name}, line {wrong.line}: {there}", LENGTH_HELP
        return f"no table is found in {name}", _DESCRIBE
    return None
