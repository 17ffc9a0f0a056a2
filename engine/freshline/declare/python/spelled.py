"""What decorators spell out in a Python file, read without running anything: for whoever looks."""

import ast
from collections.abc import Iterator

from freshline.declare import rules, source
from freshline.declare.python.nodes import argument, composed, item
from freshline.declare.python.places import PythonSource
from freshline.declare.report import Report, Stretch
from freshline.declare.section import Keys
from freshline.definitions import AssetDefinition


def spelled_out(
    report: Report, definition: AssetDefinition
) -> Iterator[tuple[source.Mapping, Keys]]:
    """Yield the settings of an asset's decorator, and of its output, that are literals.

    What a decorator computes is left out.
    """
    if definition.code is None:
        return
    python = PythonSource(report.text)
    name = definition.code.function.partition(":")[2]
    place = python.function(name, definition.sql.line)
    yield _literals(python, place.call, rules.DECORATOR, place.whole), rules.DECORATOR
    if definition.code.output:
        every = argument(python, place.call, "outputs", place.decorator)
        own = item(python, every, definition.code.output).expression
        call = own if isinstance(own, ast.Call) else None
        yield _literals(python, call, rules.OUTPUT, place.whole), rules.OUTPUT


def _literals(
    python: PythonSource, call: ast.Call | None, keys: Keys, whole: Stretch
) -> source.Mapping:
    settings: dict[str, object] = {}
    for word in call.keywords if call is not None else ():
        if word.arg in keys.known:
            try:
                settings[word.arg] = ast.literal_eval(word.value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
    return composed(python, settings, call, whole)
