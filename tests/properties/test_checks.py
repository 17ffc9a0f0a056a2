"""Checks count what a plain reading of their meaning counts, whatever the rows are."""

from collections import Counter
from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_checks import check, compiled

from freshline.definitions import CheckDefinition, Column
from freshline.execute.checking import Subject, run_checks
from freshline.execute.setting import Input
from freshline.keys import Target
from freshline.state import TargetState
from freshline.testing.compute import DuckDBCompute

Row = tuple[int | None, str | None]
TARGET = Target("shop", "main", "stg.orders")
ALLOWED = ("new", "it's", "")
CUSTOMERS = {1, 2}


def repeated(rows: Sequence[Row], key: Callable[[Row], tuple[object, ...]]) -> int:
    keys = [key(row) for row in rows if None not in key(row)]
    return sum(count for count in Counter(keys).values() if count > 1)


MEANINGS: dict[str, tuple[CheckDefinition, Callable[[Sequence[Row]], int]]] = {
    "not null": (check("not_null", "id"), lambda rows: sum(i is None for i, _ in rows)),
    "unique": (check("unique", "id"), lambda rows: repeated(rows, lambda row: row[:1])),
    "unique together": (
        check("unique", "id", "status"),
        lambda rows: repeated(rows, lambda row: row),
    ),
    "in": (
        check("in", "status", arguments=ALLOWED),
        lambda rows: sum(s is not None and s not in ALLOWED for _, s in rows),
    ),
    "between": (
        check("between", "id", arguments=(0, 3)),
        lambda rows: sum(i is not None and not 0 <= i <= 3 for i, _ in rows),
    ),
    "references": (
        check("references", "id", arguments=("stg.customers", "id")),
        lambda rows: sum(i is not None and i not in CUSTOMERS for i, _ in rows),
    ),
    "rows": (check("rows", arguments=(2, 4)), lambda rows: int(not 2 <= len(rows) <= 4)),
}
COMPILED = {name: compiled(definition)[0] for name, (definition, _) in MEANINGS.items()}
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-2, 5),
        st.none() | st.sampled_from([*ALLOWED, "lost", "NEW", "new "]),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(rows=ROWS)
def test_every_kind_counts_what_it_means(rows: list[Row]) -> None:
    compute = DuckDBCompute()
    compute.rows("CREATE TABLE orders (id INT, Status VARCHAR, amount DECIMAL(10,2), day DATE)")
    for number, text in rows:
        shown = "NULL" if text is None else "'" + text.replace("'", "''") + "'"
        first = "NULL" if number is None else str(number)
        compute.rows(f"INSERT INTO orders VALUES ({first}, {shown}, NULL, NULL)")
    compute.create_table("customers", "SELECT unnest([1, 2]) AS id, NULL::INT AS boss")
    columns = (Column("id", "INTEGER"), Column("Status", "VARCHAR"))
    for name, (_, meaning) in MEANINGS.items():
        asset = COMPILED[name]
        assert asset is not None
        subject = Subject(
            target=TARGET,
            checks=asset.checks,
            columns=columns,
            content=Input('"orders"', "v", "d"),
            others={"stg.customers": Input('"customers"', "v", "d")},
            known=TargetState(target=TARGET),
        )
        (result,) = run_checks(compute, subject, asset.checks).values()
        assert (result.failing, result.error) == (meaning(rows), ""), name
        assert len(result.rows) == min(result.failing, 5)
    compute.close()
