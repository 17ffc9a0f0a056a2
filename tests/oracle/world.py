"""A world to try the product in: a project on disk, its catalog, its storage, and the judge.

The judge builds every asset from scratch out of the author's own text, in another schema of the
same DuckDB, and compares rows. What hangs on the order of rows, or on chance, is judged by building
it once more from what it read.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NamedTuple

import duckdb
from tests.oracle.projects import Project, Source, Special, path_of

from freshline.codec import digest_of
from freshline.declare.files import list_files
from freshline.events import Materialized, Verified
from freshline.execute.apply import Applied, Order, apply
from freshline.execute.narrowing import narrowed
from freshline.execute.place import Place
from freshline.execute.place_views import relations
from freshline.execute.run import Status
from freshline.execute.runner import Patience
from freshline.execute.sql_engine import SqlEngine
from freshline.lineage.canonical import bind
from freshline.lineage.graph import Graph
from freshline.lineage.recompile import Parts, recompiled
from freshline.ports import Holder, Ports
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Action, Plan, Wish
from freshline.testing.clock import CountedIds, VirtualClock
from freshline.testing.memory_log import Ledger, MemoryEventLog
from freshline.versions import Build, Window
from freshline_adapters.memory import Memory

ENVIRONMENT = "main"
MEMORY = Path("/dev/shm")
RAN = frozenset({Status.BUILT})
NOTHING: Mapping[str, Status] = {}
Bag = Counter[tuple[str, ...]]
_ONCE = count()


class Refused(Exception):
    """DuckDB, or the compiler, refuses the project: an author would have to mend it first."""


class WronglyFresh(AssertionError):
    """The product is wrong: what it shows is not what a build from scratch gives."""


class Table(NamedTuple):
    """What an asset shows: its columns with their types, and its rows."""

    columns: tuple[tuple[str, str], ...]
    rows: Bag

    def through(self, window: Window) -> "Table":
        """Return what a window shows of it."""
        if window.columns is None:
            return self
        names = [name for name, _ in self.columns]
        at = [names.index(name) for name in window.columns if name in names]
        rows: Bag = Counter()
        for row, times in self.rows.items():
            rows[tuple(row[i] for i in at)] += times
        return Table(tuple(self.columns[i] for i in at), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One settling: what the plan said, what became of each step, and what everything shows now.

    `tables` are those of assets and sources.
    """

    graph: Graph
    plan: Plan
    status: Mapping[str, Status]
    tables: Mapping[str, Table]


