"""One small project and twenty edits of it, as plain values that any tool's files can be made of.

python -m tests.bench.peers_edits        tells which assets hold other rows after each edit
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

SOURCES = {
    "raw.orders": """
        SELECT * FROM (VALUES
            (1, 1, 'paid', 20, DATE '2026-03-01', NULL),
            (2, 2, 'PAID', 35, DATE '2026-03-01', 'ring twice'),
            (3, 3, 'cancelled', 10, DATE '2026-03-01', NULL),
            (4, 1, 'paid', 15, DATE '2026-03-02', NULL),
            (5, 4, 'Open', 60, DATE '2026-03-02', 'gift'),
            (6, 5, 'paid', 5, DATE '2026-03-02', NULL),
            (7, 2, 'cancelled', 80, DATE '2026-03-03', 'wrong address'),
            (8, 3, 'paid', 25, DATE '2026-03-03', NULL),
            (9, 4, 'open', 0, DATE '2026-03-04', 'a sample')
        ) AS t(order_id, customer_id, status, amount, ordered_on, note)""",
    "raw.customers": """
        SELECT * FROM (VALUES
            (1, 'Ada', 'GB', 'ada@example.com'), (2, 'Bram', 'NL', 'Bram@Example.com'),
            (3, 'Chloe', 'FR', NULL), (4, 'Dora', 'NL', 'dora@example.com'),
            (5, 'Emil', NULL, 'emil@example.com')
        ) AS t(customer_id, name, country, email)""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One asset, whatever the tool calls it: its query, and what is said beside it."""

    sql: str
    description: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit: the model, and what of its text becomes what; or another model in its place."""

    name: str
    model: str
    old: str = ""
    new: str = ""
    described: str = ""
    moved: str = ""


MODELS = {
    "stg.orders": Model(
        sql="""\
SELECT order_id, customer_id, lower(status) AS status, amount, ordered_on, note
FROM raw.orders"""
    ),
    "stg.customers": Model(
        sql="""\
SELECT customer_id, name, country, email
FROM raw.customers"""
    ),
    "int.enriched": Model(
        sql="""\
SELECT o.order_id, o.customer_id, c.country, o.amount, o.status, o.ordered_on
FROM stg.orders AS o
LEFT JOIN stg.customers AS c ON o.customer_id = c.customer_id
WHERE o.status <> 'cancelled'"""
    ),
    "mart.daily": Model(
        sql="""\
SELECT ordered_on, sum(amount) AS revenue, count(*) AS orders
FROM int.enriched
GROUP BY ordered_on"""
    ),
    "mart.country": Model(
        sql="SELECT country, sum(amount) AS revenue\nFROM int.enriched\nGROUP BY country"
    ),
    "mart.ltv": Model(
        sql="SELECT customer_id, sum(amount) AS ltv\nFROM int.enriched\nGROUP BY customer_id"
    ),
    "mart.volume": Model(sql="SELECT count(*) AS orders\nFROM stg.orders"),
    "mart.emails": Model(
        sql="SELECT customer_id, email\nFROM stg.customers\nWHERE email IS NOT NULL"
    ),
    "mart.early": Model(sql="SELECT customer_id\nFROM stg.customers\nWHERE name < 'D'"),
    "mart.statuses": Model(sql="SELECT DISTINCT status\nFROM stg.orders"),
    "rpt.statuses": Model(sql="SELECT count(*) AS statuses\nFROM mart.statuses"),
    "rpt.top": Model(
        sql="SELECT customer_id, ltv\nFROM mart.ltv\nORDER BY ltv DESC, customer_id\nLIMIT 3"
    ),
}

