"""The daemon's loop over a world in memory: when it looks, what it hands over, what stops it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from freshline.definitions import ProjectDefinition
from freshline.errors import FencedError, ResourceError
from freshline.events import Event, Outcome, RunFinished, RunStarted
from freshline.lineage.graph import Graph
from freshline.operate.daemon import RESYNC, Daemon
from freshline.operate.scene import Evaluated, Scene, Seen
from freshline.operate.world import BUSY, Defined, Ended, Waiting, World
from freshline.ports import Holder
from freshline.reconcile.facts import Facts
from freshline.reconcile.planned import Plan
from freshline.state import State
from freshline.testing.clock import CountedIds, VirtualClock
from freshline.testing.memory_automation import MemoryAutomation
from freshline.testing.memory_log import MemoryEventLog
from freshline.ticks import Decided, Mover, Request, RequestState, Tick, TickOutcome, leadership

HERE = ("shop", "main")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that is none."""

    pid: int


@dataclass(slots=True)
class Processes:
    """Processes that end when a test says so."""

    told: list[str] = field(default_factory=list[str])
    over: list[Ended] = field(default_factory=list[Ended])
    recoveries: int = 0

    def waiting(self) -> Waiting:
        """Return a process."""
        return Process(4711)

    def go(self, process: Waiting, run: str) -> None:
        """Note the run."""
        self.told.append(run)

    def keep(self, process: Waiting) -> None:
        """Take a process back."""

    def adopt(self, run: str, pid: int, since: float) -> None:
        """Attend to a run."""

    def ended(self) -> tuple[Ended, ...]:
        """Return what a test said to have ended."""
        found, self.over = tuple(self.over), []
        return found

    def recover(self) -> None:
        """Count it."""
        self.recoveries += 1

    def close(self) -> None:
        """Let go."""


@dataclass(slots=True)
class Definitions:
    """A graph that is in force, or another that a test puts there."""

    now: Defined | None
    moved: bool = False

    def look(self) -> bool:
        """Say whether a test put another graph there."""
        moved, self.moved = self.moved, False
        return moved

    def again(self) -> None:
        """Read again."""

    def patience(self) -> float:
        """Say that nothing is noticed by itself."""
        return math.inf

    def close(self) -> None:
        """Let go."""


class Stage:
    """A daemon in a world in which one run is asked for at each look that a test wants one at."""

    def __init__(self) -> None:
        self.log, self.clock = MemoryEventLog(), VirtualClock()
        self.automation = MemoryAutomation(self.log)
        self.processes = Processes()
        graph = Graph(project=ProjectDefinition(name="shop"), assets={}, sources={})
        self.definitions = Definitions(Defined(graph=graph))
        self.scenes: list[Scene] = []
        self.wanted: list[str] = []
        self.again: float | None = None
        self.said: list[str] = []
        self.fails = False
        self.daemon = self.another()

    def another(self) -> Daemon:
        """Return a daemon that leads here."""
        holder = Holder(
            name=leadership("main"), actor="ada", host="h", pid=1, since=0.0, purpose="automation"
        )
        return Daemon(self._world(), self.log.acquire(holder))

    def pass_by(self, seconds: float = 1.0) -> bool:
        """Let time go by, and the daemon do what is due."""
        self.clock.advance(seconds)
        return self.daemon.pass_by()

    def happen(self, *events: Event) -> None:
        """Have something recorded by others."""
        self.log.append(events)

    def _world(self) -> World:
        return World(
            project="shop",
            environment="main",
            events=self.log,
            automation=self.automation,
            clock=self.clock,
            pulse=lambda: len(self.log.ledger.entries),
            definitions=self.definitions,
            processes=self.processes,
            look=self._look,
            seen=self._seen,
            evaluate=lambda scene, ids: self._evaluate(scene),
            is_live=lambda run: run == "theirs",
            new_id=CountedIds("run").new,
            say=self.said.append,
        )

    def _look(self, graph: Graph) -> tuple[Plan, Facts]:
        if self.fails:
            raise ResourceError("the disk is full")
        facts = Facts(
            graph=graph,
            state=State(sequence=0, targets={}),
            project="shop",
            environment="main",
            builds={},
            inspections={},
            sources={},
            logic={},
            now=self.clock.now(),
        )
        return Plan(environment="main", steps=(), fresh=()), facts

    def _seen(self, graph: Graph, memories: Mapping[str, str], happened: tuple[Event, ...]) -> Seen:
        return Seen(happened=happened)

    def _evaluate(self, scene: Scene) -> Evaluated:
        self.scenes.append(scene)
        decided = tuple(_decided(run, scene.now) for run in self.wanted)
        self.wanted = []
        return Evaluated(decided=decided, decisions={}, again=self.again)


def _decided(run: str, at: float) -> Decided:
    request = Request(
        run=run,
        project="shop",
        environment="main",
        at=at,
        mover=Mover.RECONCILER,
        name="reconciler",
        why="it is stale",
        assets=(f"asset.{run}",),
        only=True,
    )
    tick = Tick(
        project="shop",
        environment="main",
        mover=Mover.RECONCILER,
        name="reconciler",
        key=run,
        at=at,
        outcome=TickOutcome.REQUESTED,
        why="it is stale",
        run=run,
    )
    return Decided(tick=tick, memories={}, requests=(request,))


