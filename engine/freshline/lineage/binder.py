"""The binder: DuckDB's own opinion of names and types, asked on empty typed tables.

DuckDB decides whether a query is valid; Freshline adds the place in the file and the nearest name.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ClassVar, TypeVar, cast

import duckdb
import msgspec

from freshline.definitions import Column
from freshline.lineage.quoting import quoted, text_literal

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
    r'"alias":"(?:[^"\\]|\\.)*",?|"query_location(?:_length)?":\d+,?|"is_operator":(?:true|false),?'
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
# Empty ones stay: the first column of a table is an empty entry in a list of columns.
_BRIEF = "skip_null := true, skip_default := true"
# One function may have several names; of these two DuckDB does not say so.
_UNSAID = {"datediff": "date_diff", "->>": "json_extract_string"}
_OTHER_NAMES = """
    SELECT DISTINCT function_name, alias_of FROM duckdb_functions() WHERE alias_of IS NOT NULL
"""
_RELATION = re.compile(r'(?:[Tt]able|[Vv]alues list) "([^"]+)"')


T = TypeVar("T")


class BindProblem(Exception):
    """DuckDB refuses the query: the message, where, and which column of what is unknown.

    `name` is empty where it is not about an unknown column, `relation` where the query names none;
    `more` is what DuckDB goes on to say, proposals above all.
    """

    def __init__(
        self, message: str, offset: int = 0, name: str = "", relation: str = "", more: str = ""
    ):
        super().__init__(message)
        self.message, self.offset, self.name, self.relation = message, offset, name, relation
        self.more = more

    @property
    def is_syntax(self) -> bool:
        """Whether the text is no SQL at all."""
        return self.message.startswith(("syntax error", "unterminated"))


class Binder:
    """An in-memory database of empty tables; closed to files for what authors write.

    Not for several threads at once; a thread of its own compares queries meanwhile.
    """

    # DuckDB takes longer to list its functions than to bind a dozen queries.
    _own_functions: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        self._tables = duckdb.connect(config={**_LOCKED, "enable_external_access": False})
        self._tables.execute("SET GLOBAL TimeZone = 'UTC'")
        self._comparing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compare")
        self._comparisons = self._tables.cursor()
        self._other_names: dict[str, str] | None = None

    def close(self) -> None:
        """Let go of the databases."""
        self._comparing.shutdown(cancel_futures=True)
        self._comparisons.close()
        self._tables.close()

    def declare(self, key: str, columns: Sequence[Column]) -> None:
        """Make an empty table that queries can name as one quoted identifier."""
        fields = ", ".join(f"{quoted(c.name)} {c.type}" for c in columns)
        self._tables.execute(f"CREATE OR REPLACE TABLE {quoted(key)} ({fields})")

    def function_names(self) -> frozenset[str]:
        """Return the names of DuckDB's own functions, lower case."""
        if not Binder._own_functions:
            found = self._tables.execute(
                "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE internal"
            ).fetchall()
            Binder._own_functions = frozenset(str(name) for (name,) in found)
        return Binder._own_functions

    def create(self, statement: str) -> None:
        """Execute a CREATE statement, or raise BindProblem."""
        try:
            self._tables.execute("SET errors_as_json = true")
            self._tables.execute(statement)
        except duckdb.Error as error:
            raise _described(statement, str(error), before=0) from error
        finally:
            self._tables.execute("SET errors_as_json = false")

    def drop_macro(self, name: str) -> None:
        """Forget a macro."""
        for kind in ("MACRO", "MACRO TABLE"):
            self._tables.execute(f"DROP {kind} IF EXISTS {quoted(name)}")

    def bodies(self) -> dict[str, list[tuple[str, bool]]]:
        """Return the bodies of each macro's overloads, each with whether it gives a table.

        By the macro's name, lower case.
        """
        rows = self._tables.execute(
            "SELECT lower(function_name), macro_definition, function_type = 'table_macro'"
            " FROM duckdb_functions() WHERE NOT internal"
        ).fetchall()
        found: dict[str, list[tuple[str, bool]]] = {}
        for name, text, is_table in rows:
            found.setdefault(str(name), []).append((str(text), bool(is_table)))
        return found

    def columns(self, query: str) -> tuple[Column, ...]:
        """Return the columns that a query gives, or raise BindProblem."""
        try:
            relation = self._tables.sql(query)
        except duckdb.Error as error:
            raise self._problem(query, str(error)) from error
        names, types = relation.columns, relation.types
        return tuple(Column(n, str(t)) for n, t in zip(names, types, strict=True))

    def tables(self, query: str) -> frozenset[str]:
        """Return the tables that a SELECT names, lower case, or raise BindProblem: it is none."""
        row = self._tables.execute(f"SELECT json_serialize_sql({text_literal(query)})").fetchone()
        tree: dict[str, object] = msgspec.json.decode(str(row[0] if row else ""))
        statements = cast("list[object]", tree.get("statements") or [])
        if len(statements) != 1:
            raise self._problem(query, str(tree.get("error_message", "not one SELECT")))
        named: set[str] = set()
        defined: set[str] = set()
        _collect(statements, named, defined)
        return frozenset(named - defined)

    def same_query(self, first: str, second: str) -> Future[bool]:
        """Say later whether DuckDB takes two texts for the same query: equal bound plans.

        The names that a query gives to columns and tables do not count, save where they become
        content: fields of structs. Where it cannot say, the answer is no.
        """
        return self._comparing.submit(self._same_query, first, second)

    def meanwhile(self, task: Callable[[duckdb.DuckDBPyConnection], T]) -> Future[T]:
        """Have something asked of the tables by the thread that compares queries."""
        return self._comparing.submit(task, self._comparisons)

    def _same_query(self, first: str, second: str) -> bool:
        # Texts as literals: binding parameters has DuckDB look for pandas at every call.
        calls = (f"json_serialize_plan({text_literal(q)}, {_BRIEF})" for q in (first, second))
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

    def _problem(self, query: str, message: str) -> BindProblem:
        """Ask once more in a way that tells the position."""
        try:
            self._tables.execute("SET errors_as_json = true")
            self._tables.execute(_EXPLAIN + query)
        except duckdb.Error as detailed:
            return _described(query, str(detailed))
        finally:
            self._tables.execute("SET errors_as_json = false")
        return BindProblem(message.split("\n")[0])


