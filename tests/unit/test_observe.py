"""One look at the world: real logs and storages in memory, and sources on disk."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.unit.facts import asset, source, target

from freshline.definitions import ProjectDefinition, StorageDefinition, Was
from freshline.events import Materialized, SourceObserved
from freshline.execute.apply import Applied, Order, apply
from freshline.execute.place import Place
from freshline.lineage.graph import Asset, Graph
from freshline.ports import Condition, Holder, Ports
from freshline.reconcile.observe import Look, look, plan_from
from freshline.reconcile.planned import Action, Plan, Wish
from freshline.testing.clock import CountedIds, VirtualClock
from freshline.testing.fake_compute import FakeCompute
from freshline.testing.memory_log import Ledger, MemoryEventLog
from freshline_adapters.memory import Memory

HOLDER = Holder(name="apply:main", actor="ada", host="here", pid=1, since=0.0, purpose="apply")


@dataclass(slots=True)
class World:
    """A project of assets `value: N`, and all that outlives a process."""

    root: Path
    values: dict[str, str]
    reads: dict[str, tuple[str, ...]]
    ledger: Ledger = field(default_factory=Ledger)
    storage: Memory = field(default_factory=Memory)
    compute: FakeCompute = field(default_factory=FakeCompute)
    clock: VirtualClock = field(default_factory=VirtualClock)
    ids: CountedIds = field(default_factory=CountedIds)

    def graph(self) -> Graph:
        storages = (StorageDefinition(name="lake", adapter="memory"),)
        sources = {key for reads in self.reads.values() for key in reads} - self.reads.keys()
        return Graph(
            project=ProjectDefinition(name="p", storages=storages),
            assets={key: self._asset(key) for key in self.reads},
            sources={key: source(key) for key in sorted(sources)},
        )

    def ports(self) -> Ports:
        return Ports(
            events=MemoryEventLog(self.ledger),
            storages={"lake": self.storage},
            clock=self.clock,
            compute=self.compute,
            ids=self.ids,
        )

    def look(self) -> Look:
        return look(self.graph(), self.root, "main", self.ports())

    def plan(self) -> Plan:
        ports = self.ports()
        plan, _ = plan_from(look(self.graph(), self.root, "main", ports), ports, Wish())
        return plan

    def apply(self) -> Applied:
        place = Place(graph=self.graph(), root=self.root, environment="main")
        order = Order(wish=Wish(), holder=HOLDER, command="apply", jobs=1)
        return apply(place, self.ports(), order, lambda plan: None, lambda step: None)

    def _asset(self, key: str) -> Asset:
        inputs = " ".join(f'"\x01{upstream}"' for upstream in self.reads[key])
        return asset(key, f"value: {self.values[key]} {inputs}", self.reads[key])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, {"a": "1", "b": "1"}, {"a": (), "b": ("a",)})


def actions(plan: Plan) -> dict[str, Action]:
    return {step.asset: step.action for step in plan.steps}


def test_of_nothing_there_is_nothing_to_see(world: World) -> None:
    seen = world.look()
    assert (seen.facts.builds, seen.facts.inspections) == ({}, {})
    assert (seen.unrecorded, seen.restamped) == ((), ())
    assert actions(world.plan()) == {"a": Action.CREATE, "b": Action.CREATE}


def test_what_an_apply_published_is_seen_intact(world: World) -> None:
    world.apply()
    seen = world.look()
    assert {key: i.condition for key, i in seen.facts.inspections.items()} == {
        "a": Condition.INTACT,
        "b": Condition.INTACT,
    }
    assert actions(world.plan()) == {}


def test_a_version_that_the_catalog_never_heard_of_counts_as_current(world: World) -> None:
    """The catalog was lost: the storage's own records are the word."""
    world.apply()
    world.ledger = Ledger()
    seen = world.look()
    assert sorted(m.version.target.asset for m in seen.unrecorded) == ["a", "b"]
    assert sorted(seen.facts.builds) == ["a", "b"]
    assert actions(world.plan()) == {}


def test_an_edit_after_the_catalog_was_lost_is_told_by_the_text_in_the_storage(
    world: World,
) -> None:
    world.apply()
    world.ledger = Ledger()
    world.values["a"] = "2"
    plan = world.plan()
    assert actions(plan) == {"a": Action.REBUILD, "b": Action.RECHECK}


def test_a_version_newer_than_the_record_counts_as_current(world: World) -> None:
    world.apply()
    old = Ledger()
    log = MemoryEventLog(old)
    for entry in MemoryEventLog(world.ledger).events():
        if isinstance(entry.event, Materialized):
            log.append([entry.event])
    world.values["a"] = "2"
    world.apply()
    world.ledger = old
    seen = world.look()
    assert [m.version.number for m in seen.unrecorded] == [2, 2]
    assert [seen.facts.builds[key].version.number for key in "ab"] == [2, 2]
    assert actions(world.plan()) == {}


