"""What people say of assets and sources: read the same way wherever it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from freshline.code import Location, ResourceDefinition
from freshline.declare import rules, source
from freshline.declare.checks import is_none, read_checks, sql_for
from freshline.declare.columns import column_reader
from freshline.declare.config import placed, read_config
from freshline.declare.freshness import freshness_reader
from freshline.declare.interpolation import Values
from freshline.declare.layers import About, Layer, resolved
from freshline.declare.limits import read_isolation, read_limits
from freshline.declare.links import read_links
from freshline.declare.policies import read_lifecycle, read_retries, read_timeout
from freshline.declare.probes import read_cutoff, read_volatile
from freshline.declare.refreshing import refresh_reader
from freshline.declare.report import Report
from freshline.declare.section import (
    LATER,
    Keys,
    Section,
    data_mapping,
    did_you_mean,
    place_of,
    read_truth,
    text,
    word,
    words,
)
from freshline.declare.text import quoted
from freshline.definitions import Kind
from freshline.errors import Severity
from freshline.refresh import Calendar
from freshline.suggest import closest


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """All that the declarations of one file depend on besides its own text.

    Two equal scopes give equal definitions, so a declared file can be kept by the digest of its
    scope and its content. `layers` are the project's defaults and those of the folders above the
    file, outermost first; `overrides` are what the environment says of single assets.
    `is_complete` is False when the project file itself could not be read: then no name is called
    unknown.
    """

    values: Values
    layers: tuple[Layer, ...] = ()
    overrides: Mapping[str, Layer] = field(default_factory=dict[str, Layer])
    locations: tuple[Location, ...] = ()
    resources: tuple[ResourceDefinition, ...] = ()
    storages: tuple[str, ...] = ("lake",)
    catalogs: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    calendars: Mapping[str, Calendar] = field(default_factory=dict[str, Calendar])
    pools: tuple[str, ...] = ()
    is_complete: bool = True

    def broken(self, key: str) -> str:
        """Return the code of what is wrong with what else is said of a key, empty if nothing."""
        last = self.overrides.get(key, Layer())
        return next((layer.broken for layer in (*self.layers, last) if layer.broken), "")


read_owner = word(r"[^\n]{1,200}", "the name of an owner", "data")
read_group = word(r"[^\s,()]{1,200}", "one word, the name of a group", "finance")
read_tags = words(
    r"[^\s,()]{1,200}", "a list of tags, each one word without commas or parentheses", "[nightly]"
)


def read_about(
    section: Section | None, key: str, scope: Scope, outer: Section | None = None
) -> About:
    """Return what holds of an asset or source: its own section is None where it has none.

    `outer` is what is said of several assets at once, where one piece of code makes them.
    """
    layers = [_made_for(layer, key, scope.values) for layer in scope.layers]
    layers += [read_layer(each, key, scope) for each in (outer, section) if each is not None]
    if (override := scope.overrides.get(key)) is not None:
        layers.append(override)
    return resolved(key, layers)


def read_layer(section: Section, key: str | None, scope: Scope) -> Layer:
    """Return what a section says; `key` is None where it is said of many.

    Checks of SQL that are said of many keep their references: `${this}` is another for each.
    """
    owner = section.get("owner", read_owner)
    check_owner(section, owner, scope.owners)
    columns = section.get("columns", column_reader(scope.values)) or ()
    below = [check for described in columns for check in described.checks]
    given = tuple(name for name in section.keys.known if name in section)
    calendars = scope.calendars if scope.is_complete else None
    config = section.get("config", lambda report, entry: read_config(report, entry, scope.values))
    return Layer(
        given=given,
        unset=tuple(name for name in given if _is_unset(section, name)),
        description=(section.get("description", text) or "").strip(),
        owner=owner,
        group=section.get("group", read_group),
        tags=section.get("tags", read_tags) or (),
        meta=section.get("meta", data_mapping) or {},
        links=section.get("links", read_links) or (),
        kind=section.get("kind", read_kind),
        storage=read_storage(section, "storage", scope),
        lifecycle=section.get("lifecycle", read_lifecycle),
        retries=section.get("retries", read_retries),
        timeout=section.get("timeout", read_timeout),
        volatile=section.get("volatile", read_volatile),
        cutoff=section.get("cutoff", read_cutoff),
        preview=section.get("preview", read_truth),
        refresh=section.get("refresh", refresh_reader(calendars)),
        freshness=section.get("freshness", freshness_reader(calendars)),
        pool=read_pool(section, scope),
        config=config or {},
        places=placed(section, "config"),
        fresh_process=section.get("isolation", read_isolation),
        limits=read_limits(section),
        columns=tuple(described.column for described in columns),
        checks=read_checks(section, key, below, scope.values),
    )


def read_outer(
    report: Report, node: source.Mapping, keys: Keys, scope: Scope, key: str | None = None
) -> Layer:
    """Return what is said of assets from outside: of many, or of the one called `key`."""
    part = report.part(node)
    part.name(key)
    layer = read_layer(Section(part, node, keys), key, scope)
    if not part.failed:
        return layer
    found = (finding.diagnostic for finding in part.findings)
    codes = [each.code for each in found if each.severity is Severity.ERROR]
    return replace(layer, broken=codes[0] if codes else "E120")


def _is_unset(section: Section, name: str) -> bool:
    entry = section.entry(name)
    return entry is None or (name == "checks" and is_none(entry))


def _made_for(layer: Layer, key: str, values: Values) -> Layer:
    """Return what is said of many as it is for one: `${this}` in its checks is this one."""
    if not any(check.sql for check in layer.checks):
        return layer
    made = (
        replace(check, sql=sql_for(check.sql, key, values)[0]) if check.sql else check
        for check in layer.checks
    )
    return replace(layer, checks=tuple(made))


def check_owner(section: Section, owner: str | None, owners: tuple[str, ...]) -> None:
    """Warn of an owner given here whom the project does not know, if it knows any."""
    entry = section.entry("owner")
    if entry is not None and owner is not None and owners and owner not in owners:
        fix = did_you_mean(owner, owners) or "add it under `owners:` in freshline.yaml"
        message = f"{quoted(owner)} is not among the project's owners"
        section.report.warn("W501", entry.value, message, fix)


def read_storage(section: Section, key: str, scope: Scope) -> str | None:
    """Return the name of a storage that a section gives; None where the project has none such."""
    entry, name = section.entry(key), section.get(key, text)
    if entry is not None and name is not None and scope.is_complete and name not in scope.storages:
        fix = did_you_mean(name, scope.storages) or f"storages are {', '.join(scope.storages)}"
        section.report.error("E107", place_of(entry), f"unknown storage {quoted(name)}", fix)
        return None
    return name


def read_pool(section: Section, scope: Scope) -> str | None:
    """Return the name of a pool that a section gives; None where the project has none such."""
    entry, name = section.entry("pool"), section.get("pool", text)
    named = [pool for pool in scope.pools if not pool.startswith("tag:")]
    if entry is not None and name is not None and scope.is_complete and name not in named:
        fix = did_you_mean(name, named) or f"declare it: `pools: {{{name}: 2}}` in freshline.yaml"
        if name.startswith("tag:"):
            fix = f"all that are tagged {name.removeprefix('tag:')} are in it: leave this out"
        section.report.error("E130", place_of(entry), f"there is no pool {quoted(name)}", fix)
        return None
    return name


def read_kind(report: Report, entry: source.Entry) -> Kind | None:
    """Read what an asset is kept as."""
    name = text(report, entry)
    if name is None:
        return None
    if name in rules.LATER_KINDS:
        report.error("E104", entry.value, f"`kind: {name}` {LATER}", "write `kind: table`")
        return None
    if name not in tuple(Kind):
        near = closest(name, (*Kind, *sorted(rules.LATER_KINDS)))
        fix = f'did you mean "{near[0]}"?' if near else f"kinds are: {', '.join(Kind)}"
        report.error("E105", entry.value, f"{quoted(name)} is no kind of asset", fix)
        return None
    return Kind(name)
