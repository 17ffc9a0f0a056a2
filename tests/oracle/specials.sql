-- Constructs that are easily got wrong, each as a query over one upstream, or two.
-- Above each: its name | its columns (none: those of {u}) | the traps it sets | what else holds.
-- {u} and {v} are the upstreams; {n}, {m} are numbers and {s} a text of the first, {k} is a number
-- of the second. loose: its rows hang on the order of what it reads. volatile: or on chance.

-- PIVOT | {n}:n x:n y:n | R0 |
SELECT * FROM (PIVOT {u} ON {s} IN ('x', 'y') USING count(*) GROUP BY {n});

-- UNPIVOT | p:s q:n | R0 |
SELECT p, q FROM (UNPIVOT (SELECT {n} AS e, {m} AS f FROM {u}) ON e, f INTO NAME p VALUE q);

-- recursive CTE | p:n q:n | R0 |
WITH RECURSIVE k(p, q) AS (SELECT 1, {n} FROM {u} UNION ALL SELECT p + 1, q FROM k WHERE p < 3) SELECT p, q FROM k;

-- COLUMNS |  | R0 R9 R4 |
SELECT max(COLUMNS(*)) FROM {u};

-- COLUMNS by pattern | p:n q:n | R0 |
SELECT count(*) AS p, sum(z) AS q FROM (SELECT hash(COLUMNS('.*[a-m].*')) % 7 AS z FROM (SELECT {n} AS a FROM {u}));

-- list comprehension | p:n q:n | R0 |
SELECT {n} AS p, len([x + 1 for x in [{n}, {m}] if x > 0]) AS q FROM {u};

-- POSITIONAL JOIN | p:n q:n | R0 R10 | loose
SELECT t5.{n} AS p, t6.{k} AS q FROM {u} AS t5 POSITIONAL JOIN {v} AS t6;

-- ASOF JOIN | p:n q:n | R0 R10 | loose
SELECT t5.{n} AS p, t6.{k} AS q FROM {u} AS t5 ASOF JOIN {v} AS t6 ON t5.{n} >= t6.{k};

-- LATERAL | p:n q:n | R0 |
SELECT t5.{n} AS p, t6.q FROM {u} AS t5, LATERAL (SELECT t5.{m} + 1 AS q) AS t6;

-- range | p:n q:n | R0 |
SELECT t6.range AS p, {n} AS q FROM {u} AS t5, range(3) AS t6;

-- NATURAL JOIN | p:n q:n | R9 |
SELECT t5.{n} AS p, count(*) OVER () AS q FROM {u} AS t5 NATURAL JOIN {v} AS t6;

-- USING | p:n q:n r:n | R9 |
SELECT * FROM (SELECT {n} AS p, {m} AS q FROM {u}) FULL JOIN (SELECT {k} AS p, count(*) AS r FROM {v} GROUP BY 1) USING (p);

-- row as struct | p:s q:n | R9 |
SELECT md5(t5::varchar) AS p, {n} AS q FROM {u} AS t5;

-- to_json of a row | p:s q:n | R9 |
SELECT to_json(t5)::varchar AS p, t5.{n} AS q FROM {u} AS t5;

-- count of distinct rows | p:n | R9 R4 |
SELECT count(DISTINCT t5) AS p FROM {u} AS t5;

-- names by position | p:n q:n | R9 R5 |
SELECT t5.first_ AS p, count(*) AS q FROM {u} AS t5(first_) GROUP BY 1;

-- EXCLUDE |  | R9 |
SELECT * EXCLUDE ({n}), {n} + 1 AS {n} FROM {u};

-- REPLACE |  | R9 |
SELECT * REPLACE ({n} + 1 AS {n}) FROM {u};

-- UNION BY NAME | p:n q:s | R0 R3 R9 |
SELECT {n} AS p, {s} AS q FROM {u} UNION ALL BY NAME SELECT {k} AS p FROM {v};

-- GROUP BY ALL | p:n q:s r:n | R5 |
SELECT {n} AS p, {s} AS q, count(*) AS r FROM {u} GROUP BY ALL;

-- ordinals | p:n q:n | R5 |
SELECT {n} AS p, count(*) AS q FROM {u} GROUP BY 1 ORDER BY 2, 1 LIMIT 3;

-- ORDER BY ALL | p:n q:s | R5 R1 |
SELECT {n} AS p, {s} AS q FROM {u} ORDER BY ALL LIMIT 4;

-- unnest | p:n q:n | R6 |
SELECT {n} AS p, unnest([{n}, {m}]) AS q FROM {u};

-- unnest of none | p:n q:n | R6 |
SELECT {m} AS p, unnest(CASE WHEN {n} > 1 THEN [1, 2] ELSE [] END) AS q FROM {u};

-- generate_series | p:n q:n | R6 |
SELECT {m} AS p, unnest(generate_series(1, least(abs({n}), 3)::bigint)) AS q FROM {u};

