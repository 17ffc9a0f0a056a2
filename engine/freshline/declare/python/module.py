"""Modules by their text: top-level statements, the names these bind, and what imports bring."""

import ast
import builtins
import gc
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar

from freshline.errors import Span

Chain = tuple[str, ...]  # a name, and the attributes that are taken one from another

BUILTINS = frozenset((*dir(builtins), "__builtins__"))
Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Alias(NamedTuple):
    """A name that an import binds: to `module`, or to what that holds as `attribute`.

    `level` counts the dots of a relative import. `loads` is the module that the import runs, which
    is longer than `module` after `import a.b`, where the name `a` is bound. A star is the name `*`.
    """

    name: str
    module: str
    level: int = 0
    attribute: str = ""
    loads: str = ""

    @property
    def chain(self) -> Chain:
        """What it stands for, as absolute imports say it."""
        return (*self.module.split("."), *filter(None, (self.attribute,)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statement:
    """A statement of a module, outside of functions and classes.

    `is_import` says that it imports, and does nothing else.
    """

    index: int
    node: ast.stmt
    binds: frozenset[str]
    aliases: tuple[Alias, ...]
    is_import: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Module:
    """A module as its text says; `statements` is empty where `broken` tells why it cannot be read.

    `bound` has the indexes of the statements that bind a name, `aliases` the imports that do.
    """

    file: str
    text: str
    statements: tuple[Statement, ...] = ()
    bound: Mapping[str, tuple[int, ...]]
    aliases: Mapping[str, tuple[Alias, ...]]
    broken: str = ""
    docstring: str = ""

    @property
    def stars(self) -> tuple[Alias, ...]:
        """The imports that bring all public names of a module."""
        return self.aliases.get("*", ())

    def full(self, chain: Chain) -> Chain:
        """Return the chain as it reads from outside: `np.pi` is (numpy, pi), `len` (builtins, len).

        Empty for what the module binds itself, for what two imports bind, and for relative imports.
        """
        name, *rest = chain
        aliases = self.aliases.get(name, ())
        if not aliases and name not in self.bound and name in BUILTINS:
            return ("builtins", *chain)
        if len(aliases) != 1 or len(self.bound[name]) != 1 or aliases[0].level:
            return ()
        return (*aliases[0].chain, *rest)

    def value(self, name: str) -> ast.expr | None:
        """Return what the only statement that binds a name assigns to it, if it is that plain."""
        indexes = self.bound.get(name, ())
        if len(indexes) != 1:
            return None
        match self.statements[indexes[0]].node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return value
            case ast.AnnAssign(target=ast.Name(id=target), value=value) if target == name:
                return value
            case _:
                return None


def chain_of(node: ast.expr) -> Chain:
    """Return the chain that an expression is, empty for any other expression."""
    parts: deque[str] = deque()
    while isinstance(node, ast.Attribute):
        parts.appendleft(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ()
    parts.appendleft(node.id)
    return tuple(parts)


def aliases_of(node: ast.Import | ast.ImportFrom) -> Iterator[Alias]:
    """Give what each name of an import stands for."""
    for item in node.names:
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            name = item.asname or item.name
            attribute = "" if name == "*" else item.name
            yield Alias(name, module, node.level, attribute, module)
        elif item.asname is not None:
            yield Alias(item.asname, item.name, loads=item.name)
        else:
            first = item.name.partition(".")[0]
            yield Alias(first, first, loads=item.name)


class Bindings(NamedTuple):
    """What the statements of one scope bind, and which of it is another scope's."""

    names: frozenset[str]
    aliases: tuple[Alias, ...]
    is_global: frozenset[str]
    is_outer: frozenset[str]


def bindings_of(nodes: Iterable[ast.AST]) -> Bindings:
    """Return what these nodes bind in their own scope: bodies of functions and classes do not."""
    names: set[str] = set()
    aliases: list[Alias] = []
    is_global: set[str] = set()
    is_outer: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Name(id=name, ctx=context):
                if not isinstance(context, ast.Load):
                    names.add(name)
                continue
            case ast.Import() | ast.ImportFrom():
                found = tuple(aliases_of(node))
                aliases += found
                names.update(alias.name for alias in found)
                continue
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                names.add(node.name)
                waiting += (*node.decorator_list, *defaults_of(node.args))
                continue
            case ast.ClassDef():
                names.add(node.name)
                waiting += (*node.decorator_list, *node.bases, *node.keywords)
                continue
            case ast.Lambda():
                waiting += defaults_of(node.args)
                continue
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                waiting += _inside(node)  # only := binds outside of a comprehension
                continue
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                names.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                names.add(name)
            case ast.Global():
                is_global.update(node.names)
            case ast.Nonlocal():
                is_outer.update(node.names)
            case _:
                pass
        waiting += ast.iter_child_nodes(node)
    return Bindings(frozenset(names), tuple(aliases), frozenset(is_global), frozenset(is_outer))


def _inside(node: Comprehension) -> Iterator[ast.AST]:
    for part in node.generators:
        yield part.iter
        yield from part.ifs
    if isinstance(node, ast.DictComp):
        yield from (node.key, node.value)
    else:
        yield node.elt


def defaults_of(arguments: ast.arguments) -> Iterator[ast.expr]:
    """Give the defaults of parameters."""
    yield from arguments.defaults
    yield from (default for default in arguments.kw_defaults if default is not None)


@lru_cache(maxsize=1024)
def module_of(file: str, text: str) -> Module:
    """Return what the text of a file holds as a module. What cannot be read is told in `broken`."""
    try:
        # Editors of some systems begin a file with a mark that Python passes over.
        tree = _parsed(file, text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return _broken(file, text, str(error) or type(error).__name__)
    body = tree.body
    never = _Never(body)
    if never.is_found:
        body = list(never.that_run(body))
    statements = tuple(_statement(index, n) for index, n in enumerate(filter(_does, body)))
    return Module(
        file=file,
        text=text,
        statements=statements,
        bound=_gathered((name, each.index) for each in statements for name in each.binds),
        aliases=_gathered((alias.name, alias) for each in statements for alias in each.aliases),
        docstring=ast.get_docstring(tree, clean=False) or "",
    )


_Value = TypeVar("_Value")


def _parsed(file: str, text: str) -> ast.Module:
    """Parse, without the collector's looking through all the new nodes: none is garbage."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text, file)
    finally:
        if is_enabled:
            gc.enable()


def _does(node: ast.stmt) -> bool:
    """Say whether a statement does anything: a docstring does not."""
    is_constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return not is_constant and not isinstance(node, ast.Pass)


def _gathered(pairs: Iterable[tuple[str, _Value]]) -> dict[str, tuple[_Value, ...]]:
    lists: dict[str, list[_Value]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in lists.items()}


def _statement(index: int, node: ast.stmt) -> Statement:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        plain = not node.decorator_list
        if plain and isinstance(node, ast.ClassDef) and not (node.bases or node.keywords):
            return Statement(index=index, node=node, binds=frozenset((node.name,)), aliases=())
    found = bindings_of((node,))
    return Statement(
        index=index,
        node=node,
        binds=found.names,
        aliases=found.aliases,
        is_import=isinstance(node, ast.Import | ast.ImportFrom),
    )


class _Never:
    """The tests that are false in every module that is imported here: of types, and of scripts."""

    def __init__(self, body: list[ast.stmt]) -> None:
        self.is_found = any(isinstance(node, ast.If) for node in body)
        if not self.is_found:
            return
        bound = bindings_of(body)
        self._aliases = [alias for alias in bound.aliases if alias.module in _TYPING]
        others = [alias.name for alias in bound.aliases if alias.module not in _TYPING]
        self._others = {*others, *_assigned(body)}
        self._is_name_bound = "__name__" in bound.names

    def that_run(self, body: list[ast.stmt]) -> Iterator[ast.stmt]:
        """Give the statements that run; those below a test that is false do not."""
        waiting = deque(body)
        while waiting:
            node = waiting.popleft()
            match node:
                case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=test)) if self._has(test):
                    waiting.extendleft(reversed(node.body))
                case ast.If(test=test) if self._has(test):
                    waiting.extendleft(reversed(node.orelse))
                case _:
                    yield node

    def _has(self, test: ast.expr) -> bool:
        match test:
            case ast.Name(id=name):
                return name not in self._others and any(
                    a.name == name and a.attribute == "TYPE_CHECKING" for a in self._aliases
                )
            case ast.Attribute(value=ast.Name(id=name), attr="TYPE_CHECKING"):
                return name not in self._others and any(
                    a.name == name and not a.attribute for a in self._aliases
                )
            case ast.Compare(
                left=ast.Name(id="__name__"),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value="__main__")],
            ):
                return not self._is_name_bound
            case _:
                return False


_TYPING = ("typing", "typing_extensions")


def _assigned(body: list[ast.stmt]) -> frozenset[str]:
    return bindings_of(n for n in body if not isinstance(n, ast.Import | ast.ImportFrom)).names


_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import\b[ \t]*(\([^)]*\)|[^\n;#]*)"
    r"|import[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*))",
    re.MULTILINE,
)


def _broken(file: str, text: str, message: str) -> Module:
    """Return a module that is its raw text; its imports are guessed, and are taken as a whole."""
    aliases: list[tuple[str, Alias]] = []
    for dots, module, names, modules in _IMPORT.findall(text):
        for name in re.findall(r"[\w.]+", modules):
            aliases.append(("", Alias("", name, loads=name)))
        if not modules:
            aliases.append(("", Alias("", module, len(dots), loads=module)))
            inner = (f"{module}.{name}".strip(".") for name in re.findall(r"\w+", names))
            aliases += (("", Alias("", name, len(dots), loads=name)) for name in inner)
    return Module(file=file, text=text, bound={}, aliases=_gathered(aliases), broken=message)


def public_names(module: Module) -> tuple[str, ...] | None:
    """Return what `__all__` says; None without it, or where it is not written out."""
    value = module.value("__all__")
    if not isinstance(value, ast.List | ast.Tuple):
        return None
    names = [each.value for each in value.elts if isinstance(each, ast.Constant)]
    if len(names) != len(value.elts):
        return None
    return tuple(name for name in names if isinstance(name, str))


def span_of(module: Module, node: ast.AST) -> Span:
    """Return where a node stands."""
    line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    end = getattr(node, "end_col_offset", None)
    lines = _lines(module)
    text = lines[line - 1].encode() if line <= len(lines) else b""
    column = len(text[:offset].decode(errors="replace"))
    length = 1
    if end is not None and getattr(node, "end_lineno", line) == line:
        length = max(1, len(text[offset:end].decode(errors="replace")))
    return Span(file=module.file, line=line, column=column + 1, length=length)


@lru_cache(maxsize=64)
def _lines(module: Module) -> Sequence[str]:
    return module.text.split("\n")
