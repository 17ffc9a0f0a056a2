"""DuckDB's readers: the text that stands behind FROM for the files of a source."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from freshline.definitions import Column, ColumnDefinition, SourceDefinition
from freshline.lineage.files import casting
from freshline.lineage.files.encodings import native
from freshline.lineage.files.prepared import prepared, reads_encoding

_READERS = {
    "csv": "read_csv",
    "parquet": "read_parquet",
    "json": "read_json",
    "excel": "read_parquet",
}
_OF_SHEETS = frozenset({"sheet", "header", "skip", "all_varchar", "nullstr"})


def relation(root: Path, source: SourceDefinition, files: Sequence[str]) -> str:
    """Return what stands behind FROM for exactly these files, with columns of declared types.

    Files that DuckDB cannot read as they are, are made ready first: ComputeError, ResourceError.
    """
    options = dict(source.options)
    if source.format == "csv":
        if declared := casting.types(source.columns):
            _declare(options, declared)
        return _insisting(root, source, files, options)
    if source.format == "json":
        options, casts = _as_text(options, source.columns)
        return casting.cast(_call(root, source, files, options), casts, "-1")
    call = _call(root, source, files, options)
    return casting.cast(call, source.columns, "file_row_number")


def natural(root: Path, source: SourceDefinition, files: Sequence[str]) -> str:
    """Return the same with the types that DuckDB finds in the files."""
    return _call(root, source, files, dict(source.options))


def settled(source: SourceDefinition, found: Sequence[Column]) -> SourceDefinition:
    """Return a source that needs no more finding out, given the columns that are in its files.

    A column of Parquet that has its declared type anyway is not cast. Which columns a JSON file has
    is said to the reader, since one that is cast is read as the text it is.
    """
    if source.format == "json":
        options = dict(source.options)
        options["columns"] = {column.name: column.type for column in found}
        return replace(source, options=tuple(sorted(options.items(), key=lambda pair: pair[0])))
    if source.format == "csv":
        return _with_numbers(source, found)
    natural = {column.name.lower(): column.type for column in found}
    columns = tuple(
        replace(column, type=None)
        if column.type is not None and natural.get(column.name.lower()) == column.type.upper()
        else column
        for column in source.columns
    )
    return replace(source, columns=columns)


def _with_numbers(source: SourceDefinition, found: Sequence[Column]) -> SourceDefinition:
    """Return a source whose columns of numbers have their types said, where thousands are parted.

    How they are parted can only be insisted on in what is known to be a number.
    """
    options = dict(source.options)
    if not options.get("thousands") or isinstance(options.get("columns"), dict):
        return source
    given = {n.lower(): t for n, t in cast("dict[str, str]", options.get("types") or {}).items()}
    types = {c.name: given.pop(c.name.lower(), c.type) for c in found if _is_said(c, given)}
    options["types"] = {**given, **types}
    return replace(source, options=tuple(options.items()))


def _is_said(column: Column, given: Mapping[str, str]) -> bool:
    return column.name.lower() in given or casting.is_number(column.type)


def _insisting(
    root: Path, source: SourceDefinition, files: Sequence[str], options: Mapping[str, object]
) -> str:
    """Return a reader of CSV files that takes thousands for thousands, and for nothing else."""
    thousands = str(options.get("thousands") or "")
    place = "columns" if isinstance(options.get("columns"), dict) else "types"
    types = cast("dict[str, str]", options.get(place) or {})
    numbers = {name: type for name, type in types.items() if casting.is_number(type)}
    if not thousands or not numbers:
        return _call(root, source, files, options)
    texts = {**options, place: {**types, **dict.fromkeys(numbers, "VARCHAR")}}
    grouping = casting.Grouping(
        thousands=thousands,
        decimal=str(options.get("decimal") or options.get("decimal_separator") or "."),
        reading=_arguments(source, texts),
    )
    return casting.grouped(_call(root, source, files, texts), numbers, grouping)


def _declare(options: dict[str, object], declared: Mapping[str, str]) -> None:
    """Let declared types win over those in the reader's own options."""
    columns = options.get("columns")
    place = "columns" if isinstance(columns, dict) else "types"
    given = cast("Mapping[str, str]", options.get(place) or {})
    lowered = {name.lower(): type for name, type in declared.items()}
    merged = {name: lowered.pop(name.lower(), type) for name, type in given.items()}
    if place == "types":
        merged |= {name: type for name, type in declared.items() if name.lower() in lowered}
    options[place] = merged


def _as_text(
    options: dict[str, object], columns: Sequence[ColumnDefinition]
) -> tuple[dict[str, object], list[ColumnDefinition]]:
    """Return the options of a JSON reader, and the columns to cast from the text they are read as.

    A nested type is the reader's own business, and so is a time when its format is given.
    """
    found = options.get("columns")
    declared = {c.name.lower(): c for c in columns if c.type is not None}
    if not isinstance(found, dict) or not declared:
        return options, []
    texts: dict[str, str] = {}
    casts: list[ColumnDefinition] = []
    for name, type in cast("dict[str, str]", found).items():
        column = declared.get(name.lower())
        if column is None or column.type is None:
            texts[name] = type
        elif _is_nested(column.type) or {"dateformat", "timestampformat"} & options.keys():
            texts[name] = column.type
        else:
            texts[name] = "VARCHAR"
            casts.append(replace(column, name=name))
    return {**options, "columns": texts}, casts


def _is_nested(type: str) -> bool:
    word = type.lower()
    return word.endswith("]") or word.startswith(("struct", "map", "union", "json", "list"))


def _call(
    root: Path, source: SourceDefinition, files: Sequence[str], options: Mapping[str, object]
) -> str:
    paths = ", ".join(literal(str(prepared(root, file, source))) for file in files)
    return f"{_READERS[source.format]}([{paths}]{_arguments(source, options)})"


def _arguments(source: SourceDefinition, options: Mapping[str, object]) -> str:
    """Return what a reader is told behind the paths."""
    given = dict(options)
    if source.format == "excel":
        given = {name: value for name, value in given.items() if name not in _OF_SHEETS}
    if "encoding" in given:
        encoding = native(str(given["encoding"])) if reads_encoding(source) else "utf-8"
        given["encoding"] = encoding
        if encoding == "utf-8":
            del given["encoding"]
    if _READERS[source.format] == "read_parquet":
        given.setdefault("hive_partitioning", False)
    if "max_line_size" in given:
        given["max_line_size"] = str(given["max_line_size"])
    return "".join(f", {name} = {literal(value)}" for name, value in given.items())


def literal(value: object) -> str:
    """Return a value of YAML as a literal of SQL: text, number, truth, list or mapping."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return "'" + value.replace("'", "''") + "'"
        case Mapping():
            pairs = cast("Mapping[str, object]", value).items()
            return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(literal(v) for v in cast("Sequence[object]", value)) + "]"
        case _:
            return "NULL"
