"""The pages of automation and what may be done there: shown as it is, on record, guarded."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import HandClock, Served
from tests.catalog.server.moved import (
    ENDED,
    HERE,
    NOW,
    QUEUED,
    RUNNING,
    URGENT,
    leader,
    moved,
    tick,
)
from tests.catalog.server.shop import page

from freshline.ticks import Decided, Halt, Mover, Tick
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.people import Role

__all__ = ["moved"]
ID = "01a2034b-0000-7000-8000-00000000000a"


@pytest.fixture
def operator(client: Served, moved: SqliteAutomation) -> TestClient:
    return client(Role.OPERATOR)


@pytest.fixture
def led(log: SqliteEventLog) -> Iterator[None]:
    lease = log.acquire(leader())
    yield
    lease.release()


# What is shown


def test_an_empty_catalog_says_that_nobody_decides(client: Served) -> None:
    shown = page(client(), "/automation")
    assert "Nothing is built by itself at the moment" in shown.text
    assert "Nothing is queued" in shown.text and "Nothing was decided yet" in shown.text


def test_who_leads_is_named_with_since_when(operator: TestClient, led: None) -> None:
    shown = page(operator, "/automation")
    assert "ada decides on host1, process 4711, since" in shown.text
    assert "Nothing is built by itself" not in shown.text


def test_the_queue_stands_in_the_order_in_which_it_goes(operator: TestClient) -> None:
    """What is urgent first, then as it was asked for; what was asked by whom, and for what."""
    found = operator.get("/api/v1/automation").json()
    assert [each["run"] for each in found["queue"]] == [URGENT, RUNNING, QUEUED]
    assert [each["state"] for each in found["queue"]] == ["queued", "launched", "queued"]
    last = found["queue"][2]
    assert (last["count"], len(last["assets"]), last["mover"]) == (6, 4, "sensor")
    assert [each["run"] for each in found["past"]] == [URGENT, QUEUED, RUNNING, ENDED]
    assert found["past"][3]["outcome"] == "succeeded"


def test_the_next_moments_stand_in_their_order(operator: TestClient) -> None:
    """Of schedules, sensors and assets; what is paused has none, what is past is none."""
    coming = operator.get("/api/v1/automation").json()["coming"]
    assert [(each["at"] - NOW, each["name"] or each["asset"]) for each in coming] == [
        *((30, "landed"), (300, "marts.daily"), (3600, "morning"))
    ]
    assert coming[1]["waits"] == "06:00 in Europe/Berlin is still to come"


def test_what_is_held_back_is_counted(operator: TestClient) -> None:
    """By what holds it; what is fresh is not held back."""
    assert operator.get("/api/v1/automation").json()["waiting"] == {"checks": 1, "rule": 1}
    text = page(operator, "/automation").text
    assert "A check fails on what they read1Not yet, by their own rule1" in text


def test_schedules_say_when_what_and_who_paused_them(operator: TestClient) -> None:
    found = operator.get("/api/v1/automation").json()
    evening, morning = found["schedules"]
    assert (evening["halt"]["actor"], evening["again"]) == ("ada", None)
    assert evening["last"]["outcome"] == "skipped"
    assert (morning["halt"], morning["again"], morning["last"]["run"]) == (None, NOW + 3600, ENDED)
    shown = page(operator, "/automation").text
    assert "at 06:00 from Monday to Friday (Europe/Berlin)" in shown and "month end" in shown
    assert "automation.yaml:3" in shown


def test_a_paused_one_that_is_not_declared_any_more_can_still_be_resumed(
    operator: TestClient, moved: SqliteAutomation
) -> None:
    gone = Halt(mover=Mover.SENSOR, name="gone", actor="ada", reason="x", at=NOW)
    moved.halt(*HERE, gone)
    assert "not declared any more" in page(operator, "/automation").text
    answer = operator.post("/automation/resume", data={"mover": "sensor", "name": "gone"})
    assert answer.status_code == 303 and [h.name for h in moved.halts(*HERE)] == ["evening"]


@pytest.mark.parametrize(
    ("query", "whys"),
    [
        pytest.param(
            "?mover=sensor&name=landed",
            ["a file that is awaited", "2 files arrived"],
            id="of one sensor",
        ),
        pytest.param("?mover=schedule", ["it is paused", "it was time"], id="of all schedules"),
        pytest.param("?name=closing", ["its function raised KeyError"], id="of a name"),
        pytest.param("?mover=sensor&name=none", [], id="of nobody"),
        pytest.param("?limit=1", ["its function raised KeyError"], id="the newest"),
    ],
)
def test_decisions_can_be_looked_through(operator: TestClient, query: str, whys: list[str]) -> None:
    found = operator.get(f"/api/v1/automation/ticks{query}").json()["ticks"]
    assert [tick["why"] for tick in found] == whys
    text = page(operator, f"/automation/ticks{query}").text
    assert all(why in text for why in whys)


def test_decisions_are_given_out_a_page_at_a_time(operator: TestClient) -> None:
    seen: list[str] = []
    query = "?limit=4"
    while query:
        found = operator.get(f"/api/v1/automation/ticks{query}").json()
        seen += [tick["key"] for tick in found["ticks"]]
        query = f"?limit=4&cursor={found['next']}" if found["next"] else ""
    assert seen == ["e", "2027-01-14T18:00Z", "f2", "f1", "1", "2027-01-15T05:00Z"]


def test_a_decision_shows_what_was_awaited_arrived_and_consumed(operator: TestClient) -> None:
    text = page(operator, "/automation/ticks?mover=sensor&name=landed").text
    assert "awaited: data/till/*.csv" in text and "consumed: a.csv, b.csv" in text


def test_the_page_of_a_sensor_says_what_is_awaited_arrived_and_ignored(
    operator: TestClient, moved: SqliteAutomation, log: SqliteEventLog
) -> None:
    """As its last tick told it, beside what it is, when it fired last and the way to pause it."""
    details = (
        "awaited: a file data/till/*.csv",
        "arrived: data/till/c.csv",
        "ignored: data/till/d.csv may still be being written, until 08:00",
        "awaited: a new version of marts.daily",
        "awaited: another answer of SELECT 1",
        "unknown: it was not answered",
    )
    now = replace(tick(Mover.SENSOR, "landed", "f3", 1, "1 of 3 arrived"), details=details)
    decide(log, moved, now)
    found = operator.get("/api/v1/automation/ticks?mover=sensor&name=landed").json()
    assert found["fired"]["run"] == URGENT and found["one"]["does"] == "make staging.orders fresh"
    assert [(each["what"], len(each["arrived"])) for each in found["awaited"]] == [
        ("a file data/till/*.csv", 1),
        ("a new version of marts.daily", 0),
        ("another answer of SELECT 1", 0),
    ]
    assert found["awaited"][2]["unknown"] == ["it was not answered"]
    shown = page(operator, "/automation/ticks?mover=sensor&name=landed").text
    assert "Sensor landed" in shown and "nothing yet" in shown and "Fired last" in shown


def test_the_page_of_what_nobody_declares_any_more_keeps_what_it_decided(
    operator: TestClient, log: SqliteEventLog, moved: SqliteAutomation
) -> None:
    decide(log, moved, tick(Mover.SENSOR, "gone", "g", 1, "it was there once"))
    shown = page(operator, "/automation/ticks?mover=sensor&name=gone").text
    assert "Nobody declares it any more" in shown and "it was there once" in shown


def test_a_schedule_says_its_next_moment_in_its_own_zone(operator: TestClient) -> None:
    shown = page(operator, "/automation").text
    assert "Fri 2027-01-15 10:00 Europe/Berlin" in shown


def decide(log: SqliteEventLog, moved: SqliteAutomation, told: Tick) -> None:
    lease = log.acquire(leader())
    moved.decide(lease, [Decided(tick=told, memories={})])
    lease.release()


def test_the_page_of_an_asset_says_when_it_is_refreshed(operator: TestClient) -> None:
    shown = page(operator, "/assets/marts.daily")
    text = shown.text
    assert "At 06:00 every day (Europe/Berlin), if anything is stale then" in text
    assert "06:00 in Europe/Berlin is still to come" in text and "in 5 min" in text
    assert "the reconciler said so" in text and "young enough" in text
    assert "too old" in page(operator, "/assets/marts.old").text
    assert "landed said so" in page(operator, "/assets/staging.orders").text


def test_assets_can_be_listed_by_what_their_policy_says(operator: TestClient) -> None:
    found = operator.get("/api/v1/assets?freshness=fails").json()
    assert [asset["key"] for asset in found["assets"]] == ["marts.old"]
    found = operator.get("/api/v1/assets?q=freshness:passes").json()
    assert [asset["key"] for asset in found["assets"]] == ["marts.daily"]
    (facet,) = [each for each in found["facets"] if each["name"] == "freshness"]
    assert {v["value"]: v["count"] for v in facet["values"]} == {
        **{"passes": 1, "fails": 1, "(none)": 1}
    }


def test_a_viewer_sees_all_of_it_and_no_buttons(client: Served, moved: SqliteAutomation) -> None:
    shown = page(client(Role.VIEWER), "/automation")
    hrefs = [each.attributes.get("href", "") for each in shown.all("a")]
    assert not [href for href in hrefs if "automation/pause" in href or "withdraw" in href]
    assert "morning" in shown.text


# What may be done


def test_a_schedule_is_paused_from_its_page_and_resumed(
    operator: TestClient, moved: SqliteAutomation, log: SqliteEventLog
) -> None:
    asks = page(operator, "/automation/pause?mover=schedule&name=morning")
    assert "Pause the schedule morning" in asks.text
    form = asks.one("form", class_="act")
    assert form.attributes["action"] == "/automation/pause"
    hidden = {e.attributes["name"]: e.attributes["value"] for e in form.all("input", type="hidden")}
    answer = operator.post("/automation/pause", data={**hidden, "reason": "audit"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/automation")
    halts = {halt.name: halt for halt in moved.halts(*HERE)}
    assert (halts["morning"].reason, halts["morning"].actor) == ("audit", "local")
    why = page(operator, "/automation/resume?mover=schedule&name=morning").text
    assert "paused by local" in why and "audit" in why
    operator.post("/automation/resume", data={"mover": "schedule", "name": "morning"})
    assert [halt.name for halt in moved.halts(*HERE)] == ["evening"]
    assert recorded(log) == [
        ("pause", "schedule morning", "audit", "", "done"),
        ("resume", "schedule morning", "", "", "done"),
    ]


def test_the_same_by_calls(operator: TestClient, moved: SqliteAutomation) -> None:
    at = "/api/v1/automation/sensors/landed"
    done = operator.post(f"{at}/pause", json={"reason": "audit", "id": ID})
    assert (done.status_code, done.json()["outcome"]) == (200, "done")
    again = operator.post(f"{at}/pause", json={"reason": "audit", "id": ID})
    assert again.json()["id"] == ID
    assert {halt.name for halt in moved.halts(*HERE)} == {"evening", "landed"}
    assert operator.post(f"{at}/resume", json={}).status_code == 200
    assert {halt.name for halt in moved.halts(*HERE)} == {"evening"}


@pytest.mark.parametrize(
    ("to", "body", "status", "said"),
    [
        pytest.param("schedules/mornin/pause", {"reason": "x"}, 404, "morning", id="no such one"),
        pytest.param("sensors/morning/pause", {"reason": "x"}, 404, "sensor", id="no such sensor"),
        pytest.param("schedules/morning/pause", {}, 422, "needs a reason", id="no reason"),
        pytest.param("schedules/morning/resume", {}, 422, "not paused", id="it is not paused"),
        pytest.param("assets/morning/pause", {"reason": "x"}, 422, "kind", id="no such kind"),
        pytest.param(f"requests/{RUNNING}/withdraw", {}, 409, "not queued", id="it runs"),
        pytest.param("requests/none/withdraw", {}, 422, "no run's id", id="no id"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    operator: TestClient, to: str, body: dict[str, str], status: int, said: str
) -> None:
    answer = operator.post(f"/api/v1/automation/{to}", json=body)
    error = answer.json()["error"]
    assert answer.status_code == status and said in error["message"] + error["help"]


def test_a_queued_run_is_withdrawn_once(
    operator: TestClient, moved: SqliteAutomation, log: SqliteEventLog
) -> None:
    asks = page(operator, f"/automation/withdraw?run={QUEUED}").text
    assert "sensor landed" in asks and "staging.part_0" in asks and "and 2 more" in asks
    answer = operator.post("/automation/withdraw", data={"run": QUEUED, "reason": "wrong file"})
    assert answer.status_code == 303
    assert [each.request.run for each in moved.requests(*HERE)] == [RUNNING, URGENT]
    assert log.latest(limit=1)[0].event.kind == "run_withdrawn"
    assert operator.get(f"/automation/withdraw?run={QUEUED}").status_code == 422
    again = operator.post(f"/api/v1/automation/requests/{QUEUED}/withdraw", json={})
    assert again.status_code == 409
    assert [row[0::4] for row in recorded(log)] == [("withdraw", "done"), ("withdraw", "failed")]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        pytest.param(QUEUED, "It is queued. It would build staging.part_0", id="one that waits"),
        pytest.param(RUNNING, "Asked for by the reconciler 1 min ago:", id="one that is at it"),
        pytest.param(ENDED, "Asked for by schedule morning 1 h ago:", id="one that is over"),
    ],
)
def test_the_page_of_a_run_says_what_asked_for_it(
    operator: TestClient, moved: SqliteAutomation, run: str, said: str
) -> None:
    assert said in page(operator, f"/runs/{run}").text
    if run == QUEUED:
        moved.withdraw(QUEUED, NOW, "ben")
        assert "It was withdrawn before it began" in page(operator, f"/runs/{run}").text


def test_consumers_see_that_runs_were_asked_for_and_withdrawn(operator: TestClient) -> None:
    operator.post(f"/api/v1/automation/requests/{QUEUED}/withdraw", json={})
    found = operator.get("/api/v1/events?kind=run_requested&kind=run_withdrawn").json()["events"]
    assert [(each["kind"], each["run"]) for each in found] == [
        *(("run_requested", run) for run in (ENDED, RUNNING, QUEUED, URGENT)),
        ("run_withdrawn", QUEUED),
    ]
    assert found[0]["message"] == "morning said so"


def test_an_event_is_told_once_under_its_key(
    operator: TestClient, moved: SqliteAutomation, clock: HandClock
) -> None:
    first, second = (
        operator.post(
            "/api/v1/events/loaded",
            json={"body": {"rows": 3}},
            headers={"Idempotency-Key": "load-7"},
        )
        for _ in range(2)
    )
    assert first.json() == second.json() and second.headers["Idempotency-Replayed"] == "true"
    (arrival,) = moved.arrivals(*HERE, 1)
    assert (arrival.name, arrival.actor, arrival.at) == ("loaded", "local", NOW)
    assert arrival.body == '{"rows":3}' and first.json()["sequence"] == arrival.sequence
    assert operator.post("/api/v1/events/loaded", json={}).status_code == 200
    assert len(moved.arrivals(*HERE, 1)) == 2


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param("No Name", {}, id="a name that is none"),
        pytest.param("loaded", {"body": {"x": "y" * 20_000}}, id="too much is said"),
        pytest.param("loaded", {"body": "text"}, id="what is said is no object"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(
    operator: TestClient, moved: SqliteAutomation, name: str, body: dict[str, object]
) -> None:
    assert operator.post(f"/api/v1/events/{name}", json=body).status_code == 422
    assert len(moved.arrivals(*HERE, 0)) == 1


def recorded(log: SqliteEventLog) -> list[tuple[str, ...]]:
    with log.reader() as connection:
        rows = connection.execute(
            "select kind, subject, reason, run, outcome from action order by rowid"
        ).fetchall()
    return [tuple(map(str, row)) for row in rows]
