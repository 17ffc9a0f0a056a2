"""Steps that are tried again: through a whole apply, on a clock that nobody has to wait for."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.unit.facts import asset, target

from freshline.definitions import ProjectDefinition, Retries, StorageDefinition
from freshline.errors import ComputeError, FreshlineError, ResourceError, UnknownOutcomeError
from freshline.events import AttemptFailed, AttemptStarted, Event, Materialized, Outcome
from freshline.execute.apply import Applied, Order, apply
from freshline.execute.place import Place
from freshline.execute.run import Status
from freshline.execute.runner import Patience, Progress
from freshline.lineage.graph import Asset, Graph
from freshline.ports import Holder, Ports
from freshline.reconcile.planned import Wish
from freshline.testing.clock import CountedIds, VirtualClock
from freshline.testing.fake_compute import FakeCompute
from freshline.testing.memory_log import Ledger, MemoryEventLog
from freshline.versions import Publication, Version
from freshline_adapters.memory import Memory

HOLDER = Holder(name="apply:main", actor="ada", host="here", pid=1, since=0.0, purpose="apply")


class Stumbling(FakeCompute):
    """An engine that fails so many times on a query before it answers it."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble: dict[str, list[FreshlineError]] = {}

    def create_table(self, name: str, query: str) -> None:
        for words, errors in self.trouble.items():
            if words in query and errors:
                raise errors.pop(0)
        super().create_table(name, query)


class Doubtful(Memory):
    """A storage that publishes and then loses the reply, so many times."""

    def __init__(self, lost: int, *, before: bool = False) -> None:
        super().__init__()
        self.lost, self.before = lost, before

    def publish(self, publication: Publication) -> Version:
        if self.lost <= 0:
            return super().publish(publication)
        self.lost -= 1
        if not self.before:
            super().publish(publication)
        raise UnknownOutcomeError("the reply was lost")


@dataclass(slots=True)
class World:
    """Three assets in a row, and all that a process works on."""

    retries: Retries | None = None
    storage: Memory = field(default_factory=Memory)
    compute: Stumbling = field(default_factory=Stumbling)
    clock: VirtualClock = field(default_factory=VirtualClock)
    ledger: Ledger = field(default_factory=Ledger)
    ids: CountedIds = field(default_factory=CountedIds)
    shown: list[Progress] = field(default_factory=list[Progress])

    def apply(
        self, *, most: int | None = None, also: Callable[[Progress], None] = lambda now: None
    ) -> Applied:
        """Run one process that applies everything, and keep what it shows."""
        graph = Graph(
            project=ProjectDefinition(
                name="p", storages=(StorageDefinition(name="lake", adapter="memory"),)
            ),
            assets={
                "a": _asset("a", (), self.retries),
                "b": _asset("b", ("a",), self.retries),
                "c": _asset("c", ("b",), self.retries),
            },
            sources={},
        )
        log = MemoryEventLog(self.ledger)
        ports = Ports(
            events=log,
            storages={"lake": self.storage},
            clock=self.clock,
            compute=self.compute,
            ids=self.ids,
        )
        order = Order(
            wish=Wish(), holder=HOLDER, command="apply", jobs=1, patience=Patience(most=most)
        )
        place = Place(graph=graph, root=Path("/nowhere"), environment="main")

        def show(now: Progress) -> None:
            self.shown.append(now)
            also(now)

        try:
            return apply(place, ports, order, lambda plan: None, show)
        finally:
            log.close()

    def events(self) -> list[Event]:
        return [entry.event for entry in MemoryEventLog(self.ledger).events(limit=10_000)]

    def waits(self) -> list[float]:
        return [now.wait for now in self.shown if now.wait is not None]


def _asset(key: str, reads: tuple[str, ...], retries: Retries | None) -> Asset:
    names = " ".join(f'"\x01{upstream}"' for upstream in reads)
    made = asset(key, f"value: {key} {names}", reads)
    return replace(made, definition=replace(made.definition, retries=retries))


def status_of(applied: Applied) -> dict[str, Status]:
    assert applied.report is not None
    return dict(applied.report.status)


