"""A real project in a folder, applied in this process on a clock that is turned by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from freshline.declare.project import read_project
from freshline.execute.apply import Applied, Order, apply
from freshline.execute.place import Place
from freshline.execute.sql_engine import SqlEngine, statements_of
from freshline.keys import Target
from freshline.lineage.compile import compile_graph
from freshline.lineage.graph import Graph
from freshline.ports import Compute, Holder, Ports, Sight
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Plan, Wish
from freshline.state import TargetState
from freshline.testing.clock import CountedIds, VirtualClock
from freshline.testing.memory_log import Ledger, MemoryEventLog
from freshline.versions import Output, Window
from freshline_adapters.lake import Lake

HOLDER = Holder(name="apply:main", actor="ada", host="here", pid=1, since=0.0, purpose="apply")
NOON = 1_700_049_600.0  # 2023-11-15, 12:00 UTC


class Counting(SqlEngine):
    """The engine, with a note of every glimpse at a source, and something to do before a write."""

    glimpses: list[tuple[Window, ...]]
    before_write: Callable[[], None]

    def copy_to_parquet(self, query: str, path: Path) -> None:
        super().copy_to_parquet(query, path)
        self.before_write()

    def glimpse(self, relation: str, windows: object) -> tuple[Output, ...]:
        assert isinstance(windows, list)
        self.glimpses.append(tuple(windows))  # pyright: ignore
        return super().glimpse(relation, windows)  # pyright: ignore


def _nothing() -> None:
    pass


@dataclass(slots=True)
class Running:
    """A project's folder, and all that outlives one process that works on it."""

    root: Path
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOON))
    ledger: Ledger = field(default_factory=Ledger)
    ids: CountedIds = field(default_factory=CountedIds)
    glimpses: list[tuple[Window, ...]] = field(default_factory=list[tuple[Window, ...]])
    after_write: Callable[[], None] = _nothing

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the project."""
        for name, text in {"freshline.yaml": "project: p\n", **files}.items():
            path = self.root / name
            if name != "freshline.yaml" or name in files or not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)

    def graph(self) -> Graph:
        """Compile the project; nothing of it may be broken."""
        graph, _ = compile_graph(read_project(self.root), self.root, {})
        assert not graph.failed, graph.diagnostics
        return graph

    def plan(self, *named: str, strict: bool = False) -> Plan:
        """Plan everything, or what is named."""
        log = MemoryEventLog(self.ledger)
        sight = Sight(events=log, storages={"lake": self._lake()}, clock=self.clock)
        try:
            seen = look(self.graph(), self.root, "main", sight)
            return plan_from(seen, sight, _wish(named, strict))[0]
        finally:
            log.close()

    def apply(self, *named: str, strict: bool = False) -> Applied:
        """Apply everything, or what is named."""
        graph, lake, log = self.graph(), self._lake(), MemoryEventLog(self.ledger)
        sources = [self.root / file for s in graph.sources.values() for file in s.files]
        engine = Counting(
            folders=lake.readable(), files=sources, macros=statements_of(graph), threads=1
        )
        engine.glimpses, engine.before_write = self.glimpses, self.after_write
        compute: Compute = engine
        storages = {"lake": lake}
        ports = Ports(
            events=log, storages=storages, clock=self.clock, compute=compute, ids=self.ids
        )
        order = Order(wish=_wish(named, strict), holder=HOLDER, command="apply", jobs=1)
        place = Place(graph=graph, root=self.root, environment="main")
        try:
            return apply(place, ports, order, lambda plan: None, lambda now: None)
        finally:
            engine.close()
            log.close()

    def known(self, key: str) -> TargetState:
        """Return what the catalog knows of an asset or source."""
        log = MemoryEventLog(self.ledger)
        try:
            return log.snapshot("p", "main").of(Target("p", "main", key))
        finally:
            log.close()

    def rows(self, key: str) -> list[tuple[object, ...]]:
        """Return what is published of an asset."""
        build = self.known(key).build
        assert build is not None
        relation = self._lake().relation(build.version)
        return duckdb.sql(f"SELECT * FROM {relation} ORDER BY ALL").fetchall()

    def _lake(self) -> Lake:
        lake = Lake(self.root / ".freshline/lake")
        for folder in lake.readable():
            folder.mkdir(parents=True, exist_ok=True)
        return lake


def _wish(named: tuple[str, ...], strict: bool) -> Wish:
    wish = Wish(strict=strict)
    return replace(wish, selected=frozenset(named), named=frozenset(named)) if named else wish


def steps(plan: Plan) -> dict[str, str]:
    """Return what a plan does with each asset, and why first."""
    return {
        step.asset: f"{step.action}: {step.reasons[0].detail if step.reasons else ''}"
        for step in plan.steps
    }


def statuses(applied: Applied) -> dict[str, str]:
    """Return how each step of an apply ended."""
    return {} if applied.report is None else {k: s.value for k, s in applied.report.status.items()}
