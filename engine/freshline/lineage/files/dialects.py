"""What is in a CSV file: how to read it, its columns, and what an author should look at twice.

DuckDB finds out most of it. Beside that: the encoding, commas in numbers, words for what is
missing, times as people write them, lines above and below the table. What cannot be known is said.
"""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

import duckdb

from freshline.definitions import Column
from freshline.errors import ComputeError
from freshline.lineage.files import encodings
from freshline.lineage.files.readers import literal
from freshline.lineage.quoting import quoted

_WHOLE = 16 << 20  # larger files are looked at in part
_SAMPLE = 200_000
_DELIMITERS = (",", ";", "\t", "|")
_MISSING = (
    *("NA", "N/A", "n/a", "na", "NULL", "null", "None", "none", "nan", "NaN", "#N/A", "#NV"),
    *("-", "--", "?", ".", "k.A.", "n.v."),
)
# How numbers are written: the options that read them so, and the pattern that proves it.
_PLAIN: tuple[Mapping[str, object], str] = ({}, "")
_COMMA: Mapping[str, object] = {"decimal_separator": ","}
_COMMA_AND_POINTS: Mapping[str, object] = {"decimal_separator": ",", "thousands": "."}
_COMMAS: Mapping[str, object] = {"thousands": ","}
_NUMBERS: tuple[tuple[Mapping[str, object], str], ...] = (
    (_COMMA, r"-?\d+(,\d+)?"),
    (_COMMA_AND_POINTS, r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?"),
    (_COMMAS, r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?"),
)
_NUMERIC = frozenset({"BIGINT", "DOUBLE", "HUGEINT"})
_TIMES = tuple(
    f"{day} {clock}"
    for day in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d")
    for clock in ("%H:%M:%S", "%H:%M")
)
_LIKE_A_TIME = "[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{2,4} +[0-9]{1,2}:[0-9]{2}.*"
_SWAPPED = {"%d/%m/%Y": "%m/%d/%Y", "%m/%d/%Y": "%d/%m/%Y", "%d-%m-%Y": "%m-%d-%Y"}
_TYPICAL = {
    "numbers": "[-+]?[0-9][0-9.,]*",
    "dates": "[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{2,4}.*",
}
_FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How a file is to be read, what comes out, and remarks in sentences."""

    format: str
    options: Mapping[str, object]
    columns: tuple[Column, ...]
    rows: int | None = None
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Guess:
    """Options under trial: what DuckDB finds under them."""

    options: dict[str, object]
    columns: tuple[Column, ...]
    dialect: Mapping[str, object]

    @property
    def typed(self) -> int:
        return sum(column.type != "VARCHAR" for column in self.columns)


class CsvFile:
    """One CSV file under examination; it is UTF-8 by now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._whole = path.stat().st_size <= _WHOLE
        self._connection = connected()
        self._remarks: list[str] = []

    def found(self) -> Found:
        """Examine the file; ComputeError where there is no table in it."""
        with self._connection:
            guess = self._shape()
            guess = self._times(self._values(guess))
            self._look_twice(guess)
            options = self._worth_saying(guess)
            rows = self._count(guess) if self._whole else None
        if not self._whole:
            self._remarks.append(f"the types are those of the first {_SAMPLE:,} rows")
        return Found(
            format="csv",
            options=options,
            columns=guess.columns,
            rows=rows,
            remarks=tuple(self._remarks),
        )

    def _try(self, options: Mapping[str, object]) -> _Guess | None:
        given = {"sample_size": -1 if self._whole else _SAMPLE, **options}
        arguments = "".join(f", {name} = {literal(value)}" for name, value in given.items())
        facts = "Delimiter, Quote, SkipRows, HasHeader, DateFormat, Columns"
        query = f"SELECT {facts} FROM sniff_csv({literal(str(self._path))}{arguments})"
        try:
            row = self._connection.execute(query).fetchone()
        except duckdb.Error:
            row = None
        if row is None:
            return None
        names = ("delim", "quote", "skip", "header", "dateformat")
        columns = tuple(Column(str(c["name"]), str(c["type"])) for c in row[5])
        return _Guess(dict(options), columns, dict(zip(names, row, strict=False)))

    def _shape(self) -> _Guess:
        """Find the delimiter and the header: DuckDB's opinion, or ours where it finds no table."""
        guess = self._try({})
        if guess is None or len(guess.columns) == 1:
            guess = self._by_counting() or guess
        if guess is None:
            raise ComputeError("no table is found in it", help="declare it by hand")
        generated = sum(c.name.startswith("column") for c in guess.columns)
        if guess.dialect["header"] and 2 * generated >= len(guess.columns) > 1:
            below = self._try({**guess.options, "skip": int(str(guess.dialect["skip"])) + 1})
            if below is not None and len(below.columns) == len(guess.columns):
                names = [c.name for c in below.columns]
                if below.dialect["header"] and not any(n.startswith("column") for n in names):
                    guess = below
        skip = int(str(guess.dialect["skip"]))
        if skip:
            self._remarks.append(f"the header is line {skip + 1}")
        if not guess.dialect["header"]:
            self._remarks.append("there is no header: name the columns with `names` under `read`")
        return guess

    def _by_counting(self) -> _Guess | None:
        """Return the guess that follows from the delimiter which splits most lines alike."""
        with encodings.opened(self._path) as file:
            lines = [line.decode(errors="replace").rstrip("\r\n") for line in islice(file, 100)]
        best: tuple[int, str, int] | None = None
        for delimiter in _DELIMITERS:
            counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
            ((width, often),) = Counter(n for n in counts if n > 1).most_common(1) or [(0, 0)]
            if 2 * often > len(lines) and (best is None or often > best[0]):
                best = (often, delimiter, _longest_run(counts, width))
        if best is None:
            return None
        options: dict[str, object] = {"delim": best[1], "skip": best[2]}
        guess = self._try({**options, "header": True})
        if guess is not None and len(guess.columns) > 1:
            return guess
        guess = self._try({**options, "header": True, "null_padding": True})
        if guess is not None:
            self._remarks.append("some lines are shorter than the header: titles or totals?")
        return guess

    def _values(self, guess: _Guess) -> _Guess:
        """Find what stands in numbers and what for nothing: together, since one hides the other."""
        if all(column.type != "VARCHAR" for column in guess.columns):
            return guess
        present = self._words(guess)
        words = [word for word in _MISSING if any(word in found for found in present.values())]
        best = guess
        for separators, pattern in (_PLAIN, *self._ways(guess)):
            for nulls in ([], words) if words else ([],):
                missing = {"nullstr": ["", *nulls]} if nulls else {}
                other = self._try({**guess.options, **separators, **missing})
                better = other is not None and other.typed > best.typed
                if other is not None and better and self._is_proven(other, pattern):
                    best = other
        return self._with_needed_words(guess, best, present) if words else best

    def _ways(self, guess: _Guess) -> tuple[tuple[Mapping[str, object], str], ...]:
        if guess.dialect["delim"] != ",":
            return _NUMBERS
        # An unquoted comma is no part of a number here; in quotes it most likely parts thousands.
        return () if guess.dialect["quote"] == "(empty)" else tuple(reversed(_NUMBERS))

    def _is_proven(self, guess: _Guess, pattern: str) -> bool:
        """Say whether all numbers are written as a pattern has it.

        DuckDB reads `1,234.56` as some number under any separators.
        """
        numbers = [f"trim({quoted(c.name)})" for c in guess.columns if c.type in _NUMERIC]
        if not pattern or not numbers:
            return not pattern
        missing = literal(["", *_MISSING])
        misfits = " OR ".join(
            f"({n} NOT IN {missing} AND NOT regexp_full_match({n}, '{pattern}'))" for n in numbers
        )
        return self._number(self._reader(guess), misfits) == 0

    def _with_needed_words(
        self, guess: _Guess, best: _Guess, present: Mapping[str, set[str]]
    ) -> _Guess:
        """Leave out the words for nothing that no column has its type by."""
        if "nullstr" not in best.options:
            return best
        before = {c.name: c.type for c in guess.columns}
        gained = {c.name for c in best.columns if c.type != before.get(c.name)}
        needed = [w for w in _MISSING if any(w in present.get(name, ()) for name in gained)]
        for name, found in present.items():
            both = [word for word in needed if word in found]
            if both and name not in gained:
                self._remarks.append(f"{_listed(both)} is read as missing in {name} too")
        return self._try({**best.options, "nullstr": ["", *needed]}) or best

    def _words(self, guess: _Guess) -> dict[str, set[str]]:
        """Return the words for what is missing that occur in columns of text."""
        texts = [c.name for c in guess.columns if c.type == "VARCHAR"]
        if not texts:
            return {}
        wanted = literal(list(_MISSING))
        asked = ", ".join(
            f"list(DISTINCT trim({quoted(name)})) FILTER (trim({quoted(name)}) IN {wanted})"
            for name in texts
        )
        row = self._connection.execute(f"SELECT {asked} FROM {self._reader(guess)}").fetchone()
        found = zip(texts, row or (), strict=False)
        return {name: set(words) for name, words in found if words}

    def _times(self, guess: _Guess) -> _Guess:
        texts = [quoted(c.name) for c in guess.columns if c.type == "VARCHAR"]
        like = " OR ".join(f"regexp_full_match(trim({name}), '{_LIKE_A_TIME}')" for name in texts)
        if not like or self._number(self._reader(guess), like) == 0:
            return guess
        for form in _TIMES:
            other = self._try({**guess.options, "timestampformat": form})
            if other is not None and other.typed > guess.typed:
                return other
        return guess

    def _look_twice(self, guess: _Guess) -> None:
        """Remark on what may be meant otherwise."""
        reader = self._reader(guess)
        form = str(guess.dialect["dateformat"] or "")
        for column in guess.columns:
            name = quoted(column.name)
            if column.type == "DATE" and form in _SWAPPED:
                condition = f"try_strptime({name}, {literal(_SWAPPED[form])}) IS NULL"
                if self._number(reader, f"{name} IS NOT NULL AND {condition}") == 0:
                    self._remarks.append(
                        f"the dates in {column.name} may be meant as {_SWAPPED[form]}"
                    )
            elif column.type == "DOUBLE" and "thousands" not in guess.options:
                pattern = r"'^-?\d{1,3}(\.\d{3})+$'"
                others = f"NOT regexp_full_match(trim({name}), {pattern})"
                if self._number(reader, f"{name} IS NOT NULL AND {others}") == 0:
                    self._remarks.append(f"the points in {column.name} may separate thousands")
            elif column.type == "VARCHAR":
                self._nearly(reader, column.name)
        for name, words in sorted(self._words(guess).items()):
            left = sorted(words - {str(w) for w in _as_list(guess.options.get("nullstr"))})
            if left:
                self._remarks.append(f"if {_listed(left)} in {name} means missing, add to nullstr")

    def _nearly(self, reader: str, name: str) -> None:
        """Remark on a column of text that would be of numbers or dates but for a few values."""
        column = f"trim({quoted(name)})"
        filled = f"{column} <> '' AND {column} NOT IN {literal(list(_MISSING))}"
        for what, pattern in _TYPICAL.items():
            fits = f"regexp_full_match({column}, '{pattern}')"
            query = (
                f"SELECT count(*), count(*) FILTER ({fits}),"
                f" (list(DISTINCT {column}) FILTER (NOT {fits}))[:{_FEW}]"
                f" FROM {reader} WHERE {filled}"
            )
            row = self._connection.execute(query).fetchone()
            if row is None or not row[2] or row[1] < 2:
                continue
            if row[0] - row[1] <= max(_FEW, row[0] // 100) and 2 * row[1] > row[0]:
                words = _listed(sorted(str(word) for word in row[2]))
                self._remarks.append(f"{name} would hold {what} but for {words}")

    def _number(self, reader: str, condition: str) -> int:
        row = self._connection.execute(
            f"SELECT count(*) FROM {reader} WHERE {condition}"
        ).fetchone()
        return int(row[0]) if row else 0

    def _count(self, guess: _Guess) -> int | None:
        """Read every value of the file once, and count its rows."""
        try:
            row = self._connection.execute(
                f"SELECT count(*), count(COLUMNS(*)) FROM {self._reader(guess, all_varchar=False)}"
            ).fetchone()
        except duckdb.Error as error:
            self._remarks.append(str(error).splitlines()[0])
            return None
        return int(row[0]) if row else None

    def _reader(self, guess: _Guess, *, all_varchar: bool = True) -> str:
        dialect = {k: v for k, v in guess.dialect.items() if k in ("delim", "skip", "header")}
        given: dict[str, object] = {**dialect, **guess.options}
        if all_varchar:
            separators = ("decimal_separator", "thousands", "timestampformat", "nullstr")
            given = {k: v for k, v in given.items() if k not in separators}
            given["all_varchar"] = True
        else:
            given["sample_size"] = -1
        arguments = "".join(f", {name} = {literal(value)}" for name, value in given.items())
        reader = f"read_csv({literal(str(self._path))}{arguments})"
        return reader if self._whole else f"(FROM {reader} LIMIT {_SAMPLE})"

    def _worth_saying(self, guess: _Guess) -> dict[str, object]:
        """Return the options that an author should see, in the order of their weight."""
        dialect, options = guess.dialect, dict(guess.options)
        said: dict[str, object] = {}
        if dialect["delim"] != ",":
            said["delim"] = dialect["delim"]
        if dialect["skip"]:
            said["skip"] = dialect["skip"]
        if not dialect["header"]:
            said["header"] = False
        for name in ("decimal_separator", "thousands", "nullstr", "null_padding"):
            if name in options:
                said["decimal" if name == "decimal_separator" else name] = options[name]
        form = str(dialect["dateformat"] or "")
        if form and form != "%Y-%m-%d":
            said["dateformat"] = form
        if "timestampformat" in options:
            said["timestampformat"] = options["timestampformat"]
        return said


def _longest_run(counts: list[int], width: int) -> int:
    """Return where the longest stretch of lines of a width begins."""
    begins, best, length = 0, 0, 0
    for i, count in enumerate([*counts, -1]):
        if count != width:
            if i - begins > length:
                best, length = begins, i - begins
            begins = i + 1
    return best


def connected() -> duckdb.DuckDBPyConnection:
    """Return a DuckDB that loads nothing."""
    closed: dict[str, str | bool | int | float | list[str]] = {
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    return duckdb.connect(config=closed)


def _as_list(value: object) -> list[str]:
    return [str(i) for i in cast("list[object]", value)] if isinstance(value, list) else []


def _listed(words: list[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
