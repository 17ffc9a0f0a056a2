"""A little shop: tables with nulls and duplicates, and queries over them as authors write them.

An author's text can be run twice: verbatim, on tables of those names, and as Freshline compiled it.
"""

from collections import Counter
from collections.abc import Mapping

import duckdb

from freshline.definitions import AssetDefinition, Column, SqlText
from freshline.errors import Span
from freshline.lineage.analysed import Analysis
from freshline.lineage.analysis import Doubt, analyse, take_apart
from freshline.lineage.binder import Binder
from freshline.lineage.canonical import MARK, bind
from freshline.lineage.graph import Asset
from freshline.lineage.quoting import quoted

SCHEMAS: Mapping[str, tuple[Column, ...]] = {
    "stg.orders": (
        Column("id", "INTEGER"),
        Column("cid", "INTEGER"),
        Column("amount", "DECIMAL(18,2)"),
        Column("status", "VARCHAR"),
        Column("placed_at", "TIMESTAMP"),
        Column("tags", "VARCHAR[]"),
        Column("part", "STRUCT(a INTEGER, b VARCHAR)"),
    ),
    "stg.customers": (
        Column("cid", "INTEGER"),
        Column("name", "VARCHAR"),
        Column("country", "VARCHAR"),
        Column("joined_at", "TIMESTAMP"),
    ),
    "raw.web.events": (
        Column("id", "BIGINT"),
        Column("cid", "INTEGER"),
        Column("kind", "VARCHAR"),
        Column("payload", "JSON"),
    ),
    # Three small tables that share most of their names, for generated queries.
    "g.a": (Column("k", "INTEGER"), Column("n", "INTEGER"), Column("s", "VARCHAR")),
    "g.b": (Column("k", "INTEGER"), Column("n", "INTEGER"), Column("t", "VARCHAR")),
    "g.c": (Column("k", "INTEGER"), Column("m", "INTEGER"), Column("s", "VARCHAR")),
}
_ROWS = {
    "stg.orders": """
        (1, 1, 10.50, 'paid', TIMESTAMP '2024-01-01 10:00:00', ['a', 'b'], {'a': 1, 'b': 'x'}),
        (2, 1, 99.99, 'open', TIMESTAMP '2024-01-02 11:30:00', ['b'], {'a': 2, 'b': 'y'}),
        (3, 2, NULL, 'paid', TIMESTAMP '2024-02-01 00:00:00', [], NULL),
        (4, NULL, 0.00, NULL, NULL, NULL, {'a': NULL, 'b': NULL}),
        (5, 9, -3.20, 'a-b', TIMESTAMP '2024-02-29 23:59:59', ['A', NULL], {'a': 1, 'b': 'X'}),
        (6, 2, 10.50, 'Paid', TIMESTAMP '2025-01-01 10:00:00', ['a'], {'a': 3, 'b': 'z'}),
        (6, 2, 10.50, 'Paid', TIMESTAMP '2025-01-01 10:00:00', ['a'], {'a': 3, 'b': 'z'}),
        (7, 3, 5.25, '', TIMESTAMP '2023-12-31 08:00:00', ['c', 'a'], {'a': 0, 'b': ''})""",
    "stg.customers": """
        (1, 'Ada', 'DE', TIMESTAMP '2023-01-01 00:00:00'),
        (2, 'Bob', NULL, TIMESTAMP '2024-01-15 00:00:00'),
        (2, 'Bob', NULL, TIMESTAMP '2024-01-15 00:00:00'),
        (3, 'Cyd', 'FR', NULL),
        (NULL, 'Nil', 'DE', TIMESTAMP '2022-01-01 00:00:00'),
        (4, NULL, 'de', TIMESTAMP '2024-06-01 00:00:00')""",
    "raw.web.events": """
        (1, 1, 'view', '{"a": 1, "A": "x"}'), (2, 1, 'VIEW', '{"b": [1, 2]}'),
        (3, 2, 'click', NULL), (4, NULL, 'view', '{}')""",
    "g.a": "(1, 1, 'x'), (1, 1, 'x'), (2, NULL, 'y'), (NULL, 2, NULL), (3, 0, 'X'), (4, 3, '')",
    "g.b": "(1, 2, 'x'), (2, 2, NULL), (2, NULL, 'y'), (NULL, 1, 'z'), (5, 0, 'Y')",
    "g.c": "(1, 1, 'x'), (3, NULL, 'y'), (3, 4, 'X'), (NULL, NULL, NULL), (6, 2, 'w')",
}


class Shop:
    """The tables in a database, and a binder that knows their columns."""

    def __init__(self) -> None:
        self.binder = Binder()
        self._database = duckdb.connect(config={"threads": 1})
        self._database.execute("SET TimeZone = 'UTC'")
        self._database.execute("ATTACH ':memory:' AS raw")
        for schema in ("stg", "raw.web", "g"):
            self._database.execute(f"CREATE SCHEMA {schema}")
        for key, columns in SCHEMAS.items():
            fields = ", ".join(f"{c.name} {c.type}" for c in columns)
            self._database.execute(f"CREATE TABLE {key} ({fields})")
            self._database.execute(f"INSERT INTO {key} VALUES {_ROWS[key]}")
            self.binder.declare(MARK + key, columns)

    def close(self) -> None:
        self.binder.close()
        self._database.close()

    def compiled(self, text: str) -> Asset:
        """Return what Freshline makes of a text; an AssertionError says why it makes nothing."""
        found = self.analysis(text)
        assert found.asset is not None, found.diagnostics
        return found.asset

    def analysis(self, text: str) -> Analysis:
        """Return what Freshline makes of a text; SqlProblem where it does not parse."""
        parsed = take_apart(self.binder, text)
        schemas = {r.key: SCHEMAS[r.key] for r in parsed.references}
        found = analyse(self.binder, definition_of(text), parsed, schemas)
        return found.settled() if isinstance(found, Doubt) else found

    def rows(self, query: str) -> tuple[list[str], Counter[str]]:
        """Return the columns of a query's result and the bag of its rows, told apart by type."""
        cursor = self._database.execute(query)
        names = [str(column[0]) for column in cursor.description or ()]
        return names, Counter(repr(row) for row in cursor.fetchall())

    def rows_as_compiled(self, asset: Asset) -> tuple[list[str], Counter[str]]:
        """Return the same of what Freshline would run."""
        return self.rows(bind(asset.text, {key: relation(key) for key in asset.upstreams}))


def relation(key: str) -> str:
    """Return how the database of the shop calls an upstream."""
    return ".".join(quoted(part) for part in key.split("."))


def definition_of(text: str, key: str = "x.y") -> AssetDefinition:
    """Return an asset that is only its SQL."""
    file = f"assets/{key.replace('.', '/')}.sql"
    return AssetDefinition(
        key=key,
        file=file,
        span=Span(file=file, line=1, column=1),
        sql=SqlText(text=text, original=text, file=file),
    )
