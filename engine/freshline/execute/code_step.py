"""Rows that come out of people's code: inputs in files, a call, and the files that it leaves.

What a call made stays in a folder of its own until each of its outputs is staged.
"""

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from freshline.calls import CheckTold, Datum, Format, Given, Made, Metadata, Returned, Wanted
from freshline.code import MAIN, Code, CodeInput
from freshline.definitions import AssetDefinition, Column
from freshline.errors import CodeError, InternalError
from freshline.execute import calling
from freshline.execute.commit import Task
from freshline.execute.given import given
from freshline.execute.setting import Input, Setting, input_of, storage_for
from freshline.keys import Target
from freshline.lineage.graph import Asset
from freshline.lineage.learning import with_columns
from freshline.lineage.quoting import quoted, text_literal
from freshline.parquet_files import Taking
from freshline.ports import Compute, Measurement, Stage
from freshline.versions import Build

# Types that a JSON text stands for as it is; a blob has to be taken out of base64.
_BLOB = "BLOB"


class NotMade(CodeError):
    """An optional output was not made this time; what is there of it stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """What code made of an asset: staged and measured, and what it told of it.

    `asset` and `setting` are those that know the columns that came out.
    """

    asset: Asset
    setting: Setting
    stage: Stage
    measured: Measurement
    metadata: Metadata
    checks: tuple[CheckTold, ...]


def computed_by_code(
    task: Task, setting: Setting, inputs: Mapping[str, Input], mat_id: str
) -> Coded:
    """Call an asset's code and stage its output; NotMade for an optional one that is not there."""
    code = task.asset.code
    assert code is not None
    returned = setting.outcomes.take(
        _identity(task, setting, inputs),
        code.output,
        _wanted(code, setting),
        partial(_called, task, setting, code),
    )
    made = next((m for m in returned.made if m.name == code.output), None)
    if made is None or (made.missing and not code.optional):
        raise CodeError(
            f"{task.target.asset} was not made: its function returned nothing for it",
            help="return a value, or declare the output optional",
            span=task.asset.definition.span,
        )
    if made.missing:
        raise NotMade(f"{task.target.asset}, an optional output, was not made this time")
    try:
        return _staged(task, setting, made, returned, mat_id)
    finally:
        for file in made.files:
            with suppress(OSError):
                Path(file).unlink()


def _identity(task: Task, setting: Setting, inputs: Mapping[str, Input]) -> object:
    """Return what two steps share whose outputs one call makes."""
    code = task.asset.code
    assert code is not None
    versions = tuple((key, each.version) for key, each in sorted(inputs.items()))
    return (code.location, code.function or code.command, code.outputs, code.version, versions)


def _wanted(code: Code, setting: Setting) -> tuple[Wanted, ...]:
    """Return the outputs that a call is to make: those that the run needs, where it can choose."""
    every = tuple(Wanted(name, key) for name, key in code.outputs)
    if not code.subset:
        return every
    return tuple(w for w in every if w.key in setting.planned)


def _called(task: Task, setting: Setting, code: Code) -> Returned:
    wish = calling.Wish(
        code=code,
        target=task.target,
        hand_over=_handing(task.asset, setting, task.inputs),
        wanted=_wanted(code, setting),
        attempt=task.attempt,
        timeout=task.asset.definition.timeout,
    )
    return calling.call(wish, setting)[0]


def _handing(
    asset: Asset, setting: Setting, builds: Mapping[str, Build]
) -> Callable[[CodeInput, Path], Given]:
    """Return what hands an input of an asset's code over, from these versions."""
    of = dict(asset.parameters)

    def hand_over(each: CodeInput, to: Path) -> Given:
        key = of[each.name]
        known = (input_of(setting, key, builds), builds.get(key))
        return given(setting, each, key, known, to)

    return hand_over


def made_anew(asset: Asset, builds: Mapping[str, Build], setting: Setting) -> Measurement | None:
    """Call an asset's code once more, and say what came of it; None where it made nothing."""
    code, definition = asset.code, asset.definition
    assert code is not None
    wish = calling.Wish(
        code=code,
        target=Target(setting.graph.project.name, MAIN, definition.key),
        hand_over=_handing(asset, setting, builds),
        wanted=tuple(Wanted(name, key) for name, key in code.outputs),
        timeout=definition.timeout,
    )
    returned, scratch = calling.call(wish, setting)
    try:
        made = next((m for m in returned.made if m.name == code.output and not m.missing), None)
        if made is None:
            return None
        compute, relation = setting.ports.compute, relation_of(made)
        query, _ = as_declared(definition, relation, compute.columns(relation), compute)
        rows = relation if query is None else f"({query})"
        return compute.measure(rows, quantum=definition.cutoff.round)
    finally:
        calling.forget(scratch)


