"""Answers made of rows: as a table for people, as csv, json, jsonl or parquet for programs.

CSV is that of RFC 4180: lines end in CRLF, NULL is empty and an empty text is `""`. JSON is an
array of objects, jsonl an object a line. Parquet is written by DuckDB. A file is written aside and
then put in place, so that nobody finds half of it.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, TypeVar

import click

from freshline.codec import encode
from freshline.errors import ResourceError, UsageError

F = TypeVar("F", bound=Callable[..., object])
FORMATS = ("table", "csv", "json", "jsonl", "parquet")
Value = str | int | float | bool | datetime | None

_SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "table",
}
_TYPES = {
    "text": "VARCHAR",
    "number": "BIGINT",
    "seconds": "DOUBLE",
    "moment": "TIMESTAMP",
    "flag": "BOOLEAN",
}
_form = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="How to write the rows; by default a table, or what the name of FILE says.",
)
_output = click.option("-o", "--output", metavar="FILE", help="Write to a file.")


class Answer(Protocol):
    """Rows that can be written: each method gives all of them, as one format wants them."""

    def texts(self) -> Iterator[tuple[str | None, ...]]:
        """Yield the header, then the rows, each value as text."""
        ...

    def objects(self) -> Iterator[bytes]:
        """Yield the JSON of each row."""
        ...

    def parquet(self, path: Path) -> None:
        """Write the rows to a new Parquet file."""
        ...

    def table(self) -> Iterable[str]:
        """Return the lines that people read."""
        ...


class Form(NamedTuple):
    """What the caller asked for: a format, if any, and a file, if any."""

    format: str | None
    output: str | None

    @property
    def is_given(self) -> bool:
        """Whether the caller said anything of it."""
        return self.format is not None or self.output is not None

    @property
    def chosen(self) -> str:
        """The format to write, or UsageError where it cannot be told."""
        if self.format is not None or self.output is None:
            return self.format or "table"
        found = _SUFFIXES.get(Path(self.output).suffix.lower())
        if found is None:
            raise UsageError(f'cannot tell a format from "{self.output}"', help="add --format")
        return found


def formats(function: F) -> F:
    """Add --format and -o to a command; it gets them as `form` and `output`."""
    return _form(_output(function))


def checked(form: str | None, output: str | None, *, as_json: bool = False) -> Form:
    """Return what was asked for, or UsageError before anything is computed."""
    asked = Form(form, output)
    if as_json and asked.is_given:
        raise UsageError(
            "--json is a format of its own",
            help="leave it out; --format json gives the rows alone",
        )
    if asked.chosen == "parquet" and output is None and sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal", help="name a file with -o FILE")
    if output is not None and not Path(output).absolute().parent.is_dir():
        raise UsageError(f"there is no folder for {output}", help="make it, or name another file")
    return asked


def write(answer: Answer, asked: Form) -> None:
    """Write an answer as it was asked for."""
    match asked.chosen:
        case "parquet":
            _write_parquet(answer, asked.output)
        case "csv":
            _write_bytes(map(_csv, answer.texts()), asked.output)
        case "json":
            _write_bytes(_array(answer.objects()), asked.output)
        case "jsonl":
            _write_bytes((line + b"\n" for line in answer.objects()), asked.output)
        case _:
            lines = (f"{line}\n".encode() for line in answer.table())
            _write_bytes(lines, asked.output)


class Field(NamedTuple):
    """A column of records: its name and whether it holds text, a number, a moment ..."""

    name: str
    kind: str = "text"


class Records:
    """Rows that we have in Python; `lines` is how people see them."""

    def __init__(
        self, fields: Sequence[Field], rows: Sequence[Sequence[Value]], lines: Iterable[str]
    ) -> None:
        self._fields, self._rows, self._lines = fields, rows, lines

    def texts(self) -> Iterator[tuple[str | None, ...]]:
        """Yield the header, then the rows, each value as text."""
        yield tuple(field.name for field in self._fields)
        for row in self._rows:
            yield tuple(None if value is None else _text(value) for value in row)

    def objects(self) -> Iterator[bytes]:
        """Yield the JSON of each row."""
        names = [field.name for field in self._fields]
        for row in self._rows:
            yield encode(dict(zip(names, map(_plain, row), strict=True)))

    def parquet(self, path: Path) -> None:
        """Write the rows to a new Parquet file."""
        import duckdb  # the other formats do without it

        types = {field.name: _TYPES[field.kind] for field in self._fields}
        rows = b"[" + b",".join(self.objects()) + b"]"
        with duckdb.connect() as connection:
            shape = encode([types]).decode().replace("'", "''")
            connection.execute(
                f"CREATE TABLE answer AS SELECT unnest(r) FROM "
                f"(SELECT unnest(from_json(?, '{shape}')) AS r)",
                [rows.decode()],
            )
            quoted = str(path).replace("'", "''")
            connection.execute(f"COPY answer TO '{quoted}' (FORMAT parquet)")

    def table(self) -> Iterable[str]:
        """Return the lines that people read."""
        return self._lines


def at(seconds: float) -> datetime:
    """Return unix seconds as a moment."""
    return datetime.fromtimestamp(seconds, UTC)


def _write_parquet(answer: Answer, output: str | None) -> None:
    if output is not None:
        with _aside(Path(output)) as path:
            answer.parquet(path)
        return
    with tempfile.TemporaryDirectory(prefix="freshline-") as folder:
        path = Path(folder) / "answer.parquet"
        answer.parquet(path)
        with open(path, "rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _write_bytes(parts: Iterable[bytes], output: str | None) -> None:
    if output is None:
        _copy(parts, sys.stdout.buffer)
        return
    with _aside(Path(output)) as path, open(path, "wb") as file:
        _copy(parts, file)


def _copy(parts: Iterable[bytes], file: BinaryIO) -> None:
    for part in parts:
        file.write(part)
    file.flush()


@contextmanager
def _aside(output: Path) -> Generator[Path]:
    """Lend a place for a file, and put it in place when the block ends well."""
    if output.parts[:2] == ("/", "dev") or (output.exists() and not output.is_file()):
        yield output  # a pipe, or what /dev/stdout stands for: nothing that can be replaced
        return
    target = output.resolve()
    part = beside(target)
    try:
        yield part
        os.replace(part, target)
    except OSError as error:
        raise ResourceError(
            f"cannot write {output}: {error.strerror or error}", help="name another file"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def beside(target: Path) -> Path:
    """Return the place where a file is written before it is put in place."""
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def _array(objects: Iterator[bytes]) -> Iterator[bytes]:
    yield b"["
    for position, each in enumerate(objects):
        yield b",\n " + each if position else each
    yield b"]\n"


def _csv(cells: Sequence[str | None]) -> bytes:
    return (",".join(map(_cell, cells)) + "\r\n").encode()


def _cell(cell: str | None) -> str:
    if cell is None:
        return ""
    if cell and not any(character in cell for character in ',"\n\r'):
        return cell
    return '"' + cell.replace('"', '""') + '"'


def _plain(value: Value) -> Value:
    return _text(value) if isinstance(value, datetime) else value


def _text(value: Value) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
