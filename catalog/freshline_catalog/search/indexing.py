"""The search index: what is to be found of an entry, written in the transaction of the entry."""

import re

from freshline.survey import Entry
from freshline_catalog.connection import Connection
from freshline_catalog.statements import statements

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\dA-Za-z_]+")


def index(connection: Connection, entry_id: int, entry: Entry) -> None:
    """Make an entry findable under its number; what was known under the number is forgotten."""
    forget(connection, entry_id)
    sql = statements("indexing")
    columns = " ".join(column.name for column in entry.columns)
    about = " ".join((entry.owner or "", entry.group, *entry.tags))
    name = " ".join(_WORDS.findall(entry.key))
    row = (entry_id, entry.key, name, about, columns, entry.description)
    connection.execute(sql["add_words"], row)
    connection.execute(sql["add_trigrams"], (entry_id, f"{entry.key} {columns}"))


def forget(connection: Connection, entry_id: int) -> None:
    """Let nobody find what stands under a number any more."""
    sql = statements("indexing")
    connection.execute(sql["forget_words"], (entry_id,))
    connection.execute(sql["forget_trigrams"], (entry_id,))
