"""views.duckdb: the current version of every asset, for any client that can open a DuckDB file.

Written aside and put in place whole. A view is nothing but the reader of one version, so that no
release of DuckDB can see another meaning in it. Each view carries a comment with the digest of its
text: those that say the same are taken over from the old file, since making one opens its data.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb

from freshline.codec import digest
from freshline.errors import ResourceError
from freshline.failpoints import failpoint
from freshline.keys import relation_name
from freshline.lineage.binder import quoted

# Clients of DuckDB 1.4 and later open files of this version; newer formats shut them out.
_STORAGE_VERSION = "v1.4.0"


def write_views(path: Path, relations: Mapping[str, str]) -> None:
    """Put views of these relations by key in place of the file's; ResourceError if it cannot be."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    failpoint("views.before")
    try:
        if not _renewed(path, beside, relations):
            beside.unlink(missing_ok=True)
            _write(beside, relations)
        failpoint("views.after_write")
        os.replace(beside, path)
    except (duckdb.Error, OSError) as error:
        raise ResourceError(
            f"cannot write {path.name}: {str(error).splitlines()[0]}",
            help="close the programs that hold it open, or make room; the assets are safe",
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def _renewed(path: Path, beside: Path, relations: Mapping[str, str]) -> bool:
    """Bring a copy of the old file up to date; False where that does not work, for any reason."""
    try:
        shutil.copyfile(path, beside)
        _write(beside, relations)
        return True
    except (duckdb.Error, OSError):
        return False


def _write(beside: Path, relations: Mapping[str, str]) -> None:
    wanted = {relation_name(key): text for key, text in relations.items()}
    with duckdb.connect() as connection:
        connection.execute(
            f"ATTACH {_literal(beside)} AS views (STORAGE_VERSION '{_STORAGE_VERSION}')"
        )
        connection.execute("USE views")
        connection.execute("BEGIN")
        kept = _tidied(connection, wanted)
        for (schema, name), text in wanted.items():
            if (schema, name) not in kept:
                view = f"{quoted(schema)}.{quoted(name)}"
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
                connection.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {text}")
                connection.execute(f"COMMENT ON VIEW {view} IS '{digest(text)}'")
        connection.execute("COMMIT")


def _tidied(
    connection: duckdb.DuckDBPyConnection, wanted: Mapping[tuple[str, str], str]
) -> set[tuple[str, str]]:
    """Drop the views that are not wanted any more; return those that are as they should be."""
    kept: set[tuple[str, str]] = set()
    found = connection.execute(
        "SELECT schema_name, view_name, comment FROM duckdb_views()"
        " WHERE database_name = 'views' AND NOT internal"
    ).fetchall()
    for schema, name, comment in found:
        text = wanted.get((schema, name))
        if text is None:
            connection.execute(f"DROP VIEW {quoted(schema)}.{quoted(name)}")
        elif comment == digest(text):
            kept.add((schema, name))
    return kept


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
