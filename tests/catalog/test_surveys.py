"""Surveys: kept whole, written as far as they differ, and never known by halves."""

from dataclasses import replace

import pytest
from tests.catalog.surveyed import entry, layered, survey

from freshline import codec
from freshline.definitions import Lifecycle, Stage
from freshline.errors import CatalogError, Span
from freshline.survey import ColumnHop, Entry, Setting, Status, Survey
from freshline.verdicts import Reason, ReasonKind
from freshline_catalog.connection import Row
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.surveys import SqliteSurveys

ORDERS = entry("raw.orders")
STAGING = entry("staging.orders", "raw.orders", tags=("pii", "daily"), owner="sales")
DAILY = entry("marts.daily", "staging.orders")
SHOP = (ORDERS, STAGING, DAILY)


def asked(log: SqliteEventLog, sql: str) -> list[Row]:
    with log.reader() as connection:
        return connection.execute(sql).fetchall()


def bodies(log: SqliteEventLog) -> dict[str, Entry]:
    rows = asked(log, "select key, body from entry where gone is null order by position")
    return {str(key): codec.decode(str(body), Entry) for key, body in rows}


def hop(column: str, upstream: str, origin: str) -> ColumnHop:
    return ColumnHop(column, upstream, origin, "direct", Span(file="a.sql", line=1, column=8))


def test_what_was_kept_can_be_read_again(log: SqliteEventLog) -> None:
    kept = survey(*SHOP, sequence=7)
    assert SqliteSurveys(log).keep(kept) == ("staging.orders", "marts.daily")
    assert bodies(log) == {each.key: each for each in SHOP}
    (row,) = asked(log, "select project, environment, at, sequence, serial, body from survey")
    assert row[:5] == ("shop", "main", 100.0, 7, 1)
    assert codec.decode(str(row[5]), Survey) == replace(kept, entries=())
    edges = """select r.key, u.key from entry_edge x
    join entry r on r.id = x.reader_id join entry u on u.id = x.upstream_id order by 1"""
    assert asked(log, edges) == [
        ("marts.daily", "staging.orders"),
        ("staging.orders", "raw.orders"),
    ]
    assert asked(log, "select tag from entry_tag order by 1") == [("daily",), ("pii",)]
    columns = "select name, type from entry_column where entry_id = 2 order by position"
    assert asked(log, columns) == [("id", "BIGINT"), ("amount", "BIGINT")]
    found = "select rowid from search_words where search_words match 'daily' order by 1"
    assert asked(log, found) == [(2,), (3,)]


def test_what_hangs_on_an_entry_is_counted_over_any_number_of_edges(log: SqliteEventLog) -> None:
    diamond = (
        entry("a"),
        entry("b", "a"),
        entry("c", "a"),
        entry("d", "b", "c"),
        entry("e", "d", "a", "nobody.knows_this"),
    )
    SqliteSurveys(log).keep(survey(*diamond))
    rows = asked(log, "select key, position, upstream_count, downstream_count from entry")
    assert rows == [("a", 0, 0, 4), ("b", 1, 1, 2), ("c", 2, 1, 2), ("d", 3, 2, 1), ("e", 4, 2, 0)]


def test_assets_in_a_circle_can_be_kept(log: SqliteEventLog) -> None:
    SqliteSurveys(log).keep(survey(entry("a", "b"), entry("b", "a"), entry("c", "c")))
    assert asked(log, "select key, upstream_count from entry") == [("a", 1), ("b", 1), ("c", 1)]


