"""freshline.yaml: the project's name, variables, defaults, owners, places and environments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from freshline.declare import rules, source
from freshline.declare.about import Scope, read_outer, read_storage
from freshline.declare.calendars import read_calendars
from freshline.declare.catalogs import catalogs_reader
from freshline.declare.environments import Environment, read_environment, read_own_values
from freshline.declare.interpolation import Values
from freshline.declare.layers import Layer
from freshline.declare.locations import read_locations
from freshline.declare.notifications import channels_reader, webhooks_reader
from freshline.declare.policies import read_retention
from freshline.declare.pools import read_count, read_pools
from freshline.declare.process import ProcessVariables
from freshline.declare.references import filled_settings
from freshline.declare.report import Quote, Report, Stretch
from freshline.declare.resources import overridden, resources_reader
from freshline.declare.scalars import is_null
from freshline.declare.section import (
    Reader,
    Section,
    mapping,
    text,
    wrong,
)
from freshline.declare.source import compose
from freshline.declare.text import Content, decode, quoted, source_text
from freshline.declare.variables import Variable, read_variables
from freshline.definitions import ProjectDefinition, Retention, StorageDefinition
from freshline.errors import Diagnostic
from freshline.keys import key_from_text
from freshline.people import OwnerDefinition, Webhooks
from freshline.refresh import Calendar

# What is wrong in one environment or process only.
_HERE = ("E115", "E117")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}")
# What the project's file may list, and is read where all files are that list such things.
LISTED = ("assets", "sources", "schedules", "sensors")
_RUNS = ProjectDefinition(name="").runs
_LAKE = StorageDefinition(name="lake", adapter="lake")


class Told(NamedTuple):
    """What freshline.yaml says as it is read for one environment."""

    scope: Scope
    project: ProjectDefinition
    places: Mapping[str, Quote]
    problems: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that freshline.yaml says, apart from the assets and sources it may hold.

    The project's name is empty where it could not be read: nothing may be applied then. `project`
    and `diagnostics` are those of the first environment until another is put `in_force`; `places`
    are where its overrides of single assets stand. `process` are the process variables that were
    read, with a stamp of each.
    """

    project: ProjectDefinition
    told: Mapping[str, Told]
    owners: tuple[OwnerDefinition, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=())
    process: Mapping[str, str] = field(default_factory=dict[str, str])

    def scope(self, environment: str) -> Scope:
        """Return what declarations may refer to there; a name unknown here has no own values."""
        told = self.told.get(environment)
        if told is not None:
            return told.scope
        first = self.told[""].scope
        return replace(first, values=replace(first.values, environment=environment))

    def places(self) -> tuple[tuple[str, Quote], ...]:
        """Return the keys of single assets of which environments say something, and where."""
        return tuple(pair for told in self.told.values() for pair in told.places.items())

    def in_force(self, environment: str) -> "Settings":
        """Return the settings as they are in an environment."""
        told = self.told.get(environment) or self.told[""]
        common = (found for found in self.diagnostics if found.code not in _HERE)
        here = (found for found in told.problems if found.code in _HERE)
        return replace(self, project=told.project, diagnostics=(*common, *here))


