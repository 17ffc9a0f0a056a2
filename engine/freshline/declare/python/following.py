"""From a function to all of the project's code that can change what it computes.

Rules, safe first:
1. A module that is imported is run: the statements in it that do more than to bind names count, and
   so does every module that it imports.
2. Other statements count when a name that they bind is used by what counts; all that bind it do.
3. A module that gets anywhere as a value counts as a whole, with all that it uses.
4. Where code cannot be followed, as much counts as it may lead to, and the place is told.
"""

import ast
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from weakref import WeakKeyDictionary

from freshline.declare.python import asking, calm, opened
from freshline.declare.python.effects import Effects
from freshline.declare.python.finding import Finder, Place, dotted
from freshline.declare.python.leads import Leads
from freshline.declare.python.module import (
    BUILTINS,
    Alias,
    Chain,
    Function,
    Module,
    public_names,
    span_of,
)
from freshline.declare.python.uses import Extent, Uses, uses_of
from freshline.errors import Span

Modules = Callable[[], Iterable[str]]  # all files of Python in a project

_WORD = re.compile(r"[^\W\d]\w*")
_MOST_TEXTS = 1000
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+(?::[^\W\d]\w*)?")


_KNOWN: WeakKeyDictionary[Module, dict[tuple[int, bool], Uses]] = WeakKeyDictionary()


def _uses(module: Module, index: int, annotated: bool) -> Uses:
    known = _KNOWN.setdefault(module, {})
    uses = known.get((index, annotated))
    if uses is None:
        uses = uses_of(module, module.statements[index].node, annotated=annotated)
        known[(index, annotated)] = uses
    return uses