def test_a_version_that_is_gone_is_missing_and_its_reader_is_asked(world: World) -> None:
    world.apply()
    world.storage = Memory()
    seen = world.look()
    assert seen.facts.builds == {}
    assert {i.condition for i in seen.facts.inspections.values()} == {Condition.GONE}
    reasons = [step.reasons[0].detail for step in world.plan().steps]
    assert reasons == ["the published version is gone"] * 2


def test_an_older_version_is_offered_again_when_an_edit_is_taken_back(world: World) -> None:
    world.apply()
    world.values["a"] = "2"
    world.apply()
    world.values["a"] = "1"
    plan = world.plan()
    assert actions(plan) == {"a": Action.REPUBLISH, "b": Action.REPUBLISH}
    before = sum(world.compute.computed.values())
    world.apply()
    assert sum(world.compute.computed.values()) == before
    assert actions(world.plan()) == {}


def test_an_edit_that_changes_no_row_stops_at_its_asset(world: World) -> None:
    world.apply()
    world.values["a"] = "1 "
    assert actions(world.plan()) == {"a": Action.REBUILD, "b": Action.RECHECK}
    world.apply()
    current = world.storage.current(target("b"))
    assert current is not None and current.version.number == 1
    assert actions(world.plan()) == {}


# ---- a look at less


def test_a_narrow_look_asks_storages_for_nothing_but_what_a_verdict_hangs_on(world: World) -> None:
    world.reads = {"a": (), "b": ("a",), "c": ("b",), "other": ()}
    world.values = dict.fromkeys(world.reads, "1")
    world.apply()
    world.storage = Memory()  # every version is gone
    seen = look(world.graph(), world.root, "main", world.ports(), frozenset({"b"}))
    assert sorted(seen.part.assets) == sorted(seen.facts.inspections) == ["a", "b"]
    assert sorted(seen.facts.builds) == ["c", "other"], "what is on record is taken for true"
    assert seen.facts.graph.assets.keys() == world.reads.keys()


def test_a_narrow_look_reads_no_other_sources(world: World) -> None:
    world.reads = {"a": ("raw",), "other": ("web",)}
    world.values = dict.fromkeys(world.reads, "1")
    (world.root / "raw.csv").write_text("x\n1\n", encoding="utf-8")
    seen = look(world.graph(), world.root, "main", world.ports(), frozenset({"a"}))
    assert seen.facts.sources.keys() == {"raw"} and not seen.facts.graph.quarantined


def test_a_narrow_look_sees_what_is_called_otherwise_by_now_whole(world: World) -> None:
    world.apply()
    world.reads["new"] = world.reads.pop("b")
    world.values["new"] = world.values.pop("b")
    graph = world.graph()
    renamed = replace(graph.assets["new"].definition, was=Was("b", graph.span_of("new")))
    assets = {**graph.assets, "new": replace(graph.assets["new"], definition=renamed)}
    graph = replace(graph, assets=assets)
    seen = look(graph, world.root, "main", world.ports(), frozenset({"a"}))
    assert seen.part is seen.facts.graph and seen.facts.renames == {"new": "b"}


# ---- sources


def test_a_source_is_probed_with_what_is_known_of_it(world: World) -> None:
    world.reads = {"a": ("raw",)}
    (world.root / "raw.csv").write_text("x\n1\n", encoding="utf-8")
    first = world.look().facts.sources["raw"]
    event = SourceObserved(
        at=first.at,
        run="r",
        target=target("raw"),
        version=first.version,
        signature=first.signature,
    )
    world.ports().events.append([event])
    assert world.look().facts.sources["raw"].version == first.version
    (world.root / "raw.csv").write_text("x\n1\n2\n", encoding="utf-8")
    assert world.look().facts.sources["raw"].version != first.version


def test_a_source_that_cannot_be_read_is_set_aside_with_its_readers_and_nothing_else(
    world: World,
) -> None:
    world.reads = {"a": ("raw",), "b": ("a",), "other": ()}
    world.values = {"a": "1", "b": "2", "other": "3"}
    graph = world.look().facts.graph
    assert {key: (aside.code, aside.because) for key, aside in graph.quarantined.items()} == {
        "raw": ("E101", ""),
        "a": ("E208", "raw"),
        "b": ("E208", "raw"),
    }
    (found,) = graph.diagnostics
    assert found.message == "cannot read raw: No such file or directory: raw.csv"
    assert str(found.span) == "sources/raw.yaml:2:3" and found.fix
    plan = world.plan()
    assert actions(plan) == {"other": Action.CREATE}
    assert [aside.asset for aside in plan.quarantined] == ["raw", "a", "b"]


def test_what_is_set_aside_for_now_keeps_its_version_and_is_fresh_again_with_its_source(
    world: World,
) -> None:
    world.reads = {"a": ("raw",)}
    file = world.root / "raw.csv"
    file.write_text("x\n1\n", encoding="utf-8")
    plan = world.plan()
    assert actions(plan) == {"a": Action.CREATE}
    file.unlink()
    assert actions(world.plan()) == {} and world.plan().problems
    file.write_text("x\n1\n", encoding="utf-8")
    assert world.plan() == plan
