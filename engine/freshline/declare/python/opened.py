"""Files that code opens by a path that is written in it, as far as it can be told from its text."""

import ast
import posixpath
import re
from collections.abc import Callable

from freshline.declare.python.module import Chain, Module, chain_of

# Where a chain is assigned: the module, and the expression.
Lookup = Callable[[Module, Chain], tuple[Module, ast.expr] | None]

_NAMED = re.compile(r"[\w@%+=~,.()\-][\w@%+=~,.()\- /]*")
_DEEPEST = 20
_SAME = frozenset(("resolve", "absolute", "expanduser", "as_posix", "__fspath__"))
_JOIN = frozenset((("os", "path", "join"), ("posixpath", "join")))
_WRAP = frozenset(
    (
        *(("os", "path", name) for name in ("abspath", "normpath", "realpath", "expanduser")),
        *(("pathlib", name) for name in ("Path", "PurePath", "PosixPath", "PurePosixPath")),
        *(("builtins", "str"), ("os", "fspath"), ("os", "fsdecode")),
    )
)


def is_named(text: str) -> bool:
    """Say whether a string looks like the path of a file in the project."""
    if not 0 < len(text) <= 240 or "\n" in text or not ("." in text or "/" in text):
        return False
    return _NAMED.fullmatch(text) is not None


def path_of(module: Module, node: ast.expr, lookup: Lookup, depth: int = 0) -> str | None:
    """Return the path, from the project's root, that an expression is; None if it is not known."""
    if depth > _DEEPEST:
        return None
    found: str | None = None
    match node:
        case ast.Constant(value=str(text)):
            found = text
        case ast.Name(id="__file__"):
            found = module.file
        case ast.Name() | ast.Attribute() if place := _assigned(module, node, lookup):
            found = path_of(*place, lookup, depth + 1)
        case ast.Attribute(value=value, attr="parent"):
            found = _parent(path_of(module, value, lookup, depth + 1), 1)
        case ast.Subscript(
            value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int(index))
        ):
            found = _parent(path_of(module, value, lookup, depth + 1), index + 1)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            found = _joined(module, (left, right), lookup, depth)
        case ast.JoinedStr(values=values):
            found = _concatenated(module, values, lookup, depth)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            found = _concatenated(module, [left, right], lookup, depth)
        case ast.FormattedValue(value=value):
            found = path_of(module, value, lookup, depth + 1)
        case ast.Call():
            found = _of_call(module, node, lookup, depth)
        case _:
            pass
    return found


def folder_of(module: Module, node: ast.expr, lookup: Lookup) -> str | None:
    """Return the folder that an expression joins with a name, where only the folder is known."""
    match node:
        case ast.BinOp(left=left, op=ast.Div()):
            return path_of(module, left, lookup)
        case ast.Call(func=ast.Attribute(value=owner, attr="joinpath")):
            return path_of(module, owner, lookup)
        case ast.Call(args=[first, _, *_]):
            return path_of(module, first, lookup)
        case _:
            return None


def _assigned(
    module: Module, node: ast.Name | ast.Attribute, lookup: Lookup
) -> tuple[Module, ast.expr] | None:
    chain = chain_of(node)
    return lookup(module, chain) if chain else None


def _of_call(module: Module, node: ast.Call, lookup: Lookup, depth: int) -> str | None:
    chain = chain_of(node.func)
    full = module.full(chain) if chain else ()
    if full in _JOIN:
        return _joined(module, node.args, lookup, depth)
    if full in _WRAP:
        return _joined(module, node.args, lookup, depth) if node.args else "."
    if full == ("os", "path", "dirname") and node.args:
        return _parent(path_of(module, node.args[0], lookup, depth + 1), 1)
    if full in (("pathlib", "Path", "cwd"), ("os", "getcwd")):
        return "."
    if full in (("importlib", "resources", "files"), ("importlib", "resources", "path")):
        return _package(node)
    if not isinstance(node.func, ast.Attribute):
        return None
    owner = path_of(module, node.func.value, lookup, depth + 1)
    if owner is None:
        return None
    match node.func.attr, node.args:
        case "joinpath", [*parts]:
            return _joined(module, (node.func.value, *parts), lookup, depth)
        case "with_name", [ast.Constant(value=str(name))]:
            return posixpath.join(posixpath.dirname(owner), name)
        case "with_suffix", [ast.Constant(value=str(suffix))]:
            return posixpath.splitext(owner)[0] + suffix
        case name, _ if name in _SAME:
            return owner
        case _:
            return None


def _package(node: ast.Call) -> str | None:
    """Return the folder of a package that is named by a constant."""
    match node.args:
        case [ast.Constant(value=str(name))]:
            return name.replace(".", "/")
        case [ast.Constant(value=str(name)), ast.Constant(value=str(file))]:
            return f"{name.replace('.', '/')}/{file}"
        case _:
            return None


def _joined(
    module: Module, nodes: tuple[ast.expr, ...] | list[ast.expr], lookup: Lookup, depth: int
) -> str | None:
    parts = [path_of(module, node, lookup, depth + 1) for node in nodes]
    known = [part for part in parts if part is not None]
    return posixpath.join(*known) if known and len(known) == len(parts) else None


def _concatenated(module: Module, nodes: list[ast.expr], lookup: Lookup, depth: int) -> str | None:
    parts = [path_of(module, node, lookup, depth + 1) for node in nodes]
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None


def _parent(path: str | None, steps: int) -> str | None:
    if path is None:
        return None
    path = posixpath.normpath(path)
    for _ in range(steps):
        path = posixpath.dirname(path)
    return path or "."


def inside(path: str) -> str | None:
    """Return a path as it is written from the root of the project; None for what is outside."""
    path = posixpath.normpath(path)
    return None if path.startswith(("/", "..")) or path == "." else path
