"""Entries of the asset catalog: what is declared of each asset, with what the plan says of it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from freshline.code import Code
from freshline.codec import decode, digest_of, encode
from freshline.definitions import ColumnDefinition, SourceDefinition
from freshline.errors import Diagnostic, Span
from freshline.lineage.canonical import MARK, canonicaliser
from freshline.lineage.graph import Asset, Check, Graph, in_order
from freshline.lineage.subjects import language_of
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import storage_of
from freshline.reconcile.planned import Plan
from freshline.reconcile.statuses import Told, statuses
from freshline.survey import (
    Entry,
    EntryCheck,
    EntryCode,
    EntryColumn,
    EntryKind,
    EntryNeighbour,
    EntryParameter,
    Setting,
    Status,
)
from freshline.versions import Window

_MARKED = re.compile(f'"{MARK}([^"]+)"')
_CODE_RULES = 1  # to be raised when the same code would be traced otherwise
_RULES = 1  # to be raised when the same query would be traced otherwise


def entries(
    plan: Plan,
    facts: Facts,
    settings: Mapping[str, tuple[Setting, ...]],
    readable: Callable[[str], str],
) -> tuple[Entry, ...]:
    """Return an entry for each source and asset, each behind what it reads.

    `settings` are the values in force of each; `readable` lays compiled text out for people.
    """
    told = statuses(plan, facts)
    problems = _by_key(plan.problems, facts.graph)
    checked = {step.asset: step.action.value for step in plan.steps}
    found: dict[str, Entry] = {}
    for key, source in facts.graph.sources.items():
        found[key] = _source(source.definition, facts, checked.get(key, ""))
    for key, asset in facts.graph.assets.items():
        found[key] = _asset(asset, facts, told[key], readable)
    for key in facts.graph.quarantined:
        found[key] = _aside(key, facts, told.get(key))
    told_of = (
        replace(
            entry,
            settings=settings.get(key, ()),
            problems=tuple(problems.get(key, ())),
            place=entry.place or _place(problems.get(key, ())),
        )
        for key, entry in found.items()
    )
    return _ordered(told_of)


def _source(definition: SourceDefinition, facts: Facts, action: str) -> Entry:
    key, graph = definition.key, facts.graph
    return Entry(
        key=key,
        kind=EntryKind.SOURCE,
        status=Status.SOURCE,
        place=definition.span,
        description=definition.description,
        owner=definition.owner,
        group=definition.group,
        tags=definition.tags,
        meta=definition.meta,
        columns=_columns(definition.columns, graph, key),
        checks=tuple(_check(check) for check in graph.checks_of(key)),
        action=action,
        trust=definition.probe.trust,
        neighbour=_neighbour(definition, graph),
    )


def _neighbour(definition: SourceDefinition, graph: Graph) -> EntryNeighbour | None:
    """Return which asset of a project on this machine a source stands for, if it does."""
    origin = definition.origin
    if origin is None:
        return None
    paths = {each.name: each.path for each in graph.project.catalogs}
    path = paths.get(origin.catalog, "")
    return EntryNeighbour(origin.catalog, origin.asset, path) if path else None


def _asset(asset: Asset, facts: Facts, told: Told, readable: Callable[[str], str]) -> Entry:
    definition, graph = asset.definition, facts.graph
    return Entry(
        key=definition.key,
        kind=EntryKind.VIEW if asset.is_view else EntryKind.TABLE,
        status=told.status,
        place=definition.span,
        description=definition.description,
        owner=definition.owner,
        group=definition.group,
        tags=definition.tags,
        meta=definition.meta,
        links=definition.links,
        lifecycle=definition.lifecycle,
        storage="" if asset.is_view else storage_of(definition, graph.project),
        sql=definition.sql.original if asset.code is None else "",
        query=readable(asset.query) if asset.code is None else "",
        columns=_columns(definition.columns, graph, definition.key),
        checks=tuple(_check(check) for check in asset.checks),
        upstreams=asset.upstreams,
        windows=tuple((read, _window(graph, read, asset.window(read))) for read in asset.reads),
        why=told.why,
        proof=told.proof,
        action=told.action,
        trust=told.trust,
        preview=definition.preview,
        code_version=asset.code_version,
        traced_by=traced_by(asset, graph),
        language=language_of(asset.code),
        code=_code(asset, asset.code, graph) if asset.code is not None else None,
    )


def _code(asset: Asset, code: Code, graph: Graph) -> EntryCode:
    of, sql = dict(asset.parameters), asset.definition.sql
    location = next((each for each in graph.project.locations if each.name == code.location), None)
    return EntryCode(
        function=code.function,
        command=code.command,
        source=sql.original,
        place=Span(file=sql.file, line=sql.line, column=sql.column) if sql.original else None,
        location=code.location,
        python=location.python if location is not None else None,
        requirements=location.requirements if location is not None else None,
        files=code.files,
        config=code.config,
        resources=tuple(sorted(code.resources.items())),
        reads_env=code.reads_env,
        packages=tuple(sorted(code.packages.items())),
        parameters=tuple(
            EntryParameter(
                each.name,
                of.get(each.name, each.key),
                each.columns,
                each.form,
                each.optional,
                each.span,
            )
            for each in code.inputs
        ),
        output=code.output,
        outputs=code.outputs,
        pure=code.pure,
        makes_files=code.makes_files,
    )


def _aside(key: str, facts: Facts, told: Told | None) -> Entry:
    """Return what is on record of something that is set aside: its definition does not hold."""
    known = facts.state.of(facts.target(key))
    build = known.build
    kind = EntryKind.SOURCE if facts.graph.quarantined[key].is_source else EntryKind.TABLE
    if build is not None and build.version.query:
        kind = EntryKind.VIEW
    spec = _recorded(known.spec)
    columns = build.version.columns if build is not None else ()
    return Entry(
        key=key,
        kind=kind,
        status=Status.ASIDE,
        description=spec.description,
        owner=spec.owner,
        group=spec.group or key.partition(".")[0],
        tags=spec.tags,
        columns=tuple(EntryColumn(c.name, c.type, spec.columns.get(c.name, "")) for c in columns),
        upstreams=tuple(read.asset for read in build.trace.inputs) if build is not None else (),
        why=told.why if told is not None else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spec:
    """What is on record of a definition."""

    description: str = ""
    owner: str | None = None
    group: str = ""
    tags: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict[str, str])


def _recorded(spec: Mapping[str, object]) -> _Spec:
    """Return what is on record of a definition; nothing where that is not what it is today."""
    try:
        return decode(encode(spec), _Spec)
    except ValueError:
        return _Spec()


def _columns(
    described: Iterable[ColumnDefinition], graph: Graph, key: str
) -> tuple[EntryColumn, ...]:
    known = {column.name.lower(): column for column in described}
    found: list[EntryColumn] = []
    for name, type in graph.columns_of(key):
        said = known.get(name.lower())
        if said is None:
            found.append(EntryColumn(name, type))
        else:
            found.append(EntryColumn(name, type, said.description, said.type, said.not_null))
    return tuple(found)


def _check(check: Check) -> EntryCheck:
    definition = check.definition
    return EntryCheck(
        name=definition.name,
        kind=definition.kind,
        severity=definition.severity,
        digest=check.digest,
        columns=check.columns,
        description=definition.description,
        sql=definition.sql.original if definition.sql else _MARKED.sub(r"\1", check.query),
        place=definition.span,
    )


def _window(graph: Graph, read: str, window: Window) -> tuple[str, ...] | None:
    """Return the columns of a window in the order of what is read, None for all of them."""
    if window.columns is None:
        return None
    return tuple(c.name for c in graph.columns_of(read) if c.name in window.columns)


def traced_by(asset: Asset, graph: Graph) -> str:
    """Return the digest of all that an asset's column lineage, and its places, hang on."""
    sql = asset.definition.sql
    return digest_of(
        (
            _RULES,
            canonicaliser(),
            asset.text,
            [(key, graph.columns_of(key)) for key in asset.upstreams],
            [graph.macros[name].text for name in asset.macros],
            asset.columns,
            (sql.original, sql.file, sql.line, sql.column),
            *(() if asset.code is None else (_CODE_RULES, asset.windows)),
        )
    )


def _by_key(problems: Iterable[Diagnostic], graph: Graph) -> Mapping[str, tuple[Diagnostic, ...]]:
    """Return findings by the asset or source they are about: one says so, or lies in its SQL."""
    keys: dict[str, str] = {}
    for key, asset in graph.assets.items():
        if asset.definition.file.endswith(".sql"):
            keys[asset.definition.file] = key
    found: dict[str, list[Diagnostic]] = {}
    for problem in problems:
        file = problem.span.file if problem.span is not None else ""
        about = problem.asset or keys.get(file)
        if about is not None:
            found.setdefault(about, []).append(problem)
    return {key: tuple(several) for key, several in found.items()}


def _place(problems: Iterable[Diagnostic]) -> Span | None:
    return next((problem.span for problem in problems if problem.span is not None), None)


def _ordered(found: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return sources first and then each entry behind what it reads; circles come last."""
    known = {entry.key: entry for entry in found}
    sources = (entry.key for entry in known.values() if entry.kind is EntryKind.SOURCE)
    order = in_order({key: entry.upstreams for key, entry in known.items()})
    return tuple(known[key] for key in dict.fromkeys((*sources, *order, *known)))
