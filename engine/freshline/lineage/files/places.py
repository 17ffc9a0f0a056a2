"""Places in CSV files: the line that a row begins in, for whoever has to correct it."""

import csv
import io
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from freshline.lineage.files.encodings import opened
from freshline.lineage.quoting import text_literal

if TYPE_CHECKING:
    import duckdb


def line_of(
    connection: "duckdb.DuckDBPyConnection", file: str, reading: str, row: int, value: str
) -> int:
    """Return the line that a row of a file begins in, 0 where it is not found for certain.

    `reading` is what DuckDB's reader is told of the file, and `value` is one that the row holds.
    """
    import duckdb  # it is loaded by now; what plans alone does without it

    facts = "Delimiter, Quote, SkipRows, HasHeader"
    query = f"SELECT {facts} FROM sniff_csv({text_literal(file)}{reading})"
    try:
        found = connection.execute(query).fetchone()
        if found is None:
            return 0
        delimiter, quote, skipped, has_header = cast("tuple[str, str, int, bool]", found)
        for number, (line, fields) in enumerate(_rows(Path(file), delimiter, quote, skipped)):
            if number == row - (not has_header):
                return line if value.strip() in {field.strip() for field in fields} else 0
    except (duckdb.Error, csv.Error, OSError, EOFError, ValueError, zlib.error):
        return 0
    return 0


class Misshapen(NamedTuple):
    """The first row of a file that is not as long as its header, and the line it begins in."""

    line: int
    found: int
    wanted: int


def misshapen(path: Path, options: Mapping[str, object], encoding: str) -> Misshapen | None:
    """Return what keeps a table from being found in a CSV file, None where that is not it."""
    skipped = int(str(options.get("skip") or 0))
    quote = str(options.get("quote", '"'))
    try:
        with opened(path) as file:
            header = next(islice(file, skipped, None), b"").decode(encoding, "replace")
        delimiter = str(options.get("delim") or options.get("sep") or _parting(header))
        rows = _rows(path, delimiter, quote, skipped, encoding)
        _, first = next(rows)
        for line, fields in rows:
            if len(fields) != len(first):
                return Misshapen(line, len(fields), len(first))
    except (csv.Error, OSError, EOFError, ValueError, StopIteration, TypeError, zlib.error):
        return None
    return None


def _parting(header: str) -> str:
    return max((",", ";", "\t", "|"), key=header.count)


def _rows(
    path: Path, delimiter: str, quote: str, skipped: int, encoding: str = "utf-8"
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with the line that it begins in."""
    with io.TextIOWrapper(opened(path), encoding, "replace", newline="") as file:
        lines = islice(file, skipped, None)
        rows = (
            csv.reader(lines, delimiter=delimiter, quotechar=quote)
            if len(quote) == 1
            else csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        )
        begins = skipped + 1
        for fields in rows:
            if fields:
                yield begins, fields
            begins = skipped + rows.line_num + 1
