"""Two versions compared, against the same done by hand."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshline.definitions import Column
from freshline.execute.comparing import Comparison, Side, compare_columns, compare_versions
from freshline.execute.sql_engine import SqlEngine

Rows = Sequence[tuple[object, ...]]


@pytest.fixture(scope="module")
def engine() -> Iterator[SqlEngine]:
    yield SqlEngine(folders=())


def side(engine: SqlEngine, name: str, columns: Mapping[str, str], rows: Rows) -> Side:
    fields = ", ".join(f'CAST(NULL AS {type}) AS "{column}"' for column, type in columns.items())
    engine.create_table(name, f"SELECT {fields} LIMIT 0")
    for row in rows:
        values = ", ".join("NULL" if v is None else repr(v) for v in row)
        engine.cursor().execute(f'INSERT INTO "{name}" VALUES ({values})')
    return Side(f'"{name}"', tuple(Column(*each) for each in columns.items()))


def compared(
    engine: SqlEngine,
    before: tuple[Mapping[str, str], Rows],
    after: tuple[Mapping[str, str], Rows],
    key: Sequence[str] = (),
    sample: int = 5,
) -> Comparison:
    one, other = side(engine, "one", *before), side(engine, "other", *after)
    return compare_versions(engine, one, other, key, sample)


TWO = {"k": "INTEGER", "v": "VARCHAR"}


def test_rows_of_one_key_are_the_same_row(engine: SqlEngine) -> None:
    before = [(1, "a"), (2, "b"), (3, None), (None, "n")]
    after = [(1, "a"), (2, "B"), (4, None), (None, None)]
    found = compared(engine, (TWO, before), (TWO, after), ["K"])
    assert (found.key, found.removed, found.added, found.changed) == (("k",), 1, 1, 2)
    assert found.by_column == {"v": 2}
    assert found.sample is not None
    assert found.sample.missing == (("3", None),)
    assert found.sample.unexpected == (("4", None),)
    assert [(c.expected, c.found, c.columns) for c in found.sample.changed] == [
        (("2", "b"), ("2", "B"), (1,)),
        ((None, "n"), (None, None), (1,)),
    ]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        pytest.param(["v"], "v is not unique in the earlier version", id="twice before"),
        pytest.param(["k"], "k is not unique in the later version", id="twice after"),
        pytest.param(["k", "w"], "w is not in both versions", id="gone"),
    ],
)
def test_a_key_that_does_not_tell_rows_apart_is_left_and_told(
    engine: SqlEngine, key: list[str], why: str
) -> None:
    found = compared(engine, (TWO, [(1, "a"), (2, "a")]), (TWO, [(1, "a"), (1, "b")]), key)
    assert (found.why_no_key, found.key, found.changed) == (why, (), None)
    assert (found.removed, found.added) == (1, 1)


def test_columns_that_came_went_and_changed_their_types_are_told(engine: SqlEngine) -> None:
    old = {"k": "INTEGER", "n": "DECIMAL(10,2)", "t": "INTEGER", "gone": "DATE"}
    new = {"t": "VARCHAR", "K": "BIGINT", "n": "DOUBLE", "come": "DATE"}
    found = compared(engine, (old, [(1, 2.5, 7, None)]), (new, [("7", 1, 2.5, None)]), ["k"])
    assert [c.name for c in found.columns.added] == ["come"]
    assert [c.name for c in found.columns.removed] == ["gone"]
    assert [(r.name, r.before) for r in found.columns.retyped] == [
        ("t", "INTEGER"),
        ("K", "INTEGER"),
        ("n", "DECIMAL(10,2)"),
    ]
    assert found.columns.reordered
    assert (found.removed, found.added, found.changed) == (0, 0, 0)  # the same values
    assert not found.are_the_same


def test_versions_without_a_column_in_common_share_no_row(engine: SqlEngine) -> None:
    found = compared(engine, ({"a": "INTEGER"}, [(1,)]), ({"b": "INTEGER"}, [(1,), (2,)]), ["a"])
    assert (found.removed, found.added, found.rows) == (1, 2, (1, 2))


def test_of_a_wide_version_the_key_and_what_differs_is_shown(engine: SqlEngine) -> None:
    wide = {f"c{i}": "INTEGER" for i in range(30)}
    before, after = list(range(30)), list(range(30))
    after[20] = 99
    found = compared(engine, (wide, [tuple(before)]), (wide, [tuple(after)]), ["c29"])
    assert found.sample is not None
    assert len(found.sample.columns) == 8
    assert {"c20", "c29"} <= {*found.sample.columns}


def test_no_more_rows_are_shown_than_asked_for(engine: SqlEngine) -> None:
    before = [(i, "a") for i in range(50)]
    after = [(i, "b") for i in range(25, 75)]
    found = compared(engine, (TWO, before), (TWO, after), ["k"], sample=3)
    assert found.sample is not None
    assert (found.removed, found.added, found.changed) == (25, 25, 25)
    shown = found.sample
    assert [len(each) for each in (shown.missing, shown.unexpected, shown.changed)] == [3, 3, 3]


_rows = st.lists(
    st.tuples(st.none() | st.integers(0, 3), st.none() | st.sampled_from("ab")), max_size=6
)


@settings(deadline=None)
@given(before=_rows, after=_rows)
def test_bags_differ_by_what_is_left_when_equal_rows_cancel(
    engine: SqlEngine, before: Rows, after: Rows
) -> None:
    found = compared(engine, (TWO, before), (TWO, after))
    gone, new = Counter(before) - Counter(after), Counter(after) - Counter(before)
    assert (found.removed, found.added) == (gone.total(), new.total())
    for i, name in enumerate(TWO):
        one, other = Counter(r[i] for r in before), Counter(r[i] for r in after)
        most = max((one - other).total(), (other - one).total())
        assert found.by_column.get(name, 0) == most
    assert found.are_the_same == (Counter(before) == Counter(after))


@settings(deadline=None)
@given(before=_rows, after=_rows)
def test_by_a_key_each_row_is_gone_new_changed_or_the_same(
    engine: SqlEngine, before: Rows, after: Rows
) -> None:
    one, other = {r[0]: r for r in before}, {r[0]: r for r in after}
    old, new = [*one.values()], [*other.values()]
    found = compared(engine, (TWO, old), (TWO, new), ["k"])
    assert found.removed == len(one.keys() - other.keys())
    assert found.added == len(other.keys() - one.keys())
    assert found.changed == sum(one[k] != other[k] for k in one.keys() & other.keys())


def test_columns_in_another_order_are_another_schema() -> None:
    a, b = Column("a", "DATE"), Column("b", "DATE")
    assert compare_columns((a, b), (b, a)).reordered
    assert compare_columns((a, b), (a, b)).are_the_same
