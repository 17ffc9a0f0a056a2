"""Checks compiled: each becomes a query for its failing rows, judged by DuckDB like any other.

In the query the asset itself and whatever else is read stand as marked names, as in compiled text.
What can be said of one row alone is also kept as a condition, so that all such checks of an asset
share one scan. Null fails no condition but `not_null`: a comparison with null is not true.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from freshline.code import CodeCheck
from freshline.codec import digest, digest_of, encode
from freshline.definitions import (
    AssetDefinition,
    CheckDefinition,
    CheckKind,
    Column,
    SourceDefinition,
)
from freshline.errors import Diagnostic
from freshline.lineage import sql
from freshline.lineage.analysed import Analysis, Reference
from freshline.lineage.analysis import take_apart
from freshline.lineage.binder import Binder, BindProblem
from freshline.lineage.canonical import MARK, canonicaliser, marked
from freshline.lineage.code_assets import compile_check
from freshline.lineage.findings import collision, finding, misbound, unknown_upstream
from freshline.lineage.graph import WAITS, Asset, Check, SetAside, Source, in_order, reach
from freshline.lineage.macros import NO_MACROS, Macro, Macros
from freshline.lineage.plans import varying_functions
from freshline.lineage.quoting import quoted
from freshline.lineage.refusals import refusal
from freshline.lineage.volatile import called
from freshline.suggest import closest


@dataclass(slots=True)
class Checking:
    """The checks of a project on their way; what is compiled and set aside is changed in place."""

    binder: Binder
    bound: set[str]
    assets: dict[str, Asset]
    sources: dict[str, Source]
    quarantined: dict[str, SetAside]
    remembered: Mapping[str, Analysis]
    results: dict[str, Analysis]
    macros: Macros = NO_MACROS
    functions: Mapping[str, tuple[CodeCheck, ...]] = field(
        default_factory=dict[str, tuple[CodeCheck, ...]]
    )
    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def columns_of(self, key: str) -> tuple[Column, ...] | None:
        """Return the columns of an asset or source, None of what is not there."""
        node = self.assets.get(key) or self.sources.get(key)
        return None if node is None else node.columns


class _Subject(NamedTuple):
    """The asset or source that a check is about."""

    key: str
    definition: AssetDefinition | SourceDefinition
    columns: tuple[Column, ...]


class _Refused(Exception):
    """A check that cannot be compiled: why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def compile_checks(work: Checking) -> tuple[str, ...]:
    """Give every asset and source its compiled checks; return the assets in an order to build in.

    One whose check is wrong is set aside with all that need it.
    """
    edges: dict[str, tuple[str, ...]] = {key: () for key in work.sources}
    edges |= {key: asset.upstreams for key, asset in work.assets.items()}
    for key in edges:
        node = work.assets.get(key) or work.sources[key]
        functions = work.functions.get(key, ())
        if not (node.definition.checks or functions):
            continue
        checks: tuple[Check, ...] = ()
        if not (isinstance(node, Asset) and node.learns_columns):
            checks = _checks_of(work, _Subject(key, node.definition, node.columns))
        # A function hangs on no columns: it is there before anybody knows them.
        checks += tuple(_functions(work, node.definition, functions))
        for check in checks:
            edges[key] = _joined(work, edges, node.definition, check)
        if key in work.assets:
            work.assets[key] = replace(work.assets[key], checks=checks)
        else:
            work.sources[key] = replace(work.sources[key], checks=checks)
    # Sources that wait for nothing have no place in the order, which is one of assets.
    waiting = {key: needs for key, needs in edges.items() if needs or key in work.assets}
    order = in_order(waiting)
    for key in (*(edges.keys() - waiting.keys()), *order):
        _cascade(work, key, edges[key])
    return tuple(key for key in order if key in work.assets)


def _functions(
    work: Checking,
    definition: AssetDefinition | SourceDefinition,
    functions: Iterable[CodeCheck],
) -> Iterable[Check]:
    """Yield the checks that are functions; the asset of one that cannot be is set aside."""
    known = (*work.assets, *work.sources)
    for function in functions:
        check, problems = compile_check(function, definition.key, known)
        if check is not None:
            yield check
        for problem in problems:
            _set_aside(work, definition.key, problem)


def _cascade(work: Checking, key: str, needs: Iterable[str]) -> None:
    """Take what is set aside, or needs what is, out of the graph."""
    blamed = next((need for need in needs if need in work.quarantined), None)
    if key not in work.quarantined and blamed is not None:
        because = work.quarantined[blamed].because or blamed
        is_source = key in work.sources
        code = WAITS if work.quarantined[blamed].code == WAITS else "E208"
        work.quarantined[key] = SetAside(code=code, because=because, is_source=is_source)
    if key in work.quarantined:
        work.assets.pop(key, None)
        work.sources.pop(key, None)


