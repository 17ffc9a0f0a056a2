"""Code that cannot be imported: what went wrong, where in the project, and how it came there."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from freshline.calls import Frame, FunctionKind, Raised, ToldFile
from freshline.declare.declared import FileDeclared
from freshline.declare.outputs import beside
from freshline.declare.python.nodes import Given, argument
from freshline.declare.python.places import PythonSource
from freshline.declare.python.version import Surroundings
from freshline.declare.report import Quote, Report, Stretch
from freshline.declare.text import legible, shown
from freshline.errors import Diagnostic, Span
from freshline.keys import key_problem

_DECORATED = re.compile(
    r"^@(?:freshline\.)?asset\b(?:\((?P<said>[^@]{0,2000}?)\))?[^\n]*\n"
    r"(?:@[^\n]*\n)*(?:async )?def (?P<name>\w+)",
    re.MULTILINE,
)
_KEY = re.compile(r"""\bkey\s*=\s*(?P<quote>["'])(?P<key>[\w.]+)(?P=quote)""")
_LOCATION = "location "  # how the type of what is said of a location begins
_MOST_RELATED = 3
_MOST_MESSAGE = 500


def failed_import(
    told: ToldFile, otherwise: Quote, around: Surroundings, asset: str | None = None
) -> Diagnostic:
    """Return what is to be said of a file or function that a worker could not import.

    It points at the innermost line of the project's code, `otherwise` where there is none; the
    lines that led there are related. Of a location that is not ready the same is said for each of
    its files, and of none in particular.
    """
    error = told.error or Raised(type="nothing", message="no function was found there")
    frames = [each for each in error.frames if each.is_user and each.file]
    place = _quote(frames[-1], around) if frames else otherwise
    if error.type.startswith(_LOCATION):
        message, _, fix = error.message.partition("\n")
        return Diagnostic(
            code="E124",
            message=legible(message),
            span=place.span,
            excerpt=place.line,
            fix=legible(fix),
        )
    related = [(_quote(each, around).span, _led(each)) for each in reversed(frames[:-1])]
    if frames and told.file != otherwise.span.file:
        related.append((otherwise.span, "named here"))
    return Diagnostic(
        code="E121",
        message=legible(f"{told.file} cannot be imported: {_words(error)}"),
        span=place.span,
        excerpt=place.line,
        fix=legible(_fix(told.file, error, is_found=bool(frames))),
        related=tuple(dict.fromkeys(related))[:_MOST_RELATED],
        asset=asset,
    )


def _words(error: Raised) -> str:
    first = error.message.strip().partition("\n")[0][:_MOST_MESSAGE]
    return f"{error.type}: {first}" if first else error.type


def _fix(what: str, error: Raised, *, is_found: bool) -> str:
    name = error.type.rpartition(".")[2]
    module, _, function = what.partition(":")
    if name == "ModuleNotFoundError":
        missing = error.message.partition("'")[2].partition("'")[0]
        if function and f"{module}.".startswith(f"{missing}."):
            return f"write {missing.replace('.', '/')}.py, or name a module that is there"
        package = f"`{missing.partition('.')[0]}`" if missing else "what is missing"
        return f"install {package} for its location, or add it to the location's `requirements:`"
    if name in ("SyntaxError", "IndentationError", "TabError"):
        return "mend the line, or give the location a `python:` that knows this syntax"
    if function and not is_found:
        return f"name a function of {module}"
    return "mend it; whatever does not need it goes on"


def _led(frame: Frame) -> str:
    if frame.function in ("", "<module>"):
        return "imported from here"
    return f"called from {frame.function}"


def _quote(frame: Frame, around: Surroundings) -> Quote:
    """Return the line of a frame as a place, and all of it that is not space."""
    span = Span(file=frame.file, line=max(1, frame.line), column=1)
    line = around.quote(span).line or shown(frame.text)
    indent = len(line) - len(line.lstrip())
    return Quote(replace(span, column=indent + 1, length=max(1, len(line.strip()))), line)


def broken_file(
    python: PythonSource, told: ToldFile, folder: str, around: Surroundings
) -> FileDeclared:
    """Return what is known of a file that cannot be imported: the keys that its text shows.

    They are broken, all for the one reason.
    """
    report = Report(python.text)
    keys = {key: report.quote(at) for key, at in _keys(python, folder)}
    first = next(iter(keys), None)
    otherwise = report.quote(Stretch(0, 1))
    problem = failed_import(told, otherwise, around, first)
    return FileDeclared(
        file=python.text.file,
        broken=tuple(keys),
        causes={key: problem.code for key in keys if key != problem.asset},
        places=keys,
        diagnostics=(problem,),
    )


def _keys(python: PythonSource, folder: str) -> Iterator[tuple[str, Stretch]]:
    """Yield the keys of the assets that a file declares, as far as its text spells them out."""
    if python.tree is None:
        yield from _keys_of_text(python, folder)
        return
    for node, kind, call in python.decorated():
        place = python.function(node.name, node.lineno)
        if kind is FunctionKind.ASSET:
            given = argument(python, call, "key", place.name).expression
            key = _constant(given) or beside(folder, node.name)
            if key_problem(key) is None:
                yield key, place.name
        elif kind is FunctionKind.MULTI_ASSET:
            yield from _keys_of_outputs(argument(python, call, "outputs", place.name), folder)


def _keys_of_outputs(outputs: Given, folder: str) -> Iterator[tuple[str, Stretch]]:
    match outputs.expression:
        case ast.Dict(keys=keys, values=values):
            for name, value in zip(keys, values, strict=True):
                given = value
                if isinstance(value, ast.Call):
                    words = (each.value for each in value.keywords if each.arg == "key")
                    given = next(words, value.args[0] if value.args else ast.Constant(None))
                key = _constant(given) or beside(folder, _constant(name))
                if key_problem(key) is None:
                    yield key, outputs.place
        case ast.List(elts=values) | ast.Tuple(elts=values):
            for value in values:
                key = beside(folder, _constant(value))
                if key_problem(key) is None:
                    yield key, outputs.place
        case _:
            pass


def _constant(node: ast.expr | None) -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if isinstance(node, ast.Constant) and is_text else ""


def _keys_of_text(python: PythonSource, folder: str) -> Iterator[tuple[str, Stretch]]:
    """Yield the same of a file that does not parse: by the lines that look like decorators."""
    for found in _DECORATED.finditer(python.text.text):
        given = _KEY.search(found["said"] or "")
        key = given["key"] if given else beside(folder, found["name"])
        if key_problem(key) is None:
            yield key, Stretch(found.start("name"), found.end("name"))
