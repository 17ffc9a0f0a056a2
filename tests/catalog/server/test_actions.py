"""Actions: on record before and after, done once, by whom may, and only as the caller has seen."""

import json
import threading
from collections.abc import Mapping
from dataclasses import replace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.catalog.server.conftest import HandClock, Served, somebody
from tests.catalog.server.deeds import PLAN, RecordingEngine, planned
from tests.catalog.surveyed import entry, survey

from freshline.catalog import By, Ended, Wanted
from freshline.errors import BusyError, UsageError
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Services
from freshline_catalog.surveys import SqliteSurveys

ID = "01a2034b-0000-7000-8000-00000000000a"


@pytest.fixture
def engine(log: SqliteEventLog, clock: HandClock) -> RecordingEngine:
    return RecordingEngine(log, clock)


@pytest.fixture
def operator(client: Served, log: SqliteEventLog) -> TestClient:
    known = survey(entry("raw.orders"), entry("marts.daily", "raw.orders"))
    SqliteSurveys(log).keep(known)
    return client(Role.OPERATOR)


def recorded(log: SqliteEventLog) -> list[tuple[str, ...]]:
    """Return what is on record: kind, subject, reason, run, outcome and what was said."""
    with log.reader() as connection:
        rows = connection.execute(
            "select kind, subject, reason, run, outcome, said from action order by at, id"
        ).fetchall()
    return [tuple(map(str, row)) for row in rows]


FORMS: Mapping[str, tuple[Mapping[str, str], str, tuple[str, object]]] = {
    "materialize": (
        {"select": "marts.daily", "plan": PLAN, "reason": "because", "id": ID},
        f"/runs/{ID}",
        ("apply", (Wanted(selection="marts.daily"), PLAN, By(actor="local", reason="because"), ID)),
    ),
    "cancel": (
        {"run": ID, "reason": "because"},
        f"/runs/{ID}",
        ("cancel", (ID, By(actor="local", reason="because"))),
    ),
    "pause": (
        {"select": "marts.daily", "reason": "because"},
        "/assets/marts.daily",
        ("pause", (("marts.daily",), By(actor="local", reason="because"))),
    ),
    "resume": (
        {"select": "marts.daily", "reason": ""},
        "/assets/marts.daily",
        ("resume", (("marts.daily",), By(actor="local", reason=""))),
    ),
    "rollback": (
        {"select": "marts.daily", "number": "3", "until": "7d", "reason": "because"},
        "/assets/marts.daily",
        ("rollback", ("marts.daily", 3, "7d", By(actor="local", reason="because"))),
    ),
    "unpin": (
        {"select": "marts.daily"},
        "/assets/marts.daily",
        ("unpin", ("marts.daily", By(actor="local", reason=""))),
    ),
    "accept": (
        {"select": "marts.daily", "check": "unique_id", "reason": "because"},
        "/assets/marts.daily/checks",
        ("accept", ("marts.daily", "unique_id", By(actor="local", reason="because"))),
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_has_it_done_and_sends_the_browser_on(
    name: str, operator: TestClient, engine: RecordingEngine, log: SqliteEventLog
) -> None:
    fields, goes_to, asked = FORMS[name]
    answer = operator.post(f"/{name}", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, goes_to), answer.text
    assert engine.asked[-1] == asked
    ((kind, _, reason, _, outcome, _),) = recorded(log)
    assert (kind, reason, outcome) == (name, fields.get("reason", ""), "done")


@pytest.mark.parametrize("name", FORMS)
def test_a_call_has_the_same_done_and_answers_with_the_record(
    name: str, operator: TestClient, engine: RecordingEngine
) -> None:
    fields, _, asked = FORMS[name]
    body: dict[str, object] = {**fields}
    if name != "materialize" and "select" in body:
        body["key"] = body.pop("select")
    if "number" in body:
        body["number"] = 3
    answer = operator.post(f"/api/v1/actions/{name}", json=body)
    assert answer.status_code == 200, answer.text
    assert engine.asked[-1] == asked
    told = answer.json()
    assert (told["kind"], told["actor"], told["role"]) == (name, "local", "operator")


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (None, 401)])
def test_who_may_not_does_not(
    name: str,
    role: Role | None,
    status: int,
    client: Served,
    engine: RecordingEngine,
    log: SqliteEventLog,
) -> None:
    caller = client(role)
    fields = FORMS[name][0]
    assert caller.post(f"/{name}", data=fields).status_code == status
    assert caller.post(f"/api/v1/actions/{name}", json={**fields}).status_code == status
    assert caller.get(f"/{name}", params=dict(fields)).status_code == status
    assert engine.asked == []
    assert recorded(log) == []


