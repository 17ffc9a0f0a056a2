"""What a worker told of a Python file below assets/, as definitions with places in the source.

What a decorator was given goes through the readers of YAML, so that keys, defaults of folders,
overrides of environments and every message are the same; the places are those in the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from freshline.calls import FunctionKind, ToldFile, ToldFunction, ToldOutput
from freshline.code import Code, CodeCheck
from freshline.declare import rules
from freshline.declare.about import Scope
from freshline.declare.aside import without_broken
from freshline.declare.code import read_resources
from freshline.declare.config import placed
from freshline.declare.declared import CodeSaid, FileDeclared, Gathering
from freshline.declare.finishing import Whose, completed, triggers_of
from freshline.declare.locations import location_of
from freshline.declare.outputs import Output, beside, definitions, refuse_of_many
from freshline.declare.paths import ASSETS, better_segments
from freshline.declare.python.failed import broken_file
from freshline.declare.python.nodes import Given, argument, composed, item, key_of
from freshline.declare.python.places import PythonSource
from freshline.declare.python.reached import Reached
from freshline.declare.python.version import Surroundings
from freshline.declare.report import Placed, Quote, Report
from freshline.declare.section import LATER, Section, check_key
from freshline.declare.text import quoted, source_text
from freshline.definitions import AssetDefinition, SqlText
from freshline.keys import key_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A Python file while it is read."""

    python: PythonSource
    gathering: Gathering
    scope: Scope
    reach: Mapping[str, Reached]
    around: Surroundings
    packages: Mapping[str, str]

    @property
    def name(self) -> str:
        """The file's path."""
        return self.python.text.file

    @property
    def folder(self) -> str:
        """The beginning of the keys of what the file declares."""
        return self.name.removeprefix(ASSETS).rpartition("/")[0].replace("/", ".")


class _Function:
    """A decorated function: what was told of it, and where that stands."""

    def __init__(self, file: _File, told: ToldFunction) -> None:
        self.file, self.told = file, told
        self.place = file.python.function(told.name, told.line)
        self.report = file.gathering.report.part(self.place.whole)
        self.inputs = argument(file.python, self.place.call, "inputs", self.place.decorator)
        settings = told.settings
        node = composed(file.python, settings, self.place.call, self.place.decorator)
        keys = rules.DECORATED_CHECK if told.kind is FunctionKind.CHECK else rules.DECORATOR
        self.section = Section(self.report, node, keys)

    def argument(self, name: str, position: int | None = None) -> Given:
        """Return what the decorator was given under a name."""
        where = self.place.decorator
        return argument(self.file.python, self.place.call, name, where, position)


def declare_python_file(
    file: str,
    text: str,
    told: ToldFile,
    scope: Scope,
    reach: Mapping[str, Reached],
    around: Surroundings,
) -> FileDeclared:
    """Return what a Python file declares: an asset for each output of each decorated function.

    `scope` is `scope_of` the file, `reach` what each function reaches, by the function's name; of
    one that is not there the whole file counts. A file whose import failed gives the keys that its
    text shows as broken, and why.
    """
    report = Report(source_text(file, _in_lines(text)))
    python = PythonSource(report.text)
    values = replace(scope.values, process=around.process)
    gathering = Gathering(report)
    read = _File(
        python=python,
        gathering=gathering,
        scope=replace(scope, values=values),
        reach=reach,
        around=around,
        packages=told.packages,
    )
    if told.error is not None:
        return broken_file(python, told, read.folder, around)
    checks: list[CodeCheck] = []
    for function in told.functions:
        each = _Function(read, function)
        if function.kind is FunctionKind.CHECK:
            checks += _check(each)
        elif function.kind is FunctionKind.SOURCE:
            message = f"a source that code observes {LATER}"
            fix = "declare it under `sources:`, where `version:` says how changes are noticed"
            each.report.error("E104", each.place.decorator, message, fix)
        else:
            _assets(each)
    declared = replace(gathering.declared(), code_checks=tuple(checks))
    return replace(without_broken(declared, scope), process=dict(around.process.asked))


