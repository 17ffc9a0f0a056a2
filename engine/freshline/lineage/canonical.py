"""Compiled text and code versions: the conventions, without the analyser.

In compiled text an upstream stands as one quoted identifier that begins with a control character.
No text of an author can hold it (the parser refuses it), so binding the name to a version is a
plain replacement.

A code version covers the kind, what runs, and the output columns' names in order. A record made
under other rules (another release of the analyser) is not compared by its hash: its query is put to
the engine beside today's, so that an upgrade alone never makes anything stale.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version

from freshline.codec import digest
from freshline.definitions import Column, Kind

MARK = "\x01"
_MARKED = re.compile(f'"{MARK}([^"]+)"')
_OF_CODE = "code-1"  # to be raised when the same code would be another text
_RULES = 1  # to be raised when the same text would compile to another


@cache
def canonicaliser() -> str:
    """Return the name of the rules that code versions are computed under."""
    return f"{_RULES}+sqlglot-{version('sqlglot')}"


def rules_of(code: object) -> str:
    """Return the name of the rules that an asset's code version is computed under.

    `code` is what makes it where that is not SQL, else None: the analyser has no part in it then.
    """
    return canonicaliser() if code is None else _OF_CODE


def marked(key: str) -> str:
    """Return the identifier under which compiled text names an upstream."""
    return f'"{MARK}{key}"'


def bind(text: str, relations: Mapping[str, str]) -> str:
    """Return compiled text with every upstream's name replaced by a relation."""
    for key, relation in relations.items():
        text = text.replace(marked(key), relation)
    return text


def upstreams_in(text: str) -> tuple[str, ...]:
    """Return the upstreams that compiled text names."""
    return tuple(dict.fromkeys(_MARKED.findall(text)))


def view_relation(query: str, relations: Mapping[str, str]) -> str:
    """Return how to read a view: its query in parentheses, over what it reads."""
    return f"(\n{bind(query, relations)}\n)"  # a comment may end the query


def code_version(
    kind: Kind, logic: str, columns: Sequence[Column], macros: Sequence[str] = ()
) -> str:
    """Return the hash of what runs: compiled text, or the tokens of an opaque one.

    `macros` are the digests of those that it calls.
    """
    own = digest(kind, logic, *(c.name for c in columns))
    return digest(own, *macros) if macros else own
