"""A small world for simulations: assets that are one value, a log and a storage that survive.

One seed gives one history: edits, applies, crashes at failpoints, refusals of the disk. What must
hold whatever happens is checked after every apply that ended well.
"""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from freshline import failpoints
from freshline.codec import digest
from freshline.definitions import (
    AssetDefinition,
    CheckDefinition,
    CheckKind,
    CheckSeverity,
    Kind,
    ProjectDefinition,
    SqlText,
)
from freshline.errors import BusyError, Span
from freshline.execute.apply import Applied, Order, apply, succeeded
from freshline.execute.place import Place
from freshline.execute.runner import Patience
from freshline.lineage.canonical import code_version, marked
from freshline.lineage.graph import Asset, Check, Graph, in_order
from freshline.ports import Holder, Ports
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Plan, Wish
from freshline.testing.clock import CountedIds, VirtualClock
from freshline.testing.fake_compute import COLUMNS, FakeCompute
from freshline.testing.memory_log import Ledger, MemoryEventLog
from freshline_adapters.memory import Memory

CRASHES = (
    "claim.before",
    "claim.after_commit",
    "stage.open",
    "stage.after_write",
    "check.after",
    "seal.before",
    "seal.after",
    "publish.before",
    "publish.after_create",
    "publish.after",
    "record.before",
    "record.after_commit",
    "verify.before",
    "recover.before",
    "recover.after_adopt",
    "abort.before",
    "abort.after",
    "run.before_finish",
)
NARROW = "024"  # assets of these names share a pool with one place
REFUSALS = ("stage.open", "stage.after_write", "seal.before", "publish.before")


