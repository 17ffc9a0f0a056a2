"""Assets from SQL files, front matter and YAML: what is read, resolved and set aside."""

import pytest

from freshline.codec import decode, digest_of, encode
from freshline.declare.project import FileDeclared, assemble, declare_file, read_settings
from freshline.definitions import AssetDefinition, Declared
from freshline.errors import Span

PLAIN = read_settings("project: shop\n")
SETTINGS = read_settings(
    """\
project: shop
vars: {min_amount: 10}
owners: {data: {email: data@shop.example}, ada: {chat: "@ada"}}
storages: {warehouse: {adapter: lake}}
defaults: {owner: data, group: all, tags: [shop], storage: warehouse}
environments: {dev: {vars: {min_amount: 20}}, prod: {}}
"""
)


def one(path: str, text: str) -> AssetDefinition:
    found = declare_file(path, text, SETTINGS)
    assert found.diagnostics == ()
    (asset,) = found.assets
    return asset


def project(files: dict[str, str]) -> Declared:
    return assemble(PLAIN, [declare_file(path, text, PLAIN) for path, text in files.items()])


def test_a_bare_sql_file_is_an_asset_named_by_its_path() -> None:
    found = declare_file("assets/stg/orders.sql", "SELECT 1 AS one\n", PLAIN)
    (asset,) = found.assets
    assert (asset.key, asset.file, asset.group) == ("stg.orders", "assets/stg/orders.sql", "stg")
    assert asset.sql.text == "SELECT 1 AS one\n"
    assert asset.span == Span(file="assets/stg/orders.sql", line=1, column=1)
    assert (asset.owner, asset.tags, asset.storage) == (None, (), None)


def test_front_matter_describes_the_sql_below_it() -> None:
    asset = one(
        "assets/stg/orders.sql",
        """\

/*---
description: |
  One row per order.
owner: ada
tags: [staging, shop]
meta: {pages: 3, tested: true, weight: 1.5, notes: [a, null]}
links: {wiki: "https://wiki.shop.example"}
columns:
  order_id: bigint!
  Amount: {type: "decimal(18, 2)", description: In euro.}
  note:
---*/

SELECT order_id, amount FROM raw.orders WHERE amount > ${var.min_amount}
""",
    )
    assert asset.description == "One row per order."
    assert (asset.owner, asset.group, asset.storage) == ("ada", "all", "warehouse")
    assert asset.tags == ("shop", "staging")
    assert asset.meta == {"pages": 3, "tested": True, "weight": 1.5, "notes": ["a", None]}
    assert asset.links == (("wiki", "https://wiki.shop.example"),)
    columns = [(c.name, c.type, c.not_null, c.description) for c in asset.columns]
    assert columns == [
        ("order_id", "bigint", True, ""),
        ("Amount", "decimal(18, 2)", False, "In euro."),
        ("note", None, False, ""),
    ]
    assert asset.columns[1].span == Span(file=asset.file, line=11, column=3, length=6)
    assert asset.sql.text.startswith("SELECT order_id")
    assert (asset.sql.line, asset.sql.column) == (15, 1)
    assert asset.sql.variables == ("min_amount",)


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        pytest.param("owner: null", (None, "all", ("shop",), "warehouse"), id="no owner"),
        pytest.param("group:", ("data", "stg", ("shop",), "warehouse"), id="the built-in group"),
        pytest.param("tags: ~", ("data", "all", (), "warehouse"), id="no tags"),
        pytest.param("storage: null", ("data", "all", ("shop",), None), id="the project's storage"),
        pytest.param("tags: x", ("data", "all", ("shop", "x"), "warehouse"), id="a single tag"),
    ],
)
def test_null_unsets_and_tags_add_up(front: str, expected: tuple[object, ...]) -> None:
    asset = one("assets/stg/a.sql", f"/*---\n{front}\n---*/\nSELECT 1")
    assert (asset.owner, asset.group, asset.tags, asset.storage) == expected


