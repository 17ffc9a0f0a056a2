"""What a statement uses, by its syntax tree: names of its module, imports of its own, and the rest.

Scopes are Python's: a name that a function binds is the function's, a name that a class binds is
not seen by its methods, a comprehension keeps its own. Where it is not certain to which scope a
name belongs, the module's is used as well: too much is safe.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from freshline.declare.python import asking, calm
from freshline.declare.python.module import (
    Alias,
    Bindings,
    Chain,
    Comprehension,
    Function,
    Module,
    bindings_of,
    chain_of,
    defaults_of,
)


class Use(NamedTuple):
    """A chain that begins with a name of the module, or with a local import, `alias`.

    `is_value` says that it is not merely called: it may be handed to somebody who looks at it.
    """

    chain: Chain
    is_value: bool = False
    alias: Alias | None = None
    node: ast.expr | None = None


class Extent(Enum):
    """How much of a project counts where code cannot be followed."""

    MODULE = "all of this module counts"
    PROJECT = "all modules of the project count"


class Blind(NamedTuple):
    """A place where code cannot be followed."""

    extent: Extent
    node: ast.expr
    message: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Uses:
    """All that one statement uses.

    `loads` are imports inside of functions, `taken` those whose module may get anywhere. `texts`
    are its strings, `spoken` those that a library may evaluate where it is called, and `speaks`
    says that such a library may be called here. `paths` are
    expressions that may be paths of files. `is_curious` says that it looks at docstrings and
    annotations of code, `reads_source` at its very text.
    """

    uses: tuple[Use, ...]
    loads: tuple[Alias, ...]
    taken: tuple[Alias, ...]
    texts: frozenset[str]
    spoken: frozenset[str]
    speaks: bool
    env: tuple[tuple[str, ast.expr], ...]
    blind: tuple[Blind, ...]
    paths: tuple[ast.expr, ...]
    is_curious: bool
    reads_source: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Scope:
    parent: "_Scope | None"
    bindings: Bindings
    class_name: str = ""

    def own(self, name: str) -> tuple[Alias, ...]:
        return tuple(alias for alias in self.bindings.aliases if alias.name == name)


def uses_of(module: Module, node: ast.stmt, *, annotated: bool) -> Uses:
    """Return what a top-level statement uses.

    The annotations of a function that is not `annotated`, and of local variables, are left out.
    """
    scanner = _Scanner(module)
    scanner.scan(node, annotated)
    return scanner.uses()


class _Scanner:
    """Walks a statement without recursion, so that no depth of an expression is too much."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._waiting: list[tuple[ast.AST, _Scope | None]] = []
        self._uses: dict[tuple[Chain, bool, Alias | None], Use] = {}
        self._loads: list[Alias] = []
        self._taken: list[Alias] = []
        self._texts: set[str] = set()
        self._spoken: set[str] = set()
        self._speaks = False
        self._asks_locals = False
        self._env: list[tuple[str, ast.expr]] = []
        self._blind: list[Blind] = []
        self._paths: list[ast.expr] = []
        self._is_curious = False
        self._reads_source = False

    def uses(self) -> Uses:
        return Uses(
            uses=tuple(self._uses.values()),
            loads=tuple(self._loads),
            taken=tuple(self._loads if self._asks_locals else self._taken),
            texts=frozenset(self._texts),
            spoken=frozenset(self._spoken),
            speaks=self._speaks,
            env=tuple(self._env),
            blind=tuple(self._blind),
            paths=tuple(self._paths),
            is_curious=self._is_curious,
            reads_source=self._reads_source,
        )

    def scan(self, node: ast.stmt, annotated: bool) -> None:
        if isinstance(node, Function):
            self._function(node, None, annotated)
        elif isinstance(node, ast.AnnAssign):
            annotation = node.annotation if annotated else None
            parts = (node.target, node.value, annotation)
            self._waiting += ((part, None) for part in parts if part is not None)
        else:
            self._waiting.append((node, None))
        while self._waiting:
            part, scope = self._waiting.pop()
            self._visit(part, scope)

    def _push(self, nodes: Iterable[ast.AST], scope: _Scope | None) -> None:
        self._waiting += ((node, scope) for node in nodes)

    def _visit(self, node: ast.AST, scope: _Scope | None) -> None:
        match node:
            case ast.Name():
                if isinstance(node.ctx, ast.Load):
                    self._use((node.id,), node, scope, is_value=True)
            case ast.Attribute():
                self._attribute(node, scope, is_value=True)
            case ast.Call():
                self._call(node, scope)
            case ast.Constant(value=str(text)):
                self._texts.add(text)
                self._look((text,), node)
                if asking.is_spoken(text):
                    self._spoken.add(text)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, scope, True)
            case ast.Lambda():
                self._push(defaults_of(node.args), scope)
                bound = _with_parameters(bindings_of((node.body,)), node.args)
                self._waiting.append((node.body, _Scope(scope, bound)))
            case ast.ClassDef():
                self._class(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node, scope)
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                pass  # what is imported is among the bindings of the scope; docstrings do nothing
            case ast.AnnAssign():
                self._annotated(node, scope)
            case ast.AugAssign(target=ast.Name(id=name)):
                self._use((name,), node.target, scope, is_value=True)
                self._waiting.append((node.value, scope))
            case ast.Subscript() | ast.Compare():
                self._asking(node, scope)
            case _:
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                    self._paths.append(node)
                self._push(ast.iter_child_nodes(node), scope)

    def _function(self, node: Function, scope: _Scope | None, annotated: bool) -> None:
        self._push(self._decorators(node), scope)
        self._push(defaults_of(node.args), scope)
        if annotated:
            arguments = node.args
            every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            ends = (each for each in (arguments.vararg, arguments.kwarg) if each is not None)
            for annotation in (*(each.annotation for each in (*every, *ends)), node.returns):
                self._annotation(annotation, scope)
        bound = _with_parameters(bindings_of(node.body), node.args)
        self._enter(node.body, _Scope(scope, bound))

    def _decorators(self, node: Function | ast.ClassDef) -> Iterable[ast.expr]:
        return (each for each in node.decorator_list if not calm.is_freshline(self._module, each))

    def _class(self, node: ast.ClassDef, scope: _Scope | None) -> None:
        self._push((*self._decorators(node), *node.bases, *node.keywords), scope)
        self._enter(node.body, _Scope(scope, bindings_of(node.body), node.name))

    def _enter(self, body: list[ast.stmt], scope: _Scope) -> None:
        bound = scope.bindings
        self._loads += bound.aliases
        elsewhere = bound.is_global | bound.is_outer
        if scope.class_name or elsewhere:
            # Others see this name too, by ways that are not followed.
            taken = (a for a in bound.aliases if scope.class_name or a.name in elsewhere)
            self._taken += taken
        self._push(body, scope)

    def _comprehension(self, node: Comprehension, scope: _Scope | None) -> None:
        first, *others = node.generators
        self._waiting.append((first.iter, scope))
        targets = bindings_of(part.target for part in node.generators)
        inner = _Scope(scope, targets)
        self._push((first.target, *first.ifs, *others), inner)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self._push(parts, inner)

    def _annotated(self, node: ast.AnnAssign, scope: _Scope | None) -> None:
        self._push((part for part in (node.target, node.value) if part), scope)
        if scope is not None and scope.class_name:
            self._annotation(node.annotation, scope)

    def _annotation(self, node: ast.expr | None, scope: _Scope | None) -> None:
        """Use what an annotation names, also where it is written as a string."""
        if node is None:
            return
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                try:
                    self._waiting.append((ast.parse(part.value, mode="eval").body, scope))
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    continue
        self._waiting.append((node, scope))

    def _attribute(self, node: ast.Attribute, scope: _Scope | None, *, is_value: bool) -> None:
        self._look((node.attr,), node)
        chain = chain_of(node)
        if chain:
            self._use(chain, node, scope, is_value=is_value)
        else:
            self._waiting.append((node.value, scope))

    def _call(self, node: ast.Call, scope: _Scope | None) -> None:
        function, arguments = node.func, list(node.args)
        chain = chain_of(function)
        full = self._full(chain, scope) if chain else ()
        if full and (read := asking.env_of_call(self._module, full, node)):
            self._env += read
        elif chain:
            self._use(chain, function, scope, is_value=False)
        elif isinstance(function, ast.Attribute):
            self._attribute(function, scope, is_value=False)
        else:
            self._waiting.append((function, scope))
        if blind := asking.blind_call(full, node, is_module_level=scope is None):
            extent, message = blind
            self._blind.append(Blind(Extent[extent], node, message))
        self._asks_locals |= full in asking.LOCALS
        if asking.may_be_path(full, function):
            self._paths.append(node)
        if full in asking.BY_NAME and len(arguments) > 1:
            owner, name = chain_of(arguments[0]), arguments[1]
            if owner and isinstance(name, ast.Constant) and isinstance(name.value, str):
                self._use((*owner, *name.value.split(".")), node, scope, is_value=True)
                arguments = arguments[1:]
        if full and full[-1] in asking.IMPORTERS and arguments:
            self._imported(arguments[0])
        last = full[-1] if full else ""
        if isinstance(function, ast.Attribute):
            last = function.attr
        if last in asking.SPEAKERS:
            self._speaks = True
            parts = (part for each in (*arguments, *node.keywords) for part in ast.walk(each))
            self._spoken.update(
                part.value
                for part in parts
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
        self._push((*arguments, *node.keywords), scope)

    def _imported(self, name: ast.expr) -> None:
        """An import by a function's call: what it gives may get anywhere."""
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            dotted = name.value.lstrip(".")
            alias = Alias("", dotted, len(name.value) - len(dotted), loads=dotted)
            self._loads.append(alias)
            self._taken.append(alias)

    def _asking(self, node: ast.Subscript | ast.Compare, scope: _Scope | None) -> None:
        if isinstance(node, ast.Subscript):
            owner, name, is_read = node.value, node.slice, isinstance(node.ctx, ast.Load)
        else:
            is_in = len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn)
            owner, name, is_read = node.comparators[-1], node.left, is_in
        chain = chain_of(owner)
        if chain and self._full(chain, scope) in asking.ENVIRONMENTS:
            if isinstance(node, ast.Subscript) or is_read:
                if is_read:
                    self._env.append((asking.constant_name(self._module, name), node))
                self._push(
                    (each for each in ast.iter_child_nodes(node) if each is not owner), scope
                )
                return
        self._push(ast.iter_child_nodes(node), scope)

    def _use(self, chain: Chain, node: ast.expr, scope: _Scope | None, *, is_value: bool) -> None:
        self._look(chain, node)
        aliases, is_global = self._resolve(chain[0], scope)
        for alias in aliases:
            self._uses.setdefault((chain, is_value, alias), Use(chain, is_value, alias, node))
        if is_global:
            self._uses.setdefault((chain, is_value, None), Use(chain, is_value, None, node))
            mangled = _mangled(chain[0], scope)
            if mangled:
                other = (mangled, *chain[1:])
                self._uses.setdefault((other, is_value, None), Use(other, is_value, None, node))
        full = self._full(chain, scope)
        if full:
            self._bare(full, node)

    def _look(self, chain: Chain, node: ast.expr) -> None:
        if "__subclasses__" in chain:
            message = "which classes __subclasses__() finds is not known"
            self._blind.append(Blind(Extent.PROJECT, node, message))
        self._is_curious |= not asking.CURIOUS.isdisjoint(chain)
        self._reads_source |= not asking.READS_SOURCE.isdisjoint(chain)

    def _bare(self, full: Chain, node: ast.expr) -> None:
        """Note what the mere mention of a name of the standard library tells."""
        self._look(full, node)
        self._is_curious |= asking.looks_at_code(full)
        self._reads_source |= full == ("inspect", "stack")
        if full[:2] in asking.ENVIRONMENTS and not (full[2:] and full[2] in asking.WRITES):
            self._env.append(("*", node))
        elif blind := asking.blind_name(full):
            extent, message = blind
            self._blind.append(Blind(Extent[extent], node, message))

    def _resolve(self, name: str, scope: _Scope | None) -> tuple[tuple[Alias, ...], bool]:
        """Return the local imports that a name may be, and whether it may be the module's."""
        found: tuple[Alias, ...] = ()
        is_first = True
        while scope is not None:
            bound = scope.bindings
            if scope.class_name:
                # In the body itself a name may be the class's or, before it is bound, another's.
                found += scope.own(name) if is_first else ()
            elif name in bound.is_global:
                return (*found, *scope.own(name)), True
            elif name in bound.names:
                found += scope.own(name)
                if name not in bound.is_outer:
                    return found, False
            is_first = False
            scope = scope.parent
        return found, True

    def _full(self, chain: Chain, scope: _Scope | None) -> Chain:
        aliases, is_global = self._resolve(chain[0], scope)
        if len(aliases) == 1 and not aliases[0].level:
            return (*aliases[0].chain, *chain[1:])
        return self._module.full(chain) if is_global and not aliases else ()


def _with_parameters(bound: Bindings, arguments: ast.arguments) -> Bindings:
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    ends = (each for each in (arguments.vararg, arguments.kwarg) if each is not None)
    return bound._replace(names=bound.names | {each.arg for each in (*every, *ends)})


_PRIVATE = re.compile(r"__.*(?<!__)")


def _mangled(name: str, scope: _Scope | None) -> str:
    """Return how a name with two underscores reads inside of a class."""
    while scope is not None and not scope.class_name:
        scope = scope.parent
    if scope is None or not _PRIVATE.fullmatch(name):
        return ""
    return f"_{scope.class_name.lstrip('_')}{name}"