-- ROLLUP | p:n q:s r:n | R1 |
SELECT {n} AS p, {s} AS q, count(*) AS r FROM {u} GROUP BY ROLLUP ({n}, {s});

-- GROUPING SETS | p:n q:n r:n | R1 |
SELECT {n} AS p, sum({m}) AS q, grouping({n}) AS r FROM {u} GROUP BY GROUPING SETS (({n}), ());

-- FILTER | p:s q:n | R1 |
SELECT {s} AS p, sum({n}) FILTER (WHERE {m} > 0) AS q FROM {u} GROUP BY 1;

-- scalar aggregate | p:n q:n r:s | R4 |
SELECT count(*) AS p, sum({n}) AS q, max({s}) AS r FROM {u};

-- a count | p:n | R4 R1 |
SELECT count(*) AS p FROM {u};

-- a constant | p:n q:s | R1 |
SELECT 7 AS p, 'x' AS q FROM {u};

-- rows times rows | p:n q:n | R1 |
SELECT t5.{n} AS p, t5.{m} AS q FROM {u} AS t5 CROSS JOIN {v} AS t6;

-- EXISTS | p:n q:s | R8 |
SELECT {n} AS p, {s} AS q FROM {u} AS t5 WHERE EXISTS (SELECT 1 FROM {v} AS t6 WHERE t6.{k} = t5.{n});

-- EXISTS of a star | p:n | R8 |
SELECT {n} AS p FROM {u} AS t5 WHERE NOT EXISTS (SELECT * FROM {v} AS t6 WHERE t6.{k} > t5.{m});

-- NOT IN | p:n q:n | R8 |
SELECT {n} AS p, {m} AS q FROM {u} WHERE {n} NOT IN (SELECT {k} FROM {v});

-- IN | p:n q:n | R8 |
SELECT {n} AS p, {m} AS q FROM {u} AS t5 WHERE t5.{n} IN (SELECT t6.{k} FROM {v} AS t6);

-- ALL | p:s | R8 |
SELECT {s} AS p FROM {u} AS t5 WHERE t5.{n} >= ALL (SELECT t6.{k} FROM {v} AS t6 WHERE t6.{k} IS NOT NULL);

-- scalar subquery | p:n q:n | R8 |
SELECT {n} AS p, (SELECT max(t6.{k}) FROM {v} AS t6 WHERE t6.{k} <= t5.{n}) AS q FROM {u} AS t5;

-- bare names | p:n | R8 R12 |
SELECT {n} AS p FROM {u} WHERE {m} IN (SELECT {k} FROM {v});

-- a captured name | p:n q:s | R8 R12 |
SELECT {n} AS p, {s} AS q FROM {u} WHERE EXISTS (SELECT 1 FROM {v} AS t6 WHERE t6.{k} = {m});

-- an alias like a column | {n}:n q:s | R11 |
SELECT {m} AS {n}, {s} AS q FROM {u} WHERE {n} > 0;

-- an alias sorted by | {n}:n | R11 |
SELECT -{n} AS {n} FROM {u} ORDER BY {n} LIMIT 3;

-- an alias grouped by | q:n {m}:n | R11 |
SELECT {n} % 2 AS q, count(*) AS {m} FROM {u} GROUP BY q HAVING {m} > 0;

-- an alias read by another | {m}:n q:n | R11 |
SELECT {n} + 1 AS {m}, {m} * 2 AS q FROM {u};

-- first | p:s q:n | R10 | loose
SELECT {s} AS p, first({n}) AS q FROM {u} GROUP BY 1;

-- any_value | p:n q:n | R10 | loose
SELECT any_value({n}) AS p, count(*) AS q FROM {u};

-- string_agg | p:n q:s | R10 | loose
SELECT {n} AS p, string_agg({s}, '') AS q FROM {u} GROUP BY 1;

-- a sorted string_agg | p:n q:s | R10 |
SELECT {n} AS p, string_agg({s}, '' ORDER BY {s}) AS q FROM {u} GROUP BY 1;

-- arg_min | p:s q:n | R10 | loose
SELECT {s} AS p, arg_min({m}, {n}) AS q FROM {u} GROUP BY 1;

-- LIMIT alone | p:n q:s | R10 R1 | loose
SELECT {n} AS p, {s} AS q FROM {u} LIMIT 3;

-- row_number with ties | p:n q:n | R10 R7 | loose
SELECT {n} AS p, row_number() OVER (ORDER BY {s}) AS q FROM {u};

-- lag | p:n q:n | R10 R7 | loose
SELECT {n} AS p, lag({m}) OVER (ORDER BY {n}) AS q FROM {u};

-- DISTINCT ON | p:s q:n | R2 |
SELECT DISTINCT ON ({s}) {s} AS p, {n} AS q FROM {u} ORDER BY {s}, {n};

