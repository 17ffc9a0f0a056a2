"""Constructs that are easily got wrong, each as a query over one upstream, or two.

In a template {u} and {v} are the upstreams; {n}, {m} are numbers and {s} a text of the first, {k}
is a number of the second. `loose`: its rows hang on the order of what it reads.
"""

from typing import NamedTuple

from tests.oracle.projects import NUMBER, TEXT, Field


class Form(NamedTuple):
    """One construct: the template, its columns (none: those of {u}), and the traps it sets."""

    template: str
    out: str = ""
    traps: str = ""
    loose: bool = False
    volatile: bool = False


FORMS: dict[str, Form] = {
    "PIVOT": Form("SELECT * FROM (PIVOT {u} ON {s} IN ('x', 'y') USING count(*) GROUP BY {n})", "{n}:n x:n y:n", "R0"),
    "UNPIVOT": Form("SELECT p, q FROM (UNPIVOT (SELECT {n} AS e, {m} AS f FROM {u}) ON e, f INTO NAME p VALUE q)", "p:s q:n", "R0"),
    "recursive CTE": Form("WITH RECURSIVE k(p, q) AS (SELECT 1, {n} FROM {u} UNION ALL SELECT p + 1, q FROM k WHERE p < 3) SELECT p, q FROM k", "p:n q:n", "R0"),
    "COLUMNS": Form("SELECT max(COLUMNS(*)) FROM {u}", "", "R0 R9 R4"),
    "COLUMNS by pattern": Form("SELECT count(*) AS p, sum(z) AS q FROM (SELECT hash(COLUMNS('.*[a-m].*')) % 7 AS z FROM (SELECT {n} AS a FROM {u}))", "p:n q:n", "R0"),
    "list comprehension": Form("SELECT {n} AS p, len([x + 1 for x in [{n}, {m}] if x > 0]) AS q FROM {u}", "p:n q:n", "R0"),
    "POSITIONAL JOIN": Form("SELECT t5.{n} AS p, t6.{k} AS q FROM {u} AS t5 POSITIONAL JOIN {v} AS t6", "p:n q:n", "R0 R10", True),
    "ASOF JOIN": Form("SELECT t5.{n} AS p, t6.{k} AS q FROM {u} AS t5 ASOF JOIN {v} AS t6 ON t5.{n} >= t6.{k}", "p:n q:n", "R0 R10", True),
    "LATERAL": Form("SELECT t5.{n} AS p, t6.q FROM {u} AS t5, LATERAL (SELECT t5.{m} + 1 AS q) AS t6", "p:n q:n", "R0"),
    "range": Form("SELECT t6.range AS p, {n} AS q FROM {u} AS t5, range(3) AS t6", "p:n q:n", "R0"),
    "NATURAL JOIN": Form("SELECT t5.{n} AS p, count(*) OVER () AS q FROM {u} AS t5 NATURAL JOIN {v} AS t6", "p:n q:n", "R9"),
    "USING": Form("SELECT * FROM (SELECT {n} AS p, {m} AS q FROM {u}) FULL JOIN (SELECT {k} AS p, count(*) AS r FROM {v} GROUP BY 1) USING (p)", "p:n q:n r:n", "R9"),
    "row as struct": Form("SELECT md5(t5::varchar) AS p, {n} AS q FROM {u} AS t5", "p:s q:n", "R9"),
    "to_json of a row": Form("SELECT to_json(t5)::varchar AS p, t5.{n} AS q FROM {u} AS t5", "p:s q:n", "R9"),
    "count of distinct rows": Form("SELECT count(DISTINCT t5) AS p FROM {u} AS t5", "p:n", "R9 R4"),
    "names by position": Form("SELECT t5.p, count(*) AS q FROM {u} AS t5(p) GROUP BY 1", "p:n q:n", "R9 R5"),
    "EXCLUDE": Form("SELECT * EXCLUDE ({n}), {n} + 1 AS {n} FROM {u}", "", "R9"),
    "REPLACE": Form("SELECT * REPLACE ({n} + 1 AS {n}) FROM {u}", "", "R9"),
    "UNION BY NAME": Form("SELECT {n} AS p, {s} AS q FROM {u} UNION ALL BY NAME SELECT {k} AS p FROM {v}", "p:n q:s", "R0 R3 R9"),
    "GROUP BY ALL": Form("SELECT {n} AS p, {s} AS q, count(*) AS r FROM {u} GROUP BY ALL", "p:n q:s r:n", "R5"),
    "ordinals": Form("SELECT {n} AS p, count(*) AS q FROM {u} GROUP BY 1 ORDER BY 2, 1 LIMIT 3", "p:n q:n", "R5"),
    "ORDER BY ALL": Form("SELECT {n} AS p, {s} AS q FROM {u} ORDER BY ALL LIMIT 4", "p:n q:s", "R5 R1"),
    "unnest": Form("SELECT {n} AS p, unnest([{n}, {m}]) AS q FROM {u}", "p:n q:n", "R6"),
    "unnest of none": Form("SELECT {m} AS p, unnest(CASE WHEN {n} > 1 THEN [1, 2] ELSE [] END) AS q FROM {u}", "p:n q:n", "R6"),
    "generate_series": Form("SELECT {m} AS p, unnest(generate_series(1, least(abs({n}), 3)::bigint)) AS q FROM {u}", "p:n q:n", "R6"),
    "ROLLUP": Form("SELECT {n} AS p, {s} AS q, count(*) AS r FROM {u} GROUP BY ROLLUP ({n}, {s})", "p:n q:s r:n", "R1"),
    "GROUPING SETS": Form("SELECT {n} AS p, sum({m}) AS q, grouping({n}) AS r FROM {u} GROUP BY GROUPING SETS (({n}), ())", "p:n q:n r:n", "R1"),
    "FILTER": Form("SELECT {s} AS p, sum({n}) FILTER (WHERE {m} > 0) AS q FROM {u} GROUP BY 1", "p:s q:n", "R1"),
    "scalar aggregate": Form("SELECT count(*) AS p, sum({n}) AS q, max({s}) AS r FROM {u}", "p:n q:n r:s", "R4"),
    "a count": Form("SELECT count(*) AS p FROM {u}", "p:n", "R4 R1"),
    "a constant": Form("SELECT 7 AS p, 'x' AS q FROM {u}", "p:n q:s", "R1"),
    "rows times rows": Form("SELECT t5.{n} AS p, t5.{m} AS q FROM {u} AS t5 CROSS JOIN {v} AS t6", "p:n q:n", "R1"),
    "EXISTS": Form("SELECT {n} AS p, {s} AS q FROM {u} AS t5 WHERE EXISTS (SELECT 1 FROM {v} AS t6 WHERE t6.{k} = t5.{n})", "p:n q:s", "R8"),
    "EXISTS of a star": Form("SELECT {n} AS p FROM {u} AS t5 WHERE NOT EXISTS (SELECT * FROM {v} AS t6 WHERE t6.{k} > t5.{m})", "p:n", "R8"),
    "NOT IN": Form("SELECT {n} AS p, {m} AS q FROM {u} WHERE {n} NOT IN (SELECT {k} FROM {v})", "p:n q:n", "R8"),
    "IN": Form("SELECT {n} AS p, {m} AS q FROM {u} AS t5 WHERE t5.{n} IN (SELECT t6.{k} FROM {v} AS t6)", "p:n q:n", "R8"),
    "ALL": Form("SELECT {s} AS p FROM {u} AS t5 WHERE t5.{n} >= ALL (SELECT t6.{k} FROM {v} AS t6 WHERE t6.{k} IS NOT NULL)", "p:s", "R8"),
    "scalar subquery": Form("SELECT {n} AS p, (SELECT max(t6.{k}) FROM {v} AS t6 WHERE t6.{k} <= t5.{n}) AS q FROM {u} AS t5", "p:n q:n", "R8"),
    "bare names": Form("SELECT {n} AS p FROM {u} WHERE {m} IN (SELECT {k} FROM {v})", "p:n", "R8 R12"),
    "a captured name": Form("SELECT {n} AS p, {s} AS q FROM {u} WHERE EXISTS (SELECT 1 FROM {v} AS t6 WHERE t6.{k} = {m})", "p:n q:s", "R8 R12"),
    "an alias like a column": Form("SELECT {m} AS {n}, {s} AS q FROM {u} WHERE {n} > 0", "{n}:n q:s", "R11"),
    "an alias sorted by": Form("SELECT -{n} AS {n} FROM {u} ORDER BY {n} LIMIT 3", "{n}:n", "R11"),
    "an alias grouped by": Form("SELECT {n} % 2 AS q, count(*) AS {m} FROM {u} GROUP BY q HAVING {m} > 0", "q:n {m}:n", "R11"),
    "an alias read by another": Form("SELECT {n} + 1 AS {m}, {m} * 2 AS q FROM {u}", "{m}:n q:n", "R11"),
    "first": Form("SELECT {s} AS p, first({n}) AS q FROM {u} GROUP BY 1", "p:s q:n", "R10", True),
    "any_value": Form("SELECT any_value({n}) AS p, count(*) AS q FROM {u}", "p:n q:n", "R10", True),
    "string_agg": Form("SELECT {n} AS p, string_agg({s}, '') AS q FROM {u} GROUP BY 1", "p:n q:s", "R10", True),
    "a sorted string_agg": Form("SELECT {n} AS p, string_agg({s}, '' ORDER BY {s}) AS q FROM {u} GROUP BY 1", "p:n q:s", "R10"),
    "arg_min": Form("SELECT {s} AS p, arg_min({m}, {n}) AS q FROM {u} GROUP BY 1", "p:s q:n", "R10", True),
    "LIMIT alone": Form("SELECT {n} AS p, {s} AS q FROM {u} LIMIT 3", "p:n q:s", "R10 R1", True),
    "row_number with ties": Form("SELECT {n} AS p, row_number() OVER (ORDER BY {s}) AS q FROM {u}", "p:n q:n", "R10 R7", True),
    "lag": Form("SELECT {n} AS p, lag({m}) OVER (ORDER BY {n}) AS q FROM {u}", "p:n q:n", "R10 R7", True),
    "DISTINCT ON": Form("SELECT DISTINCT ON ({s}) {s} AS p, {n} AS q FROM {u} ORDER BY {s}, {n}", "p:s q:n", "R2"),
    "DISTINCT ON with ties": Form("SELECT DISTINCT ON ({s}) {s} AS p, {n} AS q FROM {u} ORDER BY {m}", "p:s q:n", "R2 R10", True),
    "DISTINCT below": Form("SELECT count(*) AS p FROM (SELECT DISTINCT {n}, {s} FROM {u})", "p:n", "R2 R4"),
    "SELECT DISTINCT star": Form("SELECT DISTINCT * FROM {u}", "", "R2 R9"),
    "UNION": Form("SELECT {n} AS p, {m} AS q FROM {u} UNION SELECT {k}, {k} FROM {v}", "p:n q:n", "R3"),
    "UNION ALL": Form("SELECT {n} AS p, {m} AS q FROM {u} UNION ALL SELECT {k}, {k} FROM {v}", "p:n q:n", "R3"),
    "INTERSECT ALL": Form("SELECT {n} AS p FROM {u} INTERSECT ALL SELECT {k} FROM {v}", "p:n", "R3"),
    "EXCEPT": Form("SELECT {n} AS p, {s} AS q FROM {u} EXCEPT SELECT {k}, 'x' FROM {v}", "p:n q:s", "R3"),
    "EXCEPT ALL": Form("SELECT {n} AS p FROM {u} EXCEPT ALL SELECT {k} FROM {v}", "p:n", "R3"),
    "rank": Form("SELECT {n} AS p, rank() OVER (PARTITION BY {s} ORDER BY {m}) AS q FROM {u}", "p:n q:n", "R7"),
    "sum over": Form("SELECT {m} AS p, sum({n}) OVER (PARTITION BY {s}) AS q FROM {u}", "p:n q:n", "R7"),
    "a running sum": Form("SELECT {m} AS p, sum({n}) OVER (ORDER BY {n} RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS q FROM (SELECT {n}::bigint AS {n}, {m} FROM (SELECT {n}, {n} AS {m} FROM {u}))", "p:n q:n", "R7"),
    "QUALIFY": Form("SELECT {n} AS p, {s} AS q FROM {u} QUALIFY rank() OVER (PARTITION BY {s} ORDER BY {n}) = 1", "p:n q:s", "R7 R1"),
    "SAMPLE": Form("SELECT {n} AS p, {s} AS q FROM {u} USING SAMPLE 3 ROWS", "p:n q:s", "R13 R10", True, True),
    "random": Form("SELECT {n} AS p, random() AS q FROM {u}", "p:n q:n", "R13", True, True),
    "now": Form("SELECT {n} AS p, {m} + epoch_ms(now()) * 0 AS q, now()::varchar AS r FROM {u}", "p:n q:n r:s", "R13", True, True),
    "a macro": Form("SELECT twice({n}) AS p, {m} AS q FROM {u}", "p:n q:n", "R14"),
    "a macro of a macro": Form("SELECT {n} AS p, thrice({m}) AS q FROM {u}", "p:n q:n", "R14"),
    "a macro in a condition": Form("SELECT {n} AS p FROM {u} WHERE twice({m}) > 2", "p:n", "R14"),
    "division": Form("SELECT {n} // 2 AS p, {n} / 2 AS q, {m} % 3 AS r FROM {u}", "p:n q:n r:n", "R15"),
    "the order of nulls": Form("SELECT {n} AS p FROM {u} ORDER BY {n} NULLS FIRST LIMIT 3", "p:n", "R15"),
    "the order of nulls, unsaid": Form("SELECT {s} AS p FROM {u} ORDER BY {s} DESC LIMIT 3", "p:s", "R15"),
    "capitals": Form('SELECT {n} AS "Amount", {s} AS "q" FROM {u}', "Amount:n q:s", "R16"),
    "case in a text": Form("SELECT upper({s}) AS p, {n} AS q FROM {u} WHERE {s} <> 'X'", "p:s q:n", "R16"),
    "types shown": Form("SELECT typeof({n}) AS p, {m} AS q FROM {u}", "p:s q:n", "R17"),
    "a cast": Form("SELECT {n}::smallint AS p, {m}::varchar AS q FROM {u}", "p:n q:s", "R17"),
    "overflowing": Form("SELECT {n} * 1 AS p, typeof({n} + {m}) AS q FROM {u}", "p:n q:s", "R17"),
    "a variable": Form("SELECT {n} + ${var.shift} AS p, {m} AS q FROM {u} WHERE {m} IS NULL OR {m} < ${var.most}", "p:n q:n", "R15"),
    "a CTE twice": Form("WITH k AS (SELECT {n} AS p, {s} AS q FROM {u}) SELECT a.p, b.q FROM k AS a JOIN k AS b ON a.p = b.p", "p:n q:s", "R1"),
    "a self join": Form("SELECT a.{n} AS p, b.{m} AS q FROM {u} AS a LEFT JOIN {u} AS b ON a.{n} < b.{n}", "p:n q:n", "R1"),
    "CASE": Form("SELECT CASE WHEN {n} > 1 THEN {m} WHEN {s} = 'x' THEN 0 END AS p, {s} AS q FROM {u}", "p:n q:s", "R1"),
    "nothing": Form("SELECT {n} AS p, {m} AS q FROM {u} WHERE 1 = 0", "p:n q:n", "R1"),
}  # fmt: skip


def fields_of(form: Form, picks: dict[str, str]) -> list[Field]:
    """Return the columns of a construct, none where they are those of its upstream."""
    found: list[Field] = []
    for word in form.out.split():
        name, kind = word.split(":")
        found.append(Field(picks[name[1]] if name[0] == "{" else name, _KINDS[kind]))
    return found


_KINDS = {"n": NUMBER, "s": TEXT}
