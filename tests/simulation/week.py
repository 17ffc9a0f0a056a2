"""A daemon over weeks of virtual time: the real loop, decisions, applies and catalog; nobody waits.

Storage and engine are in memory, and a run is carried out at once, in this process.
"""

import gc
import os
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from tests.unit.facts import asset, source

from freshline.definitions import ProjectDefinition, StorageDefinition
from freshline.execute.apply import Order, apply
from freshline.execute.place import Place
from freshline.execute.runner import Patience
from freshline.lineage.graph import Graph
from freshline.operate.daemon import Daemon
from freshline.operate.deciding import evaluate
from freshline.operate.scene import Seen
from freshline.operate.telling import Telling
from freshline.operate.world import Defined, Ended, Waiting, World
from freshline.ports import Holder, Lease, Ports
from freshline.reconcile.facts import Facts
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Plan, Wish
from freshline.refresh import Cron, Refresh
from freshline.testing.clock import CountedIds, VirtualClock
from freshline.testing.fake_compute import FakeCompute
from freshline.ticks import leadership
from freshline_adapters.memory import Memory
from freshline_catalog.acts import SqliteActs
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog

HOUR, DAY = 3600.0, 86400.0
READS = {"a": ("raw",), "b": ("a",), "c": ("b",)}


def graph() -> Graph:
    """Return three assets in a row over a source, the first of which is built once an hour."""
    assets = {
        key: asset(key, "value: 1 " + " ".join(f'"\x01{up}"' for up in reads), reads)
        for key, reads in READS.items()
    }
    hourly = Refresh(rule=Cron(expression="0 * * * *"))
    first = replace(assets["a"].definition, refresh=hourly)
    storages = (StorageDefinition(name="lake", adapter="memory"),)
    return Graph(
        project=ProjectDefinition(name="p", storages=storages),
        assets={**assets, "a": replace(assets["a"], definition=first)},
        sources={"raw": source("raw")},
    )


@dataclass(frozen=True, slots=True)
class Definitions:
    """A project that nobody edits."""

    now: Defined | None

    def look(self) -> bool:
        """Notice nothing."""
        return False

    def again(self) -> None:
        """Read nothing again."""

    def patience(self) -> float:
        """Return that nothing will ever be noticed."""
        return float("inf")

    def close(self) -> None:
        """Let go of nothing."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that is none."""

    pid: int = 1


@dataclass(slots=True)
class Processes:
    """Whoever carries runs out: at once."""

    carry_out: Callable[[str], None]
    over: list[Ended] = field(default_factory=list[Ended])

    def waiting(self) -> Waiting:
        """Return a process."""
        return Process()

    def go(self, process: Waiting, run: str) -> None:
        """Carry a run out."""
        self.carry_out(run)
        self.over.append(Ended(run, 0, ""))

    def keep(self, process: Waiting) -> None:
        """Take a process back."""

    def adopt(self, run: str, pid: int, since: float) -> None:
        """Attend to nobody."""

    def ended(self) -> tuple[Ended, ...]:
        """Return the runs that have ended."""
        found, self.over = tuple(self.over), []
        return found

    def recover(self) -> None:
        """Find nothing to settle."""

    def close(self) -> None:
        """Let go of nobody."""


class Life:
    """A daemon, the world it lives in, and what both have grown to. Close it at the end."""

    def __init__(self, folder: Path) -> None:
        self.root, self.graph = folder, graph()
        self.clock, self.ids = VirtualClock(step=0.0), CountedIds()
        self.source(0)
        self._opened = ExitStack()
        self.log = self._opened.enter_context(closing(SqliteEventLog(folder / "catalog.db")))
        self.automation = SqliteAutomation(self.log)
        self.storage, self.compute = Memory(), FakeCompute()
        self.ports = Ports(
            events=self.log,
            storages={"lake": self.storage},
            clock=self.clock,
            compute=self.compute,
            ids=self.ids,
        )
        self.telling = Telling(SqliteActs(self.log), "main", lambda words: None)
        self.daemon = Daemon(self._world(), self._lease())
        self._opened.callback(self.daemon.close)

    def close(self) -> None:
        """Let go of everything."""
        self._opened.close()

    def source(self, number: int) -> None:
        """Put other rows into the source, at the time that it is here."""
        file = self.root / "raw.csv"
        file.write_text(f"x\n{number}\n")
        os.utime(file, (self.clock.now(), self.clock.now()))

    def live(self, seconds: float, step: float, then: Callable[[int], None]) -> None:
        """Let time pass in steps, the daemon do what is due at each, and call `then` after it."""
        for number in range(round(seconds / step)):
            self.clock.advance(step)
            while self.daemon.pass_by() or self.daemon.patience() == 0.0:
                self.clock.advance(0.1)
            self.telling.close()
            then(number)

    def rows(self) -> dict[str, int]:
        """Return how many rows each table of the catalog has, where it has any."""
        with self.log.reader() as connection:
            names = connection.execute(
                "select name from sqlite_schema where type = 'table' and name not like '%search%'"
            ).fetchall()
            every = {
                str(name): cast(
                    int, connection.execute(f'select count(*) from "{name}"').fetchall()[0][0]
                )
                for (name,) in names
            }
        return {name: count for name, count in every.items() if count}

    def _world(self) -> World:
        return World(
            project="p",
            environment="main",
            events=self.log,
            automation=self.automation,
            clock=self.clock,
            pulse=lambda: max((r.sequence for r in self.log.latest(limit=1)), default=0),
            definitions=Definitions(Defined(graph=self.graph)),
            processes=Processes(self._carry_out),
            look=self._look,
            seen=lambda graph, memories, happened: Seen(),
            evaluate=evaluate,
            is_live=lambda run: False,
            new_id=self.ids.new,
            say=lambda words: None,
            telling=self.telling,
        )

    def _look(self, graph: Graph) -> tuple[Plan, Facts]:
        return plan_from(look(graph, self.root, "main", self.ports), self.ports, Wish())

    def _carry_out(self, run: str) -> None:
        (request,) = [
            each.request
            for each in self.automation.requests("p", "main")
            if each.request.run == run
        ]
        order = Order(
            wish=Wish(selected=frozenset(request.assets), only=True),
            holder=_holder("apply:main"),
            command="apply",
            jobs=1,
            run=run,
            patience=Patience(chance=lambda: 0.5),
            narrow=True,
        )
        place = Place(graph=self.graph, root=self.root, environment="main")
        apply(place, self.ports, order, lambda plan: None, lambda now: None)
        # What the storage keeps lies in memory only here.
        self.compute.computed.clear()
        for target in self.storage.targets():
            self.storage.remove(target, self.storage.numbers(target)[:-1])

    def _lease(self) -> Lease:
        return self.log.acquire(_holder(leadership("main")))


def _holder(name: str) -> Holder:
    return Holder(name=name, actor="ada", host="here", pid=1, since=0.0, purpose="apply")


def memory() -> int:
    """Return the bytes that Python objects have, garbage aside."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