def _in_lines(text: str) -> str:
    """Return a text with its lines as Python counts them."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _assets(function: _Function) -> None:
    """Keep what a function makes: a definition for each of its outputs."""
    file, told, report = function.file, function.told, function.report
    outputs = _outputs(function)
    report.name(next((each.key for each in outputs if each.key), None))
    _check_inputs(function)
    said = _said(function)
    code = _code(function)
    sql = _source_of(function)
    triggers = triggers_of(told, lambda name: said.places.get(f"inputs.{name}", said.place))
    made: list[tuple[Output, AssetDefinition]] = []
    for output, asset, about in definitions(function.section, code, outputs, sql, file.scope):
        file.gathering.refuse_second(report, output.key, output.place)
        assert asset.code is not None
        own = replace(said, places={**said.places, **about.places})
        finished = _finished(function, asset.code, Whose(output.key, own))
        description = asset.description or told.description
        if finished is not None:
            asset = replace(asset, code=finished, description=description)
        asset = replace(asset, triggers=tuple(trigger for _, trigger in triggers))
        made.append((output, asset))
    for output, asset in made:  # one call makes all of them: what is wrong with one is with each
        file.gathering.keep(report, output.key or None, asset, output.place)


def _finished(function: _Function, code: Code, whose: Whose) -> Code | None:
    """Return code with all that is known of it; what is wrong with it joins the report."""
    file = function.file
    reached = file.reach.get(function.told.name)
    if reached is None:
        reached = Reached(text=file.python.text.text, files=(file.name,))
    finished, found = completed(code, whose, function.told, reached, file.scope, file.around)
    for each in found:
        function.report.add(function.place.name, each)
    return finished


def _outputs(function: _Function) -> tuple[Output, ...]:
    told, file, place = function.told, function.file, function.place
    if told.kind is FunctionKind.ASSET:
        given = function.argument("key")
        at: Placed = given.place if told.key is not None else place.name
        key = told.key if told.key is not None else beside(file.folder, told.name)
        key = key if _is_key(function, at, key, is_given=told.key is not None) else ""
        return (Output("", key, place.name, function.section),)
    refuse_of_many(function.section)
    every = function.argument("outputs")
    return tuple(_output(function, every, each) for each in told.outputs)


def _output(function: _Function, every: Given, told: ToldOutput) -> Output:
    """Return one of several outputs; what is said of it stands in the call of `Output`."""
    import ast

    python, report = function.file.python, function.report
    given = item(python, every, told.name)
    place = key_of(python, every, told.name)
    call = given.expression if isinstance(given.expression, ast.Call) else None
    node = composed(python, told.settings, call, given.place)
    section = Section(report, node, rules.OUTPUT)
    key = told.key if told.key is not None else beside(function.file.folder, told.name)
    at = argument(python, call, "key", given.place, 0) if told.key is not None else Given(place)
    key = key if _is_key(function, at.place, key, is_given=told.key is not None) else ""
    return Output(told.name, key, place, section, told.optional)


def _is_key(function: _Function, place: Placed, key: str, *, is_given: bool) -> bool:
    """Say whether a text is a key; report it if not, one made of names with how to give another."""
    problem = key_problem(key)
    if problem is None or is_given:
        return check_key(function.report, place, key)
    better = ".".join(better_segments(key.split(".")))
    function.report.error("E103", place, problem, f'give it another with `key="{better}"`')
    return False


def _code(function: _Function) -> Code:
    told, file = function.told, function.file
    return Code(
        location=location_of(file.name, file.scope.locations).name,
        function=f"{file.name}:{told.name}",
        resources=read_resources(function.section),
        packages=file.packages,
    )


def _said(function: _Function) -> CodeSaid:
    """Return what is said of a function, with the places of its parameters and inputs."""
    report, python, place = function.report, function.file.python, function.place
    places: dict[str, Quote] = {
        f"parameters.{name}": report.quote(at) for name, at in place.parameters.items()
    }
    for name in function.told.inputs:
        if function.inputs.expression is not None:
            places[f"inputs.{name}"] = report.quote(item(python, function.inputs, name).place)
    return CodeSaid(
        place=report.quote(place.name),
        has_inputs=bool(function.told.inputs),
        places={**places, **placed(function.section, "resources")},
    )


def _check_inputs(function: _Function) -> None:
    """Report inputs whose keys are none; one segment may be the last of a key."""
    for name, each in function.told.inputs.items():
        at = item(function.file.python, function.inputs, name)
        check_key(function.report, at.place, each.key)
        if each.columns == ():
            message = f"the input {quoted(name)} has no columns"
            function.report.error("E105", at.place, message, "leave `columns` out for all of them")


def _source_of(function: _Function) -> SqlText:
    """Return where the source of a function stands, and what it is."""
    text, told = function.file.python.text, function.told
    first = min(max(1, told.line), len(text.begins))
    last = min(max(first, told.end), len(text.begins))
    end = text.begins[last] - 1 if last < len(text.begins) else len(text.text)
    original = text.text[text.begins[first - 1] : end]
    return SqlText(text="", original=original, file=text.file, line=first)


def _check(function: _Function) -> list[CodeCheck]:
    """Return the check that a function is: of an asset, whose rows one parameter receives."""
    told, file, report = function.told, function.file, function.report
    of, at = told.of or "", function.argument("of", 0)
    report.name(of or None)
    if not check_key(report, at.place, of):
        return []
    _check_inputs(function)
    code = _code(function)
    own = of.rpartition(".")[2]
    names = [each.name for each in told.parameters if not each.resource]
    if own not in names and own not in told.inputs and names and names[0] not in told.inputs:
        own = names[0]  # whatever it is called, the first one is the asset
    whose = Whose(of, _said(function))
    finished = _finished(function, code, whose)
    if finished is None or report.failed:
        file.gathering.set_aside(of)
        return []
    inputs = tuple(
        replace(each, key=of) if each.name == own and each.name not in told.inputs else each
        for each in finished.inputs
    )
    quote = report.quote(function.place.name)
    return [
        CodeCheck(
            of=of,
            name=told.name,
            span=quote.span,
            line=quote.line,
            code=replace(finished, inputs=inputs),
            is_blocking=told.settings.get("severity") != "warn",
            description=_text(told.settings.get("description")) or told.description,
        )
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