def _collect(node: object, named: set[str], defined: set[str]) -> None:
    """Find the tables and the CTEs that a parsed statement names, at any depth."""
    if isinstance(node, list):
        for item in cast("list[object]", node):
            _collect(item, named, defined)
    elif isinstance(node, dict):
        fields = cast("dict[str, object]", node)
        if fields.get("type") == "BASE_TABLE":
            parts = (fields.get(f"{part}_name") for part in ("catalog", "schema", "table"))
            named.add(".".join(str(part).lower() for part in parts if part))
        ctes = cast("dict[str, object]", fields.get("cte_map") or {})
        for cte in cast("list[dict[str, object]]", ctes.get("map") or []):
            defined.add(str(cte["key"]).lower())
        for item in fields.values():
            _collect(item, named, defined)


def _described(query: str, text: str, before: int = len(_EXPLAIN)) -> BindProblem:
    start = text.find("{")
    try:
        facts: dict[str, object] = msgspec.json.decode(text[start:], type=dict[str, object])
    except msgspec.DecodeError:
        return BindProblem(text.split("\n")[0])
    message, _, more = str(facts.get("exception_message", text)).partition("\n")
    more = f"{more}\n{facts.get('candidates', '')}"
    encoded = query.encode()
    position = max(int(str(facts.get("position", before))) - before, 0)
    offset = len(encoded[:position].decode(errors="ignore"))
    named = _NAMED.search(message)
    missing = "not found" in message or "does not have a column" in message
    name = named.group(1) if named and missing else ""
    relation = _RELATION.search(message) if name else None
    called = relation.group(1) if relation else ""
    return BindProblem(message.rstrip("!"), offset, name, called, more)
