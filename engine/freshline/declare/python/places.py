"""Where things stand in a Python file: functions, their parameters, and the words of decorators."""

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from freshline.calls import FunctionKind
from freshline.declare.report import Stretch
from freshline.declare.text import SourceText

Function = ast.FunctionDef | ast.AsyncFunctionDef
_OURS = frozenset(FunctionKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A decorated function in its file: its name, its parameters, and the call that decorates it.

    `decorator` is where the decorator's name stands, `call` is None where it has no arguments.
    """

    name: Stretch
    whole: Stretch
    decorator: Stretch
    call: ast.Call | None = None
    parameters: Mapping[str, Stretch] = field(default_factory=dict[str, Stretch])


class PythonSource:
    """A Python file's text and, where this Python can parse it, its syntax tree."""

    def __init__(self, text: SourceText) -> None:
        self.text = text
        self.tree = _parsed(text.text)
        nodes = tuple(_statements(self.tree)) if self.tree else ()
        self._ours: Mapping[str, FunctionKind] = _names(nodes)
        self._functions = tuple(node for node in nodes if isinstance(node, Function))

    def function(self, name: str, line: int) -> Place:
        """Return the place of the function that a worker found at a line; the line, if no more."""
        own = name.rpartition(".")[2]
        # A name of the module may be another than the one behind `def`.
        found = [each for each in self._functions if each.name == own]
        for among in (found, self._functions):
            for node in among:
                if _first_line(node) <= line <= _last_line(node):
                    return self._place(node)
        if found:
            return self._place(found[-1])
        whole = self._line(line)
        return Place(name=whole, whole=whole, decorator=whole)

    def decorated(self) -> Iterator[tuple[Function, FunctionKind, ast.Call | None]]:
        """Yield the functions at the top of the file that decorators of ours make something of."""
        for node in self.tree.body if self.tree else ():
            if isinstance(node, Function):
                for decorator in node.decorator_list:
                    kind = self._kind(decorator)
                    if kind is not None:
                        yield node, kind, decorator if isinstance(decorator, ast.Call) else None

    def stretch(self, node: ast.AST) -> Stretch:
        """Return the characters that a part of the tree is made of."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end_line, end_column = getattr(node, "end_lineno", line), getattr(node, "end_col_offset", 0)
        start = self._offset(line, column)
        return Stretch(start, max(start + 1, self._offset(end_line, end_column)))

    def name_of(self, keyword: ast.keyword) -> Stretch:
        """Return where the name of an argument stands."""
        start = self.stretch(keyword).start
        return Stretch(start, start + len(keyword.arg or "**"))

    def _place(self, node: Function) -> Place:
        whole = self.stretch(node)
        first = min((self.stretch(each).start for each in node.decorator_list), default=whole.start)
        words = self.text.text.find(node.name, self._offset(node.lineno, node.col_offset) + 3)
        name = Stretch(words, words + len(node.name)) if words >= 0 else whole
        ours = [each for each in node.decorator_list if self._kind(each) is not None]
        ours = ours or [each for each in node.decorator_list if isinstance(each, ast.Call)]
        decorator, call = name, None
        if ours:
            call = ours[0] if isinstance(ours[0], ast.Call) else None
            decorator = self.stretch(call.func if call is not None else ours[0])
        arguments = node.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        places = {each.arg: self.stretch(each) for each in every}
        named = {arg: Stretch(at.start, at.start + len(arg)) for arg, at in places.items()}
        return Place(
            name=name,
            whole=Stretch(first, whole.end),
            decorator=decorator,
            call=call,
            parameters=named,
        )

    def _kind(self, decorator: ast.expr) -> FunctionKind | None:
        """Return what a decorator makes of a function, None where it is not one of ours."""
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        match node:
            case ast.Name(id=name):
                return self._ours.get(name)
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                is_ours = self._ours.get(f"{module}.") is not None
                return FunctionKind(name) if is_ours and name in _OURS else None
            case _:
                return None

    def _line(self, line: int) -> Stretch:
        row = max(1, min(line, len(self.text.begins)))
        text = self.text.text[self.text.begins[row - 1] :].partition("\n")[0]
        indent = len(text) - len(text.lstrip())
        start = self.text.begins[row - 1] + indent
        return Stretch(start, start + max(1, len(text.strip())))

    def _offset(self, line: int, column: int) -> int:
        """Return the offset of a place that Python gives by its line and its bytes of UTF-8."""
        if line > len(self.text.begins):
            return len(self.text.text)
        begin = self.text.begins[line - 1]
        end = self.text.begins[line] if line < len(self.text.begins) else len(self.text.text)
        row = self.text.text[begin:end]
        if row.isascii():
            return begin + min(column, len(row))
        return begin + len(row.encode()[:column].decode(errors="ignore"))


def _parsed(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None  # of a later Python, perhaps: the worker's has the say


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield all statements, at every depth: no expression holds one."""
    found: list[ast.AST] = [tree]
    for node in found:  # it grows meanwhile
        if not isinstance(node, ast.expr):
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                found += getattr(node, name, ())
        yield node


def _names(nodes: Iterable[ast.AST]) -> Mapping[str, FunctionKind]:
    """Return what our decorators are called in a file; a module has a dot behind its name."""
    names: dict[str, FunctionKind] = {}
    for node in nodes:
        match node:
            case ast.ImportFrom(module="freshline", names=imported):
                for each in imported:
                    if each.name in _OURS:
                        names[each.asname or each.name] = FunctionKind(each.name)
                    elif each.name == "*":
                        names |= {kind.value: kind for kind in FunctionKind}
            case ast.Import(names=imported):
                for each in imported:
                    if each.name == "freshline":
                        names[f"{each.asname or each.name}."] = FunctionKind.ASSET
            case _:
                pass
    return names


def _first_line(node: Function) -> int:
    return min((each.lineno for each in node.decorator_list), default=node.lineno)


def _last_line(node: Function) -> int:
    return node.end_lineno or node.lineno
