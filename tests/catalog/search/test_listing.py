"""The listing: never behind the instant of who reads, and shared where nothing has happened."""

from tests.catalog.surveyed import entry, survey

from freshline.events import AttemptFailed, AttemptStarted
from freshline.keys import Target
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.search.listing import EMPTY, Listings
from freshline_catalog.surveys import SqliteSurveys

SCOPE = ("shop", "main")
DAILY = Target(*SCOPE, "marts.daily")
STARTED = AttemptStarted(at=1.0, run="r1", target=DAILY, publish_id="p1", fence=1, base=0)
FAILED = AttemptFailed(
    at=2.0, run="r1", target=DAILY, publish_id="p1", code="F300", message="no such column"
)


def test_without_a_survey_there_is_nothing(log: SqliteEventLog) -> None:
    with log.reader() as connection:
        assert Listings().at(connection, SCOPE, 0) is EMPTY


def test_where_nothing_happened_it_is_the_same_one(log: SqliteEventLog) -> None:
    SqliteSurveys(log).keep(survey(entry("raw.a")))
    listings = Listings()
    with log.reader() as connection:
        assert listings.at(connection, SCOPE, 1) is listings.at(connection, SCOPE, 1)


def test_what_happens_is_known_at_once(log: SqliteEventLog) -> None:
    SqliteSurveys(log).keep(survey(entry("raw.a"), entry("marts.daily", "raw.a")))
    listings = Listings()
    with log.reader() as connection:
        assert listings.at(connection, SCOPE, 1).lately("marts.daily").running is None
        log.append([STARTED])
        assert listings.at(connection, SCOPE, 1).lately("marts.daily").running == "r1"
        log.append([FAILED])
        failed = listings.at(connection, SCOPE, 1).lately("marts.daily")
        assert (failed.running, failed.failed_at) == (None, 2.0)


def test_who_stands_at_an_earlier_instant_sees_what_was_then(log: SqliteEventLog) -> None:
    SqliteSurveys(log).keep(survey(entry("raw.a"), entry("marts.daily", "raw.a")))
    listings = Listings()
    with log.reader() as early, log.reader() as late:
        early.execute("begin")
        listings.at(early, SCOPE, 1)
        log.append([STARTED])
        assert listings.at(late, SCOPE, 1).lately("marts.daily").running == "r1"
        assert listings.at(early, SCOPE, 1).lately("marts.daily").running is None
        assert listings.at(late, SCOPE, 1).lately("marts.daily").running == "r1"
        early.execute("rollback")


def test_a_later_survey_is_seen(log: SqliteEventLog) -> None:
    surveys, listings = SqliteSurveys(log), Listings()
    surveys.keep(survey(entry("raw.a")))
    with log.reader() as connection:
        assert [row.key for row in listings.at(connection, SCOPE, 1).rows] == ["raw.a"]
        surveys.keep(survey(entry("raw.b", owner="sales"), at=200.0))
        rows = listings.at(connection, SCOPE, 1).rows
        assert [(row.key, row.owner) for row in rows] == [("raw.b", "sales")]
