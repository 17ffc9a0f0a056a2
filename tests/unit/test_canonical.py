"""What is compiled is the author's query, and its hash changes when, and only when, that does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.shop import Shop

from freshline.definitions import Column, Kind
from freshline.lineage.canonical import (
    MARK,
    bind,
    canonicaliser,
    code_version,
    marked,
)

QUERIES = Path(__file__).parent / "analyst_queries.sql"
SEEN_THROUGH = "seen through"


def corpus() -> Iterator[tuple[str, str]]:
    """Yield what the file says of each query: why it is opaque, or that it is seen through."""
    heading = ""
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        if line.startswith("-- "):
            heading = line.removeprefix("-- ")
        else:
            yield heading, line


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.mark.parametrize(("heading", "text"), [pytest.param(*c, id=c[1][:90]) for c in corpus()])
def test_what_is_compiled_gives_the_rows_of_what_the_author_wrote(
    shop: Shop, heading: str, text: str
) -> None:
    asset = shop.compiled(text)
    written = shop.rows(text)
    assert shop.rows_as_compiled(asset) == written
    assert [column.name for column in asset.columns] == written[0]
    assert (asset.opaque or SEEN_THROUGH) == heading


BASE = (
    "select o.id, upper(o.status) as s, o.amount::int as a from stg.orders o"
    " join stg.customers c on o.cid = c.cid where o.id > 1 and not o.status = 'x'"
)
SAME = {
    "comments": (
        BASE,
        BASE.replace("from", "/* the shop's */ from -- orders\n ").replace("where", "\n--\nwhere"),
    ),
    "whitespace": (BASE, BASE.replace(" ", "\n\t ")),
    "the case of keywords": (
        BASE,
        BASE.replace("select", "SELECT").replace("from", "From").replace(" and not", " AND NOT"),
    ),
    "the case of names that are not shown": (
        BASE,
        BASE.replace("o.cid = c.cid", "O.CID = c.Cid").replace("upper", "Upper"),
    ),
    "the case of an upstream": (BASE, BASE.replace("stg.orders", "STG.Orders")),
    "quotes around names": (BASE, BASE.replace("stg.orders o", '"stg"."orders" "o"')),
    "qualified names": (BASE, BASE.replace("(o.status)", "(status)").replace("o.id > 1", "id > 1")),
    "a name with its schema": (
        "select orders.id from stg.orders",
        "select stg.orders.id from stg.orders",
    ),
    "the other form of CAST": (BASE, BASE.replace("o.amount::int", "CAST(o.amount AS INTEGER)")),
    "parentheses around a name": (BASE, BASE.replace("o.id > 1", "(id) > (1)")),
    "a semicolon at the end": (BASE, f"{BASE} ;"),
    "AS, or not": (
        BASE,
        BASE.replace("stg.orders o", "stg.orders AS o").replace(" as s", " s").replace("as a", "a"),
    ),
    "an alias that is the name": (
        "select id from stg.orders",
        "select orders.id as id from stg.orders as orders",
    ),
    "INNER": (BASE, BASE.replace("join", "inner join")),
    "OUTER": (BASE.replace("join", "left join"), BASE.replace("join", "left outer join")),
    "USING of an inner join": (
        "select o.id, o.cid from stg.orders o join stg.customers c using (cid)",
        "select o.id, cid from stg.orders o join stg.customers c on o.cid = c.cid".replace(
            ", cid", ", o.cid"
        ),
    ),
    "a star and its columns": (
        "select * from stg.customers",
        "select cid, name, country, joined_at from stg.customers",
    ),
    "a position and its column": (
        "select status, count(*) as n from stg.orders group by 1 order by 2",
        "select status, count(*) as n from stg.orders group by status order by n",
    ),
    "another spelling of not equal": (
        "select id from stg.orders where id <> 1",
        "select id from stg.orders where id != 1",
    ),
    "comments in what is opaque": (
        "select columns('.*id') from stg.orders",
        "SELECT Columns('.*id')  -- two of them\nFROM stg.orders;",
    ),
}
CHANGES = {
    "another column": ("upper(o.status)", "upper(c.name)"),
    "another function": ("upper", "lower"),
    "another operator": ("id > 1", "id >= 1"),
    "another number": ("id > 1", "id > 2"),
    "another text": ("'x'", "'y'"),
    "the case of a text": ("'x'", "'X'"),
    "the name of a column": ("as s", "as status"),
    "the case of a column's name": ("as s", "as S"),
    "the order of columns": ("o.id, upper(o.status) as s", "upper(o.status) as s, o.id"),
    "one column more": ("o.id,", "o.id, o.cid,"),
    "one column less": ("o.id,", ""),
    "another upstream": ("stg.customers", "raw.web.events"),
    "the side of a join": ("join", "left join"),
    "the condition of a join": ("o.cid = c.cid", "o.id = c.cid"),
    "OR for AND": (" and ", " or "),
    "NOT taken away": ("and not", "and"),
    "the reach of NOT": (
        "o.id > 1 and not o.status = 'x'",
        "not (o.id > 1 and o.status = 'x')",
    ),
    "another type": ("::int", "::bigint"),
    "DISTINCT": ("select", "select distinct"),
    "a condition taken away": (" where o.id > 1 and not o.status = 'x'", ""),
    "LIMIT": ("'x'", "'x' limit 3"),
    "ORDER BY": ("'x'", "'x' order by 1"),
    "UNION ALL": ("'x'", "'x' union all select 1, 'a', 2"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_code_version_is_the_same_whatever(shop: Shop, one: str, other: str) -> None:
    assert one != other
    assert shop.compiled(one).code_version == shop.compiled(other).code_version


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_the_code_version_changes_with(shop: Shop, old: str, new: str) -> None:
    changed = BASE.replace(old, new, 1)
    assert changed != BASE
    assert shop.compiled(changed).code_version != shop.compiled(BASE).code_version


def test_no_two_of_the_changes_have_one_code_version(shop: Shop) -> None:
    texts = [BASE.replace(old, new, 1) for old, new in CHANGES.values()]
    assert len({shop.compiled(text).code_version for text in texts}) == len(texts)


@pytest.mark.parametrize(
    "pair",
    [
        ("select {'Key': id} as x from stg.orders", "select {'key': id} as x from stg.orders"),
        (
            "with t as (select id as Foo from stg.orders) select to_json(t) as j from t",
            "with t as (select id as foo from stg.orders) select to_json(t) as j from t",
        ),
        ("select payload.a as x from raw.web.events", "select payload.A as x from raw.web.events"),
        (
            "select payload->'$.a' as x from raw.web.events",
            "select payload->'$.A' as x from raw.web.events",
        ),
        (
            "select 'x' as x, columns('.*id') from stg.orders",
            "select 'X' as x, columns('.*id') from stg.orders",
        ),
    ],
    ids=["a field of a struct", "a row as JSON", "a member of JSON", "a path", "what is opaque"],
)
def test_case_that_is_content_counts(shop: Shop, pair: tuple[str, str]) -> None:
    one, other = (shop.compiled(text) for text in pair)
    assert one.code_version != other.code_version
    assert shop.rows_as_compiled(one) == shop.rows(pair[0])
    assert shop.rows_as_compiled(other) == shop.rows(pair[1])


@pytest.mark.parametrize("call", ["random()", "uuid()", "gen_random_uuid()", "setseed(0.5)"])
def test_what_differs_at_every_call_runs_as_it_is_written(shop: Shop, call: str) -> None:
    assert shop.compiled(f"select {call} as r from stg.orders").opaque


def test_the_rules_have_a_name_that_tells_the_release_of_the_analyser() -> None:
    assert "sqlglot-" in canonicaliser()


def test_the_columns_names_and_their_order_belong_to_the_code() -> None:
    a, b = Column("a", "INTEGER"), Column("b", "INTEGER")
    versions = {code_version(Kind.TABLE, "x", columns) for columns in ([a, b], [b, a], [a], [])}
    assert len(versions) == 4


def test_binding_replaces_whole_names_only() -> None:
    text = f"SELECT * FROM {marked('a.b')} JOIN {marked('a.b_c')} ON 'a.b' = '\"a.b\"'"
    bound = bind(text, {"a.b": "one", "a.b_c": "two"})
    assert bound == "SELECT * FROM one JOIN two ON 'a.b' = '\"a.b\"'"
    assert MARK not in bound
