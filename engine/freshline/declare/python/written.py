"""Statements as they are compared: without what cannot matter, in one way of writing."""

import ast
from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from freshline.declare.python import calm
from freshline.declare.python.module import Function, Module


class Manner(NamedTuple):
    """What is kept: annotations of a function of the module, and docstrings."""

    annotations: bool = False
    docstrings: bool = False


class _Scope(Enum):
    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"


class _Writing(NamedTuple):
    module: Module
    manner: Manner
    scope: _Scope = _Scope.MODULE


_Node = TypeVar("_Node", bound=ast.AST)


_KNOWN: WeakKeyDictionary[Module, dict[tuple[int, Manner], str]] = WeakKeyDictionary()


def written(module: Module, index: int, manner: Manner) -> str:
    """Return a top-level statement as it counts; its own text where it cannot be written anew."""
    known = _KNOWN.setdefault(module, {})
    if (index, manner) not in known:
        known[(index, manner)] = _written(module, module.statements[index].node, manner)
    return known[(index, manner)]


def _written(module: Module, node: ast.stmt, manner: Manner) -> str:
    try:
        code = ast.unparse(_cleaned(_Writing(module, manner), node))
    except (RecursionError, ValueError):
        lines = module.text.splitlines()[node.lineno - 1 : node.end_lineno]
        return f"source = {lines!r}"
    return f"source = {code!r}" if "\n#" in code else code


def _body(writing: _Writing, nodes: Sequence[ast.stmt], *, has_doc: bool = False) -> list[ast.stmt]:
    kept: list[ast.stmt] = []
    for index, node in enumerate(nodes):
        match node:
            case ast.Pass():
                continue
            case ast.Expr(value=ast.Constant(value=value) as constant):
                if index == 0 and has_doc and isinstance(value, str) and writing.manner.docstrings:
                    target = ast.Name("__doc__", ast.Store())
                    kept.append(ast.copy_location(ast.Assign([target], constant), node))
            case _:
                kept.append(_cleaned(writing, node))
    return kept or [ast.Pass()]


def _cleaned(writing: _Writing, node: ast.stmt) -> ast.stmt:
    """Return a statement without what does not count. What it does not change it shares."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _function(writing, node)
        case ast.ClassDef():
            inner = writing._replace(scope=_Scope.CLASS)
            return _with(
                node,
                body=_body(inner, node.body, has_doc=True),
                decorator_list=_decorators(writing.module, node),
            )
        case ast.AnnAssign():
            return _annotated(writing, node)
        case ast.Match():
            return _with(node, cases=[_with(c, body=_body(writing, c.body)) for c in node.cases])
        case ast.Try() | ast.TryStar():
            handlers = [_with(each, body=_body(writing, each.body)) for each in node.handlers]
            return _with(_blocks(writing, node), handlers=handlers)
        case _:
            return _blocks(writing, node) if hasattr(node, "body") else node


def _blocks(writing: _Writing, node: ast.stmt) -> ast.stmt:
    names = [name for name in ("body", "orelse", "finalbody") if getattr(node, name, None)]
    return _with(node, **{name: _body(writing, getattr(node, name)) for name in names})


def _with(node: _Node, **changes: object) -> _Node:
    fields = {name: getattr(node, name, None) for name in node._fields}
    made = type(node)(**{**fields, **changes})
    return ast.copy_location(made, node)


def _annotated(writing: _Writing, node: ast.AnnAssign) -> ast.stmt:
    """Keep the annotations of a class's fields, by which dataclasses are made."""
    if writing.scope is _Scope.CLASS:
        return _with(node, annotation=_parsed(node.annotation))
    if writing.scope is _Scope.MODULE and writing.manner.annotations:
        return node
    if node.value is not None:
        return ast.copy_location(ast.Assign([node.target], node.value), node)
    if isinstance(node.target, ast.Name):
        return _with(node, annotation=ast.Constant(None))  # it makes the name a local one
    return ast.copy_location(ast.Pass(), node)


def _function(writing: _Writing, node: Function) -> ast.stmt:
    keeps = writing.manner.annotations or writing.scope is not _Scope.MODULE
    inner = writing._replace(scope=_Scope.FUNCTION)
    return _with(
        node,
        args=_with_annotations(node.args, _parsed if keeps else _left_out),
        body=_body(inner, node.body, has_doc=True),
        decorator_list=_decorators(writing.module, node),
        returns=_parsed(node.returns) if keeps else None,
    )


def _decorators(module: Module, node: Function | ast.ClassDef) -> list[ast.expr]:
    return [each for each in node.decorator_list if not calm.is_freshline(module, each)]


def _with_annotations(
    arguments: ast.arguments, change: Callable[[ast.expr | None], ast.expr | None]
) -> ast.arguments:
    def changed(each: ast.arg) -> ast.arg:
        return _with(each, annotation=change(each.annotation))

    ends = [each and changed(each) for each in (arguments.vararg, arguments.kwarg)]
    return _with(
        arguments,
        posonlyargs=[changed(each) for each in arguments.posonlyargs],
        args=[changed(each) for each in arguments.args],
        kwonlyargs=[changed(each) for each in arguments.kwonlyargs],
        vararg=ends[0],
        kwarg=ends[1],
    )


def _left_out(annotation: ast.expr | None) -> None:
    del annotation


def _parsed(annotation: ast.expr | None) -> ast.expr | None:
    """Return an annotation that is a string as the expression that it is."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return ast.parse(annotation.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return annotation
    return annotation
