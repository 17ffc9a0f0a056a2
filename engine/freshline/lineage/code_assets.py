"""Assets that code makes, compiled: what their parameters stand for, and what they show of it.

Code may hang on the order of the rows that it gets, so its windows are ordered. The columns that
come out are those of its last version; before there is one nobody knows them, whatever its author
declares of some, and SQL that reads it has to wait.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from freshline.code import CodeCheck, CodeInput
from freshline.codec import digest, digest_of
from freshline.definitions import (
    AssetDefinition,
    CheckDefinition,
    CheckKind,
    CheckSeverity,
    Column,
    SqlText,
)
from freshline.errors import Diagnostic, Severity
from freshline.lineage.canonical import marked
from freshline.lineage.graph import WAITS, Asset, Check
from freshline.suggest import closest
from freshline.versions import Window

if TYPE_CHECKING:
    from freshline.lineage.binder import Binder

# What an asset made of files is kept as: a row for each.
FILE_COLUMNS = (
    Column("name", "VARCHAR"),
    Column("media_type", "VARCHAR"),
    Column("content", "BLOB"),
)


class Resolved(NamedTuple):
    """The upstreams of code by parameter, and what is wrong with the others."""

    parameters: tuple[tuple[str, str], ...]
    problems: tuple[Diagnostic, ...]


def resolve(definition: AssetDefinition, known: Iterable[str], *, itself: bool = False) -> Resolved:
    """Return what the parameters of an asset's code stand for, among the keys of a project.

    A parameter that is not told its upstream stands for the asset of that name: the one in the
    asset's own group of keys, else the only one. The asset is among them only for a check.
    """
    keys = frozenset(known) - (set() if itself else {definition.key})
    found: list[tuple[str, str]] = []
    problems: list[Diagnostic] = []
    for each in definition.code.inputs if definition.code is not None else ():
        named = [key for key in sorted(keys) if key.rpartition(".")[2] == each.key]
        beside = f"{definition.key.rpartition('.')[0]}.{each.key}"
        if each.key in keys:
            found.append((each.name, each.key))
        elif beside in named:
            found.append((each.name, beside))
        elif len(named) == 1:
            found.append((each.name, named[0]))
        else:
            problems.append(_unknown(definition, each, named, sorted(keys)))
    return Resolved(tuple(found), tuple(problems))


def _unknown(
    definition: AssetDefinition, each: CodeInput, named: Sequence[str], keys: Sequence[str]
) -> Diagnostic:
    if named:
        message = f'"{each.key}" may be {" or ".join(named)}'
        fix = f"say which: {_said(definition, each, named[0])}"
    else:
        tails = {key.rpartition(".")[2]: key for key in keys}
        near = closest(each.key, [*keys, *tails])
        message = f'unknown upstream "{each.key}"'
        fix = f"name an asset or a source: {_said(definition, each, 'stg.orders')}"
        if near:
            fix = f'did you mean "{tails.get(near[0], near[0])}"?'
    return _problem(definition, each, "E203", message, fix)


def _said(definition: AssetDefinition, each: CodeInput, key: str) -> str:
    """Return how the author says that an input is this key: in Python, or in YAML."""
    if definition.file.endswith(".py"):
        return f"inputs={{{each.name!r}: {key!r}}}"
    if key.rpartition(".")[2] == each.name:
        return f"`inputs: [{key}]`"
    return f"`inputs: {{{key}: {{as: {each.name}}}}}`"


def compile_code(
    definition: AssetDefinition,
    parameters: Sequence[tuple[str, str]],
    schemas: Mapping[str, Sequence[Column] | None],
    binder: "Binder",
    learnt: Sequence[Column] | None,
) -> tuple[Asset | None, tuple[Diagnostic, ...]]:
    """Return an asset that code makes, None and what is wrong where its declaration does not hold.

    `schemas` are the columns of its upstreams, None where nobody knows them; `learnt` are those of
    its own last version.
    """
    code = definition.code
    assert code is not None
    problems: list[Diagnostic] = []
    by_name = dict(parameters)
    windows: dict[str, Window] = {}
    for each in code.inputs:
        key = by_name[each.name]
        window = _window(definition, each, key, schemas[key], problems)
        windows[key] = _both(windows.get(key), window)
    columns = FILE_COLUMNS if code.makes_files else learnt
    if columns is not None:
        # The analyser and DuckDB: those who run code need of this module what is above and below.
        from freshline.lineage.findings import mismatches

        problems += mismatches(definition.key, definition.columns, columns, binder)
    if problems:
        return None, tuple(problems)
    got = [(i.name, by_name[i.name], i.columns, i.form, i.optional) for i in code.inputs]
    asset = Asset(
        definition=definition,
        upstreams=tuple(dict.fromkeys(by_name.values())),
        text="FROM " + ", ".join(map(marked, dict.fromkeys(by_name.values()))) if by_name else "",
        columns=tuple(columns or ()),
        code_version=digest("code", definition.kind, code.version, code.output, digest_of(got)),
        windows=tuple(windows.items()),
        parameters=tuple(parameters),
        learns_columns=columns is None,
    )
    return asset, ()


def _window(
    definition: AssetDefinition,
    each: CodeInput,
    key: str,
    columns: Sequence[Column] | None,
    problems: list[Diagnostic],
) -> Window:
    if each.columns is None or columns is None:
        return Window(each.columns and tuple(sorted(each.columns)), ordered=True)
    actual = {column.name.lower(): column.name for column in columns}
    for name in each.columns:
        if name.lower() not in actual:
            near = closest(name, [column.name for column in columns])
            hint = f'did you mean "{near[0]}"?  ' if near else ""
            fix = f"{hint}columns: {', '.join(column.name for column in columns)}"
            message = f'unknown column "{name}" in {key}'
            problems.append(_problem(definition, each, "E204", message, fix))
    names = (actual.get(name.lower(), name) for name in each.columns)
    return Window(tuple(sorted(dict.fromkeys(names))), ordered=True)


def _both(one: Window | None, other: Window) -> Window:
    """Return the window that shows what either does."""
    if one is None:
        return other
    if one.columns is None or other.columns is None:
        return Window(None, ordered=True)
    return Window(tuple(sorted({*one.columns, *other.columns})), ordered=True)


def compile_check(
    function: CodeCheck, key: str, known: Iterable[str]
) -> tuple[Check | None, tuple[Diagnostic, ...]]:
    """Return a check that is a function, None and why where a parameter stands for nothing."""
    code, place = function.code, function.span
    sql = SqlText(text="", original="", file=place.file, line=place.line)
    definition = AssetDefinition(key=key, file=place.file, span=place, sql=sql, code=code)
    resolved = resolve(definition, known, itself=True)
    if resolved.problems:
        return None, resolved.problems
    got = [(i.name, dict(resolved.parameters)[i.name], i.columns, i.form) for i in code.inputs]
    severity = CheckSeverity.BLOCK if function.is_blocking else CheckSeverity.WARN
    check = Check(
        definition=CheckDefinition(
            name=function.name,
            kind=CheckKind.CODE,
            span=place,
            line=function.line,
            severity=severity,
            description=function.description,
        ),
        digest=digest(CheckKind.CODE, code.version, digest_of(got)),
        query="",
        reads=tuple(dict.fromkeys(u for _, u in resolved.parameters if u != key)),
        code=code,
        parameters=resolved.parameters,
    )
    return check, ()


def optional_reads(asset: Asset) -> frozenset[str]:
    """Return what the code of an asset can do without."""
    code, of = asset.code, dict(asset.parameters)
    inputs = code.inputs if code is not None else ()
    needed = {of[each.name] for each in inputs if not each.optional}
    return frozenset(of[each.name] for each in inputs if each.optional) - needed


def unlearnt_columns(definition: AssetDefinition, upstream: str) -> Diagnostic:
    """Return what to say of SQL that reads what code has never made."""
    return Diagnostic(
        code=WAITS,
        message=f"the columns of {upstream} are not known before it has run once",
        severity=Severity.WARNING,
        span=definition.span,
        fix="`freshline apply` runs it, and goes on with what waited",
        asset=definition.key,
    )


def _problem(
    definition: AssetDefinition, each: CodeInput, code: str, message: str, fix: str
) -> Diagnostic:
    return Diagnostic(
        code=code,
        message=message,
        span=each.span or definition.span,
        excerpt=each.line,
        fix=fix,
        asset=definition.key,
    )