def read_settings(
    content: Content, file: str = "freshline.yaml", process: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings in a project's file; whatever is wrong is in their diagnostics.

    `process` are the variables of the process, to which `${env.X}` refers.
    """
    decoded = decode(file, content)
    if isinstance(decoded, Diagnostic):
        return _unread(file, (decoded,))
    report = Report(source_text(file, decoded))
    node = compose(report)
    if not isinstance(node, source.Mapping):
        if node is None and not report.failed:
            report.error("E116", Stretch(0, 1), "the project has no name", "add `project: name`")
        elif node is not None:
            report.error("E105", node, "this file is a mapping of keys", "add `project: name`")
        return _unread(file, report.diagnostics())
    # What is wrong with its assets, sources and sensors is told where the file is read for these.
    report.findings = [f for f in report.findings if not is_declared(node, f.offset)]
    return _settings(report, node, ProcessVariables(process or {}))


def is_declared(node: source.Mapping, offset: int) -> bool:
    """Say whether a place in the project's file lies in what it lists: assets, sensors, ..."""
    return any(
        entry.value.start <= offset < entry.value.end
        for entry in node.entries
        if entry.key.text in LISTED
    )


def _unread(file: str, diagnostics: tuple[Diagnostic, ...]) -> Settings:
    scope = Scope(values=Values(variables={}, is_complete=False), is_complete=False)
    project = ProjectDefinition(name="", file=file)
    told = {"": Told(scope, project, {})}
    return Settings(project=project, told=told, diagnostics=diagnostics)


class _Whole(NamedTuple):
    """What holds in every environment."""

    node: source.Mapping
    project: ProjectDefinition
    owners: tuple[OwnerDefinition, ...]
    variables: Mapping[str, Variable]
    process: ProcessVariables
    calendars: Mapping[str, Calendar]


def _settings(report: Report, node: source.Mapping, process: ProcessVariables) -> Settings:
    section = Section(report, node, rules.PROJECT)
    name = section.get("project", _read_name)
    if section.entry("project") is None:
        report.error("E116", Stretch(0, 1), "the project has no name", "add `project: name`")
    owners = section.get("owners", _read_owners) or ()
    variables = {v.name: v for v in section.get("vars", read_variables) or ()}
    kept = section.entry("retention")
    environments = {e.key.text: e for e in _named(report, section.get("environments", mapping))}
    project = ProjectDefinition(
        name=name or "",
        file=report.text.file,
        environments=tuple(environments) or ("main",),
        retention=read_retention(report, kept, Retention()) if kept else Retention(),
        locations=section.get("locations", read_locations) or (),
        pools=section.get("pools", read_pools) or {},
        runs=section.get("runs", read_count) or _RUNS,
    )
    calendars = section.get("calendars", read_calendars) or {}
    whole = _Whole(node, project, owners, variables, process, calendars)
    told = {
        each: _told(Report(report.text), whole, each, environments.get(each))
        for each in ("", *project.environments)
    }
    found = [found for each in told.values() for found in each.problems]
    everywhere = [f for f in found if f.code not in _HERE]
    settings = Settings(
        project=project,
        told=told,
        owners=owners,
        diagnostics=tuple(dict.fromkeys((*report.diagnostics(), *everywhere))),
        process=process.asked,
    )
    return settings.in_force(project.environments[0])


def _told(report: Report, whole: _Whole, name: str, entry: source.Entry | None) -> Told:
    """Read what depends on the values of variables, for one environment."""
    section = Section(report, whole.node, rules.PROJECT)
    own = read_own_values(report, entry, whole.variables) if entry else {}
    variables = {v.name: v.default for v in whole.variables.values()} | own
    values = Values(variables=variables, environment=name or "main", process=whole.process)
    read = section.get("storages", _storages_reader(values)) or ()
    storages = _with_lake(read)
    resources = section.get("resources", resources_reader(values)) or ()
    catalogs = section.get("catalogs", catalogs_reader(values)) or ()
    channels = section.get("notifications", channels_reader(values)) or ()
    own_resources = _own_resources(report, entry)
    if own_resources is not None:
        resources = overridden(report, own_resources, resources, values)
    scope = Scope(
        values=values,
        # Where a thing is declared is no part of what it is.
        locations=tuple(replace(each, span=None) for each in whole.project.locations),
        resources=tuple(replace(each, span=None) for each in resources),
        storages=tuple(storage.name for storage in storages),
        catalogs=tuple(each.name for each in catalogs),
        owners=tuple(owner.name for owner in whole.owners),
        channels=tuple(channel.name for channel in channels),
        calendars=whole.calendars,
        pools=tuple(whole.project.pools),
    )
    default = read_storage(section, "storage", scope)
    defaults = section.get("defaults", mapping)
    layer = read_outer(report, defaults, rules.DEFAULTS, scope) if defaults else Layer()
    here = Environment(retention=whole.project.retention)
    if entry is not None:
        here = read_environment(report, entry, scope, whole.project.retention)
    project = replace(
        whole.project,
        storages=storages,
        resources=resources,
        catalogs=catalogs,
        owners=whole.owners,
        channels=channels,
        webhooks=section.get("webhooks", webhooks_reader(values)) or Webhooks(),
        default_storage=default or "lake",
        strict=here.strict,
        retention=here.retention,
    )
    scope = replace(
        scope,
        values=replace(values, process=None),
        layers=(layer,) if layer != Layer() else (),
        overrides=here.overrides,
    )
    return Told(scope, project, here.places, report.diagnostics())


def _own_resources(report: Report, entry: source.Entry | None) -> source.Entry | None:
    """Return what an environment says of resources; the rest of it is looked at elsewhere."""
    if entry is None or not isinstance(entry.value, source.Mapping):
        return None
    named = (each for each in entry.value.entries if each.key.text == "resources")
    return next((each for each in named if not is_null(each.value)), None)


def _read_name(report: Report, entry: source.Entry) -> str | None:
    name = text(report, entry)
    if name is None or _NAME.fullmatch(name):
        return name
    expected = 'a name of lower-case letters, digits, "_" and "-", beginning with a letter'
    wrong(report, entry, expected, f"write for instance {key_from_text(name).lstrip('_') or 'a'}")
    return None


def _with_lake(storages: tuple[StorageDefinition, ...]) -> tuple[StorageDefinition, ...]:
    """Put the storage that every project has first, unless the project declares its own `lake`."""
    if any(storage.name == "lake" for storage in storages):
        return storages
    return (_LAKE, *storages)


def _storages_reader(values: Values) -> Reader[tuple[StorageDefinition, ...]]:
    """Return a reader of `name: {adapter: ..., its settings}`; `name: adapter` without any."""

    def read(report: Report, entry: source.Entry) -> tuple[StorageDefinition, ...]:
        node = mapping(report, entry)
        return tuple(_storage(report, each, values) for each in _named(report, node))

    return read


def _storage(report: Report, entry: source.Entry, values: Values) -> StorageDefinition:
    settings: dict[str, object] | None = {"adapter": None}
    if isinstance(entry.value, source.Scalar) and entry.value.text:
        settings = {"adapter": entry.value.text}
    elif isinstance(entry.value, source.Mapping):
        settings = filled_settings(report, entry, values, is_template=True)
    adapter = settings.pop("adapter", None) if settings is not None else ""
    if not isinstance(adapter, str):
        message = f"the storage {quoted(entry.key.text)} has no adapter"
        report.error("E116", entry.key, message, "add `adapter: lake`")
    return StorageDefinition(
        name=entry.key.text,
        adapter=adapter if isinstance(adapter, str) else "",
        settings=settings or {},
        span=report.span(entry.key),
    )


def _named(report: Report, node: source.Mapping | None) -> list[source.Entry]:
    """Return the entries whose keys are names."""
    good: list[source.Entry] = []
    for each in node.entries if node else ():
        if _read_name(report, source.Entry(each.key, each.key)) is not None:
            good.append(each)
    return good


def _read_owners(report: Report, entry: source.Entry) -> tuple[OwnerDefinition, ...]:
    node = mapping(report, entry)
    owners: list[OwnerDefinition] = []
    for each in node.entries if node else ():
        if not isinstance(each.value, source.Mapping):
            expected = "a mapping with `email:`, `chat:` or `on_call:`"
            wrong(report, each, expected, 'write for instance {chat: "#data"}')
            owners.append(OwnerDefinition(name=each.key.text))
            continue
        section = Section(report, each.value, rules.OWNER)
        owners.append(
            OwnerDefinition(
                name=each.key.text,
                email=section.get("email", text),
                chat=section.get("chat", text),
                on_call=section.get("on_call", text),
            )
        )
    return tuple(owners)
