"""SQL taken apart: what it reads and where, what it reads past the graph, and the way back."""

from collections.abc import Iterator

import pytest
from tests.unit.shop import SCHEMAS, Shop

from freshline.lineage import sql
from freshline.lineage.analysis import take_apart
from freshline.lineage.canonical import MARK


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


def shown(text: str) -> str:
    """Return marked text with a mark that can be seen."""
    return text.replace(MARK, "@")


REFERENCES: dict[str, tuple[str, list[str]]] = {
    "one table": ("select * from stg.orders", ["stg.orders"]),
    "a key of one segment": ("select * from orders", ["orders"]),
    "a key of three segments": ("select * from raw.web.events", ["raw.web.events"]),
    "any case": ("select * from STG.Orders", ["STG.Orders"]),
    "quoted": ('select * from "stg"."orders"', ['"stg"."orders"']),
    "space within": ("select * from stg . orders", ["stg . orders"]),
    "joins and commas": (
        "select * from a, b join c using (x) left join d on true cross join e",
        ["a", "b", "c", "d", "e"],
    ),
    "subqueries": (
        "select (select max(x) from b) from a where x in (select x from c) and exists (from d)",
        ["b", "a", "c", "d"],
    ),
    "set operations": (
        "select 1 from a union (select 2 from b except select 3 from c)",
        ["a", "b", "c"],
    ),
    "one table twice": ("select * from a x join a y using (k)", ["a", "a"]),
    "FROM first": ("from stg.orders select id", ["stg.orders"]),
    "FROM alone": ("from stg.orders", ["stg.orders"]),
    "nothing": ("select 1 as one", []),
    "a CTE is no reference": ("with t as (select 1 as x) select * from t", []),
    "a CTE that is not used": ("with t as (select * from a) select * from b", ["a", "b"]),
    "a CTE of its table's name": (
        "with orders as (select * from orders) select * from orders",
        ["orders"],
    ),
    "a CTE of the name, with a schema": (
        "with orders as (select * from stg.orders) select * from orders, stg.orders",
        ["stg.orders", "stg.orders"],
    ),
    "a CTE in any case": ("with T as (select 1 as x) select * from t", []),
    "a CTE of an earlier one": ("with a as (select 1 as x), b as (from a) from b", []),
    "a CTE of a later one": ("with a as (from b), b as (select 1 as x) from a", ["b"]),
    "a CTE within": ("select * from (with t as (from a) from t), t", ["a", "t"]),
    "a CTE from without": ("with t as (from a) select (select count(*) from t) from b", ["a", "b"]),
    "a CTE within a CTE": ("with t as (with t as (from a) from t) from t", ["a"]),
    "a recursive CTE": (
        "with recursive r as (select 1 as n union all select n + 1 from r, a) from r",
        ["a"],
    ),
    "a CTE of a union": ("with t as (from a) select * from t union all select * from t", ["a"]),
    "functions": ("select * from range(3), unnest([1]) u, (values (1)) v, a", ["a"]),
    "names in text and comments": ("select 'from b' as x -- from c\nfrom a /* , d */", ["a"]),
    "behind a comment": ("select * from -- which?\n  stg.orders", ["stg.orders"]),
    "a pivot": ("select * from (pivot a on x in (1) using sum(y))", ["a"]),
    "a lateral join": ("select * from a, lateral (select * from b where b.x = a.x)", ["a", "b"]),
}


@pytest.mark.parametrize(("text", "expected"), REFERENCES.values(), ids=REFERENCES)
def test_references_are_found_where_they_stand(text: str, expected: list[str]) -> None:
    found = sql.parse(text).references
    assert [text[r.offset : r.offset + r.length] for r in found] == expected
    assert [r.key for r in found] == [e.lower().replace('"', "").replace(" ", "") for e in expected]


