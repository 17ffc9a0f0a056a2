"""views.duckdb: the current version of every asset, for any client that can open a DuckDB file.

Written aside and put in place whole. A view reads one version, or holds a query as text: DuckDB
keeps a view's own query in a form that another release may read otherwise (what 1.5 keeps of
`lag(x, 3)` is `lag(x)` to 2.0), so no release gets to see another meaning in it. A table beside the
views holds the digests of their texts: those that say the same are taken over from the old file,
since making one opens its data.
"""

import os
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import duckdb

from freshline.codec import digest
from freshline.errors import ResourceError
from freshline.failpoints import failpoint
from freshline.keys import relation_name
from freshline.lineage.quoting import quoted, text_literal

# Clients of DuckDB 1.4 and later open files of this version; newer formats shut them out.
_STORAGE_VERSION = "v1.4.0"
_CREATE = re.compile(r"^\s*CREATE\s+(OR\s+REPLACE\s+)?(MACRO|FUNCTION)\b", re.IGNORECASE)
_NOTES = "main._freshline_views"  # keys begin with a letter or "_", but none of ours is called so


def write_views(
    path: Path,
    relations: Mapping[str, str],
    macros: Sequence[str] = (),
    doubtful: Collection[str] = (),
) -> None:
    """Put views of these relations by key in place of the file's; ResourceError if it cannot be.

    `macros` are the statements that create what the views may call, in order. What cannot be read
    any more of the `doubtful` is left out.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    failpoint("views.before")
    try:
        relations = _readable(relations, macros, doubtful)
        if not _renewed(path, beside, relations, macros):
            beside.unlink(missing_ok=True)
            _write(beside, relations, macros)
        failpoint("views.after_write")
        os.replace(beside, path)
    except (duckdb.Error, OSError) as error:
        raise ResourceError(
            f"cannot write {path.name}: {str(error).splitlines()[0]}",
            help="close the programs that hold it open, or make room; the assets are safe",
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def _readable(
    relations: Mapping[str, str], macros: Sequence[str], doubtful: Collection[str]
) -> Mapping[str, str]:
    """Leave out what is doubtful and does not bind, such as a query over what has changed since."""
    tried = [key for key in doubtful if key in relations]
    if not tried:
        return relations
    unreadable: set[str] = set()
    with duckdb.connect() as connection:
        for statement in macros:
            connection.execute(statement)
        for key in tried:
            try:
                connection.sql(f"SELECT * FROM {relations[key]}")
            except duckdb.Error:
                unreadable.add(key)
    return {key: text for key, text in relations.items() if key not in unreadable}


def _renewed(path: Path, beside: Path, relations: Mapping[str, str], macros: Sequence[str]) -> bool:
    """Bring a copy of the old file up to date; False where that does not work, for any reason."""
    try:
        shutil.copyfile(path, beside)
        _write(beside, relations, macros)
        return True
    except (duckdb.Error, OSError):
        return False


def _write(beside: Path, relations: Mapping[str, str], macros: Sequence[str]) -> None:
    wanted = {relation_name(key): text for key, text in relations.items()}
    with duckdb.connect() as connection:
        connection.execute(
            f"ATTACH {text_literal(str(beside))} AS views (STORAGE_VERSION '{_STORAGE_VERSION}')"
        )
        connection.execute("USE views")
        connection.execute("BEGIN")
        kept = _tidied(connection, wanted)
        for statement in macros:
            connection.execute(_CREATE.sub("CREATE OR REPLACE MACRO", statement, count=1))
        for schema in sorted({schema for schema, _ in wanted.keys() - kept}):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        for (schema, name), text in wanted.items():
            if (schema, name) not in kept:
                view = f"{quoted(schema)}.{quoted(name)}"
                connection.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {_kept(text)}")
        _note(connection, wanted)
        connection.execute("COMMIT")


def _tidied(
    connection: duckdb.DuckDBPyConnection, wanted: Mapping[tuple[str, str], str]
) -> set[tuple[str, str]]:
    """Drop the views that are not wanted any more; return those that are as they should be."""
    fields = "view_schema TEXT, view_name TEXT, digest TEXT"
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_NOTES} ({fields})")
    kept: set[tuple[str, str]] = set()
    for schema, name, known in connection.execute(f"FROM {_NOTES}").fetchall():
        text = wanted.get((schema, name))
        if text is None:
            connection.execute(f"DROP VIEW {quoted(schema)}.{quoted(name)}")
        elif known == digest(text):
            kept.add((schema, name))
    return kept


def _note(connection: duckdb.DuckDBPyConnection, wanted: Mapping[tuple[str, str], str]) -> None:
    connection.execute(f"DELETE FROM {_NOTES}")
    rows = (
        f"({text_literal(schema)}, {text_literal(name)}, {text_literal(digest(text))})"
        for (schema, name), text in wanted.items()
    )
    if wanted:
        connection.execute(f"INSERT INTO {_NOTES} VALUES {', '.join(rows)}")


def _kept(relation: str) -> str:
    """Return a relation as a view keeps it: a query in parentheses as text, to be read anew."""
    if not relation.startswith("("):
        return relation
    return f"query({text_literal(relation.removeprefix('(').removesuffix(')'))})"
