"""What a decorator was given, as the nodes that YAML would give: the same readers read both.

The values are those that a worker told, since a decorator may compute them; where the source spells
them out, each has its own place there, and else that of the expression it comes from.
"""

import ast
import math
from collections.abc import Mapping
from typing import NamedTuple, cast

from freshline.declare import source
from freshline.declare.python.places import PythonSource
from freshline.declare.report import Stretch


class Given(NamedTuple):
    """An expression of the source and where it stands; without one, where its owner does."""

    place: Stretch
    expression: ast.expr | None = None


def composed(
    python: PythonSource,
    settings: Mapping[str, object],
    call: ast.Call | None,
    otherwise: Stretch,
) -> source.Mapping:
    """Return settings as a mapping of nodes, each at its keyword in the call that gave it."""
    words = {each.arg: each for each in call.keywords} if call is not None else {}
    entries: list[source.Entry] = []
    for name, value in settings.items():
        word = words.get(name)
        at = python.name_of(word) if word is not None else otherwise
        given = argument(python, call, name, otherwise)
        key = source.Scalar(at.start, at.end, name)
        entries.append(source.Entry(key, node_of(python, value, given)))
    where = python.stretch(call) if call is not None else otherwise
    return source.Mapping(where.start, where.end, tuple(entries))


def argument(
    python: PythonSource,
    call: ast.Call | None,
    name: str,
    otherwise: Stretch,
    position: int | None = None,
) -> Given:
    """Return the argument of that name, or at that position, of a call."""
    if call is not None:
        for each in call.keywords:
            if each.arg == name:
                return Given(python.stretch(each.value), each.value)
        if position is not None and position < len(call.args):
            found = call.args[position]
            return Given(python.stretch(found), found)
    return Given(otherwise)


def item(python: PythonSource, given: Given, key: str | int) -> Given:
    """Return what a dict or a list that is spelt out holds under a key; else the whole of it."""
    match given.expression:
        case ast.Dict(keys=keys, values=values):
            for each, value in zip(keys, values, strict=True):
                if isinstance(each, ast.Constant) and each.value == key:
                    return Given(python.stretch(value), value)
        case ast.List(elts=values) | ast.Tuple(elts=values) if isinstance(key, int):
            if key < len(values) and not any(isinstance(v, ast.Starred) for v in values):
                return Given(python.stretch(values[key]), values[key])
        case ast.Call(keywords=keywords) if isinstance(key, str):
            for word in keywords:
                if word.arg == key:
                    return Given(python.stretch(word.value), word.value)
        case _:
            pass
    return Given(given.place)


def key_of(python: PythonSource, given: Given, key: str) -> Stretch:
    """Return where a key of a dict stands that is spelt out; else the whole of it."""
    match given.expression:
        case ast.Dict(keys=keys):
            for each in keys:
                if isinstance(each, ast.Constant) and each.value == key:
                    return python.stretch(each)
        case ast.Call(keywords=keywords):
            for word in keywords:
                if word.arg == key:
                    return python.name_of(word)
        case _:
            pass
    return given.place


def node_of(python: PythonSource, value: object, given: Given) -> source.Node:
    """Return plain data as a node at the place of the expression that gave it."""
    start, end = given.place
    match value:
        case dict():
            entries: list[source.Entry] = []
            for name, inner in cast("dict[object, object]", value).items():
                at = key_of(python, given, str(name))
                key = source.Scalar(at.start, at.end, str(name), '"')
                entries.append(
                    source.Entry(key, node_of(python, inner, item(python, given, str(name))))
                )
            return source.Mapping(start, end, tuple(entries))
        case list() | tuple():
            items = cast("list[object]", value)
            nodes = [node_of(python, each, item(python, given, n)) for n, each in enumerate(items)]
            return source.Sequence(start, end, tuple(nodes))
        case _:
            return source.Scalar(start, end, *_spelled(value))


def _spelled(value: object) -> tuple[str, str]:
    """Return a value as YAML spells it, and the style that keeps a text a text."""
    match value:
        case None:
            return "null", ""
        case bool():
            return ("true" if value else "false"), ""
        case float() if math.isnan(value):
            return ".nan", ""
        case float() if math.isinf(value):
            return ("-.inf" if value < 0 else ".inf"), ""
        case int() | float():
            return str(value), ""
        case _:
            return str(value), '"'
