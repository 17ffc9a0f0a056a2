"""Loading: imports what it is asked to and tells what each file declares, or why it cannot."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from freshline.sdk.declaring import DECLARED
from freshline.sdk.specs import spec_of
from freshline.worker.frames import FrameError
from freshline.worker.modules import module_of, open_project
from freshline.worker.packages import Imports
from freshline.worker.raised import fault, raised

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from freshline.worker.serving import Line

    Told = dict[str, object]


class Wrong(NamedTuple):
    """A declaration that cannot be used: where it stands, and why."""

    file: str
    line: int
    message: str


def run_load(line: Line, asked: Mapping[str, object]) -> None:
    """Answer a load message: one `told` for each file and each function, and `loaded`."""
    root = str(asked["root"])
    open_project(root, _texts(asked.get("path")))
    with Imports() as imports:
        for name in _texts(asked.get("files")):
            _tell(line, name, load_file(root, name, imports))
        for name in _texts(asked.get("functions")):
            _tell(line, name, load_function(root, name, imports))
    line.send("loaded")


def _tell(line: Line, name: str, told: Told) -> None:
    """Send what was told, or that it cannot be sent."""
    if not line.is_ours:
        os._exit(0)  # a fork that came back from the import of a file
    try:
        line.send("told", file=told)
    except (FrameError, TypeError, ValueError) as error:
        message = f"what this file declares is no plain data: {error}"
        line.send("told", file={"file": name, "error": fault("ValueError", message)})


def _texts(given: object) -> list[str]:
    return [str(each) for each in given] if isinstance(given, list) else []


def load_file(root: str, name: str, imports: Imports) -> Told:
    """Return the ToldFile of a file below the root."""

    def functions(module: ModuleType) -> list[Told]:
        return _declared(module, name)

    told = _loaded(root, name, name, functions)
    return {**told, "packages": imports.packages(name[:-3].replace("/", "."))}


def load_function(root: str, name: str, imports: Imports) -> Told:
    """Return the ToldFile of module:function, with that function alone."""

    def functions(module: ModuleType) -> list[Told]:
        function = function_named(module, name)
        return [_described(function, name.partition(":")[2], module, name)]

    module = name.partition(":")[0]
    told = _loaded(root, name, module, functions)
    return {**told, "packages": imports.packages(module)}


def _loaded(
    root: str, name: str, module: str, functions: Callable[[ModuleType], list[Told]]
) -> Told:
    """Return what `functions` makes of a module, or the error of its import."""
    told: Told = {"file": name}
    try:
        told["functions"] = functions(module_of(root, module))
    except Unusable as error:
        told["error"] = fault("TypeError", error.wrong.message, [error.frame])
    except SystemExit as error:
        message = f"it ends the process, with sys.exit({error.code!r})"
        told["error"] = {**raised(error, root), "message": message}
    except BaseException as error:  # also KeyboardInterrupt: the file is broken, others go on
        told["error"] = raised(error, root)
    return told


class Unusable(TypeError):
    """A declaration that cannot be used, with the place of its function."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong.message)
        self.wrong = wrong
        self.frame: list[object] = [wrong.file, wrong.line, "", "", True]


def function_named(module: ModuleType, name: str) -> Callable[..., object]:
    """Return the function that module:name or file.py:name names.

    AttributeError with the likely one where there is none, TypeError where it cannot be called.
    """
    path = name.partition(":")[2]
    found: object = module
    for part in path.split("."):
        inner = getattr(found, part, None)
        if inner is None and not hasattr(found, part):
            raise AttributeError(_no_function(name, part, found))
        found = inner
    if not callable(found):
        raise TypeError(f"{name} is {type(found).__name__}, no function")
    return found


def _no_function(name: str, part: str, found: object) -> str:
    from difflib import get_close_matches

    own = getattr(found, "__name__", "")
    names = [
        each
        for each, value in vars(found).items()
        if callable(value) and each[:1] != "_" and getattr(value, "__module__", own) == own
    ]
    close = get_close_matches(part, names, 1)
    hint = f": did you mean {close[0]!r}?" if close else ""
    return f"{name.partition(':')[0]} has no function {part!r}{hint}"


def _declared(module: ModuleType, file: str) -> list[Told]:
    """Return all functions of a module that a decorator was put on, by their place."""
    named: dict[int, tuple[str, Callable[..., object]]] = {}
    for name, value in list(vars(module).items()):
        spec = spec_of(value) if callable(value) else None
        if spec is not None and getattr(value, "__module__", None) == module.__name__:
            if id(spec) not in named or name == getattr(value, "__name__", ""):
                named[id(spec)] = (name, value)
    for function in DECLARED:
        if getattr(function, "__module__", None) == module.__name__:
            if id(spec_of(function)) not in named:
                raise Unusable(_unnamed(function, file))
    told = [_described(value, name, module, file) for name, value in named.values()]
    return sorted(told, key=lambda each: (each["line"], each["name"]))


def _unnamed(function: Callable[..., object], file: str) -> Wrong:
    name = getattr(function, "__name__", "a function")
    why = "another of that name comes after it" if name else ""
    return Wrong(
        file,
        _line(function),
        f"{name} is declared, but no name of the module holds it: {why}, or it is made inside "
        "a function; give each a name of its own at the top level of the file",
    )


def _described(function: Callable[..., object], name: str, module: ModuleType, file: str) -> Told:
    from freshline.worker.telling import told_function

    try:
        return told_function(function, name)
    except TypeError as error:
        place = file if file.endswith(".py") else str(getattr(module, "__file__", file))
        raise Unusable(Wrong(place, _line(function), str(error))) from error


def _line(function: Callable[..., object]) -> int:
    from freshline.worker.telling import line_of

    return line_of(function)
