"""Where each value of an asset or source comes from: read again from the files, when asked.

The graph does not carry this: it is the answer to one question about one asset, and its files are
few.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from freshline.code import Code
from freshline.codec import encode
from freshline.declare import rules, scalars, source
from freshline.declare.about import Scope, read_layer
from freshline.declare.durations import spelled
from freshline.declare.files import PROJECT_FILES
from freshline.declare.frontmatter import read_front_matter
from freshline.declare.interpolation import Values
from freshline.declare.layers import Layer, resolved
from freshline.declare.limits import spelled_size
from freshline.declare.paths import SOURCES, folders_above
from freshline.declare.process import ProcessVariables
from freshline.declare.python.spelled import spelled_out
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
from freshline.refresh import Freshness, Refresh
from freshline.refresh_words import freshness_words, refresh_words, trigger_words

Definition = AssetDefinition | SourceDefinition
# What replaces what was said before, in the order in which people read it.
_REPLACED = (
    *("description", "owner", "group", "kind", "storage", "links"),
    *("lifecycle", "retries", "timeout", "volatile", "cutoff", "preview"),
    *("refresh", "freshness", "pool"),
)
_OF_SOURCES = ("description", "owner", "group", "freshness")
_OF_CODE = ("description", "kind")


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
    return _of(definition, project, _Outside(root, project.file, environment))


def origins_of_all(
    root: Path, project: ProjectDefinition, environment: str, definitions: Iterable[Definition]
) -> Iterator[tuple[str, tuple[Origin, ...]]]:
    """Yield the key of each definition with its origins; every file is read once for all."""
    outside = _Outside(root, project.file, environment)
    for definition in definitions:
        yield definition.key, _of(definition, project, outside)


def _of(
    definition: Definition, project: ProjectDefinition, outside: "_Outside"
) -> tuple[Origin, ...]:
    said = tuple(_layers(outside, definition))
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
        by, place = (giver.by, giver.place(name)) if giver else ("built-in", None)
        held: object = getattr(definition, name, value)
        if name in _OF_CODE and held != value:  # a docstring; rows, where others are views
            value, by, place = held, "asset", definition.span
        text = _text(value)
        found.append(Origin(key=name, value=text, by=by, place=place))
    if isinstance(definition, SourceDefinition):
        found += _of_source(definition, said)
    if isinstance(definition, AssetDefinition):
        found += _triggers(definition)
    if isinstance(definition, AssetDefinition) and definition.code is not None:
        found += _of_code(definition.code, said)
    found += _added("tags", about.tags, said, lambda layer: layer.tags)
    found += _meta(about.meta, said)
    columns = {c.name: ((c.type or "") + "!" * c.not_null, c.span) for c in about.columns}
    found += _spanned(said, columns, "column")
    checks = {c.name: (c.severity.value, c.span) for c in about.checks}
    return (*found, *_spanned(said, checks, "check"))


class _Outside:
    """What is said of many definitions: the project's file and those of folders, each read once.

    So is a file that lists several definitions.
    """

    def __init__(self, root: Path, main: str, environment: str) -> None:
        self.root, self.environment = root, environment
        self._files: dict[str, tuple[Report, source.Node | None] | None] = {}
        self._folders: dict[tuple[str, bool], tuple[_Said, ...]] = {}
        self.scope = Scope(values=Values(variables={}))
        self.defaults: tuple[_Said, ...] = ()
        self.main = self.file(main)
        if self.main is not None and isinstance(self.main[1], source.Mapping):
            report, node = self.main
            known = read_settings(report.text.text, main, os.environ).scope(environment)
            process = ProcessVariables(os.environ)
            self.scope = replace(known, values=replace(known.values, process=process))
            below = _below(node, "defaults")
            self.defaults = _said("defaults", report, below, rules.DEFAULTS, (None, self.scope))

    def file(self, file: str) -> tuple[Report, source.Node | None] | None:
        """Return a file with what it says; None where it is not there or is no text."""
        if file not in self._files:
            report = _report(self.root, file)
            self._files[file] = None if report is None else (report, compose(report))
        return self._files[file]

    def folder(self, folder: str, *, of_sources: bool) -> tuple[_Said, ...]:
        """Return what a folder's file says of what lies below it."""
        known = (folder, of_sources)
        if known not in self._folders:
            keys = rules.SOURCES_FOLDER if of_sources else rules.FOLDER
            found = (self.file(f"{folder}/{name}") for name in ("_folder.yaml", "_folder.yml"))
            inner = next((each for each in found if each is not None), None)
            said = _said("folder", *inner, keys, (None, self.scope)) if inner else ()
            self._folders[known] = said
        return self._folders[known]


