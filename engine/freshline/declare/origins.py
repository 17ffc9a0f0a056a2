"""Where each value of an asset or source comes from: read again from the files, when asked.

The graph does not carry this: it is the answer to one question about one asset, and its files are
few.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from freshline.codec import encode
from freshline.declare import rules, scalars, source
from freshline.declare.about import Scope, read_layer
from freshline.declare.durations import spelled
from freshline.declare.files import PROJECT_FILES
from freshline.declare.frontmatter import read_front_matter
from freshline.declare.layers import Layer, resolved
from freshline.declare.paths import SOURCES, folders_above
from freshline.declare.process import ProcessVariables
from freshline.declare.report import Report
from freshline.declare.section import Keys, Section
from freshline.declare.settings import read_settings
from freshline.declare.source import compose
from freshline.declare.text import decode, read_content, source_text
from freshline.definitions import (
    AssetDefinition,
    Cutoff,
    Lifecycle,
    Probe,
    ProbeKind,
    ProjectDefinition,
    Retries,
    SourceDefinition,
)
from freshline.errors import Diagnostic, Span

Definition = AssetDefinition | SourceDefinition
# What replaces what was said before, in the order in which people read it.
_REPLACED = (
    *("description", "owner", "group", "kind", "storage", "links"),
    *("lifecycle", "retries", "timeout", "volatile", "cutoff"),
)
_OF_SOURCES = ("description", "owner", "group")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A value that is in force, and who said it: `by` is built-in, defaults, folder, asset, source
    or environment, and `place` where, None for what nobody said."""

    key: str
    value: str
    by: str
    place: Span | None = None


class _Said(NamedTuple):
    """A layer with the places of its keys."""

    by: str
    layer: Layer
    report: Report
    node: source.Mapping

    def place(self, *path: str) -> Span | None:
        """Return where a key stands, or one within the mapping below it."""
        node: source.Node = self.node
        found: source.Entry | None = None
        for name in path:
            entries = node.entries if isinstance(node, source.Mapping) else ()
            found = next((entry for entry in entries if entry.key.text == name), None)
            if found is None:
                return None
            node = found.value
        return self.report.span(found.key) if found is not None else None


def origins(
    root: Path, project: ProjectDefinition, environment: str, definition: Definition
) -> tuple[Origin, ...]:
    """Return every value that holds of an asset or source in an environment, with its origin.

    What can no longer be read is left out: the answer is about the files as they are now.
    """
    said = tuple(_layers(root, project.file, environment, definition))
    layers = [each.layer for each in said]
    about = resolved(definition.key, layers)
    is_asset = isinstance(definition, AssetDefinition)
    found: list[Origin] = []
    for name in _REPLACED if is_asset else _OF_SOURCES:
        value: object = getattr(about, name)
        if name == "links":
            value = ", ".join(dict.fromkeys(word for pair in about.links for word in pair))
        giver = next((each for each in reversed(said) if name in each.layer.given), None)
        if name == "storage" and value is None:
            value, giver = project.default_storage, None
        text = _text(value)
        by, place = (giver.by, giver.place(name)) if giver else ("built-in", None)
        found.append(Origin(key=name, value=text, by=by, place=place))
    if isinstance(definition, SourceDefinition):
        found += _of_source(definition, said)
    found += _added("tags", about.tags, said, lambda layer: layer.tags)
    found += _meta(about.meta, said)
    columns = {c.name: ((c.type or "") + "!" * c.not_null, c.span) for c in about.columns}
    found += _spanned(said, columns, "column")
    checks = {c.name: (c.severity.value, c.span) for c in about.checks}
    return (*found, *_spanned(said, checks, "check"))


def _layers(root: Path, main: str, environment: str, definition: Definition) -> Iterator[_Said]:
    """Yield what is said of a definition, outermost first."""
    report = _report(root, main)
    node = compose(report) if report else None
    if report is None or not isinstance(node, source.Mapping):
        return
    settings = read_settings(report.text.text, main, os.environ)
    known = settings.scope(environment)
    scope = replace(known, values=replace(known.values, process=ProcessVariables(os.environ)))
    yield from _said("defaults", report, _below(node, "defaults"), rules.DEFAULTS, (None, scope))
    keys = rules.SOURCES_FOLDER if definition.file.startswith(SOURCES) else rules.FOLDER
    if definition.file not in PROJECT_FILES:
        for folder in folders_above(definition.file):
            for name in ("_folder.yaml", "_folder.yml"):
                inner = _report(root, f"{folder}/{name}")
                if inner is not None:
                    yield from _said("folder", inner, compose(inner), keys, (None, scope))
                    break
    yield from _own(root, definition, scope)
    if isinstance(definition, AssetDefinition):
        override = _below(node, "environments", environment, "assets", definition.key)
        yield from _said("environment", report, override, rules.OVERRIDE, (definition.key, scope))


