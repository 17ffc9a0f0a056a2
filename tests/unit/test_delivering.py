"""What is delivered, when, and what becomes of it when nobody takes it."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.receivers import Receiver, receiver

from freshline.acts import (
    AssetVersion,
    Change,
    Delivering,
    DeliveryState,
    Incident,
    Mute,
    Trouble,
)
from freshline.definitions import ProjectDefinition
from freshline.errors import DeniedError, ResourceError
from freshline.failpoints import Crash, arm
from freshline.outgoing import attempts
from freshline.outgoing.addresses import Allowed
from freshline.outgoing.bodies import body_of
from freshline.outgoing.delivering import Deliverer, Ways
from freshline.outgoing.notices import filled, route
from freshline.outgoing.notifiers import Notice, Sender
from freshline.outgoing.sending import HttpSender
from freshline.outgoing.signing import signature, signed
from freshline.people import Channel, OwnerDefinition, Webhooks
from freshline.ports import Lease
from freshline.refresh import Act, CallWebhook, Notify
from freshline.testing.automation_queue import HERE, Kept, lead
from freshline.ticks import Decided, Mover, Tick, TickOutcome, deliveries_of
from freshline_catalog.acts import SqliteActs
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog
from freshline_schemas import read

SECRET = "a secret of more than sixteen"
PROJECT = ProjectDefinition(
    name=HERE[0],
    owners=(OwnerDefinition(name="ada", chat="#data"), OwnerDefinition(name="ben")),
    channels=(Channel(name="data", notifier="list"), Channel(name="gone", notifier="no-plug-in")),
    webhooks=Webhooks(catalog="https://catalog.shop.example/"),
)


class Listed:
    """A notifier that keeps what it is told, or refuses."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Notice]] = []
        self.refuses: Exception | None = None

    def __call__(self, settings: Mapping[str, object], sender: Sender) -> "Listed":
        return self

    def tell(self, notice: Notice, to: str) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.told.append((to, notice))


class Desk:
    """A catalog, a leader, and a deliverer with a notifier that can be looked into."""

    def __init__(self, path: Path, log: SqliteEventLog, there: Receiver) -> None:
        self.path, self.there = path, there
        self.automation, self.acts = SqliteAutomation(log), SqliteActs(log)
        self.leader: Lease = lead(Kept(log, self.automation))
        self.listed = Listed()
        self.project = PROJECT

    def deliver(self, now: float) -> float | None:
        sender = HttpSender(Allowed(entries=(self.there.allowed,)))
        ways = Ways(sender=sender, makers={"list": self.listed}.get)
        return Deliverer(self.acts, self.project, HERE[1], ways).deliver_due(now)

    def decide(self, *acts: Act, key: str = "1", at: float = 10.0) -> None:
        self.automation.decide(self.leader, [decided(*acts, key=key, at=at)])

    def found(self) -> tuple[Delivering, ...]:
        return self.acts.deliveries(*HERE)[::-1]

    def states(self) -> list[str]:
        return [each.state.value for each in self.found()]


def decided(*acts: Act, key: str = "1", at: float = 10.0) -> Decided:
    tick = Tick(
        project=HERE[0],
        environment=HERE[1],
        mover=Mover.SENSOR,
        name="orders",
        key=key,
        at=at,
        outcome=TickOutcome.REQUESTED,
        why=f"a new version of stg.orders ({key})",
        run="r1",
        details=("consumed: a new version of stg.orders",),
    )
    about = (AssetVersion("stg.orders", "abc"),)
    return Decided(tick=tick, memories={"cursor": key}, acts=acts, about=about)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    path = tmp_path / "catalog.db"
    with receiver() as there, closing(SqliteEventLog(path)) as log:
        yield Desk(path, log, there)


def hook(desk: Desk, secret: str | None = None) -> CallWebhook:
    return CallWebhook(url=desk.there.url, secret=secret)


# ---- kept with the decision


def test_acts_are_kept_with_their_decision_once(desk: Desk) -> None:
    for _ in range(2):
        desk.decide(hook(desk), Notify(to=("ada", "ben")))
    assert [each.delivery.recipient for each in desk.found()] == [desk.there.url, "ada", "ben"]
    assert len({each.delivery.id for each in desk.found()}) == 3


