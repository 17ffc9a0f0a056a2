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
from freshline.lineage.files.prepared import origin

if TYPE_CHECKING:
    import duckdb

_MARK = "freshline cast: "
_LONGEST = 60
_CSV_LINE = re.compile(r"CSV Error on Line: (\d+)")
_CSV_VALUE = re.compile(
    r'Error when converting column "(.*?)"\. Could not convert string "(.*?)" to \'(.*?)\'\n', re.S
)
_CSV_FILE = re.compile(r"^ *file = (.*)$", re.M)
_CSV_WIDTH = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_JSON_VALUE = re.compile(
    r'JSON transform error in file "(.*?)", in (line|record/value) (\d+): (.*)'
)
_MISSING = re.compile(r'Current file: (?P<file>.*)\nColumn with name: "(?P<column>.*?)" is missing')
_HELP = "correct the file, name the value under `nullstr`, or declare the column as text"
_LENGTH_HELP = "correct the line, or say in `read:` how it is quoted; null_padding fills short ones"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Misfit:
    """What a query says of a value that it cannot cast; `row` is 0 where it cannot tell."""

    file: str
    row: int
    column: str
    value: str
    type: str


def cast(reader: str, columns: Sequence[ColumnDefinition], row: str) -> str:
    """Return a relation like `reader` in which columns have their declared types.

    `row` is the expression that counts a file's rows from 0; -1 where the reader has none.
    """
    typed = [column for column in columns if column.type is not None]
    if not typed:
        return reader
    casts = ", ".join(f"{_cast(column, row)} AS {_quoted(column.name)}" for column in typed)
    return f"(SELECT * REPLACE ({casts}) FROM {reader})"


def _cast(column: ColumnDefinition, row: str) -> str:
    name, type = _quoted(column.name), str(column.type)
    facts = {
        "file": "filename",
        "row": f"{row} + 1",
        "column": _literal(column.name),
        "value": f"CAST({name} AS VARCHAR)",
        "type": _literal(type),
    }
    told = ", ".join(f"{_literal(key)}: {value}" for key, value in facts.items())
    refusal = f"error({_literal(_MARK)} || CAST(to_json({{{told}}}) AS VARCHAR))"
    # A value that is there and cannot be cast reaches the second argument, and it alone.
    return f"coalesce(try_cast({name} AS {type}), CASE WHEN {name} IS NOT NULL THEN {refusal} END)"


def misfit(text: str, connection: "duckdb.DuckDBPyConnection | None") -> tuple[str, str] | None:
    """Return in a sentence what an error of DuckDB says of a source's value, and what to do.

    None where it is about something else. `connection` is asked for the row that a value is in
    where the error does not tell it.
    """
    _, marked, facts = text.partition(_MARK)
    if marked:
        return _marked(facts, connection), _HELP
    if (found := _CSV_LINE.search(text)) is not None:
        return _of_csv(text, int(found[1]))
    if (json := _JSON_VALUE.search(text)) is not None:
        place = f"{'line' if json[2] == 'line' else 'row'} {json[3]}"
        return f"{origin(json[1]).file}, {place}: {json[4].lower()}", _HELP
    if (missing := _MISSING.search(text)) is not None:
        sentence = f'{origin(missing["file"]).file} has no column "{missing["column"]}"'
        return sentence, "add `union_by_name: true` to the source's `read:` to fill it with nulls"
    return None


def _marked(facts: str, connection: "duckdb.DuckDBPyConnection | None") -> str:
    found = decode(facts.strip().splitlines()[0], _Misfit)
    made_from = origin(found.file)
    row = found.row or (_row_of(found, connection) if connection is not None else 0)
    place = f", row {row + made_from.first_row - 1}" if row else ""
    return _sentence(f"{made_from.file}{place}", found.column, found.value, found.type)


def _row_of(found: _Misfit, connection: "duckdb.DuckDBPyConnection") -> int:
    """Return the first row of a JSON file whose column holds the value, 0 where none is found."""
    import duckdb  # it is loaded by now; what plans alone does without it

    fields = f"{{{_literal(found.column)}: 'VARCHAR'}}"
    reader = f"read_json({_literal(found.file)}, columns={fields})"
    numbered = f"SELECT row_number() OVER () AS n, {_quoted(found.column)} AS v FROM {reader}"
    query = f"SELECT min(n) FROM ({numbered}) WHERE v = {_literal(found.value)}"
    try:
        row = connection.execute(query).fetchone()
    except duckdb.Error:
        return 0
    return int(row[0] or 0) if row else 0


def _of_csv(text: str, line: int) -> tuple[str, str] | None:
    named = _CSV_FILE.search(text)
    file = origin(named[1]).file if named else "the file"
    if (value := _CSV_VALUE.search(text)) is not None:
        return _sentence(f"{file}, line {line}", value[1], value[2], value[3]), _HELP
    if (width := _CSV_WIDTH.search(text)) is not None:
        return f"{file}, line {line}: {width[2]} values where {width[1]} belong", _LENGTH_HELP
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


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
