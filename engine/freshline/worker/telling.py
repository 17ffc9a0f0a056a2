"""What a function declares, as the plain data that Freshline is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshline.sdk.specs import Input, spec_of
from freshline.worker.annotations import spelled, unwrapped
from freshline.worker.parameters import signature_of
from freshline.worker.schemas import schema_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from freshline.sdk.specs import Output, Spec
    from freshline.worker.parameters import Signature

    Told = dict[str, object]


def told_function(function: Callable[..., object], name: str) -> Told:
    """Return the ToldFunction of a function; TypeError where something of it cannot be told.

    A function without a decorator, as `run:` names one, is told as an asset.
    """
    signature = signature_of(function)
    line, end = lines_of(function)
    told: Told = {
        "kind": "asset",
        "name": name,
        "line": line,
        "end": end,
        "parameters": _parameters(signature),
        "inputs": {},
        "description": _docstring(function),
        "context": signature.named("context"),
        "config": signature.named("config"),
        "returns": signature.returns.form if signature.returns.role == "input" else "rows",
        "outputs": [{"name": ""}],
    }
    spec = spec_of(function)
    inputs = {each.name: each.wish.input for each in signature.parameters if each.wish.input}
    if spec is not None:
        inputs.update(spec.inputs)
        told.update(_said(spec))
    told["inputs"] = {each: _input(each, value) for each, value in inputs.items()}
    for parameter in signature.parameters:
        if parameter.wish.role == "config":
            told["config_schema"] = schema_of(parameter.wish.type)
    return told


def _said(spec: Spec) -> Told:
    """Return what the decorator said itself."""
    told: Told = {
        "kind": spec.kind,
        "key": spec.key,
        "settings": plain("settings", spec.settings),
        "pure": spec.pure,
        "code_version": spec.code_version,
        "subset": spec.subset,
        "reads_env": list(spec.reads_env),
        "of": spec.of,
    }
    if spec.kind == "asset":
        told["outputs"] = [{"name": "", "key": spec.key, "settings": told["settings"]}]
    elif spec.kind == "multi_asset":
        told["outputs"] = [_output(name, output) for name, output in spec.outputs.items()]
    else:
        told["outputs"] = []
    return told


def _parameters(signature: Signature) -> list[Told]:
    told: list[Told] = []
    for name, wish, has_default in signature.parameters:
        if wish.role not in ("input", "resource"):
            continue
        told.append(
            {
                "name": name,
                "form": wish.form,
                "has_default": has_default,
                "resource": spelled(wish.type) if wish.role == "resource" else "",
            }
        )
    return told


def _input(name: str, given: Input) -> Told:
    columns = None if given.columns is None else list(given.columns)
    return {
        "key": given.key or name,
        "columns": columns,
        "optional": given.optional,
        "trigger": given.trigger,
        "ignore_checks": given.ignore_checks,
    }


def _output(name: str, output: Output) -> Told:
    return {
        "name": name,
        "key": output.key,
        "optional": output.optional,
        "settings": plain(f"outputs[{name!r}]", output.settings),
    }


def _docstring(function: Callable[..., object]) -> str:
    """Return the docstring without the indentation of its later lines."""
    text = getattr(function, "__doc__", None)
    if not isinstance(text, str):
        return ""
    first, *rest = text.expandtabs().strip().splitlines() or [""]
    margin = min((len(each) - len(each.lstrip()) for each in rest if each.strip()), default=0)
    return "\n".join([first, *(each[margin:].rstrip() for each in rest)]).strip()


def line_of(function: Callable[..., object]) -> int:
    """Return the line that a function's `def` stands in."""
    first, _, node = _found(function)
    return first if node is None else int(node.lineno)


def lines_of(function: Callable[..., object]) -> tuple[int, int]:
    """Return the first line, of the first decorator, and the last one of a function."""
    first, last, _ = _found(function)
    return first, last


def _found(function: Callable[..., object]) -> tuple[int, int, Any]:
    """Return the lines of a function, and its node in the tree of its file."""
    code = getattr(unwrapped(function), "__code__", None)
    if code is None:
        return 1, 1, None
    import linecache

    first: int = code.co_firstlineno
    for node in _functions("".join(linecache.getlines(code.co_filename)), code.co_filename):
        decorators = getattr(node, "decorator_list", [])
        if min([node.lineno, *(each.lineno for each in decorators)]) == first:
            return first, node.end_lineno or first, node
    return first, first, None


_PARSED: dict[str, list[Any]] = {}  # by file: a load parses each once


def _functions(text: str, file: str) -> list[Any]:
    if file not in _PARSED:
        import ast

        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            _PARSED[file] = []
        else:
            kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
            _PARSED[file] = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return _PARSED[file]


def plain(what: str, given: Any) -> object:
    """Return settings as JSON can hold them, with dates and numbers as texts where they need be.

    TypeError with the place of what is no plain data.
    """
    if given is None or isinstance(given, (bool, int, str)):
        return given
    if isinstance(given, float):
        if given - given != 0:
            raise TypeError(f"{what} is {given}, which no setting can be")
        return given
    if isinstance(given, dict) or hasattr(given, "items"):
        return {str(key): plain(f"{what}[{key!r}]", value) for key, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [plain(f"{what}[{index}]", value) for index, value in enumerate(given)]
    if isinstance(given, (set, frozenset)):
        return sorted((plain(what, value) for value in given), key=str)
    if hasattr(given, "isoformat"):
        return given.isoformat()
    if type(given).__name__ in ("Decimal", "UUID") or hasattr(given, "__fspath__"):
        return str(given)
    if hasattr(given, "value") and hasattr(given, "name"):  # a member of an Enum
        return plain(what, given.value)
    raise TypeError(f"{what} is of type {type(given).__name__}: settings are plain data")