@pytest.mark.parametrize(
    ("later", "since", "changed"),
    [
        (DAILY, 100.0, 100.0),
        (replace(DAILY, status=Status.STALE), 200.0, 100.0),
        (
            replace(DAILY, why=(Reason(kind=ReasonKind.CODE, detail="its query changed"),)),
            100.0,
            100.0,
        ),
        (replace(DAILY, place=Span(file="daily.sql", line=9, column=1)), 100.0, 100.0),
        (
            replace(DAILY, gate="rule", waiting="not yet", again=7.0, freshness="warns"),
            100.0,
            100.0,
        ),
        (replace(DAILY, refresh="whenever it is stale"), 100.0, 200.0),
        (replace(DAILY, description="a row a day"), 100.0, 200.0),
        (replace(DAILY, lifecycle=Lifecycle(stage=Stage.CERTIFIED)), 100.0, 200.0),
        (replace(DAILY, settings=(Setting("timeout", "1h", "asset"),)), 100.0, 200.0),
        (entry("marts.daily", "staging.orders", columns=("id",)), 100.0, 200.0),
        (replace(DAILY, status=Status.MISSING, owner="sales"), 200.0, 200.0),
    ],
    ids=[
        "nothing changed",
        "its status changed",
        "it is fresh for another reason",
        "it stands on another line",
        "something else holds it back",
        "its rule changed",
        "its description changed",
        "its lifecycle changed",
        "a setting changed",
        "a column is gone",
        "its status and its owner changed",
    ],
)
def test_since_when_a_status_holds_and_when_the_rest_changed(
    log: SqliteEventLog, later: Entry, since: float, changed: float
) -> None:
    keeper = SqliteSurveys(log)
    keeper.keep(survey(*SHOP))
    keeper.keep(survey(ORDERS, STAGING, later, at=200.0))
    rows = asked(log, "select status_since, changed_at, first_seen from entry where id = 3")
    assert rows == [(since, changed, 100.0)]
    assert bodies(log)["marts.daily"] == later


def test_what_automation_says_of_an_entry_can_be_asked_for(log: SqliteEventLog) -> None:
    """Without a look into its body: lists are filtered, and the next moments found, by it."""
    held = replace(DAILY, gate="rule", waiting="not yet", again=7.0, freshness="warns")
    SqliteSurveys(log).keep(survey(ORDERS, STAGING, held))
    rows = asked(log, "select key, gate, again, freshness from entry order by key")
    assert rows[0] == ("marts.daily", "rule", 7.0, "warns")
    assert rows[1][1:] == rows[2][1:] == ("", None, "")


def test_an_entry_that_is_gone_keeps_its_row_and_gets_it_back(log: SqliteEventLog) -> None:
    keeper = SqliteSurveys(log)
    keeper.keep(survey(*SHOP))
    keeper.keep_hops("shop", "main", [("marts.daily", DAILY.traced_by, [])])
    keeper.keep(survey(ORDERS, STAGING, at=200.0))
    assert asked(log, "select key, gone from entry where gone is not null") == [
        ("marts.daily", 200.0)
    ]
    for table in ("entry_column", "entry_tag", "traced"):
        assert not asked(log, f"select * from {table} where entry_id = 3")
    assert not asked(log, "select * from search_words where search_words match 'marts'")
    assert asked(log, "select downstream_count from entry order by id") == [(1,), (0,), (0,)]
    keeper.keep(survey(ORDERS, STAGING, at=300.0))
    assert asked(log, "select gone from entry where id = 3") == [(200.0,)]
    missing = keeper.keep(survey(*SHOP, at=400.0))
    assert missing == ("staging.orders", "marts.daily")
    columns = "select id, gone, first_seen, status_since, changed_at from entry where id = 3"
    assert asked(log, columns) == [(3, None, 100.0, 400.0, 400.0)]
    assert asked(log, "select count(*) from entry_column where entry_id = 3") == [(2,)]
    assert asked(log, "select rowid from search_words where search_words match 'marts'") == [(3,)]


@pytest.mark.parametrize(
    ("older", "is_kept"),
    [((99.0, 7), False), ((200.0, 6), False), ((100.0, 7), True), ((50.0, 8), True)],
    ids=[
        "made before it",
        "made of fewer events, whatever the clock said",
        "made at the same moment",
        "made of more events, whatever the clock said",
    ],
)
def test_an_older_survey_changes_nothing(
    log: SqliteEventLog, older: tuple[float, int], is_kept: bool
) -> None:
    keeper = SqliteSurveys(log)
    keeper.keep(survey(*SHOP, sequence=7))
    missing = keeper.keep(survey(ORDERS, at=older[0], sequence=older[1]))
    assert missing == ()
    assert (bodies(log).keys() == {"raw.orders"}) == is_kept
    assert asked(log, "select serial from survey") == [(2 if is_kept else 1,)]


