"""What a piece of code makes: one asset, or several of one call, each with what is said of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from freshline.code import Code
from freshline.declare import rules, scalars, source
from freshline.declare.about import Scope, read_about
from freshline.declare.defining import definition_of, read_was
from freshline.declare.inputs import check_name
from freshline.declare.layers import About
from freshline.declare.report import Placed, Report
from freshline.declare.section import Section, check_key, read_key, read_truth, wrong
from freshline.definitions import AssetDefinition, Kind, SqlText

_EXAMPLE = "write for instance `outputs: {train: ml.train, test: ml.test}`"


class Output(NamedTuple):
    """One of the assets that a call makes; `section` is what is said of it alone.

    The only one has no name.
    """

    name: str
    key: str
    place: Placed
    section: Section | None = None
    optional: bool = False


def read_outputs(section: Section, key: str, place: Placed) -> tuple[Output, ...]:
    """Return the outputs of a section: those below `outputs:`, or the one of that key.

    An output is named there and may be given its key, or a mapping of what is said of it; without a
    key it lies beside `key`, under its own name.
    """
    entry = section.entry("outputs")
    if entry is None:
        return (Output("", key, place, section),)
    report = section.report
    if not isinstance(entry.value, source.Mapping) or not entry.value.entries:
        wrong(report, entry, "a mapping of names to keys", _EXAMPLE)
        return (Output("", key, place, section),)
    refuse_of_many(section)
    folder = key.rpartition(".")[0]
    found: list[Output] = []
    for each in entry.value.entries:
        if check_name(report, each.key, each.key.text):
            found.append(_output(report, each, folder))
    return tuple(found)


def refuse_of_many(section: Section) -> None:
    """Report what is said of several outputs at once, and can only be said of one."""
    for name in rules.OF_ONE_OUTPUT:
        entry = section.entry(name)
        if entry is not None:
            message = f"`{name}` is said of all outputs at once"
            section.report.error("E105", entry.key, message, "say it of each, below `outputs:`")


def beside(folder: str, name: str) -> str:
    """Return the key of what lies in a folder under a name."""
    return f"{folder}.{name}" if folder else name


def definitions(
    section: Section, code: Code, outputs: Sequence[Output], sql: SqlText, scope: Scope
) -> Iterator[tuple[Output, AssetDefinition, About]]:
    """Yield the definition of each output of a call, with what holds of it.

    `section` is what is said of all of them.
    """
    report = section.report
    code = replace(code, outputs=tuple((each.name, each.key) for each in outputs))
    for output in outputs:
        own = output.section
        about = read_about(own, output.key, scope, section if own is not section else None)
        _refuse_view(output, section, scope)
        made = replace(
            code,
            output=output.name,
            optional=output.optional,
            config=about.config,
            limits=about.limits,
            fresh_process=about.fresh_process,
        )
        asset = definition_of(output.key, sql, report.span(output.place), about, made)
        was = own.get("was", read_was) if own is not None else None
        yield output, replace(asset, was=was), about


def _refuse_view(output: Output, section: Section, scope: Scope) -> None:
    """Report where it is said of code that it is to be kept as a view."""
    report = section.report
    for each in (output.section, section):
        entry = each.entry("kind") if each is not None else None
        if entry is not None and _is_view(entry.value):
            message = "code makes rows, and no query that could stand as a view"
            report.error("E105", entry.value, message, "remove it, or write `kind: table`")
            return
    override = scope.overrides.get(output.key)
    if override is not None and override.kind is Kind.VIEW:
        where = f'environment "{scope.values.environment}"'
        message = f"in {where} this is to be a view, and code makes rows"
        report.error("E105", output.place, message, "remove `kind: view` there")


def _is_view(node: source.Node) -> bool:
    return isinstance(node, source.Scalar) and node.text == Kind.VIEW


def _output(report: Report, entry: source.Entry, folder: str) -> Output:
    """Read `name: key`, `name: {key, ...}` or `name:` alone."""
    name, key = entry.key.text, beside(folder, entry.key.text)
    match entry.value:
        case source.Mapping():
            section = Section(report, entry.value, rules.OUTPUT)
            given = section.get("key", read_key) if section.entry("key") is not None else None
            if given is None and section.entry("key") is None:
                check_key(report, entry.key, key)
            optional = section.get("optional", read_truth) or False
            return Output(name, given or key, entry.key, section, optional)
        case source.Scalar() if scalars.is_null(entry.value):
            check_key(report, entry.key, key)
            return Output(name, key, entry.key)
        case source.Scalar():
            return Output(name, read_key(report, entry) or key, entry.key)
        case source.Sequence():
            wrong(report, entry, "a key, or a mapping", _EXAMPLE)
            return Output(name, key, entry.key)
