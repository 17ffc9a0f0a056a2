"""Days of the daemon itself on a clock that jumps: nothing is lost, and nothing is flooded."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from tests.unit.scenes import AT_FULL_HOURS, DAY, HOUR, MINUTE, Stage, stage
from tests.unit.test_moments import at

from freshline import failpoints
from freshline.errors import Span
from freshline.events import Event
from freshline.lineage.graph import Graph
from freshline.operate.daemon import Daemon
from freshline.operate.deciding import evaluate
from freshline.operate.scene import Seen
from freshline.operate.world import Defined, Ended, Waiting, World
from freshline.ports import Holder, Lease
from freshline.reconcile.facts import Facts
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Plan, Wish
from freshline.refresh import CatchUp, Cron, Refresh, ScheduleDefinition
from freshline.testing.clock import CountedIds, VirtualClock
from freshline.testing.memory_automation import MemoryAutomation
from freshline.testing.memory_log import MemoryEventLog
from freshline.ticks import Mover, Requested, RequestState, leadership

HERE = ("p", "main")
PLACE = Span(file="freshline.yaml", line=1, column=1)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that is none."""

    pid: int


@dataclass(slots=True)
class Days:
    """A stage that a real daemon keeps, its clock, and whoever carries its runs out."""

    stage: Stage
    clock: VirtualClock
    log: MemoryEventLog = field(default_factory=MemoryEventLog)
    ids: CountedIds = field(default_factory=lambda: CountedIds("run"))
    begun: list[str] = field(default_factory=list[str])
    over: list[Ended] = field(default_factory=list[Ended])
    runs_hang: bool = False
    daemon: Daemon | None = None
    lease: Lease | None = None

    @property
    def automation(self) -> MemoryAutomation:
        """Where decisions are kept."""
        return MemoryAutomation(self.log)

    def start(self) -> None:
        """Begin a daemon; the one before is dead."""
        if self.lease is not None:
            self.lease.release()
        holder = Holder(
            name=leadership("main"), actor="ada", host="h", pid=1, since=0.0, purpose="automation"
        )
        self.lease = self.log.acquire(holder)
        self.daemon = Daemon(self._world(), self.lease)

    def live(self, seconds: float, step: float = 5 * MINUTE) -> None:
        """Let time go by in steps, and the daemon do what is due after each."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.clock.advance(step)
            self.pass_by()

    def pass_by(self) -> None:
        """Let the daemon do what is due, until nothing is; within a moment."""
        assert self.daemon is not None
        for _ in range(20):
            before = (len(self.begun), len(self.over))
            self.daemon.pass_by()
            self.clock.advance(0.5)
            if (len(self.begun), len(self.over)) == before:
                break

    def asked(self, mover: Mover = Mover.RECONCILER) -> list[Requested]:
        """Return what a mover asked for, oldest first."""
        past = self.automation.past_requests(*HERE, limit=10_000)
        return [each for each in reversed(past) if each.request.mover is mover]

    # ---- what the daemon asks of the world

    def waiting(self) -> Waiting:
        """Return a process."""
        return Process(4711)

    def go(self, process: Waiting, run: str) -> None:
        """Carry a run out at once, unless runs hang."""
        self.begun.append(run)
        if self.runs_hang:
            return
        found = {each.request.run: each.request for each in self.automation.past_requests(*HERE)}
        self.stage.now = self.clock.now()
        self.stage.carry_out(found[run], {})
        self.over.append(Ended(run, 0, ""))

    def keep(self, process: Waiting) -> None:
        """Take a process back."""

    def adopt(self, run: str, pid: int, since: float) -> None:
        """Find that the process of an earlier daemon is gone, and did nothing."""
        self.over.append(Ended(run, None, "gone"))

    def ended(self) -> tuple[Ended, ...]:
        """Return the runs that are over."""
        found, self.over = tuple(self.over), []
        return found

    def recover(self) -> None:
        """Leave nothing behind."""

    def close(self) -> None:
        """Let go."""

    # ---- definitions: those of the stage

    @property
    def now(self) -> Defined:
        """The stage's graph."""
        return Defined(graph=self.stage.graph())

    is_reading = False

    def look(self) -> bool:
        """Say that no file moved."""
        return False

    def again(self) -> None:
        """Read again."""

    def patience(self) -> float:
        """Say that nothing is noticed by itself."""
        return math.inf

    def _world(self) -> World:
        return World(
            project="p",
            environment="main",
            events=self.log,
            automation=self.automation,
            clock=self.clock,
            pulse=lambda: len(self.log.ledger.entries),
            definitions=self,
            processes=self,
            look=self._look,
            seen=self._seen,
            evaluate=evaluate,
            is_live=lambda run: False,
            new_id=self.ids.new,
            say=lambda line: None,
        )

    def _look(self, graph: Graph) -> tuple[Plan, Facts]:
        self.stage.now = self.clock.now()
        facts = self.stage.facts()
        return make_plan(facts, Wish()), facts

    def _seen(self, graph: Graph, memories: Mapping[str, str], happened: tuple[Event, ...]) -> Seen:
        return Seen(happened=happened)