@pytest.mark.parametrize(
    ("failpoint", "kept"), [("tick.before_commit", 0), ("tick.after_commit", 1)]
)
def test_a_machine_that_refuses_keeps_acts_and_decision_or_neither(
    desk: Desk, failpoint: str, kept: int
) -> None:
    arm(f"{failpoint}=raise:ENOSPC")
    try:
        with pytest.raises(ResourceError):
            desk.decide(hook(desk))
    finally:
        arm("")
    assert len(desk.found()) == len(desk.automation.ticks(*HERE)) == kept


def test_the_same_decision_gives_the_same_ids() -> None:
    first = deliveries_of(decided(Notify(to=("ada", "ben", "ada"))))
    assert first == deliveries_of(decided(Notify(to=("ada", "ben"))))
    assert {each.id for each in first}.isdisjoint(
        each.id for each in deliveries_of(decided(Notify(to=("ada", "ben")), key="2"))
    )


# ---- webhooks


def test_a_webhook_is_signed_over_its_timestamp_and_body(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHLINE_SECRET_HOOK", SECRET)
    desk.decide(hook(desk, "${secret.hook}"))
    assert desk.deliver(1_700_000_000.9) is None
    (came,) = desk.there.came
    stamp = came.headers["Freshline-Timestamp"]
    right = hmac.new(SECRET.encode(), stamp.encode() + b"." + came.body, hashlib.sha256).hexdigest()
    assert stamp == "1700000000"
    assert came.headers["Freshline-Signature"] == f"v1={right}"
    assert (
        came.headers["Freshline-Id"] == json.loads(came.body)["id"] == desk.found()[0].delivery.id
    )
    assert desk.states() == ["delivered"]


def test_the_secret_of_a_webhook_is_nowhere_in_the_catalog(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHLINE_SECRET_HOOK", SECRET)
    monkeypatch.setenv("FRESHLINE_SECRET_PATH", "T00-B00-xyzzyxyzzy")
    desk.there.answer = lambda came: (500, {}, came.body)
    url = f"{desk.there.url}/${{secret.path}}"
    desk.decide(CallWebhook(url=url, secret="${secret.hook}"))
    desk.deliver(20.0)
    assert desk.there.came[0].path.endswith("xyzzyxyzzy")
    kept = b"".join(file.read_bytes() for file in desk.path.parent.glob("catalog.db*"))
    assert SECRET.encode() not in kept and b"xyzzyxyzzy" not in kept


@pytest.mark.parametrize("secret", ["", "short", "fifteen letters"])
def test_a_secret_that_can_be_guessed_signs_nothing(secret: str) -> None:
    with pytest.raises(DeniedError, match="fewer than 16"):
        signed(secret, "1", 1.0, b"{}")


@given(st.binary(), st.integers(0, 2**40), st.binary(), st.integers(0, 2**40))
def test_no_other_timestamp_or_body_has_the_same_signature(
    body: bytes, at: int, other: bytes, then: int
) -> None:
    same = signature(SECRET, at, body) == signature(SECRET, then, other)
    assert same == ((body, at) == (other, then))


def test_a_missing_secret_is_told_by_its_name_and_tried_again(desk: Desk) -> None:
    desk.decide(hook(desk, "${secret.nowhere}"))
    assert desk.deliver(20.0) is not None
    assert "nowhere" in desk.found()[0].said and desk.there.came == []


def test_a_body_has_the_shape_that_the_schema_says(desk: Desk) -> None:
    (delivery,) = deliveries_of(decided(hook(desk)))
    for catalog in ("", "https://catalog.shop.example"):
        jsonschema_rs.validate(dict(read("webhook")), json.loads(body_of(delivery, catalog)))
    told = json.loads(body_of(delivery, "https://catalog.shop.example/"))
    assert told["run"] == {"id": "r1", "link": "https://catalog.shop.example/runs/r1"}
    assert told["assets"][0]["version"] == "abc" and told["at"] == "1970-01-01T00:00:10Z"


# ---- again and again


def test_what_fails_is_put_off_and_delivered_under_the_same_id(desk: Desk) -> None:
    desk.there.answer = lambda came: (503 if len(desk.there.came) < 3 else 200, {}, b"")
    desk.decide(hook(desk))
    now: float | None = 20.0
    while now is not None:
        now = desk.deliver(now)
    assert desk.states() == ["delivered"] and desk.found()[0].attempts == 3
    assert len({came.headers["Freshline-Id"] for came in desk.there.came}) == 1
    assert len({came.body for came in desk.there.came}) == 1


def test_after_many_attempts_it_is_given_up_visibly_and_can_be_revived(desk: Desk) -> None:
    desk.there.answer = lambda came: (503, {}, b"")
    desk.decide(hook(desk))
    now: float | None = 20.0
    while now is not None:
        now = desk.deliver(now)
    (dead,) = desk.acts.deliveries(*HERE, state=DeliveryState.DEAD)
    assert len(desk.there.came) == attempts.MOST == dead.attempts and "503" in dead.said
    assert desk.acts.revive(dead.delivery.id, 1e6) and not desk.acts.revive("nothing", 1e6)
    desk.there.answer = lambda came: (200, {}, b"")
    desk.deliver(1e6)
    assert desk.states() == ["delivered"]


def test_what_no_attempt_can_mend_is_given_up_at_once(desk: Desk) -> None:
    desk.decide(CallWebhook(url="https://127.0.0.1/"), Notify(to=("ben",)), Notify(to=("gone",)))
    assert desk.deliver(20.0) is None
    assert desk.states() == ["dead"] * 3
    said = [each.said for each in desk.found()]
    assert "not public" in said[0] and "how to reach ben" in said[1] and "no-plug-in" in said[2]


def test_a_receiver_that_fails_is_asked_once_in_a_pass_and_holds_up_nobody(desk: Desk) -> None:
    desk.there.answer = lambda came: (503, {}, b"")
    for key in "123":
        desk.decide(hook(desk), key=key)
    desk.decide(Notify(to=("ada",)), key="4")
    again = desk.deliver(20.0)
    assert len(desk.there.came) == 1 and len(desk.listed.told) == 1
    assert again is not None and again > 20.0


@given(st.integers(1, 1000), st.text())
def test_pauses_grow_to_an_hour_and_hang_on_nothing_else(attempt: int, id: str) -> None:
    wait = attempts.pause(attempt, id)
    assert wait == attempts.pause(attempt, id)
    assert min(5.0 * 2 ** min(attempt - 1, 20), 3600.0) <= wait <= 5400.0
    assert wait <= 1.5 * 5.0 * 2 ** min(attempt - 1, 20)


@pytest.mark.parametrize(("failpoint", "times"), [("act.before", 1), ("act.after", 2)])
def test_after_a_crash_it_is_delivered_again_and_never_lost(
    desk: Desk, failpoint: str, times: int
) -> None:
    desk.decide(hook(desk))
    arm(f"{failpoint}=crash")
    try:
        with pytest.raises(Crash):
            desk.deliver(20.0)
    finally:
        arm("")
    assert desk.states() == ["waiting"]
    desk.deliver(20.0)
    assert desk.states() == ["delivered"]
    assert len(desk.there.came) == times
    assert len({came.headers["Freshline-Id"] for came in desk.there.came}) == 1


# ---- notices


def test_an_owner_is_told_by_the_channel_that_their_chat_names(desk: Desk) -> None:
    desk.decide(Notify(to=("ada",)))
    desk.deliver(20.0)
    ((to, notice),) = desk.listed.told
    assert to == "" and notice.subject == "[shop/main] sensor orders fired"
    assert "a new version of stg.orders" in notice.text
    assert "https://catalog.shop.example/runs/r1" in notice.text


def test_what_belongs_together_comes_as_one_notice(desk: Desk) -> None:
    for key in "123":
        desk.decide(Notify(to=("data",)), key=key)
    desk.deliver(20.0)
    desk.decide(Notify(to=("data",)), key="4", at=30.0)
    desk.decide(Notify(to=("data",)), key="5", at=40.0)
    assert desk.deliver(45.0) == 80.0
    assert len(desk.listed.told) == 1
    assert desk.deliver(80.0) is None
    first, second = (notice for _, notice in desk.listed.told)
    assert first.subject.endswith("and 2 more") and first.text.count("fired") == 3
    assert second.text.count("fired") == 2
    assert desk.states() == ["delivered"] * 5


def test_a_notice_that_nobody_takes_is_put_off_with_what_goes_with_it(desk: Desk) -> None:
    for key in "12":
        desk.decide(Notify(to=("data",)), key=key)
    desk.listed.refuses = RuntimeError(f"no network for {SECRET}")
    again = desk.deliver(20.0)
    assert again is not None and {each.due for each in desk.found()} == {again}
    desk.listed.refuses = None
    desk.deliver(again)
    assert len(desk.listed.told) == 1 and desk.states() == ["delivered"] * 2


MUTES = {
    "its sensor": ("orders", None, True),
    "what it is about": ("stg.orders", None, True),
    "a pattern": ("stg.*", None, True),
    "anything": ("*", None, True),
    "something else": ("marts.daily", None, False),
    "what ran out": ("orders", 15.0, False),
}


@pytest.mark.parametrize(("subject", "until", "muted"), MUTES.values(), ids=MUTES)
def test_a_mute_keeps_notices_back_and_no_webhook(
    desk: Desk, subject: str, until: float | None, muted: bool
) -> None:
    mute = Mute(subject=subject, actor="ada", reason="on leave", at=1.0, until=until)
    desk.acts.mute(*HERE, mute)
    desk.decide(Notify(to=("data",)), hook(desk))
    desk.deliver(20.0)
    assert desk.states() == ["muted" if muted else "delivered", "delivered"]
    assert desk.found()[0].said == ("muted by ada: on leave" if muted else "")
    assert desk.acts.mutes(*HERE) == (mute,)
    assert desk.acts.unmute(*HERE, subject) and not desk.acts.unmute(*HERE, subject)


TEXTS = {
    "a placeholder": ("{sensor} at {at}", "orders at noon"),
    "one that nobody knows stays": ("{nothing} {sensor}", "{nothing} orders"),
    "an attribute is none": ("{sensor.__class__}", "{sensor.__class__}"),
    "an index is none": ("{sensor[0]}", "{sensor[0]}"),
    "a conversion is none": ("{sensor!r}", "{sensor!r}"),
    "what is put in is not looked at again": ("{why}", "{sensor} {{ 7*7 }}"),
    "a template is text": ("{{ sensor }} {% x %} ${sensor}", "{{ sensor }} {% x %} $orders"),
}


@pytest.mark.parametrize(("text", "told"), TEXTS.values(), ids=TEXTS)
def test_texts_have_named_placeholders_and_are_no_templates(text: str, told: str) -> None:
    values = {"sensor": "orders", "at": "noon", "why": "{sensor} {{ 7*7 }}"}
    assert filled(text, values) == told


ROUTES = {
    "a channel by its name": ("data", ("data", "")),
    "an owner by a channel of the same name": ("cat", ("cat", "")),
    "an owner by chat": ("ada", ("data", "")),
    "an owner by mail": ("dan", ("post", "dan@shop.example")),
    "an address": ("eve@shop.example", ("post", "eve@shop.example")),
    "an owner whom no channel serves": ("ben", None),
    "nobody": ("", None),
}


@pytest.mark.parametrize(("name", "way"), ROUTES.values(), ids=ROUTES)
def test_people_are_reached_by_what_the_project_says(
    name: str, way: tuple[str, str] | None
) -> None:
    owners = (
        OwnerDefinition(name="ada", chat="#data", email="ada@shop.example"),
        OwnerDefinition(name="ben", chat="#nowhere"),
        OwnerDefinition(name="cat", email="cat@shop.example"),
        OwnerDefinition(name="dan", chat="#nowhere", email="dan@shop.example"),
    )
    channels = (
        Channel(name="data", notifier="list"),
        Channel(name="post", notifier="smtp"),
        Channel(name="cat", notifier="list"),
    )
    found = route(name, owners, channels)
    assert (None if found is None else (found.channel.name, found.to)) == way


# ---- incidents are kept


def test_an_incident_is_opened_and_closed_once_with_one_notice_each(desk: Desk) -> None:
    incident = Incident(
        id="i1", cause="stg.orders", trouble=Trouble.FAILED, why="no", opened=10.0, owner="ada"
    )
    opened = Change(incident=incident, deliveries=deliveries_of(decided(Notify(to=("ada",)))))
    closed = Change(
        incident=replace(incident, closed=20.0),
        deliveries=deliveries_of(decided(Notify(to=("ada",)), key="2")),
    )
    for change in (opened, opened, closed, closed):
        desk.acts.change(desk.leader, *HERE, [change])
    assert desk.acts.incidents(*HERE) == (closed.incident,)
    assert desk.acts.incidents(*HERE, only_open=True) == ()
    assert len(desk.found()) == 2
    desk.deliver(30.0)
    desk.acts.forget_acts(*HERE, 25.0)
    assert desk.acts.incidents(*HERE) == () and len(desk.found()) == 2
    desk.acts.forget_acts(*HERE, 31.0)
    assert desk.found() == ()
