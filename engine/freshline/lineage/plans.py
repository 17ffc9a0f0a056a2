"""Plans: what DuckDB rewrites a query to, asked on empty typed tables in a database of its own.

Only rewriting that follows from the query alone is done: the optimizers are set for a whole
database, so nothing else may live in this one.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

import duckdb

from freshline.definitions import Column
from freshline.lineage.plan_terms import Functions
from freshline.lineage.quoting import quoted, text_literal

_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_access": False,
}
# Whatever looks at statistics, at sizes or at indexes is off, and so is an optimizer that a later
# release may bring.
_REWRITING = frozenset(
    {
        *("expression_rewriter", "filter_pullup", "filter_pushdown", "cte_inlining"),
        *("unused_columns", "deliminator", "unnest_rewriter"),
    }
)
_CONSTANTS = "expression_rewriter"
# DuckDB 1.5 fails to serialise many queries without it, and some with it; a failure takes 30 ms. On
# empty tables it turns joins round by the types of their columns alone.
_MENDING = "build_side_probe_side"
_OTHER_NAMES = """
    SELECT DISTINCT function_name, alias_of FROM duckdb_functions() WHERE alias_of IS NOT NULL
"""
# One function may have several names; of these two DuckDB does not say so.
_UNSAID = {"datediff": "date_diff", "->>": "json_extract_string"}
_STABILITY = """
    SELECT DISTINCT function_name, stability FROM duckdb_functions()
    WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')
"""
# They depend on the time too, but DuckDB does not say so, or they are macros.
_TIMES = frozenset(
    {
        *("current_localtime", "current_localtimestamp", "current_time", "current_timestamp"),
        *("localtime", "localtimestamp", "ago", "age", "current_catalog"),
    }
)
_WORD = re.compile(r"[a-z_0-9]+")
_CREATE = re.compile(r"^\s*CREATE\s+(OR\s+REPLACE\s+)?(MACRO|FUNCTION)\b", re.IGNORECASE)


@cache
def varying_functions() -> frozenset[str]:
    """Return the functions that may give another value another time, as DuckDB has them."""
    plans = Plans()
    try:
        functions = plans.functions()
        return functions.per_call | functions.per_query
    finally:
        plans.close()


class Plans:
    """An in-memory database of empty tables. Not for several threads at once."""

    def __init__(self, tables: duckdb.DuckDBPyConnection | None = None) -> None:
        """Open one, or go on with `tables`: another's, in which nobody else needs an optimizer."""
        self._tables = duckdb.connect(config=_LOCKED) if tables is None else tables
        if tables is None:
            self._tables.execute("SET GLOBAL TimeZone = 'UTC'")
        found = self._tables.execute("SELECT name FROM duckdb_optimizers()").fetchall()
        self._optimizers = tuple(str(name) for (name,) in found)
        self._rewriting: frozenset[str] | None = None
        self._functions: Functions | None = None
        self._declared: dict[str, Sequence[Column]] = {}
        self._macros: dict[str, str] = {}

    def close(self) -> None:
        """Let go of the database."""
        self._tables.close()

    def declare(self, key: str, columns: Sequence[Column]) -> None:
        """Make an empty table of these columns, in place of one that is there."""
        if self._declared.get(key) != columns:
            fields = ", ".join(f"{quoted(c.name)} {c.type}" for c in columns)
            self._tables.execute(f"CREATE OR REPLACE TABLE {quoted(key)} ({fields})")
            self._declared[key] = columns

    def take(self, schemas: Mapping[str, Sequence[Column]], macros: Mapping[str, str]) -> None:
        """Know of tables, by their names, and of macros that are there already."""
        self._declared.update(schemas)
        self._macros.update(macros)

    def define(self, name: str, macro: str) -> None:
        """Make a macro known by its statement, in place of one that is there."""
        if self._macros.get(name) != macro:
            self._tables.execute(_CREATE.sub("CREATE OR REPLACE MACRO", macro, count=1))
            self._macros[name] = macro

    def knows(self, name: str, macro: str) -> bool:
        """Define a macro if it can be; say whether it is known now by this statement."""
        try:
            self.define(name, macro)
        except duckdb.Error:
            return False
        return True

    def functions(self) -> Functions:
        """Return what DuckDB says of its functions: other names, and which vary."""
        if self._functions is None:
            names = self._tables.execute(_OTHER_NAMES).fetchall()
            found = self._tables.execute(_STABILITY).fetchall()
            each = frozenset(str(name) for name, kind in found if kind == "VOLATILE")
            once = frozenset(str(name) for name, _ in found) - each
            self._functions = Functions(
                other_names={**{str(n): str(first) for n, first in names}, **_UNSAID},
                per_call=each,
                per_query=once | _TIMES,
            )
        return self._functions

    def optimized(self, query: str) -> str | None:
        """Return the plan that DuckDB rewrites a query to, as JSON; None where it cannot say.

        The scans of it list exactly the columns that the engine would read. Nothing is left out of
        the JSON: leaving out defaults loses the first column of a table from a list of columns.
        Constants are not worked out where one may be of the time, so that its function shows.
        """
        functions = self.functions()
        timely = not functions.per_query.isdisjoint(_WORD.findall(self.spelled_out(query)))
        rewriting = _REWRITING - {_CONSTANTS} if timely else _REWRITING
        return self._plan(query, rewriting | {_MENDING}) or self._plan(query, rewriting)

    def spelled_out(self, query: str) -> str:
        """Return a query in lower case, followed by the statements of the macros that it calls."""
        texts, waiting = [query.lower()], {**self._macros}
        for text in texts:  # grows as macros call others
            words = frozenset(_WORD.findall(text))
            for name in words & waiting.keys():
                texts.append(waiting.pop(name).lower())
        return "\n".join(texts)

    def _plan(self, query: str, rewriting: frozenset[str]) -> str | None:
        if rewriting != self._rewriting:
            off = ",".join(name for name in self._optimizers if name not in rewriting)
            self._tables.execute(f"SET disabled_optimizers = {text_literal(off)}")
            self._rewriting = rewriting
        call = f"SELECT json_serialize_plan({text_literal(query)}, optimize := true)"
        try:
            row = self._tables.execute(call).fetchone()
        except duckdb.Error:
            return None
        plan = str(row[0] if row else "")
        return plan if plan.startswith('{"error":false') else None
