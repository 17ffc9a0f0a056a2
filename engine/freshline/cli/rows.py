"""query and preview: rows of the current versions, read only."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import click
import duckdb

from freshline.catalog import MOST_OF_A_FILE, SHOWN_FILES, Rows
from freshline.cli.compose import Project, opened, terminal_width
from freshline.cli.current import engine_for, mentioned, relation_of
from freshline.cli.formats import checked, formats, write
from freshline.cli.options import Whole, common, said
from freshline.cli.select import aside_text, one_asset
from freshline.cli.table import table
from freshline.codec import encode
from freshline.definitions import Column
from freshline.errors import FreshlineError, UsageError
from freshline.execute.sql_engine import translated
from freshline.keys import relation_name
from freshline.lineage.canonical import upstreams_in, view_relation
from freshline.lineage.quoting import quoted
from freshline.reconcile.fingerprint import storage_of
from freshline.suggest import closest

_SHOWN = 50
_CHUNK = 2000
# What a query names and DuckDB does not find: a table, or where a table should be.
_NOT_THERE = re.compile(r"(?:Table with name (?P<name>.*?)|(?:Catalog|Schema) \S*) does not exist")
_NUMERIC = ("INT", "DECIMAL", "DOUBLE", "FLOAT")


@click.command()
@click.argument("sql")
@formats
@click.option("-n", "--limit", type=Whole(1), help="Show at most so many rows.")
@common
def query(sql: str, form: str | None, output: str | None, limit: int | None) -> int:
    """Run a SELECT over the current versions of all assets and sources."""
    asked = checked(form, output)
    with opened(said()) as project:
        write(QueryRows(project, one_select(sql), limit), asked)
    return 0


@click.command()
@click.argument("asset")
@click.option("-n", "--limit", type=Whole(1), default=10, show_default=True)
@click.option("--candidate", is_flag=True, help="Of the version that a check held back.")
@click.option("--typed", is_flag=True, hidden=True)
@formats
@common
def preview(
    asset: str, limit: int, candidate: bool, typed: bool, form: str | None, output: str | None
) -> int:
    """Show some rows of the current version of ASSET."""
    asked = checked(form, output)
    with opened(said()) as project:
        key = one_asset(project, asset, may_be_aside=True)
        schema, name = relation_name(key)
        relation = f"{quoted(schema)}.{quoted(name)}"
        instead = {key: _candidate(project, key)} if candidate else None
        picked = _picked(project, key, typed=typed)
        if typed:  # for programs: columns with their types, values as text, and whether that is all
            rows = QueryRows(
                project, f"SELECT {picked} FROM {relation}", limit + 1, instead
            ).typed()
            click.echo(encode(rows._replace(rows=rows.rows[:limit], more=len(rows.rows) > limit)))
            return 0
        sql = f"SELECT {picked} FROM {relation} LIMIT {limit}"
        write(QueryRows(project, sql, limit, instead), asked)
    return 0


def _picked(project: Project, key: str, *, typed: bool) -> str:
    """Return what is read of an asset: all its columns, but of files not what is in large ones.

    Programs get the content of those that a page can show.
    """
    asset = project.graph.assets.get(key)
    if asset is None or asset.code is None or not asset.code.makes_files:
        return "*"
    size = "octet_length(content) AS bytes"
    if not typed:
        return f"name, media_type, {size}"
    shown = " OR ".join(f"media_type LIKE '{kind}'" for kind in SHOWN_FILES)
    small = f"octet_length(content) <= {MOST_OF_A_FILE}"
    return f"name, media_type, CASE WHEN {small} AND ({shown}) THEN content END AS content, {size}"


def _candidate(project: Project, key: str) -> str:
    """Return how to read the version that the last attempt did not publish."""
    state = project.sight.events.snapshot(project.graph.project.name, project.environment)
    version = state.of(project.place.target(key)).candidate
    if version is None or key not in project.graph.assets:
        raise UsageError(
            f"no candidate of {key} was held back",
            help="one is kept when a check fails, until the next attempt",
        )
    if version.query:
        reads = {u: relation_of(project, u) for u in upstreams_in(version.query)}
        return view_relation(version.query, {u: rows for u, rows in reads.items() if rows})
    definition = project.graph.assets[key].definition
    return project.storages[storage_of(definition, project.graph.project)].relation(version)


def one_select(sql: str) -> str:
    """Return the one SELECT that a text is, or raise UsageError."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        message = str(error).split("\n")[0].removeprefix("Parser Error: ")
        raise UsageError(
            message, help='write for instance "FROM marts.daily", in quotes'
        ) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("a query is one SELECT", help="apply alone changes data")
    return statements[0].query.strip().rstrip(";")