def days(begin: str, world: Stage, cron: Cron | None = None) -> Days:
    """Return a built stage at a moment, kept by a daemon; `cron` is of a schedule over all."""
    found = Days(stage=world, clock=VirtualClock(at(begin)))
    world.now = found.clock.now()
    world.build_all()
    if cron is not None:
        world.schedules = (
            ScheduleDefinition(name="s", cron=cron, selection="b", file=PLACE.file, span=PLACE),
        )
    found.start()
    found.pass_by()
    assert found.asked() == []
    return found


def chain(refresh: Refresh) -> Stage:
    """Return a, which follows a source, and b, which reads it by a rule."""
    return stage({"a": ("raw",), "b": ("a",)}, b=refresh)


def moments(found: Days, mover: Mover) -> list[str]:
    """Return at what hours a mover asked for runs."""
    return [f"{each.request.at % DAY / HOUR:04.1f}" for each in found.asked(mover)]


@pytest.mark.parametrize(
    ("catch_up", "runs"),
    [(CatchUp.LATEST, 1), (CatchUp.ALL, 3), (CatchUp.NONE, 0)],
    ids=["only the latest moment", "each moment once", "none of them"],
)
def test_after_three_days_without_a_daemon(catch_up: CatchUp, runs: int) -> None:
    cron = Cron(expression="0 6 * * *", catch_up=catch_up)
    world = chain(AT_FULL_HOURS)
    found = days("2026-03-09T09:30", world, cron)
    for version in ("v2", "v3", "v4"):
        found.clock.advance(DAY)
        world.arrive("raw", version)
    found.start()
    found.live(HOUR / 2)
    assert [each.request.assets for each in found.asked()] == [("a", "b")]
    assert len(found.asked(Mover.SCHEDULE)) == runs
    assert {each.state for each in found.asked()} == {RequestState.ENDED}
    assert world.plan().steps == ()
    before = len(found.begun)
    found.live(2 * HOUR)
    assert len(found.begun) == before


JUMPS: dict[str, list[float]] = {
    "an hour back": [-HOUR],
    "a day back": [-DAY],
    "three days ahead": [3 * DAY],
    "ahead and back": [2 * HOUR, -2 * HOUR],
    "back and ahead": [-2 * HOUR, 2 * HOUR],
    "years ahead and back": [1000 * DAY, -1000 * DAY],
}


