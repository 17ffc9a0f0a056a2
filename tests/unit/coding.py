"""A project whose code assets are functions of the test: everything is real but the workers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
from tests.unit.running import HOLDER, Running

from freshline.calls import (
    Call,
    CheckTold,
    Datum,
    Format,
    Given,
    Line,
    Load,
    Made,
    Returned,
    ToldFile,
)
from freshline.code import Code, CodeCheck, CodeInput
from freshline.declare.project import read_project
from freshline.definitions import AssetDefinition, Column, SqlText
from freshline.errors import Span
from freshline.execute.apply import Applied, Order
from freshline.execute.place import Place
from freshline.execute.rounds import apply_in_rounds
from freshline.execute.sql_engine import SqlEngine
from freshline.lineage.compile import compile_graph
from freshline.lineage.graph import Graph
from freshline.ports import Ports
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Plan, Wish
from freshline.testing.memory_log import MemoryEventLog
from freshline_adapters.lake import Lake

# What a function of the test makes of its inputs: SQL for each output that it gives.
Function = Callable[[Mapping[str, str]], Mapping[str, str]]


@dataclass
class FakeWorkers:
    """Runs functions of the test, each of which answers with SQL over its inputs."""

    functions: dict[str, Function]
    calls: list[Call] = field(default_factory=list[Call])
    metadata: dict[str, Datum] = field(default_factory=dict[str, Datum])
    checks: dict[str, CheckTold] = field(default_factory=dict[str, CheckTold])
    told: tuple[CheckTold, ...] = ()

    def load(self, load: Load) -> tuple[ToldFile, ...]:
        raise NotImplementedError("the definitions are there already")

    def call(self, call: Call, tell: Callable[[Line], None]) -> Returned:
        self.calls.append(call)
        if call.function in self.checks:
            return Returned(checks=(self.checks[call.function],))
        tell(Line(0.0, "info", f"making {call.function}"))
        texts = self.functions[call.function]({g.name: _reader(g) for g in call.given})
        made: list[Made] = []
        for wanted in call.wanted:
            text = texts.get(wanted.name)
            if text is None:
                made.append(Made(name=wanted.name, missing=True))
                continue
            path = f"{call.scratch}/out_{wanted.name}.parquet"
            duckdb.connect().execute(f"COPY ({text}) TO '{path}' (FORMAT parquet)")
            made.append(Made(name=wanted.name, format=Format.PARQUET, files=(path,)))
        return Returned(made=tuple(made), metadata=self.metadata, checks=self.told)

    def interrupt(self, call: str | None = None) -> None:
        pass

    def close(self) -> None:
        pass


def _reader(given: Given) -> str:
    if given.missing:
        return "(SELECT 0 AS missing LIMIT 0)"
    names = ", ".join(f'"{column.name}"' for column in given.columns)
    files = list(given.files)
    if given.format is Format.ROWS:
        types = {column.name: "VARCHAR" for column in given.columns}
        read = f"read_json({files}, format = 'newline_delimited', columns = {types})"
        return f"(SELECT {names} FROM {read})"
    return f"(SELECT {names} FROM read_parquet({files}))"


def code_asset(key: str, *inputs: CodeInput, **said: object) -> AssetDefinition:
    """Return the definition of an asset that the function of its own name makes."""
    span = Span(file="assets/code.py", line=1, column=1)
    columns = said.pop("columns", ())
    code = Code(function=key, inputs=inputs, outputs=(("", key),), version="1", text="one")
    return AssetDefinition(
        key=key,
        file=span.file,
        span=span,
        sql=SqlText(text="", original="def f(): ...", file=span.file),
        code=replace(code, **said),  # type: ignore[arg-type]
        columns=columns,  # type: ignore[arg-type]
    )


def reads(name: str, *columns: str, form: str = "arrow", optional: bool = False) -> CodeInput:
    """Return a parameter: the last segment of a key, or a whole one under its last segment."""
    return CodeInput(
        name=name.rpartition(".")[2],
        key=name,
        columns=columns or None,
        form=form,
        optional=optional,
    )


@dataclass
class Coding:
    """A project in a folder with code assets beside its files."""

    root: Path
    code: dict[str, AssetDefinition] = field(default_factory=dict[str, AssetDefinition])
    checks: tuple[CodeCheck, ...] = ()
    workers: FakeWorkers = field(default_factory=lambda: FakeWorkers({}))
    running: Running = field(init=False)
    said: list[tuple[str, Line]] = field(default_factory=list[tuple[str, Line]])

    def __post_init__(self) -> None:
        self.running = Running(self.root)

    def write(self, files: Mapping[str, str]) -> None:
        self.running.write(files)

    def declare(self, definition: AssetDefinition, function: Function | None = None) -> None:
        """Declare an asset, and what its function makes where that is another."""
        self.code[definition.key] = definition
        if function is not None and definition.code is not None:
            self.workers.functions[definition.code.function] = function

    def graph(self, more: Mapping[str, Sequence[Column]] | None = None) -> Graph:
        declared = read_project(self.root)
        assets = (*declared.assets, *self.code.values())
        declared = replace(declared, assets=assets, code_checks=self.checks)
        graph, _ = compile_graph(declared, self.root, {}, None, {**self._learnt(), **(more or {})})
        return graph

    def plan(self) -> Plan:
        log = MemoryEventLog(self.running.ledger)
        ports = self._ports(log, self.graph())
        try:
            return plan_from(look(self.graph(), self.root, "main", ports), ports, Wish())[0]
        finally:
            log.close()

    def apply(self, wish: Wish | None = None) -> Applied:
        graph, log = self.graph(), MemoryEventLog(self.running.ledger)
        ports = self._ports(log, graph)
        order = Order(wish=wish or Wish(), holder=HOLDER, command="apply", jobs=2)
        place = Place(
            graph=graph,
            root=self.root,
            environment="main",
            logs=self.root / "logs",
            relearn=lambda columns: self.graph(columns),
        )
        try:
            return apply_in_rounds(place, ports, order, lambda plan: None, lambda now: None)
        finally:
            log.close()

    def rows(self, key: str) -> list[tuple[object, ...]]:
        """Return the rows of a current version."""
        build = self.running.known(key).build
        assert build is not None, f"{key} has no version"
        lake = Lake(self.root / "lake")
        return duckdb.connect().sql(f"FROM {lake.relation(build.version)}").fetchall()

    def status(self, applied: Applied) -> dict[str, str]:
        """Return what became of each step."""
        return {k: v.value for k, v in applied.report.status.items()} if applied.report else {}

    def _learnt(self) -> Mapping[str, Sequence[Column]]:
        found: dict[str, Sequence[Column]] = {}
        for key in self.code:
            build = self.running.known(key).build
            if build is not None:
                found[key] = build.version.columns
        return found

    def _ports(self, log: MemoryEventLog, graph: Graph) -> Ports:
        lake = Lake(self.root / "lake")
        for folder in lake.readable():
            folder.mkdir(parents=True, exist_ok=True)
        scratch = self.root / ".freshline" / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        sources = [self.root / file for s in graph.sources.values() for file in s.files]
        folders = [*lake.readable(), scratch]
        return Ports(
            events=log,
            storages={"lake": lake},
            clock=self.running.clock,
            compute=SqlEngine(folders=folders, files=sources, threads=1),
            ids=self.running.ids,
            workers=self.workers,
        )