@dataclass(slots=True)
class World:
    """A project that is settled again after every edit. Close it when done."""

    project: Project
    root: Path = field(init=False)
    engine: SqlEngine = field(init=False)
    ports: Ports = field(init=False)
    parts: Parts = field(init=False)
    graph: Graph | None = None
    written: dict[str, str] = field(default_factory=dict[str, str])
    ledger: Ledger = field(default_factory=Ledger)
    made: dict[str, str] = field(default_factory=dict[str, str])
    macros: dict[str, str] = field(default_factory=dict[str, str])
    expected: dict[str, Table] = field(default_factory=dict[str, Table])

    def __post_init__(self) -> None:
        place = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None
        self.root = Path(tempfile.mkdtemp(prefix="oracle-", dir=place))
        for folder in ("sources", "assets/w", "macros", "data"):
            (self.root / folder).mkdir(parents=True)
        self.parts = Parts(rules="", at_ns=0)
        self.engine = SqlEngine(folders=[self.root], threads=1)
        self.ports = Ports(
            events=MemoryEventLog(self.ledger),
            storages={"lake": Memory()},
            clock=VirtualClock(),
            compute=self.engine,
            ids=CountedIds(),
        )
        for schema in ("raw", "w"):
            self.engine.cursor().execute(f"CREATE SCHEMA {schema}")

    def close(self) -> None:
        """Let go of everything."""
        self.ports.events.close()
        self.engine.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def settle(self, project: Project, *, thorough: bool = True) -> Outcome:
        """Make a project the world's, apply it, and judge what came of it.

        Refused where it cannot be built at all, by anybody; then it is not the world's.
        WronglyFresh where the product is wrong. `thorough` has it plan beforehand too.
        """
        self._from_scratch(project, {})
        self._write(project)
        graph = self._compiled()
        if graph.quarantined or graph.failed:
            self._write(self.project)
            raise Refused("; ".join(d.message for d in graph.diagnostics))
        self.project, self.graph = project, graph
        place = Place(graph=graph, root=self.root, environment=ENVIRONMENT)
        before = self._plan(graph) if thorough else None
        if thorough:
            self._look_narrowly(graph)
        last = self.ledger.entries[-1].sequence if self.ledger.entries else 0
        applied = self._apply(place)
        self._check_the_run(applied, before, last)
        builds = self._builds(graph)
        shown = self._shown(place, builds)
        self._judge(project, graph, shown)
        again = self._plan(graph)
        if again.steps:
            steps = [f"{s.asset} {s.action} {[r.detail for r in s.reasons]}" for s in again.steps]
            raise WronglyFresh(f"a second plan finds work: {steps}")
        status = applied.report.status if applied.report else NOTHING
        sources = {key: self._of_scratch(key) for key in project.sources}
        tables = {**shown, **sources}
        return Outcome(graph=graph, plan=applied.plan, status=status, tables=tables)

    def _write(self, project: Project) -> None:
        rows = {path_of(k, s): _csv(s) for k, s in project.sources.items() if s.format == "csv"}
        for path, text in {**project.files(), **rows}.items():
            if self.written.get(path) != text:
                (self.root / path).write_text(text)
                self.written[path] = text
        for key, source in project.sources.items():
            if source.format == "parquet":
                path, what = path_of(key, source), f"{source.types}{source.fields}{source.rows}"
                if self.written.get(path) != what:
                    (self.root / path).unlink(missing_ok=True)
                    self.engine.cursor().execute(f"COPY {key} TO '{self.root / path}'")
                    self.written[path] = what

    def _compiled(self) -> Graph:
        files = list_files(self.root)
        graph, self.parts, _ = recompiled(self.root, None, files, self.parts, 0)
        for name, macro in graph.macros.items():
            self._define(name, macro.text)
        return graph

    def _define(self, name: str, text: str) -> None:
        if self.macros.get(name) != text:
            self.engine.cursor().execute(text.replace("CREATE MACRO", "CREATE OR REPLACE MACRO", 1))
            self.macros[name] = text

    def _plan(self, graph: Graph) -> Plan:
        plan, _ = plan_from(look(graph, self.root, ENVIRONMENT, self.ports), self.ports, Wish())
        return plan

    def _look_narrowly(self, graph: Graph) -> None:
        """A look at what an asset hangs on gives the same plan of it as one at everything."""
        keys = sorted(graph.assets)
        key = keys[len(self.ledger.entries) % len(keys)]
        for only in (True, False):
            wish = Wish(selected=frozenset({key}), only=only)
            looks = [
                look(graph, self.root, ENVIRONMENT, self.ports, part)
                for part in (None, wish.selected)
            ]
            whole, narrow = (plan_from(each, self.ports, wish)[0] for each in looks)
            if whole != narrow:
                raise WronglyFresh(f"looked at narrowly {key} is to be {narrow}, not {whole}")

    def _apply(self, place: Place) -> Applied:
        holder = Holder(
            name=f"apply:{ENVIRONMENT}", actor="ada", host="here", pid=1, since=0.0, purpose="apply"
        )
        patience = Patience(chance=lambda: 0.5)
        order = Order(wish=Wish(), holder=holder, command="apply", jobs=1, patience=patience)
        return apply(place, self.ports, order, lambda plan: None, lambda now: None)

    def _check_the_run(self, applied: Applied, before: Plan | None, last: int) -> None:
        """What was done had been planned, and what had to be done was."""
        status = applied.report.status if applied.report else NOTHING
        failed = [key for key, end in status.items() if end in (Status.FAILED, Status.SKIPPED)]
        if applied.report and failed:
            errors = applied.report.errors
            raise WronglyFresh(f"steps failed that build from scratch: {failed} {errors}")
        plan = before or applied.plan
        if before is not None and before.plan_id != applied.plan.plan_id:
            raise WronglyFresh(f"plan {before.plan_id} was applied as {applied.plan.plan_id}")
        planned = {step.asset for step in plan.steps if step.action is not Action.CHECK}
        certain = {step.asset for step in plan.steps if step.certain}
        entries = self.ports.events.events(after=last, limit=10_000)
        done = {e.event.target.asset for e in entries if isinstance(e.event, Materialized)}
        looked = {e.event.target.asset for e in entries if isinstance(e.event, Verified)}
        if not done <= planned:
            raise WronglyFresh(f"published though not planned: {done - planned}")
        if not certain <= done:
            raise WronglyFresh(f"certain, and not done: {certain - done}")
        if looked & done:
            raise WronglyFresh(f"both verified and published: {looked & done}")

    def _builds(self, graph: Graph) -> dict[str, Build]:
        state = self.ports.events.snapshot(graph.project.name, ENVIRONMENT)
        found = {target.asset: known.build for target, known in state.targets.items()}
        return {key: build for key in graph.assets if (build := found.get(key)) is not None}

    def _shown(self, place: Place, builds: Mapping[str, Build]) -> dict[str, Table]:
        every = relations(place, self.ports.storages, builds)
        return {key: self._table(f"SELECT * FROM {every[key]}") for key in place.graph.assets}

    def _table(self, query: str) -> Table:
        found = self.engine.cursor().execute(query)
        columns = tuple((str(d[0]), str(d[1])) for d in found.description or ())
        return Table(columns, Counter(tuple(map(repr, row)) for row in found.fetchall()))

    def _judge(self, project: Project, graph: Graph, shown: Mapping[str, Table]) -> None:
        """Compare everything with a build from scratch."""
        place = Place(graph=graph, root=self.root, environment=ENVIRONMENT)
        stored = relations(place, self.ports.storages, self._builds(graph))
        loose = {k: stored[k] for k in project.models if is_loose(project, k)}
        loose |= {k: stored[k] for k in project.models if is_volatile(project, k)}
        self._from_scratch(project, loose)
        for key in project.models:
            if not is_volatile(project, key):
                expected = self._once_more(graph, key, stored) if key in loose else None
                expected = expected or self._of_scratch(key)
                if expected != shown[key]:
                    raise WronglyFresh(_difference(key, expected, shown[key]))

    def _once_more(self, graph: Graph, key: str, stored: Mapping[str, str]) -> Table:
        """Build an asset from what it reads now, as the product would."""
        asset = graph.assets[key]
        reads = {
            read: narrowed(read, stored[read], graph.columns_of(read), asset.window(read))
            for read in asset.reads
        }
        try:
            return self._table(bind(asset.query, reads))
        except duckdb.InvalidInputException:  # what is not used was worked out
            return self._table(bind(asset.query, stored))

    def _of_scratch(self, key: str) -> Table:
        if key not in self.expected:
            self.expected[key] = self._table(f"FROM {key}")
        return self.expected[key]

    def _from_scratch(self, project: Project, loose: Mapping[str, str]) -> None:
        """Build everything as its author wrote it; what is `loose` is taken as it is stored.

        What stands there from the same texts over the same rows is not built again.
        """
        try:
            for name, text in project.macros.items():
                self._define(name, text)
            for key, source in project.sources.items():
                self._make(key, _rows_of(key, source), {}, str(source))
            macros = str(project.macros)
            for key in project.models:
                text = f"SELECT * FROM {loose[key]}" if key in loose else project.rendered(key)
                # What is stored may be other rows each time under the same name.
                salt = str(next(_ONCE)) if key in loose else macros
                below = {read: made for read, made in self.made.items() if read in text}
                self._make(key, [f"CREATE OR REPLACE TABLE {key} AS {text}"], below, salt)
        except duckdb.Error as error:
            raise Refused(str(error).split("\n")[0]) from error

    def _make(
        self, key: str, statements: Sequence[str], below: Mapping[str, str], salt: str
    ) -> None:
        made = digest_of([statements, sorted(below.items()), salt])
        if self.made.get(key) != made:
            self.made.pop(key, None)
            self.expected.pop(key, None)
            for statement in statements:
                self.engine.cursor().execute(statement)
            self.made[key] = made


