"""What the pages and the API show of incidents, deliveries and mutes."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import HandClock, Served
from tests.catalog.server.test_events import surveyed

from freshline.acts import AssetVersion, Change, DeliveryState, Happening, Incident, Kind, Trouble
from freshline.acts import Delivery as Made
from freshline.ports import Holder
from freshline.refresh import CallWebhook, Notify
from freshline.testing.specimens import ORDERS
from freshline.ticks import leadership
from freshline_catalog.acts import SqliteActs
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.people import Role

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