@pytest.mark.parametrize("name", ["pause", "rollback", "accept"])
def test_what_needs_a_reason_is_not_done_without_one(
    name: str, operator: TestClient, engine: RecordingEngine, log: SqliteEventLog
) -> None:
    fields = {**FORMS[name][0], "reason": "  "}
    answer = operator.post(f"/{name}", data=fields)
    assert answer.status_code == 422
    assert "needs a reason" in answer.text
    assert engine.asked == []
    assert recorded(log) == []


def test_another_plan_by_now_is_shown_and_nothing_is_begun(
    operator: TestClient, engine: RecordingEngine, log: SqliteEventLog
) -> None:
    engine.planned = planned("0123456789ab", "marts.other")
    fields = FORMS["materialize"][0]
    page = operator.post("/materialize", data=fields, headers={"Accept": "text/html"})
    assert page.status_code == 409
    assert "The plan has changed." in page.text
    assert "marts.other" in page.text
    assert 'value="0123456789ab"' in page.text
    call = operator.post("/api/v1/actions/materialize", json={**fields})
    assert call.status_code == 409
    assert [name for name, _ in engine.asked if name == "apply"] == []
    assert recorded(log) == []


def test_a_plan_without_steps_begins_nothing(operator: TestClient, engine: RecordingEngine) -> None:
    engine.planned = {**planned(), "steps": []}
    answer = operator.post("/materialize", data=FORMS["materialize"][0])
    assert answer.status_code == 422
    page = operator.get("/materialize", headers={"Accept": "text/html"})
    assert "There is nothing to do" in page.text
    assert '<form class="act"' not in page.text


def test_the_same_form_sent_twice_begins_one_run(
    operator: TestClient, engine: RecordingEngine, log: SqliteEventLog
) -> None:
    fields = FORMS["materialize"][0]
    first = operator.post("/materialize", data=fields)
    engine.planned = planned("0123456789ab")  # the run has changed the world meanwhile
    again = operator.post("/materialize", data=fields)
    assert first.headers["location"] == again.headers["location"] == f"/runs/{ID}"
    assert [name for name, _ in engine.asked].count("apply") == 1
    assert len(recorded(log)) == 1


def test_the_same_form_sent_twice_at_once_begins_one_run(
    app: FastAPI, services: Services, operator: TestClient, engine: RecordingEngine
) -> None:
    ready = threading.Barrier(4)
    places: list[str] = []

    def send() -> None:
        caller = somebody(app, services, Role.OPERATOR)
        ready.wait(timeout=30)
        places.append(caller.post("/materialize", data=FORMS["materialize"][0]).headers["location"])

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert places == [f"/runs/{ID}"] * 4
    assert [name for name, _ in engine.asked].count("apply") == 1


def test_an_id_of_something_else_is_refused(operator: TestClient) -> None:
    operator.post("/materialize", data=FORMS["materialize"][0])
    answer = operator.post("/pause", data={"select": "marts.daily", "reason": "x", "id": ID})
    assert answer.status_code == 409


@pytest.mark.parametrize("id", ["x", "../..", f"{ID}/", "0" * 36, ID.upper(), "' or 1=1"])
def test_an_id_is_a_uuid(id: str, operator: TestClient, engine: RecordingEngine) -> None:
    fields = {**FORMS["materialize"][0], "id": id}
    assert operator.post("/materialize", data=fields).status_code == 422
    assert [name for name, _ in engine.asked if name == "apply"] == []


def test_what_the_engine_refuses_is_told_and_on_record(
    operator: TestClient, engine: RecordingEngine, log: SqliteEventLog
) -> None:
    engine.refuses = BusyError("ada applies at this moment", help="wait for it to end")
    answer = operator.post("/pause", data={"select": "marts.daily", "reason": "x"})
    assert answer.status_code == 409
    assert "ada applies at this moment" in answer.text
    ((_, _, _, _, outcome, said),) = recorded(log)
    assert (outcome, said) == ("failed", "ada applies at this moment (wait for it to end)")


