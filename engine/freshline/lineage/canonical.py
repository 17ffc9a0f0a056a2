"""Compiled text and code versions: the conventions, without the analyser.

In compiled text an upstream stands as one quoted identifier that begins with a control character.
No text of an author can hold it (the parser refuses it), so binding the name to a version is a
plain replacement.

A code version covers the kind, what runs, and the output columns' names in order. A record made
under other rules (another release of the analyser) is not compared by its hash: its text is put
through today's rules, so that an upgrade alone never makes anything stale.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version

from freshline.codec import digest
from freshline.definitions import Column, Kind
from freshline.versions import Logic

MARK = "\x01"
_MARKED = re.compile(f'"{MARK}([^"]+)"')
_RULES = 1  # to be raised when the same text would compile to another


@cache
def canonicaliser() -> str:
    """Return the name of the rules that code versions are computed under."""
    return f"{_RULES}+sqlglot-{version('sqlglot')}"


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


def code_versions_of(
    kind: Kind, logic: Logic, columns: Sequence[Column], text: str
) -> frozenset[str]:
    """Return every hash that a recorded text may have under today's rules.

    There are two: as compiled, and as tokens, since whether it is opaque is not known here. None
    where it is not the author's `text` of now, formatting aside: an analyser that misreads one
    query for another gives both the same compiled text, and only the binder finds that out.
    """
    # The analyser takes longer to import than a whole plan with nothing to do.
    from freshline.lineage import sql

    tokens = sql.tokens_of(logic.text)
    if tokens != sql.tokens_of(text):
        return frozenset()
    macros = [sql.macro_digest(name, statement) for name, statement in logic.macros]
    found = {code_version(kind, tokens, columns, macros)}
    try:
        tree = sql.qualified(sql.parse(logic.text), dict(logic.schemas))
    except sql.SqlProblem:  # perhaps one that only the engine can read: it goes by its tokens
        return frozenset(found)
    compiled = sql.compiled(tree, [c.name for c in columns]) if tree is not None else None
    if compiled is not None:
        found.add(code_version(kind, compiled, columns, macros))
    return frozenset(found)
