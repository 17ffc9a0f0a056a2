"""Which statements of a module count for all that import it, whatever they use of it."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from freshline.declare.python import calm
from freshline.declare.python.finding import Finder
from freshline.declare.python.leads import Leads
from freshline.declare.python.module import (
    BUILTINS,
    Alias,
    Chain,
    Module,
    Statement,
)

_DEEPEST = 50


class Running(NamedTuple):
    """What happens when a module is imported: which files are run first, and what counts of it.

    `packages` are those that are imported for what they do: nobody uses their names.
    """

    files: tuple[str, ...]
    effects: frozenset[int]
    packages: frozenset[str]


class Effects:
    """Knows of each module the statements that do more than to bind names."""

    def __init__(self, finder: Finder, leads: Leads) -> None:
        self._finder = finder
        self._leads = leads
        self._running: dict[str, Running] = {}
        self._plain: dict[tuple[str, Chain], bool] = {}

    def of(self, module: Module) -> Running:
        """Return what happens when a module is imported."""
        if module.file not in self._running:
            self._running[module.file] = self._found(module)
        return self._running[module.file]

    def _found(self, module: Module) -> Running:
        files: dict[str, None] = {}
        packages: set[str] = set()
        for statement in module.statements:
            for alias in statement.aliases:
                lead = self._leads.of(module.file, alias)
                files.update(dict.fromkeys(lead.files))
                if statement.is_import and not lead.is_inside and not alias.level:
                    if _is_for_effect(module, statement, alias):
                        packages.add(alias.module)
        return Running(tuple(files), frozenset(self._effects(module)), frozenset(packages))

    def _effects(self, module: Module) -> Iterator[int]:
        for statement in module.statements:
            if statement.is_import:
                continue
            if any(self._leads.of(module.file, each).is_inside for each in statement.aliases):
                yield statement.index  # whether a module is run hangs on something
                continue
            if not self._is_calm(module, statement.node):
                yield statement.index

    def _is_calm(self, module: Module, node: ast.stmt) -> bool:
        try:
            needs = calm.needs_of(module, node)
            return needs is not None and all(self._is_plain(module, chain) for chain in needs)
        except RecursionError:
            return False

    def _is_plain(self, module: Module, chain: Chain, depth: int = 0) -> bool:
        """Say whether operators on what a name stands for, and classes made of it, are calm."""
        key = (module.file, chain)
        if key not in self._plain:
            self._plain[key] = False  # until it is known: a name may stand for itself
            self._plain[key] = depth < _DEEPEST and self._asked(module, chain, depth)
        return self._plain[key]

    def _asked(self, module: Module, chain: Chain, depth: int) -> bool:
        name = chain[0]
        if module.stars or module.broken:
            return False
        if name not in module.bound:
            return name in BUILTINS
        aliases = module.aliases.get(name, ())
        for index in module.bound[name]:
            node = module.statements[index].node
            if isinstance(node, ast.Import | ast.ImportFrom):
                continue
            if not self._is_plain_statement(module, node, depth):
                return False
        return all(self._is_plain_alias(module, each, chain[1:], depth) for each in aliases)

    def _is_plain_statement(self, module: Module, node: ast.stmt, depth: int) -> bool:
        match node:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                if not calm.is_plain_value(value):
                    return False
            case ast.ClassDef(body=body):
                if any(getattr(each, "name", "") == "__init_subclass__" for each in body):
                    return False
            case _:
                return False
        needs = calm.needs_of(module, node)
        return needs is not None and all(self._is_plain(module, each, depth + 1) for each in needs)

    def _is_plain_alias(self, module: Module, alias: Alias, rest: Chain, depth: int) -> bool:
        lead = self._leads.of(module.file, alias)
        path = (*filter(None, (alias.attribute,)), *rest)
        if not lead.is_inside:
            first = alias.module.partition(".")[0]
            return first in sys.stdlib_module_names or first in calm.PLAIN_PACKAGES
        place, path = self._finder.descend(lead.place, path)
        if place.file is None or not path:
            return False
        target = self._finder.module(place.file)
        return target is not None and self._is_plain(target, path, depth + 1)


def _is_for_effect(module: Module, statement: Statement, alias: Alias) -> bool:
    """Say whether an import's name stands nowhere else in its module."""
    if alias.name == "*" or alias.module.partition(".")[0] in sys.stdlib_module_names:
        return False
    word = re.compile(rf"\b{re.escape(alias.name)}\b")
    lines = module.text.split("\n")
    own = lines[statement.node.lineno - 1 : statement.node.end_lineno]
    others = (line.partition("#")[0] for line in lines)
    return sum(len(word.findall(line)) for line in others if alias.name in line) <= sum(
        len(word.findall(line.partition("#")[0])) for line in own
    )
