"""From which columns of its upstreams a query makes each of its own."""

import pytest

from freshline.definitions import Column
from freshline.lineage.canonical import marked
from freshline.lineage.columns import column_lineage

SCHEMAS = {
    "g.u": (Column("id", "INTEGER"), Column("name", "VARCHAR"), Column("amount", "INTEGER")),
    "v": (Column("id", "INTEGER"), Column("country", "VARCHAR")),
}
# A text, and its traces: output, upstream.column, kind.
TRACES = {
    "a column as it is": ("select u.id from @u", "id g.u.id direct"),
    "a column under another name": ("select u.id as x from @u", "x g.u.id direct"),
    "an expression": ("select upper(u.name) as x from @u", "x g.u.name expression"),
    "an aggregate, and its groups": (
        "select u.name, sum(u.amount * 2) as x from @u group by u.name",
        "* g.u.name indirect, name g.u.name direct, x g.u.amount aggregate",
    ),
    "a window function": (
        "select sum(u.amount) over (partition by u.id) as x from @u",
        "x g.u.amount window, x g.u.id window",
    ),
    "conditions of rows and joins": (
        "select v.country from @u join @v on u.id = v.id where u.amount > 1",
        "* g.u.amount indirect, * g.u.id indirect, * v.id indirect, country v.country direct",
    ),
    "several steps, of which the last kind tells": (
        "with k as (select u.id, u.amount + 1 as a from @u) select max(k.a) as x from k",
        "x g.u.amount aggregate",
    ),
    "a step that changes nothing behind one that does": (
        "select k.a as x from (select sum(u.amount) as a from @u) as k",
        "x g.u.amount aggregate",
    ),
    "both sides of UNION ALL": (
        "select u.id as x from @u union all select v.id + 1 from @v",
        "x g.u.id direct, x v.id expression",
    ),
    "a constant": ("select 1 as x from @u", ""),
    "a star": ("select * from @v", "country v.country direct, id v.id direct"),
}


@pytest.mark.parametrize(("text", "traces"), TRACES.values(), ids=TRACES)
def test_columns_come_from(text: str, traces: str) -> None:
    text = text.replace("@u", f"{marked('g.u')} AS u").replace("@v", f"{marked('v')} AS v")
    found = [
        f"{t.output or '*'} {t.upstream}.{t.column} {t.kind.name.lower()}"
        for t in column_lineage(text, SCHEMAS)
    ]
    assert ", ".join(found) == traces


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("select", id="no query"),
        pytest.param("select nothing.x from nowhere as nothing", id="what is not there"),
        pytest.param("with recursive r as (select 1 as n union all select n + 1 from r"
                     " where n < 3) select n from r", id="a recursion over nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_apart_has_no_traces_of_upstreams(text: str) -> None:
    assert not [t for t in column_lineage(text, SCHEMAS) if t.upstream in SCHEMAS]
