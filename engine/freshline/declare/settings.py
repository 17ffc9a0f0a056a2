"""freshline.yaml: the project's name, variables, defaults, owners, storages and environments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from freshline.declare import rules, source
from freshline.declare.about import (
    Defaults,
    Scope,
    check_owner,
    read_group,
    read_kind,
    read_owner,
    read_tags,
)
from freshline.declare.interpolation import Values
from freshline.declare.report import Report, Stretch
from freshline.declare.section import (
    Section,
    did_you_mean,
    mapping,
    place_of,
    setting_mapping,
    text,
    wrong,
)
from freshline.declare.source import compose
from freshline.declare.text import Content, decode, quoted, source_text
from freshline.declare.variables import Variable, read_values, read_variables
from freshline.definitions import ProjectDefinition, StorageDefinition
from freshline.errors import Diagnostic
from freshline.keys import key_from_text

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}")
_LAKE = StorageDefinition(name="lake", adapter="lake")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Somebody who answers for assets, and how to reach them."""

    name: str
    email: str | None = None
    chat: str | None = None
    on_call: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that freshline.yaml says, apart from the assets and sources it may hold.

    The project's name is empty where it could not be read: nothing may be applied then.
    """

    project: ProjectDefinition
    scopes: Mapping[str, Scope]
    owners: tuple[Owner, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=())

    def scope(self, environment: str) -> Scope:
        """Return what declarations may refer to there; a name unknown here has no own values."""
        scope = self.scopes.get(environment)
        if scope is not None:
            return scope
        first = self.scopes[""]
        return replace(first, values=replace(first.values, environment=environment))


def read_settings(content: Content, file: str = "freshline.yaml") -> Settings:
    """Return the settings in a project's file; whatever is wrong is in their diagnostics."""
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
    # What is wrong with its assets and sources is told where the file is read for these.
    report.findings = [f for f in report.findings if not is_declared(node, f.offset)]
    return _settings(report, Section(report, node, rules.PROJECT))


def is_declared(node: source.Mapping, offset: int) -> bool:
    """Say whether a place in the project's file lies in the assets or sources that it holds."""
    return any(
        entry.value.start <= offset < entry.value.end
        for entry in node.entries
        if entry.key.text in ("assets", "sources")
    )


def _unread(file: str, diagnostics: tuple[Diagnostic, ...]) -> Settings:
    scope = Scope(values=Values(variables={}, is_complete=False), is_complete=False)
    project = ProjectDefinition(name="", file=file)
    return Settings(project=project, scopes={"": scope}, diagnostics=diagnostics)


def _settings(report: Report, section: Section) -> Settings:
    name = section.get("project", _read_name)
    if section.entry("project") is None:
        report.error("E116", Stretch(0, 1), "the project has no name", "add `project: name`")
    owners = section.get("owners", _read_owners) or ()
    storages = _with_lake(section.get("storages", _read_storages) or ())
    names = tuple(storage.name for storage in storages)
    variables = section.get("vars", read_variables) or ()
    base = Scope(
        values=Values(variables={v.name: v.default for v in variables}),
        defaults=_defaults(section, names, tuple(owner.name for owner in owners)),
        storages=names,
        owners=tuple(owner.name for owner in owners),
    )
    environments = _environments(section, {v.name: v for v in variables})
    scopes = {"": base} | {
        environment: replace(
            base,
            values=Values(variables={**base.values.variables, **values}, environment=environment),
        )
        for environment, values in (environments or {"main": {}}).items()
    }
    project = ProjectDefinition(
        name=name or "",
        file=report.text.file,
        environments=tuple(environments) or ("main",),
        storages=storages,
        default_storage=_storage_name(section, "storage", names) or "lake",
    )
    return Settings(project=project, scopes=scopes, owners=owners, diagnostics=report.diagnostics())


def _read_name(report: Report, entry: source.Entry) -> str | None:
    name = text(report, entry)
    if name is None or _NAME.fullmatch(name):
        return name
    expected = 'a name of lower-case letters, digits, "_" and "-", beginning with a letter'
    wrong(report, entry, expected, f"write for instance {key_from_text(name).lstrip('_') or 'a'}")
    return None


