"""Why a version was made, and what tells two versions apart: from their records alone."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshline.definitions import Column
from freshline.testing.specimens import DAILY, build, logic
from freshline.versions import Build, Logic, PublishKind, Read, Trace, Window
from freshline_catalog.server.builds.causes import CauseKind, causes_of
from freshline_catalog.server.builds.comparing import (
    ColumnChange,
    columns_changed,
    differences,
    text_changed,
)

READ = Read("raw.orders", "v1", "c1")


def of(**changes: Any) -> Build:
    """Return a build that differs from a usual one in its trace."""
    made = build(DAILY, "m1")
    usual = Trace(
        code_version="q1",
        canonicaliser="1",
        config="",
        inputs=(READ,),
        outputs=made.trace.outputs,
        engine="duckdb 1",
    )
    return replace(made, trace=replace(usual, **changes))


def published(made: Build, kind: PublishKind) -> Build:
    return replace(made, version=replace(made.version, kind=kind))


CASES = {
    "the first version": (of(), None, [CauseKind.FIRST]),
    "another query": (of(code_version="q2"), of(), [CauseKind.CODE]),
    "another query under other rules says nothing": (
        of(code_version="q2", canonicaliser="2"),
        of(),
        [CauseKind.ASKED],
    ),
    "other rows of an input": (
        of(inputs=(Read("raw.orders", "v2", "c2"),)),
        of(),
        [CauseKind.INPUT],
    ),
    "the same rows under another version are no cause": (
        of(inputs=(Read("raw.orders", "v2", "c1"),)),
        of(),
        [CauseKind.ASKED],
    ),
    "another window on an input": (
        of(inputs=(Read("raw.orders", "v2", "c1", Window(("amount",))),)),
        of(),
        [CauseKind.INPUT],
    ),
    "an input more and one less": (
        of(inputs=(Read("raw.refunds", "v1", "c1"),)),
        of(),
        [CauseKind.INPUT_ADDED, CauseKind.INPUT_REMOVED],
    ),
    "other settings and another day": (
        of(config="x", period="2026-11-22"),
        of(),
        [CauseKind.CONFIG, CauseKind.TIME],
    ),
    "another release of the engine": (of(engine="duckdb 2"), of(), [CauseKind.ENGINE]),
    "nothing at all": (of(), of(), [CauseKind.ASKED]),
    "an older version again": (
        published(of(code_version="q2"), PublishKind.REVERT),
        of(),
        [CauseKind.REVERT],
    ),
    "other columns of the files that are there": (
        published(of(code_version="q2"), PublishKind.RELAYOUT),
        of(),
        [CauseKind.RELAYOUT, CauseKind.CODE],
    ),
}


@pytest.mark.parametrize(("made", "before", "kinds"), CASES.values(), ids=CASES)
def test_why_a_version_was_made(made: Build, before: Build | None, kinds: list[CauseKind]) -> None:
    assert [cause.kind for cause in causes_of(made, before)] == kinds


def test_what_was_found_in_storage_is_told_as_that() -> None:
    assert [c.kind for c in causes_of(of(), of(), found=True)] == [CauseKind.FOUND]


COLUMNS = st.lists(
    st.builds(Column, st.sampled_from("abcdef"), st.sampled_from(["INTEGER", "VARCHAR"])),
    max_size=6,
    unique_by=lambda column: column.name,
)


@settings(deadline=None)
@given(COLUMNS, COLUMNS)
def test_applying_the_changes_of_columns_gives_the_newer_ones(
    before: list[Column], after: list[Column]
) -> None:
    types = {column.name: column.type for column in before}
    for change in columns_changed(before, after):
        if change.change is ColumnChange.REMOVED:
            del types[change.name]
        else:
            types[change.name] = change.after
        is_breaking = change.change in (ColumnChange.REMOVED, ColumnChange.RETYPED)
        assert change.breaking is is_breaking
    assert types == {column.name: column.type for column in after}


@settings(deadline=None)
@given(COLUMNS)
def test_equal_columns_have_no_changes(columns: list[Column]) -> None:
    assert columns_changed(columns, columns) == ()


def test_columns_in_another_order_have_moved() -> None:
    one, two = Column("a", "INTEGER"), Column("b", "INTEGER")
    found = columns_changed([one, two], [two, one])
    assert {change.change for change in found} == {ColumnChange.MOVED}


def test_a_difference_of_texts_is_marked_by_lines() -> None:
    found = text_changed("select a\nfrom t\n", "select a, b\nfrom t\n")
    assert [(line.mark, line.text) for line in found if line.mark != "@"] == [
        ("-", "select a"),
        ("+", "select a, b"),
        (" ", "from t"),
    ]
    assert text_changed("x", "x") == ()


def test_without_a_text_on_record_nothing_is_said_of_it() -> None:
    texts: tuple[Logic | None, Logic | None] = (None, logic("m1"))
    found = differences(of(), of(code_version="q2"), texts)
    assert not found.text_known
    assert found.text == ()
    assert found.same_content
