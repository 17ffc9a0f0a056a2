"""Figures: what lists say of a target, counted from what happened to it."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from freshline import codec
from freshline.events import CheckAccepted, Event, Recorded
from freshline.state import fold
from freshline.testing.specimens import (
    ORDERS,
    attempt_failed,
    checked,
    claim,
    materialized,
    source_observed,
)
from freshline_catalog import database
from freshline_catalog.connection import open_connection
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.figures import Figures, figures

BUILT = materialized("r", ORDERS, "m1")
CONTENT = BUILT.build.trace.data_version
NOTHING = Figures(*[None] * 8)
ONCE_BUILT = Figures(1_700_000_000.25, 3, 1234, None, None, None, None, None)
ACCEPTED = CheckAccepted(
    at=9.0,
    run="r",
    target=ORDERS,
    name="unique_id",
    check="c1",
    contents=(CONTENT, "v2"),
    actor="ada",
    reason="known",
)
VIEW = replace(
    BUILT,
    build=replace(
        BUILT.build, version=replace(BUILT.build.version, query="select 1", rows=0, files=())
    ),
)


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ([], NOTHING),
        ([BUILT], ONCE_BUILT),
        ([VIEW], NOTHING._replace(built_at=1_700_000_000.25)),
        (
            [BUILT, attempt_failed("r", ORDERS, "m2")],
            ONCE_BUILT._replace(failed_at=2.5),
        ),
        (
            [BUILT, checked("r", ORDERS, CONTENT)],
            ONCE_BUILT._replace(passed=1, warned=0, failing=1),
        ),
        (
            [BUILT, checked("r", ORDERS, CONTENT), ACCEPTED],
            ONCE_BUILT._replace(passed=1, warned=1, failing=0),
        ),
        ([BUILT, checked("r", ORDERS, "a candidate")], ONCE_BUILT),
        (
            [source_observed("r", ORDERS), checked("r", ORDERS, "v1")],
            NOTHING._replace(passed=1, warned=0, failing=1),
        ),
        (
            [VIEW, checked("r", ORDERS, "what it shows")],
            NOTHING._replace(built_at=1_700_000_000.25, passed=1, warned=0, failing=1),
        ),
    ],
    ids=[
        "nothing happened",
        "it was built",
        "a view has no rows of its own",
        "the last attempt failed",
        "a blocking check fails on what is current",
        "a failing check that somebody accepts only warns",
        "checks on what was not published do not count",
        "checks of a source count",
        "checks of a view count",
    ],
)
def test_figures_are_counted_from_events(happened: list[Event], expected: Figures) -> None:
    recorded = [Recorded(sequence=n, event=event) for n, event in enumerate(happened, 1)]
    assert figures(fold(recorded).of(ORDERS)) == expected


def test_a_live_attempt_names_its_run(log: SqliteEventLog) -> None:
    log.claim([claim("r7", ORDERS, "m1")])
    with log.reader() as connection:
        assert connection.execute("select running from target_state").fetchall() == [("r7",)]
    log.append([attempt_failed("r7", ORDERS, "m1")])
    with log.reader() as connection:
        rows = connection.execute("select running, failed_at from target_state").fetchall()
    assert rows == [(None, 2.5)]


def test_a_catalog_of_schema_1_gets_its_figures_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    event = BUILT
    with closing(open_connection(str(path))) as old:
        old.execute(database.migrations()[0].path.read_text()).fetchall()
        old.execute("insert into target values (1, ?, ?, ?, ?)", tuple(ORDERS)).fetchall()
        row = (1, event.at, event.kind, 1, event.run, codec.encode(event).decode())
        old.execute("insert into event values (?, ?, ?, ?, ?, ?)", row).fetchall()
        state = codec.encode(fold([Recorded(sequence=1, event=event)]).of(ORDERS)).decode()
        old.execute("insert into target_state values (1, 1, ?)", (state,)).fetchall()
    with closing(SqliteEventLog(path)) as log:
        with log.reader() as connection:
            sql = "select built_at, row_count, byte_count from target_state"
            assert connection.execute(sql).fetchall() == [ONCE_BUILT[:3]]
        assert log.check() == ()


def test_figures_that_are_not_those_of_the_log_are_found(log: SqliteEventLog) -> None:
    log.append([BUILT])
    assert log.check() == ()
    log.write(lambda connection: connection.execute("update target_state set row_count = 4"))
    assert log.check() == ("target_state target_id 1: row_count is 4, the log says 3",)
    log.rebuild()
    assert log.check() == ()
