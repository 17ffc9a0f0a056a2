"""What the pages and the API show of incidents, deliveries and mutes."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import HandClock, Served
from tests.catalog.server.test_events import surveyed

from freshline.acts import (
    AssetVersion,
    Change,
    DeliveryState,
    Happening,
    Incident,
    Kind,
    Mute,
    Trouble,
    notice_id,
)
from freshline.acts import Delivery as Made
from freshline.ports import Holder
from freshline.refresh import CallWebhook, Notify
from freshline.testing.specimens import ORDERS
from freshline.ticks import leadership
from freshline_catalog.acts import SqliteActs
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.feed import moment
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Scope

__all__ = ["surveyed"]
INCIDENT = Incident(
    id="i1",
    cause=ORDERS.asset,
    trouble=Trouble.FAILED,
    why="<script>alert(1)</script> failed",
    opened=10.0,
    below=("marts.daily",),
    owner="ada",
)


@pytest.fixture
def acts(log: SqliteEventLog, surveyed: None) -> SqliteActs:
    """Return acts with an open incident, a closed one, a notice and a webhook that was given up."""
    acts = SqliteActs(log)
    name = leadership(ORDERS.environment)
    leader = log.acquire(Holder(name=name, actor="a", host="h", pid=1, since=0.0, purpose="p"))
    happening = Happening(
        kind=Kind.OPENED,
        name=ORDERS.asset,
        at=10.0,
        why="it failed",
        assets=(AssetVersion(ORDERS.asset),),
        incident="i1",
    )
    scope = (ORDERS.project, ORDERS.environment)
    acts_made: tuple[Notify | CallWebhook, ...] = (
        Notify(to=("ada",)),
        CallWebhook(url="https://hooks.shop.example/T0/B0"),
    )
    made = tuple(
        Made(
            id=f"d{number}",
            project=scope[0],
            environment=scope[1],
            at=10.0,
            act=act,
            happening=happening,
        )
        for number, act in enumerate(acts_made)
    )
    closed = replace(INCIDENT, id="i0", cause="marts.daily", below=(), closed=9.0)
    acts.change(
        leader, *scope, [Change(incident=closed), Change(incident=INCIDENT, deliveries=made)]
    )
    leader.release()
    acts.settle("d1", 20.0, DeliveryState.DEAD, "hooks.shop.example answered 410")
    return acts


def test_incidents_are_listed_open_and_closed(client: Served, acts: SqliteActs) -> None:
    told = client(Role.VIEWER).get("/api/v1/incidents").json()
    assert [each["cause"] for each in told["open"]] == [ORDERS.asset]
    assert [each["cause"] for each in told["closed"]] == ["marts.daily"]
    assert told["open"][0]["below"] == ["marts.daily"] and told["open"][0]["trouble"] == "failed"


@pytest.mark.parametrize(
    ("asset", "found"),
    [
        pytest.param(ORDERS.asset, (1, 0), id="of its cause"),
        pytest.param("marts.daily", (1, 1), id="of what is below"),
        pytest.param("marts.other", (0, 0), id="of nothing else"),
    ],
)
def test_incidents_are_found_by_what_they_concern(
    client: Served, acts: SqliteActs, asset: str, found: tuple[int, int]
) -> None:
    told = client(Role.VIEWER).get(f"/incidents.json?asset={asset}").json()
    assert (len(told["open"]), len(told["closed"])) == found


def test_what_failed_says_is_text_on_the_page(client: Served, acts: SqliteActs) -> None:
    page = client(Role.VIEWER).get("/incidents").text
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page


def test_deliveries_are_shown_to_operators(client: Served, acts: SqliteActs) -> None:
    assert client(Role.VIEWER).get("/deliveries").status_code == 403
    operator = client(Role.OPERATOR)
    told = operator.get("/api/v1/deliveries").json()["deliveries"]
    assert [(each["kind"], each["state"]) for each in told] == [
        ("webhook", "dead"),
        ("notice", "waiting"),
    ]
    dead = operator.get("/deliveries.json?state=dead").json()["deliveries"]
    assert [each["said"] for each in dead] == ["hooks.shop.example answered 410"]
    assert "answered 410" in operator.get("/deliveries").text
    assert operator.get("/deliveries?state=odd").status_code == 422


def test_an_operator_mutes_and_unmutes(client: Served, acts: SqliteActs, clock: HandClock) -> None:
    operator: TestClient = client(Role.OPERATOR)
    until = clock.at + 60
    answer = operator.put("/api/v1/mutes/stg.*", json={"reason": "moving house", "until": until})
    assert answer.status_code == 200, answer.text
    (mute,) = operator.get("/api/v1/mutes").json()["mutes"]
    assert (mute["subject"], mute["reason"], mute["actor"]) == ("stg.*", "moving house", "local")
    clock.at += 61
    assert operator.get("/api/v1/mutes").json()["mutes"] == []
    assert operator.delete("/api/v1/mutes/stg.*").status_code == 204
    assert acts.mutes(ORDERS.project, ORDERS.environment) == ()


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x", "until": 1.0}])
def test_a_mute_needs_a_reason_and_an_end_to_come(
    client: Served, acts: SqliteActs, body: dict[str, object]
) -> None:
    assert client(Role.OPERATOR).put("/api/v1/mutes/stg.a", json=body).status_code == 422


# On other pages, and done from there


def opened(acts: SqliteActs, log: SqliteEventLog) -> None:
    """Open an incident above the other one whose notice is on its way, and one that nobody owns."""
    wide = replace(
        INCIDENT, id="i2", cause="marts.wide", why="a check fails", below=(), owner="ben"
    )
    happening = Happening(kind=Kind.OPENED, name="marts.wide", at=30.0, why="x", incident="i2")
    notice = Made(
        id=notice_id("i2", Kind.OPENED),
        project=ORDERS.project,
        environment=ORDERS.environment,
        at=30.0,
        act=Notify(to=("ben",)),
        happening=happening,
    )
    name = leadership(ORDERS.environment)
    leader = log.acquire(Holder(name=name, actor="a", host="h", pid=1, since=0.0, purpose="p"))
    mine = Change(incident=wide, deliveries=(notice,))
    nobodys = Change(incident=replace(wide, id="i3", cause="marts.lone", owner=""))
    acts.change(leader, ORDERS.project, ORDERS.environment, [mine, nobodys])


def test_a_project_without_incidents_has_no_word_of_them(client: Served, surveyed: None) -> None:
    viewer = client(Role.VIEWER)
    for address in ("/", f"/assets/{ORDERS.asset}"):
        text = viewer.get(address).text
        assert "open incident" not in text and "In trouble" not in text and "Mute" not in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param(None, "is being told", id="on its way"),
        pytest.param(DeliveryState.DELIVERED, "told", id="delivered"),
        pytest.param(DeliveryState.MUTED, "not told: it was muted", id="muted"),
        pytest.param(DeliveryState.DEAD, "could not be told", id="given up"),
    ],
)
def test_home_says_who_was_told(
    client: Served,
    acts: SqliteActs,
    log: SqliteEventLog,
    state: DeliveryState | None,
    words: str,
) -> None:
    opened(acts, log)
    if state is not None:
        acts.settle(notice_id("i2", Kind.OPENED), 40.0, state, "")
    viewer = client(Role.VIEWER)
    found = viewer.get("/api/v1/home").json()["incidents"]
    assert [each["cause"] for each in found] == ["marts.lone", "marts.wide", ORDERS.asset]
    assert [(to["to"], to["state"]) for to in found[1]["told"]] == [("ben", state or "waiting")]
    text = viewer.get("/").text
    assert "3 open incidents" in text and words in text and "nobody: it has no owner" in text


def test_what_is_muted_stands_last_and_the_mute_of_its_own_name_counts(
    client: Served, acts: SqliteActs, log: SqliteEventLog, clock: HandClock
) -> None:
    opened(acts, log)
    scope = (ORDERS.project, ORDERS.environment)
    for subject in ("marts.*", "marts.lone"):
        wish = Mute(subject=subject, actor="ada", reason="moving", at=clock.at, until=clock.at + 60)
        acts.mute(*scope, wish)
    viewer = client(Role.VIEWER)
    found = viewer.get("/api/v1/home").json()["incidents"]
    assert [each["cause"] for each in found] == [ORDERS.asset, "marts.lone", "marts.wide"]
    assert [each["mute"] and each["mute"]["subject"] for each in found] == [
        None,
        "marts.lone",
        "marts.*",
    ]
    clock.at += 60
    assert not any(each["mute"] for each in viewer.get("/api/v1/home").json()["incidents"])


@pytest.mark.parametrize(
    ("asset", "words"),
    [
        pytest.param(ORDERS.asset, "In trouble:", id="the cause"),
        pytest.param("marts.daily", "Held back by trouble at", id="what hangs on it"),
    ],
)
@pytest.mark.parametrize("tab", ["", "/columns", "/history"])
def test_every_page_of_an_asset_says_that_it_is_in_trouble(
    client: Served, acts: SqliteActs, asset: str, words: str, tab: str
) -> None:
    viewer, operator = client(Role.VIEWER), client(Role.OPERATOR)
    address = f"/assets/{asset}{tab}"
    assert words in viewer.get(address).text
    assert "Mute it" in operator.get(address).text and "Mute it" not in viewer.get(address).text


@pytest.mark.parametrize(
    ("lasting", "seconds"), [("1h", 3600), ("8h", 28_800), ("1d", 86_400), ("1w", 604_800)]
)
def test_it_is_muted_and_unmuted_on_its_page(
    client: Served, acts: SqliteActs, clock: HandClock, lasting: str, seconds: int
) -> None:
    operator = client(Role.OPERATOR)
    form = {"key": ORDERS.asset, "reason": "we know", "for": lasting}
    answer = operator.post("/mute", data=form)
    there = f"/assets/{ORDERS.asset}"
    assert (answer.status_code, answer.headers["location"]) == (303, there)
    (mute,) = acts.mutes(ORDERS.project, ORDERS.environment)
    assert (mute.subject, mute.actor, mute.reason) == (ORDERS.asset, "local", "we know")
    assert mute.until == clock.at + seconds
    text = operator.get(there).text
    assert "nobody is told of it" in text and "we know" in text and "Mute it" not in text
    answer = operator.post("/unmute", data={"key": ORDERS.asset, "subject": ORDERS.asset})
    assert (answer.status_code, answer.headers["location"]) == (303, there)
    assert acts.mutes(ORDERS.project, ORDERS.environment) == ()
    asked = operator.get("/api/v1/reconciler").json()["asked_for"]
    assert [(each["kind"], each["subject"]) for each in asked] == [
        ("unmute", ORDERS.asset),
        ("mute", ORDERS.asset),
    ]


def test_a_mute_without_an_end_lasts(client: Served, acts: SqliteActs) -> None:
    form = {"key": ORDERS.asset, "reason": "we know", "for": ""}
    assert client(Role.OPERATOR).post("/mute", data=form).status_code == 303
    (mute,) = acts.mutes(ORDERS.project, ORDERS.environment)
    assert mute.until is None
    assert "until somebody unmutes it" in client(Role.VIEWER).get(f"/assets/{ORDERS.asset}").text


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"reason": "", "for": "1h"}, id="without a reason"),
        pytest.param({"reason": "x", "for": "2y"}, id="for longer than is offered"),
    ],
)
def test_a_mute_that_makes_no_sense_is_refused(
    client: Served, acts: SqliteActs, form: dict[str, str]
) -> None:
    answer = client(Role.OPERATOR).post("/mute", data={"key": ORDERS.asset, **form})
    assert answer.status_code == 422
    assert acts.mutes(ORDERS.project, ORDERS.environment) == ()


def test_pages_look_again_when_something_becomes_of_an_incident(
    client: Served, acts: SqliteActs, log: SqliteEventLog
) -> None:
    """Opened, told, muted and unmuted: each is news for whoever looks at automation."""
    scope = (ORDERS.project, ORDERS.environment)

    def serial() -> int:
        with log.reader() as connection:
            return moment(connection, Scope(*scope)).automation

    seen = [serial()]
    opened(acts, log)
    seen.append(serial())
    acts.settle(notice_id("i2", Kind.OPENED), 40.0, DeliveryState.DELIVERED, "")
    seen.append(serial())
    acts.mute(*scope, Mute(subject="marts.wide", actor="ada", reason="x", at=1.0))
    seen.append(serial())
    acts.unmute(*scope, "marts.wide")
    seen.append(serial())
    assert seen == sorted(set(seen))
