"""What an edit of a query is called, and where it is said to be."""

import pytest

from freshline.definitions import SqlText
from freshline.lineage.changes import describe

BEFORE = """\
with paid as (
  select id, customer_id, amount from stg.orders where status = 'paid'
)
select
  p.customer_id,
  c.country,
  sum(p.amount) as total
from paid p
join stg.customers c using (customer_id)
where p.amount > 0
group by p.customer_id, c.country
having sum(p.amount) > 1
order by total
limit 10
"""
EDITS = {
    "an expression": (
        "sum(p.amount) as total",
        "max(p.amount) as total",
        "7:7 column total: expression changed",
    ),
    "a column added": ("  c.country,\n", "  c.country,\n  c.name,\n", "7:3 column name added"),
    "a column added at the end": ("as total", "as total,\n  count(*) as n", "8:3 column n added"),
    "a column removed": ("  c.country,\n", "", "5:3 column country removed"),
    "a column renamed": ("as total", "as sums", "7:3 column total renamed to sums"),
    "columns in another order": (
        "p.customer_id,\n  c.country,",
        "c.country,\n  p.customer_id,",
        "5:3 columns reordered",
    ),
    "WHERE": ("p.amount > 0\n", "p.amount > 5\n", "10:7 WHERE changed"),
    "WHERE taken away": ("where p.amount > 0\n", "", "5:3 WHERE removed"),
    "GROUP BY": (
        "group by p.customer_id, c.country",
        "group by c.country, p.customer_id",
        "11:10 GROUP BY changed",
    ),
    "HAVING": ("having sum(p.amount) > 1", "having sum(p.amount) > 2", "12:8 HAVING changed"),
    "HAVING taken away": ("having sum(p.amount) > 1\n", "", "5:3 HAVING removed"),
    "ORDER BY": ("order by total", "order by total desc", "13:10 ORDER BY changed"),
    "LIMIT": ("limit 10", "limit 11", "14:7 LIMIT changed"),
    "LIMIT taken away": ("limit 10\n", "", "5:3 LIMIT removed"),
    "QUALIFY added": (
        "order by",
        "qualify row_number() over (order by total) > 1 order by",
        "13:9 QUALIFY added",
    ),
    "a join": ("join stg.customers", "left join stg.customers", "9:11 JOIN changed"),
    "a join taken away": ("join stg.customers c using (customer_id)\n", "", "5:3 JOIN removed"),
    "FROM": ("from paid p", "from stg.orders p", "8:6 FROM changed"),
    "a CTE": ("status = 'paid'", "status = 'open'", "1:6 WITH changed"),
    "DISTINCT": ("select\n", "select distinct\n", "5:3 DISTINCT added"),
    "two at once": (
        "c.country,\n  sum(p.amount) as total",
        "upper(c.country) as country,\n  min(p.amount) as total",
        "6:3 column country: expression changed and 1 more",
    ),
}


def said(old: str, new: str) -> str:
    change = describe(old, SqlText(text=new, original=new, file="a.sql"))
    place = f"{change.span.line}:{change.span.column} " if change.span else ""
    return place + change.detail


@pytest.mark.parametrize(("old", "new", "expected"), EDITS.values(), ids=EDITS)
def test_an_edit_is_described_in_words_and_with_its_place(
    old: str, new: str, expected: str
) -> None:
    after = BEFORE.replace(old, new, 1)
    assert after != BEFORE
    assert said(BEFORE, after) == expected


def test_the_columns_concerned_are_named() -> None:
    after = BEFORE.replace("c.country,\n", "upper(c.country) as country,\n  1 as one,\n", 1)
    change = describe(BEFORE, SqlText(text=after, original=after, file="a.sql"))
    assert change.columns == ("country", "one")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("select 1 as x", "select 1 as x union all select 2"),
        ("select 1 as x union all select 2", "select 1 as x union all select 3"),
        ("no sql at all (", "select 1 as x"),
        ("select 1 as x", "no sql at all ("),
        ("select 1 as x", "select 1 as x -- a comment"),
    ],
    ids=["now a union", "another union", "old text unreadable", "new unreadable", "same logic"],
)
def test_where_no_difference_can_be_named_the_query_changed(old: str, new: str) -> None:
    assert said(old, new).endswith(" query changed")


def test_the_place_is_that_of_the_file_not_of_the_text() -> None:
    sql = SqlText(
        text="select id,\n2 as n", original="select id,\n2 as n", file="a.yaml", line=7, indent=4
    )
    change = describe("select id,\n1 as n", sql)
    assert str(change.span) == "a.yaml:8:5"