MARKED = {
    "an alias is added": ("from stg.orders", 'from "@stg.orders" AS "orders"'),
    "in its own case": ("from stg.Orders", 'from "@stg.orders" AS "Orders"'),
    "an alias is kept": ("from stg.orders o", 'from "@stg.orders" o'),
    "AS is kept": ("from stg.orders as o", 'from "@stg.orders" as o'),
    "an alias with columns": ("from stg.orders o(a, b)", 'from "@stg.orders" o(a, b)'),
    "a column with its schema": (
        "select stg.orders.id from stg.orders",
        'select orders.id from "@stg.orders" AS "orders"',
    ),
    "a column with two": (
        "select raw.web.events.id from raw.web.events",
        'select events.id from "@raw.web.events" AS "events"',
    ),
    "a field with its schema": (
        "select stg.orders.part.a from stg.orders",
        'select orders.part.a from "@stg.orders" AS "orders"',
    ),
    "a field is no schema": (
        "select o.part.a, x.y.z from stg.orders o",
        'select o.part.a, x.y.z from "@stg.orders" o',
    ),
    "a CTE stays": (
        "with orders as (from stg.orders) from orders",
        'with orders as (from "@stg.orders" AS "orders") from orders',
    ),
    "text stays": ("select 'stg.orders' from a", 'select \'stg.orders\' from "@a" AS "a"'),
}


@pytest.mark.parametrize(("text", "expected"), MARKED.values(), ids=MARKED)
def test_upstreams_are_marked_and_nothing_else(text: str, expected: str) -> None:
    assert shown(sql.parse(text).marked) == expected


def test_every_place_of_marked_text_leads_back() -> None:
    text = "select stg.orders.id, o.x from stg.orders, raw.web.events o where y"
    parsed = sql.parse(text)
    for word in ("select", "orders.id", "o.x", "o where", "where", "y"):
        assert text[parsed.origin(parsed.marked.index(word)) :].startswith(word.split()[0])
    inside = parsed.marked.index("web.events")
    assert parsed.origin(inside) == text.index("raw.web.events")
    assert parsed.origin(len(parsed.marked)) == len(text)


UNDECLARED: dict[str, tuple[str, list[str]]] = {
    "a reader": ("select * from read_csv('a.csv')", ["read_csv(...)"]),
    "in its own words": ("select * from Read_Parquet(['a'])", ["Read_Parquet(...)"]),
    "an older name": ("select * from parquet_scan('a')", ["parquet_scan(...)"]),
    "several": ("from read_text('a') x, read_blob('b') y", ["read_text(...)", "read_blob(...)"]),
    "a list of files": ("from glob('*')", ["glob(...)"]),
    "SQL as text": ("from query('select 1'), query_table('a')", ["query(...)", "query_table(...)"]),
    "in a subquery": ("select (select max(x) from read_csv('a'))", ["read_csv(...)"]),
    "in a CTE": ("with t as (from read_json('a')) from t", ["read_json(...)"]),
    "the catalog": ("from information_schema.tables", ["information_schema.tables"]),
    "the catalog's functions": ("from duckdb_tables()", ["duckdb_tables(...)"]),
    "a file as a table": ("from 'a.csv'", ["'a.csv'"]),
    "a file in a folder": ('select * from "data/a.parquet" x', ['"data/a.parquet"']),
    "an address": ("from 'https://example.org/a.csv'", ["'https://example.org/a.csv'"]),
    "numbers": ("from range(3), generate_series(1, 2), repeat(1, 2)", []),
    "what is in the text": ("from unnest([1]) u, (values (1)) v, (select 1) s", []),
    "a CTE with a dot in its name": ('with "a.csv" as (select 1) from "a.csv"', []),
    "assets": ("from a, b.c, d.e.f", []),
}


@pytest.mark.parametrize(("text", "expected"), UNDECLARED.values(), ids=UNDECLARED)
def test_what_is_read_past_the_graph_is_found(text: str, expected: list[str]) -> None:
    found = list(sql.undeclared(sql.parse(text)))
    assert [call for call, _, _ in found] == expected
    for call, offset, length in found:
        assert text[offset : offset + length] == call.removesuffix("(...)")


