"""Declared types: values are cast when they are read, and one that does not fit is named.

The sentence is the same for every format: file, line or row, column, value and type. For Parquet
and JSON the query itself raises it, as JSON behind a mark; for CSV DuckDB's own words are read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from freshline.codec import decode
from freshline.definitions import ColumnDefinition
from freshline.lineage.files.places import line_of
from freshline.lineage.files.prepared import origin
from freshline.lineage.quoting import quoted, text_literal

if TYPE_CHECKING:
    import duckdb

_MARK = "freshline cast: "
_LONGEST = 60
_CSV_LINE = re.compile(r"CSV Error on Line: (\d+)")
_CSV_VALUE = re.compile(
    r'Error when converting column "(.*?)"\. Could not convert string "(.*?)" to \'(.*?)\'\n', re.S
)
_CSV_FILE = re.compile(r"^ *file = (.*)$", re.M)
_CSV_FORMATS = {
    "DATE": re.compile(r"^ *date_format = (%.*?) \(", re.M),
    "TIMESTAMP": re.compile(r"^ *timestamp_format = (%.*?) \(", re.M),
}
_CSV_WIDTH = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_JSON_VALUE = re.compile(
    r'JSON transform error in file "(.*?)", in (line|record/value) (\d+): (.*)'
)
_MISSING = re.compile(r'Current file: (?P<file>.*)\nColumn with name: "(?P<column>.*?)" is missing')
_HELP = "correct the file, name the value under `nullstr`, or declare the column as text"
_EMPTY_HELP = 'fill it in, or add "" to `nullstr` in the source\'s `read:`'
_GROUPS_HELP = "correct the file, or `thousands` and `decimal` in the source's `read:`"
_FIGURES = re.compile(r"[-+\d.,' ]*")
_NUMBER = re.compile(
    r"(u?(big|huge|small|tiny)?int(eger)?\d*|float\d*|real|double|dec(imal)?|numeric"
    r"|long|short|signed|oid)\b",
    re.IGNORECASE,
)
LENGTH_HELP = "correct the line, or say in `read:` how it is quoted; null_padding fills short ones"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Misfit:
    """What a query says of a value that it cannot cast; `row` is 0 where it cannot tell."""

    file: str
    row: int
    column: str
    value: str
    type: str
    thousands: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """How numbers in text are written: what parts thousands and what stands before decimals.

    `reading` is what a reader of the text is told beside the file.
    """

    thousands: str
    decimal: str
    reading: str

    @property
    def pattern(self) -> str:
        """What a number with groups looks like, as a regular expression."""
        group, point = re.escape(self.thousands), re.escape(self.decimal)
        return rf"[-+]?\d{{1,3}}({group}\d{{3}})+({point}\d*)?([eE][-+]?\d+)?"


def grouped(reader: str, types: Mapping[str, str], grouping: Grouping) -> str:
    """Return a relation like `reader`, which gives texts, in which columns are of number types.

    What parts thousands must part groups of three: DuckDB takes it away wherever it stands, and
    76.50 becomes 7650.
    """
    casts: list[str] = []
    for name, type in types.items():
        text = f"trim({quoted(name)})"
        plain = f"replace({text}, {text_literal(grouping.thousands)}, '')"
        plain = f"replace({plain}, {text_literal(grouping.decimal)}, '.')"
        wrong = (
            f"contains({text}, {text_literal(grouping.thousands)})"
            f" AND NOT regexp_full_match({text}, {text_literal(grouping.pattern)})"
        )
        value = f"CASE WHEN {wrong} THEN NULL ELSE try_cast({plain} AS {type}) END"
        facts = {
            "thousands": text_literal(grouping.thousands),
            "reading": text_literal(grouping.reading),
        }
        casts.append(f"{_insisted(name, type, value, '-1', facts)} AS {quoted(name)}")
    return f"(SELECT * REPLACE ({', '.join(casts)}) FROM {reader})"


def is_number(type: str) -> bool:
    """Say whether a type of DuckDB is one of numbers."""
    return _NUMBER.match(type) is not None


def cast(reader: str, columns: Sequence[ColumnDefinition], row: str) -> str:
    """Return a relation like `reader` in which columns have their declared types.

    `row` is the expression that counts a file's rows from 0; -1 where the reader has none.
    """
    typed = [column for column in columns if column.type is not None]
    if not typed:
        return reader
    casts = ", ".join(f"{_cast(column, row)} AS {quoted(column.name)}" for column in typed)
    return f"(SELECT * REPLACE ({casts}) FROM {reader})"


def _cast(column: ColumnDefinition, row: str) -> str:
    name, type = quoted(column.name), str(column.type)
    return _insisted(column.name, type, f"try_cast({name} AS {type})", row, {})


def _insisted(column: str, type: str, value: str, row: str, more: Mapping[str, str]) -> str:
    """Return a value, or the error that there is none for what stands in a column."""
    name = quoted(column)
    facts = {
        "file": "filename",
        "row": f"{row} + 1",
        "column": text_literal(column),
        "value": f"CAST({name} AS VARCHAR)",
        "type": text_literal(type),
        **more,
    }
    told = ", ".join(f"{text_literal(key)}: {fact}" for key, fact in facts.items())
    refusal = f"error({text_literal(_MARK)} || CAST(to_json({{{told}}}) AS VARCHAR))"
    # A value that is there and cannot be cast reaches the second argument, and it alone.
    return f"coalesce({value}, CASE WHEN {name} IS NOT NULL THEN {refusal} END)"


def misfit(text: str, connection: "duckdb.DuckDBPyConnection | None") -> tuple[str, str] | None:
    """Return in a sentence what an error of DuckDB says of a source's value, and what to do.

    None where it is about something else. `connection` is asked for the row that a value is in
    where the error does not tell it.
    """
    _, marked, facts = text.partition(_MARK)
    if marked:
        return _marked(facts, connection)
    if (found := _CSV_LINE.search(text)) is not None:
        return _of_csv(text, int(found[1]))
    if (json := _JSON_VALUE.search(text)) is not None:
        place = f"{'line' if json[2] == 'line' else 'row'} {json[3]}"
        return f"{origin(json[1]).file}, {place}: {json[4].lower()}", _HELP
    if (missing := _MISSING.search(text)) is not None:
        sentence = f'{origin(missing["file"]).file} has no column "{missing["column"]}"'
        return sentence, "add `union_by_name: true` to the source's `read:` to fill it with nulls"
    return None


def _marked(facts: str, connection: "duckdb.DuckDBPyConnection | None") -> tuple[str, str]:
    found = decode(facts.strip().splitlines()[0], _Misfit)
    made_from = origin(found.file)
    row = found.row or (_row_of(found, connection) if connection is not None else 0)
    place = f"{made_from.file}, row {row + made_from.first_row - 1}" if row else made_from.file
    if row and found.reading and connection is not None:
        line = line_of(connection, found.file, found.reading, row, found.value)
        place = f"{made_from.file}, line {line}" if line else place
    if found.thousands and found.thousands in found.value and _FIGURES.fullmatch(found.value):
        wrong = f'where "{found.thousands}" does not part groups of three digits'
        return f'{place}: column "{found.column}" holds "{found.value}", {wrong}', _GROUPS_HELP
    return _sentence(place, found.column, found.value, found.type), _HELP


def _row_of(found: _Misfit, connection: "duckdb.DuckDBPyConnection") -> int:
    """Return the first row of a file whose column holds the value, 0 where none is found."""
    import duckdb  # it is loaded by now; what plans alone does without it

    fields = f"{{{text_literal(found.column)}: 'VARCHAR'}}"
    reader = f"read_json({text_literal(found.file)}, columns={fields})"
    if found.reading:
        reader = f"read_csv({text_literal(found.file)}{found.reading})"
    numbered = f"SELECT row_number() OVER () AS n, {quoted(found.column)} AS v FROM {reader}"
    query = f"SELECT min(n) FROM ({numbered}) WHERE v = {text_literal(found.value)}"
    try:
        row = connection.execute(query).fetchone()
    except duckdb.Error:
        return 0
    return int(row[0] or 0) if row else 0


def _of_csv(text: str, line: int) -> tuple[str, str] | None:
    named = _CSV_FILE.search(text)
    file = origin(named[1]).file if named else "the file"
    if (value := _CSV_VALUE.search(text)) is not None:
        sentence = _sentence(f"{file}, line {line}", value[1], value[2], value[3])
        form = _CSV_FORMATS[value[3]].search(text) if value[3] in _CSV_FORMATS else None
        help = _EMPTY_HELP if not value[2] else _HELP
        return (f"{sentence} written as {form[1]}" if form else sentence), help
    if (width := _CSV_WIDTH.search(text)) is not None:
        return f"{file}, line {line}: {width[2]} values where {width[1]} belong", LENGTH_HELP
    first = text.partition("Possible")[0].strip().splitlines()[-1]
    return f"{file}, line {line}: {first}", "correct the line, or say in `read:` how to read it"


def _sentence(place: str, column: str, value: str, type: str) -> str:
    shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
    return f'{place}: column "{column}" holds "{shown}", which is not {_article(type)}'


def _article(type: str) -> str:
    return f"{'an' if type[:1].lower() in 'aeiou' else 'a'} {type.lower()}"


def types(columns: Sequence[ColumnDefinition]) -> Mapping[str, str]:
    """Return the declared types by column."""
    return {column.name: column.type for column in columns if column.type is not None}