def test_a_value_of_an_environment_comes_before_the_default() -> None:
    text = "SELECT ${var.min_amount}"
    values = {
        environment: declare_file("assets/a.sql", text, SETTINGS, environment).assets[0].sql.text
        for environment in ("dev", "prod", "nowhere")
    }
    assert values == {"dev": "SELECT 20", "prod": "SELECT 10", "nowhere": "SELECT 10"}


@pytest.mark.parametrize(
    ("yaml", "needle"),
    [
        pytest.param("sql: |\n  SELECT 1,\n    missing\n", "missing", id="a literal block"),
        pytest.param("sql: |-\n\n    SELECT 1,\n\n     missing", "missing", id="with empty lines"),
        pytest.param("sql: |1\n   SELECT 1,\n    missing\n", "missing", id="with its indent told"),
        pytest.param("tags: [a]\nsql: SELECT missing # note\n", "missing", id="a plain value"),
        pytest.param("sql: 'SELECT missing'\n", "missing", id="a quoted value"),
        pytest.param("{sql: 'SELECT missing'}\n", "missing", id="in a flow mapping"),
        pytest.param("sql: |\n  SELECT ${var.min_amount},\n  missing\n", "missing", id="rendered"),
    ],
)
def test_places_in_sql_lead_back_into_the_yaml(yaml: str, needle: str) -> None:
    sql = one("assets/a.yaml", yaml).sql
    span = sql.span(sql.text.index(needle), len(needle))
    line = yaml.split("\n")[span.line - 1]
    assert line[span.column - 1 :][: span.length] == needle


@pytest.mark.parametrize(
    "yaml",
    [
        pytest.param("sql: >\n  SELECT\n  missing\n", id="a folded block"),
        pytest.param("sql: SELECT\n  missing\n", id="a plain value of two lines"),
        pytest.param('sql: "SELECT\\n missing"\n', id="escapes"),
        pytest.param("sql: &a |\n  SELECT missing\n", id="an anchor"),
        pytest.param("sql: >\n  SELECT\n  missing, ${var.min_amount}\n", id="folded and rendered"),
    ],
)
def test_sql_that_yaml_rewrote_leads_back_to_where_it_begins(yaml: str) -> None:
    sql = one("assets/a.yaml", yaml).sql
    span = sql.span(sql.text.index("missing"))
    assert (span.line, span.column) == (1, 6)
    assert sql.line_at(span).strip() in yaml


def test_one_file_may_hold_many_assets_and_a_broken_one_stays_alone() -> None:
    found = declare_file(
        "assets/many.yaml",
        """\
assets:
  a.good: {sql: SELECT 1}
  a.bad: {sql: SELECT 1, ownr: x}
  a.twice: {sql: SELECT 1, tags: [a], tags: [b]}
  a.empty: {sql: }
sources:
  raw.good: {path: data/a.csv}
""",
        PLAIN,
    )
    assert [asset.key for asset in found.assets] == ["a.good"]
    assert [source.key for source in found.sources] == ["raw.good"]
    assert found.broken == ("a.bad", "a.twice", "a.empty")
    assert [(d.code, d.asset) for d in found.diagnostics] == [
        ("E102", "a.bad"),
        ("E109", "a.twice"),
        ("E106", "a.empty"),
    ]
    assert found.assets[0].span.line == 2


def test_a_side_car_describes_the_sql_beside_it() -> None:
    declared = project(
        {
            "assets/marts/daily.sql": "SELECT 1 AS one",
            "assets/marts/daily.yaml": "description: Daily.\nkey: marts.per_day\n",
        }
    )
    (asset,) = declared.assets
    assert (asset.key, asset.description) == ("marts.per_day", "Daily.")
    assert (asset.file, asset.span.file) == ("assets/marts/daily.sql", "assets/marts/daily.sql")
    assert asset.sql.text == "SELECT 1 AS one"
    assert (declared.diagnostics, declared.broken) == ((), ())


