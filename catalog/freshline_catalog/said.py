"""What the last survey said of an asset, for readers of another project, who write nothing."""

from contextlib import closing
from pathlib import Path
from typing import cast

from freshline import codec
from freshline.catalog import Saying
from freshline.survey import Entry, Owner
from freshline_catalog import database
from freshline_catalog.connection import Row
from freshline_catalog.faults import translated
from freshline_catalog.statements import statements


def said_of(path: Path, project: str, environment: str, key: str) -> tuple[Entry, Owner] | None:
    """Return an entry of the catalog in a file, and its owner; None where there is none.

    CatalogError or ResourceError where the file cannot be read, or is no catalog of this age.
    """
    if not path.is_file():
        return None
    sql = statements("entries")
    with closing(database.connect(path, query_only=True)) as connection:
        with translated(path, connection):

            def rows(name: str, *bindings: str | int) -> list[Row]:
                return connection.execute(sql[name], bindings).fetchall()

            surveys = rows("survey", project, environment)
            found = rows("entry", cast(int, surveys[0][0]), key) if surveys else []
            owners = rows("owners", project, environment)
    if not found:
        return None
    entry = codec.decode(cast(str, found[0][0]), Entry)
    known = codec.decode(cast(str, owners[0][0] or "[]"), tuple[Owner, ...]) if owners else ()
    name = entry.owner or ""
    return entry, next((each for each in known if each.name == name), Owner(name=name))


_: Saying = said_of
