"""A stage for automation: a project in memory, its runs as anybody would model them, a clock.

What is stale is said by the real plan; a run only marks what it builds, with a content that is
drawn from what it reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count

from tests.unit.facts import COLUMNS, ENVIRONMENT, PROJECT, asset, source, target

from freshline.code import Code
from freshline.codec import digest
from freshline.definitions import Probe, ProbeKind, ProjectDefinition
from freshline.events import CheckResult
from freshline.lineage.canonical import rules_of
from freshline.lineage.graph import Asset, Check, Graph, Source, in_order
from freshline.operate.deciding import evaluate
from freshline.operate.scene import Evaluated, Gate, Scene, Seen
from freshline.operate.selecting import selecting
from freshline.ports import Condition, Inspection
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import config, source_version
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Action, Plan, Wish
from freshline.refresh import (
    Cron,
    Freshness,
    Manual,
    Refresh,
    ScheduleDefinition,
    SensorDefinition,
    Trigger,
)
from freshline.state import Failure, Observation, Pause, State, TargetState
from freshline.ticks import Decided, Halt, Request, Requested, RequestState
from freshline.versions import WHOLE, Build, Output, PublishKind, Read, Trace, Version

START = 1_773_050_100.0  # 2026-03-09, a Monday, at 09:55 UTC


@dataclass(slots=True)
class Plot:
    """One asset as its author has it."""

    reads: tuple[str, ...] = ()
    refresh: Refresh = field(default_factory=Refresh)
    triggers: tuple[Trigger, ...] = ()
    freshness: Freshness | None = None
    text: str = "1"
    checks: tuple[Check, ...] = ()
    code: Code | None = None
    content: str | None = None  # what it holds whatever it reads, where that is said

    @property
    def said(self) -> tuple[object, ...]:
        """What its author says."""
        return (
            self.reads,
            self.refresh,
            self.triggers,
            self.freshness,
            self.text,
            self.checks,
            self.code,
        )


@dataclass(slots=True)
class Stage:
    """A project, what is known of it, and what automation keeps of it."""

    plots: dict[str, Plot]
    now: float = START
    builds: dict[str, Build] = field(default_factory=dict[str, Build])
    failures: dict[str, Failure] = field(default_factory=dict[str, Failure])
    results: dict[str, tuple[CheckResult, ...]] = field(
        default_factory=dict[str, tuple[CheckResult, ...]]
    )
    versions: dict[str, str] = field(default_factory=dict[str, str])
    observed: dict[str, Observation] = field(default_factory=dict[str, Observation])
    pauses: dict[str, Pause] = field(default_factory=dict[str, Pause])
    memories: dict[str, str] = field(default_factory=dict[str, str])
    requests: list[Requested] = field(default_factory=list[Requested])
    kept: list[Decided] = field(default_factory=list[Decided])
    source_freshness: dict[str, Freshness] = field(default_factory=dict[str, Freshness])
    probes: dict[str, Probe] = field(default_factory=dict[str, Probe])
    source_checks: dict[str, tuple[Check, ...]] = field(
        default_factory=dict[str, tuple[Check, ...]]
    )
    halts: tuple[Halt, ...] = ()
    schedules: tuple[ScheduleDefinition, ...] = ()
    sensors: tuple[SensorDefinition, ...] = ()
    seen: Seen = field(default_factory=Seen)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    built: list[str] = field(default_factory=list[str])
    _compiled: tuple[object, Graph] | None = None

    # ---- looking

    def graph(self) -> Graph:
        """Return the project compiled; the same one as long as nothing of it is edited."""
        sources = {**self.source_freshness}, {**self.source_checks}, {**self.probes}
        plots = [(key, plot.said) for key, plot in self.plots.items()]
        said = (self.schedules, self.sensors, sources, plots)
        if self._compiled is None or self._compiled[0] != said:
            self._compiled = (said, self._compile())
        return self._compiled[1]

    def _compile(self) -> Graph:
        reads = {key: plot.reads for key, plot in self.plots.items()}
        return Graph(
            project=self.project,
            assets={key: self._asset(key) for key in in_order(reads)},
            sources={key: self._source(key) for key in self.sources()},
            schedules=self.schedules,
            sensors=self.sensors,
        )

    @property
    def project(self) -> ProjectDefinition:
        return PROJECT

    def sources(self) -> tuple[str, ...]:
        """Return what is read and is no asset."""
        read = {key for plot in self.plots.values() for key in plot.reads}
        return tuple(sorted(read - self.plots.keys()))

    def facts(self) -> Facts:
        """Return what one look sees."""
        keys = {*self.builds, *self.failures, *self.observed, *self.results}
        known = {
            target(key): TargetState(
                target=target(key),
                build=self.builds.get(key),
                failure=self.failures.get(key),
                observation=self.observed.get(key),
                checks=self.results.get(key, ()),
            )
            for key in keys
        }
        sources = {key: self._look_at(key) for key in self.sources()}
        return Facts(
            graph=self.graph(),
            state=State(targets=known),
            project=self.project.name,
            environment=ENVIRONMENT,
            builds={key: b for key, b in self.builds.items() if key in self.plots},
            inspections={key: Inspection(Condition.INTACT) for key in self.builds},
            sources=sources,
            pauses=dict(self.pauses),
            now=self.now,
        )

    def scene(self) -> Scene:
        """Return all that an evaluation may ask."""
        facts = self.facts()
        return Scene(
            plan=make_plan(facts, Wish()),
            facts=facts,
            memories=dict(self.memories),
            requests=tuple(self.requests),
            halts=self.halts,
            seen=self.seen,
        )

    def plan(self) -> Plan:
        return make_plan(self.facts(), Wish())

    # ---- deciding

    def evaluate(self) -> Evaluated:
        """Decide, and keep nothing."""
        return evaluate(self.scene(), lambda: f"r{next(self.numbers)}")

    def tick(self) -> tuple[str, ...]:
        """Decide, keep it, and return the assets of runs that were asked for."""
        return tuple(
            name
            for decided in self.keep(self.evaluate().decided)
            for request in decided.requests
            for name in (request.assets or (request.selection,))
        )

    def keep(self, decided: Sequence[Decided]) -> tuple[Decided, ...]:
        """Keep decisions as whoever keeps them does: none whose tick is there already."""
        there = {(d.tick.mover, d.tick.name, d.tick.key) for d in self.kept}
        found: list[Decided] = []
        for each in decided:
            name = (each.tick.mover, each.tick.name, each.tick.key)
            if name in there:
                continue
            there.add(name)
            found.append(each)
            for memory, text in each.memories.items():
                if text is None:
                    self.memories.pop(memory, None)
                else:
                    self.memories[memory] = text
            self.requests += [Requested(request=request) for request in each.requests]
        self.kept += found
        return tuple(found)

    def why(self, key: str) -> str:
        return self.evaluate().decisions[key].why

    # ---- running

    def launch(self) -> None:
        """Begin every queued run."""
        self.requests = [
            replace(each, state=RequestState.LAUNCHED, launched=self.now)
            if each.state is RequestState.QUEUED
            else each
            for each in self.requests
        ]

    def run(self, failing: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """Carry out every request that there is; return what was built, in order."""
        before = len(self.built)
        for each in self.requests:
            self.carry_out(each.request, failing or {})
        self.requests = []
        return tuple(self.built[before:])

    def go(self) -> tuple[str, ...]:
        """Tick and run; return what was built."""
        self.tick()
        return self.run()

    def carry_out(self, request: Request, failing: Mapping[str, str]) -> None:
        """Do what one run does; `failing` are assets with the codes that they fail with."""
        selected = frozenset(request.assets)
        if not request.only:
            selected = selecting(self.graph()).chosen(request.selection).keys
        facts = self.facts()
        plan = make_plan(facts, Wish(selected=selected, only=request.only))
        self.observed |= facts.sources
        left: set[str] = set()
        for step in plan.steps:
            key = step.asset
            if key not in self.plots or step.action is Action.DROP:
                continue
            if any(n in left - facts.graph.can_do_without(key) for n in step.after):
                left.add(key)
            elif key in failing:
                left.add(key)
                self.fail(key, request.run, failing[key])
            elif step.action is not Action.CHECK:
                self.settle(key)

    def build(self, key: str, content: str | None = None) -> None:
        """Build an asset as a person would, from what its inputs are now."""
        if content is not None:
            self.plots[key].content = content
        compiled = self.graph().assets[key]
        reads = tuple(self._read(upstream) for upstream in self._there(compiled))
        number = self.builds[key].version.number + 1 if key in self.builds else 1
        name = f"{key}#{number}"
        plot = self.plots[key]
        drawn = digest(compiled.code_version, *(read.data_version for read in reads))
        version = Version(
            target=target(key),
            number=number,
            publish_id=name,
            mat_id=name,
            fence=number,
            kind=PublishKind.BUILD,
            at=self.now,
            rows=1,
            columns=COLUMNS,
            files=(),
        )
        trace = Trace(
            code_version=compiled.code_version,
            canonicaliser=rules_of(plot.code),
            config=config(compiled.definition, self.project),
            inputs=reads,
            outputs=(Output(WHOLE, plot.content if plot.content is not None else drawn),),
            engine="none",
        )
        self.builds[key] = Build(version=version, trace=trace)
        self.failures.pop(key, None)
        self.built.append(key)

    def fail(self, key: str, run: str, code: str = "F300") -> None:
        self.failures[key] = Failure(run=run, at=self.now, code=code, message="division by zero")

    def arrive(self, key: str, version: str) -> None:
        """Give a source another content."""
        self.versions[key] = version

    def build_all(self) -> "Stage":
        """Build everything once, as a person would; return the stage."""
        for key in self.graph().assets:
            self.build(key)
        facts = self.facts()
        self.observed |= facts.sources
        self.built.clear()
        return self

    def settle(self, key: str) -> None:
        """Build, unless what is there was made from just that: then say that it still holds."""
        build = self.builds.get(key)
        compiled = self.graph().assets[key]
        reads = tuple(self._read(upstream) for upstream in self._there(compiled))
        same = build is not None and build.trace.code_version == compiled.code_version
        if build is not None and same and (compiled.code is None or compiled.code.pure):
            before = {read.asset: read.data_version for read in build.trace.inputs}
            if before == {read.asset: read.data_version for read in reads}:
                self.builds[key] = replace(build, trace=replace(build.trace, inputs=reads))
                self.failures.pop(key, None)
                return
        self.build(key)

    def _there(self, compiled: Asset) -> tuple[str, ...]:
        """Return what an asset reads, but for what it can do without and is not there."""
        optional = {trigger.key for trigger in compiled.definition.triggers if trigger.optional}
        return tuple(u for u in compiled.upstreams if u not in optional - self.builds.keys())

    def _read(self, key: str) -> Read:
        if key in self.plots:
            build = self.builds[key]
            return Read(key, build.version.mat_id, build.trace.data_version)
        version = source_version(source(key), self._look_at(key))
        return Read(key, version, version)

    def _look_at(self, key: str) -> Observation:
        version = self.versions.get(key, "v1")
        if key in self.probes and self.probes[key].kind is ProbeKind.ALWAYS:
            version = f"{version} at {self.now!r}"
        return Observation(version=version, signature={}, at=self.now)

    def _source(self, key: str) -> Source:
        found = source(key)
        freshness, probe = self.source_freshness.get(key), self.probes.get(key, Probe())
        definition = replace(found.definition, freshness=freshness, probe=probe)
        return replace(found, definition=definition, checks=self.source_checks.get(key, ()))

    def _asset(self, key: str) -> Asset:
        plot = self.plots[key]
        made = _asset_of(key, f"select {plot.text} as x", plot.reads)
        definition = replace(
            made.definition,
            refresh=plot.refresh,
            triggers=plot.triggers,
            freshness=plot.freshness,
            code=plot.code,
        )
        return replace(made, definition=definition, checks=plot.checks)


_asset_of = cache(asset)


def stage(reads: Mapping[str, Sequence[str]], **refresh: Refresh) -> Stage:
    """Return a stage of assets with what they read; how they are refreshed stands by last names."""
    return Stage(
        plots={
            key: Plot(reads=tuple(found), refresh=refresh.get(key, Refresh()))
            for key, found in reads.items()
        }
    )


AS_INPUTS = Refresh()
MANUAL = Refresh(rule=Manual())
AT_FULL_HOURS = Refresh(rule=Cron(expression="0 * * * *"))
HOURLY = Refresh(rule=Cron(expression="0 * * * *", updated=True))
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def pair(refresh: Refresh = AS_INPUTS) -> Stage:
    """Return a, which people build, and b, which reads it."""
    return stage({"a": (), "b": ("a",)}, a=MANUAL, b=refresh).build_all()


def gate(world: Stage, key: str) -> Gate | None:
    """Return which gate keeps an asset from being built now."""
    return world.evaluate().decisions[key].gate
