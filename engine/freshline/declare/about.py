"""What people should know about an asset or a source: read the same way for both."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from freshline.declare import rules, scalars, source
from freshline.declare.checks import checks_of_column, not_null, read_checks
from freshline.declare.interpolation import Values
from freshline.declare.report import Report
from freshline.declare.section import (
    LATER,
    Section,
    data_mapping,
    described,
    did_you_mean,
    mapping,
    text,
    word,
    words,
    wrong,
)
from freshline.declare.text import quoted
from freshline.definitions import CheckDefinition, ColumnDefinition, Kind
from freshline.suggest import closest

# The shape of a DuckDB type: words, then what stands in parentheses, then array brackets.
_TYPE = re.compile(r"[a-zA-Z_][\w ]*(\(.*\))?(\[\d*\])*( with(out)? time zone)?", re.DOTALL)
_TYPE_CHARACTERS = re.compile(r"[\w\s(),.\[\]'\"-]*")
_LONGEST_TYPE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What `defaults:` of a project gives to every asset and source that does not say it."""

    owner: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    storage: str | None = None
    kind: Kind = Kind.TABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """All that the declarations of one file depend on besides its own text.

    Two equal scopes give equal definitions, so a declared file can be kept by the digest of its
    scope and its content. `is_complete` is False when the project file itself could not be read:
    then no name is called unknown.
    """

    values: Values
    defaults: Defaults = Defaults()
    storages: tuple[str, ...] = ("lake",)
    owners: tuple[str, ...] = ()
    is_complete: bool = True


class About(NamedTuple):
    """What holds: own values, else the project's defaults, else the built-in ones."""

    description: str
    owner: str | None
    group: str
    tags: tuple[str, ...]
    meta: Mapping[str, object]
    columns: tuple[ColumnDefinition, ...] = ()
    checks: tuple[CheckDefinition, ...] = ()


class Described(NamedTuple):
    """A column with the checks that stand below it."""

    column: ColumnDefinition
    checks: tuple[CheckDefinition, ...]


read_owner = word(r"[^\n]{1,200}", "the name of an owner", "data")
read_group = word(r"[^\s,()]{1,200}", "one word, the name of a group", "finance")
read_tags = words(
    r"[^\s,()]{1,200}", "a list of tags, each one word without commas or parentheses", "[nightly]"
)


def undescribed(key: str, defaults: Defaults) -> About:
    """Return what holds of an asset or source that says nothing of itself."""
    group = defaults.group or key.partition(".")[0]
    return About("", defaults.owner, group, defaults.tags, {})


def read_about(section: Section, key: str, scope: Scope) -> About:
    """Return what a section says; `null` unsets a default, tags add up."""
    otherwise = undescribed(key, scope.defaults)
    owner = section.get("owner", read_owner) if "owner" in section else otherwise.owner
    check_owner(section, owner, scope.owners)
    tags = otherwise.tags
    if "tags" in section:
        own = section.get("tags", read_tags)
        tags = () if own is None else tuple(dict.fromkeys((*tags, *own)))
    columns = section.get("columns", read_columns) or ()
    below = [check for described in columns for check in described.checks]
    return About(
        description=(section.get("description", text) or "").strip(),
        owner=owner,
        group=section.get("group", read_group) or key.partition(".")[0]
        if "group" in section
        else otherwise.group,
        tags=tags,
        meta=section.get("meta", data_mapping) or {},
        columns=tuple(described.column for described in columns),
        checks=read_checks(section, key, below, scope.values),
    )


def check_owner(section: Section, owner: str | None, owners: tuple[str, ...]) -> None:
    """Warn of an owner given here whom the project does not know, if it knows any."""
    entry = section.entry("owner")
    if entry is not None and owner is not None and owners and owner not in owners:
        fix = did_you_mean(owner, owners) or "add it under `owners:` in freshline.yaml"
        message = f"{quoted(owner)} is not among the project's owners"
        section.report.warn("W501", entry.value, message, fix)


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


def read_columns(report: Report, entry: source.Entry) -> tuple[Described, ...] | None:
    """Read columns: `name: type`, `!` behind it where it is never null, or a mapping below."""
    if isinstance(entry.value, source.Sequence):
        fix = "write `order_id: bigint!` on a line for each"
        wrong(report, entry, "a mapping of names to types", fix)
        return None
    node = mapping(report, entry)
    columns: list[Described] = []
    spelt: dict[str, source.Scalar] = {}
    for each in node.entries if node else ():
        name = each.key.text
        first = spelt.setdefault(name.lower(), each.key)
        if first is not each.key:
            message = f"the columns {quoted(first.text)} and {quoted(name)} differ in case only"
            report.error("E109", each.key, message, "keep one: names of columns ignore case")
        elif name == "strict" and scalars.meaning_of(each.value) is scalars.Meaning.BOOL:
            report.error("E104", each.key, f"`strict` {LATER}", "remove it from the columns")
        elif not name.strip():
            report.error("E105", each.key, "a column needs a name", "write `name: type`")
        else:
            columns.append(_column(report, each))
    return tuple(columns)


def _column(report: Report, entry: source.Entry) -> Described:
    described_type: str | None = None
    description = ""
    checks: tuple[CheckDefinition, ...] = ()
    match entry.value:
        case source.Mapping():
            section = Section(report, entry.value, rules.COLUMN)
            described_type = section.get("type", _read_type)
            description = (section.get("description", text) or "").strip()
            checks = checks_of_column(section, entry.key.text)
        case source.Scalar() if scalars.is_null(entry.value):
            pass
        case source.Scalar():
            described_type = _read_type(report, entry)
        case source.Sequence():
            expected = "a type, or a mapping with `type:` and `description:`"
            wrong(report, entry, expected, "write for instance `bigint!`")
    type = described_type.removesuffix("!").rstrip() if described_type else None
    column = ColumnDefinition(
        name=entry.key.text,
        type=type,
        not_null=described_type is not None and described_type.endswith("!"),
        description=description,
        span=report.span(entry.key),
    )
    own = (not_null(report, column, entry.key),) if column.not_null else ()
    return Described(column, (*own, *checks))


def _read_type(report: Report, entry: source.Entry) -> str | None:
    """Read what looks like a DuckDB type; whether it is one, the compiler says."""
    if not isinstance(entry.value, source.Scalar):
        wrong(report, entry, "a type", "write for instance `bigint!`")
        return None
    spelled = entry.value.text.strip()
    type = spelled.removesuffix("!").rstrip()
    if len(type) > _LONGEST_TYPE or not _looks_like_type(type):
        message = f"{described(entry.value)} does not look like a type of DuckDB"
        report.error("E105", entry.value, message, "write for instance `decimal(18,2)` or `text!`")
        return None
    return spelled


def _looks_like_type(type: str) -> bool:
    if not _TYPE.fullmatch(type) or not _TYPE_CHARACTERS.fullmatch(type) or "--" in type:
        return False
    depth = 0
    for character in type:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0 and type.count("'") % 2 == 0 and type.count('"') % 2 == 0
