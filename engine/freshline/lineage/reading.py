"""A source compiled: its files found and made ready, its columns known and as declared."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from freshline.definitions import Column, ColumnDefinition, SourceDefinition
from freshline.errors import ComputeError, Diagnostic, FreshlineError, Severity
from freshline.lineage.analysis import Analysis
from freshline.lineage.binder import Binder, BindProblem
from freshline.lineage.files.headers import disagreement
from freshline.lineage.files.readers import natural, relation, settled
from freshline.lineage.graph import Source
from freshline.lineage.sources import files_now
from freshline.suggest import closest

_CHECK = "check the file, its `format` and what `read` says of it"
_TYPES = (
    *("bigint", "integer", "smallint", "hugeint", "double", "decimal(18,2)", "boolean", "text"),
    *("varchar", "date", "time", "timestamp", "timestamptz", "interval", "uuid", "json"),
)


def read_source(
    binder: Binder, root: Path, definition: SourceDefinition, files: Sequence[str]
) -> Analysis:
    """Return a source with the columns that its files have, or what is wrong with it."""

    def failed(code: str, message: str, fix: str) -> Analysis:
        message = message.replace(f"{root}/", "")
        return Analysis(diagnostics=(_finding(definition, code, message, fix),))

    try:
        if not files and not (files := files_now(root, definition)):  # says why there are none
            fix = "correct `path` (it is relative to the folder of freshline.yaml) or add the file"
            return failed("E301", f'no file matches "{definition.path}"', fix)
        differing = disagreement(binder, root, definition, files)
        if differing is not None and differing[1]:
            fix = "add `union_by_name: true` to `read:` to fill with nulls, or mend the file"
            return failed("E306", f"files of {definition.key} differ: {differing[0]}", fix)
        columns = binder.columns_of_files(natural(root, definition, files))
    except BindProblem as problem:
        return failed("E302", f"cannot read {definition.key}: {problem.message}", _CHECK)
    except FreshlineError as error:
        code = "E305" if isinstance(error, ComputeError) else "E101"
        return failed(code, f"cannot read {definition.key}: {error.message}", error.help)
    except OSError as error:
        return failed("E101", f"cannot read {definition.key}: {error}", "let it be read")
    if findings := _misdeclared(binder, definition, columns):
        return Analysis(diagnostics=findings)
    resolved = settled(definition, columns)
    try:
        if any(column.type for column in definition.columns):  # else nothing is cast
            columns = binder.columns_of_files(relation(root, resolved, files))
    except BindProblem as problem:
        return failed("E207", f"{definition.key} cannot be cast: {problem.message}", _CHECK)
    notes: tuple[Diagnostic, ...] = ()
    if differing is not None:
        fix = "add `union_by_name: true` to `read:` to have it"
        note = _finding(definition, "W503", f"{definition.key}: {differing[0]}", fix)
        notes = (replace(note, severity=Severity.WARNING),)
    source = Source(definition=resolved, files=tuple(files), columns=columns)
    return Analysis(source=source, diagnostics=notes)


def _misdeclared(
    binder: Binder, definition: SourceDefinition, columns: Sequence[Column]
) -> tuple[Diagnostic, ...]:
    """Return a finding for each declared column that is not there or is of no type."""
    names = [column.name for column in columns]
    known = {name.lower() for name in names}
    found: list[Diagnostic] = []
    for column in definition.columns:
        if column.name.lower() not in known:
            near = closest(column.name, names)
            hint = f'did you mean "{near[0]}"?  ' if near else ""
            message = f'declared column "{column.name}" is not in {definition.key}'
            fix = f"{hint}columns: {', '.join(names)}"
            found.append(_about(definition, column, message, fix))
        elif column.type is not None and not _is_type(binder, column.type):
            near = closest(column.type, _TYPES)
            message = f'column "{column.name}" is declared as {column.type}, which is no type'
            fix = f'did you mean "{near[0]}"?' if near else f"types are {', '.join(_TYPES)}, ..."
            found.append(_about(definition, column, message, fix))
    return tuple(found)


def _is_type(binder: Binder, type: str) -> bool:
    try:
        binder.columns(f"SELECT NULL::{type} AS x")
    except BindProblem:
        return False
    return True


def _finding(definition: SourceDefinition, code: str, message: str, fix: str) -> Diagnostic:
    return Diagnostic(
        code=code, message=message, span=definition.span, fix=fix, asset=definition.key
    )


def _about(
    definition: SourceDefinition, column: ColumnDefinition, message: str, fix: str
) -> Diagnostic:
    return replace(_finding(definition, "E207", message, fix), span=column.span)
