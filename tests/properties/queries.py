"""Random queries over two small tables, random edits of them, and tables to run them on.

A query is kept in parts, so that an edit is a change of a part that knows its own name.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

from freshline.definitions import Column

SCHEMAS = {
    "u": (
        *(Column("a", "INTEGER"), Column("b", "INTEGER"), Column("c", "VARCHAR")),
        *(Column("d", "DECIMAL(9,2)"), Column("l", "INTEGER[]")),
    ),
    "v": (Column("a", "INTEGER"), Column("b", "INTEGER"), Column("e", "VARCHAR")),
}
Condition = tuple[str, str, str]
_TURNED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_JOINS = ("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN", "CROSS JOIN")
_SETS = ("UNION ALL", "UNION", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL")
_CALLS = ("sum({})", "count({})", "min({})", "max({})", "count(DISTINCT {})", "avg({})")


@dataclass
class Query:
    """A SELECT in parts. `columns` are (name, expression); `on` joins a second relation."""

    columns: list[tuple[str, str]]
    first: str = "@u AS t1"
    join: str = ""
    second: str = ""
    on: list[Condition] = field(default_factory=list[Condition])
    where: list[Condition | str] = field(default_factory=list[Condition | str])
    grouped: int = 0  # by the first so many columns; 0 is not, -1 makes one row of all
    having: str = ""
    qualify: str = ""
    distinct: bool = False
    sorted: str = ""
    limit: int = 0
    set_operation: str = ""
    other: "Query | None" = None
    wrap: str = "{}"

    def text(self) -> str:
        """Return it as SQL."""
        words = "DISTINCT " if self.distinct else ""
        shown = ", ".join(f"{expression} AS {name}" for name, expression in self.columns)
        sql = f"SELECT {words}{shown} FROM {self.first}"
        if self.join:
            sql += f" {self.join} {self.second}"
            sql += "" if self.join == "CROSS JOIN" else " ON " + " AND ".join(map(_said, self.on))
        if self.where:
            sql += " WHERE " + " AND ".join(map(_said, self.where))
        if self.grouped > 0:
            sql += " GROUP BY " + ", ".join(e for _, e in self.columns[: self.grouped])
        sql += f" HAVING {self.having}" if self.having else ""
        sql += f" QUALIFY {self.qualify}" if self.qualify else ""
        if self.other is not None:
            sql = f"SELECT * FROM ({sql}) {self.set_operation} SELECT * FROM ({self.other.text()})"
        if self.sorted or self.limit:
            order = self.sorted or "ALL"
            sql = f"SELECT * FROM ({sql}) ORDER BY {order}"
            sql += f" LIMIT {self.limit}" if self.limit else ""
        return self.wrap.format(sql)


def _said(condition: Condition | str) -> str:
    return condition if isinstance(condition, str) else "{} {} {}".format(*condition)


class Author:
    """One who writes random queries, and edits them."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def query(self, deep: bool = True) -> Query:
        """Return a query with two to five columns."""
        r = self._random
        found = Query(columns=[])
        if deep and r.random() < 0.3:
            found.first = f"({self.query(False).text()}) AS t1"
            numbers, words = ["t1.p", "t1.q"], ["t1.p::varchar"]
        else:
            numbers, words = ["t1.a", "t1.b", "t1.d"], ["t1.c"]
        if r.random() < 0.5:
            found.join, found.second = r.choice(_JOINS), "@v AS t2"
            found.on = [(numbers[0], r.choice(("=", "=", ">")), r.choice(("t2.a", "t2.b")))]
            if r.random() < 0.3:
                found.on.append((numbers[1], "<", "t2.b"))
            if found.join not in ("SEMI JOIN", "ANTI JOIN"):
                numbers, words = [*numbers, "t2.a", "t2.b"], [*words, "t2.e"]
        for _ in range(r.randrange(3)):
            found.where.append(self.condition(numbers, words))
        names = ["p", "q", "r", "s", "x"][: r.randrange(2, 6)]
        shape = r.random()
        if shape < 0.25:
            found.grouped = r.choice((-1, 1, 1, 2))
            keys = max(found.grouped, 0)
            for i, name in enumerate(names):
                call = r.choice(_CALLS).format(r.choice(numbers))
                found.columns.append((name, self.number(numbers) if i < keys else call))
            found.having = "count(*) > 1" if r.random() < 0.3 else ""
            return found
        found.columns = [(name, self.number(numbers)) for name in names]
        if len(names) > 2 and r.random() < 0.4:
            found.columns[2] = (names[2], r.choice((*words, f"upper({words[0]})")))
        everything = ", ".join(expression for _, expression in found.columns)
        if shape < 0.4:
            over = f"over (partition by {numbers[0]} order by {everything})"
            found.columns[-1] = (names[-1], f"{r.choice(('row_number()', 'count(*)'))} {over}")
            found.qualify = f"row_number() {over} <= 2" if r.random() < 0.5 else ""
        elif shape < 0.55:
            found.distinct = True
        elif shape < 0.65 and found.first == "@u AS t1":
            found.columns[-1] = (names[-1], "unnest(t1.l)")
        if deep and r.random() < 0.25:
            other = self.query(False)
            while len(other.columns) < len(names) or any("unnest" in e for _, e in other.columns):
                other = self.query(False)
            other.columns = [(n, f"({e})::varchar") for n, e in other.columns[: len(names)]]
            if other.grouped == 0 or other.grouped <= len(names):
                found.other, found.set_operation = other, r.choice(_SETS)
                found.columns = [(n, f"({e})::varchar") for n, e in found.columns]
        if r.random() < 0.2:
            found.limit = r.randrange(1, 4)
        return found

    def number(self, numbers: list[str]) -> str:
        """Return an expression that is a number."""
        r = self._random
        one, other = r.choice(numbers), r.choice(numbers)
        return r.choice(
            (
                *(one, one, one, f"{one} + {other}", f"{one} * 2", f"coalesce({one}, 0)"),
                f"CASE WHEN {one} > 1 THEN {other} ELSE 0 END",
                f"(SELECT max(t8.b) FROM @v AS t8 WHERE t8.a = {one})",
            )
        )

    def condition(self, numbers: list[str], words: list[str]) -> Condition | str:
        """Return something to ask of a row."""
        r = self._random
        one = r.choice(numbers)
        listed = ", ".join(r.sample("0123", 3))
        return r.choice(
            (
                (one, r.choice(tuple(_TURNED)), str(r.randrange(3))),
                (one, r.choice(tuple(_TURNED)), r.choice(numbers)),
                f"{one} IN ({listed})",
                f"{one} IS NOT NULL",
                f"{r.choice(words)} <> 'x'",
                f"({one} = 1 OR {r.choice(numbers)} > 0)",
                f"EXISTS (SELECT 1 FROM @v AS t9 WHERE t9.a = {one})",
                f"{one} NOT IN (SELECT t9.b FROM @v AS t9 WHERE t9.b IS NOT NULL)",
                f"{one} NOT IN (SELECT t9.b FROM @v AS t9)",
            )
        )

    def edited(self, query: Query) -> tuple[str, Query]:
        """Return the name of an edit, and the query after it."""
        while True:
            name = self._random.choice(tuple(EDITS))
            after = deepcopy(query)
            EDITS[name](after, self._random)
            if after.text() != query.text():
                return name, after