def test_environments_have_surveys_of_their_own(log: SqliteEventLog) -> None:
    keeper = SqliteSurveys(log)
    keeper.keep(survey(*SHOP))
    keeper.keep(replace(survey(ORDERS), environment="dev"))
    keeper.keep(replace(survey(ORDERS), project="farm"))
    counts = "select survey_id, count(*) from entry where gone is null group by 1"
    assert asked(log, counts) == [(1, 3), (2, 1), (3, 1)]


def test_column_lineage_stays_as_long_as_it_holds(log: SqliteEventLog) -> None:
    keeper = SqliteSurveys(log)
    keeper.keep(survey(*SHOP))
    hops = [hop("id", "staging.orders", "id"), hop("amount", "staging.orders", "*")]
    keeper.keep_hops("shop", "main", [("marts.daily", DAILY.traced_by, hops)])
    stale = replace(DAILY, status=Status.STALE)
    assert keeper.keep(survey(ORDERS, STAGING, stale, at=200.0)) == ("staging.orders",)
    rows = asked(log, "select column_name, upstream, origin, kind, place from column_hop")
    assert rows == [
        (
            each.column,
            each.upstream,
            each.origin,
            each.kind,
            codec.encode(each.place).decode(),
        )
        for each in hops
    ]
    other = entry("marts.daily", "staging.orders", columns=("id",))
    assert keeper.keep(survey(ORDERS, STAGING, other, at=300.0)) == (
        "staging.orders",
        "marts.daily",
    )
    assert asked(log, "select * from column_hop") == asked(log, "select * from traced") == []


@pytest.mark.parametrize(
    ("key", "traced_by"),
    [("marts.daily", "columns of last week"), ("marts.gone", "x"), ("raw.orders", "x")],
    ids=[
        "it was taken of what is no more",
        "the asset is not there",
        "a source hangs on nothing",
    ],
)
def test_column_lineage_that_holds_for_something_else_is_left_out(
    log: SqliteEventLog, key: str, traced_by: str
) -> None:
    keeper = SqliteSurveys(log)
    keeper.keep(survey(*SHOP))
    keeper.keep_hops("shop", "main", [(key, traced_by, [hop("id", "raw.orders", "id")])])
    assert asked(log, "select * from column_hop") == asked(log, "select * from traced") == []


def test_a_reader_sees_the_survey_before_or_the_one_after(log: SqliteEventLog) -> None:
    keeper = SqliteSurveys(log)
    keeper.keep(survey(*SHOP))
    with log.reader() as connection:
        connection.execute("begin")
        entries = "select count(*) from entry where gone is null"
        assert connection.execute(entries).fetchall() == [(3,)]
        keeper.keep(survey(ORDERS, at=200.0))
        assert connection.execute(entries).fetchall() == [(3,)]
        assert connection.execute("select at from survey").fetchall() == [(100.0,)]
        connection.execute("rollback")
        assert connection.execute(entries).fetchall() == [(1,)]


def test_a_survey_that_cannot_be_kept_leaves_the_one_before(log: SqliteEventLog) -> None:
    keeper = SqliteSurveys(log)
    keeper.keep(survey(*SHOP))
    twice = replace(STAGING, description="the same key again")
    with pytest.raises(CatalogError):
        keeper.keep(survey(ORDERS, STAGING, entry("marts.new"), entry("marts.new"), at=200.0))
    assert bodies(log) == {each.key: each for each in SHOP}
    assert asked(log, "select at, serial from survey") == [(100.0, 1)]
    keeper.keep(survey(ORDERS, twice, DAILY, at=200.0))
    assert bodies(log)["staging.orders"] == twice


def test_entries_that_did_not_change_are_not_written_again(log: SqliteEventLog) -> None:
    keeper = SqliteSurveys(log)
    entries = layered(500, columns=5)
    keeper.keep(survey(*entries))
    index = "select id, hex(block) from search_words_data"
    before = asked(log, index)
    keeper.keep(survey(*entries, at=200.0))
    assert asked(log, index) == before
    assert asked(log, "select max(changed_at), max(status_since) from entry") == [(100.0, 100.0)]
