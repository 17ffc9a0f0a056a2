"""Resources: connections and clients of a project, as freshline.yaml names them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from freshline.code import ResourceDefinition
from freshline.declare import source
from freshline.declare.inputs import check_name
from freshline.declare.interpolation import Values
from freshline.declare.layers import merged
from freshline.declare.references import filled_settings
from freshline.declare.report import Report
from freshline.declare.section import Reader, did_you_mean, mapping, place_of
from freshline.declare.text import quoted

_CLASS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_EXAMPLE = "write for instance `type: lib.clients:Warehouse`"


def resources_reader(values: Values) -> Reader[tuple[ResourceDefinition, ...]]:
    """Return a reader of `name: {type: module:Class, its settings}`; `name: module:Class`."""

    def read(report: Report, entry: source.Entry) -> tuple[ResourceDefinition, ...]:
        node = mapping(report, entry)
        found = (_resource(report, each, values) for each in (node.entries if node else ()))
        return tuple(each for each in found if each is not None)

    return read


def overridden(
    report: Report,
    entry: source.Entry,
    resources: Iterable[ResourceDefinition],
    values: Values,
) -> tuple[ResourceDefinition, ...]:
    """Return the resources with what an environment says of them: other settings, another type."""
    known = {each.name: each for each in resources}
    node = mapping(report, entry)
    for each in node.entries if node else ():
        before = known.get(each.key.text)
        if before is None:
            message = f"the project has no resource {quoted(each.key.text)}"
            fix = (
                did_you_mean(each.key.text, known) or "declare it under `resources:` of the project"
            )
            report.error("E126", each.key, message, fix)
            continue
        said = _said(report, each, values)
        if said is not None:
            type, settings = said
            settings = merged(before.settings, settings)
            known[before.name] = replace(before, type=type or before.type, settings=settings)
    return tuple(known.values())


def _resource(report: Report, entry: source.Entry, values: Values) -> ResourceDefinition | None:
    name = entry.key.text
    if not check_name(report, entry.key, name):
        return None
    said = _said(report, entry, values)
    if said is None:
        return None
    type, settings = said
    if type is None:
        message = f"the resource {quoted(name)} has no type"
        report.error("E116", entry.key, message, _EXAMPLE)
        return None
    return ResourceDefinition(name=name, type=type, settings=settings, span=report.span(entry.key))


def _said(
    report: Report, entry: source.Entry, values: Values
) -> tuple[str | None, Mapping[str, object]] | None:
    """Return the type that is given, if any, and the settings, in which secrets stay references."""
    if isinstance(entry.value, source.Scalar) and entry.value.text:
        type = _read_type(report, entry)
        return None if type is None else (type, {})
    settings = filled_settings(report, entry, values, is_template=True)
    if settings is None:
        return None
    given = settings.pop("type", None)
    if given is None:
        return None, settings
    assert isinstance(entry.value, source.Mapping)
    type = next(_read_type(report, each) for each in entry.value.entries if each.key.text == "type")
    return None if type is None else (type, settings)


def _read_type(report: Report, entry: source.Entry) -> str | None:
    name = entry.value.text if isinstance(entry.value, source.Scalar) else ""
    if _CLASS.fullmatch(name):
        return name
    message = f"{quoted(name)} names no class" if name else "a type is the name of a class"
    report.error("E105", place_of(entry), message, f"{_EXAMPLE}: its module, a colon, its name")
    return None
