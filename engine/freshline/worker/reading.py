"""Inputs: what stands in the files of a Given, in the form that the function asks for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from freshline.worker.libraries import MissingLibraryError, need, parquet_reader
from freshline.worker.rows import read_rows
from freshline.worker.values import converter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from freshline.worker.annotations import Wish


class Source(NamedTuple):
    """The files of one input: which parameter it is for, and which columns it may show."""

    name: str
    key: str
    form: str
    format: str  # parquet, jsonl or file
    files: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [name for name, _ in self.columns]

    @property
    def what(self) -> str:
        """What errors call it."""
        return f"parameter {self.name!r} ({self.key})"


def source_of(given: Mapping[str, Any]) -> Source:
    """Return the Source of a Given as it came over the line."""
    return Source(
        name=str(given["name"]),
        key=str(given.get("key", "")),
        form=str(given.get("form") or "rows"),
        format=str(given.get("format") or "parquet"),
        files=tuple(given.get("files") or ()),
        columns=tuple((str(name), str(type)) for name, type in given.get("columns") or ()),
    )


def bring(source: Source, wish: Wish) -> object:
    """Return the value of one parameter.

    What the annotation says goes before what the engine was told of it, which may be older.
    """
    form = wish.form if wish.is_said else source.form
    if form.startswith("codec:"):
        return _decoded(source, form, wish)
    if form in ("path", "bytes"):
        return _files(source, form, wish)
    if source.format == "file":
        raise TypeError(
            f"{source.what} is kept as files: annotate it as bytes or Path, not as {form}"
        )
    if form == "rows":
        rows = rows_of(source)
        return rows if wish.streams else list(rows)
    if source.format == "jsonl":
        return _from_rows(source, form)
    if wish.streams and form != "arrow_batches":
        return _pieces(source, form)
    return _FORMS[form](source)


# ---- rows


def rows_of(source: Source) -> Iterator[dict[str, object]]:
    """Yield the rows of an input as dicts, from JSON lines or from Parquet."""
    if source.format == "jsonl":
        yield from read_rows(source.files, source.columns)
        return
    library = parquet_reader("")
    if library == "pyarrow.parquet":
        for batch in _batches(source):
            yield from batch.to_pylist()
    elif library == "polars":
        yield from _polars_lazy(source).collect().iter_rows(named=True)
    elif library == "duckdb":
        yield from rows_of_relation(_duckdb(source), source.columns)
    else:
        raise MissingLibraryError(_NO_PARQUET.format(what=source.what))


def rows_of_relation(
    relation: Any, columns: Sequence[tuple[str, str]]
) -> Iterator[dict[str, object]]:
    """Yield the rows of a relation of DuckDB as dicts; `columns` are its own, with their types."""
    names = list(relation.columns)
    # DuckDB makes a moment with a zone by a package that need not be there.
    zoned = {name for name, type in columns if "TIME ZONE" in type or type == "TIMESTAMPTZ"}
    if zoned:
        shown = [f"{_quoted(n)}::VARCHAR" if n in zoned else _quoted(n) for n in names]
        relation = relation.project(", ".join(shown))
    converters = [converter(type) if name in zoned else None for name, type in columns]
    # From 2.0 on a relation gives all of its rows, or none.
    some = getattr(type(relation), "fetchmany", None)
    chunks = iter(lambda: some(relation, 10_000), []) if some else [relation.fetchall()]
    for chunk in chunks:
        for row in chunk:
            values = [each(v) if each else v for each, v in zip(converters, row)] if zoned else row
            yield dict(zip(names, values))


_NO_PARQUET = "{what} is kept as Parquet: its location needs pyarrow, polars or duckdb to read it"


def _from_rows(source: Source, form: str) -> object:
    """Return a table made of rows, for a form that usually comes from Parquet."""
    rows = list(rows_of(source))
    if form == "pandas":
        return need("pandas", source.what).DataFrame(rows, columns=source.names)
    if form in ("polars", "polars_lazy"):
        polars = need("polars", source.what)
        frame = polars.DataFrame({name: [row[name] for row in rows] for name in source.names})
        return frame.lazy() if form == "polars_lazy" else frame
    arrow = need("pyarrow", source.what)
    table = arrow.table({name: [row[name] for row in rows] for name in source.names})
    if form == "arrow":
        return table
    if form == "arrow_batches":
        return table.to_reader()
    if form == "arrow_dataset":
        return need("pyarrow.dataset", source.what).dataset(table)
    return need("duckdb", source.what).from_arrow(table)


# ---- tables, from Parquet


def _arrow(source: Source) -> Any:
    """Return all rows as one table, whose memory is all that this takes.

    The file is not mapped: its pages would count as memory of this process, as large again.
    """
    parquet = need("pyarrow.parquet", source.what)
    arrow = need("pyarrow", source.what)
    tables = []
    for file in source.files:
        with parquet.ParquetFile(file, memory_map=False, pre_buffer=False) as opened:
            tables.append(opened.read(columns=source.names or None))
    if not tables:
        return arrow.table({name: [] for name in source.names})
    table = tables[0] if len(tables) == 1 else arrow.concat_tables(tables)
    return table.select(source.names) if source.names else table


def _batches(source: Source) -> Iterator[Any]:
    """Yield batches of rows, one file after the other, at most one in memory."""
    parquet = need("pyarrow.parquet", source.what)
    for file in source.files:
        with parquet.ParquetFile(file, pre_buffer=False) as opened:
            for batch in opened.iter_batches(columns=source.names or None):
                yield batch.select(source.names) if source.names else batch


def _reader(source: Source) -> Any:
    arrow = need("pyarrow", source.what)
    parquet = need("pyarrow.parquet", source.what)
    if not source.files:
        return _arrow(source).to_reader()
    schema = parquet.read_schema(source.files[0])
    if source.names:
        schema = arrow.schema([schema.field(name) for name in source.names])
    return arrow.RecordBatchReader.from_batches(schema, _batches(source))


def _dataset(source: Source) -> Any:
    """Return a dataset with exactly the columns that are declared, read when it is asked."""
    dataset = need("pyarrow.dataset", source.what)
    if not source.files:
        return dataset.dataset(_arrow(source))
    found = dataset.dataset(list(source.files), format="parquet")
    if source.names and found.schema.names != source.names:
        arrow = need("pyarrow", source.what)
        found = found.replace_schema(arrow.schema([found.schema.field(n) for n in source.names]))
    return found


def _pandas(source: Source) -> Any:
    pandas = need("pandas", source.what)
    library = parquet_reader("pyarrow")
    if library == "pyarrow.parquet":
        # Each column is let go of once it is converted: else all would be there twice.
        table = _without_extensions(_arrow(source), need("pyarrow", source.what))
        return table.to_pandas(split_blocks=True, self_destruct=True)
    if library == "duckdb":
        return _duckdb(source).df()
    if library == "polars":
        columns = _polars(source).to_dict(as_series=False)
        return pandas.DataFrame(columns, columns=source.names or None)
    raise MissingLibraryError(_NO_PARQUET.format(what=source.what))


def _without_extensions(table: Any, arrow: Any) -> Any:
    """Return a table with JSON as text and the like: pandas cannot take these in blocks."""
    for place, field in enumerate(table.schema):
        if isinstance(field.type, arrow.BaseExtensionType):
            plain = table.column(place).cast(field.type.storage_type)
            table = table.set_column(place, field.name, plain)
    return table


def _polars(source: Source) -> Any:
    polars = need("polars", source.what)
    if not source.files:
        return polars.DataFrame({name: [] for name in source.names})
    return polars.read_parquet(list(source.files), columns=source.names or None, **_NO_HIVE)


def _polars_lazy(source: Source) -> Any:
    polars = need("polars", source.what)
    if not source.files:
        return _polars(source).lazy()
    frame = polars.scan_parquet(list(source.files), **_NO_HIVE)
    return frame.select(source.names) if source.names else frame


# A folder named a=1 says nothing here: the files hold the columns.
_NO_HIVE = {"hive_partitioning": False}


def _duckdb(source: Source) -> Any:
    duckdb = need("duckdb", source.what)
    if not source.files:
        wanted = ", ".join(f"NULL::{type} AS {_quoted(name)}" for name, type in source.columns)
        return duckdb.sql(f"SELECT {wanted} WHERE false")
    relation = duckdb.read_parquet(list(source.files), hive_partitioning=False)
    return relation.project(", ".join(map(_quoted, source.names))) if source.names else relation


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_FORMS = {
    "pandas": _pandas,
    "polars": _polars,
    "polars_lazy": _polars_lazy,
    "arrow": _arrow,
    "arrow_batches": _reader,
    "arrow_dataset": _dataset,
    "duckdb": _duckdb,
}


def _pieces(source: Source, form: str) -> Iterator[Any]:
    """Yield data frames, one after the other, for a parameter that is an iterator of them."""
    if form == "pandas" or form == "polars":
        if parquet_reader("pyarrow") == "pyarrow.parquet":
            polars = need("polars", source.what) if form == "polars" else None
            for batch in _batches(source):
                yield batch.to_pandas() if polars is None else polars.from_arrow(batch)
            return
        for file in source.files:
            yield _FORMS[form](source._replace(files=(file,)))
        return
    for batch in _batches(source):
        yield need("pyarrow", source.what).Table.from_batches([batch]) if form == "arrow" else batch


# ---- files, and own types


def _files(source: Source, form: str, wish: Wish) -> object:
    """Return the path or the content of the files; of several paths the folder they are in."""
    from pathlib import Path

    if wish.many:
        paths = [Path(file) for file in source.files]
        return [path.read_bytes() for path in paths] if form == "bytes" else paths
    if form == "bytes":
        if len(source.files) != 1:
            raise TypeError(
                f"{source.what} has {len(source.files)} files: annotate it as list[bytes]"
            )
        with open(source.files[0], "rb") as file:
            return file.read()
    if len(source.files) == 1:
        return Path(source.files[0])
    folders = {os.path.dirname(file) for file in source.files}
    if len(folders) != 1:
        raise TypeError(f"{source.what} has {len(source.files)} files: annotate it as list[Path]")
    return Path(folders.pop())


def _decoded(source: Source, form: str, wish: Wish) -> object:
    """Return the value that a registered codec makes of what is kept."""
    from freshline.sdk.codecs import codec_of
    from freshline.worker.annotations import UNSAID, annotations_of, class_named, wish_of

    kind = wish.type if isinstance(wish.type, type) else class_named(form.partition(":")[2])
    codec = codec_of(kind)
    if codec is None:
        raise TypeError(f"{source.what}: nothing says how {form[6:]} is kept: use register_codec")
    said = [
        wish_of(annotation)
        for name, annotation in annotations_of(codec.decode).items()
        if name != "return"
    ]
    inner = said[0] if said and said[0].role == "input" and said[0].is_said else None
    if inner is None:
        kept = "bytes" if source.format == "file" else codec.form
        kept = "rows" if kept == "bytes" and source.format != "file" else kept
        inner = UNSAID._replace(form=kept, is_said=True)
    return codec.decode(bring(source, inner))
