"""The daemon of one environment: it looks when something moved, decides, and has runs carried out.

1. It wakes when the catalog or a file moved, when a run ended, when the moment is there that the
   last evaluation named, and every `RESYNC` seconds whatever happened. A wake-up that is lost
   costs time, never an update: each look sees everything.
2. One look: the plan of everything, and what sensors wait for. One evaluation of it. What that
   decided is kept in one transaction. Then processes are begun for what is queued.
3. Between two looks lies at least as long as one takes: who works meanwhile shall have the machine.
4. What cannot be done now (a full disk, a catalog that is locked) is tried again a little later.
   Who does not lead any more stops at once, and touches nothing.
"""

from collections.abc import Mapping
from dataclasses import replace

from freshline.counted import counted
from freshline.errors import FencedError, FreshlineError
from freshline.events import (
    AssetDefined,
    AttemptFailed,
    AttemptStarted,
    Event,
    Materialized,
    RunCancelRequested,
    RunFinished,
    RunRequested,
    RunStarted,
    SourceObserved,
)
from freshline.failpoints import failpoint
from freshline.lineage.graph import Graph
from freshline.operate.carried import Carried
from freshline.operate.definitions import told
from freshline.operate.queue import within_bound
from freshline.operate.scene import Scene
from freshline.operate.world import Defined, World
from freshline.ports import Lease
from freshline.reconcile.facts import Facts
from freshline.refresh import Manual, Never, RunEnded
from freshline.ticks import (
    Decided,
    Halt,
    Mover,
    Request,
    Requested,
    RequestState,
)

RESYNC = 30.0
_AFTER_TROUBLE = 5.0
_LIVING = 0.5  # seconds between two looks whether runs that others began are alive
_TIDY = 3600.0
SEEN = "seen"  # the memory of how far events were read
_KEEP = 30 * 86400.0
_SILENT = (
    RunRequested,
    RunStarted,
    RunCancelRequested,
    AssetDefined,
    AttemptStarted,
    SourceObserved,
)

_TOLD = (RunStarted, RunFinished, Materialized, AttemptFailed)


