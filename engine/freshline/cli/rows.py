"""query and preview: rows of the current versions, read only."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
import duckdb

from freshline.cli.compose import Project, opened, terminal_width
from freshline.cli.current import engine_for
from freshline.cli.options import common, said
from freshline.cli.select import one_asset
from freshline.cli.table import table
from freshline.errors import UsageError
from freshline.execute.sql_engine import translated
from freshline.keys import relation_name
from freshline.lineage.binder import quoted
from freshline.reconcile.fingerprint import storage_of
from freshline.suggest import closest

_SHOWN = 50
_NUMERIC = ("INT", "DECIMAL", "DOUBLE", "FLOAT")
_form = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "parquet"]),
    help="How to write the rows; a table by default.",
)
_output = click.option("-o", "--output", metavar="FILE", help="Write to a file.")


@click.command()
@click.argument("sql")
@_form
@_output
@click.option("-n", "--limit", type=click.IntRange(1), help="Show at most so many rows.")
@common
def query(sql: str, form: str | None, output: str | None, limit: int | None) -> int:
    """Run a SELECT over the current versions of all assets and sources."""
    with opened(said()) as project:
        _write(project, one_select(sql), form, output, limit)
    return 0


@click.command()
@click.argument("asset")
@click.option("-n", "--limit", type=click.IntRange(1), default=10, show_default=True)
@click.option("--candidate", is_flag=True, help="Of the version that a check held back.")
@_form
@_output
@common
def preview(asset: str, limit: int, candidate: bool, form: str | None, output: str | None) -> int:
    """Show some rows of the current version of ASSET."""
    with opened(said()) as project:
        key = one_asset(project, asset)
        schema, name = relation_name(key)
        relation = f"{quoted(schema)}.{quoted(name)}"
        instead = {key: _candidate(project, key)} if candidate else None
        statement = f"SELECT * FROM {relation} LIMIT {limit}"
        _write(project, statement, form, output, limit, instead)
    return 0


def _candidate(project: Project, key: str) -> str:
    """Return how to read the version that the last attempt did not publish."""
    state = project.sight.events.snapshot(project.graph.project.name, project.environment)
    version = state.of(project.place.target(key)).candidate
    if version is None or key not in project.graph.assets:
        raise UsageError(
            f"no candidate of {key} was held back",
            help="one is kept when a check fails, until the next attempt",
        )
    definition = project.graph.assets[key].definition
    return project.storages[storage_of(definition, project.graph.project)].relation(version)


def one_select(sql: str) -> str:
    """Return the one SELECT that a text is, or raise UsageError."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError(str(error).split("\n")[0], help="quote the SQL for your shell") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("a query is one SELECT", help="apply alone changes data")
    return statements[0].query.strip().rstrip(";")


def _write(
    project: Project,
    sql: str,
    form: str | None,
    output: str | None,
    limit: int | None,
    instead: Mapping[str, str] | None = None,
) -> None:
    """Write the rows of a query; `instead` are relations to read in place of current versions."""
    target = Path(output).resolve() if output else None
    form = form or (target.suffix.lstrip(".") if target else "table")
    if form not in _FORMS and form != "parquet":
        raise UsageError(f'cannot tell a format from "{output}"', help="add --format")
    if form == "parquet" and target is None:
        raise UsageError("Parquet goes to a file", help="name one with -o FILE")
    files = (target,) if target is not None else ()
    engine = engine_for(project, sql, files, instead or {})
    connection = engine.cursor()
    try:
        if form == "parquet" and target is not None:
            engine.copy_to_parquet(sql, target)
            return
        found = connection.sql(sql)
        text = _FORMS[form](found, limit)
    except duckdb.Error as error:
        raise explained(project, error) from error
    if target is not None:
        target.write_text(text + "\n", encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")


def explained(project: Project, error: duckdb.Error) -> Exception:
    """Return what to say of a query that failed: of a table that is not there, the nearest."""
    text = str(error).split("\n")[0]
    if "does not exist" not in text or "Table with name" not in text:
        return translated(error)
    name = text.split("Table with name ")[1].split(" ")[0].replace('"', "")
    known = [*project.graph.assets, *project.graph.sources]
    full = [key for key in known if key.endswith(f".{name}") or key == name]
    if full:
        return UsageError(
            f"{full[0]} has no rows to read",
            help="build it with `freshline apply`, or write its key",
        )
    near = closest(name, known) or closest(name, [key.split(".")[-1] for key in known])
    hint = f'did you mean "{near[0]}"?' if near else "see `freshline status` for all assets"
    return UsageError(f'there is no asset "{name}"', help=hint)


def _texts(found: duckdb.DuckDBPyRelation, limit: int | None) -> list[tuple[str | None, ...]]:
    """Return rows as DuckDB writes them, so that no type needs a Python twin."""
    names = ", ".join(f"CAST({quoted(c)} AS VARCHAR)" for c in found.columns)
    rows = found.project(names)
    return (rows.limit(limit) if limit else rows).fetchall()


def _as_table(found: duckdb.DuckDBPyRelation, limit: int | None) -> str:
    shown = limit or _SHOWN
    rows = _texts(found, shown + 1)
    right = frozenset(
        i for i, t in enumerate(found.types) if any(word in str(t) for word in _NUMERIC)
    )
    cells = [[("" if c is None else c).replace("\n", " ") for c in row] for row in rows[:shown]]
    lines = table(found.columns, cells, right=right, width=terminal_width())
    if len(rows) > shown and limit is None:
        lines.append(f"(the first {shown} rows; -n for more, --format csv for all)")
    return "\n".join(lines)


def _as_csv(found: duckdb.DuckDBPyRelation, limit: int | None) -> str:
    return "\n".join(_csv(row) for row in (found.columns, *_texts(found, limit)))


def _csv(cells: Sequence[str | None]) -> str:
    return ",".join(
        '"' + c.replace('"', '""') + '"' if c and any(x in c for x in ',"\n\r') else c or ""
        for c in cells
    )


def _as_json(found: duckdb.DuckDBPyRelation, limit: int | None) -> str:
    fields = ", ".join(f"{quoted(c)} := {quoted(c)}" for c in found.columns)
    rows = found.project(f"CAST(to_json(struct_pack({fields})) AS VARCHAR)")
    objects = [json.loads(row[0]) for row in (rows.limit(limit) if limit else rows).fetchall()]
    return json.dumps(objects, ensure_ascii=False)


_FORMS: Mapping[str, Callable[[duckdb.DuckDBPyRelation, int | None], str]] = {
    "table": _as_table,
    "csv": _as_csv,
    "json": _as_json,
}