def test_a_step_that_succeeds_on_a_retry_counts_as_good_and_its_readers_waited() -> None:
    world = World()
    world.compute.trouble["value: b"] = [ResourceError("the disk is full") for _ in range(2)]
    began = world.clock.now()
    assert set(status_of(world.apply()).values()) == {Status.BUILT}
    assert [n.note.split(" in ")[0] for n in world.shown if n.wait] == [
        "retry 1 of 2",
        "retry 2 of 2",
    ]
    first, second = world.waits()
    assert 3.75 <= first <= 6.25 and 7.5 <= second <= 12.5
    assert world.clock.now() - began > first + second
    begun = [now.asset for now in world.shown if now.status is Status.RUNNING]
    assert begun == ["a", "b", "b", "b", "c"]
    assert [n.attempt for n in world.shown if n.asset == "b"] == [1, 1, 2, 2, 3, 3]


def test_every_attempt_is_on_record_and_never_two_of_them_live() -> None:
    world = World()
    world.compute.trouble["value: b"] = [ResourceError("the disk is full")]
    world.apply()
    live: set[str] = set()
    outcomes: list[str] = []
    for event in world.events():
        if isinstance(event, AttemptStarted):
            assert event.target.asset not in live
            live.add(event.target.asset)
        if isinstance(event, AttemptFailed | Materialized):
            live.discard(event.target.asset)
            outcomes.append(f"{event.target.asset} {event.kind}")
    assert outcomes == ["a materialized", "b attempt_failed", "b materialized", "c materialized"]


def test_after_the_last_retry_the_step_failed_and_its_readers_are_skipped() -> None:
    world = World()
    world.compute.trouble["value: b"] = [ResourceError("the disk is full") for _ in range(9)]
    applied = world.apply()
    assert status_of(applied) == {"a": Status.BUILT, "b": Status.FAILED, "c": Status.SKIPPED}
    assert len(world.waits()) == 2
    assert len(world.compute.trouble["value: b"]) == 6


@pytest.mark.parametrize(
    ("retries", "most", "waits"),
    [
        (None, None, 0),
        (Retries(count=1, delay=60.0), None, 1),
        (Retries(count=3, delay=1.0), 0, 0),
        (Retries(count=0), 2, 2),
    ],
    ids=[
        "a query that fails is not tried again by itself",
        "unless its author says so",
        "never where the caller says so",
        "and as often as the caller says",
    ],
)
def test_a_failing_query(retries: Retries | None, most: int | None, waits: int) -> None:
    world = World(retries=retries)
    world.compute.trouble["value: b"] = [ComputeError("division by zero") for _ in range(9)]
    assert status_of(world.apply(most=most))["b"] is Status.FAILED
    assert len(world.waits()) == waits


def test_stopping_during_a_wait_ends_the_run_at_once() -> None:
    """Ctrl-C is a None in the queue; here it comes with the word that a step was put off."""
    world = World()
    world.compute.trouble["value: b"] = [ResourceError("the disk is full")]

    def stop(now: Progress) -> None:
        if now.status is Status.RETRYING:
            signal.raise_signal(signal.SIGINT)

    began = world.clock.now()
    applied = world.apply(also=stop)
    assert applied.report is not None and applied.report.outcome is Outcome.CANCELLED
    assert status_of(applied) == {
        "a": Status.BUILT,
        "b": Status.CANCELLED,
        "c": Status.CANCELLED,
    }
    assert world.clock.now() - began < 3.0


def test_a_publish_whose_reply_was_lost_is_found_and_not_computed_again() -> None:
    world = World(storage=Doubtful(lost=2))
    assert set(status_of(world.apply()).values()) == {Status.BUILT}
    assert max(world.compute.computed.values()) == 1
    found = [now.note for now in world.shown if now.asset == "a" and now.status is Status.BUILT]
    assert found == ["found to be published"]
    assert len(world.waits()) == 1
    recorded = [e for e in world.events() if isinstance(e, Materialized)]
    assert [e.recovered for e in recorded] == [True, False, False]


def test_a_publish_that_did_not_happen_after_all_is_made_anew() -> None:
    world = World(storage=Doubtful(lost=2, before=True))
    assert set(status_of(world.apply()).values()) == {Status.BUILT}
    failed = [e for e in world.events() if isinstance(e, AttemptFailed)]
    assert [e.target for e in failed] == [target("a")]