def _storage_name(section: Section, key: str, known: tuple[str, ...]) -> str | None:
    entry, name = section.entry(key), section.get(key, text)
    if entry is None or name is None or name in known:
        return name
    fix = did_you_mean(name, known) or f"storages are {', '.join(known)}"
    section.report.error("E107", place_of(entry), f"unknown storage {quoted(name)}", fix)
    return None


def _with_lake(storages: tuple[StorageDefinition, ...]) -> tuple[StorageDefinition, ...]:
    """Put the storage that every project has first, unless the project declares its own `lake`."""
    if any(storage.name == "lake" for storage in storages):
        return storages
    return (_LAKE, *storages)


def _read_storages(report: Report, entry: source.Entry) -> tuple[StorageDefinition, ...]:
    """Read `name: {adapter: ..., its settings}`; `name: adapter` where there are none."""
    node = mapping(report, entry)
    storages: list[StorageDefinition] = []
    for each in _named(report, node):
        settings: dict[str, object] | None = {"adapter": None}
        if isinstance(each.value, source.Scalar) and each.value.text:
            settings = {"adapter": each.value.text}
        elif isinstance(each.value, source.Mapping):
            settings = setting_mapping(report, each)
        adapter = settings.pop("adapter", None) if settings is not None else ""
        if not isinstance(adapter, str):
            message = f"the storage {quoted(each.key.text)} has no adapter"
            report.error("E116", each.key, message, "add `adapter: lake`")
        storages.append(
            StorageDefinition(
                name=each.key.text,
                adapter=adapter if isinstance(adapter, str) else "",
                settings=settings or {},
                span=report.span(each.key),
            )
        )
    return tuple(storages)


def _named(report: Report, node: source.Mapping | None) -> list[source.Entry]:
    """Return the entries whose keys are names."""
    good: list[source.Entry] = []
    for each in node.entries if node else ():
        if _read_name(report, source.Entry(each.key, each.key)) is not None:
            good.append(each)
    return good


def _read_owners(report: Report, entry: source.Entry) -> tuple[Owner, ...]:
    node = mapping(report, entry)
    owners: list[Owner] = []
    for each in node.entries if node else ():
        if not isinstance(each.value, source.Mapping):
            expected = "a mapping with `email:`, `chat:` or `on_call:`"
            wrong(report, each, expected, 'write for instance {chat: "#data"}')
            owners.append(Owner(name=each.key.text))
            continue
        section = Section(report, each.value, rules.OWNER)
        owners.append(
            Owner(
                name=each.key.text,
                email=section.get("email", text),
                chat=section.get("chat", text),
                on_call=section.get("on_call", text),
            )
        )
    return tuple(owners)


def _defaults(section: Section, storages: tuple[str, ...], owners: tuple[str, ...]) -> Defaults:
    node = section.get("defaults", mapping)
    if node is None:
        return Defaults()
    defaults = Section(section.report, node, rules.DEFAULTS)
    owner = defaults.get("owner", read_owner)
    check_owner(defaults, owner, owners)
    return Defaults(
        owner=owner,
        group=defaults.get("group", read_group),
        tags=defaults.get("tags", read_tags) or (),
        storage=_storage_name(defaults, "storage", storages),
        kind=defaults.get("kind", read_kind) or Defaults().kind,
    )


def _environments(section: Section, variables: Mapping[str, Variable]) -> dict[str, dict[str, str]]:
    """Return the values of each environment's own variables."""
    report = section.report
    found: dict[str, dict[str, str]] = {}
    for each in _named(report, section.get("environments", mapping)):
        values: dict[str, str] = {}
        if isinstance(each.value, source.Mapping):
            environment = Section(report, each.value, rules.ENVIRONMENT)
            entry = environment.entry("vars")
            if entry is not None:
                values = read_values(report, entry, variables)
        elif not isinstance(each.value, source.Scalar) or each.value.text:
            wrong(report, each, "a mapping", "write `vars:` below it, or nothing")
        found[each.key.text] = values
    return found