def _staged(task: Task, setting: Setting, made: Made, returned: Returned, mat_id: str) -> Coded:
    compute, asset = setting.ports.compute, task.asset
    relation = relation_of(made)
    columns = compute.columns(relation)
    query, columns = as_declared(asset.definition, relation, columns, compute)
    if columns != asset.columns or asset.learns_columns:
        setting, asset = _learnt(task, setting, columns)
    stage = storage_for(setting, task.target.asset).begin(task.target, mat_id)
    is_plain = made.format is Format.PARQUET and query is None and len(made.files) == 1
    took = is_plain and isinstance(stage, Taking) and stage.take(Path(made.files[0]), columns)
    if not took:
        stage.write(compute, query or f"SELECT * FROM {relation}", columns)
    quantum = asset.definition.cutoff.round
    seen_by = setting.windows.get(task.target.asset, ())
    measured = compute.measure(stage.relation, seen_by, quantum=quantum)
    told: dict[str, Datum] = {**returned.metadata, **made.metadata}
    checks = tuple(check for check in returned.checks if check.output in ("", made.name))
    return Coded(
        asset=asset,
        setting=setting,
        stage=stage,
        measured=measured,
        metadata=told,
        checks=checks,
    )


def relation_of(made: Made) -> str:
    """Return how the engine reads what a call wrote."""
    match made.format:
        case Format.PARQUET:
            files = ", ".join(map(text_literal, made.files))
            return f"read_parquet([{files}], hive_partitioning = false)"
        case Format.ROWS:
            return _of_rows(made)
        case Format.CSV | Format.JSON:
            files = ", ".join(map(text_literal, made.files))
            if made.format is Format.CSV:
                return f"read_csv([{files}], header = true)"
            return f"read_json([{files}])"
        case Format.FILE:
            return "(" + " UNION ALL BY NAME ".join(map(_of_file, made.files)) + ")"


def _of_rows(made: Made) -> str:
    files = ", ".join(map(text_literal, made.files))
    if not made.columns:
        return f"(SELECT * FROM read_json([{files}], format = 'newline_delimited'))"
    read = (
        f"{text_literal(c.name)}: {text_literal('VARCHAR' if c.type == _BLOB else c.type)}"
        for c in made.columns
    )
    given_back = (
        f"from_base64({quoted(c.name)}) AS {quoted(c.name)}" if c.type == _BLOB else quoted(c.name)
        for c in made.columns
    )
    reader = f"read_json([{files}], format = 'newline_delimited', columns = {{{', '.join(read)}}})"
    return f"(SELECT {', '.join(given_back)} FROM {reader})"


def _of_file(path: str) -> str:
    name = Path(path).name
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return (
        f"SELECT {text_literal(name)} AS name, {text_literal(media)} AS media_type, content"
        f" FROM read_blob({text_literal(path)})"
    )


def as_declared(
    definition: AssetDefinition, relation: str, columns: Sequence[Column], compute: Compute
) -> tuple[str | None, tuple[Column, ...]]:
    """Return the query that casts what came out to the declared types; None where all is so."""
    declared = {c.name.lower(): c.type for c in definition.columns if c.type}
    casts = [
        f"CAST({quoted(column.name)} AS {wanted}) AS {quoted(column.name)}"
        for column in columns
        if (wanted := declared.get(column.name.lower())) is not None
        and wanted.upper() != column.type
    ]
    if not casts:
        return None, tuple(columns)
    query = f"SELECT * REPLACE ({', '.join(casts)}) FROM {relation}"
    return query, compute.columns(f"({query})")


def _learnt(task: Task, setting: Setting, columns: tuple[Column, ...]) -> tuple[Setting, Asset]:
    """Return the setting and the asset with the columns that came out, its checks among them.

    CodeError where these are not what is declared of it, or what its checks need.
    """
    key = task.target.asset
    graph = with_columns(setting.graph, {key: columns}) or setting.relearn({key: columns})
    if (asset := graph.assets.get(key)) is not None:
        return replace(setting, graph=graph), asset
    found = next((d for d in reversed(graph.diagnostics) if d.asset == key), None)
    if found is None:
        raise InternalError(f"{key} does not compile with its own columns", help="please report it")
    raise CodeError(f"{key}: {found.message}", help=found.fix, span=found.span)