@dataclass(slots=True)
class World:
    """Everything that outlives a process, and the project as its author has it now."""

    seed: int
    chance: random.Random
    upstreams: Mapping[str, tuple[str, ...]]
    values: dict[str, int]
    checked: dict[str, str]
    ledger: Ledger = field(default_factory=Ledger)
    storage: Memory = field(default_factory=Memory)
    compute: FakeCompute = field(default_factory=FakeCompute)
    clock: VirtualClock = field(default_factory=VirtualClock)
    ids: CountedIds = field(default_factory=CountedIds)
    crashes: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def of(cls, seed: int) -> "World":
        """Return a world of four to seven assets, each reading up to three earlier ones."""
        chance = random.Random(seed)
        keys = [f"w.a{i}" for i in range(chance.randint(4, 7))]
        upstreams = {
            key: tuple(sorted(chance.sample(keys[:i], min(i, chance.randint(0, 3)))))
            for i, key in enumerate(keys)
        }
        values = {key: chance.randint(0, 7) for key in keys}
        checked = {key: "0123" for key in keys if chance.random() < 0.5}
        return cls(seed, chance, upstreams, values, checked)

    def edit(self) -> None:
        """Change the logic of an asset; every second change leaves its content as it was.

        Now and then a check is changed or added too.
        """
        key = self.chance.choice(list(self.values))
        same = self.values[key] ^ 1
        self.values[key] = same if self.chance.random() < 0.5 else self.chance.randint(0, 7)
        if self.chance.random() < 0.3:
            self.checked[self.chance.choice(list(self.values))] = self.chance.choice(("45", "0f"))

    def graph(self) -> Graph:
        """Return the project compiled."""
        order = in_order(self.upstreams)
        return Graph(
            project=ProjectDefinition(name="world", pools={"narrow": 1}),
            assets={key: self._asset(key) for key in order},
            sources={},
        )

    def wait(self, busy: BusyError) -> None:
        """Let time pass while somebody has the environment alone."""
        self.clock.until(self.clock.now() + 0.1)

    def apply(self, broken: frozenset[str] = frozenset()) -> Applied:
        """Run one process that applies everything; Crash where it dies on the way."""
        graph = self.graph()
        for key in broken:
            graph = _with_failure(graph, key)
        holder = Holder(
            name="apply:main", actor="ada", host="here", pid=1, since=0.0, purpose="apply"
        )
        patience = Patience(chance=lambda: 0.5)
        order = Order(
            wish=Wish(),
            holder=holder,
            command="apply",
            jobs=1,
            patience=patience,
            wait=self.wait,
        )
        place = Place(graph=graph, root=Path("/nowhere"), environment="main")
        log = MemoryEventLog(self.ledger)
        try:
            return apply(place, self.ports(log), order, lambda plan: None, lambda step: None)
        finally:
            log.close()

    def plan(self) -> Plan:
        """Look at the world without touching it."""
        log = MemoryEventLog(self.ledger)
        ports = self.ports(log)
        seen = look(self.graph(), Path("/nowhere"), "main", ports)
        plan, _ = plan_from(seen, ports, Wish())
        log.close()
        return plan

    def ports(self, log: MemoryEventLog) -> Ports:
        """Return the world as a process sees it."""
        return Ports(
            events=log,
            storages={"lake": self.storage},
            clock=self.clock,
            compute=self.compute,
            ids=self.ids,
        )

    def until_done(self) -> None:
        """Apply again and again, with whatever strikes, until one apply ends well."""
        for _ in range(20):
            failpoints.arm(self._trouble())
            try:
                if succeeded(self.apply()):
                    return
            except failpoints.Crash as crash:
                self.crashes[str(crash)] += 1
            finally:
                failpoints.arm("")
        assert succeeded(self.apply()), f"seed {self.seed}: an apply without trouble failed"

    def expected(self) -> dict[str, str]:
        """Return what building everything from nothing would give."""
        contents: dict[str, str] = {}
        for key in in_order(self.upstreams):
            inputs = [contents[upstream] for upstream in self.upstreams[key]]
            contents[key] = digest(str(self.values[key] // 2), *inputs)
        return contents

    def published(self) -> dict[str, str]:
        """Return what a reader sees."""
        found: dict[str, str] = {}
        for target in self.storage.targets():
            manifest = self.storage.current(target)
            assert manifest is not None
            found[target.asset] = self.compute.tables[manifest.version.files[0].path]
        return found

    def _trouble(self) -> str:
        if self.chance.random() < 0.4:
            return ""
        if self.chance.random() < 0.75:
            names, action = self.chance.sample(CRASHES, 3), "crash"
        else:
            names, action = self.chance.sample(REFUSALS, 1), "raise:ENOSPC"
        return ",".join(f"{name}={action}@{self.chance.choice((1, 1, 1, 2, 4))}" for name in names)

    def _asset(self, key: str) -> Asset:
        value, reads = self.values[key], self.upstreams[key]
        names = " ".join(marked(upstream) for upstream in reads)
        text = f"/* edit {value} */ value: {value // 2} {names}"
        made = _asset(key, text, reads, self._checks(key))
        pool = "narrow" if key[-1] in NARROW else None
        return replace(made, definition=replace(made.definition, pool=pool))

    def _checks(self, key: str) -> tuple[Check, ...]:
        """Return a check that warns of certain contents, of the asset and of the one before it."""
        digits = self.checked.get(key)
        if digits is None:
            return ()
        others = [other for other in sorted(self.values) if other < key][-1:]
        names = " ".join(marked(name) for name in (key, *others))
        definition = CheckDefinition(
            name="certain_contents",
            kind=CheckKind.SQL,
            span=Span(file=f"assets/{key}.sql", line=1, column=1),
            severity=CheckSeverity.WARN,
            sample=0,
        )
        query = f"failing: {digits} {names}"
        check = Check(definition=definition, digest=query, query=query, reads=tuple(others))
        return (check,)


def _asset(key: str, text: str, reads: tuple[str, ...], checks: tuple[Check, ...] = ()) -> Asset:
    definition = AssetDefinition(
        key=key,
        file=f"assets/{key}.sql",
        span=Span(file=f"assets/{key}.sql", line=1, column=1),
        sql=SqlText(text=text, original=text, file=f"assets/{key}.sql"),
    )
    return Asset(
        definition=definition,
        upstreams=reads,
        text=text,
        columns=COLUMNS,
        code_version=code_version(Kind.TABLE, text, COLUMNS),
        checks=checks,
    )


def _with_failure(graph: Graph, key: str) -> Graph:
    reads = graph.assets[key].upstreams
    failing = _asset(key, "value: fail", reads)
    return Graph(
        project=graph.project,
        assets={k: failing if k == key else asset for k, asset in graph.assets.items()},
        sources={},
    )
