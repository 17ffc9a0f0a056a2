"""Inputs as user code gets them: files with exactly the columns that it declares.

A version's own file is handed out where it holds them as they are; else the rows are copied. Rows
for plain Python are JSON lines, since any interpreter reads these.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from freshline.calls import Format, Given
from freshline.code import CodeInput
from freshline.definitions import Column
from freshline.errors import ComputeError
from freshline.execute.setting import Input, Setting, storage_for
from freshline.lineage.code_assets import FILE_COLUMNS
from freshline.lineage.quoting import quoted
from freshline.parquet_files import OwnFiles
from freshline.ports import Compute
from freshline.suggest import closest
from freshline.versions import Build

_WHOLE_FILES = frozenset({"path", "bytes"})
_ROWS = "rows"
_AS_TEXT = ("DECIMAL", "HUGEINT", "UHUGEINT", "TIME", "DATE", "INTERVAL", "UUID", "BIT", "ENUM")


def given(
    setting: Setting, each: CodeInput, key: str, known: tuple[Input | None, Build | None], to: Path
) -> Given:
    """Return one input of a call; what has to be written for it stands in the folder `to`.

    `known` is how the upstream is read now, and its build where it has one. ComputeError where
    there is nothing to be read, unless the input is optional.
    """
    now, build = known
    if now is None:
        if not each.optional:
            raise ComputeError(f"{key} was never materialized", help=f"run freshline apply {key}")
        return replace(without_rows(each, key), missing=True)
    columns = _chosen(each, key, _columns(setting, key, now, build))
    format, files = _files(setting, each, key, (now, build, columns), to)
    return Given(
        name=each.name,
        key=key,
        form=each.form,
        format=format,
        files=tuple(map(str, files)),
        columns=columns,
    )


def _files(
    setting: Setting,
    each: CodeInput,
    key: str,
    read: tuple[Input, Build | None, Sequence[Column]],
    to: Path,
) -> tuple[Format, tuple[Path, ...]]:
    now, build, columns = read
    if each.form in _WHOLE_FILES and (source := setting.graph.sources.get(key)) is not None:
        return Format.FILE, tuple((setting.root / file).absolute() for file in source.files)
    if (
        each.form not in (_ROWS, *_WHOLE_FILES)
        and build is not None
        and key in setting.graph.assets
    ):
        storage = storage_for(setting, key)
        if isinstance(storage, OwnFiles) and (own := storage.own_files(build.version)):
            return Format.PARQUET, own
    return _written(setting.ports.compute, each, (now.relation, columns), to)


def without_rows(each: CodeInput, key: str) -> Given:
    """Return an input of which nothing is there, nor known but the columns that it asks for."""
    columns = tuple(Column(name, "VARCHAR") for name in each.columns or ())
    return Given(
        name=each.name, key=key, form=each.form, format=Format.ROWS, files=(), columns=columns
    )


def handed(compute: Compute, each: CodeInput, key: str, relation: str, to: Path) -> Given:
    """Return one input of a call whose rows stand in a relation; they are written to `to`."""
    columns = _chosen(each, key, compute.columns(relation))
    format, files = _written(compute, each, (relation, columns), to)
    paths = tuple(map(str, files))
    return Given(
        name=each.name, key=key, form=each.form, format=format, files=paths, columns=columns
    )


def _written(
    compute: Compute, each: CodeInput, read: tuple[str, Sequence[Column]], to: Path
) -> tuple[Format, tuple[Path, ...]]:
    relation, columns = read
    if each.form in _WHOLE_FILES and tuple(columns) == FILE_COLUMNS:
        return Format.FILE, _taken_out(compute, relation, to / each.name)
    if each.form == _ROWS:
        path = to / f"{each.name}.jsonl"
        shown = ", ".join(map(_as_json, columns))
        compute.copy_to_json_lines(f"SELECT {shown} FROM {relation}", path)
        return Format.ROWS, (path,)
    path = to / f"{each.name}.parquet"
    names = ", ".join(quoted(column.name) for column in columns)
    compute.copy_to_parquet(f"SELECT {names} FROM {relation}", path)
    return Format.PARQUET, (path,)


def _columns(setting: Setting, key: str, now: Input, build: Build | None) -> Sequence[Column]:
    """Return the columns of an upstream; those of a version are on record."""
    if build is not None and key in setting.graph.assets and not build.version.query:
        return build.version.columns
    return setting.ports.compute.columns(now.relation)


def _chosen(each: CodeInput, key: str, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns that an input gets, in the order that its author gives them in."""
    if each.columns is None:
        return tuple(columns)
    known = {column.name.lower(): column for column in columns}
    for name in each.columns:
        if name.lower() not in known:
            near = closest(name, [column.name for column in columns])
            hint = f'did you mean "{near[0]}"?' if near else f"columns: {', '.join(known)}"
            raise ComputeError(f'{key} has no column "{name}"', help=hint, span=each.span)
    return tuple(known[name.lower()] for name in each.columns)


def _taken_out(compute: Compute, relation: str, to: Path) -> tuple[Path, ...]:
    """Write the files that an asset keeps as rows, each under its own name."""
    to.mkdir()
    rows = compute.rows(f"SELECT name, content FROM {relation} ORDER BY name")
    found: list[Path] = []
    for name, content in rows:
        path = to / Path(str(name)).name
        path.write_bytes(cast(bytes, content))
        found.append(path)
    return tuple(found)


def _as_json(column: Column) -> str:
    """Return the SQL of a column as it stands in JSON lines (`freshline.worker` says how)."""
    name, type = quoted(column.name), column.type
    if type == "BLOB":
        return f"to_base64({name}) AS {name}"
    if type == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00') AS {name}"
    if type.startswith("TIMESTAMP"):
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%S.%f') AS {name}"
    return f"CAST({name} AS VARCHAR) AS {name}" if type.startswith(_AS_TEXT) else name
