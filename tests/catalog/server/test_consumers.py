"""Named consumers: readers whose place and lag everybody can see."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import HandClock, Served
from tests.catalog.server.test_events import paused, sequences, surveyed

from freshline.survey import Survey
from freshline.testing.specimens import DAILY, ORDERS
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server import following
from freshline_catalog.server.people import Role
from freshline_catalog.surveys import SqliteSurveys

__all__ = ["surveyed"]
AT = "/api/v1/consumers"


@pytest.fixture
def operator(client: Served, surveyed: None) -> TestClient:
    return client(Role.OPERATOR)


def put(operator: TestClient, **declared: Any) -> dict[str, Any]:
    answer = operator.put(f"{AT}/reports", json=declared)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def ack(operator: TestClient, sequence: int) -> dict[str, Any]:
    answer = operator.post(f"{AT}/reports/ack", json={"sequence": sequence})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_new_consumer_begins_behind_the_newest_event(
    operator: TestClient, log: SqliteEventLog
) -> None:
    log.append([paused(ORDERS)])
    made = put(operator, selection="owner:ada")
    assert (made["name"], made["selection"], made["position"]) == ("reports", "owner:ada", 1)
    assert (made["waiting"], made["since"], made["actor"]) == (0, None, "local")


def test_a_consumer_reads_what_it_selected_from_where_it_is(
    operator: TestClient, log: SqliteEventLog, clock: HandClock
) -> None:
    put(operator, selection="owner:ada")
    log.append([paused(ORDERS), paused(DAILY), paused(ORDERS)])
    answer = operator.get(f"{AT}/reports/events").json()
    assert sequences(answer) == [1, 3]
    lag = operator.get(f"{AT}/reports").json()
    assert (lag["position"], lag["waiting"], lag["since"], lag["last"]) == (0, 2, 3.4, 3)
    again = operator.get(f"{AT}/reports/events").json()
    assert again == answer  # until it is acknowledged, it is delivered again
    clock.at += 5
    done = ack(operator, 1)
    assert (done["position"], done["waiting"], done["updated"]) == (1, 1, clock.at)
    assert sequences(operator.get(f"{AT}/reports/events").json()) == [3]
    assert sequences(operator.get(f"{AT}/reports/events?kind=dropped").json()) == []


def test_an_acknowledgement_that_comes_late_or_twice_moves_nothing_back(
    operator: TestClient, log: SqliteEventLog
) -> None:
    put(operator)
    log.append([paused(ORDERS)] * 3)
    for sequence in (2, 1, 2):
        assert ack(operator, sequence)["position"] == 2


def test_going_back_is_said_as_such(operator: TestClient, log: SqliteEventLog) -> None:
    log.append([paused(ORDERS)] * 3)
    put(operator)
    assert put(operator, position=1)["position"] == 1
    assert put(operator, selection="marts.daily")["position"] == 1


@pytest.mark.parametrize("sequence", [4, 2**62], ids=["one too far", "far too far"])
def test_nobody_has_read_what_has_not_happened(
    sequence: int, operator: TestClient, log: SqliteEventLog
) -> None:
    log.append([paused(ORDERS)] * 3)
    put(operator)
    answer = operator.post(f"{AT}/reports/ack", json={"sequence": sequence})
    assert answer.status_code == 422
    assert operator.put(f"{AT}/other", json={"position": sequence}).status_code == 422
    assert operator.get(f"{AT}/other").status_code == 404


def test_a_selection_that_means_nothing_makes_no_consumer(operator: TestClient) -> None:
    answer = operator.put(f"{AT}/reports", json={"selection": "tag:nothing"})
    assert answer.status_code == 422
    assert operator.get(AT).json() == {"consumers": []}


def test_a_selection_that_means_nothing_any_more_is_told_as_that(
    operator: TestClient, log: SqliteEventLog
) -> None:
    put(operator, selection="owner:ada")
    empty = Survey(project="shop", environment="main", at=2.0, sequence=0, plan_id="", entries=())
    SqliteSurveys(log).keep(empty)
    lag = operator.get(f"{AT}/reports").json()
    assert 'owner "ada"' in lag["problem"]
    assert operator.get("/events").status_code == 200
    assert operator.get(f"{AT}/reports/events").status_code == 422


def test_consumers_are_listed_on_the_page_with_their_lag(
    operator: TestClient, log: SqliteEventLog
) -> None:
    put(operator, selection="owner:ada")
    log.append([paused(ORDERS)])
    page = operator.get("/events").text
    assert "reports" in page
    assert "owner:ada" in page
    (listed,) = operator.get("/events.json").json()["consumers"]
    assert listed == operator.get(AT).json()["consumers"][0]


def test_a_consumer_can_be_removed_once(operator: TestClient) -> None:
    put(operator)
    assert operator.delete(f"{AT}/reports").status_code == 204
    assert operator.delete(f"{AT}/reports").status_code == 404
    assert operator.get(f"{AT}/reports").status_code == 404
    assert operator.get(f"{AT}/reports/events").status_code == 404


@pytest.mark.parametrize(
    "name", ["A", "a b", ".", "..", "-a", "a" * 65, "a%00", "a%2Fb", "%C3%A9", "a;b"]
)
def test_a_name_that_is_none_is_refused(name: str, operator: TestClient) -> None:
    assert operator.put(f"{AT}/{name}", json={}).status_code in (404, 405, 422)
    assert operator.get(AT).json() == {"consumers": []}


def test_there_is_an_end_to_how_many_there_can_be(
    operator: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST", 2)
    for name in ("a", "b"):
        assert operator.put(f"{AT}/{name}", json={}).status_code == 200
    assert operator.put(f"{AT}/c", json={}).status_code == 422
    assert operator.put(f"{AT}/a", json={}).status_code == 200
    assert len(operator.get(AT).json()["consumers"]) == 2