@pytest.mark.parametrize("jumps", JUMPS.values(), ids=JUMPS)
def test_a_clock_that_jumps_loses_nothing_and_floods_nobody(jumps: list[float]) -> None:
    world = chain(AT_FULL_HOURS)
    found = days("2026-03-09T09:30", world, Cron(expression="30 * * * *", catch_up=CatchUp.ALL))
    for number, jump in enumerate(jumps):
        world.arrive("raw", f"v{number + 2}")
        found.clock.advance(jump)
        found.pass_by()
    # A moment is not used twice: who turned the clock back by a day waits for it for a day.
    found.live(26 * HOUR, step=15 * MINUTE)
    assert world.plan().steps == ()
    asked = Counter(each.request.assets for each in found.asked())
    assert asked[("a", "b")] + asked[("a",)] <= len(jumps) + 1
    # At most fifty missed moments, as `all` allows, and those that came by; no moment twice.
    keys = [t.key for t in found.automation.ticks(*HERE, mover=Mover.SCHEDULE, limit=1000)]
    assert len(keys) == len(set(keys)) <= 50 + 26 + len(jumps)
    world.arrive("raw", "last")
    found.live(2 * HOUR)
    assert world.plan().steps == ()


@pytest.mark.parametrize(
    ("begin", "runs"),
    [("2026-03-28T12:00", 23), ("2026-10-24T12:00", 25), ("2026-06-01T12:00", 24)],
    ids=["the short day has 23 hours", "the long day has 25", "any other has 24"],
)
def test_every_hour_is_met_once_though_clocks_are_turned(begin: str, runs: int) -> None:
    cron = Cron(expression="5 * * * *", timezone="Europe/Berlin")
    world = chain(AT_FULL_HOURS)
    found = days(begin, world, cron)
    midnight = at(begin[:8] + f"{int(begin[8:10]) + 1:02}T00:00") - _ahead(begin)
    found.live(midnight - found.clock.now() - MINUTE)
    before = len(found.asked(Mover.SCHEDULE))
    found.live(runs * HOUR)
    assert len(found.asked(Mover.SCHEDULE)) - before == runs


def _ahead(begin: str) -> float:
    """Return by how many seconds clocks in Berlin are ahead on the eve of a day."""
    return HOUR if begin.startswith("2026-03") else 2 * HOUR


@pytest.mark.parametrize(
    ("begin", "expected"),
    [("2026-03-28T12:00", 1), ("2026-10-24T12:00", 1)],
    ids=["a time that does not come on that day", "a time that comes twice on that day"],
)
def test_a_moment_in_the_hour_of_the_change_is_met_once(begin: str, expected: int) -> None:
    found = days(
        begin, chain(AT_FULL_HOURS), Cron(expression="30 2 * * *", timezone="Europe/Berlin")
    )
    found.live(DAY)
    assert len(found.asked(Mover.SCHEDULE)) == expected


def test_a_clock_that_jumps_while_a_run_is_under_way_begins_no_second_one() -> None:
    world = chain(Refresh())
    found = days("2026-03-09T09:30", world)
    found.runs_hang = True
    world.arrive("raw", "v2")
    for jump in (HOUR, -2 * HOUR, 3 * DAY, -DAY):
        found.live(10 * MINUTE)
        found.clock.advance(jump)
        found.pass_by()
    assert found.begun == ["run-000001"]
    found.runs_hang = False
    found.start()  # its process is found dead before it did anything, and the run is begun again
    found.live(10 * MINUTE)
    assert found.begun == ["run-000001", "run-000001"]
    assert world.plan().steps == ()


POINTS = (
    "tick.before_eval",
    "tick.after_eval",
    "tick.before_commit",
    "tick.after_commit",
    "launch.before",
    "launch.after",
    "launch.told",
    "launch.ended",
)


@pytest.mark.parametrize("point", POINTS)
def test_a_daemon_that_dies_between_deciding_and_launching_leaves_one_run(point: str) -> None:
    world = chain(Refresh())
    found = days("2026-03-09T09:30", world)
    world.arrive("raw", "v2")
    failpoints.arm(f"{point}=crash")
    try:
        with pytest.raises(failpoints.Crash):
            found.live(10 * MINUTE)
    finally:
        failpoints.arm("")
    found.start()
    found.live(10 * MINUTE)
    (request,) = found.asked()
    assert (request.state, request.outcome) == (RequestState.ENDED, "succeeded")
    assert {*found.begun} == {request.request.run}
    assert world.plan().steps == ()
    assert Counter(world.built) == {"a": 1, "b": 1}
