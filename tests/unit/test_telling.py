"""What follows decisions: incidents in the catalog, and deliveries that nobody waits for."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.receivers import Receiver, receiver
from tests.unit.scenes import Stage, stage

from freshline.definitions import ProjectDefinition
from freshline.errors import FencedError
from freshline.operate.ground import Ground
from freshline.operate.telling import Telling
from freshline.people import Channel, OwnerDefinition, Webhooks
from freshline.ports import Holder, Lease
from freshline.ticks import leadership
from freshline_catalog.acts import SqliteActs
from freshline_catalog.event_log import SqliteEventLog


class House:
    """A project with an owner, a daemon's ears, and a chat that can be looked into."""

    def __init__(self, log: SqliteEventLog, there: Receiver) -> None:
        self.log, self.there, self.acts = log, there, SqliteActs(log)
        self.said: list[str] = []
        self.stage: Stage = stage({"stg.a": ["raw.x"], "marts.b": ["stg.a"]}).build_all()
        self.leader = self.lead()
        facts = self.stage.facts()
        self.scope = (facts.project, facts.environment)
        self.telling = Telling(self.acts, facts.environment, self.said.append)
        chat = Channel(name="chat", notifier="slack", settings={"url": there.url})
        self.project = ProjectDefinition(
            name=facts.project,
            owners=(OwnerDefinition(name="ada", chat="chat"),),
            channels=(chat,),
            webhooks=Webhooks(allow=(there.allowed,)),
        )

    def lead(self) -> Lease:
        name = leadership(self.stage.facts().environment)
        return self.log.acquire(
            Holder(name=name, actor="a", host="h", pid=1, since=0.0, purpose="automation")
        )

    def look(self) -> int:
        """Look once, and deliver what is due then; return how many incidents changed."""
        declared = self.stage.graph()
        owned = {
            key: replace(asset, definition=replace(asset.definition, owner="ada"))
            for key, asset in declared.assets.items()
        }
        declared = replace(declared, assets=owned)
        scene, evaluated = self.stage.scene(), self.stage.evaluate()
        kept = self.telling.looked(self.leader, scene, evaluated, declared)
        self.telling.deliver_due(self.project, self.stage.now)
        self.telling.close()
        return len(kept)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with receiver() as there, closing(SqliteEventLog(tmp_path / "catalog.db")) as log:
        yield House(log, there)


def test_an_owner_is_told_when_something_fails_and_when_it_is_well_again(house: House) -> None:
    assert house.look() == 0
    house.stage.fail("stg.a", "r1")
    assert [house.look(), house.look()] == [1, 0]
    assert len(house.there.came) == 1 and b"division by zero" in house.there.came[0].body
    house.stage.now += 120.0
    house.stage.build("stg.a")
    assert house.look() == 1
    assert len(house.there.came) == 2 and b"well again" in house.there.came[1].body
    assert house.said == [
        "stg.a is in trouble: its last attempt failed: division by zero",
        "stg.a is well again",
    ]
    (incident,) = house.acts.incidents(*house.scope)
    assert incident.closed == house.stage.now


def test_nothing_is_read_again_until_something_moved_or_is_due(house: House) -> None:
    house.look()
    house.log.close()
    house.telling.deliver_due(house.project, house.stage.now)
    house.telling.close()
    assert house.said == []
    house.telling.moved()
    house.telling.deliver_due(house.project, house.stage.now)
    house.telling.close()
    assert len(house.said) == 1 and house.said[0].startswith("deliveries: ")


def test_who_does_not_lead_any_more_opens_nothing(house: House) -> None:
    house.stage.fail("stg.a", "r1")
    house.leader.release()
    old, house.leader = house.leader, house.lead()
    house.leader = old
    with pytest.raises(FencedError):
        house.look()
    assert house.acts.incidents(*house.scope) == () and house.there.came == []


def test_a_sensor_of_an_asset_that_is_set_aside_waits(house: House) -> None:
    """Nothing can be said of its checks: that is no reason to fall over."""
    ground = Ground(house.stage.scene())
    assert ground.failing("stg.gone") is None
