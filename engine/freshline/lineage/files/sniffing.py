"""What is in a data file of any format, found out for `freshline init --from`."""

import csv
import tempfile
import zlib
from pathlib import Path

import duckdb

from freshline.definitions import Column, SourceDefinition
from freshline.errors import ComputeError, Span
from freshline.lineage.files import encodings
from freshline.lineage.files.dialects import CsvFile, Found, connected
from freshline.lineage.files.readers import natural


def sniff(path: Path, format: str) -> Found:
    """Return what is in a file of a format; ComputeError where it cannot be read at all."""
    try:
        return _csv(path) if format == "csv" else _plain(path, format)
    except (duckdb.Error, csv.Error, EOFError, zlib.error) as error:
        raise ComputeError(str(error).splitlines()[0], help="declare it by hand") from error


def _csv(path: Path) -> Found:
    if path.stat().st_size == 0:
        raise ComputeError("it is empty", help="leave it out")
    if path.suffix.lower() == ".zip":
        raise ComputeError("archives are not looked into", help="declare it by hand")
    encoding = "utf-8" if path.suffix.lower() == ".zst" else encodings.guess(path)
    with tempfile.TemporaryDirectory() as folder:
        text = path
        if encoding != "utf-8":
            text = Path(folder) / path.name.removesuffix(".gz")
            encodings.convert(path, encoding, text)
        found = CsvFile(text).found()
    if encoding != "utf-8":
        options = {**found.options, "encoding": encoding}
        return Found(
            format="csv",
            options=options,
            columns=found.columns,
            rows=found.rows,
            remarks=(f"the file is {encoding}", *found.remarks),
        )
    return found


def _plain(path: Path, format: str) -> Found:
    """Look at a file whose columns have types of their own."""
    nowhere = Span(file="", line=1, column=1)
    definition = SourceDefinition(key="x", file="", span=nowhere, path=path.name, format=format)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / path.name).symlink_to(path.resolve())
        relation = natural(Path(folder), definition, [path.name])
        with connected() as connection:
            found = connection.sql(f"SELECT * FROM {relation}")
            row = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
            columns = zip(found.columns, found.types, strict=True)
    return Found(
        format=format,
        options={},
        columns=tuple(Column(name, str(type)) for name, type in columns),
        rows=int(row[0]) if row else None,
    )
