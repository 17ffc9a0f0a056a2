"""Queries: what somebody typed into the search box, taken apart; no text is refused.

    orders net_amount     words, all of them; each may be the beginning of one
    "net amount"          these words, whole and side by side
    column:net_amount     assets with this column; `*` stands for any run of characters
    owner:finance tag:pii group: kind: language: status: freshness: checks: lifecycle: storage:

A text with signs of the selection language (`+x`, `not x`, brackets, `x and y`, `changed:`, `*`) is
a selection where it can be read as one, and words where it cannot.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from freshline_catalog.search.words import words

FACETS = (
    *("group", "owner", "tag", "kind", "language"),
    *("status", "freshness", "checks", "lifecycle", "storage"),
)
_MOST_TERMS = 12
_LONGEST_WORD = 64
_LONGEST_SELECTION = 2000
_LONGEST_VALUE = 200
_PIECE = re.compile(
    r"""(?P<field>[A-Za-z]+):(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))
      | "(?P<phrase>[^"]*)"?
      | (?P<text>[^\s"]+)""",
    re.VERBOSE,
)
_STRONG = re.compile(
    r"""(?<![^\s(])[0-9]{0,6}\+[^\s()+]        # +x
      | [^\s(+]\+[0-9]{0,6}(?:[\s)]|$)           # x+1
      | (?:^|[\s(])(?:changed|state):\S
      | (?:^|[\s(])(?:not|NOT)\s+\S
      | (?:^|\s)\([^\s]""",
    re.VERBOSE,
)
_JOINED = re.compile(r"\S\s+(?:and|or|AND|OR)\s+\S")
_PATTERN = re.compile(r"^\S*[*/]\S*$")
_OPERATORS = frozenset({"and", "or", "not"})


class Reading(IntEnum):
    """How sure it is that a text is a selection."""

    WORDS = 0
    PERHAPS = 1  # a selection if it means something; nobody is told where it does not
    SELECTION = 2


class Term(NamedTuple):
    """Words to be found side by side; the last may go on unless they are `whole`."""

    words: tuple[str, ...]
    whole: bool = False

    @property
    def text(self) -> str:
        """The words with blanks between."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A text taken apart: terms and columns that must all be there, values by facet of which one.

    `name` is what was asked for if it is a name: its parts with dots and blanks between, folded.
    """

    text: str = ""
    reading: Reading = Reading.WORDS
    terms: tuple[Term, ...] = ()
    columns: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    name: str = ""
    is_cut: bool = False

    @property
    def spellings(self) -> tuple[str, ...]:
        """How a column of this name may be written, but for case: net_amount, netAmount."""
        parts = self.name.replace(".", " ").split(" ")
        return tuple({"_".join(parts), "".join(parts), " ".join(parts), self.text.strip()})

    @property
    def has_words(self) -> bool:
        """Whether there is something to rank by."""
        return bool(self.terms or self.columns)


def parse(text: str) -> Query:
    """Return what a text asks for."""
    terms: list[Term] = []
    columns: list[str] = []
    filters: dict[str, tuple[str, ...]] = {}
    names: list[str] = []
    is_cut = False
    reading = _reading(text)
    for piece in _PIECE.finditer(text):
        field_, value = (piece["field"] or "").lower(), piece["quoted"] or piece["bare"] or ""
        if field_ in FACETS and value:
            filters[field_] = (*filters.get(field_, ()), value[:_LONGEST_VALUE])
            continue
        if field_ == "column" and value:
            columns.append(value[:_LONGEST_VALUE])
            continue
        plain = piece["phrase"] if piece["phrase"] is not None else piece[0]
        if reading and plain.lower() in _OPERATORS:
            continue
        found = tuple(word[:_LONGEST_WORD] for word in words(plain))
        if not found:
            continue
        if len(terms) == _MOST_TERMS:
            is_cut = True
            break
        terms.append(Term(found[:_MOST_TERMS], whole=piece["phrase"] is not None))
        names.append(".".join(" ".join(words(part)) for part in plain.split(".") if words(part)))
    return Query(
        text=text,
        reading=reading,
        terms=tuple(terms),
        columns=tuple(columns[:_MOST_TERMS]),
        filters=filters,
        name=" ".join(names),
        is_cut=is_cut,
    )


def expression(term: Term) -> str:
    """Return a term in the language of the index; nothing but words ever stands in its quotes."""
    return f'"{term.text}"' + ("" if term.whole else " *")


def _reading(text: str) -> Reading:
    if len(text) > _LONGEST_SELECTION:
        return Reading.WORDS
    plain = re.sub(r'"[^"]*"', '"x"', text)
    if _STRONG.search(plain):
        return Reading.SELECTION
    if _JOINED.search(plain):
        is_sure = re.search(r"(?:^|\s)[a-z]+:\S", plain) is not None
        return Reading.SELECTION if is_sure else Reading.PERHAPS
    return Reading.PERHAPS if _PATTERN.match(text.strip()) else Reading.WORDS