def _movable(q: Query) -> int:
    """Return how many columns must stay in front: those that it groups by."""
    return max(q.grouped, 0)


def _rename(q: Query, r: Random) -> None:
    word = r.choice(("t1", "t2", "t8", "t9"))

    def renamed(text: str) -> str:
        return re.sub(rf"\b{word}\b", "other", text)

    if "(" in q.first and word in q.first[:-3]:
        return
    q.first, q.second, q.having = renamed(q.first), renamed(q.second), renamed(q.having)
    q.qualify = renamed(q.qualify)
    q.columns = [(n, renamed(e)) for n, e in q.columns]
    q.on = [(renamed(a), o, renamed(b)) for a, o, b in q.on]
    q.where = [
        renamed(w) if isinstance(w, str) else (renamed(w[0]), w[1], renamed(w[2])) for w in q.where
    ]


def _reorder(q: Query, r: Random) -> None:
    kept, rest = q.columns[: _movable(q)], q.columns[_movable(q) :]
    r.shuffle(rest)
    if q.other is None and not q.limit:
        q.columns = [*kept, *rest]


def _add(q: Query, r: Random) -> None:
    new = ("n", r.choice(("max(t1.a)" if "t1.a" in str(q) else "count(*)", "7")))
    plain = ("n", r.choice(("7", "'seven'", q.columns[0][1])))
    if q.other is None:
        q.columns.append(new if q.grouped else plain)


def _drop(q: Query, r: Random) -> None:
    if q.other is None and len(q.columns) > _movable(q) + 1:
        del q.columns[r.randrange(_movable(q), len(q.columns))]


def _change(q: Query, r: Random) -> None:
    at = r.randrange(len(q.columns))
    name, expression = q.columns[at]
    q.columns[at] = (name, f"coalesce({expression}, {expression})" if r.random() < 0.3 else
                     f"CASE WHEN {expression} IS NULL THEN NULL ELSE {expression} END"
                     if r.random() < 0.3 else f"nullif({expression}, {expression})")  # fmt: skip