class Daemon:
    """Keeps one environment fresh, for as long as it leads: `pass_by` again and again."""

    def __init__(self, world: World, leader: Lease) -> None:
        self._world, self._leader = world, leader
        self._carried = Carried(world, leader)
        self._under_way: dict[str, RunStarted] = {}
        self._pulse: int | None = None
        self._sequence = 0
        self._happened: list[Event] = []
        self._halts: tuple[Halt, ...] = ()
        self._arrived = 0
        self._is_due = True
        self._again: float | None = None
        self._looked, self._rest_until, self._alive, self._tidied = 0.0, 0.0, 0.0, 0.0
        self._told = ""
        self._follows: bool | None = None
        self._begun_before()

    def pass_by(self) -> bool:
        """Do what is due now; say whether it was looked. FencedError when somebody else leads."""
        try:
            return self._pass()
        except FencedError:
            raise
        except FreshlineError as error:
            self._world.say(f"automation: {error.message}")
            self._is_due, self._pulse = True, None
            self._rest_until = self._world.clock.now() + _AFTER_TROUBLE
            return False

    def patience(self) -> float:
        """Return the seconds until something is due by itself, where nothing stirs before."""
        now = self._world.clock.now()
        looks = self._looked + RESYNC
        if self._again is not None:
            looks = min(looks, self._again)
        if self._is_due and self._world.definitions.now is not None:
            looks = now
        due = max(looks, self._rest_until) - now
        if self._under_way:
            due = min(due, _LIVING)
        return max(0.0, min(due, self._world.definitions.patience()))

    def wake(self) -> None:
        """Look at the next pass, whatever happened."""
        self._is_due, self._rest_until = True, 0.0

    def close(self) -> None:
        """Let go of who waits. Runs go on."""
        self._world.definitions.close()
        self._world.processes.close()
        self._world.let_go()
        if self._world.telling is not None:
            self._world.telling.close()

    def _pass(self) -> bool:
        world = self._world
        self._is_due |= self._carried.settle() | world.definitions.look() | world.stirs()
        if (pulse := world.pulse()) != self._pulse:
            self._pulse = pulse
            self._is_due |= self._news()
            if world.telling is not None:
                world.telling.moved()
        now = world.clock.now()
        self._is_due |= self._somebody_died(now)
        defined = world.definitions.now
        looks = defined is not None and self._is_time(now)
        if looks and defined is not None:
            self._look(defined, now)
        at_once = defined.graph.project.runs if defined is not None else 0
        self._carried.begin(at_once)
        if world.telling is not None and defined is not None:
            world.telling.deliver_due(defined.graph.project, now)
        self._tidy(now)
        return looks

    def _is_time(self, now: float) -> bool:
        """Say whether there is a reason to look, and the last look is long enough over."""
        since = now - self._looked
        if since < -1.0:  # the clock was set back: what was said of later moments means nothing
            return True
        passed = self._again is not None and now >= self._again
        return (self._is_due or passed or since >= RESYNC) and now >= self._rest_until

    def _look(self, defined: Defined, now: float) -> None:
        """Look, decide, keep; what happens meanwhile is for the next look."""
        world = self._world
        self._is_due, self._again, self._looked = False, None, now
        failpoint("tick.before_eval")
        news = told(world.scope, defined, self._memories(), now)
        self._keep(news)
        for each in news:
            world.say(f"automation: {each.tick.why}")
        if defined.graph.project.strict and (defined.is_old or defined.graph.failed):
            return  # nothing runs while anything is broken
        plan, facts = world.look(defined.graph)
        memories = self._memories()
        happened, self._happened = self._since_last(defined.graph, memories), []
        scene = Scene(
            plan=plan,
            facts=facts,
            memories=memories,
            requests=(*self._carried.requests, *self._of_others()),
            halts=self._halts,
            seen=world.seen(defined.graph, memories, happened),
        )
        evaluated = world.evaluate(scene, world.new_id)
        failpoint("tick.after_eval")
        self._keep(self._marked(tuple(e for e in evaluated.decided if self._has_room(e))))
        if world.telling is not None:
            world.telling.looked(self._leader, scene, evaluated, defined.graph)
        self._again = evaluated.again
        self._see_to_the_dead(facts)
        self._tell(defined.graph)
        end = world.clock.now()
        self._rest_until = end + max(end - now, 0.0)

    def _memories(self) -> dict[str, str]:
        return dict(self._world.automation.memories(*self._world.scope))

    def _keep(self, decided: tuple[Decided, ...]) -> None:
        if decided:
            self._world.automation.decide(self._leader, decided)
            self._carried.moved()

    def _since_last(self, graph: Graph, memories: Mapping[str, str]) -> tuple[Event, ...]:
        """Return what happened since the last look; at the first one, while nobody was there too.

        Whoever waits for runs knows which it has seen: what is told twice counts once.
        """
        was, self._follows = self._follows, _follows_runs(graph)
        if was is not None or not self._follows or SEEN not in memories:
            return tuple(self._happened)
        missed: list[Event] = []
        after = int(memories[SEEN])
        while found := self._world.events.events(after=after):
            after = found[-1].sequence
            missed += (r.event for r in found if isinstance(r.event, _TOLD))
        return tuple(missed)

    def _marked(self, decided: tuple[Decided, ...]) -> tuple[Decided, ...]:
        """Return decisions that also say how far events were read, where anybody waits for runs."""
        if not decided or not self._follows:
            return decided
        memories = {**decided[0].memories, SEEN: str(self._sequence)}
        return (replace(decided[0], memories=memories), *decided[1:])

    def _has_room(self, decided: Decided) -> bool:
        waiting = self._carried.requests
        return all(
            within_bound(waiting, request.mover, request.name, len(decided.requests))
            for request in decided.requests
        )

    # What others do

    def _begun_before(self) -> None:
        """Find the runs that were under way before this daemon was."""
        world = self._world
        self._sequence = max((r.sequence for r in world.events.latest(limit=1)), default=0)
        for recorded in world.events.runs(world.project, 20):
            event = recorded.event
            if isinstance(event, RunStarted) and event.environment == world.environment:
                self._under_way[event.run] = event

    def _news(self) -> bool:
        """Read what is new in the catalog; say whether it is a reason to look."""
        world, is_news = self._world, False
        self._carried.moved()
        while found := world.events.events(after=self._sequence):
            self._sequence = found[-1].sequence
            for event in (recorded.event for recorded in found):
                is_news |= not isinstance(event, _SILENT)
                self._notice(event)
        halts = world.automation.halts(*world.scope)
        is_news |= halts != self._halts
        self._halts = halts
        if arrivals := world.automation.arrivals(*world.scope, self._arrived):
            self._arrived, is_news = arrivals[-1].sequence, True
        return is_news

    def _notice(self, event: Event) -> None:
        if isinstance(event, Materialized) and self._is_taught(event):
            self._world.definitions.again()
        if isinstance(event, RunStarted) and event.environment == self._world.environment:
            self._under_way[event.run] = event
        elif isinstance(event, RunFinished):
            self._under_way.pop(event.run, None)
        if isinstance(event, _TOLD):
            self._happened.append(event)

    def _is_taught(self, event: Materialized) -> bool:
        """Say whether code came out with other columns than the graph knows."""
        defined, key = self._world.definitions.now, event.target.asset
        if defined is None or self._world.scope != event.target[:2]:
            return False
        asset = defined.graph.assets.get(key)
        if asset is None or asset.code is None:
            return False
        return asset.learns_columns or asset.columns != event.build.version.columns

    def _somebody_died(self, now: float) -> bool:
        """Forget runs whose processes are gone though they never said so; say whether any were."""
        if not self._under_way or 0 <= now - self._alive < _LIVING:
            return False
        self._alive = now
        gone = [run for run in self._under_way if not self._world.is_live(run)]
        for run in gone:
            del self._under_way[run]
        return bool(gone)

    def _of_others(self) -> tuple[Requested, ...]:
        """Return the runs that others have under way, as if they had been requested."""
        ours = {each.request.run for each in self._carried.requests}
        return tuple(
            Requested(request=_as_request(run), state=RequestState.LAUNCHED, launched=run.at)
            for run in self._under_way.values()
            if run.run not in ours
        )

    # The dead

    def _see_to_the_dead(self, facts: Facts) -> None:
        """Have attempts settled that belong to no living run: nobody else might for long."""
        alive = {each.request.run for each in self._carried.requests} | self._under_way.keys()
        attempts = (known.attempt for known in facts.state.targets.values())
        if any(attempt is not None and attempt.run not in alive for attempt in attempts):
            self._world.processes.recover()

    # What people read

    def _tell(self, graph: Graph) -> None:
        """Say how many assets are kept fresh: at first, and when that changes."""
        rules = [asset.definition.refresh.rule for asset in graph.assets.values()]
        asked = sum(isinstance(rule, Manual | Never) for rule in rules)
        words = f"keeps {counted(len(rules) - asked, 'asset')} fresh" + (
            f"; {asked} manual" if asked else ""
        )
        if words != self._told:
            self._told = words
            self._world.say(words)

    def _tidy(self, now: float) -> None:
        if not 0 <= now - self._tidied < _TIDY:
            self._tidied = now
            self._world.automation.forget(*self._world.scope, now - _KEEP)
            if self._world.telling is not None:
                self._world.telling.forget(self._world.project, now - _KEEP)


def _follows_runs(graph: Graph) -> bool:
    conditions = (each for sensor in graph.sensors for each in sensor.conditions)
    return any(isinstance(condition, RunEnded) for condition in conditions)


def _as_request(started: RunStarted) -> Request:
    return Request(
        run=started.run,
        project=started.project,
        environment=started.environment,
        at=started.at,
        mover=Mover.PERSON,
        name=started.actor,
        why=started.command,
        assets=started.assets,
        only=True,
    )
