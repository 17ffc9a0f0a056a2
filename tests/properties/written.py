"""Small queries as an author might write them, drawn at random over three tables of the shop.

What is drawn is text with scopes kept in mind, so that most of it binds. Where it does not (a name
is ambiguous, an aggregate stands in the wrong place) DuckDB says so and the draw is thrown away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import strategies as st
from tests.unit.shop import SCHEMAS

KINDS = {"INTEGER": "n", "VARCHAR": "s"}
TABLES = {key: {c.name: KINDS[c.type] for c in SCHEMAS[key]} for key in ("g.a", "g.b", "g.c")}


class Known(NamedTuple):
    """A column in reach: how a query may call it, and its kind: n(umber), s(tring) or r(ow)."""

    text: str
    kind: str


@dataclass(slots=True)
class Author:
    """Somebody who writes one query: a number below any bound at will, and the CTEs in force."""

    below: Callable[[int], int]
    named: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    aliases: int = 0

    def pick(self, options: Sequence[str]) -> str:
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        return self.below(100) < percent

    def fresh(self) -> str:
        self.aliases += 1
        return f"q{self.aliases}"

    # ---- expressions

    def number(self, known: Sequence[Known], depth: int) -> str:
        columns = [c.text for c in known if c.kind == "n"]
        if depth <= 0 or not columns:
            return self.pick([*columns, *columns, "0", "1", "2", "-1", "NULL::int"])
        one, other = self.number(known, depth - 1), self.number(known, depth - 1)
        shape = self.pick(
            [
                *("{a}", "{a}", "{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} - ({b} - {a})"),
                *(
                    "({a} + {b}) * {a}",
                    "- {a}",
                    "- - {a}",
                    "({a})",
                    "(({a}))",
                    "{a} % 3",
                    "{a} // 2",
                ),
                *("coalesce({a}, {b})", "ifnull({a}, 0)", "abs({a})", "nullif({a}, {b})"),
                *("case when {p} then {a} else {b} end", "case when {p} then {a} end"),
                *("case {a} when 1 then {b} when {b} then 2 end", "CAST({a} AS INTEGER)"),
                *("{a}::int", "length({s})", "greatest({a}, {b})", "if({p}, {a}, {b})"),
                *("({p})::int", "{a} & 1", "{a} | {b}", "try_cast({s} as int)", "({a})::int"),
            ]
        )
        return self.filled(shape, known, depth, one, other)

    def string(self, known: Sequence[Known], depth: int) -> str:
        columns = [c.text for c in known if c.kind == "s"]
        if self.chance(3):
            columns += [f"to_json({c.text})::varchar" for c in known if c.kind == "r"]
        if depth <= 0 or not columns:
            return self.pick([*columns, *columns, "'x'", "'X'", "''", "'it''s'", "NULL::varchar"])
        shape = self.pick(
            [
                *("{s}", "{s}", "upper({s})", "LOWER({s})", "{s} || 'x'", "coalesce({s}, '')"),
                *("case when {p} then {s} else 'z' end", "{a}::varchar", "replace({s}, 'x', 'y')"),
                *("substr({s}, 1, 1)", "concat({s}, {a})", "nullif({s}, 'x')", "trim({s})"),
            ]
        )
        return self.filled(shape, known, depth, self.number(known, depth - 1), "1")

    def claim(self, known: Sequence[Known], depth: int) -> str:
        one, other = self.number(known, depth - 1), self.number(known, depth - 1)
        simple = [
            *("{a} = {b}", "{a} <> {b}", "{a} < {b}", "{a} >= {b}", "{a} != {b}", "{s} = {z}"),
            *("{a} is null", "{a} is not null", "not {a} is null", "{s} is not null"),
            *("{a} in (1, 2)", "{a} not in (1, {b})", "{a} between 1 and {b}", "true"),
            *("{a} not between {b} and 3", "not {a} between 1 and 2", "{s} like 'x%'"),
            *(
                "{s} not like '%y'",
                "{s} ilike 'X'",
                "{a} is distinct from {b}",
                "{s} in ('x', 'y')",
            ),
            *(
                "{a} is not distinct from {b}",
                "{s} < {z}",
                "not {s} in ('x')",
                "({a} = {b}) is true",
            ),
            *("({a} < {b}) is not false", "NULL", "({a}, {b}) = (1, 2)", "{a} == {b}"),
            *("not {a} = {b}", "not {a} in (1, 2)", "not {s} like 'x'", "({a} > 0) = ({b} > 0)"),
        ]
        joined = [
            *("{p} and {q}", "{p} or {q}", "not ({p} and {q})", "not ({p} or {q})", "not ({p})"),
            *("({p}) or ({q})", "({p} or {q}) and {p}", "not not ({p})", "not ({p}) and not ({q})"),
            *("{p} and ({q} or {p})", "{p} and {q} or {q}", "not {p} and {q}", "({p}) = ({q})"),
            *("({p}) is null", "({p}) is not true", "(({p}))", "({p}) <> ({q})"),
        ]
        shape = self.pick(joined + simple if depth > 0 else simple)
        return self.filled(shape, known, depth, one, other)

    def filled(self, shape: str, known: Sequence[Known], depth: int, one: str, other: str) -> str:
        parts = {"a": one, "b": other}
        if "{p}" in shape:
            parts["p"] = self.claim(known, depth - 1)
        if "{q}" in shape:
            parts["q"] = self.claim(known, depth - 1)
        if "{s}" in shape:
            parts["s"] = self.string(known, depth - 1)
        if "{z}" in shape:
            parts["z"] = self.string(known, depth - 1)
        return shape.format(**parts)

    def value(self, known: Sequence[Known], depth: int) -> Known:
        kind = self.pick(["n", "n", "s"])
        text = self.number(known, depth) if kind == "n" else self.string(known, depth)
        return Known(text, kind)

    # ---- relations

    def relation(self, depth: int) -> tuple[str, str, dict[str, str]]:
        """Return a relation for FROM, the name to call it by, and its columns."""
        if depth > 0 and self.chance(20):
            text, columns = self.query(depth - 1)
            name = self.fresh()
            return f"({text}) {self.pick(['', 'as '])}{name}", name, columns
        if self.named and self.chance(60):
            key = self.pick(list(self.named))
            columns = self.named[key]
        else:
            key = self.pick(list(TABLES))
            columns = TABLES[key]
        if self.chance(40):
            name = self.fresh()
            return f"{key} {self.pick(['', 'AS '])}{name}", name, columns
        return key, key.split(".")[-1], columns

    def source(self, depth: int) -> tuple[str, list[Known]]:
        """Return what stands behind FROM, and the columns in reach."""
        text, name, columns = self.relation(depth)
        tables = [(name, columns)]
        shared: list[Known] = []
        for _ in range(self.up_to(2)):
            more, called, found = self.relation(depth)
            if any(called == known for known, _ in tables):
                continue
            common = [c for c in found if any(columns.get(c) == found[c] for _, columns in tables)]
            kind = self.pick(
                [
                    *(",", "join", "inner join", "left join", "right join", "full join"),
                    *("left join", "full outer join", "cross join", "natural join"),
                    *("semi join", "anti join"),
                ]
            )
            if kind in (",", "cross join", "natural join"):
                text += f"{kind if kind == ',' else ' ' + kind} {more}"
            elif common and self.chance(60):
                using = [c for c in common if self.chance(70)] or common[:1]
                text += f" {kind} {more} using ({', '.join(using)})"
                shared += [Known(c, found[c]) for c in using]
            else:
                pairs = self.reach([*tables, (called, found)])
                text += f" {kind} {more} on {self.claim(pairs, 1)}"
            if kind not in ("semi join", "anti join"):
                tables.append((called, found))
        return text, [*self.reach(tables), *shared, *shared]

    def reach(self, tables: Sequence[tuple[str, dict[str, str]]]) -> list[Known]:
        """Return every column of some tables, bare where only one has it."""
        found: list[Known] = []
        for name, columns in tables:
            for column, kind in columns.items():
                alone = sum(column in other for _, other in tables) == 1
                bare = alone and self.chance(60)
                found.append(Known(column if bare else f"{name}.{column}", kind))
            found.append(Known(name, "r"))
        return found

    def up_to(self, most: int) -> int:
        return self.below(most + 1)

    # ---- queries

    def select(self, depth: int) -> tuple[str, dict[str, str]]:
        source, known = self.source(depth)
        where = f" where {self.condition(known, depth)}" if self.chance(60) else ""
        shape = self.pick(
            ["plain", "plain", "plain", "grouped", "distinct", "window", "star", "all"]
        )
        if shape == "grouped" or shape == "all":
            return self.grouped(source, known, where, shape == "all")
        if shape == "star":
            width = {
                k: v for c in known if c.kind != "r" for k, v in [(c.text.split(".")[-1], c.kind)]
            }
            return f"select * from {source}{where}", width
        values = [self.value(known, 2) for _ in range(1 + self.up_to(2))]
        tail = ""
        if shape == "window":
            values.append(Known(self.window(known), "n"))
        names = [f"c{i}" for i in range(len(values))]
        if self.chance(30):
            names[0] = self.pick(["k", "n", "s", "K", "Foo"])
        listed = ", ".join(
            f"{v.text} {self.pick(['', 'as '])}{n}" for v, n in zip(values, names, strict=True)
        )
        if shape == "window" and self.chance(50):
            tail = f" qualify {names[-1]} > {self.pick(['0', '1', names[0]])}"
        if self.chance(15):
            tail += f" order by {self.pick(['1', names[-1], names[0] + ' desc', 'all'])}"
        if self.chance(15):
            reused = f", {names[0]} as again"
            listed, values, names = listed + reused, [*values, values[0]], [*names, "again"]
        distinct = "distinct " if shape == "distinct" else ""
        columns = {n: v.kind for n, v in zip(names, values, strict=True)}
        return f"select {distinct}{listed} from {source}{where}{tail}", columns

    def grouped(
        self, source: str, known: list[Known], where: str, whole: bool
    ) -> tuple[str, dict[str, str]]:
        keys = [self.value(known, 1) for _ in range(self.up_to(2))]
        totals = [
            self.pick(["count(*)", "sum({a})", "min({a})", "max({a})", "count(distinct {a})"])
            + self.pick(["", "", " filter (where {p})"])
            for _ in range(1 + self.up_to(1))
        ]
        totals = [self.filled(t, known, 1, self.number(known, 1), "1") for t in totals]
        names = [f"k{i}" for i in range(len(keys))]
        if keys and self.chance(25):
            names[0] = self.pick(["k", "n", "s"])
        listed = [f"{k.text} as {n}" for k, n in zip(keys, names, strict=True)]
        listed += [f"{t} as t{i}" for i, t in enumerate(totals)]
        by = self.pick(["number", "name", "text"])
        terms = {
            "number": [str(i + 1) for i in range(len(keys))],
            "name": names,
            "text": [k.text for k in keys],
        }[by]
        tail = f" group by {'all' if whole else ', '.join(terms)}" if keys else ""
        if self.chance(40):
            tail += " having " + self.pick(
                ["count(*) > 1", f"{totals[0]} > 0", "not count(*) = 1", "t0 is not null"]
            )
        if self.chance(20):
            tail += f" order by {self.pick(['1', 't0', 'count(*)', 'all'])}"
        columns = {n: k.kind for n, k in zip(names, keys, strict=True)}
        columns |= {f"t{i}": "n" for i in range(len(totals))}
        return f"select {', '.join(listed)} from {source}{where}{tail}", columns

    def condition(self, known: list[Known], depth: int) -> str:
        condition = self.claim(known, 2)
        if depth > 0 and self.chance(25):
            text, columns = self.query(0)
            numbers = [c for c, kind in columns.items() if kind == "n"]
            shape = self.pick(["in", "not in", "exists", "not exists", "correlated"])
            if shape == "correlated":
                table = self.pick(list(TABLES))
                inner = f"select 1 from {table} z where z.k = {self.number(known, 0)}"
                condition += f" {self.pick(['and', 'or'])} exists ({inner})"
            elif "exists" in shape:
                condition += f" and {shape} ({text})"
            elif numbers:
                inner = f"select {numbers[0]} from ({text}) z"
                condition += (
                    f" {self.pick(['and', 'or'])} {self.number(known, 0)} {shape} ({inner})"
                )
        return condition

    def window(self, known: Sequence[Known]) -> str:
        order = ", ".join(dict.fromkeys(c.text for c in known if c.kind != "r"))
        parts = self.pick(["", f"partition by {self.number(known, 1)} "])
        call = self.pick(["rank()", "sum({a})", "count(*)", "min({a})", "lag({a})", "dense_rank()"])
        call = self.filled(call, known, 1, self.number(known, 1), "1")
        frame = self.pick(["", "", " rows between 1 preceding and current row"])
        frame = "" if "rank" in call or "lag" in call else frame
        return f"{call} over ({parts}order by {order}{frame})"

    def query(self, depth: int) -> tuple[str, dict[str, str]]:
        """Return a query and its columns."""
        before = dict(self.named)
        head = ""
        if depth > 0 and self.chance(35):
            ctes: list[str] = []
            for _ in range(1 + self.up_to(1)):
                name = self.pick(["a", "b", "w1", "w2"])
                if any(cte.startswith(f"{name} as") for cte in ctes):
                    continue
                text, columns = self.query(depth - 1)
                ctes.append(f"{name} as ({text})")
                self.named = {**self.named, name: columns}
            head = f"with {', '.join(ctes)} "
        body, columns = self.select(depth)
        if depth > 0 and self.chance(25):
            body, columns = self.combined(body, columns)
        self.named = before
        return head + body, columns

    def combined(self, body: str, columns: dict[str, str]) -> tuple[str, dict[str, str]]:
        kind = self.pick(
            ["union", "union all", "except", "intersect", "except all", "intersect all"]
        )
        table = self.pick(list(TABLES))
        known = [Known(c, kind) for c, kind in TABLES[table].items()]
        values = [
            self.number(known, 1) if kind == "n" else self.string(known, 1)
            for kind in columns.values()
        ]
        other = f"select {', '.join(values)} from {table}"
        if " order by " in body:
            return body, columns
        if self.chance(30):
            more = self.pick(["union", "except", "union all", "intersect"])
            other = self.pick(["{o} {m} {o}", "({o} {m} {o})"]).format(o=other, m=more)
        return f"{body} {kind} {other}", columns


@st.composite
def small_queries(draw: st.DrawFn) -> str:
    """Draw the text of one query without others in it."""
    return Author(lambda bound: draw(st.integers(0, bound - 1))).query(0)[0]
