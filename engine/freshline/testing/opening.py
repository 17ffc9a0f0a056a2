"""What is put to a test: a project in its folder, or functions alone; its code is imported here."""

import linecache
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from freshline.calls import ToldFile, ToldFunction
from freshline.code import Code, Location, ResourceDefinition
from freshline.declare.declared import FileDeclared
from freshline.declare.files import find_root, list_files
from freshline.declare.process import ProcessVariables
from freshline.declare.project import assemble, read_settings, scope_of, with_files
from freshline.declare.python.told import declare_python_file
from freshline.declare.python.version import Surroundings
from freshline.definitions import Column, Declared, SourceDefinition
from freshline.errors import Span, UsageError
from freshline.lineage.analysed import Analysis
from freshline.lineage.cache import without_collector
from freshline.lineage.graph import Graph, Source
from freshline.lineage.outside import Outside
from freshline.lineage.reading import SourceRead, Sources
from freshline.lineage.recompile import Parts, read_anew
from freshline.locations.wire import shaped
from freshline.testing.importing import folders, function_here, load_here
from freshline.worker.annotations import unwrapped
from freshline.worker.telling import told_function

Function = Callable[..., object]
Columns = Mapping[str, Sequence[Column]]
_OWN = "(given by the test)"
_remembered: dict[tuple[str, str], Parts] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a test is about: all that is declared, and where its code is to be found.

    `said` is what its files say, one by one. `functions` are those that were handed over, by the
    names that their code has; of a project there are none: they are imported from its files.
    """

    root: Path
    environment: str
    declared: Declared
    said: tuple[FileDeclared, ...] = ()
    functions: Mapping[str, Function] | None = None

    def function(self, code: Code) -> Function:
        """Return the function of some code; raises what its import does."""
        if self.functions is not None:
            return self.functions[code.function]
        return function_here(str(self.root), code.function)

    def path(self, code: Code) -> tuple[str, ...]:
        """Return the folders that imports of some code look into first."""
        if self.functions is not None:
            return ()
        return folders(str(self.root), self.location(code))

    def location(self, code: Code) -> Location:
        """Return the location that some code belongs to."""
        known = {each.name: each for each in self.declared.project.locations}
        return known.get(code.location) or Location(name=code.location)

    def compiled(self, given: Columns, learnt: Columns) -> Graph:
        """Return the graph in which the keys of `given` are sources of these columns.

        `learnt` are the columns of what code makes.
        """
        from freshline.lineage.compile import compile_graph

        declared = replace(
            self.declared,
            assets=tuple(a for a in self.declared.assets if a.key not in given),
            sources=tuple(s for s in self.declared.sources if s.key not in given),
            broken=tuple(key for key in self.declared.broken if key not in given),
        )
        declared = with_files(self.root, declared, self.said)
        place = (str(self.root), self.environment)
        parts = _remembered.get(place) or Parts(rules="", at_ns=0)
        stand_ins = [_stand_in(key, columns) for key, columns in given.items()]
        with (
            without_collector(),
            Sources(self.root, declared.sources, parts.compiled) as sources,
        ):
            reads = (*sources, *stand_ins)
            graph, compiled = compile_graph(declared, self.root, parts.compiled, reads, learnt)
        _remembered[place] = replace(parts, compiled={**parts.compiled, **compiled})
        return graph


def _stand_in(key: str, columns: Sequence[Column]) -> SourceRead:
    place = Span(file=_OWN, line=1, column=1)
    definition = SourceDefinition(key=key, file=_OWN, span=place, path=key, format="csv")
    found = Analysis(source=Source(definition=definition, files=(), columns=tuple(columns)))
    return SourceRead(definition, f"given:{key}", found)


def open_project(folder: Path, environment: str | None = None) -> Opened:
    """Return the project that a folder belongs to; UsageError where it belongs to none."""
    root = find_root(folder.resolve())
    if root is None:
        raise UsageError(
            f"no freshline.yaml in {folder.resolve()} or any folder above it",
            help="name the project's folder, or hand over functions: materialize([orders], ...)",
        )
    place = (str(root), environment or "")
    before = _remembered.get(place) or Parts(rules="", at_ns=0)
    at_ns, files = time.time_ns(), list_files(root)
    read = read_anew(root, environment, files, before, Outside(load=load_here))
    _remembered[place] = replace(before, at_ns=at_ns, files=read.files, code=read.code)
    declared = assemble(read.settings, read.said)
    name = environment or ""
    return Opened(root=root, environment=name, declared=declared, said=read.said)


def open_functions(
    functions: Iterable[Function],
    config: Mapping[str, Mapping[str, object]],
    resources: Mapping[str, object],
) -> Opened:
    """Return functions as a project of their own: those that are decorated, or assets as they are.

    UsageError where one is no function.
    """
    told: dict[str, list[ToldFunction]] = {}
    found: dict[tuple[str, str], Function] = {}
    for function in functions:
        code = getattr(unwrapped(function), "__code__", None)
        if code is None:
            raise UsageError(
                f"{function!r} is neither a project's folder nor a function",
                help="materialize takes a folder, a function, or a list of functions",
            )
        name = getattr(function, "__name__", code.co_name)
        each = shaped(told_function(function, name), ToldFunction)
        told.setdefault(code.co_filename, []).append(_configured(each, config))
        found[code.co_filename, name] = function
    named = {file: f"assets/{_name(file, list(told))}.py" for file in told}
    settings = read_settings("project: functions\n")
    scope = replace(settings.scope("main"), resources=_resources(told.values(), resources))
    around = Surroundings(process=ProcessVariables(os.environ))
    parts: list[FileDeclared] = []
    for file, functions_told in told.items():
        shown, text = named[file], "".join(linecache.getlines(file))
        loaded = ToldFile(file=shown, functions=tuple(functions_told))
        parts.append(
            declare_python_file(shown, text, loaded, scope_of(shown, scope, {}), {}, around)
        )
    declared = assemble(settings, parts)
    by_name = {f"{named[file]}:{name}": function for (file, name), function in found.items()}
    return Opened(root=Path.cwd(), environment=_OWN, declared=declared, functions=by_name)


def _configured(told: ToldFunction, config: Mapping[str, Mapping[str, object]]) -> ToldFunction:
    given = config.get(told.key or told.name)
    if given is None:
        return told
    said = cast("Mapping[str, object]", told.settings.get("config") or {})
    return replace(told, settings={**told.settings, "config": {**said, **given}})


def _resources(
    told: Iterable[Sequence[ToldFunction]], given: Mapping[str, object]
) -> tuple[ResourceDefinition, ...]:
    """Return a resource for each parameter that asks for one: the test has to say what it is."""
    asked = {p.name: p.resource for each in told for f in each for p in f.parameters if p.resource}
    return tuple(
        ResourceDefinition(name=name, type=type) for name, type in asked.items() if name in given
    )


def _name(file: str, files: Sequence[str]) -> str:
    """Return the name of a file; where several have it, with its number."""
    stem = "".join(c if c.isalnum() else "_" for c in Path(file).stem) or "code"
    alike = [each for each in files if Path(each).stem == Path(file).stem]
    return stem if len(alike) == 1 else f"{stem}_{alike.index(file) + 1}"