-- DISTINCT ON with ties | p:s q:n | R2 R10 | loose
SELECT DISTINCT ON ({s}) {s} AS p, {n} AS q FROM {u} ORDER BY {m};

-- DISTINCT below | p:n | R2 R4 |
SELECT count(*) AS p FROM (SELECT DISTINCT {n}, {s} FROM {u});

-- SELECT DISTINCT star |  | R2 R9 |
SELECT DISTINCT * FROM {u};

-- UNION | p:n q:n | R3 |
SELECT {n} AS p, {m} AS q FROM {u} UNION SELECT {k}, {k} FROM {v};

-- UNION ALL | p:n q:n | R3 |
SELECT {n} AS p, {m} AS q FROM {u} UNION ALL SELECT {k}, {k} FROM {v};

-- INTERSECT ALL | p:n | R3 |
SELECT {n} AS p FROM {u} INTERSECT ALL SELECT {k} FROM {v};

-- EXCEPT | p:n q:s | R3 |
SELECT {n} AS p, {s} AS q FROM {u} EXCEPT SELECT {k}, 'x' FROM {v};

-- EXCEPT ALL | p:n | R3 |
SELECT {n} AS p FROM {u} EXCEPT ALL SELECT {k} FROM {v};

-- rank | p:n q:n | R7 |
SELECT {n} AS p, rank() OVER (PARTITION BY {s} ORDER BY {m}) AS q FROM {u};

-- sum over | p:n q:n | R7 |
SELECT {m} AS p, sum({n}) OVER (PARTITION BY {s}) AS q FROM {u};

-- a running sum | p:n q:n | R7 |
SELECT {m} AS p, sum({n}) OVER (ORDER BY {n} RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS q FROM (SELECT {n}::bigint AS {n}, {m} FROM (SELECT {n}, {n} AS {m} FROM {u}));

-- QUALIFY | p:n q:s | R7 R1 |
SELECT {n} AS p, {s} AS q FROM {u} QUALIFY rank() OVER (PARTITION BY {s} ORDER BY {n}) = 1;

-- SAMPLE | p:n q:s | R13 R10 | loose volatile
SELECT {n} AS p, {s} AS q FROM {u} USING SAMPLE 3 ROWS;

-- random | p:n q:n | R13 | loose volatile
SELECT {n} AS p, random() AS q FROM {u};

-- now | p:n q:n r:s | R13 | loose volatile
SELECT {n} AS p, {m} + epoch_ms(now()) * 0 AS q, now()::varchar AS r FROM {u};

-- a macro | p:n q:n | R14 |
SELECT twice({n}) AS p, {m} AS q FROM {u};

-- a macro of a macro | p:n q:n | R14 |
SELECT {n} AS p, thrice({m}) AS q FROM {u};

-- a macro in a condition | p:n | R14 |
SELECT {n} AS p FROM {u} WHERE twice({m}) > 2;

-- division | p:n q:n r:n | R15 |
SELECT {n} // 2 AS p, {n} / 2 AS q, {m} % 3 AS r FROM {u};

-- the order of nulls | p:n | R15 |
SELECT {n} AS p FROM {u} ORDER BY {n} NULLS FIRST LIMIT 3;

-- the order of nulls, unsaid | p:s | R15 |
SELECT {s} AS p FROM {u} ORDER BY {s} DESC LIMIT 3;

-- capitals | Amount:n q:s | R16 |
SELECT {n} AS "Amount", {s} AS "q" FROM {u};

-- case in a text | p:s q:n | R16 |
SELECT upper({s}) AS p, {n} AS q FROM {u} WHERE {s} <> 'X';

-- types shown | p:s q:n | R17 |
SELECT typeof({n}) AS p, {m} AS q FROM {u};

-- a cast | p:n q:s | R17 |
SELECT {n}::smallint AS p, {m}::varchar AS q FROM {u};

-- overflowing | p:n q:s | R17 |
SELECT {n} * 1 AS p, typeof({n} + {m}) AS q FROM {u};

-- a variable | p:n q:n | R15 |
SELECT {n} + ${var.shift} AS p, {m} AS q FROM {u} WHERE {m} IS NULL OR {m} < ${var.most};

-- a CTE twice | p:n q:s | R1 |
WITH k AS (SELECT {n} AS p, {s} AS q FROM {u}) SELECT a.p, b.q FROM k AS a JOIN k AS b ON a.p = b.p;

-- a self join | p:n q:n | R1 |
SELECT a.{n} AS p, b.{m} AS q FROM {u} AS a LEFT JOIN {u} AS b ON a.{n} < b.{n};

-- CASE | p:n q:s | R1 |
SELECT CASE WHEN {n} > 1 THEN {m} WHEN {s} = 'x' THEN 0 END AS p, {s} AS q FROM {u};

-- nothing | p:n q:n | R1 |
SELECT {n} AS p, {m} AS q FROM {u} WHERE 1 = 0;
