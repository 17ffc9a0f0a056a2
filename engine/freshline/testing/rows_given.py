"""Rows that a test gives for an upstream, in whatever form it has them, as tables of the engine."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from freshline.calls import Made
from freshline.declare.section import did_you_mean
from freshline.definitions import Column, ColumnDefinition
from freshline.errors import ComputeError, UsageError
from freshline.execute.code_step import relation_of
from freshline.execute.sql_engine import SqlEngine
from freshline.lineage.quoting import quoted, text_literal
from freshline.locations.wire import shaped
from freshline.worker.targets import Target
from freshline.worker.writing import write

_READERS = {
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".json": "read_json",
    ".jsonl": "read_json",
    ".ndjson": "read_json",
    ".parquet": "read_parquet",
}
_FORMS = (
    "give a list of dicts, a data frame, a table of Arrow, a relation of DuckDB, a text of CSV, "
    "a Path of a file, bytes for a file's content, or None where it is not there"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a test gives for an upstream: how the engine reads it, and the file that it is."""

    key: str
    relation: str
    columns: tuple[Column, ...]
    file: Path | None = None


def rows_of(key: str, value: object, engine: SqlEngine, folder: Path) -> Rows:
    """Return the rows that are given for a key; what has to be written for them is in `folder`.

    UsageError where the value is none that rows can come from.
    """
    what, file = f"inputs[{key!r}]", None
    folder.mkdir()
    if isinstance(value, str):
        text = folder / "rows.csv"
        text.write_text(_even(value), encoding="utf-8")
        relation = f"read_csv({text_literal(str(text))}, header = true)"
    elif isinstance(value, Path):
        if not value.is_file():
            raise UsageError(f"{what}: there is no file {value}", help="give an existing file")
        file = value.absolute()
        relation = _of_file(value, folder, what)
    else:
        try:
            made = shaped(write(value, Target("", key, str(folder), what)), Made)
        except TypeError as error:
            kind = type(value).__name__
            raise UsageError(f"{what} is {kind}: {error}", help=_FORMS) from error
        relation = relation_of(made)
        if not made.rows and made.format == "jsonl" and not made.columns:
            return Rows(key=key, relation="", columns=())
    try:
        return Rows(key=key, relation=relation, columns=engine.columns(relation), file=file)
    except ComputeError as error:
        raise UsageError(f"{what}: {error.message}", help=_FORMS) from error


def _even(text: str) -> str:
    """Return a text of CSV without the indentation that it has among code."""
    return "\n".join(line.strip() for line in text.strip().splitlines()) + "\n"


def _of_file(path: Path, folder: Path, what: str) -> str:
    """Return how to read a file of data by its ending; of any other, its content."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        return relation_of(shaped(write(path, Target("", path.stem, str(folder), what)), Made))
    copied = folder / path.name  # the engine reads nothing elsewhere
    shutil.copyfile(path, copied)
    return f"{reader}({text_literal(str(copied))})"


def own_columns(rows: Rows, declared: Sequence[ColumnDefinition]) -> tuple[Column, ...]:
    """Return the columns of rows that nobody else knows the columns of.

    What is declared of them counts: its types, and those columns that the rows do not have.
    """
    types = {each.name.lower(): each for each in declared if each.type}
    own = [Column(c.name, _type(types.pop(c.name.lower(), None)) or c.type) for c in rows.columns]
    return (*own, *(Column(each.name, _type(each)) for each in types.values()))


def _type(declared: ColumnDefinition | None) -> str:
    return (declared.type or "") if declared is not None else ""


def place(engine: SqlEngine, rows: Rows, columns: Sequence[Column]) -> None:
    """Keep rows as a table that has their key's name and exactly these columns.

    What the rows do not name is NULL. UsageError where they name a column that is not there, or a
    value cannot be what its column holds.
    """
    known = {column.name.lower() for column in columns}
    for column in rows.columns:
        if column.name.lower() not in known:
            names = [each.name for each in columns]
            hint = did_you_mean(column.name, names) or f"columns: {', '.join(names)}"
            message = f'inputs[{rows.key!r}] names "{column.name}", which {rows.key} does not have'
            raise UsageError(message, help=hint)
    given = {column.name.lower(): quoted(column.name) for column in rows.columns}
    casts = ", ".join(
        f"CAST({given.get(c.name.lower(), 'NULL')} AS {c.type}) AS {quoted(c.name)}"
        for c in columns
    )
    source = f" FROM {rows.relation}" if rows.relation else " WHERE false"
    try:
        engine.create_table(rows.key, f"SELECT {casts}{source}")
    except ComputeError as error:
        raise UsageError(f"inputs[{rows.key!r}]: {error.message}", help=error.help) from error
