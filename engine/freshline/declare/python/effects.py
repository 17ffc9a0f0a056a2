"""Which statements of a module count for all that import it, whatever they use of it."""

import ast
import sys
from collections.abc import Iterator

from freshline.declare.python import calm
from freshline.declare.python.finding import Finder, Place
from freshline.declare.python.module import BUILTINS, Alias, Chain, Module, module_of

_DEEPEST = 50


class Effects:
    """Knows the statements of each module that do more than to bind names."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._effects: dict[str, frozenset[int]] = {}
        self._plain: dict[tuple[str, Chain], bool] = {}

    def of(self, module: Module) -> frozenset[int]:
        """Return the indexes of the statements that run for everybody."""
        if module.file not in self._effects:
            self._effects[module.file] = frozenset(self._found(module))
        return self._effects[module.file]

    def _found(self, module: Module) -> Iterator[int]:
        for statement in module.statements:
            if not statement.is_import and self._imports(module, statement.aliases):
                yield statement.index  # whether a module is run hangs on something
                continue
            needs = calm.needs_of(module, statement.node)
            if needs is None or not all(self._is_plain(module, chain) for chain in needs):
                yield statement.index

    def _imports(self, module: Module, aliases: tuple[Alias, ...]) -> bool:
        return any(
            self._finder.of_alias(module.file, a, ".".join(a.chain)).files
            or self._finder.of_alias(module.file, a, a.loads).files
            for a in aliases
        )

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
        found = self._finder.of_alias(module.file, alias, alias.module)
        path = (*filter(None, (alias.attribute,)), *rest)
        if not found.files and not self._finder.of_alias(module.file, alias, alias.loads).files:
            first = alias.module.partition(".")[0]
            if self._leads_inside(found.place, path):
                return False
            return first in sys.stdlib_module_names or first in calm.PLAIN_PACKAGES
        place: Place | None = found.place
        while place is not None and path:
            child = self._finder.child(place, path[0])
            if child is None:
                break
            place, path = child, path[1:]
        if place is None or place.file is None or not path:
            return False
        target = module_of(place.file, self._finder.text(place.file) or "")
        return self._is_plain(target, path, depth + 1)

    def _leads_inside(self, place: Place, path: Chain) -> bool:
        return bool(path) and self._finder.child(place, path[0]) is not None
