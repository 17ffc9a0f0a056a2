"""The stream: hints as they come, resumed where a reader left off, and ended with the session."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.catalog.server.listening import Listening, Stream, listening
from tests.catalog.server.test_events import paused, surveyed

from freshline.survey import Survey
from freshline.testing import specimens
from freshline.testing.automation_queue import Kept, decided, halt, lead
from freshline.testing.specimens import DAILY, DEV, ORDERS
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.api import stream as streams
from freshline_catalog.server.door import sessions
from freshline_catalog.server.door.limits import STREAMS
from freshline_catalog.server.services import Services
from freshline_catalog.surveys import SqliteSurveys

__all__ = ["surveyed"]


@pytest.fixture
def served(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    monkeypatch.setattr(streams, "HEARTBEAT", 0.3)
    with listening(services) as served:
        yield served


@pytest.fixture
def cookie(served: Listening) -> str:
    return served.signed_in()


def hint(block: dict[str, str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(block["data"])
    return found


def test_a_hint_says_what_to_look_at_again(
    served: Listening, cookie: str, log: SqliteEventLog
) -> None:
    log.append([paused(ORDERS)])
    with closing(Stream(served, cookie)) as stream:
        assert stream.answer.status == 200
        assert next(stream.blocks()) == {"retry": "2000"}
        log.append([specimens.run_started("r1"), paused(DAILY), paused(DEV)])
        change = next(stream.events())
    assert (change["event"], change["id"]) == ("change", "4")
    assert hint(change) == {
        "sequence": 4,
        "assets": ["marts.daily"],
        "runs": ["r1"],
        "survey": 0,
        "automation": 0,
    }


def test_a_decision_is_told_although_nothing_happened_to_any_asset(
    served: Listening, cookie: str, log: SqliteEventLog
) -> None:
    kept = Kept(log, SqliteAutomation(log))
    with closing(Stream(served, cookie)) as stream:
        assert next(stream.blocks()) == {"retry": "2000"}
        kept.automation.decide(lead(kept), [decided("06:00")])
        change = hint(next(stream.events()))
        kept.automation.halt("shop", "main", halt("morning"))
        later = hint(next(stream.events()))
    assert (change["assets"], change["runs"], change["automation"]) == ([], [], 1)
    assert (later["sequence"], later["automation"]) == (0, 2)


def test_its_headers_keep_it_from_being_held_back(served: Listening, cookie: str) -> None:
    with closing(Stream(served, cookie)) as stream:
        headers = stream.answer.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    assert headers["x-content-type-options"] == "nosniff"
    assert "content-encoding" not in headers


def test_where_nothing_happens_it_says_that_it_is_there(served: Listening, cookie: str) -> None:
    with closing(Stream(served, cookie)) as stream:
        blocks = stream.blocks()
        next(blocks)
        assert [next(blocks), next(blocks)] == [{"": "still here"}] * 2


def test_another_survey_is_a_change_too(
    served: Listening, cookie: str, log: SqliteEventLog
) -> None:
    with closing(Stream(served, cookie)) as stream:
        next(stream.blocks())
        survey = Survey(
            project="shop", environment="main", at=2.0, sequence=0, plan_id="p", entries=()
        )
        SqliteSurveys(log).keep(survey)
        change = hint(next(stream.events()))
    assert change["survey"] != 0
    assert change["assets"] == []


@pytest.mark.parametrize(
    ("query", "last"), [("", "1"), ("?after=1", ""), ("?after=0", "1")], ids=str
)
def test_a_reader_goes_on_where_it_left_off(
    query: str, last: str, served: Listening, cookie: str, log: SqliteEventLog
) -> None:
    log.append([paused(ORDERS), paused(DAILY)])
    with closing(Stream(served, cookie, query, last)) as stream:
        change = next(stream.events())
    assert (change["event"], hint(change)["assets"]) == ("change", ["marts.daily"])


@pytest.mark.parametrize("last", ["99", "made up", "-1", "1" * 29, "0x1", "\u0663"])
def test_a_place_that_cannot_be_is_a_reset(
    last: str, served: Listening, cookie: str, log: SqliteEventLog
) -> None:
    log.append([paused(ORDERS)])
    connection = served.connected()
    headers = {b"Cookie": cookie.encode(), b"Last-Event-ID": last.encode()}
    connection.request("GET", "/api/v1/stream", headers=headers)  # type: ignore[arg-type]
    answer = connection.getresponse()
    lines = [answer.readline() for _ in range(5)]
    answer.close()
    connection.close()
    assert b"event: reset\n" in lines
    assert b"id: 1\n" in lines


def test_who_is_too_far_behind_looks_at_everything_again(
    served: Listening, cookie: str, log: SqliteEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "OLDEST", 5)
    log.append([paused(ORDERS)] * 7)
    with closing(Stream(served, cookie, "", "1")) as stream:
        assert next(stream.events())["event"] == "reset"
    with closing(Stream(served, cookie, "", "2")) as stream:
        assert next(stream.events())["event"] == "change"


def test_a_session_has_so_many_streams_and_gets_one_back_for_each_that_ends(
    served: Listening, cookie: str
) -> None:
    open_ones = [Stream(served, cookie) for _ in range(STREAMS)]
    assert [stream.answer.status for stream in open_ones] == [200] * STREAMS
    one_more = Stream(served, cookie)
    assert one_more.answer.status == 429
    assert one_more.answer.headers["retry-after"] == "0"
    one_more.close()
    with closing(Stream(served, served.signed_in())) as somebody_else:
        assert somebody_else.answer.status == 200
    for stream in open_ones:
        stream.close()
    while (again := Stream(served, cookie)).answer.status == 429:
        again.close()
    again.close()


def test_a_stream_ends_with_its_session(served: Listening, cookie: str, services: Services) -> None:
    with closing(Stream(served, cookie)) as stream:
        blocks = stream.blocks()
        next(blocks)
        sessions.end(services, cookie.partition("=")[2])
        assert [block for block in blocks if "event" in block] == []
        assert stream.answer.isclosed()


def test_nobody_hears_anything_who_is_not_signed_in(served: Listening) -> None:
    for cookie in ("", "freshline_1=x", f"freshline_{served.port}=x"):
        with closing(Stream(served, cookie)) as stream:
            assert stream.answer.status == 401


def test_the_server_ends_at_once_although_streams_are_open(services: Services) -> None:
    with listening(services) as served:
        stream = Stream(served, served.signed_in())
        next(stream.blocks())
    assert [*stream.blocks()] == []
    stream.close()
