"""What compiling can find wrong, each as a diagnostic at its place in the author's file."""

import re
from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp

from freshline.definitions import AssetDefinition, Column, ColumnDefinition
from freshline.errors import Diagnostic
from freshline.lineage import sql
from freshline.lineage.analysed import Reference
from freshline.lineage.binder import Binder, BindProblem
from freshline.lineage.canonical import MARK
from freshline.lineage.refusals import proposals, refusal
from freshline.lineage.syntax import advice
from freshline.suggest import closest

_A_PATH = re.compile(r"[/\\*:']|\.(csv|tsv|txt|jsonl?|ndjson|parquet|xlsx)\b", re.IGNORECASE)


def finding(
    definition: AssetDefinition, code: str, message: str, at: Sequence[int], fix: str
) -> Diagnostic:
    """Return an error at (offset, length) of an asset's SQL."""
    span = definition.sql.span(at[0], at[1])
    return Diagnostic(
        code=code,
        message=message,
        span=span,
        excerpt=definition.sql.line_at(span),
        fix=fix,
        asset=definition.key,
    )


def unknown_upstream(
    definition: AssetDefinition, reference: Reference, known: Iterable[str]
) -> Diagnostic:
    """Return what to say of a reference to nothing."""
    near = closest(reference.key, [key for key in known if key != definition.key])
    fix = f'did you mean "{near[0]}"?' if near else "declare it under sources/, or write the asset"
    at = (reference.offset, reference.length)
    return finding(definition, "E203", f'unknown upstream "{reference.key}"', at, fix)


def undeclared_advice(call: str) -> str:
    """Return what to do about something that a query reads past the lineage graph."""
    name = call.split("(")[0].lower()
    is_reader = call.endswith("(...)") and (name.startswith("read_") or name.endswith("_scan"))
    if is_reader or _A_PATH.search(call.removesuffix("(...)")):
        return "declare the file in sources/, and read it by its key"
    return "an asset reads assets and sources alone: what else changes, nobody would notice"


def misbound(
    definition: AssetDefinition,
    parsed: sql.Parsed,
    problem: BindProblem,
    schemas: Mapping[str, Sequence[Column]],
) -> Diagnostic:
    """Return what to say of a query that DuckDB refuses: of an unknown column, what there is."""
    offset = parsed.origin(problem.offset)
    if problem.is_syntax:
        message = f"SQL does not parse: {problem.message}"
        fix = advice(parsed.text, offset, problem.message)
        return finding(definition, "E201", message, _word_at(parsed.text, offset), fix)
    if not problem.name:
        message, fix = (words.replace(MARK, "") for words in refusal(problem))
        return finding(definition, "E205", message, _word_at(parsed.text, offset), fix)
    name = problem.name
    named = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    place = named.search(parsed.text, offset)
    offset = place.start() if place else offset
    keys = _meant(parsed, problem.relation, schemas)
    columns = [c.name for key in keys for c in schemas[key]] or _given(parsed, problem.relation)
    columns = columns or proposals(problem)
    near = closest(name, columns)
    hints = [f'did you mean "{near[0]}"?'] if near else []
    hints += [f"columns: {', '.join(dict.fromkeys(columns))}"] if columns else []
    where = f" in {keys[0]}" if len(keys) == 1 else ""
    message = f'unknown column "{name}"{where}'
    return finding(definition, "E204", message, (offset, len(name)), "  ".join(hints))


def _word_at(text: str, offset: int) -> tuple[int, int]:
    """Return the extent of the word at an offset, of the last one where the text ends there."""
    offset = min(offset, max(len(text.rstrip()) - 1, 0))
    word = re.compile(r'"[^"\n]+"|\w+').match(text, offset)
    return offset, len(word[0]) if word else 1


def open_pivot(definition: AssetDefinition, parsed: sql.Parsed) -> Diagnostic | None:
    """Refuse a PIVOT whose columns follow from the data: nobody could read them beforehand."""
    for pivot in parsed.tree.find_all(exp.Pivot) if parsed.tree is not None else ():
        over = pivot.args.get("fields") or pivot.expressions
        listed = all(isinstance(on, exp.In) and on.expressions for on in over)
        if pivot.args.get("unpivot") or listed:
            continue
        offset = min(
            (n.meta["start"] for on in over for n in on.walk() if "start" in n.meta), default=0
        )
        name = over[0].name or over[0].this.name
        message = "the columns of this PIVOT depend on the data"
        fix = f"list them: ON {name} IN ('...', '...')"
        return finding(definition, "E205", message, (offset, len(name)), fix)
    return None


def collision(columns: Sequence[Column]) -> str | None:
    """Return the first output name that occurs twice, whatever its case."""
    seen: set[str] = set()
    for column in columns:
        if column.name.lower() in seen:
            return column.name
        seen.add(column.name.lower())
    return None


def mismatches(
    key: str,
    declared: Sequence[ColumnDefinition],
    columns: Sequence[Column],
    binder: Binder,
) -> tuple[Diagnostic, ...]:
    """Compare the columns an author declares with those that come out."""
    actual = {c.name.lower(): c for c in columns}
    found: list[Diagnostic] = []
    for column in declared:
        real = actual.get(column.name.lower())
        if real is None:
            near = closest(column.name, [c.name for c in columns])
            hint = f'did you mean "{near[0]}"?  ' if near else ""
            message = f'declared column "{column.name}" does not come out of {key}'
            fix = f"{hint}columns: {', '.join(c.name for c in columns)}"
        elif column.type is not None and not _same_type(binder, column.type, real.type):
            message = f'column "{column.name}" is {real.type}, declared as {column.type}'
            fix = f"cast it in the SQL, or declare {real.type.lower()}"
        else:
            continue
        found.append(Diagnostic(code="E207", message=message, span=column.span, fix=fix, asset=key))
    return tuple(found)


def _meant(parsed: sql.Parsed, relation: str, schemas: Mapping[str, Sequence[Column]]) -> list[str]:
    """Return the upstreams that may have been meant: that of this name, or all without a name.

    None where the query gave the name itself, or has CTEs or subqueries that may be meant too.
    """
    if relation and parsed.tree is not None:
        for table in parsed.tree.find_all(exp.Table):
            key = ".".join(part.name.lower() for part in table.parts)
            if relation.lower() in (table.alias_or_name.lower(), key) and key in schemas:
                return [key]
        return []
    inner = parsed.tree is None or parsed.tree.find(exp.CTE, exp.Subquery) is not None
    return [] if inner else list(schemas)


def _given(parsed: sql.Parsed, relation: str) -> list[str]:
    """Return the columns that a CTE or subquery of a query says it gives."""
    if not relation or parsed.tree is None:
        return []
    tables = parsed.tree.find_all(exp.Table)
    names = {relation.lower(), *(t.name.lower() for t in tables if t.alias == relation)}
    for node in parsed.tree.find_all(exp.CTE, exp.Subquery):
        if node.alias.lower() in names and isinstance(node.this, exp.Query):
            return [name for name in node.this.named_selects if name not in ("", "*")]
    return []


def _same_type(binder: Binder, declared: str, actual: str) -> bool:
    if declared.upper() == actual.upper():
        return True
    try:
        return binder.columns(f"SELECT NULL::{declared} AS x")[0].type == actual
    except BindProblem:
        return False