def _joined(
    work: Checking,
    edges: Mapping[str, tuple[str, ...]],
    definition: AssetDefinition | SourceDefinition,
    check: Check,
) -> tuple[str, ...]:
    """Return what an asset waits for with what a check reads; refuse one that would wait for it."""
    key = definition.key
    for read in check.reads:
        if key in reach([read], edges):
            message = f"check {check.definition.name} reads {read}, which needs {key} first"
            fix = f"make it a check of {read}"
            _set_aside(work, key, _finding(key, check.definition, "E206", message, fix))
            return edges[key]
    return tuple(dict.fromkeys((*edges[key], *check.reads)))


def _checks_of(work: Checking, subject: _Subject) -> tuple[Check, ...]:
    declared = subject.definition.checks
    texts = [check.sql.text for check in declared if check.sql is not None]
    called = (macro.digest for text in texts for macro in work.macros.called(text))
    identity = digest(
        "checks and what varies", subject.key, encode(declared), canonicaliser(), *called
    )
    memory = work.remembered.get(identity)
    if memory is not None and memory.schemas == _schemas(work, subject, memory.checks):
        work.results[identity] = memory
        return memory.checks
    found: list[Check] = []
    _bind(work, subject.key)
    failed = False
    for check in declared:
        try:
            found.append(_compiled(work, subject, check))
        except _Refused as refused:
            failed = True
            _set_aside(work, subject.key, refused.diagnostic)
    if not failed:
        schemas = _schemas(work, subject, found)
        work.results[identity] = Analysis(schemas=schemas, checks=tuple(found))
    return tuple(found)


def _schemas(work: Checking, subject: _Subject, checks: Iterable[Check]) -> str:
    reads = sorted({read for check in checks for read in check.reads})
    return digest_of([subject.columns, [(read, work.columns_of(read)) for read in reads]])


def _set_aside(work: Checking, key: str, diagnostic: Diagnostic) -> None:
    work.diagnostics.append(diagnostic)
    is_source = key in work.sources
    work.quarantined.setdefault(key, SetAside(code=diagnostic.code, is_source=is_source))


def _compiled(work: Checking, subject: _Subject, check: CheckDefinition) -> Check:
    if check.kind is CheckKind.SQL:
        return _of_sql(work, subject, check)
    names = tuple(_column(subject, check, name, subject.columns) for name in check.columns)
    this, condition = marked(subject.key), ""
    reads: tuple[str, ...] = ()
    match check.kind:
        case CheckKind.UNIQUE:
            query = _repeated(this, [quoted(c.name) for c in names])
        case CheckKind.ROWS:
            query = f"SELECT count(*) AS rows FROM {this} HAVING {_outside('count(*)', check)}"
        case CheckKind.REFERENCES:
            key, other = _referenced(work, subject, check)
            reads = () if key == subject.key else (key,)
            mine, theirs = f"this.{quoted(names[0].name)}", f"that.{quoted(other.name)}"
            query = (
                f"SELECT this.* FROM {this} AS this ANTI JOIN {marked(key)} AS that"
                f" ON {mine} = {theirs} WHERE {mine} IS NOT NULL"
            )
        case _:
            condition = _condition(names[0], check)
            query = f"SELECT * FROM {this} WHERE {condition}"
    if check.kind not in (CheckKind.NOT_NULL, CheckKind.ROWS):
        try:
            work.binder.columns(query)
        except BindProblem as problem:
            message, fix = refusal(problem)
            message = f"check {check.name} does not fit: {message.replace(MARK, '')}"
            raise _Refused(_finding(subject.key, check, "E205", message, fix)) from problem
    return Check(
        definition=check,
        digest=digest(check.kind, query, str(check.sample)),
        columns=tuple(c.name for c in names) or ("rows",),
        condition=condition,
        query=query,
        reads=reads,
    )


def _of_sql(work: Checking, subject: _Subject, check: CheckDefinition) -> Check:
    """Compile the author's own query; whatever it reads beside the asset must be declared."""
    assert check.sql is not None
    key, text = subject.key, check.sql
    place = AssetDefinition(key=key, file=text.file, span=check.span, sql=text)
    macros = work.macros.called(text.text)
    try:
        parsed = take_apart(work.binder, text.text)
        past = [*sql.undeclared(parsed, [macro.definition.name for macro in macros])]
    except sql.SqlProblem as problem:
        where = (problem.offset, problem.length)
        message = problem.message.replace("an asset is", "a check is")
        raise _Refused(finding(place, problem.code, message, where, problem.fix)) from problem
    for call, *at in past:
        fix = "declare it under sources/"
        raise _Refused(finding(place, "E310", f"undeclared input {call}", at, fix))
    schemas: dict[str, Sequence[Column]] = {}
    for reference in parsed.references:
        columns = work.columns_of(reference.key)
        if columns is None:
            _refuse_missing(work, place, reference)
        else:
            schemas[reference.key] = columns
            _bind(work, reference.key)
    try:
        given = work.binder.columns(parsed.marked)
    except BindProblem as problem:
        raise _Refused(misbound(place, parsed, problem, schemas)) from problem
    if (name := collision(given)) is not None:
        message = f'two columns of check {check.name} are called "{name}"'
        raise _Refused(finding(place, "E209", message, (0, 1), "name each with AS"))
    return Check(
        definition=check,
        digest=digest(
            check.kind,
            sql.tokens_of(parsed.marked),
            str(check.sample),
            *(macro.digest for macro in macros),
        ),
        query=parsed.marked.rstrip().removesuffix(";"),
        columns=tuple(column.name for column in given),
        reads=tuple(dict.fromkeys(r.key for r in parsed.references if r.key != key)),
        varies=_varies(text.text, macros),
    )