REFUSED = {
    "nothing": ("", "E202", 0, "an asset is one SELECT; there is no statement here"),
    "a comment": ("-- later", "E202", 0, "an asset is one SELECT; there is no statement here"),
    "two statements": ("select 1; select 2", "E202", 10, "these are 2 statements"),
    "a change of data": ("  delete from a", "E202", 2, "this is DELETE"),
    "a command": ("set threads = 1", "E202", 0, "this is SET"),
    "half a query": ("select from where", "E201", None, "does not parse"),
    "an open text": ("select 'a", "E201", None, "not SQL"),
    "a control character": (f"select '{MARK}'", "E201", 8, "a control character"),
    "a name with one": (f'select * from "{MARK}stg.orders"', "E201", 15, "a control character"),
}


@pytest.mark.parametrize(("text", "code", "offset", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_one_select_is_refused(
    text: str, code: str, offset: int | None, words: str
) -> None:
    with pytest.raises(sql.SqlProblem) as caught:
        sql.parse(text)
    assert (caught.value.code, words in caught.value.message) == (code, True)
    assert offset in (None, caught.value.offset)


@pytest.mark.parametrize(
    "text", ["select 1;", ";select 1", "select 1;;\n;", "(select 1)", "with t as (select 1) from t"]
)
def test_one_select_is_taken_in_any_dress(text: str) -> None:
    assert sql.parse(text).references == ()


@pytest.mark.parametrize(
    "text",
    [f"select '{MARK}' as x", f'select * from "{MARK}stg.orders" o', f"select 1 as x -- {MARK}"],
    ids=["in a text", "in a name", "in a comment"],
)
def test_no_author_can_write_our_mark_not_even_where_duckdb_would_take_it(
    shop: Shop, text: str
) -> None:
    with pytest.raises(sql.SqlProblem, match="control character"):
        take_apart(shop.binder, text)


# ---- what only DuckDB can read


ONLY_DUCKDB = {
    "a table": (
        "select x'AA' as b, id from stg.orders",
        'select x\'AA\' as b, id from "@stg.orders" AS "orders"',
    ),
    "an alias": (
        "select x'AA' as b, o.id from stg.orders o",
        "select x'AA' as b, o.id from \"@stg.orders\" o",
    ),
    "a join": (
        "select x'AA' as b from stg.orders join stg.customers as c using (cid)",
        'select x\'AA\' as b from "@stg.orders" AS "orders" join "@stg.customers" as c using (cid)',
    ),
    "three segments": (
        "select x'AA' as b from raw.web.events",
        'select x\'AA\' as b from "@raw.web.events" AS "events"',
    ),
    "no table": ("select x'AA' as b", "select x'AA' as b"),
    "a CTE": (
        "with t as (from stg.orders o) select x'AA' as b, id from t",
        "with t as (from \"@stg.orders\" o) select x'AA' as b, id from t",
    ),
    "a subquery": (
        "select x'AA' as b from (select 1 from stg.orders) t",
        'select x\'AA\' as b from (select 1 from "@stg.orders" AS "orders") t',
    ),
}


@pytest.mark.parametrize(("text", "marked"), ONLY_DUCKDB.values(), ids=ONLY_DUCKDB)
def test_references_are_found_among_the_tokens_where_only_duckdb_can_read(
    shop: Shop, text: str, marked: str
) -> None:
    with pytest.raises(sql.Unreadable):
        sql.parse(text)
    parsed = take_apart(shop.binder, text)
    assert (parsed.tree, shown(parsed.marked)) == (None, marked)
    asset = shop.compiled(text)
    assert asset.opaque
    assert shop.rows_as_compiled(asset) == shop.rows(text)


def test_a_table_that_cannot_be_found_again_among_the_tokens_is_an_error() -> None:
    with pytest.raises(sql.SqlProblem, match=r"cannot tell where this reads stg\.orders"):
        sql.parse_tokens("select x'AA'", frozenset({"stg.orders"}))


def test_what_nobody_can_read_is_told_in_duckdbs_words(shop: Shop) -> None:
    with pytest.raises(sql.SqlProblem, match="does not parse: syntax error") as caught:
        take_apart(shop.binder, "select id from stg.orders where (id = 1\n\n")
    assert caught.value.offset == len("select id from stg.orders where (id = 1") - 1


# ---- compiled text


COMPILED = {
    "a star": (
        "select * from stg.customers c",
        'SELECT "c"."cid" AS "cid", "c"."name" AS "name", "c"."country" AS "country",'
        ' "c"."joined_at" AS "joined_at" FROM "@stg.customers" AS "c"',
    ),
    "names": (
        "SELECT Id FROM stg.orders",
        'SELECT "orders"."id" AS "id" FROM "@stg.orders" AS "orders"',
    ),
    "a name of nobody's": (
        "select id + 1 from stg.orders",
        'SELECT "orders"."id" + 1 AS "(id + 1)" FROM "@stg.orders" AS "orders"',
    ),
    "comments": (
        "select /* a */ id -- b\nfrom stg.orders",
        'SELECT "orders"."id" AS "id" FROM "@stg.orders" AS "orders"',
    ),
    "an order by position": (
        "select count(*) from stg.orders order by 1",
        'SELECT COUNT(*) AS "count_star()" FROM "@stg.orders" AS "orders" ORDER BY "count_star()"',
    ),
    "USING": (
        "select cid from stg.orders right join stg.customers using (cid)",
        'SELECT "customers"."cid" AS "cid" FROM "@stg.orders" AS "orders"'
        ' RIGHT JOIN "@stg.customers" AS "customers" ON "orders"."cid" = "customers"."cid"',
    ),
    "units of time": (
        "select placed_at + interval 1 day - interval '2 hours' as t from stg.orders",
        'SELECT "orders"."placed_at" + INTERVAL 1 DAY - INTERVAL \'2 hours\' AS "t"'
        ' FROM "@stg.orders" AS "orders"',
    ),
    "both ways of not null": (
        "select id from stg.orders where not cid is null and id is not null",
        'SELECT "orders"."id" AS "id" FROM "@stg.orders" AS "orders"'
        ' WHERE NOT "orders"."cid" IS NULL AND "orders"."id" IS NOT NULL',
    ),
    "a field's name": (
        "select {'Key': id} as s from stg.orders",
        'SELECT {\'Key\': "orders"."id"} AS "s" FROM "@stg.orders" AS "orders"',
    ),
}


@pytest.mark.parametrize(("text", "expected"), COMPILED.values(), ids=COMPILED)
def test_compiled_text_says_what_the_author_meant_in_full(
    shop: Shop, text: str, expected: str
) -> None:
    asset = shop.compiled(text)
    assert (shown(asset.text), asset.opaque) == (expected, "")


def test_what_has_no_tree_is_not_qualified(shop: Shop) -> None:
    parsed = take_apart(shop.binder, "select x'AA' as b from stg.orders")
    assert sql.qualified(parsed, SCHEMAS) is None


TOKENS = {
    "space and case": ("SELECT  Id\nFROM t", "select id from t"),
    "comments": ("select 1 -- x\n/* y */ as z", "select 1 as z"),
    "semicolons": ("select 1;", "select 1"),
    "texts are exact": ("select 'A  b'", "select 'A  b'"),
    "names in quotes are exact": ('select "A  b"', 'select "A  b"'),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "expected"), TOKENS.values(), ids=TOKENS)
def test_tokens_are_the_text_without_its_layout(text: str, expected: str) -> None:
    assert sql.tokens_of(text) == expected


def test_compiled_text_can_be_shown_to_people(shop: Shop) -> None:
    asset = shop.compiled("select o.id, e.kind from stg.orders o, raw.web.events e")
    assert sql.readable(asset.text).splitlines() == [
        "SELECT",
        '  "o"."id" AS "id",',
        '  "e"."kind" AS "kind"',
        'FROM stg.orders AS "o", raw.web.events AS "e"',
    ]