def test_a_selection_that_is_none_is_told_in_its_words(
    operator: TestClient, engine: RecordingEngine
) -> None:
    engine.refuses = UsageError('nothing is called "mart"', help='did you mean "marts"?')
    answer = operator.get("/materialize.json", params={"select": "mart"})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == 'nothing is called "mart"'


def test_a_run_that_could_not_begin_says_why(
    operator: TestClient, engine: RecordingEngine, log: SqliteEventLog
) -> None:
    engine.records, engine.ends = False, Ended(1, "F401 ada is applying at this moment")
    place = operator.post("/materialize", data=FORMS["materialize"][0]).headers["location"]
    page = operator.get(place, headers={"Accept": "text/html"}).text
    assert "It never began." in page
    assert "F401 ada is applying at this moment" in page
    assert operator.get(f"{place}.json").json()["facts"] is None
    assert recorded(log)[0][4] == "failed"


def test_a_run_that_has_recorded_nothing_yet_is_queued(
    operator: TestClient, engine: RecordingEngine
) -> None:
    engine.records, engine.ends = False, None
    place = operator.post("/materialize", data=FORMS["materialize"][0]).headers["location"]
    page = operator.get(place, headers={"Accept": "text/html"}).text
    assert "It has not recorded anything yet." in page
    assert "queued" in page
    assert ID in [doing["run"] for doing in operator.get("/runs.json").json()["queued"]]
    assert ID in [doing["run"] for doing in operator.get("/reconciler.json").json()["queue"]]


def test_a_plan_says_what_would_happen_and_what_would_not(operator: TestClient) -> None:
    page = operator.get("/materialize?select=marts.daily", headers={"Accept": "text/html"}).text
    for said in (
        "Materialize 1 asset",
        "column amount: expression changed",
        "assets/marts/daily.sql:3:8",
        "a source is only guessed at",
        "marts.blocked",
        "marts.broken",
    ):
        assert said in page
    told = operator.get("/api/v1/plan?select=marts.daily").json()
    assert told["plan"]["plan_id"] == PLAN
    assert told["plan"]["steps"][0]["wanted_by"] == ["marts.top"]


def test_words_of_a_selection_are_data(operator: TestClient, engine: RecordingEngine) -> None:
    hostile = '--help"><script>alert(1)</script>'
    page = operator.get("/materialize", params={"select": hostile}).text
    assert "<script>alert" not in page
    assert engine.asked[-1] == ("plan", Wanted(selection=hostile))


def test_rows_are_shown_to_operators_where_that_is_allowed_and_it_is_on_record(
    client: Served, log: SqliteEventLog, engine: RecordingEngine
) -> None:
    shown = replace(entry("marts.daily", "raw.orders"), preview=True)
    source = replace(entry("raw.orders"), preview=True)
    SqliteSurveys(log).keep(survey(source, shown, entry("marts.kept", "raw.orders")))
    operator, viewer = client(Role.OPERATOR), client(Role.VIEWER)
    assert viewer.get("/assets/marts.daily/rows.json").status_code == 403
    assert operator.get("/assets/marts.kept/rows.json?show=1").status_code == 403
    not_built = operator.get("/assets/marts.daily/rows.json?show=1").json()
    assert not_built["shown"] is False
    assert engine.asked == []
    assert recorded(log) == []


def test_an_apply_that_the_machine_refuses_is_on_record_as_failed(
    operator: TestClient, engine: RecordingEngine, log: SqliteEventLog
) -> None:
    engine.begins = BusyError("no process can be started")
    answer = operator.post("/materialize", data=FORMS["materialize"][0])
    assert answer.status_code == 409
    assert recorded(log)[0][4:] == ("failed", "no process can be started")


def test_what_is_described_can_be_called(operator: TestClient) -> None:
    paths = json.loads(operator.get("/api/v1/openapi.json").text)["paths"]
    for name in FORMS:
        assert "post" in paths[f"/api/v1/actions/{name}"]
