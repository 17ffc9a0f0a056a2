"""A small world with a daemon: days in a moment, with crashes, lost runs and clocks that jump.

One seed gives one history. The plan is the real one, and so is everything that decides; runs are
modelled: what they build holds a content that is drawn from what they read.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tests.unit.scenes import Plot, Stage

from freshline.errors import Span
from freshline.lineage.graph import Asset
from freshline.operate.deciding import evaluate
from freshline.operate.ground import Ground
from freshline.operate.scene import Evaluated, FileSeen, Gate, Scene, Seen
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Step, Wish
from freshline.refresh import (
    AnyOf,
    AssetArrived,
    CatchUp,
    Counts,
    Cron,
    Every,
    FilesArrived,
    Hours,
    Manual,
    Materialize,
    MaxLag,
    Rate,
    Refresh,
    Rule,
    ScheduleDefinition,
    SensorDefinition,
    Trigger,
    Upstream,
    Wake,
    WhenNeeded,
)
from freshline.state import Pause
from freshline.ticks import Mover, Request, RequestState

PLACE = Span(file="freshline.yaml", line=1, column=1)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
CODES = ("F300", "F340", "F402", "F320")


@dataclass(slots=True)
class Troubles:
    """How often what goes wrong in one history: drawn once, so that each has its own."""

    deaf: float  # a wake-up is lost
    crash: float  # the daemon dies, before or after it keeps what it decided
    usurped: float  # somebody else led since it looked
    lost: float  # a process is never begun, or dies on the way
    hangs: float
    fails: float
    clock: float  # the clock jumps

    @classmethod
    def of(cls, chance: random.Random) -> "Troubles":
        def some(most: float) -> float:
            return chance.choice((0.0, most / 4, most))

        return cls(some(0.8), some(0.3), some(0.3), some(0.4), some(0.2), some(0.3), some(0.1))


NONE = Troubles(0, 0, 0, 0, 0, 0, 0)


@dataclass(slots=True)
class Run:
    """A run under way: the steps that are left of its plan."""

    request: Request
    steps: list[Step]
    left_out: set[str] = field(default_factory=set[str])
    hangs: bool = False


@dataclass(slots=True)
class History:
    """A stage, the troubles that befall it, and a record of all that was decided."""

    seed: int
    chance: random.Random
    stage: Stage
    troubles: Troubles
    running: dict[str, Run] = field(default_factory=dict[str, Run])
    known: dict[str, Asset] = field(default_factory=dict[str, Asset])
    asked: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    old: Scene | None = None
    pulled: int = 0
    met: set[Gate | None] = field(default_factory=set[Gate | None])
    events: list[str] = field(default_factory=list[str])

    @classmethod
    def of(cls, seed: int) -> "History":
        """Return a world of three to seven assets under random rules, nothing of it built."""
        chance = random.Random(seed)
        keys = [f"a{i}" for i in range(chance.randint(3, 7))]
        plots: dict[str, Plot] = {}
        for number, key in enumerate(keys):
            over = [*keys[:number], "s0", "s1"]
            reads = tuple(sorted(chance.sample(over, min(len(over), chance.randint(1, 3)))))
            plots[key] = Plot(reads=reads, refresh=_refresh(chance, reads), text="1")
            if chance.random() < 0.15:
                plots[key].triggers = (Trigger(key=reads[0], trigger=False),)
            elif reads[0] in plots and chance.random() < 0.3:
                plots[key].triggers = (Trigger(key=reads[0], optional=True),)
        stage = Stage(plots=plots)
        stage.schedules = _schedules(chance, keys)
        stage.sensors = _sensors(chance, keys)
        return cls(seed, chance, stage, Troubles.of(chance))

    # ---- one step

    def live(self, steps: int) -> None:
        """Let so many things happen."""
        for _ in range(steps):
            self.something()
            self.progress()
            if self.chance.random() >= self.troubles.deaf:
                self.look()
            self.check()

    def something(self) -> None:
        """Let time pass, and perhaps let somebody do something."""
        stage, chance = self.stage, self.chance
        if chance.random() < self.troubles.clock:
            stage.now += chance.choice((-2 * HOUR, -40.0, 3 * DAY, 20 * MINUTE))
        else:
            stage.now += chance.choice((0.5, 20.0, MINUTE, 10 * MINUTE, HOUR))
        keys = list(stage.plots)
        match chance.randint(0, 11):
            case 0 | 1 | 2:
                stage.arrive(chance.choice(("s0", "s1")), f"v{chance.randint(1, 4)}")
            case 3:
                stage.plots[chance.choice(keys)].text = str(chance.randint(1, 9))
            case 4:
                self.apply_by_hand(chance.choice(keys))
            case 5:
                key = chance.choice(keys)
                if stage.pauses.pop(key, None) is None:
                    stage.pauses[key] = Pause(actor="ada", reason="", at=stage.now)
            case 6:
                file = FileSeen(
                    path=f"in/{chance.randint(1, 3)}.csv",
                    stamp=str(chance.randint(1, 3)),
                    changed=stage.now,
                )
                stage.seen = Seen(files={"in/*": (file,)})
            case _:
                pass

    def apply_by_hand(self, key: str) -> None:
        """Build one asset as a person would, where what it reads is there."""
        reads = self.stage.plots[key].reads
        there = {*self.stage.builds, "s0", "s1", *self.without(key)}
        if there >= {*reads}:
            self.stage.observed |= self.stage.facts().sources
            self.stage.build(key)

    # ---- the daemon

    def look(self) -> None:
        """Look, decide, keep and launch; the daemon may die between any two of these."""
        scene = self.scene()
        usurped = self.chance.random() < self.troubles.usurped
        if usurped and self.old is not None:
            scene = self.old  # one that was looked at before somebody else led
        found = self.decide(scene)
        self.old = scene
        if self.chance.random() < self.troubles.crash:
            return  # before it is kept
        if usurped and self.chance.random() < 0.7:
            return  # fenced: nothing is kept
        self.keep(scene, found)
        if self.chance.random() < self.troubles.crash:
            return  # kept, and launched by the next one
        self.launch()

    def decide(self, scene: Scene) -> Evaluated:
        number = len(self.stage.kept)
        ids = (f"r{self.seed}.{number}.{i}.{self.chance.randint(0, 10**9)}" for i in range(100))
        found = evaluate(scene, lambda: next(ids))
        self.met |= {decision.gate for decision in found.decisions.values()}
        return found

    def keep(self, scene: Scene, found: Evaluated) -> None:
        """Keep what was decided, and hold it against what may never happen."""
        current = scene.memories == self.stage.memories
        if not current:
            # Whoever decided on an old look and leads still has had his reply lost: the same
            # decision again, and nothing else, may come of it.
            before = {(d.tick.mover, d.tick.name, d.tick.key) for d in self.stage.kept}
            again = [d for d in found.decided if (d.tick.mover, d.tick.name, d.tick.key) in before]
            assert self.stage.keep(again) == ()
            return
        busy = Ground(scene).running.keys()
        kept = self.stage.keep(found.decided)
        for decided in kept:
            for request in decided.requests:
                self.events.append(f"{decided.tick.mover} {request.assets} {request.selection}")
                if decided.tick.mover is Mover.RECONCILER:
                    self.hold(scene, found, request, frozenset(busy))

    def hold(self, scene: Scene, found: Evaluated, request: Request, busy: frozenset[str]) -> None:
        """Hold a request of the reconciler against what it may never ask for."""
        about = f"seed {self.seed}: {request.assets}"
        assert request.assets and not busy & {*request.assets}, f"{about} overlaps a run"
        ground = Ground(scene)
        for key in request.assets:
            plot = self.stage.plots[key]
            assert key not in scene.facts.pauses, f"{about}: {key} is paused"
            assert not isinstance(plot.refresh.rule, Manual), f"{about}: {key} is for people"
            self._hold_needed(found, request, key)
            attempt, (before, count) = ground.attempt(key), self.asked.get(key, ("", 0))
            self.asked[key] = (attempt, count + 1 if before == attempt else 1)
            # Once and three times again; and once more for each time that a source went and came
            # back meanwhile, when nobody knows what it was that failed.
            assert self.asked[key][1] <= 6, f"{about}: {key} was asked for too often"

    def _hold_needed(self, found: Evaluated, request: Request, key: str) -> None:
        """Hold one asset of a request against being built for nobody, or after who needs it."""
        about, plots = f"seed {self.seed}: {request.assets}", self.stage.plots
        if isinstance(plots[key].refresh.rule, WhenNeeded):
            readers = [name for name in request.assets if key in plots[name].reads]
            assert readers, f"{about}: nobody needs {key}"
            self.pulled += 1
        for read in plots[key].reads:
            if read in plots and isinstance(plots[read].refresh.rule, WhenNeeded):
                waits = found.decisions[read].gate is Gate.RULE
                assert not waits, f"{about}: {read} waits for nobody"

    def launch(self) -> None:
        """Begin queued runs that share nothing with one under way; some are lost at once."""
        stage = self.stage
        for index, each in enumerate(stage.requests):
            facts = stage.facts()
            request = each.request
            busy = {step.asset for run in self.running.values() for step in run.steps}
            if each.state is not RequestState.QUEUED:
                continue
            wish = Wish(selected=frozenset(self._wanted(request)), only=request.only)
            steps = [s for s in make_plan(facts, wish).steps if s.asset in stage.plots]
            if busy & {step.asset for step in steps}:
                continue
            stage.requests[index] = replace(each, state=RequestState.LAUNCHED, launched=stage.now)
            if self.chance.random() < self.troubles.lost:
                continue  # nobody ever hears of its process
            hangs = self.chance.random() < self.troubles.hangs
            stage.observed |= facts.sources
            self.running[request.run] = Run(request=request, steps=steps, hangs=hangs)

    def _wanted(self, request: Request) -> tuple[str, ...]:
        if request.only:
            return request.assets
        return tuple(key for key in self.stage.plots if key == request.selection)

    # ---- runs

    def progress(self) -> None:
        """Let each run do a step or two; monitor those that ended without a word."""
        live = {each.request.run for each in self.stage.requests}
        for run in [*self.running.values()]:
            if run.request.run not in live:
                del self.running[run.request.run]
            elif not run.hangs or self.chance.random() < 0.2:
                self._advance(run)
        lost = {
            each.request.run
            for each in self.stage.requests
            if each.state is RequestState.LAUNCHED and each.request.run not in self.running
        }
        if self.chance.random() < 0.7:
            self._end(lost)

    def _advance(self, run: Run) -> None:
        for _ in range(self.chance.randint(1, 4)):
            if not run.steps:
                self._end({run.request.run})
                return
            if self.chance.random() < self.troubles.lost / 8:
                del self.running[run.request.run]  # its process died
                return
            step = run.steps.pop(0)
            key = step.asset
            missing = any(
                read not in self.stage.builds
                for read in self.stage.plots[key].reads
                if read in self.stage.plots and read not in self.without(key)
            )
            if missing or any(n in run.left_out - self.without(key) for n in step.after):
                run.left_out.add(key)
            elif self.chance.random() < self.troubles.fails:
                run.left_out.add(key)
                self.stage.fail(key, run.request.run, self.chance.choice(CODES))
            elif key not in self.stage.pauses:
                self.stage.settle(key)

    def without(self, key: str) -> frozenset[str]:
        """Return what an asset can do without."""
        return self.stage.graph().can_do_without(key)

    def _end(self, runs: set[str]) -> None:
        for run in runs:
            self.running.pop(run, None)
        self.stage.requests = [r for r in self.stage.requests if r.request.run not in runs]

    # ---- what holds

    def scene(self) -> Scene:
        """Return what one look sees."""
        return self.stage.scene()

    def check(self) -> None:
        """Check what holds at every moment."""
        about = f"seed {self.seed}"
        kept = self.stage.kept
        keys = [(d.tick.mover, d.tick.name, d.tick.key) for d in kept]
        assert len(keys) == len(set(keys)), f"{about}: a tick was kept twice"
        runs = [request.run for d in kept for request in d.requests]
        assert len(runs) == len(set(runs)), f"{about}: a run has two ticks"
        live = [each.request.run for each in self.stage.requests]
        assert set(live) <= set(runs) and len(live) == len(set(live)), about

    def quiet(self) -> None:
        """End all troubles, mend what failed, and let days pass with looks where they are asked."""
        self.troubles = NONE
        stage = self.stage
        stage.pauses.clear()
        self.mend(stage.failures)
        for run in self.running.values():
            run.hangs = False
        until = stage.now + 1.2 * DAY
        while True:
            before = len(stage.kept)
            self.progress()
            self.look()
            idle = len(stage.kept) == before and not stage.requests
            if idle and (given_up := self.given_up()):
                self.mend(given_up)
                continue
            if idle and (stage.now > until or not self.left()):
                break
            if len(stage.kept) > before and not stage.requests:
                continue
            # Between runs it is looked at just after each full hour, when rules may open.
            stage.now += 1.0 if stage.requests else HOUR - stage.now % HOUR + 1
            assert stage.now < until + DAY, f"seed {self.seed}: it never comes to rest"
        self.check()
        self.liveness()

    def mend(self, keys: Iterable[str]) -> None:
        """Write some assets anew."""
        for key in keys:
            self.stage.plots[key].text = f"mended {self.stage.now!r}"

    def given_up(self) -> list[str]:
        """Return what is not tried any more until something changes."""
        decisions = self.decide(self.scene()).decisions
        return [key for key, found in decisions.items() if found.gate is Gate.FAILED]

    def liveness(self) -> None:
        """What is stale now is so because of what people said, and nothing more is asked for."""
        about = f"seed {self.seed}"
        found = self.decide(self.scene())
        assert self.stage.requests == [], f"{about}: runs are left"
        assert not [d for d in found.decided if d.requests], f"{about}: more is asked for"
        assert found.decided == (), f"{about}: something is remembered again and again"
        assert self.left() == [], f"{about}: {self.left()} left"

    def left(self) -> list[str]:
        """Return what is stale though nothing that people said keeps it so."""
        found = self.decide(self.scene())
        unhealthy: set[str] = set()
        left: list[str] = []
        for key, decision in found.decisions.items():
            plot = self.stage.plots[key]
            above = any(read in unhealthy for read in plot.reads)
            deaf = any(not trigger.trigger for trigger in plot.triggers)
            if above or isinstance(plot.refresh.rule, Manual | Wake) or deaf:
                unhealthy.add(key)
            elif isinstance(plot.refresh.rule, WhenNeeded) and decision.gate is Gate.RULE:
                unhealthy.add(key)
            elif decision.gate is not Gate.FRESH:
                left.append(f"{key}: {decision.why}")
        return left


def _refresh(chance: random.Random, reads: tuple[str, ...]) -> Refresh:
    rules: tuple[Rule, ...] = (
        Upstream(),
        Upstream(),
        Upstream(),
        Manual(),
        WhenNeeded(),
        WhenNeeded(),
        AnyOf(rules=(WhenNeeded(), Cron(expression="45 */4 * * *"))),
        Cron(expression=chance.choice(("0 * * * *", "30 6 * * *", "*/20 * * * *"))),
        Cron(expression="0 * * * *", updated=True, timezone="Europe/Berlin"),
        Cron(expression="0 */6 * * *", catch_up=CatchUp.NONE),
        Every(seconds=HOUR),
        MaxLag(seconds=20 * MINUTE),
        Wake(key=reads[0]),
    )
    return Refresh(
        rule=chance.choice(rules),
        cooldown=chance.choice((0.0, 0.0, 5 * MINUTE)),
        hours=chance.choice((None, None, None, Hours(begin=360, end=1200))),
        rate=chance.choice((None, None, None, Rate(most=2, seconds=HOUR))),
    )


def _schedules(chance: random.Random, keys: list[str]) -> tuple[ScheduleDefinition, ...]:
    if chance.random() < 0.5:
        return ()
    cron = Cron(expression="15 */3 * * *", catch_up=chance.choice(list(CatchUp)))
    selection = chance.choice(keys)
    return (
        ScheduleDefinition(name="s", cron=cron, selection=selection, file=PLACE.file, span=PLACE),
    )


def _sensors(chance: random.Random, keys: list[str]) -> tuple[SensorDefinition, ...]:
    if chance.random() < 0.5:
        return ()
    asset = AssetArrived(key=chance.choice(keys), settle=chance.choice((0.0, 30.0)))
    return (
        SensorDefinition(
            name="n",
            conditions=(asset, FilesArrived(path="in/*", settle=10)),
            acts=(Materialize(selection=chance.choice(keys)),),
            counts=chance.choice((Counts.ANY, Counts.ALL)),
            file=PLACE.file,
            span=PLACE,
        ),
    )
