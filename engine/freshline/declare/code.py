"""Assets that code makes, as YAML declares them: `run:` or `command:`, and what belongs to it."""

from collections.abc import Sequence
from dataclasses import replace

from freshline.code import Code
from freshline.declare import rules, scalars, source
from freshline.declare.about import Scope
from freshline.declare.commands import check_placeholders, read_command, read_function
from freshline.declare.config import placed
from freshline.declare.declared import CodeSaid, Gathering
from freshline.declare.inputs import Inputs, check_name, read_inputs
from freshline.declare.locations import location_of
from freshline.declare.outputs import Output, definitions, read_outputs
from freshline.declare.report import Placed
from freshline.declare.section import Section, read_truth, text, words, wrong
from freshline.definitions import SqlText

read_variables = words(
    r"[A-Za-z_][A-Za-z0-9_]*", "a list of names of process variables", "[REGION]"
)


def way_of(section: Section) -> str | None:
    """Return which of `sql`, `run` and `command` makes an asset; None where none or several do.

    Several are reported, and so is what is about code where no code is.
    """
    report = section.report
    ways = [entry for way in rules.WAYS if (entry := section.entry(way)) is not None]
    if len(ways) > 1:
        first, second = ways[0].key, ways[1].key
        message = f"an asset is made by one of sql, run and command, and here are {len(ways)}"
        related = ((report.span(first), "given here too"),)
        report.error("E122", second, message, f"keep `{first.text}` or `{second.text}`", related)
        return None
    way = ways[0].key.text if ways else None
    if way in ("run", "command"):
        return way
    for name in rules.NOT_OF_SQL:
        entry = section.entry(name)
        if entry is None:
            continue
        if way == "sql":
            message = f"`{name}` is about code, and this asset is SQL"
            report.error("E122", entry.key, message, "remove it")
        else:
            message = f"`{name}` is about code, and here is none"
            report.error("E122", entry.key, message, "add `run: module:function`, or `command:`")
    return way


def declare_code(
    gathering: Gathering, section: Section, key: str | None, place: Placed, scope: Scope
) -> None:
    """Keep the assets that the code of a section makes; `key` is None where it has none.

    What a worker has to tell first is left open: `freshline.declare.finishing` puts it in.
    """
    part = section.report
    entry = section.entry("run") or section.entry("command")
    assert entry is not None
    outputs = read_outputs(section, key or "", place)
    inputs = section.get("inputs", read_inputs) or Inputs((), {})
    code = Code(
        location=location_of(part.text.file, scope.locations).name,
        function=section.get("run", read_function) or "",
        inputs=inputs.inputs,
        resources=read_resources(section),
        reads_env=section.get("reads_env", read_variables) or (),
        pure=section.get("pure", read_truth) is not False,
    )
    if not code.function:
        code = _with_command(section, code, outputs, scope)
    said = CodeSaid(
        place=part.quote(entry.value),
        has_inputs=section.entry("inputs") is not None,
        code_version=section.get("code_version", text),
        places={
            **{f"inputs.{name}": quote for name, quote in inputs.places.items()},
            **placed(section, "resources"),
        },
    )
    line = said.place.span.line
    sql = SqlText(text="", original="", file=part.text.file, line=line)
    made = list(definitions(section, code, outputs, sql, scope))
    for output, asset, about in made:
        gathering.refuse_second(part, output.key, output.place)
        asset = replace(asset, triggers=inputs.triggers)
        gathering.keep(part, output.key or None, asset, output.place)
        places = {**said.places, **about.places}
        gathering.note_code(output.key, replace(said, places=places))


def read_resources(section: Section) -> dict[str, str]:
    """Return the names of resources by the parameters that are to receive them."""
    entry = section.entry("resources")
    if entry is None:
        return {}
    report = section.report
    if not isinstance(entry.value, source.Mapping):
        wrong(report, entry, "a mapping of parameters to resources", "write {client: warehouse}")
        return {}
    found: dict[str, str] = {}
    for each in entry.value.entries:
        name = each.key.text
        if name in rules.LIMITS_NAMES or not check_name(report, each.key, name):
            continue
        if isinstance(each.value, source.Scalar) and not scalars.is_null(each.value):
            found[name] = each.value.text
        else:
            wrong(report, each, "the name of a resource", "resources stand in freshline.yaml")
    return found


def _with_command(section: Section, code: Code, outputs: Sequence[Output], scope: Scope) -> Code:
    """Return the code of a command: its words, which receive inputs as the paths of files."""
    report, entry = section.report, section.entry("command")
    if entry is None:
        return code
    argv = read_command(report, entry, scope.values) or ()
    names = [each.name for each in code.inputs]
    check_placeholders(report, entry, argv, names, [each.name for each in outputs if each.name])
    given = section.entry("resources")
    if code.resources and given is not None:
        message = "a command has no parameters that could receive resources"
        fix = "give it what it needs by `config:` or process variables"
        report.error("E105", given.key, message, fix)
    inputs = tuple(replace(each, form="path") for each in code.inputs)
    return replace(code, command=argv, inputs=inputs)