def _varies(text: str, macros: Iterable[Macro]) -> bool:
    """Say whether a check's query calls what may answer otherwise another time."""
    names = varying_functions()
    return any(called(each, names) for each in (text, *(m.definition.text for m in macros)))


def _refuse_missing(work: Checking, place: AssetDefinition, reference: Reference) -> None:
    known = [*work.assets, *work.sources]
    wrong = unknown_upstream(place, reference, known)
    if reference.key in work.quarantined:
        wrong = replace(wrong, code="E208", message=f"{reference.key} is set aside", fix="mend it")
    raise _Refused(wrong)


def _column(
    subject: _Subject, check: CheckDefinition, name: str, columns: Sequence[Column], of: str = ""
) -> Column:
    found = next((c for c in columns if c.name.lower() == name.lower()), None)
    if found is None:
        near = closest(name, [c.name for c in columns])
        hint = f'did you mean "{near[0]}"?  ' if near else ""
        message = f'unknown column "{name}" in {of or subject.key}'
        fix = f"{hint}columns: {', '.join(c.name for c in columns)}"
        raise _Refused(_finding(subject.key, check, "E204", message, fix))
    return found


def _referenced(work: Checking, subject: _Subject, check: CheckDefinition) -> tuple[str, Column]:
    key, column = (str(argument) for argument in check.arguments)
    columns = work.columns_of(key)
    if columns is None:
        if key in work.quarantined:
            wrong = _finding(subject.key, check, "E208", f"{key} is set aside", "mend it first")
            raise _Refused(wrong)
        near = closest(key, [*work.assets, *work.sources])
        fix = f'did you mean "{near[0]}"?' if near else "declare it, or name another"
        raise _Refused(_finding(subject.key, check, "E203", f'unknown upstream "{key}"', fix))
    _bind(work, key)
    return key, _column(subject, check, column, columns, of=key)


def _condition(column: Column, check: CheckDefinition) -> str:
    """Return what is true of a row that fails."""
    name = quoted(column.name)
    match check.kind:
        case CheckKind.NOT_NULL:
            return f"{name} IS NULL"
        case CheckKind.IN:
            return f"{name} NOT IN ({', '.join(_literal(v, column) for v in check.arguments)})"
        case CheckKind.MATCHES:
            pattern = _literal(check.arguments[0], Column("", "VARCHAR"))
            text = name if column.type == "VARCHAR" else f"CAST({name} AS VARCHAR)"
            return f"NOT regexp_full_match({text}, {pattern})"
        case _:
            return _outside(name, check, column)


def _outside(name: str, check: CheckDefinition, column: Column | None = None) -> str:
    """Return what is true of a value below or above its bounds."""
    bounds = zip(("<", ">"), check.arguments, strict=True)
    return " OR ".join(f"{name} {o} {_literal(b, column)}" for o, b in bounds if b is not None)


def _repeated(this: str, names: Sequence[str]) -> str:
    known = " AND ".join(f"{name} IS NOT NULL" for name in names)
    key = ", ".join(names)
    repeated = f"SELECT {key} FROM {this} WHERE {known} GROUP BY {key} HAVING count(*) > 1"
    return f"SELECT * FROM {this} SEMI JOIN ({repeated}) USING ({key})"


def _literal(value: object, column: Column | None) -> str:
    """Return a value of YAML as a literal; text wherever the column is text."""
    match value:
        case bool():
            text = "true" if value else "false"
        case int() | float():
            text = repr(value)
        case _:
            text = str(value)
    is_text = isinstance(value, str) or (column is not None and column.type == "VARCHAR")
    return "'" + text.replace("'", "''") + "'" if is_text else text


def _bind(work: Checking, key: str) -> None:
    columns = work.columns_of(key)
    if key not in work.bound and columns is not None:
        work.binder.declare(MARK + key, columns)
        work.bound.add(key)


def _finding(key: str, check: CheckDefinition, code: str, message: str, fix: str) -> Diagnostic:
    return Diagnostic(
        code=code, message=message, span=check.span, excerpt=check.line, fix=fix, asset=key
    )
