"""Code finished: what a worker told of a function put together with what its author declares."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from freshline.calls import ToldFile, ToldFunction
from freshline.code import Code, CodeInput, ResourceDefinition
from freshline.declare.about import Scope
from freshline.declare.declared import CodeSaid
from freshline.declare.fitting import fitted
from freshline.declare.python.failed import failed_import
from freshline.declare.python.reached import Reached
from freshline.declare.python.version import Surroundings, versioned
from freshline.declare.report import Quote
from freshline.declare.section import did_you_mean
from freshline.declare.text import legible, quoted
from freshline.definitions import AssetDefinition
from freshline.errors import Diagnostic, Severity
from freshline.refresh import Trigger

Read = Callable[[str], str | None]


class Finished(NamedTuple):
    """An asset whose code is whole; None where it cannot be, for what the diagnostics say."""

    asset: AssetDefinition | None
    diagnostics: tuple[Diagnostic, ...] = ()


class Whose(NamedTuple):
    """Whose code it is that is looked at: the key, and what is said of it."""

    key: str
    said: CodeSaid


@dataclass(slots=True)
class Findings:
    """What is found of one piece of code, each at the place of what it is about."""

    whose: Whose
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def error(self, code: str, place: Quote, message: str, fix: str) -> None:
        """Record what sets the asset aside."""
        self._add(code, place, message, fix, Severity.ERROR)

    def warn(self, code: str, place: Quote, message: str, fix: str) -> None:
        """Record what is worth knowing."""
        self._add(code, place, message, fix, Severity.WARNING)

    def place(self, *paths: str) -> Quote:
        """Return where the first of these stands that stands anywhere: else where the code does."""
        said = self.whose.said
        return next((said.places[each] for each in paths if each in said.places), said.place)

    @property
    def failed(self) -> bool:
        """Whether something sets the asset aside."""
        return any(each.severity is Severity.ERROR for each in self.found)

    def _add(self, code: str, place: Quote, message: str, fix: str, severity: Severity) -> None:
        self.found.append(
            Diagnostic(
                code=code,
                message=legible(message),
                severity=severity,
                span=place.span,
                excerpt=place.line,
                fix=legible(fix),
                asset=self.whose.key,
            )
        )


def finish_function(
    asset: AssetDefinition,
    said: CodeSaid,
    told: ToldFile,
    reached: Reached,
    scope: Scope,
    around: Surroundings,
) -> Finished:
    """Return an asset of `run:` with its inputs, config, resources and version.

    `told` is what a worker told of the asset's `code.function`, and that alone. `scope` is that of
    the file which declares the asset.
    """
    code = asset.code
    assert code is not None
    if told.error is not None or not told.functions:
        return Finished(None, (failed_import(told, said.place, around, asset.key),))
    function = told.functions[0]
    code, found = completed(code, Whose(asset.key, said), function, reached, scope, around)
    if code is None:
        return Finished(None, found)
    code = replace(code, packages=told.packages)
    description = asset.description or function.description
    named = {each.name for each in asset.code.inputs} if asset.code is not None else set[str]()
    told_of = triggers_of(function, lambda name: said.place)
    own = tuple(trigger for name, trigger in told_of if name not in named)
    asset = replace(asset, code=code, description=description, triggers=(*asset.triggers, *own))
    return Finished(asset, found)


def triggers_of(
    told: ToldFunction, place: Callable[[str], Quote]
) -> tuple[tuple[str, Trigger], ...]:
    """Return how a decorator regards its inputs, by parameter, where it is not as every other.

    `place` is where each parameter's input stands.
    """
    return tuple(
        (
            name,
            Trigger(
                key=each.key,
                trigger=each.trigger,
                optional=each.optional,
                ignore_checks=each.ignore_checks,
                span=place(name).span,
                line=place(name).line,
            ),
        )
        for name, each in told.inputs.items()
        if each.optional or each.ignore_checks or not each.trigger
    )


def finish_command(
    asset: AssetDefinition, said: CodeSaid, read: Read, around: Surroundings
) -> Finished:
    """Return an asset of `command:` with its version.

    `read` gives the text of a file of the project, None where there is none: a script that the
    command names counts with its text.
    """
    code = asset.code
    assert code is not None
    scripts = {path: text for path in _paths(code.command) if (text := read(path)) is not None}
    text = "\n".join((*code.command, *(f"# {path}\n{text}" for path, text in scripts.items())))
    code = replace(code, text=text, files=tuple(scripts))
    version = versioned(code, said.code_version, around, ())
    return Finished(replace(asset, code=replace(code, version=version)))


def completed(
    code: Code,
    whose: Whose,
    told: ToldFunction,
    reached: Reached,
    scope: Scope,
    around: Surroundings,
) -> tuple[Code | None, tuple[Diagnostic, ...]]:
    """Return code with all that a worker told of its function; None where it does not fit."""
    findings = Findings(whose)
    said = whose.said
    resources = _resources(code, told, scope, findings)
    given = resources.keys() | {each.name for each in told.parameters if each.resource}
    inputs = _inputs(code, told, given, findings)
    config = _config(code, told, findings)
    code_version = said.code_version if said.code_version is not None else told.code_version
    reads_env = tuple(dict.fromkeys((*code.reads_env, *told.reads_env)))
    if code_version is None:
        _warn_of_environment(reached, reads_env, around, findings)
        for span, why in reached.unsure:
            message = f"code that cannot be followed: {why}"
            fix = "any change there makes stale what reaches it; or `code_version` says what counts"
            findings.warn("W514", around.quote(span), message, fix)
    if findings.failed:
        return None, tuple(findings.found)
    code = replace(
        code,
        inputs=inputs,
        resources={name: each.name for name, each in resources.items()},
        config=config,
        reads_env=reads_env,
        pure=code.pure and told.pure,
        returns=told.returns,
        subset=told.subset,
        text=reached.text if code_version is None else f"code_version: {code_version}",
        files=reached.files,
    )
    takes = told.config_schema
    version = versioned(code, code_version, around, tuple(resources.values()), takes)
    return replace(code, version=version), tuple(findings.found)


def _inputs(
    code: Code, told: ToldFunction, given: Iterable[str], findings: Findings
) -> tuple[CodeInput, ...]:
    """Return what each parameter is, apart from those that are `given` resources."""
    declared = {each.name: each for each in code.inputs}
    inputs: list[CodeInput] = []
    for each in told.parameters:
        if each.name in given:
            continue
        place = findings.place(f"inputs.{each.name}", f"parameters.{each.name}")
        own, said = declared.get(each.name), told.inputs.get(each.name)
        if own is not None:
            inputs.append(replace(own, form=each.form))
        elif said is not None:
            inputs.append(
                CodeInput(
                    name=each.name,
                    key=said.key,
                    columns=said.columns,
                    form=each.form,
                    optional=said.optional,
                    span=place.span,
                    line=place.line,
                )
            )
        elif not each.has_default or each.form != "rows":
            inputs.append(
                CodeInput(
                    name=each.name,
                    key=each.name,
                    form=each.form,
                    optional=each.has_default,
                    span=place.span,
                    line=place.line,
                )
            )
    names = [each.name for each in told.parameters]
    for name, own in declared.items():
        if name not in names or name in given:
            message = f"{told.name} has no parameter {quoted(name)} for {own.key}"
            near = did_you_mean(name, names)
            fix = near or f"say by `as:` which it is for: {', '.join(names)}"
            fix = fix if names else "give the function a parameter of that name"
            findings.error("E125", findings.place(f"inputs.{name}"), message, fix)
    return tuple(inputs)


def _resources(
    code: Code, told: ToldFunction, scope: Scope, findings: Findings
) -> dict[str, ResourceDefinition]:
    """Return the resource of each parameter that asks for one: as it is said, or by its type."""
    known = {each.name: each for each in scope.resources}
    found: dict[str, ResourceDefinition] = {}
    asking = {each.name: each.resource for each in told.parameters if each.resource}
    every = [each.name for each in told.parameters]
    for parameter, name in code.resources.items():
        place = findings.place(f"resources.{parameter}")
        if parameter not in every:
            message = f"{told.name} has no parameter {quoted(parameter)}"
            fix = did_you_mean(parameter, every) or f"its parameters are {', '.join(every)}"
            findings.error("E126", findings.place(f"resources.{parameter}:"), message, fix)
        elif name in known:
            found[parameter] = known[name]
        elif scope.is_complete:
            message = f"the project has no resource {quoted(name)}"
            fix = did_you_mean(name, known) or "declare it under `resources:` in freshline.yaml"
            findings.error("E126", place, message, fix)
    for parameter, type in asking.items():
        if parameter in code.resources:
            continue
        of_type = [each for each in known.values() if each.type == type]
        named = [each for each in of_type or known.values() if each.name == parameter]
        chosen = of_type if len(of_type) == 1 else named
        if chosen:
            found[parameter] = chosen[0]
        elif scope.is_complete:
            findings.error("E126", *_no_resource(parameter, type, of_type, findings))
    return found


def _no_resource(
    parameter: str, type: str, of_type: list[ResourceDefinition], findings: Findings
) -> tuple[Quote, str, str]:
    place = findings.place(f"parameters.{parameter}")
    if of_type:
        names = ", ".join(each.name for each in of_type)
        message = f"{parameter} is a {type}, and {len(of_type)} resources are: {names}"
        fix = f"say which: `resources: {{{parameter}: {of_type[0].name}}}`"
        return place, message, fix
    message = f"{parameter} is a {type}, and no resource of the project is"
    fix = f"declare one under `resources:` in freshline.yaml, with `type: {type}`"
    return place, message, fix


def _config(code: Code, told: ToldFunction, findings: Findings) -> Mapping[str, object]:
    """Return the config with its defaults, held against what the function takes."""
    if told.config_schema is None:
        if code.config and not told.config and not told.context:
            message = f"{told.name} takes no config"
            fix = "give it a parameter `config`, or remove this"
            findings.error("E123", findings.place("config:", "config"), message, fix)
        return code.config
    whole, unfit = fitted(code.config, told.config_schema)
    for each in unfit:
        path = f"config.{each.path}" if each.path else "config"
        ends = [
            path[:end] for end in range(len(path), 0, -1) if path[end : end + 1] in ("", ".", "[")
        ]
        places = (f"{path}:", *ends) if each.is_name else ends
        fix = each.fix or f"{told.name} says so in the class of its config"
        message = f"`{path}` {each.message}"
        if each.is_name:
            message = f"{told.name} takes no `{path}`"
        findings.error("E123", findings.place(*places), message, fix)
    return whole


def _warn_of_environment(
    reached: Reached, reads_env: tuple[str, ...], around: Surroundings, findings: Findings
) -> None:
    """Tell of the process variables that code reads and nobody declares, each once."""
    told = {*reads_env}
    for each in reached.env:
        if each.name in told:
            continue
        told.add(each.name)
        if each.name == "*":
            message = "this reads a process variable whose name is not written here"
            fix = "say which under `reads_env`: a change of another goes unnoticed"
        else:
            message = f"this reads the process variable {each.name}, and nobody says so"
            fix = f"add `reads_env: [{each.name}]`: a change of it goes unnoticed"
        findings.warn("W513", around.quote(each.span), message, fix)


def _paths(argv: tuple[str, ...]) -> list[str]:
    """Return what may be paths of the project among the words of a command."""
    found: list[str] = []
    for word in argv:
        path = (word.partition("=")[2] if word.startswith("-") else word).removeprefix("./")
        is_name = path and not path.startswith(("-", "/", "{")) and "\n" not in path
        if is_name and ".." not in path.split("/") and ("." in path or "/" in path):
            found.append(path)
    return list(dict.fromkeys(found))