class QueryRows:
    """The rows of a query; `instead` are relations to read in place of current versions.

    What DuckDB has to say against the query is an error of the method that needs its answer.
    """

    def __init__(
        self,
        project: Project,
        sql: str,
        limit: int | None,
        instead: Mapping[str, str] | None = None,
    ) -> None:
        self._project, self._sql, self._limit = project, sql, limit
        self._instead = instead or {}

    def texts(self) -> Iterator[tuple[str | None, ...]]:
        """Yield the header, then the rows as DuckDB writes them, so no type needs a Python twin."""
        columns = self._columns()
        yield tuple(column.name for column in columns)
        values = ", ".join(f"CAST(c{i} AS VARCHAR)" for i in range(len(columns)))
        yield from self._rows(values, len(columns), self._limit)

    def typed(self) -> Rows:
        """Return the rows with the names and types of their columns."""
        columns = self._columns()
        values = ", ".join(f"CAST(c{i} AS VARCHAR)" for i in range(len(columns)))
        rows = tuple(self._rows(values, len(columns), self._limit))
        return Rows(tuple((c.name, c.type) for c in columns), rows)

    def objects(self) -> Iterator[bytes]:
        """Yield the JSON of each row; what is not a number in JSON is null."""
        columns = self._columns()
        names = _told_apart([column.name for column in columns])
        values = (
            f"CASE WHEN isfinite(c{i}) THEN c{i} END" if c.type in ("DOUBLE", "FLOAT") else f"c{i}"
            for i, c in enumerate(columns)
        )
        fields = ", ".join(f"{quoted(n)} := {v}" for n, v in zip(names, values, strict=True))
        row = f"CAST(to_json(struct_pack({fields})) AS VARCHAR)"
        for (text,) in self._rows(row, len(columns), self._limit):
            yield str(text).encode()

    def parquet(self, path: Path) -> None:
        """Write the rows to a new Parquet file."""
        engine = engine_for(self._project, self._sql, (path,), self._instead)
        limit = f" LIMIT {self._limit}" if self._limit else ""
        engine.copy_to_parquet(f"SELECT * FROM ({self._sql}) AS answer{limit}", path)

    def table(self) -> Iterable[str]:
        """Return the lines of a table, cut where the terminal ends."""
        columns, shown = self._columns(), self._limit or _SHOWN
        values = ", ".join(_legible(f"c{i}", column.type) for i, column in enumerate(columns))
        rows = list(self._rows(values, len(columns), shown + 1))
        right = frozenset(
            i for i, column in enumerate(columns) if any(word in column.type for word in _NUMERIC)
        )
        cells = [[("" if c is None else c).replace("\n", " ") for c in row] for row in rows[:shown]]
        header = [column.name for column in columns]
        lines = table(header, cells, right=right, width=terminal_width())
        if len(rows) > shown and self._limit is None:
            lines.append(f"(the first {shown} rows; -n for more, --format csv for all)")
        return lines

    def _columns(self) -> tuple[Column, ...]:
        try:
            found = self._connection.sql(self._sql)
        except duckdb.Error as error:
            raise explained(self._project, error, self._sql) from error
        return tuple(Column(n, str(t)) for n, t in zip(found.columns, found.types, strict=True))

    def _rows(self, values: str, width: int, limit: int | None) -> Iterator[tuple[str | None, ...]]:
        """Yield values over columns that are called c0, c1 ...: names may occur twice."""
        names = ", ".join(f"c{i}" for i in range(width))
        text = f"SELECT {values} FROM ({self._sql}) AS answer({names})"
        try:
            found = self._connection.execute(text + (f" LIMIT {limit}" if limit else ""))
            while chunk := found.fetchmany(_CHUNK):
                yield from chunk
        except duckdb.Error as error:
            raise explained(self._project, error, self._sql) from error

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        try:
            return engine_for(self._project, self._sql, (), self._instead).cursor()
        except duckdb.Error as error:
            raise explained(self._project, error, self._sql) from error


def _legible(name: str, type: str) -> str:
    """Return the SQL of a value as people read it: of bytes, how many they are."""
    if type == "BLOB":
        return f"format('{{:,}} bytes', octet_length({name}))"
    return f"CAST({name} AS VARCHAR)"


def explained(project: Project, error: duckdb.Error, sql: str) -> FreshlineError:
    """Return what to say of a query that failed: of a table that is not there, the nearest."""
    text, *more = str(error).split("\n")
    if (found := _NOT_THERE.search(text)) is not None:
        told = _not_there(project, (found["name"] or "").replace('"', "").lower(), sql)
        if told is not None:
            return told
    if isinstance(error, duckdb.BinderException):
        return UsageError(text.removeprefix("Binder Error: "), help=more[0] if more else "")
    return translated(error)


def _not_there(project: Project, name: str, sql: str) -> UsageError | None:
    """Return what to say of a table of this name, or of none where only its schema is told."""
    graph = project.graph
    for key in mentioned(project, sql):
        if name in ("", key, key.rpartition(".")[2]) and relation_of(project, key) is None:
            if key in graph.quarantined:
                return UsageError(aside_text(graph, key), help="see `freshline validate`")
            return UsageError(f"{key} has no rows to read", help="build it with `freshline apply`")
    if not name:
        return None
    known = [*graph.assets, *graph.sources]
    near = tuple(key for key in known if key.rpartition(".")[2] == name)
    near = near or closest(name, known) or closest(name, [key.split(".")[-1] for key in known])
    hint = f'did you mean "{near[0]}"?' if near else "see `freshline status` for all assets"
    return UsageError(f'there is no asset "{name}"', help=hint)


def _told_apart(names: Sequence[str]) -> list[str]:
    """Return names of which none occurs twice: `a`, `a_1`."""
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        told, count = name, 0
        while told.lower() in taken:
            count += 1
            told = f"{name}_{count}"
        taken.add(told.lower())
        found.append(told)
    return found