def _layers(outside: _Outside, definition: Definition) -> Iterator[_Said]:
    """Yield what is said of a definition, outermost first."""
    if outside.main is None or not isinstance(outside.main[1], source.Mapping):
        return
    report, node = outside.main
    yield from outside.defaults
    if definition.file not in PROJECT_FILES:
        of_sources = definition.file.startswith(SOURCES)
        for folder in folders_above(definition.file):
            yield from outside.folder(folder, of_sources=of_sources)
    yield from _own(outside, definition)
    if isinstance(definition, AssetDefinition):
        override = _below(node, "environments", outside.environment, "assets", definition.key)
        context = (definition.key, outside.scope)
        yield from _said("environment", report, override, rules.OVERRIDE, context)


def _own(outside: _Outside, definition: Definition) -> tuple[_Said, ...]:
    """Return what a definition says itself: in its file, or in the side-car beside it."""
    file, context = definition.file, (definition.key, outside.scope)
    by = "asset" if isinstance(definition, AssetDefinition) else "source"
    if file.endswith(".py") and isinstance(definition, AssetDefinition):
        report = _report(outside.root, file)
        spelled = spelled_out(report, definition) if report else ()
        return tuple(
            each
            for node, keys in spelled
            if report is not None
            for each in _said(by, report, node, keys, context)
        )
    if file.endswith(".sql"):
        report = _report(outside.root, file)
        front = read_front_matter(report) if report else None
        if report is not None and front is not None and front.node is not None:
            return _said(by, report, front.node, rules.FRONT_MATTER, context)
        beside = (outside.file(file.removesuffix(".sql") + end) for end in (".yaml", ".yml"))
        found = next((each for each in beside if each is not None), None)
        return _said(by, *found, rules.ASSET, context) if found is not None else ()
    found = outside.file(file) if file.endswith((".yaml", ".yml")) else None
    if found is None:
        return ()
    report, node = found
    if isinstance(definition, SourceDefinition):
        return _said(by, report, _below(node, "sources", definition.key), rules.SOURCE, context)
    if (listed := _below(node, "assets", definition.key)) is not None:
        return _said(by, report, listed, rules.LISTED_ASSET, context)
    return _said(by, report, node, rules.ASSET, context)


def _said(
    by: str,
    report: Report,
    node: source.Node | None,
    keys: Keys,
    context: tuple[str | None, Scope],
) -> tuple[_Said, ...]:
    if not isinstance(node, source.Mapping):
        return ()
    layer = read_layer(Section(Report(report.text), node, keys), *context)
    return (_Said(by, layer, report, node),)


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


def _of_code(code: Code, said: Sequence[_Said]) -> Iterator[Origin]:
    """Yield what is only said of code; a default of the class of its config is built-in."""
    for name, value in code.config.items():
        giver = next((each for each in reversed(said) if name in each.layer.config), None)
        place = giver.place("config", name) if giver else None
        text = value if isinstance(value, str) else encode(value).decode()
        by = giver.by if giver else "built-in"
        yield Origin(key=f"config.{name}", value=text, by=by, place=place)
    for name in rules.LIMITS_NAMES:
        limit: int | None = getattr(code.limits, name)
        givers = [each for each in said if getattr(each.layer.limits, name, None) is not None]
        if limit is not None and givers:
            last = givers[-1]
            place = last.place("limits", name) or last.place("resources", name)
            text = str(limit) if name == "files" else spelled_size(limit)
            yield Origin(key=f"limits.{name}", value=text, by=last.by, place=place)
    if code.fresh_process:
        fresh = next(each for each in reversed(said) if "isolation" in each.layer.given)
        yield Origin(key="isolation", value="fresh", by=fresh.by, place=fresh.place("isolation"))


def _triggers(definition: AssetDefinition) -> Iterator[Origin]:
    """Yield how an asset regards inputs that it does not take like the others."""
    for each in definition.triggers:
        said = trigger_words(each).partition(": ")[2]
        yield Origin(key=f"input {each.key}", value=said, by="asset", place=each.span)


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
        case Refresh():
            return refresh_words(value)
        case Freshness():
            return freshness_words(value)
        case Lifecycle():
            instead = f", read {value.replacement}" if value.replacement else ""
            return f"{value.stage}{instead}{f', gone {value.sunset}' if value.sunset else ''}"
        case _:
            return encode(value).decode()
