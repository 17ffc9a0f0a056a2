"""Why an asset was found: which columns, which part of its description, whom it belongs to."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, cast

from freshline import codec
from freshline_catalog.connection import Connection
from freshline_catalog.search.facets import pattern
from freshline_catalog.search.listing import Listed
from freshline_catalog.search.query import Query
from freshline_catalog.search.words import Range, marks, words
from freshline_catalog.statements import statements

_MOST_COLUMNS = 8
_EXCERPT = 140


class Where(StrEnum):
    """In what of an asset the words were found."""

    COLUMN = "column"
    DESCRIPTION = "description"
    COLUMN_DESCRIPTION = "column description"
    ABOUT = "about"


class EntryColumnRow(NamedTuple):
    """A column as the table of columns has it."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One place where the words were found: its text, and the stretches of it that matched.

    `column` is the column that is meant, `facet` what the text is (owner, tag, ...), where it is.
    """

    where: Where
    text: str
    marks: tuple[Range, ...] = ()
    column: str = ""
    facet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why one asset was found: `key` are the marks in its key, `more` the columns left out."""

    key: tuple[Range, ...] = ()
    because: tuple[Because, ...] = ()
    more: int = 0


def reasons(
    connection: Connection, rows: Sequence[Listed], query: Query, meant: Iterable[str]
) -> Mapping[int, Reasons]:
    """Return why each of these assets was found, by number; `meant` are words of close matches."""
    if not query.has_words or not rows:
        return {}
    wanted = [term.words for term in query.terms] + [words(text) for text in meant]
    single = tuple({word for each in wanted for word in each})
    named = [pattern(name.lower()) for name in query.columns]
    numbers = (codec.encode([row.id for row in rows]).decode(),)
    columns: dict[int, list[EntryColumnRow]] = {}
    sql = statements("search")
    for number, *column in connection.execute(sql["columns_of"], numbers):
        columns.setdefault(cast(int, number), []).append(
            EntryColumnRow._make(cast(list[str], column))
        )
    told = {
        cast(int, number): cast(str, text or "")
        for number, text in connection.execute(sql["descriptions_of"], numbers)
    }
    found: dict[int, Reasons] = {}
    for row in rows:
        mine = columns.get(row.id, [])
        hit = [c for c in mine if has_name(c.name, wanted) or _fits(c.name, named)]
        hit = hit or [c for c in mine if has_name(c.name, map(words, query.columns))]
        because = [_column(column, single) for column in hit[:_MOST_COLUMNS]]
        because += _about(row, wanted, single)
        because += _described(told.get(row.id, ""), mine, single)
        found[row.id] = Reasons(
            key=marks(row.key, single),
            because=tuple(because),
            more=max(0, len(hit) - _MOST_COLUMNS),
        )
    return found


def has_name(name: str, wanted: Iterable[tuple[str, ...]]) -> bool:
    """Say whether a name has the words of any term side by side, the last perhaps going on."""
    has = words(name)
    joined = f" {' '.join(has)}"
    return any(each and f" {' '.join(each)}" in joined for each in wanted)


def _fits(name: str, named: Iterable[re.Pattern[str]]) -> bool:
    lower = name.lower()
    return any(each.fullmatch(lower) for each in named)


def _column(column: EntryColumnRow, single: tuple[str, ...]) -> Because:
    return Because(
        where=Where.COLUMN,
        text=column.name,
        marks=marks(column.name, single) or (Range(0, len(column.name)),),
        column=column.name,
    )


def _about(
    row: Listed, wanted: Sequence[tuple[str, ...]], single: tuple[str, ...]
) -> list[Because]:
    said = (("owner", row.owner), ("group", row.group), *(("tag", tag) for tag in row.tags))
    return [
        Because(where=Where.ABOUT, text=text, marks=marks(text, single), facet=facet)
        for facet, text in said
        if has_name(text, wanted)
    ]


def _described(
    text: str, columns: Iterable[EntryColumnRow], single: tuple[str, ...]
) -> list[Because]:
    found: list[Because] = []
    for where, column, said in (
        (Where.DESCRIPTION, "", text),
        *((Where.COLUMN_DESCRIPTION, c.name, c.description) for c in columns if c.description),
    ):
        places = marks(said, single)
        if places and len(found) < 2:
            excerpt, inside = _excerpt(said, places)
            found.append(Because(where=where, text=excerpt, marks=inside, column=column))
    return found


def _excerpt(text: str, places: tuple[Range, ...]) -> tuple[str, tuple[Range, ...]]:
    """Return a part of a text around the first marks, and where they are in it."""
    start = max(0, places[0].start - _EXCERPT // 3)
    if start:
        start = max(start, text.rfind(" ", start, places[0].start) + 1)
    end = min(len(text), start + _EXCERPT)
    before, after = ("…" if start else ""), ("…" if end < len(text) else "")
    shift = len(before) - start
    inside = (Range(p.start + shift, p.end + shift) for p in places if start <= p.start < end)
    part = f"{before}{text[start:end]}{after}"
    return part, tuple(Range(p.start, min(p.end, len(part) - len(after))) for p in inside)