def test_a_project_does_not_depend_on_the_order_of_its_files() -> None:
    files = {
        "assets/a.sql": "SELECT 1",
        "assets/a.yaml": "description: x\n",
        "assets/b.sql": "SELECT ${var.x}",
        "assets/c.yaml": "key: b\nsql: SELECT 2\n",
        "assets/d.yaml": "assets: {d: {sql: SELECT 3}, e: {sql: SELECT 4}}\n",
        "sources/e.yaml": "sources: {e: {path: x.csv}}\n",
    }
    forth, back = project(files), project(dict(reversed(files.items())))
    assert forth == back
    assert [asset.key for asset in forth.assets] == ["a", "d"]
    assert forth.broken == ("b", "e")


def test_a_finding_about_unreadable_bytes_sets_its_asset_aside() -> None:
    found = declare_file("assets/a.sql", b"SELECT '\xff'", PLAIN)
    assert found.broken == ("a",)
    assert [(d.code, d.asset) for d in found.diagnostics] == [("E101", "a")]


def test_a_checkout_with_crlf_declares_the_same() -> None:
    text = "/*---\ndescription: x\n---*/\nSELECT 'a\nb',\n  ${var.min_amount}\n"
    crlf = text.replace("\n", "\r\n")
    assert declare_file("assets/a.sql", crlf, SETTINGS) == declare_file(
        "assets/a.sql", text, SETTINGS
    )


def test_what_a_file_declares_survives_a_cache() -> None:
    text = (
        "/*---\nmeta: {a: [1, {b: null}], c: 1.5}\nlinks: https://a.example\nowner: nobody\n"
        "columns: {x: int!}\nkind: view\n---*/\nSELECT ${var.min_amount}, ${var.nope}"
    )
    for path, content in (("assets/a.sql", text), ("assets/a.yaml", "owner: ada"), ("x", "")):
        found = declare_file(path, content, SETTINGS)
        assert decode(encode(found), FileDeclared) == found


def test_a_scope_is_all_that_a_file_depends_on() -> None:
    commented = read_settings("# a comment moves every line\nproject: other\nvars: {a: 1}\n")
    plain = read_settings("project: shop\nvars: {a: 1}\nowners: {}\n")
    changed = read_settings("project: shop\nvars: {a: 2}\n")
    assert digest_of(commented.scope("main")) == digest_of(plain.scope("main"))
    assert digest_of(changed.scope("main")) != digest_of(plain.scope("main"))


@pytest.mark.parametrize(
    "path",
    ["macros/x.yaml", "assets/README.md", "assets/notes.txt", "sources/data.csv", "assets/.sql"],
)
def test_other_files_declare_nothing(path: str) -> None:
    assert declare_file(path, "anything: [", PLAIN) == FileDeclared(file=path)


@pytest.mark.parametrize(
    "type",
    [
        "bigint",
        "DOUBLE",
        "decimal(18,2)",
        "timestamp with time zone",
        "int[]",
        "int[3]",
        "varchar[][]",
        "struct(a int, b map(varchar, int))",
        "enum('a', 'b-c')",
        'struct("my field" int)',
        "union(num int, str varchar)",
        "time without time zone",
    ],
)
def test_types_of_duckdb_look_like_types(type: str) -> None:
    asset = one(
        "assets/a.yaml", f"sql: SELECT 1\ncolumns:\n  a: {{type: {type!r}}}\n  b: {type}!\n"
    )
    assert [(c.type, c.not_null) for c in asset.columns] == [(type, False), (type, True)]


@pytest.mark.parametrize(
    "type", ["", "1", "a;b", "a)", "a(", "a(b", "a(b))", "(a)", "a -- b", "a/*b*/", "a'b", "true;"]
)
def test_what_does_not_look_like_a_type_is_refused(type: str) -> None:
    text = f"sql: SELECT 1\ncolumns: {{a: {{type: {type!r}}}}}\n"
    assert [d.code for d in declare_file("assets/a.yaml", text, PLAIN).diagnostics] == ["E105"]


def test_a_misspelt_key_of_the_sql_is_one_finding() -> None:
    for path, text in {
        "assets/a.yaml": "sqll: SELECT 1 AS n\n",
        "assets/_all.yaml": "assets:\n  b:\n    sqll: SELECT 1 AS n\n",
    }.items():
        found = project({path: text})
        assert [(d.code, d.fix) for d in found.diagnostics] == [("E102", 'did you mean "sql"?')]