def _rows_of(key: str, source: Source) -> list[str]:
    fields = zip(source.fields, source.types, strict=True)
    columns = ", ".join(f'"{f.name}" {type}' for f, type in fields)
    statements = [f"CREATE OR REPLACE TABLE {key} ({columns})"]
    if source.rows:  # as literals: binding values has DuckDB look for pandas each time
        rows = ", ".join(f"({', '.join(map(_literal, r))})" for r in source.rows)
        statements.append(f"INSERT INTO {key} VALUES {rows}")
    return statements


def is_loose(project: Project, key: str) -> bool:
    """Say whether an asset's rows may hang on the order of what it reads, or on chance."""
    if _any(project, key, lambda special: special.loose):
        return True
    return any(query.may_tie() for query in project.models[key].query.queries())


def is_volatile(project: Project, key: str) -> bool:
    """Say whether an asset's rows may be others each time."""
    if _any(project, key, lambda special: special.volatile):
        return True
    return any(
        project.models[read].kind == "view" and is_volatile(project, read)
        for read in project.models[key].query.reads()
        if read in project.models
    )


def _any(project: Project, key: str, says: Callable[[Special], bool]) -> bool:
    queries = project.models[key].query.queries()
    return any(says(query.special) for query in queries if query.special is not None)


def _difference(key: str, expected: Table, shown: Table) -> str:
    if expected.columns != shown.columns:
        return f"{key} has the columns {shown.columns}, not {expected.columns}"
    gone, more = expected.rows - shown.rows, shown.rows - expected.rows
    return f"{key} lacks {dict(gone)} and has {dict(more)} too many"


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, str) else str(value)


def _csv(source: Source) -> str:
    lines = [",".join(f.name for f in source.fields)]
    lines += [",".join("" if v is None else str(v) for v in row) for row in source.rows]
    return "\n".join(lines) + "\n"