EDITS = (
    Edit(
        name="other layout, keywords in lower case",
        model="stg.orders",
        old="SELECT order_id, customer_id,",
        new="select\n    order_id,\n    customer_id,",
    ),
    Edit(name="a comment", model="stg.orders", old="SELECT", new="-- one row each\nSELECT"),
    Edit(name="a description", model="stg.orders", described="Orders, cleaned."),
    Edit(name="the file moved to another folder", model="stg.orders", moved="shop"),
    Edit(
        name="a table alias renamed",
        model="int.enriched",
        old="SELECT o.order_id, o.customer_id, c.country, o.amount, o.status, o.ordered_on\n"
        "FROM stg.orders AS o\n"
        "LEFT JOIN stg.customers AS c ON o.customer_id = c.customer_id",
        new="SELECT o.order_id, o.customer_id, k.country, o.amount, o.status, o.ordered_on\n"
        "FROM stg.orders AS o\n"
        "LEFT JOIN stg.customers AS k ON o.customer_id = k.customer_id",
    ),
    Edit(
        name="a CTE put around a table",
        model="mart.daily",
        old="SELECT ordered_on, sum(amount) AS revenue, count(*) AS orders\nFROM int.enriched",
        new="WITH e AS (SELECT * FROM int.enriched)\n"
        "SELECT ordered_on, sum(amount) AS revenue, count(*) AS orders\nFROM e",
    ),
    Edit(
        name="operands of = and <> swapped",
        model="int.enriched",
        old="o.customer_id = c.customer_id\nWHERE o.status <> 'cancelled'",
        new="c.customer_id = o.customer_id\nWHERE 'cancelled' <> o.status",
    ),
    Edit(
        name="a column that nobody reads",
        model="stg.orders",
        old="note\n",
        new="upper(note) AS note\n",
    ),
    Edit(
        name="a column with one reader",
        model="stg.customers",
        old="email",
        new="lower(email) AS email",
    ),
    Edit(
        name="a column that most sum",
        model="stg.orders",
        old="amount,",
        new="amount * 100 AS amount,",
    ),
    Edit(
        name="an expression that changes no row",
        model="stg.orders",
        old="lower(status)",
        new="lower(trim(status))",
    ),
    Edit(
        name="a column that one reader only filters by",
        model="stg.customers",
        old="name,",
        new="lower(name) AS name,",
    ),
    Edit(name="a new column", model="stg.orders", old="note\n", new="note, length(note) AS size\n"),
    Edit(name="a column dropped that nobody reads", model="stg.orders", old=", note\n", new="\n"),
    Edit(
        name="a column renamed that nobody reads",
        model="stg.orders",
        old="note\n",
        new="note AS remark\n",
    ),
    Edit(
        name="columns in another order",
        model="stg.customers",
        old="name, country",
        new="country, name",
    ),
    Edit(
        name="a filter",
        model="stg.orders",
        old="FROM raw.orders",
        new="FROM raw.orders\nWHERE amount > 0",
    ),
    Edit(
        name="rows sorted",
        model="stg.customers",
        old="FROM raw.customers",
        new="FROM raw.customers\nORDER BY name",
    ),
    Edit(name="the LIMIT of a report", model="rpt.top", old="LIMIT 3", new="LIMIT 2"),
    Edit(
        name="a column more under DISTINCT, whose rows are counted",
        model="mart.statuses",
        old="DISTINCT status",
        new="DISTINCT status, amount",
    ),
)


def edited(edit: Edit | None) -> dict[str, Model]:
    """Return the models after one edit, or as they were."""
    if edit is None:
        return dict(MODELS)
    model = MODELS[edit.model]
    assert edit.old in model.sql, edit.name
    sql = model.sql + "\n"
    sql = (sql.replace(edit.old, edit.new, 1) if edit.old else sql).rstrip("\n")
    changed = replace(model, sql=sql, description=edit.described, folder=edit.moved)
    return {**MODELS, edit.model: changed}


def reads(sql: str, keys: Iterable[str]) -> list[str]:
    """Return which of the keys a query names."""
    return [key for key in keys if key in sql]


def in_order(models: dict[str, Model]) -> list[str]:
    """Return the models, each behind those that it reads."""
    names = {key: reads(model.sql, models) for key, model in models.items()}
    return list(TopologicalSorter(names).static_order())


def changed_rows(edit: Edit) -> list[str]:
    """Return the assets that hold other rows or columns after an edit, as DuckDB alone says."""
    before, after = _contents(edited(None)), _contents(edited(edit))
    return [key for key in MODELS if before[key] != after[key]]


def _contents(models: dict[str, Model]) -> dict[str, object]:
    import duckdb

    found: dict[str, object] = {}
    with duckdb.connect() as connection:
        for schema in {key.split(".")[0] for key in (*SOURCES, *models)}:
            connection.execute(f"CREATE SCHEMA {schema}")
        for key, rows in SOURCES.items():
            connection.execute(f"CREATE TABLE {key} AS {rows}")
        for key in in_order(models):
            connection.execute(f"CREATE TABLE {key} AS {models[key].sql}")
            relation = connection.sql(f"FROM {key}")
            order = sorted(range(len(relation.columns)), key=relation.columns.__getitem__)
            held = sorted([repr(row[i]) for i in order] for row in relation.fetchall())
            found[key] = (sorted(relation.columns), held)
    return found


if __name__ == "__main__":
    for one in EDITS:
        sys.stdout.write(f"{one.name}: {', '.join(changed_rows(one)) or 'none'}\n")
