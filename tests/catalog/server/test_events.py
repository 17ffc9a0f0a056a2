"""What happened, as programs and people read it: one sequence, filtered, without a gap."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.catalog.server.conftest import Served

from freshline.events import KINDS, AssetDefined, Event, Paused
from freshline.keys import Target
from freshline.survey import Entry, EntryKind, Status, Survey
from freshline.testing import specimens
from freshline.testing.specimens import DAILY, DEV, ORDERS, OTHER_PROJECT
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server import feed
from freshline_catalog.server.people import Role
from freshline_catalog.surveys import SqliteSurveys

EVENTS = "/api/v1/events"
ALL = specimens.one_of_each()


def paused(target: Target, reason: str = "month end") -> Paused:
    return Paused(at=3.4, run="", target=target, actor="ada", reason=reason)


def entry(
    key: str, *, owner: str = "", tags: Sequence[str] = (), reads: Sequence[str] = ()
) -> Entry:
    return Entry(
        key=key,
        kind=EntryKind.TABLE,
        status=Status.FRESH,
        owner=owner or None,
        tags=tuple(tags),
        upstreams=tuple(reads),
    )


@pytest.fixture
def surveyed(log: SqliteEventLog) -> None:
    """Keep a survey of three assets, one behind the other."""
    entries = (
        entry("raw.orders", tags=["pii"]),
        entry("staging.orders", owner="ada", reads=["raw.orders"]),
        entry("marts.daily", reads=["staging.orders"]),
    )
    survey = Survey(
        project="shop", environment="main", at=1.0, sequence=0, plan_id="", entries=entries
    )
    SqliteSurveys(log).keep(survey)


@pytest.fixture
def viewer(client: Served) -> TestClient:
    return client(Role.VIEWER)


def sequences(answer: Mapping[str, Any]) -> list[int]:
    return [event["sequence"] for event in answer["events"]]


def ask(viewer: TestClient, query: str = "") -> dict[str, Any]:
    answer = viewer.get(f"{EVENTS}?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_events_come_in_the_order_in_which_they_were_recorded(
    viewer: TestClient, log: SqliteEventLog
) -> None:
    log.append(ALL)
    answer = ask(viewer)
    assert sequences(answer) == list(range(1, len(ALL) + 1))
    assert [event["kind"] for event in answer["events"]] == [event.kind for event in ALL]
    assert (answer["position"], answer["more"]) == (len(ALL), False)


def test_each_says_in_a_word_what_it_is_about(viewer: TestClient, log: SqliteEventLog) -> None:
    log.append(ALL)
    by_kind = {event["kind"]: event for event in viewer.get(EVENTS).json()["events"]}
    built = by_kind["materialized"]
    assert (built["asset"], built["version"], built["rows"]) == ("staging.orders", 1, 3)
    assert (built["code_version"], built["data_version"]) == ("code of m1", "rows of m1")
    assert by_kind["attempt_failed"]["message"] == "division by zero"
    assert by_kind["run_finished"]["outcome"] == "failed"
    assert (by_kind["paused"]["actor"], by_kind["paused"]["message"]) == ("ada", "month end")
    assert by_kind["run_started"]["asset"] == ""
    assert {event["payload"] for event in by_kind.values()} == {None}


def test_the_whole_event_comes_on_demand(viewer: TestClient, log: SqliteEventLog) -> None:
    log.append(ALL)
    (event,) = viewer.get(f"{EVENTS}?kind=run_started&payload=true").json()["events"]
    assert event["payload"]["command"] == "freshline apply"


def test_nothing_comes_of_another_project_or_environment(
    viewer: TestClient, log: SqliteEventLog
) -> None:
    elsewhere = replace(specimens.run_started("r2"), environment="dev")
    events: list[Event] = [elsewhere, *map(paused, (DEV, OTHER_PROJECT, ORDERS))]
    log.append(events)
    answer = ask(viewer)
    assert sequences(answer) == [4]
    assert answer["position"] == 4


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=paused", [2, 4]),
        ("kind=paused&kind=run_started", [1, 2, 4]),
        ("kind=", [1, 2, 3, 4, 5]),
        ("asset=staging.orders", [2, 3]),
        ("asset=nothing", []),
        ("run=r1", [1, 3]),
        ("run=nothing", []),
        ("select=marts.daily", [4]),
        ("select=%2Bmarts.daily", [2, 3, 4, 5]),
        ("select=owner:ada", [2, 3]),
        ("select=tag:pii", [5]),
        ("select=not tag:pii", [2, 3, 4]),
        ("select=owner:ada&asset=marts.daily", []),
        ("select=owner:ada&asset=staging.orders", [2, 3]),
        ("run=r1&asset=staging.orders", [3]),
        ("asset=staging.orders&kind=paused", [2]),
        ("after=3", [4, 5]),
        ("after=5", []),
        ("after=4611686018427387904", []),
        ("limit=2", [1, 2]),
        ("asset=staging.orders&limit=1", [2]),
        ("run=r1&limit=1&after=1", [3]),
    ],
)
@pytest.mark.usefixtures("surveyed")
def test_events_are_filtered(
    query: str, expected: list[int], viewer: TestClient, log: SqliteEventLog
) -> None:
    log.append(
        [
            specimens.run_started("r1"),
            paused(ORDERS),
            specimens.attempt_failed("r1", ORDERS, "m0"),
            paused(DAILY),
            specimens.source_observed("", Target("shop", "main", "raw.orders")),
        ]
    )
    answer = ask(viewer, query)
    assert sequences(answer) == expected
    if "select" not in query and "after" not in query:
        page = viewer.get(f"/events.json?{query.replace('limit=2', '').replace('limit=1', '')}")
        assert set(expected) <= set(sequences(page.json()))
        assert sequences(page.json()) == sorted(sequences(page.json()), reverse=True)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("kind=made_up", "there is no event of such a kind"),
        ("select=nothing.here", "nothing.here"),
        ("select=(", "^"),
        ("select=owner:nobody", 'no asset has owner "nobody"'),
    ],
)
@pytest.mark.usefixtures("surveyed")
def test_a_filter_that_means_nothing_is_refused(query: str, words: str, viewer: TestClient) -> None:
    for at in (EVENTS, "/events.json"):
        answer = viewer.get(f"{at}?{query}")
        assert answer.status_code == 422
        assert words in answer.json()["error"]["message"]


def test_who_reads_on_from_the_position_misses_nothing_and_sees_nothing_twice(
    viewer: TestClient, log: SqliteEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "STRETCH", 3)
    log.append([paused(ORDERS if n % 7 else DEV) for n in range(50)])
    for query in ("limit=4", "limit=4&kind=paused", "limit=1&run="):
        seen: list[int] = []
        position, more = 0, True
        while more:
            answer = viewer.get(f"{EVENTS}?{query}&after={position}").json()
            seen += sequences(answer)
            assert answer["position"] > position
            position, more = answer["position"], answer["more"]
        assert seen == [n + 1 for n in range(50) if n % 7]


def test_pages_of_the_feed_follow_one_another_back_to_the_first_event(
    viewer: TestClient, log: SqliteEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "STRETCH", 40)
    log.append([paused(ORDERS if n % 7 else DEV) for n in range(130)])
    seen: list[int] = []
    cursor = ""
    while True:
        answer = viewer.get("/events.json", params={"cursor": cursor}).json()
        seen += sequences(answer)
        log.append([paused(ORDERS)])  # what happens meanwhile moves nothing
        cursor = answer["next"]
        if not cursor:
            break
    assert seen == [n + 1 for n in reversed(range(130)) if n % 7]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.data())
def test_the_two_directions_agree(
    data: st.DataObject, log: SqliteEventLog, viewer: TestClient
) -> None:
    targets = data.draw(st.lists(st.sampled_from([ORDERS, DAILY, DEV]), max_size=8))
    log.append([paused(target) for target in targets])
    after = data.draw(st.integers(0, 20))
    forward = sequences(ask(viewer, f"after={after}&limit=1000"))
    back: list[int] = []
    cursor = ""
    while True:
        page = viewer.get("/events.json", params={"cursor": cursor}).json()
        back += sequences(page)
        cursor = page["next"]
        if not cursor:
            break
    assert forward == [sequence for sequence in reversed(back) if sequence > after]


def soon(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_who_waits_is_answered_when_something_comes(
    viewer: TestClient, log: SqliteEventLog
) -> None:
    log.append([paused(ORDERS)])
    thread = soon(lambda: log.append([paused(DEV), paused(DAILY)]))
    answer = ask(viewer, "after=1&wait=20")
    thread.join()
    assert sequences(answer) == [3]


def test_who_waits_in_vain_is_told_how_far_to_go_on_from(
    viewer: TestClient, log: SqliteEventLog
) -> None:
    log.append([paused(ORDERS), paused(DEV)])
    answer = ask(viewer, "after=1&wait=0.3")
    assert (answer["events"], answer["position"]) == ([], 2)


def test_with_many_writers_at_once_a_reader_has_no_gap(
    viewer: TestClient, log: SqliteEventLog
) -> None:
    writers, each = 4, 25

    def write(name: int) -> None:
        for n in range(each):
            log.append([paused(ORDERS, f"{name}.{n}")])

    threads = [soon(lambda name=name: write(name)) for name in range(writers)]  # type: ignore[misc]
    seen: list[int] = []
    position = 0
    while len(seen) < writers * each:
        answer = viewer.get(f"{EVENTS}?after={position}&wait=20").json()
        seen += sequences(answer)
        position = answer["position"]
    for thread in threads:
        thread.join()
    assert seen == list(range(1, writers * each + 1))


def test_what_stands_under_a_telling_name_is_hidden_in_what_is_shown_whole(
    viewer: TestClient, log: SqliteEventLog
) -> None:
    spec = {"meta": {"api_key": "abcdefgh", "team": "sales"}}
    log.append([AssetDefined(at=1.0, run="", target=ORDERS, digest="d", spec=spec)])
    for at in (f"{EVENTS}?payload=true", "/events.json?show=1", "/events?show=1"):
        answer = viewer.get(at)
        assert "abcdefgh" not in answer.text
        assert "sales" in answer.text


def test_the_feed_shows_each_event_with_links_to_what_it_is_about(
    viewer: TestClient, log: SqliteEventLog
) -> None:
    log.append(ALL)
    page = viewer.get("/events", headers={"Accept": "text/html"})
    assert page.status_code == 200
    for event in ALL:
        assert event.kind.replace("_", " ") in page.text
    assert 'href="/assets/staging.orders"' in page.text
    assert 'href="/runs/r1"' in page.text


def test_an_empty_feed_says_why(viewer: TestClient, log: SqliteEventLog) -> None:
    assert "Nothing was recorded yet" in viewer.get("/events").text
    log.append([paused(ORDERS)])
    assert "none fits here" in viewer.get("/events?kind=dropped").text


def test_a_feed_that_holds_still_says_so(viewer: TestClient, log: SqliteEventLog) -> None:
    log.append([paused(ORDERS)])
    assert 'data-live="off"' in viewer.get("/events?paused=true").text
    assert "data-live" not in viewer.get("/events").text


def test_links_of_the_feed_keep_what_was_asked_for(viewer: TestClient, log: SqliteEventLog) -> None:
    log.append([paused(ORDERS) for _ in range(60)])
    page = viewer.get("/events?kind=paused&asset=staging.orders").text
    assert "/events?kind=paused&amp;asset=staging.orders&amp;cursor=11" in page
    assert "/events?kind=paused&amp;asset=staging.orders&amp;show=60&amp;paused=true#e60" in page


def test_every_kind_can_be_asked_for(viewer: TestClient) -> None:
    for kind in KINDS:
        assert viewer.get(f"{EVENTS}?kind={kind}").status_code == 200