def _conditions(q: Query, r: Random) -> None:
    r.shuffle(q.where)
    r.shuffle(q.on)


def _turn(q: Query, r: Random) -> None:
    q.where = [w if isinstance(w, str) else (w[2], _TURNED[w[1]], w[0]) for w in q.where]
    q.on = [(b, _TURNED[o], a) for a, o, b in q.on]


def _lists(q: Query, r: Random) -> None:
    def shuffled(found: re.Match[str]) -> str:
        return "IN (" + ", ".join(r.sample(found[1].split(", "), 3)) + ")"

    q.where = [
        w if not isinstance(w, str) else re.sub(r"IN \((\d, \d, \d)\)", shuffled, w)
        for w in q.where
    ]


def _constants(q: Query, r: Random) -> None:
    q.where = [
        w if isinstance(w, str) or not w[2].isdigit() else (w[0], w[1], f"(1 + {w[2]} - 1)")
        for w in q.where
    ]


def _always(q: Query, r: Random) -> None:
    q.where.append(r.choice(("1 = 1", "TRUE", "2 > 1")))


def _with(q: Query, r: Random) -> None:
    q.wrap = q.wrap.format("WITH k AS ({}) SELECT * FROM k")


def _around(q: Query, r: Random) -> None:
    q.wrap = q.wrap.format("SELECT * FROM ({}) AS k")


def _within(q: Query, r: Random) -> None:
    if q.first == "@u AS t1":
        q.first = "(SELECT * FROM @u) AS t1"


def _sort(q: Query, r: Random) -> None:
    if not q.limit:
        q.sorted = r.choice(q.columns)[0]


def _ask(q: Query, r: Random) -> None:
    if not q.where or r.random() < 0.5:
        q.where.append((q.first[-2:] + (".a" if "(" not in q.first else ".p"), ">", "0"))
    else:
        del q.where[r.randrange(len(q.where))]


def _rejoin(q: Query, r: Random) -> None:
    if q.join and "t2" not in str((q.columns, q.where, q.having, q.qualify)):
        q.join = r.choice(_JOINS[:6])
    elif q.join not in ("", "SEMI JOIN", "ANTI JOIN", "CROSS JOIN"):
        q.join = r.choice(_JOINS[:4])
    elif not q.join:
        q.join, q.second = "LEFT JOIN", "@v AS t2"
        q.on = [(q.first[-2:] + (".a" if "(" not in q.first else ".p"), "=", "t2.a")]


def _distinct(q: Query, r: Random) -> None:
    q.distinct = not q.distinct


def _limit(q: Query, r: Random) -> None:
    q.limit = (q.limit + r.randrange(1, 3)) % 4


def _set(q: Query, r: Random) -> None:
    if q.set_operation:
        q.set_operation = r.choice(_SETS)


def _swap(q: Query, r: Random) -> None:
    if len(q.columns) > 1 and not q.grouped:
        i, j = r.sample(range(len(q.columns)), 2)
        (one, a), (other, b) = q.columns[i], q.columns[j]
        q.columns[i], q.columns[j] = (one, b), (other, a)


EDITS: dict[str, Callable[[Query, Random], None]] = {
    "rename a table": _rename,
    "reorder columns": _reorder,
    "add a column": _add,
    "drop a column": _drop,
    "change a column": _change,
    "reorder conditions": _conditions,
    "turn comparisons": _turn,
    "reorder lists": _lists,
    "write constants otherwise": _constants,
    "ask what is always true": _always,
    "wrap in WITH": _with,
    "wrap in a subquery": _around,
    "wrap a table": _within,
    "sort on top": _sort,
    "ask something else": _ask,
    "join otherwise": _rejoin,
    "DISTINCT or not": _distinct,
    "another LIMIT": _limit,
    "another set operation": _set,
    "swap two columns": _swap,
}


def rows(random: Random, table: str, most: int = 7) -> list[tuple[object, ...]]:
    """Return rows of a table, with nulls, duplicates and ties."""

    def value(type: str) -> object:
        if random.random() < 0.2:
            return None
        if type == "VARCHAR":
            return random.choice(("x", "y", "Y", ""))
        if type == "INTEGER[]":
            return [random.choice((0, 1, None)) for _ in range(random.randrange(3))]
        return random.randrange(4) + (random.randrange(2) / 2 if "DECIMAL" in type else 0)

    made = [tuple(value(c.type) for c in SCHEMAS[table]) for _ in range(random.randrange(most))]
    return made + random.sample(made, len(made) // 3)
