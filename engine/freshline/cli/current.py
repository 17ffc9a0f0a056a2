"""Current versions: what readers of rows see, and an engine that knows them by their keys."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import click
import duckdb

from freshline.cli.compose import Project
from freshline.errors import CorruptError
from freshline.execute.apply import relations
from freshline.execute.sql_engine import SqlEngine
from freshline.keys import relation_name
from freshline.lineage.binder import quoted
from freshline.lineage.files.prepared import CACHE
from freshline.ports import Storage
from freshline.reconcile.fingerprint import storage_of
from freshline.versions import Build


def engine_over(project: Project, files: Iterable[Path] = ()) -> SqlEngine:
    """Return an engine that may read every version, every source and `files`."""
    folders = [folder for s in project.storages.values() for folder in s.readable()]
    folders.append(project.root / CACHE)
    sources = [project.root / f for s in project.graph.sources.values() for f in s.files]
    return SqlEngine(folders=folders, files=[*sources, *files])


def engine_for(
    project: Project, sql: str, files: Iterable[Path], instead: Mapping[str, str]
) -> SqlEngine:
    """Return such an engine that knows the current version of whatever a query names by its key.

    `instead` are relations in place of current versions.
    """
    engine = engine_over(project, files)
    connection = engine.cursor()
    # A key may hold a word of SQL, which DuckDB gives back in quotes.
    names = duckdb.get_table_names(sql, qualified=True)
    mentioned = {name.lower().replace('"', "") for name in names}
    current = relations(project.place, project.storages, current_builds(project))
    for key, relation in {**current, **instead}.items():
        schema, name = relation_name(key)
        if mentioned & {key, f"{schema}.{name}", name if schema == "main" else key}:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
            view = f"{quoted(schema)}.{quoted(name)}"
            connection.execute(f"CREATE VIEW {view} AS SELECT * FROM {relation}")
    return engine


def current_builds(project: Project) -> Mapping[str, Build]:
    """Return what readers see: each storage's head, or the newest version that can be read."""
    builds: dict[str, Build] = {}
    for key, asset in project.graph.assets.items():
        storage = project.storages[storage_of(asset.definition, project.graph.project)]
        build = _readable(project, storage, key)
        if build is not None:
            builds[key] = build
    return builds


def _readable(project: Project, storage: Storage, key: str) -> Build | None:
    target = project.place.target(key)
    for number in reversed(storage.numbers(target)):
        try:
            manifest = storage.manifest(target, number)
        except CorruptError as error:
            click.secho(
                f"warning: {error.message}; an older version is shown", fg="yellow", err=True
            )
            continue
        return Build(version=manifest.version, trace=manifest.trace)
    return None