def _started(run: str) -> RunStarted:
    return RunStarted(
        at=1.0,
        run=run,
        project="shop",
        environment="main",
        plan_id="p",
        actor="ada",
        command="freshline apply",
        steps=1,
        assets=("marts.daily",),
    )


def _finished(run: str) -> RunFinished:
    return RunFinished(at=2.0, run=run, outcome=Outcome.SUCCEEDED)


@pytest.fixture
def stage() -> Stage:
    """A stage on which the first look is over."""
    found = Stage()
    assert found.pass_by()
    return found


def test_it_looks_when_something_moved_and_else_only_now_and_then(stage: Stage) -> None:
    assert not stage.pass_by()
    stage.happen(_finished("theirs"))
    assert stage.pass_by()
    assert not stage.pass_by()
    stage.definitions.moved = True
    assert stage.pass_by()
    assert not stage.pass_by(RESYNC / 2)
    assert stage.pass_by(RESYNC)


def test_it_looks_at_the_moment_that_was_named(stage: Stage) -> None:
    stage.again = stage.clock.now() + 10.0
    stage.daemon.wake()
    assert stage.pass_by()
    assert not stage.pass_by(5.0)
    stage.again = None
    assert stage.pass_by(6.0)


def test_a_clock_that_is_set_back_is_a_reason_to_look(stage: Stage) -> None:
    assert stage.pass_by(-3600.0)


def test_what_is_asked_for_is_carried_out_once(stage: Stage) -> None:
    stage.wanted = ["r1"]
    stage.daemon.wake()
    assert stage.pass_by()
    assert stage.processes.told == ["r1"]
    stage.processes.over.append(Ended("r1", 0, ""))
    assert stage.pass_by()
    (over,) = stage.automation.past_requests(*HERE)
    assert (over.state, over.outcome, stage.processes.told) == (
        RequestState.ENDED,
        "succeeded",
        ["r1"],
    )


def test_a_run_that_others_kept_from_beginning_is_begun_again(stage: Stage) -> None:
    stage.wanted = ["r1"]
    stage.daemon.wake()
    stage.pass_by()
    stage.processes.over.append(Ended("r1", BUSY, "in use"))
    stage.pass_by(0.1)
    stage.pass_by(2.0)
    assert stage.processes.told == ["r1", "r1"]


def test_a_process_that_dies_before_its_run_is_replaced_a_few_times(stage: Stage) -> None:
    stage.wanted = ["r1"]
    stage.daemon.wake()
    stage.pass_by()
    for _ in range(5):
        stage.processes.over.append(Ended("r1", -9, "killed"))
        stage.pass_by(5.0)
        stage.pass_by(5.0)
    assert stage.processes.told == ["r1", "r1", "r1"]
    (lost,) = stage.automation.past_requests(*HERE)
    assert (lost.state, lost.outcome, lost.said) == (RequestState.ENDED, "lost", "killed")


def test_a_run_that_died_after_it_began_is_lost_at_once(stage: Stage) -> None:
    stage.wanted = ["r1"]
    stage.daemon.wake()
    stage.pass_by()
    stage.happen(_started("r1"))
    stage.processes.over.append(Ended("r1", -9, ""))
    stage.pass_by()
    assert stage.automation.past_requests(*HERE)[0].outcome == "lost"
    assert stage.processes.told == ["r1"]


def test_runs_of_others_stand_in_the_scene_as_long_as_they_live(stage: Stage) -> None:
    stage.happen(_started("theirs"), _started("dead"))
    stage.daemon.wake()
    stage.pass_by()
    assert [each.request.run for each in stage.scenes[-1].requests] == ["theirs"]
    stage.happen(_finished("theirs"))
    stage.pass_by()
    assert stage.scenes[-1].requests == ()
    assert [event.run for event in stage.scenes[-1].seen.happened] == ["theirs"]


def test_trouble_is_told_and_gets_over(stage: Stage) -> None:
    stage.fails = True
    stage.daemon.wake()
    assert not stage.pass_by()
    assert stage.said[-1] == "automation: the disk is full"
    stage.fails = False
    assert not stage.pass_by()
    assert stage.pass_by(6.0)


def test_who_does_not_lead_any_more_keeps_nothing(stage: Stage) -> None:
    epochs = stage.log.ledger.epochs
    epochs[leadership("main")] += 1
    stage.wanted = ["r1"]
    stage.daemon.wake()
    with pytest.raises(FencedError):
        stage.pass_by()
    assert stage.automation.past_requests(*HERE) == ()


def test_nothing_runs_in_a_strict_environment_while_anything_is_broken(stage: Stage) -> None:
    defined = stage.definitions.now
    assert defined is not None
    strict = replace(defined.graph, project=ProjectDefinition(name="shop", strict=True))
    stage.definitions.now = Defined(graph=strict, is_old=True)
    stage.wanted = ["r1"]
    looks = len(stage.scenes)
    stage.daemon.wake()
    stage.pass_by()
    assert len(stage.scenes) == looks
    assert stage.automation.memories(*HERE).keys() == {"definitions"}