class Following:
    """What has been reached so far, and what is still to be looked at."""

    def __init__(self, finder: Finder, leads: Leads, effects: Effects, modules: Modules) -> None:
        self.finder = finder
        self.leads = leads
        self.effects = effects
        self._modules = modules
        self.loaded: dict[str, Module] = {}
        self.units: dict[str, dict[int, bool]] = {}  # whether with annotations
        self.names: dict[str, set[str]] = {}  # that are used of a module
        self.wholes: set[str] = set()
        self.data: dict[str, str] = {}
        self.packages: set[str] = set()
        self.env: dict[tuple[str, Span], None] = {}
        self.unsure: dict[tuple[Span, str], None] = {}
        self.is_curious = False
        self.reads_source = False
        self._is_everything = False
        self._folders: set[str] = set()
        self._words: set[str] = set()
        self._speakers: dict[str, Module] = {}
        self._seen: set[tuple[str, Chain, bool, bool]] = set()
        self._waiting: deque[Callable[[], None]] = deque()

    def follow(self, file: str, name: str) -> None:
        """Follow a function of a file. A name that the file does not bind takes all of it."""
        for init in self.finder.packages_above(file):
            self.load(init)
        self.load(file)
        module = self.loaded.get(file)
        first = name.partition(".")[0]
        if module is not None:
            if first in module.bound:
                self.demand(file, (first,), is_value=True)
            else:
                self.demand(file, (first,), is_value=True)
                self.take(file)
                if not module.broken:
                    message = f"{name} is not defined in so many words; all of this module counts"
                    self.unsure[(Span(file=file, line=1, column=1), message)] = None
        while self._waiting:
            self._waiting.popleft()()

    # ---- rule 1

    def load(self, file: str) -> None:
        """Count what happens when a module is imported."""
        if file in self.loaded:
            return
        module = self.finder.module(file)
        if module is None:
            return
        self.loaded[file] = module
        if module.broken:
            message = f"it cannot be read ({module.broken}), so all of its text counts"
            self.unsure[(Span(file=file, line=1, column=1), message)] = None
            self.take(file)
        if file.startswith(tuple(self._folders)):
            self.take(file)
        running = self.effects.of(module)
        self._load_all(running.files)
        for package in running.packages:
            self._package(package)
        for index in sorted(running.effects):
            self.reach(file, index)

    def _load_all(self, files: Iterable[str]) -> None:
        for file in files:
            if file not in self.loaded:
                self._later(partial(self.load, file))

    # ---- rule 2

    def demand(self, file: str, chain: Chain, *, is_value: bool, outside: bool = False) -> None:
        """Count what binds the first name of a chain in a module, and what the chain leads to."""
        key = (file, chain, is_value, outside)
        if key in self._seen:
            return
        self._seen.add(key)
        self._later(partial(self._demanded, file, chain, is_value, outside))

    def _demanded(self, file: str, chain: Chain, is_value: bool, outside: bool) -> None:
        self.load(file)
        module = self.loaded.get(file)
        if module is None:
            return
        name = chain[0]
        self.names.setdefault(file, set()).add(name)
        for index in module.bound.get(name, ()):
            if not module.statements[index].is_import:
                self.reach(file, index, is_value=is_value)
        for alias in module.aliases.get(name, ()):
            self.lead(file, alias, chain[1:], is_value, None)
        self._from_stars(module, chain, is_value)
        if name not in module.bound and outside:
            self._made_up(module, name)

    def _made_up(self, module: Module, name: str) -> None:
        """Count what gives the attributes of a module that no statement binds."""
        if name == "__dict__":
            self.take(module.file)
        for index in module.bound.get("__getattr__", ()):
            self.demand(module.file, ("__getattr__",), is_value=False)
            node = module.statements[index].node
            if not isinstance(node, Function):
                message = "attributes of this module are made elsewhere"
                self._blind(module, Extent.PROJECT, node, message)

    def _from_stars(self, module: Module, chain: Chain, is_value: bool) -> None:
        for alias in module.stars:
            lead = self.leads.of(module.file, alias)
            if not lead.is_inside:
                if chain[0] not in module.bound and chain[0] not in BUILTINS:
                    self._package(alias.module)
                continue
            self.attribute(lead.place, chain, is_value, None, is_star=True)
            self._listing(lead.place.file)

    def _listing(self, file: str | None) -> None:
        """Count what says which names a star brings."""
        module = self.finder.module(file) if file is not None else None
        if module is None or "__all__" not in module.bound:
            return
        self.demand(module.file, ("__all__",), is_value=False)
        if public_names(module) is None and module.file not in self.wholes:
            message = "__all__ is not written out, so all of this module counts"
            node = module.statements[module.bound["__all__"][0]].node
            self._later(partial(self.doubt, module.file, node, message))
            self.take(module.file)

    def reach(self, file: str, index: int, *, is_value: bool = False) -> None:
        """Count a statement of a module, with all that it uses."""
        module = self.loaded[file]
        node = module.statements[index].node
        annotated = self.is_curious
        if isinstance(node, Function) and not annotated:
            decorators = node.decorator_list
            is_open = not all(calm.ignores_annotations(module, each) for each in decorators)
            annotated = is_value or is_open
        units = self.units.setdefault(file, {})
        if index in units and (units[index] or not annotated):
            return
        units[index] = annotated
        self._later(partial(self._used_by, module, index, annotated))

    # ---- imports

    def lead(
        self, file: str, alias: Alias, rest: Chain, is_value: bool, node: ast.AST | None
    ) -> None:
        """Count what an import stands for, from an attribute to the next."""
        lead = self.leads.of(file, alias)
        self._load_all(lead.files)
        path = (*filter(None, (alias.attribute,)), *rest)
        is_found = self.attribute(lead.place, path, is_value, (file, node))
        if not is_found and not lead.is_inside and not alias.level:
            self._package(alias.module)
            if node is not None and alias.module.partition(".")[0] in asking.SETTINGS_PACKAGES:
                self.env[("*", span_of(self.loaded[file], node))] = None

    def attribute(
        self,
        place: Place,
        path: Chain,
        is_value: bool,
        at: tuple[str, ast.AST | None] | None,
        *,
        is_star: bool = False,
    ) -> bool:
        """Count what a chain of attributes of a module leads to; False where it is no project's."""
        is_found = False
        while path:
            child = self.finder.child(place, path[0])
            if place.file is not None:
                is_found = True
                self._load_all((place.file,))
                module = self.finder.module(place.file)
                if child is None or (module and (path[0] in module.bound or module.stars)):
                    self.demand(place.file, path, is_value=is_value, outside=not is_star)
            place, path = child or self.finder.folder(place, path[0]), path[1:]
        self._take_folders(place)
        if place.file is None:
            return is_found
        self._load_all((place.file,))
        if at is not None and at[1] is not None and place.file not in self.wholes:
            message = f"the module {dotted(place.file)} is used as a value; all of it counts"
            self.doubt(*at, message)
        self.take(place.file)
        return True

    # ---- rule 3

    def take(self, file: str) -> None:
        """Count a module as a whole, with all that anybody can reach by it."""
        if file not in self.wholes:
            self.wholes.add(file)
            self._later(partial(self._taken, file))

    def _take_folders(self, place: Place) -> None:
        """Count what is imported of a package as a whole: its modules are its attributes."""
        folders = {folder for folder in place.folders if folder} - self._folders
        self._folders |= folders
        for file in self.loaded if folders else ():
            if file.startswith(tuple(folders)):
                self.take(file)

    def _taken(self, file: str) -> None:
        self.load(file)
        module = self.loaded.get(file)
        if module is None:
            return
        for name in module.bound:
            self.demand(file, (name,), is_value=True)
        for statement in module.statements:
            if not statement.is_import:
                self.reach(file, statement.index, is_value=True)
        for alias in (*module.stars, *module.aliases.get("", ())):
            lead = self.leads.of(file, alias)
            if lead.place.file is not None:
                self.take(lead.place.file)
            self._load_all(lead.files)
            if not lead.is_inside and not alias.level:
                self._package(alias.module)

    def _everything(self) -> None:
        if self._is_everything:
            return
        self._is_everything = True
        for file in self._modules():
            self.take(file)
        for file in tuple(self.loaded):
            self.take(file)

    # ---- rule 4, and what else a statement uses

    def _used_by(self, module: Module, index: int, annotated: bool) -> None:
        file, uses = module.file, _uses(module, index, annotated)
        for alias in uses.loads:
            lead = self.leads.of(file, alias)
            self._load_all(lead.files)
            if not lead.is_inside and not alias.level:
                self._package(alias.module)
        for alias in uses.taken:
            self.lead(file, alias, (), True, None)
        for use in uses.uses:
            if use.alias is not None:
                self.lead(file, use.alias, use.chain[1:], use.is_value, use.node)
            else:
                self._use(module, use.chain, use.is_value, use.node)
        self._spoken(module, uses)
        if len(uses.texts) <= _MOST_TEXTS:  # a table of data names no files
            for text in uses.texts:
                self._text(module, text)
        for node in uses.paths:
            self._path(opened.path_of(module, node, self._lookup))
        for name, node in uses.env:
            self.env[(name, span_of(module, node))] = None
        for blind in uses.blind:
            self._blind(module, blind.extent, blind.node, blind.message)
        self._look(uses)

    def _use(self, module: Module, chain: Chain, is_value: bool, node: ast.AST | None) -> None:
        for alias in module.aliases.get(chain[0], ()):
            self.lead(module.file, alias, chain[1:], is_value, node)
        self.demand(module.file, chain, is_value=is_value)

    def _spoken(self, module: Module, uses: Uses) -> None:
        """Count variables that texts name which a library evaluates where it is called."""
        words = {word for text in uses.spoken for word in _WORD.findall(text)} - self._words
        self._words |= words
        if uses.speaks and module.file not in self._speakers:
            self._speakers[module.file] = module
            words = self._words
        for each in {module.file: module, **self._speakers}.values():
            for word in words & each.bound.keys():
                self.demand(each.file, (word,), is_value=True)

    def _text(self, module: Module, text: str) -> None:
        if opened.is_named(text):
            folder = module.file.rpartition("/")[0]
            for base in ("", folder, *self.finder.top.folders):
                self._path(f"{base.rstrip('/')}/{text}" if base else text)
        if _DOTTED.fullmatch(text):
            self.attribute(self.finder.top, tuple(text.replace(":", ".").split(".")), True, None)

    def _path(self, path: str | None) -> None:
        file = opened.inside(path) if path is not None else None
        if file is None or file in self.data:
            return
        digest = self.finder.digest(file)
        if digest is not None:
            self.data[file] = digest

    def _lookup(self, module: Module, chain: Chain) -> tuple[Module, ast.expr] | None:
        name, *rest = chain
        value = module.value(name)
        if value is not None:
            return (module, value) if not rest else None
        aliases = module.aliases.get(name, ())
        if len(aliases) != 1:
            return None
        alias = aliases[0]
        lead = self.leads.of(module.file, alias)
        path = (*filter(None, (alias.attribute,)), *rest)
        place, path = self.finder.descend(lead.place, path)
        target = self.finder.module(place.file) if place.file is not None else None
        if target is None or not path or target is module:
            return None
        return self._lookup(target, path)

    def _blind(self, module: Module, extent: Extent, node: ast.AST, message: str) -> None:
        self.doubt(module.file, node, f"{message}; {extent.value}")
        if extent is Extent.MODULE:
            self.take(module.file)
        elif extent is Extent.PROJECT:
            self.take(module.file)
            self._later(self._everything)

    def _look(self, uses: Uses) -> None:
        if uses.is_curious and not self.is_curious:
            self.is_curious = True
            for file, units in tuple(self.units.items()):
                for index in tuple(units):
                    self.reach(file, index, is_value=True)
        self.reads_source |= uses.reads_source

    def doubt(self, file: str, node: ast.AST | None, message: str) -> None:
        """Tell of a place where code cannot be followed."""
        module = self.loaded.get(file)
        if module is not None and node is not None:
            self.unsure[(span_of(module, node), message)] = None

    # ---- small things

    def _later(self, work: Callable[[], None]) -> None:
        self._waiting.append(work)

    def _is_stdlib(self, name: str) -> bool:
        return name.partition(".")[0] in sys.stdlib_module_names

    def _package(self, name: str) -> None:
        top = name.partition(".")[0]
        if top and not self._is_stdlib(top) and top != "freshline":
            self.packages.add(top)
