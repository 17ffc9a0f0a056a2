"""Indexing: the words of an entry into the tables that searches read, in its own transaction."""

from typing import NamedTuple, cast

from freshline import codec
from freshline.survey import Entry
from freshline_catalog.connection import Connection
from freshline_catalog.search.words import words
from freshline_catalog.statements import statements

_LONGEST_TERM = 80  # nobody searches for a longer word, and so none is mistyped


class Document(NamedTuple):
    """What is searched of one entry: words between blanks, by where they come from."""

    key: str
    name: str
    about: str
    columns: str
    description: str


def index(connection: Connection, entry_id: int, entry: Entry) -> None:
    """Put an entry where searches find it, in place of what was there of it."""
    sql = statements("search")
    forget(connection, entry_id)
    connection.execute(sql["add_words"], (entry_id, *document(entry)))
    names = {column.name for column in entry.columns}
    for name_id, name in connection.execute(sql["add_names"], (_json(names),)).fetchall():
        connection.execute(sql["add_name_words"], (name_id, " ".join(words(cast(str, name)))))
    for term_id, term in connection.execute(sql["add_terms"], (_json(terms(entry)),)).fetchall():
        connection.execute(sql["add_trigrams"], (term_id, term))


def forget(connection: Connection, entry_id: int) -> None:
    """Take an entry away from searches; one that is not there is no error."""
    connection.execute(statements("search")["forget_words"], (entry_id,))


def document(entry: Entry) -> Document:
    """Return what is searched of an entry."""
    last = words(entry.key.rpartition(".")[2])
    stage = entry.lifecycle.stage.value if entry.lifecycle else ""
    said = (entry.kind.value, entry.language or "", entry.storage, stage)
    about = (entry.owner or "", entry.group, *entry.tags, *said)
    told = (entry.description, *(column.description for column in entry.columns))
    # The last part of a key also as one word: people write dailyorders for daily_orders.
    joined = ("".join(last),) if len(last) > 1 else ()
    return Document(
        key=" ".join(words(entry.key)),
        name=" ".join((*last, *joined)),
        about=" ".join(word for text in about for word in words(text)),
        columns=" ".join(word for column in entry.columns for word in words(column.name)),
        description=" ".join(word for text in told if text for word in words(text)),
    )


def terms(entry: Entry) -> frozenset[str]:
    """Return what a typo in a search may have been meant to be: words, and whole names of them."""
    names = (entry.key.rpartition(".")[2], *(column.name for column in entry.columns))
    texts = (entry.key, entry.owner or "", entry.group, *entry.tags, *names)
    single = {word for text in texts for word in words(text)}
    whole = {" ".join(words(name)) for name in names}
    return frozenset(term for term in single | whole if 2 < len(term) <= _LONGEST_TERM)


def _json(texts: frozenset[str] | set[str]) -> str:
    return codec.encode(sorted(texts)).decode()
