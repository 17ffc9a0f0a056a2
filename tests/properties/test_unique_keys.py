"""Whether keys are unique is first asked of hashes: the answer is that of comparing the keys."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshline.definitions import CheckDefinition, CheckKind, Column
from freshline.errors import Span
from freshline.execute.checking import Subject, run_checks
from freshline.execute.setting import Input
from freshline.execute.sql_engine import SqlEngine
from freshline.keys import Target
from freshline.lineage.graph import Check
from freshline.state import TargetState

# Values that are equal though they look different, and the other way round.
TYPES = {
    "DOUBLE": ("0.0", "-0.0", "'nan'", "'-nan'", "'inf'", "1.5"),
    "INTERVAL": ("'1 month'", "'30 days'", "'31 days'", "'720 hours'", "'0 days'"),
    "VARCHAR": ("'a'", "'A'", "'a '", "''", "'é'", "'é'"),
    "DECIMAL(9,2)": ("1", "1.00", "-1"),
    "DOUBLE[]": ("[0.0]", "[-0.0]", "[NULL]", "[]"),
    "STRUCT(a INTERVAL)": ("{'a': '1 month'}", "{'a': '30 days'}", "{'a': NULL}"),
}
TARGET = Target("world", "main", "marts.a")


@pytest.fixture(scope="module")
def engine() -> Iterator[SqlEngine]:
    engine = SqlEngine(folders=[], threads=1)
    yield engine
    engine.close()


@st.composite
def tables(draw: st.DrawFn) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    types = tuple(draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=2)))
    row = st.tuples(*(st.sampled_from((*TYPES[type], "NULL")) for type in types))
    return types, draw(st.lists(row, max_size=6))


@given(table=tables())
@settings(max_examples=150, deadline=None)
def test_as_many_rows_fail_as_share_their_key(
    engine: SqlEngine, table: tuple[tuple[str, ...], list[tuple[str, ...]]]
) -> None:
    types, rows = table
    names = [f"k{n}" for n in range(len(types))]
    casts = [
        ", ".join(f"{v}::{t} AS {n}" for v, t, n in zip(row, types, names, strict=True))
        for row in rows
    ]
    none = ", ".join(f"NULL::{t} AS {n}" for t, n in zip(types, names, strict=True))
    texts = [f"SELECT {none} WHERE false", *(f"SELECT {cast}" for cast in casts)]
    engine.create_table("subject", " UNION ALL ".join(texts))
    key, same = ", ".join(names), " AND ".join(f"one.{n} = other.{n}" for n in names)
    known = " AND ".join(f"{n} IS NOT NULL" for n in names)
    repeated = f"SELECT {key} FROM subject WHERE {known} GROUP BY {key} HAVING count(*) > 1"
    definition = CheckDefinition(
        name="unique", kind=CheckKind.UNIQUE, span=Span(file="a.sql", line=1, column=1)
    )
    check = Check(
        definition=definition,
        digest="d",
        query=f'SELECT * FROM "\x01marts.a" SEMI JOIN ({repeated}) USING ({key})',
        columns=tuple(names),
    )
    subject = Subject(
        target=TARGET,
        checks=(check,),
        columns=tuple(Column(n, t) for n, t in zip(names, types, strict=True)),
        content=Input("subject", "v1", "v1"),
        others={},
        known=TargetState(target=TARGET),
    )
    numbered = "(SELECT *, row_number() OVER () AS row FROM subject)"
    ((pairs,),) = engine.rows(
        f"SELECT count(DISTINCT one.row) FROM {numbered} AS one, {numbered} AS other"
        f" WHERE one.row <> other.row AND {same}"
    )
    assert run_checks(engine, subject, [check])["d"].failing == pairs
