"""The contract of those who keep acts and incidents, as tests: subclass `ActsContract`.

    class TestMyActs(ActsContract):
        @pytest.fixture
        def open_acts(self, tmp_path: Path) -> Iterator[OpenActs]:
            with ExitStack() as stack:

                def opened() -> KeptActs:
                    log = stack.enter_context(closing(MyEventLog(tmp_path / "catalog")))
                    return KeptActs(Kept(log, MyAutomation(log)), MyActs(log))

                yield opened

`open_acts()` opens the same catalog anew each time, as another process would; what it opened is
closed when the test ends. Each test names one obligation of `freshline.acts.Acts`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

from freshline.acts import (
    Acts,
    Change,
    Delivering,
    Delivery,
    DeliveryState,
    Happening,
    Incident,
    Kind,
    Mute,
    Trouble,
    delivery_id,
)
from freshline.errors import FencedError, InternalError
from freshline.refresh import Act, CallWebhook, Notify
from freshline.testing.automation_queue import HERE, Kept, lead, tick
from freshline.ticks import Decided, deliveries_of

BAD = "half a character: \ud800"
THERE = ("shop", "dev")


class KeptActs(NamedTuple):
    """An opened catalog: decisions, and the acts that are kept with them."""

    kept: Kept
    acts: Acts


OpenActs = Callable[[], KeptActs]


def fired(key: str, *acts: Act, at: float = 10.0) -> Decided:
    """Return a decision that asks for acts."""
    return Decided(tick=replace(tick(key), at=at), memories={}, acts=acts)


def notice(*to: str) -> Notify:
    """Return a notice to somebody."""
    return Notify(to=to, text="orders are there")


def incident(id: str, **said: object) -> Incident:
    """Return an incident of an asset that failed."""
    found = Incident(
        id=id, cause="stg.orders", trouble=Trouble.FAILED, why="division by zero", opened=10.0
    )
    return replace(found, **said)  # type: ignore[arg-type]


def told(id: str, to: str = "ada") -> Delivery:
    """Return what is to be told of an incident."""
    happening = Happening(kind=Kind.OPENED, name="stg.orders", at=10.0, why="it failed")
    return Delivery(
        id=delivery_id(id, to),
        project=HERE[0],
        environment=HERE[1],
        at=10.0,
        act=Notify(to=(to,)),
        happening=happening,
    )


def recipients(deliveries: tuple[Delivering, ...]) -> list[str]:
    """Return to whom deliveries go, in order."""
    return [each.delivery.recipient for each in deliveries]


class ActsContract:
    """What every keeper of acts owes: one test for each obligation of `Acts`."""

    @pytest.fixture
    def opened(self, open_acts: OpenActs) -> KeptActs:
        """One opened catalog."""
        return open_acts()

    # Deliveries

    def test_a_decision_leaves_one_delivery_for_each_recipient(self, open_acts: OpenActs) -> None:
        """Read back whole, by others too, and due at once."""
        kept, _ = open_acts()
        decided = fired("1", CallWebhook(url="https://a.example/in"), notice("ada", "ben", "ada"))
        kept.automation.decide(lead(kept), [decided])
        found = open_acts().acts.due(*HERE, 10.0)
        assert tuple(each.delivery for each in found) == deliveries_of(decided)
        assert recipients(found) == ["https://a.example/in", "ada", "ben"]
        assert {(each.state, each.attempts, each.due) for each in found} == {
            (DeliveryState.WAITING, 0, 10.0)
        }

    def test_a_decision_that_is_made_again_leaves_nothing_more(self, opened: KeptActs) -> None:
        """What is kept already stays as it is."""
        leader = lead(opened.kept)
        for _ in range(2):
            opened.kept.automation.decide(leader, [fired("1", notice("ada"))])
        assert recipients(opened.acts.deliveries(*HERE)) == ["ada"]

    def test_what_is_due_comes_oldest_first_and_no_more_than_is_wanted(
        self, opened: KeptActs
    ) -> None:
        """Nothing that is due later, and the moment of the next."""
        leader, acts = lead(opened.kept), opened.acts
        for name, at in (("cyn", 30.0), ("ada", 10.0), ("ben", 20.0)):
            opened.kept.automation.decide(leader, [fired(name, notice(name), at=at)])
        assert recipients(acts.due(*HERE, 20.0)) == ["ada", "ben"]
        assert recipients(acts.due(*HERE, 30.0, limit=1)) == ["ada"]
        assert acts.due(*HERE, 30.0, limit=-1) == () and acts.due(*HERE, 9.0) == ()
        assert (acts.next_due(*HERE, 10.0), acts.next_due(*HERE, 30.0)) == (20.0, None)

    def test_a_delivery_ends_once(self, opened: KeptActs) -> None:
        """How it ended first is what counts."""
        opened.kept.automation.decide(lead(opened.kept), [fired("1", notice("ada"))])
        (waiting,) = opened.acts.due(*HERE, 10.0)
        id = waiting.delivery.id
        assert opened.acts.settle(id, 12.0, DeliveryState.DELIVERED, "200")
        assert not opened.acts.settle(id, 13.0, DeliveryState.DEAD, "404")
        assert not opened.acts.put_off(id, 99.0, "503")
        assert not opened.acts.settle("nobody", 12.0, DeliveryState.DELIVERED, "")
        (over,) = opened.acts.deliveries(*HERE)
        assert over == replace(
            waiting, state=DeliveryState.DELIVERED, settled=12.0, attempts=1, said="200"
        )
        assert opened.acts.due(*HERE, 99.0) == ()

    def test_an_attempt_that_failed_is_put_off(self, open_acts: OpenActs) -> None:
        """With what it came to, and until when; attempts are counted."""
        kept, acts = open_acts()
        kept.automation.decide(lead(kept), [fired("1", notice("ada"))])
        id = acts.due(*HERE, 10.0)[0].delivery.id
        assert acts.put_off(id, 40.0, "503") and acts.put_off(id, 100.0, "504")
        assert acts.due(*HERE, 99.0) == () and acts.next_due(*HERE, 0.0) == 100.0
        (found,) = open_acts().acts.due(*HERE, 100.0)
        assert (found.attempts, found.said, found.due) == (2, "504", 100.0)

    def test_what_is_muted_was_no_attempt(self, opened: KeptActs) -> None:
        """Nobody was told, so nothing counts as told."""
        opened.kept.automation.decide(lead(opened.kept), [fired("1", notice("ada"))])
        id = opened.acts.due(*HERE, 10.0)[0].delivery.id
        assert opened.acts.settle(id, 12.0, DeliveryState.MUTED, "muted")
        assert opened.acts.deliveries(*HERE)[0].attempts == 0
        assert opened.acts.last_told(*HERE) == {}

    def test_a_dead_delivery_can_be_attempted_anew(self, opened: KeptActs) -> None:
        """From the beginning; one that lives, or went well, cannot."""
        opened.kept.automation.decide(lead(opened.kept), [fired("1", notice("ada"))])
        id = opened.acts.due(*HERE, 10.0)[0].delivery.id
        assert not opened.acts.revive(id, 11.0) and not opened.acts.revive("nobody", 11.0)
        opened.acts.put_off(id, 12.0, "503")
        opened.acts.settle(id, 13.0, DeliveryState.DEAD, "404")
        assert opened.acts.revive(id, 50.0)
        (found,) = opened.acts.due(*HERE, 50.0)
        assert (found.attempts, found.due, found.settled) == (0, 50.0, None)

    def test_deliveries_are_told_newest_first(self, opened: KeptActs) -> None:
        """All of them, those in one state; as many as wanted."""
        leader = lead(opened.kept)
        for name in ("ada", "ben", "cyn"):
            opened.kept.automation.decide(leader, [fired(name, notice(name))])
        acts = opened.acts
        acts.settle(acts.due(*HERE, 10.0)[1].delivery.id, 12.0, DeliveryState.DEAD, "gone")
        assert recipients(acts.deliveries(*HERE)) == ["cyn", "ben", "ada"]
        assert recipients(acts.deliveries(*HERE, limit=2)) == ["cyn", "ben"]
        assert recipients(acts.deliveries(*HERE, state=DeliveryState.DEAD)) == ["ben"]
        assert acts.deliveries(*HERE, limit=0) == ()

    def test_when_somebody_was_last_told(self, opened: KeptActs) -> None:
        """By a notice that was delivered; calls of addresses do not count."""
        leader, acts = lead(opened.kept), opened.acts
        for key in ("1", "2"):
            wanted = (notice("ada"), CallWebhook(url="https://a.example/in"))
            opened.kept.automation.decide(leader, [fired(key, *wanted)])
        for at, each in enumerate(acts.due(*HERE, 10.0), start=20):
            acts.settle(each.delivery.id, float(at), DeliveryState.DELIVERED, "")
        assert acts.last_told(*HERE) == {"ada": 22.0}

    # Mutes

    def test_mutes_are_kept_until_they_are_ended(self, open_acts: OpenActs) -> None:
        """By subject, the latest word counts; also what has run out is told."""
        first = Mute(subject="stg.orders", actor="ada", reason="known", at=1.0)
        latest = replace(first, actor="ben", reason="still", at=2.0, until=3.0)
        everything = Mute(subject="*", actor="ada", reason="night", at=1.0)
        acts = open_acts().acts
        for each in (first, everything, latest):
            acts.mute(*HERE, each)
        assert open_acts().acts.mutes(*HERE) == (everything, latest)
        assert acts.unmute(*HERE, "*") and not acts.unmute(*HERE, "*")
        assert acts.mutes(*HERE) == (latest,)

    # Incidents

    def test_an_incident_is_opened_changed_and_closed(self, open_acts: OpenActs) -> None:
        """Each with what is to be told of it; one that is closed is over."""
        kept, acts = open_acts()
        leader = lead(kept)
        opening = Change(incident=incident("i1"), deliveries=(told("opened"),))
        wider = Change(incident=incident("i1", below=("marts.daily",)))
        closing = Change(incident=incident("i1", closed=20.0), deliveries=(told("closed"),))
        for change in (opening, wider, closing):
            assert acts.change(leader, *HERE, [change]) == (change,)
            assert open_acts().acts.incidents(*HERE) == (change.incident,)
        assert acts.change(leader, *HERE, [opening, closing]) == ()
        assert acts.incidents(*HERE) == (closing.incident,)
        assert recipients(acts.deliveries(*HERE)) == ["ada", "ada"]

    def test_incidents_are_told_newest_first(self, opened: KeptActs) -> None:
        """All of them, or only the open ones; as many as wanted."""
        found = [incident("i1"), incident("i2", closed=11.0), incident("i3")]
        changes = [Change(incident=each) for each in found]
        opened.acts.change(lead(opened.kept), *HERE, changes)

        def ids(**how: object) -> list[str]:
            return [each.id for each in opened.acts.incidents(*HERE, **how)]  # type: ignore[arg-type]

        assert ids() == ["i3", "i2", "i1"]
        assert ids(only_open=True) == ["i3", "i1"]
        assert (ids(limit=2), ids(only_open=True, limit=1)) == (["i3", "i2"], ["i3"])

    def test_who_does_not_lead_any_more_changes_nothing(self, opened: KeptActs) -> None:
        """FencedError, and neither an incident nor a delivery."""
        old = lead(opened.kept)
        old.release()
        lead(opened.kept)
        with pytest.raises(FencedError):
            opened.acts.change(
                old, *HERE, [Change(incident=incident("i1"), deliveries=(told("opened"),))]
            )
        assert opened.acts.incidents(*HERE) == () and opened.acts.deliveries(*HERE) == ()

    # What holds of all

    def test_environments_do_not_mix(self, opened: KeptActs) -> None:
        """Of each there are its own deliveries, mutes and incidents."""
        leader, acts = lead(opened.kept), opened.acts
        opened.kept.automation.decide(leader, [fired("1", notice("ada"))])
        acts.change(leader, *THERE, [Change(incident=incident("i1"))])
        acts.mute(*THERE, Mute(subject="*", actor="ada", reason="", at=1.0))
        assert acts.due(*THERE, 99.0) == () and acts.next_due(*THERE, 0.0) is None
        assert acts.incidents(*HERE) == () and acts.mutes(*HERE) == ()
        assert acts.deliveries(*THERE) == () and acts.last_told(*THERE) == {}

    def test_forgetting_takes_what_is_old_and_over(self, opened: KeptActs) -> None:
        """What waits or is open stays, however old; so does what ended since."""
        leader, acts = lead(opened.kept), opened.acts
        for name in ("ada", "ben", "cyn"):
            opened.kept.automation.decide(leader, [fired(name, notice(name))])
        found = acts.due(*HERE, 10.0)
        acts.settle(found[0].delivery.id, 12.0, DeliveryState.DELIVERED, "")
        acts.settle(found[1].delivery.id, 50.0, DeliveryState.DELIVERED, "")
        closed = [incident("old", closed=12.0), incident("late", closed=50.0), incident("open")]
        acts.change(leader, *HERE, [Change(incident=each) for each in closed])
        acts.forget_acts(*HERE, 50.0)
        assert recipients(acts.deliveries(*HERE)) == ["cyn", "ben"]
        assert [each.id for each in acts.incidents(*HERE)] == ["open", "late"]

    def test_what_cannot_be_written_is_refused(self, opened: KeptActs) -> None:
        """InternalError, and nothing is kept."""
        leader, acts = lead(opened.kept), opened.acts
        opened.kept.automation.decide(leader, [fired("1", notice("ada"))])
        id = acts.due(*HERE, 10.0)[0].delivery.id
        for attempt in (
            lambda: acts.settle(id, 11.0, DeliveryState.DEAD, BAD),
            lambda: acts.put_off(id, 11.0, BAD),
            lambda: acts.mute(*HERE, Mute(subject="*", actor=BAD, reason="", at=1.0)),
            lambda: acts.change(leader, *HERE, [Change(incident=incident("i1", why=BAD))]),
        ):
            with pytest.raises(InternalError):
                attempt()
        assert recipients(acts.due(*HERE, 10.0)) == ["ada"]
        assert acts.mutes(*HERE) == () and acts.incidents(*HERE) == ()
