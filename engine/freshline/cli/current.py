"""Current versions: what readers of rows see, and an engine that knows them by their keys."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import click
import duckdb

from freshline.cli.compose import Project
from freshline.errors import CorruptError
from freshline.execute.aside import Kept, last_version
from freshline.execute.sql_engine import SqlEngine, statements_of
from freshline.keys import relation_name
from freshline.lineage.canonical import upstreams_in, view_relation
from freshline.lineage.files.prepared import CACHE
from freshline.lineage.quoting import quoted
from freshline.lineage.sources import relation as source_relation
from freshline.reconcile.fingerprint import storage_of
from freshline.versions import Version

_NAME = r'(?:"(?:[^"]|"")*"|[^\W\d]\w*)'
_NAMES = re.compile(rf"{_NAME}(?:\s*\.\s*{_NAME})*")
_EACH = re.compile(_NAME)
# The database that an engine in memory begins with.
_OWN = "memory"


def engine_over(project: Project, files: Iterable[Path] = ()) -> SqlEngine:
    """Return an engine that may read every version, every source and `files`."""
    folders = [folder for s in project.storages.values() for folder in s.readable()]
    folders.append(project.root / CACHE)
    sources = [project.root / f for s in project.graph.sources.values() for f in s.files]
    return SqlEngine(folders=folders, files=[*sources, *files], macros=statements_of(project.graph))


def engine_for(
    project: Project, sql: str, files: Iterable[Path], instead: Mapping[str, str]
) -> SqlEngine:
    """Return such an engine that knows the current version of whatever a query names by its key.

    `instead` are relations in place of current versions.
    """
    engine = engine_over(project, files)
    connection = engine.cursor()
    keys = mentioned(project, sql)
    databases = {key.split(".")[0] for key in keys if key.count(".") == 2}
    for key in keys:
        relation = instead.get(key) or relation_of(project, key)
        if relation is not None:
            _show(connection, key, relation, databases)
    return engine


def mentioned(project: Project, sql: str) -> tuple[str, ...]:
    """Return the keys that a query may mean, more at times than it does.

    It goes by the dotted names in the text, whatever they stand for there: DuckDB tells what a
    query reads when it knows the relations that are being looked for.
    """
    names: set[tuple[str, ...]] = set()
    for dotted in _NAMES.findall(sql.lower()):
        parts = tuple(_unquoted(name) for name in _EACH.findall(dotted))
        names.update(
            parts[begin : begin + length] for begin in range(len(parts)) for length in (1, 2, 3)
        )
    words = {name for (name, *more) in names if not more}
    graph = project.graph
    return tuple(
        key
        for key in (*graph.sources, *graph.assets, *graph.quarantined)
        if key in words or (key.rpartition(".")[2] in words and names & _spellings(key))
    )


def _spellings(key: str) -> set[tuple[str, ...]]:
    schema, name = relation_name(key)
    return {tuple(key.split(".")), (name,) if schema == "main" else (schema, name)}


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _show(
    connection: duckdb.DuckDBPyConnection, key: str, relation: str, databases: set[str]
) -> None:
    """Make a relation known under the names that an asset may be called by.

    Of three names the first is a database to DuckDB. Where one is called like a schema, DuckDB will
    not choose: then what would lie in the schema lies in the database.
    """
    schema, name = relation_name(key)
    *above, _ = key.split(".")
    is_told_apart = schema != "main" and schema not in databases
    first = (_OWN, schema, name) if is_told_apart else (_OWN, "main", key)
    view = _view(connection, first, relation)
    others = [(_OWN, "main", key)]
    others += [] if is_told_apart else [(schema, "main", name)]
    others += [(above[0], above[1], name)] if len(above) == 2 else []
    for other in others if above else ():
        if other[0] != _OWN:
            connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {quoted(other[0])}")
        if other != first:
            _view(connection, other, view)


def _view(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...], relation: str) -> str:
    database, schema, name = map(quoted, names)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {database}.{schema}")
    view = f"{database}.{schema}.{name}"
    connection.execute(f"CREATE VIEW IF NOT EXISTS {view} AS SELECT * FROM {relation}")
    return view


def relation_of(project: Project, key: str) -> str | None:
    """Return how DuckDB reads an asset's current version, or a source; None where it has no rows.

    What is set aside is read as it was last built.
    """
    found = _read(project, key)
    if found is None or isinstance(found, str):
        return found
    # A view's query reads what keeps rows, and nothing else.
    reads = {upstream: _read(project, upstream) for upstream in upstreams_in(found.query)}
    there = {upstream: rows for upstream, rows in reads.items() if isinstance(rows, str)}
    return view_relation(found.query, there) if len(there) == len(reads) else None


def _read(project: Project, key: str) -> str | Version | None:
    """Return how to read rows, or the version of a view, which has none."""
    if (source := project.graph.sources.get(key)) is not None:
        return source_relation(project.root, source.definition, source.files)
    kept = _kept(project, key)
    if kept is None or kept.manifest.version.query:
        return kept and kept.manifest.version
    return kept.storage.relation(kept.manifest.version)


def _kept(project: Project, key: str) -> Kept | None:
    target = project.place.target(key)
    asset = project.graph.assets.get(key)
    if asset is None:
        return last_version(target, project.storages.values())
    storage = project.storages[storage_of(asset.definition, project.graph.project)]
    for number in reversed(storage.numbers(target)):
        try:
            return Kept(storage, storage.manifest(target, number))
        except CorruptError as error:
            click.secho(
                f"warning: {error.message}; an older version is shown", fg="yellow", err=True
            )
    return None
