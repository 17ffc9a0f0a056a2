"""Pages of runs: what was recorded of each, also of one that was killed, fails or still goes."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import ADDRESS, HandClock, IdleEngine, Served, somebody
from tests.catalog.server.world import PROJECT, opened
from tests.catalog.surveyed import entry, survey

from freshline.events import AttemptStarted, Event, Outcome, RunFinished, RunStarted
from freshline.keys import Target
from freshline.ports import Holder
from freshline.testing.specimens import attempt_failed, claim, materialized
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.app import create_app
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Scope, Services
from freshline_catalog.surveys import SqliteSurveys

RUN = "01a2034b-0000-7000-8000-00000000000{}"
ORDERS, DAILY, TOP = (
    Target("shop", "main", key) for key in ("staging.orders", "marts.daily", "marts.top")
)
HTML = {"Accept": "text/html"}


def begun(number: int, *, at: float = 100.0, actor: str = "ada") -> RunStarted:
    return RunStarted(
        at=at,
        run=RUN.format(number),
        project="shop",
        environment="main",
        plan_id="7f3a01c2b9d4",
        actor=actor,
        command="freshline apply",
        steps=3,
        assets=("staging.orders", "marts.daily", "marts.top"),
    )


def finished(number: int, outcome: Outcome, **left: str) -> RunFinished:
    unfinished = {key.replace("__", "."): status for key, status in left.items()}
    return RunFinished(at=200.0, run=RUN.format(number), outcome=outcome, unfinished=unfinished)


def failed_run(number: int) -> list[Event]:
    run = RUN.format(number)
    wish = claim(run, DAILY, f"p{number}")
    return [
        begun(number),
        AttemptStarted(at=110.0, run=run, target=DAILY, publish_id=f"p{number}", fence=1, base=0),
        replace(attempt_failed(run, DAILY, wish.publish_id), at=120.0),
        finished(number, Outcome.FAILED, marts__daily="failed", marts__top="skipped"),
    ]


@pytest.fixture
def operator(client: Served, log: SqliteEventLog) -> TestClient:
    entries = (
        entry("raw.orders"),
        entry("staging.orders", "raw.orders"),
        entry("marts.daily", "staging.orders"),
        entry("marts.top", "marts.daily"),
    )
    SqliteSurveys(log).keep(survey(*entries))
    return client(Role.OPERATOR)


def test_a_failed_run_tells_what_failed_and_what_was_skipped_for_it(
    operator: TestClient, log: SqliteEventLog
) -> None:
    log.append(failed_run(1))
    told = operator.get(f"/runs/{RUN.format(1)}.json").json()
    steps = {step["asset"]: step for step in told["steps"]}
    assert steps["marts.daily"]["status"] == "failed"
    assert steps["marts.daily"]["message"] == "division by zero"
    assert (steps["marts.top"]["status"], steps["marts.top"]["because"]) == (
        "skipped",
        "marts.daily",
    )
    assert [failure["asset"] for failure in told["failures"]] == ["marts.daily"]
    page = operator.get(f"/runs/{RUN.format(1)}", headers=HTML).text
    assert "First failed:" in page
    assert "division by zero" in page
    assert page.index("division by zero") < page.index('class="gantt"')


def test_a_run_whose_process_died_was_interrupted(
    operator: TestClient, log: SqliteEventLog
) -> None:
    run = RUN.format(1)
    log.append([begun(1)])
    log.claim([claim(run, ORDERS, "p1")])
    told = operator.get(f"/runs/{run}.json").json()
    assert told["facts"]["outcome"] == "interrupted"
    statuses = {step["asset"]: step["status"] for step in told["steps"]}
    assert statuses == {
        "staging.orders": "interrupted",
        "marts.daily": "not begun",
        "marts.top": "not begun",
    }
    assert "Its process died." in operator.get(f"/runs/{run}", headers=HTML).text
    (listed,) = operator.get("/runs.json?outcome=interrupted").json()["runs"]
    assert listed["run"] == run


def test_a_run_whose_process_is_there_is_running(operator: TestClient, log: SqliteEventLog) -> None:
    run = RUN.format(1)
    held = log.acquire(
        Holder(name="apply:main", actor="ada", host="h", pid=1, since=99.0, purpose="apply")
    )
    log.append([begun(1)])
    log.claim([claim(run, ORDERS, "p1")])
    told = operator.get(f"/runs/{run}.json").json()
    assert told["facts"]["outcome"] == "running"
    assert told["counts"] == {"waiting": 2, "running": 1}
    page = operator.get(f"/runs/{run}", headers=HTML).text
    assert f"/cancel?run={run}" in page
    assert "so far" in page
    held.release()
    assert operator.get(f"/runs/{run}.json").json()["facts"]["outcome"] == "interrupted"


def test_a_viewer_is_offered_nothing_to_do(
    client: Served, operator: TestClient, log: SqliteEventLog
) -> None:
    log.append(failed_run(1))
    page = client(Role.VIEWER).get(f"/runs/{RUN.format(1)}", headers=HTML).text
    assert "/materialize" not in page
    assert "/materialize" in operator.get(f"/runs/{RUN.format(1)}", headers=HTML).text


@pytest.mark.parametrize(
    "run", [RUN.format(9), "x", "%2e%2e%2fsecret", "a%00b", "<script>'", RUN.format(9).upper()]
)
def test_a_run_that_is_not_there_is_absent(run: str, operator: TestClient) -> None:
    for kind in ("", ".json", "/log", "/log.json", "/log.txt"):
        answer = operator.get(f"/runs/{run}{kind}", headers=HTML)
        assert answer.status_code in (404, 400)
        assert "<script>'" not in answer.text


def test_pages_of_the_list_add_up_to_the_list(operator: TestClient, log: SqliteEventLog) -> None:
    for number in range(7):
        log.append([begun(number, at=100.0 + number), finished(number, Outcome.SUCCEEDED)])
    seen: list[str] = []
    word = ""
    while True:
        told = operator.get("/runs.json", params={"limit": 3, "cursor": word}).json()
        seen += [run["run"] for run in told["runs"]]
        word = told["next"]
        log.append([begun(8, at=999.0)])  # what begins meanwhile moves nothing
        if not word:
            break
    assert seen == [RUN.format(number) for number in reversed(range(7))]


FILTERS = {
    "outcome=failed": [1],
    "outcome=succeeded": [2, 0],
    "actor=ben": [2],
    "asset=marts.daily": [1],
    "asset=marts.none": [],
    "since=150": [2, 1],
    "until=150": [0],
    "since=150&until=250": [1],
    "outcome=&actor=&asset=&since=&until=": [2, 1, 0],
}


@pytest.mark.parametrize(("query", "numbers"), FILTERS.items(), ids=FILTERS)
def test_runs_are_filtered(
    query: str, numbers: list[int], operator: TestClient, log: SqliteEventLog
) -> None:
    log.append([begun(0, at=100.0), finished(0, Outcome.SUCCEEDED)])
    log.append([replace(event, at=200.0) for event in failed_run(1)])
    log.append([begun(2, at=300.0, actor="ben"), finished(2, Outcome.SUCCEEDED)])
    answer = operator.get(f"/runs.json?{query}")
    assert answer.status_code == 200, answer.text
    assert [run["run"] for run in answer.json()["runs"]] == [RUN.format(n) for n in numbers]


@pytest.mark.parametrize(
    "query",
    ["since=tomorrow", "outcome=lost", "cursor=x", "cursor=WzEuNV0", "limit=0", "since=nan"],
)
def test_what_cannot_be_meant_is_refused(query: str, operator: TestClient) -> None:
    answer = operator.get(f"/runs.json?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["help"]


def test_what_a_run_read_is_told_with_who_made_it(
    operator: TestClient, log: SqliteEventLog
) -> None:
    one, two = RUN.format(1), RUN.format(2)
    orders = materialized(one, ORDERS, "m1")
    daily = materialized(two, DAILY, "m2")
    read = daily.build.trace.inputs[0]._replace(asset="staging.orders", version="m1")
    build = replace(daily.build, trace=replace(daily.build.trace, inputs=(read,)))
    log.append([begun(1), orders, finished(1, Outcome.SUCCEEDED)])
    log.append([begun(2), replace(daily, build=build), finished(2, Outcome.SUCCEEDED)])
    told = operator.get(f"/runs/{two}.json").json()
    assert told["reads"] == [["staging.orders", "m1", 1, one]]
    assert operator.get(f"/runs/{one}.json").json()["reads"] == [["raw.orders", "v1", None, None]]


def test_hostile_words_of_an_event_are_text(operator: TestClient, log: SqliteEventLog) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    events = failed_run(1)
    events[0] = replace(begun(1, actor=hostile), command=hostile)
    events[2] = replace(
        attempt_failed(RUN.format(1), DAILY, "p1", message=hostile), at=120.0, code="F300"
    )
    log.append(events)
    for address in (f"/runs/{RUN.format(1)}", "/runs", "/assets/marts.daily/runs"):
        page = operator.get(address, headers=HTML).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;" in page


# Over a real project


@pytest.fixture(scope="module")
def real(made_world: Path) -> Iterator[TestClient]:
    """Return an operator at the pages of the real project."""
    with opened(made_world) as log, ExitStack() as stack:
        services = Services(
            scope=Scope(PROJECT, "main"),
            log=log,
            engine=IdleEngine(),
            clock=HandClock(),
            logs=made_world / ".freshline/logs",
            address=ADDRESS,
        )
        app = create_app(services)
        yield stack.enter_context(somebody(app, services, Role.OPERATOR))


def test_a_real_failure_names_place_and_line_of_the_log(real: TestClient) -> None:
    (_, run, *_) = real.get("/runs.json").json()["runs"]
    told = real.get(f"/runs/{run['run']}.json").json()
    failures = {failure["asset"]: failure for failure in told["failures"]}
    assert failures["marts.ratio"]["place"].startswith("assets/marts/ratio.sql:")
    assert failures["marts.ratio"]["code"] == "F300"
    line = failures["marts.ratio"]["line"]
    log = real.get(f"/runs/{run['run']}/log.json?line={line}").json()
    assert next(each for each in log["lines"] if each["number"] == line)["asset"] == "marts.ratio"
    page = real.get(f"/runs/{run['run']}/log?line={line}", headers=HTML).text
    assert f'id="L{line}"' in page
    text = real.get(f"/runs/{run['run']}/log.txt")
    assert text.headers["content-disposition"].startswith("attachment")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(text.text.splitlines()) == log["total"]


@pytest.mark.parametrize(
    "address",
    [
        "/runs",
        "/checks",
        "/reconciler",
        "/assets/staging.orders/runs",
        "/assets/staging.orders/checks",
        "/assets/staging.orders/metrics",
        "/assets/staging.orders/compare",
        "/assets/staging.refunds/runs",
        "/assets/marts.revenue/checks",
        "/assets/marts.ratio/runs",
        "/assets/finance.budget/metrics",
        "/assets/finance.old/runs",
        "/assets/raw.orders/checks",
        "/pause?select=marts.daily",
        "/resume?select=finance.monthly",
        "/unpin?select=finance.ledger",
        "/rollback?select=staging.orders&number=1",
        "/accept?select=marts.revenue&check=no_city_earns_too_much",
    ],
)
def test_every_page_has_its_twins_and_no_style_or_script_of_its_own(
    address: str, real: TestClient
) -> None:
    page = real.get(address, headers=HTML)
    assert page.status_code == 200
    assert " style=" not in page.text
    assert " onclick=" not in page.text
    assert "<script>" not in page.text
    path, _, query = address.partition("?")
    twin = real.get(f"{path}.json?{query}")
    assert twin.status_code == 200
    api = path if path in ("/runs", "/checks", "/reconciler") or "assets" in path else ""
    call = real.get(f"/api/v1{api or '/actions' + path}?{query}")
    assert call.json().keys() == twin.json().keys()


def test_versions_tell_why_each_was_made(real: TestClient) -> None:
    newer, older = real.get("/api/v1/assets/staging.orders/runs").json()["attempts"]
    assert [cause["kind"] for cause in older["causes"]] == ["first"]
    assert [(c["kind"], c["upstream"]) for c in newer["causes"]] == [("input", "raw.orders")]
    assert (newer["rows"], older["rows"]) == (22, 20)


def test_a_pinned_version_is_marked(real: TestClient) -> None:
    told = real.get("/api/v1/assets/finance.ledger/runs").json()
    assert told["pinned"] is True
    assert told["attempts"][0]["causes"][0]["kind"] == "revert"


def test_a_check_that_held_a_version_back_stands_with_its_rows(real: TestClient) -> None:
    told = real.get("/api/v1/assets/marts.revenue/checks").json()
    (check,) = told["checks"]
    assert (check["found"], check["on_candidate"], check["failing"]) == ("failed", True, 1)
    assert check["rows"]
    assert [past["found"] for past in check["history"]] == ["failed", "passed"]
    assert "no_city_earns_too_much" in told["held_back"]


def test_checks_of_all_assets_say_since_when_and_whose(real: TestClient) -> None:
    told = real.get("/api/v1/checks").json()
    (warning,) = told["warning"]
    assert (warning["asset"], warning["check"], warning["owner"]) == (
        "staging.orders",
        "small_amounts",
        "sales",
    )
    assert warning["since"] is not None
    assert real.get("/api/v1/checks?owner=finance").json()["warning"] == []
    held_back = [(each["asset"], each["holds_back"]) for each in told["held_back"]]
    assert held_back == [("marts.revenue", True)]
    assert "Every check passes" not in real.get("/checks").text


def test_the_reconciler_says_what_would_be_done_and_what_not(real: TestClient) -> None:
    told = real.get("/api/v1/reconciler").json()
    assert [(task["asset"], task["action"]) for task in told["tasks"]] == [
        ("finance.budget", "create"),
        ("finance.forecast", "rebuild"),
        ("marts.revenue", "rebuild"),
        ("marts.top", "recheck"),
        ("marts.ratio", "create"),
    ]
    assert [task["asset"] for task in told["blocked"]] == ["finance.report"]
    assert {task["asset"] for task in told["held"]} == {
        "finance.ledger",
        "finance.monthly",
        "finance.audit",
    }
    assert told["orphans"] == ["finance.old"]
    assert told["problems"][0]["span"]["file"] == "assets/marts/broken.sql"


def test_figures_are_there_in_the_table_and_in_the_picture(real: TestClient) -> None:
    told = real.get("/api/v1/assets/staging.orders/metrics").json()
    rows = next(series for series in told["series"] if series["name"] == "Rows")
    assert [point[1] for point in rows["points"]] == [20, 22]
    page = real.get("/assets/staging.orders/metrics?scale=log", headers=HTML).text
    assert page.count("<polyline") == len(told["series"])
    assert page.count('class="series"') == len(told["series"])
    nothing = real.get("/assets/staging.orders/metrics?since=2100-01-01", headers=HTML).text
    assert "There are no figures of that time" in nothing


def test_two_versions_are_compared(real: TestClient) -> None:
    told = real.get("/api/v1/assets/staging.orders/compare?from=1&to=2").json()["differences"]
    assert (told["before"]["rows"], told["after"]["rows"]) == (20, 22)
    assert told["columns"] == []
    assert told["text"] == []
    assert real.get("/assets/staging.orders/compare.json?from=1&to=99").status_code == 404
    assert real.get("/assets/finance.budget/compare.json").status_code == 422
