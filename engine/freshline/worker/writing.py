"""Outputs: what a function returned, written to files in the scratch folder of its call."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from freshline.sdk.codecs import codec_of
from freshline.worker.annotations import annotations_of, wish_of
from freshline.worker.files import write_bytes, write_figure, write_path, write_paths
from freshline.worker.libraries import find, need
from freshline.worker.raised import type_name
from freshline.worker.rows import RowWriter
from freshline.worker.targets import made

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from freshline.worker.targets import Target

    Told = dict[str, object]

_ENOUGH = 64 << 20  # bytes of small pieces that become one file where nothing can append


def kind_of(value: Any) -> str:
    """Return the form that a value is in, by its class alone; empty where there is none."""
    if isinstance(value, (list, tuple)):
        return "rows"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "bytes"
    wish = wish_of(type(value))
    if wish.role == "input" and wish.is_said and not wish.streams and wish.type is not list:
        return "figure" if wish.form == "bytes" else wish.form
    if hasattr(value, "__fspath__"):
        return "path"
    if hasattr(value, "savefig"):
        return "figure"
    if hasattr(value, "__arrow_c_stream__"):
        return "stream"
    if hasattr(value, "__next__") or hasattr(value, "__anext__"):
        return "generator"
    return ""


def write(value: Any, target: Target) -> Told:
    """Write one output and return its Made; TypeError says what it was and what it may be."""
    kind = kind_of(value)
    if kind.startswith("codec:"):
        codec = codec_of(type(value))
        if codec is not None:
            return write(codec.encode(value), target)
    if kind == "rows":
        return _rows_or_files(value, target)
    if kind == "generator":
        return _generated(value, target)
    writer = _WRITERS.get(kind)
    if writer is None:
        raise TypeError(_no_asset(target, value))
    return writer(value, target)


def _no_asset(target: Target, value: Any) -> str:
    hint = (
        "return [{...}] for one row"
        if isinstance(value, dict)
        else (
            "return a data frame, a table, a list of dicts, bytes, a Path, or yield rows or batches"
        )
    )
    return f"{target.what} returned {type_name(type(value))}, which is no asset: {hint}"


# ---- rows


def _rows_or_files(values: list[Any] | tuple[Any, ...], target: Target) -> Told:
    if values and all(hasattr(each, "__fspath__") for each in values):
        return write_paths([os.fspath(each) for each in values], target)
    if values and kind_of(values[0]) in _TABLES:
        return _generated(iter(values), target)
    return _rows(values, target)


def _rows(values: Iterable[Any], target: Target) -> Told:
    writer = RowWriter(target.path("jsonl"), target.what)
    try:
        for row in values:
            writer.write(row)
        columns = writer.close()
    finally:
        writer.discard()
    return _rows_made(target, writer, columns)


def _rows_made(target: Target, writer: RowWriter, columns: list[tuple[str, str]]) -> Told:
    told = [[name, type] for name, type in columns]
    return {**made(target, [writer.path], writer.count), "format": "jsonl", "columns": told}


# ---- tables


def _pandas(value: Any, target: Target) -> Told:
    arrow = find("pyarrow")
    if _named_index(value):
        value = value.reset_index()
    _check_names(value.columns, target)
    if arrow is not None:
        table = arrow.Table.from_pandas(value, preserve_index=False)
        return _arrow(_told_plainly(table, arrow), target)
    if find("duckdb") is not None:
        return _duckdb(need("duckdb", target.what).from_df(value), target)
    if find("polars") is not None:
        return _polars(need("polars", target.what).from_pandas(value), target)
    missing = need("pandas", target.what).isna
    rows = (
        {name: None if _is_missing(missing, each) else each for name, each in row.items()}
        for row in value.to_dict("records")
    )
    return _rows(rows, target)


def _told_plainly(table: Any, arrow: Any) -> Any:
    """Return a table of pandas as others want it: without its notes, decimals at a steady width.

    Pandas makes decimals as narrow as the values of the day allow.
    """
    fields = [
        arrow.field(field.name, arrow.decimal128(18, field.type.scale))
        if arrow.types.is_decimal128(field.type) and field.type.precision < 18
        else field
        for field in table.schema
    ]
    schema = arrow.schema(fields)
    return (
        table.replace_schema_metadata(None) if schema.equals(table.schema) else table.cast(schema)
    )


def _is_missing(missing: Any, value: object) -> bool:
    return not isinstance(value, (list, dict, tuple)) and bool(missing(value))


def _named_index(value: Any) -> bool:
    """Return whether the index of a data frame holds what people would call columns."""
    return any(name is not None for name in value.index.names)


def _check_names(names: Iterable[Any], target: Target) -> None:
    seen: set[str] = set()
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{target.what}: column {name!r} has no text as its name")
        if name.lower() in seen:
            raise TypeError(f"{target.what}: two columns are named {name!r}")
        seen.add(name.lower())


def _polars(value: Any, target: Target) -> Told:
    path = target.path("parquet")
    value.write_parquet(path, compression="lz4", statistics=False)
    return made(target, [path], value.height)


def _polars_lazy(value: Any, target: Target) -> Told:
    """Write a lazy frame as it is worked out, where polars can; else after."""
    path = target.path("parquet")
    value.sink_parquet(path, compression="lz4")
    return made(target, [path], None)


def _arrow(value: Any, target: Target) -> Told:
    parquet = need("pyarrow.parquet", target.what)
    _check_names(value.schema.names, target)
    path = target.path("parquet")
    parquet.write_table(value, path, row_group_size=_GROUP, **_options(value.schema))
    return made(target, [path], value.num_rows)


_GROUP = 122_880  # rows; what DuckDB reads as one, too


def _options(schema: Any) -> dict[str, object]:
    """Return how Parquet is written: as fast as the disk takes it, and so that SQL can skip rows.

    The file may become the version's own, so it holds the least and the greatest values. A
    dictionary is built for texts alone: on a column of numbers it costs seven times the time.
    """
    texts = [field.name for field in schema if str(field.type).endswith(("string", "binary"))]
    return {"compression": "lz4", "use_dictionary": texts}


def _batch(value: Any, target: Target) -> Told:
    if hasattr(value, "read_next_batch"):
        return _stream(value.schema, value, target)
    return _arrow(need("pyarrow", target.what).Table.from_batches([value]), target)


def _dataset(value: Any, target: Target) -> Told:
    return _stream(value.schema, value.to_batches(), target)


def _capsule(value: Any, target: Target) -> Told:
    """Write whatever can hand itself over as a stream of Arrow."""
    if find("pyarrow") is not None:
        reader = need("pyarrow", target.what).RecordBatchReader.from_stream(value)
        return _stream(reader.schema, reader, target)
    return _polars(need("polars", target.what).DataFrame(value), target)


def _stream(schema: Any, batches: Iterable[Any], target: Target) -> Told:
    """Write batches to one file as they come."""
    parquet = need("pyarrow.parquet", target.what)
    _check_names(schema.names, target)
    path = target.path("parquet")
    rows = 0
    with parquet.ParquetWriter(path, schema, **_options(schema)) as writer:
        for batch in batches:
            if batch.num_rows:
                writer.write(batch)
                rows += batch.num_rows
    return made(target, [path], rows)


def _duckdb(value: Any, target: Target) -> Told:
    path = target.path("parquet")
    _check_names(value.columns, target)
    value.write_parquet(path, compression="lz4")
    return made(target, [path], None)


# ---- generators


def _generated(values: Iterable[Any], target: Target) -> Told:
    """Write what a generator yields, piece by piece: rows, lists of rows, or tables.

    The first piece says which; an asset of nothing at all is one without rows.
    """
    pieces = iter(values)
    for first in pieces:
        whole = _again(first, pieces)
        if isinstance(first, dict) or not isinstance(first, list):
            if kind_of(first) not in _TABLES:
                return _rows(whole, target)
            return _tables(whole, kind_of(first), target)
        return _rows((row for piece in whole for row in _list(piece, target)), target)
    return _rows((), target)


def _again(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _list(piece: Any, target: Target) -> list[Any]:
    if not isinstance(piece, list):
        raise TypeError(f"{target.what} yielded a list and then {type_name(type(piece))}")
    return piece


def _tables(pieces: Iterator[Any], kind: str, target: Target) -> Told:
    arrow = find("pyarrow")
    if arrow is not None:
        batches = (batch for piece in pieces for batch in _batches_of(piece, kind, arrow, target))
        first = next(batches, None)
        if first is not None:
            return _stream(first.schema, _alike(_again(first, batches), first.schema), target)
    if kind == "pandas":
        rows = (row for piece in pieces for row in piece.to_dict("records"))
        return _rows(rows, target)
    return _several(pieces, target)


def _batches_of(piece: Any, kind: str, arrow: Any, target: Target) -> Iterator[Any]:
    if kind_of(piece) != kind:
        raise TypeError(f"{target.what} yielded {kind} and then {type_name(type(piece))}")
    if kind == "pandas":
        piece = _told_plainly(arrow.Table.from_pandas(piece, preserve_index=False), arrow)
    elif kind == "polars":
        piece = piece.to_arrow()
    elif kind == "polars_lazy":
        piece = piece.collect().to_arrow()
    elif kind == "duckdb":
        piece = piece.to_arrow_table()
    if not hasattr(piece, "to_batches"):
        yield from ([piece] if not hasattr(piece, "read_next_batch") else piece)
        return
    batches = piece.to_batches()
    yield from batches or [arrow.RecordBatch.from_pylist([], schema=piece.schema)]


def _alike(batches: Iterator[Any], schema: Any) -> Iterator[Any]:
    """Yield batches in the schema of the first: a piece where all is missing has other types."""
    for batch in batches:
        yield batch if batch.schema.equals(schema) else batch.cast(schema)


def _several(pieces: Iterator[Any], target: Target) -> Told:
    """Write pieces of polars as a few files, where nothing is there that appends to one."""
    polars = need("polars", target.what)
    files: list[str] = []
    held: list[Any] = []
    rows = 0
    for piece in pieces:
        frame = piece.collect() if hasattr(piece, "collect") else polars.DataFrame(piece)
        held.append(frame)
        rows += frame.height
        if sum(each.estimated_size() for each in held) > _ENOUGH:
            files.append(_flushed(polars, held, target, len(files) + 1))
    if held or not files:
        files.append(_flushed(polars, held, target, len(files) + 1))
    return made(target, files, rows)


def _flushed(polars: Any, held: list[Any], target: Target, number: int) -> str:
    path = target.path("parquet", number)
    polars.concat(held).write_parquet(path, compression="lz4")
    held.clear()
    return path


_TABLES = frozenset(
    ("pandas", "polars", "polars_lazy", "arrow", "arrow_batches", "arrow_dataset", "duckdb")
)
_WRITERS = {
    "pandas": _pandas,
    "polars": _polars,
    "polars_lazy": _polars_lazy,
    "arrow": _arrow,
    "arrow_batches": _batch,
    "arrow_dataset": _dataset,
    "stream": _capsule,
    "duckdb": _duckdb,
    "bytes": write_bytes,
    "figure": write_figure,
    "path": write_path,
}


def form_of_codec(kind: object) -> str:
    """Return the form that values of a type are kept in, as its codec's annotation says it."""
    codec = codec_of(kind)
    if codec is None:
        return ""
    returned = annotations_of(codec.encode).get("return")
    wish = wish_of(returned) if returned is not None else None
    return wish.form if wish is not None and wish.role == "input" and wish.is_said else codec.form
