"""Which queries hang on what columns their inputs have, and when their code version says so."""

import pytest
from tests.unit.shop import SCHEMAS

from freshline.lineage import sql
from freshline.lineage.layout import hangs_on_layout

QUERIES = {
    "named columns": ("SELECT o.id, amount FROM stg.orders AS o", False),
    "a star, which is expanded": ("SELECT * FROM stg.orders", False),
    "an order by a name that it gives": ("SELECT id AS x FROM stg.orders ORDER BY x", False),
    "counted rows": ("SELECT count(*) AS n FROM stg.orders", False),
    "a row as a value": ("SELECT o AS row FROM stg.orders AS o", True),
    "a row as JSON": ("SELECT to_json(o) AS row FROM stg.orders AS o", True),
    "distinct rows counted": ("SELECT count(DISTINCT o) AS n FROM stg.orders AS o", True),
    "a row in a filter": ("SELECT o.id FROM stg.orders AS o WHERE o IS NOT NULL", True),
    "columns renamed by position": ("SELECT o.b FROM stg.orders AS o(a, b)", True),
    "a column by its position": ("SELECT #1 AS first FROM stg.orders", True),
}


@pytest.mark.parametrize(("text", "hangs"), QUERIES.values(), ids=QUERIES)
def test_a_query_hangs_on_the_layout_of_its_inputs(text: str, hangs: bool) -> None:
    tree = sql.qualified(sql.parse(text), SCHEMAS)
    assert tree is not None
    assert hangs_on_layout(tree) is hangs
