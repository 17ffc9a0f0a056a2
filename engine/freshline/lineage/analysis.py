"""One asset analysed: DuckDB judges the author's text, and the compiled text is kept if it is that.

The judgement on the compiled text comes later, from another thread: until then it is in doubt.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from freshline.codec import digest_of
from freshline.definitions import AssetDefinition, Column
from freshline.errors import Diagnostic, Severity
from freshline.lineage import sql
from freshline.lineage.analysed import Analysis
from freshline.lineage.binder import Binder, BindProblem
from freshline.lineage.canonical import code_version
from freshline.lineage.findings import collision, finding, misbound, mismatches, open_pivot
from freshline.lineage.graph import Asset
from freshline.lineage.layout import hangs_on_layout
from freshline.lineage.macros import Macro
from freshline.lineage.order import hangs_on_order
from freshline.lineage.syntax import advice


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """An analysis whose compiled text may turn out not to be the author's query."""

    compiled: Analysis
    same: Future[bool]
    written: Callable[[], Analysis]

    def settled(self) -> Analysis:
        """Wait for the judgement, and return the analysis that stands."""
        return self.compiled if self.same.result() else self.written()


def take_apart(binder: Binder, text: str) -> sql.Parsed:
    """Return a text taken apart; where only DuckDB can read it, it says which tables it names."""
    try:
        return sql.parse(text)
    except sql.Unreadable as problem:
        try:
            tables = binder.tables(text)
        except BindProblem as refused:
            if not refused.is_syntax:
                raise problem from refused
            raise _unparsed(text, refused) from refused
        return sql.parse_tokens(text, tables)


def insist_on_syntax(binder: Binder, text: str) -> None:
    """Raise SqlProblem where DuckDB cannot parse a text, which our own parser took for SQL."""
    try:
        binder.tables(text)
    except BindProblem as refused:
        if refused.is_syntax:
            raise _unparsed(text, refused) from refused


def _unparsed(text: str, refused: BindProblem) -> sql.SqlProblem:
    message = f"SQL does not parse: {refused.message}"
    offset = min(refused.offset, max(len(text.rstrip()) - 1, 0))
    return sql.SqlProblem("E201", message, offset, fix=advice(text, offset, refused.message))


def analyse(
    binder: Binder,
    definition: AssetDefinition,
    parsed: sql.Parsed,
    schemas: Mapping[str, Sequence[Column]],
    macros: Sequence[Macro] = (),
) -> Analysis | Doubt:
    """Return what an asset is, given the columns of all that it reads and the macros it calls."""
    identity = digest_of(schemas)

    def failed(*findings: Diagnostic) -> Analysis:
        return Analysis(references=parsed.references, schemas=identity, diagnostics=findings)

    if (refused := open_pivot(definition, parsed)) is not None:
        return failed(refused)
    try:
        columns = binder.columns(parsed.marked)
    except BindProblem as problem:
        return failed(misbound(definition, parsed, problem, schemas))
    if (name := collision(columns)) is not None:
        message = f'two output columns are called "{name}"'
        return failed(finding(definition, "E209", message, (0, 1), "name each with AS"))
    if findings := mismatches(definition.key, definition.columns, columns, binder):
        return failed(*findings)

    in_order = parsed.tree is None or hangs_on_order(parsed.tree)
    in_order = in_order or any(macro.is_order_sensitive for macro in macros)

    def analysed(text: str, opaque: str = "") -> Analysis:
        layout = identity if opaque or tree is None or hangs_on_layout(tree) else ""
        found = _analysis(definition, parsed, columns, (text, opaque, layout), macros)
        asset = found.asset and replace(found.asset, order_sensitive=in_order or bool(opaque))
        return replace(found, asset=asset)

    volatile = any(macro.is_volatile for macro in macros)
    tree = None if volatile else sql.qualified(parsed, schemas)
    if tree is None:
        why = "it uses something that the analyser does not follow"
        return replace(analysed(parsed.marked, why), schemas=identity)
    text = sql.compiled(tree, [c.name for c in columns])
    if text is None:
        why = "its output columns cannot be told apart"
        return replace(analysed(parsed.marked, why), schemas=identity)
    why = "its compiled form is not the same query"
    return Doubt(
        compiled=replace(analysed(text), schemas=identity),
        same=binder.same_query(parsed.marked, text),
        written=lambda: replace(analysed(parsed.marked, why), schemas=identity),
    )


def _analysis(
    definition: AssetDefinition,
    parsed: sql.Parsed,
    columns: tuple[Column, ...],
    compiled: tuple[str, str, str],
    macros: Sequence[Macro],
) -> Analysis:
    text, opaque, layout = compiled
    logic = sql.tokens_of(parsed.text) if opaque else text
    asset = Asset(
        definition=definition,
        upstreams=tuple(dict.fromkeys(r.key for r in parsed.references)),
        text=text,
        columns=columns,
        code_version=code_version(
            definition.kind,
            logic,
            columns,
            [*(macro.digest for macro in macros), *filter(None, [layout])],
        ),
        opaque=opaque,
        macros=tuple(macro.definition.name for macro in macros),
    )
    notes = (_note(definition, opaque),) if opaque else ()
    return Analysis(references=parsed.references, asset=asset, diagnostics=notes)


def _note(definition: AssetDefinition, why: str) -> Diagnostic:
    fix = "it runs as it is written; any change of its text counts, formatting apart"
    note = finding(definition, "W510", f"{definition.key} is opaque: {why}", (0, 1), fix)
    return replace(note, severity=Severity.WARNING)
