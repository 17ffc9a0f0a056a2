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
from freshline.lineage.binder import Binder, BindProblem
from freshline.lineage.canonical import code_version
from freshline.lineage.findings import collision, finding, misbound, mismatches, open_pivot
from freshline.lineage.graph import Asset, Check, Source
from freshline.lineage.order import hangs_on_order

_NO_JINJA = (
    "this is not Jinja: name an upstream as it is, such as stg.orders; variables are ${var.x}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What a definition turned out to be: good as long as its text and its inputs' columns are.

    `schemas` is the digest of the columns of all that it reads.
    """

    references: tuple[sql.Reference, ...] = ()
    schemas: str = ""
    asset: Asset | None = None
    source: Source | None = None
    checks: tuple[Check, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


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
            message = f"SQL does not parse: {refused.message}"
            offset = min(refused.offset, max(len(text.rstrip()) - 1, 0))
            fix = _NO_JINJA if text[offset : offset + 2] in ("{{", "{%") else ""
            raise sql.SqlProblem("E201", message, offset, fix=fix) from refused
        return sql.parse_tokens(text, tables)


def analyse(
    binder: Binder,
    definition: AssetDefinition,
    parsed: sql.Parsed,
    schemas: Mapping[str, Sequence[Column]],
) -> Analysis | Doubt:
    """Return what an asset is, given the columns of all that it reads."""
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

    def analysed(text: str, opaque: str = "") -> Analysis:
        found = _analysis(definition, parsed, columns, text, opaque)
        asset = found.asset and replace(found.asset, order_sensitive=in_order or bool(opaque))
        return replace(found, asset=asset)

    tree = sql.qualified(parsed, schemas)
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
    text: str,
    opaque: str,
) -> Analysis:
    logic = sql.tokens_of(parsed.text) if opaque else text
    asset = Asset(
        definition=definition,
        upstreams=tuple(dict.fromkeys(r.key for r in parsed.references)),
        text=text,
        columns=columns,
        code_version=code_version(definition.kind, logic, columns),
        opaque=opaque,
    )
    notes = (_note(definition, opaque),) if opaque else ()
    return Analysis(references=parsed.references, asset=asset, diagnostics=notes)


def _note(definition: AssetDefinition, why: str) -> Diagnostic:
    fix = "it runs as it is written; any change of its text counts, formatting apart"
    note = finding(definition, "W510", f"{definition.key} is opaque: {why}", (0, 1), fix)
    return replace(note, severity=Severity.WARNING)
