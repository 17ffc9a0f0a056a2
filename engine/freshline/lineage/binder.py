"""The binder: DuckDB's own opinion of names and types, asked on empty typed tables.

DuckDB decides whether a query is valid; Freshline adds the place in the file and the nearest name.
"""

import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import duckdb
import msgspec

from freshline.definitions import Column

_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_EXPLAIN = "explain "
_NAMED = re.compile(r'column (?:named )?"([^"]+)"')
# What a plan says of the text it came from, not of what it does.
_WORDING = re.compile(
    r'"alias":"(?:[^"\\]|\\.)*",?|"query_location":\d+,?|"is_operator":(?:true|false),?'
)
# Where case is content: constants, and the names of a struct's fields.
_CONTENT = re.compile(r'("(?:value|first)":"(?:[^"\\]|\\.)*")')
_FUNCTION = re.compile(r'"name":"([^"\\]+)"')
# The analyser writes these constants in capitals; DuckDB reads them in any case.
_UNITS = frozenset(
    f'"value":"{unit}"'
    for unit in (
        *("microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month"),
        *("quarter", "year", "decade", "century", "millennium", "dow", "isodow", "doy", "epoch"),
    )
)
_BRIEF = "skip_null := true, skip_empty := true, skip_default := true"
# One function may have several names; of these two DuckDB does not say so.
_UNSAID = {"datediff": "date_diff", "->>": "json_extract_string"}
_OTHER_NAMES = """
    SELECT DISTINCT function_name, alias_of FROM duckdb_functions() WHERE alias_of IS NOT NULL
"""
_RELATION = re.compile(r'[Tt]able "([^"]+)"')


class BindProblem(Exception):
    """DuckDB refuses the query: the message, where, and which column of what is unknown.

    `name` is empty where it is not about an unknown column, `relation` where the query names none.
    """

    def __init__(self, message: str, offset: int = 0, name: str = "", relation: str = ""):
        super().__init__(message)
        self.message, self.offset, self.name, self.relation = message, offset, name, relation


class Binder:
    """An in-memory database of empty tables; closed to files for what authors write.

    Not for several threads at once; a thread of its own compares queries meanwhile.
    """

    def __init__(self) -> None:
        self._tables = duckdb.connect(config={**_LOCKED, "enable_external_access": False})
        self._tables.execute("SET TimeZone = 'UTC'")
        self._files: duckdb.DuckDBPyConnection | None = None
        self._comparing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compare")
        self._comparisons = self._tables.cursor()
        self._other_names: dict[str, str] | None = None

    def close(self) -> None:
        """Let go of the databases."""
        self._comparing.shutdown(cancel_futures=True)
        self._comparisons.close()
        self._tables.close()
        if self._files is not None:
            self._files.close()

    def declare(self, key: str, columns: Sequence[Column]) -> None:
        """Make an empty table that queries can name as one quoted identifier."""
        fields = ", ".join(f"{quoted(c.name)} {c.type}" for c in columns)
        self._tables.execute(f"CREATE OR REPLACE TABLE {quoted(key)} ({fields})")

    def columns(self, query: str) -> tuple[Column, ...]:
        """Return the columns that a query gives, or raise BindProblem."""
        try:
            relation = self._tables.sql(query)
        except duckdb.Error as error:
            raise self._problem(query, error) from error
        names, types = relation.columns, relation.types
        return tuple(Column(n, str(t)) for n, t in zip(names, types, strict=True))

    def tables(self, query: str) -> frozenset[str]:
        """Return the tables that a query names, lower case, or raise BindProblem: it is no SQL."""
        try:
            return frozenset(t.lower() for t in self._tables.get_table_names(query, qualified=True))
        except duckdb.Error as error:
            raise self._problem(query, error) from error

    def same_query(self, first: str, second: str) -> Future[bool]:
        """Say later whether DuckDB takes two texts for the same query: equal bound plans.

        The names that a query gives to columns and tables do not count, save where they become
        content: fields of structs. Where it cannot say, the answer is no.
        """
        return self._comparing.submit(self._same_query, first, second)

    def _same_query(self, first: str, second: str) -> bool:
        # Texts as literals: binding parameters has DuckDB look for pandas at every call.
        calls = (f"json_serialize_plan({_literal(q)}, {_BRIEF})" for q in (first, second))
        try:
            row = self._comparisons.execute(f"SELECT {', '.join(calls)}").fetchone()
        except duckdb.Error:
            return False
        plans = [str(plan) for plan in row or ()]
        if not all(plan.startswith('{"error":false') for plan in plans):
            return False
        one, other = (_WORDING.sub("", plan) for plan in plans)
        return one == other or self._folded(one) == self._folded(other)

    def _folded(self, plan: str) -> str:
        """Return a plan without the case of names, and with functions under one name each."""
        if self._other_names is None:
            found = self._comparisons.execute(_OTHER_NAMES).fetchall()
            self._other_names = {**{str(n): str(first) for n, first in found}, **_UNSAID}
        names = self._other_names
        parts = _CONTENT.split(plan)  # every second one is content
        for i, part in enumerate(parts):
            folded = part.lower()
            if i % 2 == 0:
                parts[i] = _FUNCTION.sub(
                    lambda m: f'"name":"{names.get(m.group(1), m.group(1))}"', folded
                )
            elif folded in _UNITS:
                parts[i] = folded
        return "".join(parts)

    def columns_of_files(self, relation: str) -> tuple[Column, ...]:
        """Return the columns that a reader of files gives, or raise BindProblem."""
        if self._files is None:
            self._files = duckdb.connect(config=_LOCKED)
            self._files.execute("SET TimeZone = 'UTC'")
        try:
            found = self._files.sql(f"SELECT * FROM {relation}")
        except duckdb.Error as error:
            raise BindProblem(str(error).strip().split("\n")[0]) from error
        return tuple(Column(n, str(t)) for n, t in zip(found.columns, found.types, strict=True))

    def _problem(self, query: str, error: duckdb.Error) -> BindProblem:
        """Ask once more in a way that tells the position."""
        try:
            self._tables.execute("SET errors_as_json = true")
            self._tables.execute(_EXPLAIN + query)
        except duckdb.Error as detailed:
            return _described(query, str(detailed))
        finally:
            self._tables.execute("SET errors_as_json = false")
        return BindProblem(str(error).split("\n")[0])


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _described(query: str, text: str) -> BindProblem:
    start = text.find("{")
    try:
        facts: dict[str, object] = msgspec.json.decode(text[start:], type=dict[str, object])
    except msgspec.DecodeError:
        return BindProblem(text.split("\n")[0])
    message = str(facts.get("exception_message", text)).split("\n")[0]
    encoded = query.encode()
    position = max(int(str(facts.get("position", len(_EXPLAIN)))) - len(_EXPLAIN), 0)
    offset = len(encoded[:position].decode(errors="ignore"))
    named = _NAMED.search(message)
    missing = "not found" in message or "does not have a column" in message
    name = named.group(1) if named and missing else ""
    relation = _RELATION.search(message) if name else None
    return BindProblem(message.rstrip("!"), offset, name, relation.group(1) if relation else "")
