"""Which queries hang on the order of what they read."""

import pytest

from freshline.lineage.order import hangs_on_order
from freshline.lineage.sql import parse

PICKING = (
    "select a from g.t limit 1",
    "select a from g.t order by a limit 1",
    "select a from g.t offset 2",
    "select a from (select a from g.t limit 1) x",
    "select first(a) from g.t",
    "select any_value(a) as a from g.t group by b",
    "select string_agg(a, ',') from g.t",
    "select list(a order by b) from g.t",
    "select arg_max(a, b) from g.t",
    "select max_by(a, b) from g.t",
    "select mode(a) from g.t",
    "select row_number() over (order by a) as n from g.t",
    "select lag(a) over (order by b) as n from g.t",
    "select sum(a) over (order by b rows 3 preceding) as n from g.t",
    "select ntile(4) over (order by b) as n from g.t",
    "select first_value(a) over (order by b) as n from g.t",
    "select sum(a) over w as n from g.t window w as (order by b)",
    "select distinct on (a) a, b from g.t",
    "select a from g.t using sample 10%",
    "select t.a from g.t positional join g.u",
    "select t.a, u.b from g.t asof join g.u on t.a >= u.a",
    "select row_number() over () as n from g.t",
    "select row_number() over (partition by a) as n from g.t",
    "select lag(a) over (partition by b) as n from g.t",
    "select sum(a) over (rows 3 preceding) as n from g.t",
    "select approx_quantile(a, 0.5) as n from g.t",
    "select array(select a from g.t) as n",
    "select distinct a collate nocase as a from g.t",
)
BLIND = (
    "select a, b from g.t",
    "select a from g.t order by a",
    "select sum(a), count(*), max(b) from g.t group by c",
    "select count(*) over (partition by a) as n from g.t",
    "select rank() over (order by a) as n, dense_rank() over (order by b) as m from g.t",
    "select sum(a) over (partition by c order by b) as n from g.t",
    "select a from g.t qualify rank() over (order by b) = 1",
    "select distinct a from g.t",
    "select list(a order by a) from g.t",
    "select list(distinct a order by a) from g.t",
    "select mode(a order by a) from g.t",
    "select t.a from g.t as t join g.u as u using (a) where u.b > 1",
)


@pytest.mark.parametrize("text", PICKING)
def test_what_picks_among_rows_hangs_on_order(text: str) -> None:
    tree = parse(text).tree
    assert tree is not None and hangs_on_order(tree)


@pytest.mark.parametrize("text", BLIND)
def test_what_takes_all_rows_alike_does_not(text: str) -> None:
    tree = parse(text).tree
    assert tree is not None and not hangs_on_order(tree)
