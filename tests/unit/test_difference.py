"""Differences of rows: bags, order, nearness of floating point numbers, pairs of changed rows."""

from collections.abc import Sequence

import pytest

from freshline.execute.difference import Difference, Row, difference


def apart(
    types: Sequence[str], expected: Sequence[Row], found: Sequence[Row], *, ordered: bool = False
) -> Difference | None:
    columns = {f"c{i}": type for i, type in enumerate(types)}
    return difference(columns, expected, found, ordered=ordered)


A: Row = ("a", "1")
B: Row = ("b", "2")
C: Row = ("c", "3")


@pytest.mark.parametrize(
    ("types", "expected", "found"),
    [
        pytest.param(["VARCHAR", "BIGINT"], [], [], id="nothing and nothing"),
        pytest.param(["VARCHAR", "BIGINT"], [A, B, A], [B, A, A], id="a bag in another order"),
        pytest.param(["VARCHAR"], [(None,)], [(None,)], id="NULL is NULL"),
        pytest.param(["DOUBLE"], [("0.3",)], [("0.30000000000000004",)], id="near doubles"),
        pytest.param(["DOUBLE"], [("1e+22",)], [("1.0000000001e+22",)], id="near large doubles"),
        pytest.param(["DOUBLE"], [("nan",), ("inf",)], [("inf",), ("nan",)], id="nan and inf"),
        pytest.param(["DOUBLE"], [("0.0",)], [("-0.0",)], id="both zeros"),
        pytest.param(["FLOAT"], [("0.3",)], [("0.30000001",)], id="near floats"),
        pytest.param(["DOUBLE[]"], [("[0.3, NULL]",)], [("[0.30000000000000004, NULL]",)],
                     id="near doubles in a list"),
        pytest.param(["STRUCT(a DOUBLE, b VARCHAR)"], [("{'a': 0.3, 'b': x}",)],
                     [("{'a': 0.30000000000000004, 'b': x}",)], id="near doubles in a struct"),
        # 1.0 is near both, 1.0000000015 only the second: taking the first match would fail.
        pytest.param(["DOUBLE"], [("1.0",), ("1.0000000015",)],
                     [("1.0000000008",), ("0.9999999999",)], id="pairs that need a second thought"),
    ],
)  # fmt: skip
def test_these_rows_are_the_same(types: list[str], expected: list[Row], found: list[Row]) -> None:
    assert apart(types, expected, found) is None
    assert apart(types, found, expected) is None


@pytest.mark.parametrize(
    ("types", "expected", "found"),
    [
        pytest.param(["VARCHAR", "BIGINT"], [A], [A, A], id="one row more of the same"),
        pytest.param(["VARCHAR", "BIGINT"], [], [A], id="nothing expected"),
        pytest.param(["VARCHAR"], [(None,)], [("",)], id="NULL and the empty text"),
        pytest.param(["VARCHAR"], [(None,)], [("null",)], id="NULL and its name"),
        pytest.param(["DECIMAL(18,2)"], [("0.30",)], [("0.31",)], id="decimals are exact"),
        pytest.param(["VARCHAR"], [("0.3",)], [("0.30000000000000004",)], id="texts are exact"),
        pytest.param(["DOUBLE"], [("0.3",)], [("0.3000001",)], id="doubles farther apart"),
        pytest.param(["DOUBLE"], [("0.0",)], [("1e-17",)], id="nothing is near to zero"),
        pytest.param(["DOUBLE"], [("nan",)], [("1.0",)], id="nan and a number"),
        pytest.param(["DOUBLE"], [(None,)], [("0.0",)], id="NULL and zero"),
        pytest.param(["DOUBLE[]"], [("[1.0]",)], [("[1.0, 1.0]",)], id="lists of other lengths"),
        pytest.param(["STRUCT(a DOUBLE, b BIGINT)"], [("{'a': 1.0, 'b': 10000000001}",)],
                     [("{'a': 1.0, 'b': 10000000002}",)], id="integers beside doubles are exact"),
    ],
)  # fmt: skip
def test_these_rows_are_not_the_same(
    types: list[str], expected: list[Row], found: list[Row]
) -> None:
    assert apart(types, expected, found) is not None
    assert apart(types, found, expected) is not None


def test_rows_on_one_side_only_are_told_with_their_number() -> None:
    found = apart(["VARCHAR", "BIGINT"], [A, A, A, B], [A, C])
    assert found is not None
    assert (found.missing, found.unexpected, found.changed) == ((A, A, B), (C,), ())


def test_rows_with_half_of_their_cells_in_common_are_one_changed_row() -> None:
    found = apart(
        ["DATE", "BIGINT", "VARCHAR", "VARCHAR"],
        [("2024-01-01", "1", "x", "y"), ("2024-01-02", "2", "x", "y")],
        [("2024-01-02", "3", "x", "y"), ("2024-01-01", "9", "z", "y")],
    )
    assert found is not None
    assert not found.missing and not found.unexpected
    assert [(c.expected[0], c.found[0], c.columns) for c in found.changed] == [
        ("2024-01-01", "2024-01-01", (1, 2)),
        ("2024-01-02", "2024-01-02", (1,)),
    ]


def test_rows_that_share_nulls_only_are_two_rows() -> None:
    found = apart(["VARCHAR", "VARCHAR"], [(None, "a")], [(None, "b")])
    assert found is not None and not found.changed


def test_equal_rows_among_changed_ones_are_counted_once_each() -> None:
    found = apart(["VARCHAR", "BIGINT"], [A, A], [("a", "2")])
    assert found is not None
    assert (len(found.changed), found.missing, found.unexpected) == (1, (A,), ())


def test_order_counts_where_it_is_asked_for_and_only_then() -> None:
    assert apart(["VARCHAR", "BIGINT"], [A, B, C], [A, C, B]) is None
    found = apart(["VARCHAR", "BIGINT"], [A, B, C], [A, C, B], ordered=True)
    assert found is not None
    assert (found.out_of_order, found.missing, found.unexpected) == (2, (), ())
    assert apart(["VARCHAR", "BIGINT"], [A, B], [A, B], ordered=True) is None


def test_wrong_rows_are_told_as_such_though_order_is_asked_for() -> None:
    found = apart(["VARCHAR", "BIGINT"], [A, B], [B, C], ordered=True)
    assert found is not None
    assert (found.out_of_order, found.missing, found.unexpected) == (None, (A,), (C,))