def _own(root: Path, definition: Definition, scope: Scope) -> Iterator[_Said]:
    """Yield what a definition says itself: in its file, or in the side-car beside it."""
    file, context = definition.file, (definition.key, scope)
    by = "asset" if isinstance(definition, AssetDefinition) else "source"
    if file.endswith(".sql"):
        report = _report(root, file)
        front = read_front_matter(report) if report else None
        if report is not None and front is not None and front.node is not None:
            yield from _said(by, report, front.node, rules.FRONT_MATTER, context)
            return
        beside = (_report(root, file.removesuffix(".sql") + end) for end in (".yaml", ".yml"))
        report = next((found for found in beside if found is not None), None)
        if report is not None:
            yield from _said(by, report, compose(report), rules.ASSET, context)
        return
    report = _report(root, file) if file.endswith((".yaml", ".yml")) else None
    if report is None:
        return
    node = compose(report)
    if isinstance(definition, SourceDefinition):
        yield from _said(by, report, _below(node, "sources", definition.key), rules.SOURCE, context)
    elif (listed := _below(node, "assets", definition.key)) is not None:
        yield from _said(by, report, listed, rules.LISTED_ASSET, context)
    else:
        yield from _said(by, report, node, rules.ASSET, context)


def _said(
    by: str,
    report: Report,
    node: source.Node | None,
    keys: Keys,
    context: tuple[str | None, Scope],
) -> Iterator[_Said]:
    if isinstance(node, source.Mapping):
        layer = read_layer(Section(Report(report.text), node, keys), *context)
        yield _Said(by, layer, report, node)


def _report(root: Path, file: str) -> Report | None:
    """Return a file of the project ready to be read; None where it is not there or is no text."""
    path = root / file
    if not path.is_file():
        return None
    text = decode(file, read_content(path, file, path.stat().st_size))
    return None if isinstance(text, Diagnostic) else Report(source_text(file, text))


def _below(node: source.Node | None, *path: str) -> source.Node | None:
    """Return the value that a path of keys leads to, None where it leads nowhere."""
    for name in path:
        entries = node.entries if isinstance(node, source.Mapping) else ()
        node = next((entry.value for entry in entries if entry.key.text == name), None)
    return None if node is None or scalars.is_null(node) else node


def _added(
    name: str,
    values: Sequence[str],
    said: Sequence[_Said],
    of: Callable[[Layer], Sequence[str]],
) -> Iterator[Origin]:
    """Yield each of the values that add up, with who said it last."""
    for value in values:
        for each in reversed(said):
            if value in of(each.layer):
                yield Origin(key=name, value=value, by=each.by, place=each.place(name))
                break


def _of_source(definition: SourceDefinition, said: Sequence[_Said]) -> Iterator[Origin]:
    """Yield what only a source says, and only itself."""
    own = next((each for each in said if each.by == "source"), None)
    options = {f"read.{name}": value for name, value in definition.options}
    values = {"path": definition.path, "format": definition.format, **options}
    values["version"] = definition.probe
    for name, value in values.items():
        place = own.place(*name.split(".")) if own else None
        by = "source" if place else "built-in"
        yield Origin(key=name, value=_text(value), by=by, place=place)


def _meta(meta: Mapping[str, object], said: Sequence[_Said]) -> Iterator[Origin]:
    for name, value in meta.items():
        giver = next((each for each in reversed(said) if name in each.layer.meta), None)
        if giver is not None:
            place = giver.place("meta", name)
            text = value if isinstance(value, str) else encode(value).decode()
            yield Origin(key=f"meta.{name}", value=text, by=giver.by, place=place)


def _spanned(
    said: Sequence[_Said], values: Mapping[str, tuple[str, Span | None]], prefix: str
) -> Iterator[Origin]:
    """Yield values that know their places themselves."""
    for name, (value, place) in values.items():
        givers = [each for each in said if place and each.report.text.file == place.file]
        within = [e for e in givers if place and _holds(e, place)]
        by = (within or givers)[-1].by if givers else "built-in"
        yield Origin(key=f"{prefix} {name}", value=value, by=by, place=place)


def _holds(said: _Said, place: Span) -> bool:
    first = said.report.span(said.node).line
    last = said.report.text.span(max(said.node.start, said.node.end - 1), said.node.end).line
    return first <= place.line <= last


def _text(value: object) -> str:
    """Return a value as people read it, nothing as a dash."""
    match value:
        case None | "" | ():
            return "-"
        case str():
            return value
        case float():
            return spelled(value)
        case Cutoff():
            return str(value.by) if value.round is None else f"round to {value.round:g}"
        case Probe():
            return f"ttl {spelled(value.ttl)}" if value.kind is ProbeKind.TTL else str(value.kind)
        case Retries():
            return f"{value.count}, after {spelled(value.delay)}, each wait x{value.backoff:g}"
        case Lifecycle():
            instead = f", read {value.replacement}" if value.replacement else ""
            return f"{value.stage}{instead}{f', gone {value.sunset}' if value.sunset else ''}"
        case _:
            return encode(value).decode()
