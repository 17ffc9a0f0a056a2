"""One materializing in memory: what is needed is found, made in order, and checked at the end."""

import atexit
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from freshline.calls import Metadata, Returned, Wanted, Workers
from freshline.cli.code import workers as new_workers
from freshline.cli.compose import Project
from freshline.cli.select import named
from freshline.code import Code
from freshline.declare.locations import location_of
from freshline.declare.section import did_you_mean
from freshline.definitions import AssetDefinition, Column, SourceDefinition
from freshline.errors import CodeError, ComputeError, DefinitionError, UsageError
from freshline.execute.code_step import as_declared, relation_of
from freshline.execute.narrowing import without_rows
from freshline.execute.sql_engine import SqlEngine, statements_of
from freshline.lineage.canonical import bind
from freshline.lineage.code_assets import optional_reads
from freshline.lineage.files.prepared import CACHE
from freshline.lineage.graph import Asset, Graph
from freshline.lineage.quoting import quoted
from freshline.lineage.sources import relation as source_relation
from freshline.testing.calling import Caller
from freshline.testing.checking import sql_checked, told_checked
from freshline.testing.importing import importing
from freshline.testing.materialized import Checked, Materialized, Told
from freshline.testing.opening import Opened
from freshline.testing.rows_given import Rows, own_columns, place, rows_of
from freshline.worker.modules import module_of


@cache
def scratch() -> Path:
    """Return the folder for files of this process's tests; it goes when the process does."""
    folder = Path(mkdtemp(prefix="freshline-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _reader() -> SqlEngine:
    """Return who looks into rows before it is known what they are for; one for all tests."""
    return SqlEngine(folders=(scratch(),), threads=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a test says beside the rows."""

    config: Mapping[str, Mapping[str, object]]
    resources: Mapping[str, object]


class Making:
    """One materializing under way."""

    def __init__(
        self, opened: Opened, inputs: Mapping[str, object], folder: Path, given: Given
    ) -> None:
        self.opened, self.folder, self.given = opened, folder, given
        self.rows: dict[str, Rows] = {}
        self.absent = {key for key, value in inputs.items() if value is None}
        self.learnt: dict[str, Sequence[Column]] = {}
        self.done: dict[str, str] = {}  # how to read each key
        self.metadata: dict[str, Metadata] = {}
        self.checks: list[Checked] = []
        self.returned: dict[object, Returned] = {}
        self.workers: Workers | None = None
        self._refuse_unknown()
        self._read_inputs(inputs)
        given_keys = (*self.rows, *self.absent)
        self.stand_ins = self._not_declared(given_keys)
        self.graph = self._compiled()
        if lost := [key for key in given_keys if not self._is_known(key)]:
            self.stand_ins |= {key: self._own_columns(key) for key in lost}
            self.graph = self._compiled()
        self.engine = self._engine()

    def materialized(self, selection: Sequence[str]) -> Materialized:
        """Return what was asked for, made with all that it needs."""
        wanted = self._selected(selection)
        try:
            for given, rows in self.rows.items():
                if columns := self.graph.columns_of(given):
                    place(self.engine, rows, columns)
                self.done[given] = quoted(given)
            self._refuse_broken(wanted)
            while (key := self._next(wanted)) is not None:
                self._make(self.graph.assets[key])
            self._refuse_broken(wanted)
            self._check()
        finally:
            if self.workers is not None:
                self.workers.close()
        order = [key for key in (*self.rows, *self.graph.assets) if key in self.done]
        made = [key for key in order if key in wanted and key not in self.rows]
        told = Told(metadata=self.metadata, checks=tuple(self.checks))
        return Materialized(self.engine, order, made, told)

    # ---- what there is

    def _refuse_unknown(self) -> None:
        """Raise UsageError where the test says something of what is not there."""
        declared = self.opened.declared
        known = {"config": {*self._definitions(), *declared.broken}}
        codes = [asset.code for asset in declared.assets if asset.code is not None]
        codes += [check.code for check in declared.code_checks]
        known["resources"] = {name for code in codes for name in code.resources}
        known["resources"] |= {each.name for each in declared.project.resources}
        known["resources"] |= {each for code in codes for each in code.resources.values()}
        for what, names in (("config", self.given.config), ("resources", self.given.resources)):
            for name in names if what == "config" or not declared.broken else ():
                if name not in known[what]:
                    listed = ", ".join(sorted(known[what])) or "nothing"
                    help = did_you_mean(name, known[what]) or f"there is: {listed}"
                    raise UsageError(f'{what} names "{name}", which is not there', help=help)

    def _read_inputs(self, inputs: Mapping[str, object]) -> None:
        declared = self.opened.declared
        definitions = self._definitions()
        if self.opened.functions is None:
            known = (*definitions, *declared.broken)
            for key in inputs:
                if key not in known:
                    near = did_you_mean(key, known) or "give rows for what the project declares"
                    raise UsageError(f'there is no asset or source "{key}"', help=near)
        given = {key: value for key, value in inputs.items() if value is not None}
        for number, (key, value) in enumerate(given.items()):
            rows = rows_of(key, value, _reader(), self.folder / f"given{number}")
            self.rows[key] = rows
            found = definitions.get(key)
            self.learnt[key] = own_columns(rows, found.columns if found else ())

    def _definitions(self) -> Mapping[str, AssetDefinition | SourceDefinition]:
        declared = self.opened.declared
        found: dict[str, AssetDefinition | SourceDefinition] = {}
        found |= {each.key: each for each in declared.assets}
        found |= {each.key: each for each in declared.sources}
        return found

    def _own_columns(self, key: str) -> Sequence[Column]:
        """Return the columns of what nobody knows the columns of: those of its rows.

        Without rows they are those that code asks for, of a type that does not matter.
        """
        if self.learnt.get(key):
            return self.learnt[key]
        names: dict[str, None] = {}
        for asset in self.opened.declared.assets:
            for each in asset.code.inputs if asset.code is not None else ():
                if each.key in (key, key.rpartition(".")[2]):
                    names |= dict.fromkeys(each.columns or ())
        return tuple(Column(name, "VARCHAR") for name in names)

    def _not_declared(self, keys: Iterable[str]) -> dict[str, Sequence[Column]]:
        declared = self.opened.declared
        known = {*self._definitions(), *declared.broken}
        return {key: self._own_columns(key) for key in keys if key not in known}

    def _compiled(self) -> Graph:
        graph = self.opened.compiled(self.stand_ins, self.learnt)
        if not self.given.config:
            return graph
        changed = {
            key: replace(
                asset,
                definition=replace(
                    asset.definition,
                    code=replace(
                        asset.code, config={**asset.code.config, **self.given.config[key]}
                    ),
                ),
            )
            for key, asset in graph.assets.items()
            if asset.code is not None and key in self.given.config
        }
        return replace(graph, assets={**graph.assets, **changed})

    def _engine(self) -> SqlEngine:
        root = self.opened.root
        return SqlEngine(
            folders=(scratch(), root / CACHE),
            files=[root / file for s in self.graph.sources.values() for file in s.files],
            threads=1,
            macros=statements_of(self.graph),
        )

    def _is_known(self, key: str) -> bool:
        return key in self.graph.assets or key in self.graph.sources

    # ---- what is wanted

    def _selected(self, selection: Sequence[str]) -> frozenset[str]:
        if not selection:
            aside = (k for k, each in self.graph.quarantined.items() if not each.is_source)
            return frozenset((*self.graph.assets, *aside)) - self.rows.keys()
        if any("state:" in word for word in selection):
            raise UsageError("there are no states in memory", help="select by key, tag or group")
        project = Project(self.opened.root, self.opened.environment, self.graph)
        return named(project, selection) - self.graph.sources.keys()

    def _needed(self, wanted: Iterable[str]) -> set[str]:
        """Return what has to be made or read, and is not given."""
        found: set[str] = set()
        queue = [*wanted]
        while queue:
            key = queue.pop()
            if key in found or key in self.done or key in self.absent:
                continue
            found.add(key)
            if key in self.graph.assets:
                asset = self.graph.assets[key]
                optional = self._optional(asset) & self.absent
                queue += [each for each in asset.needs if each not in optional]
            elif key in self.graph.quarantined and self.graph.quarantined[key].because:
                queue.append(self.graph.quarantined[key].because)
        return found

    def _next(self, wanted: Iterable[str]) -> str | None:
        needed = self._needed(wanted)
        for key in needed & self.graph.sources.keys():
            source = self.graph.sources[key]
            self.done[key] = source_relation(self.opened.root, source.definition, source.files)
        return next(
            (key for key in self.graph.assets if key in needed and key not in self.done), None
        )

    def _refuse_broken(self, wanted: Iterable[str]) -> None:
        """Raise what keeps an asset from being made that is needed, if it does not just wait."""
        needed = self._needed(wanted)
        for key in sorted(needed & self.graph.quarantined.keys()):
            aside = self.graph.quarantined[key]
            cause = aside.because or key
            if cause in self.graph.assets and self.graph.assets[cause].learns_columns:
                continue
            if aside.because and cause in self.graph.quarantined and cause != key:
                continue  # told with that
            self._raise(key)

    def _raise(self, key: str) -> None:
        declared = self.opened.declared.diagnostics
        found = tuple(
            each
            for each in dict.fromkeys((*self.graph.diagnostics, *declared))
            if each.asset == key
        )
        part = next((part for part in self.opened.said if key in part.broken), None)
        if part is not None:
            self._import_again(part.file)
            found = found or part.diagnostics
        why = found[0].message if found else f"it is set aside ({self.graph.quarantined[key].code})"
        help = found[0].fix if found else ""
        if self.opened.functions is not None and found and found[0].code == "E203":
            help = "hand its function over too, or rows for it: inputs={'orders': [...]}"
        raise DefinitionError(f"{key}: {why}", diagnostics=found, help=help)

    def _import_again(self, file: str) -> None:
        """Raise what the import of a file of code does, if that is what is wrong."""
        if file.endswith(".py"):
            location = location_of(file, self.opened.declared.project.locations)
            code = Code(location=location.name, function=f"{file}:")
            with importing(str(self.opened.root), self.opened.path(code)):
                module_of(str(self.opened.root), file)

    # ---- making

    def _make(self, asset: Asset) -> None:
        key = asset.definition.key
        missing = [upstream for upstream in asset.upstreams if upstream not in self.done]
        for upstream in missing:
            if upstream not in self._optional(asset):
                raise ComputeError(
                    f"{key} reads {upstream}, which is not there",
                    help=f"give it rows: inputs={{{upstream!r}: [...]}}",
                )
        if asset.code is not None:
            self._make_by_code(asset)
            return
        empty = {each: without_rows(self.graph.columns_of(each)) for each in missing}
        try:
            self.engine.create_table(key, bind(asset.text, {**self.done, **empty}))
        except ComputeError as error:
            raise ComputeError(f"{key}: {error.message}", help=error.help) from error
        self.done[key] = quoted(key)

    def _optional(self, asset: Asset) -> frozenset[str]:
        return optional_reads(asset) | self.graph.can_do_without(asset.definition.key)

    def _make_by_code(self, asset: Asset) -> None:
        key, code = asset.definition.key, asset.code
        assert code is not None
        call = (code.location, code.function or code.command, code.outputs)
        if call not in self.returned:
            every = tuple(Wanted(name, of) for name, of in code.outputs)
            wanted = tuple(w for w in every if w.key == key or w.key not in self.rows)
            parameters = dict(asset.parameters)
            returned = self._caller().call(code, key, parameters, wanted if code.subset else every)
            self.returned[call] = returned
        returned = self.returned[call]
        made = next((each for each in returned.made if each.name == code.output), None)
        if made is None or (made.missing and not code.optional):
            raise CodeError(f"{key} was not made: its function returned nothing for it")
        if made.missing:
            self.absent.add(key)
            return
        relation = relation_of(made)
        query, columns = as_declared(
            asset.definition, relation, self.engine.columns(relation), self.engine
        )
        self.engine.create_table(key, query or f"FROM {relation}")
        self.done[key] = quoted(key)
        self.metadata[key] = {**returned.metadata, **made.metadata}
        self.checks += told_checked(key, code.output, returned)
        self._learn(asset, columns)

    def _learn(self, asset: Asset, columns: Sequence[Column]) -> None:
        """Compile anew with the columns that came out, where anybody wants to know them.

        CodeError where they are not as declared.
        """
        key, definition = asset.definition.key, asset.definition
        self.learnt[key] = columns
        functions = any(check.of == key for check in self.opened.declared.code_checks)
        asks = functions or definition.columns or definition.checks or self.graph.quarantined
        if not asks or (tuple(columns) == asset.columns and not asset.learns_columns):
            return
        self.graph = self._compiled()
        if key not in self.graph.assets:
            found = next((each for each in self.graph.diagnostics if each.asset == key), None)
            raise CodeError(
                f"{key}: {found.message if found else 'its columns are not as declared'}",
                help=found.fix if found else "",
                span=found.span if found else None,
            )

    def _caller(self) -> Caller:
        files: dict[str, tuple[Path, ...]] = {}
        for key, source in self.graph.sources.items():
            files[key] = tuple((self.opened.root / file).absolute() for file in source.files)
        for key, rows in self.rows.items():
            files.pop(key, None)
            files |= {key: (rows.file,)} if rows.file is not None else {}
        return Caller(
            opened=self.opened,
            engine=self.engine,
            folder=self.folder,
            relations=self.done,
            without_columns={k for k in self.rows if not self.graph.columns_of(k)},
            files=files,
            resources=self.given.resources,
            workers=self._workers,
        )

    def _workers(self) -> Workers:
        if self.workers is None:
            self.workers = new_workers()
        return self.workers

    # ---- checks

    def _check(self) -> None:
        for key, asset in self.graph.assets.items():
            if key in self.done and key not in self.rows:
                self.checks += sql_checked(self.engine, asset, self.done)
                self.checks += self._code_checked(asset)

    def _code_checked(self, asset: Asset) -> Iterable[Checked]:
        key = asset.definition.key
        for check in asset.checks:
            if check.code is not None and self.done.keys() >= {*check.reads}:
                returned = self._caller().call(check.code, key, dict(check.parameters), ())
                yield from told_checked(key, "", returned)
