"""Definitions to the lineage graph: references resolved, SQL bound, circles and danglers set aside.

Depth first, so that an asset is bound when the columns of all it reads are known, and so that only
the trees of one path are in memory at a time. All findings of all assets are gathered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from freshline.code import CodeCheck
from freshline.codec import digest, digest_of, encode
from freshline.definitions import AssetDefinition, Column, Declared
from freshline.errors import Diagnostic
from freshline.lineage import sql
from freshline.lineage.analysed import Analysis, Reference
from freshline.lineage.analysis import Doubt, analyse, insist_on_syntax, take_apart
from freshline.lineage.automation import with_automation
from freshline.lineage.binder import Binder
from freshline.lineage.canonical import MARK, canonicaliser
from freshline.lineage.checks import Checking, compile_checks
from freshline.lineage.code_assets import Resolved, compile_code, resolve, unlearnt_columns
from freshline.lineage.findings import finding, undeclared_advice, unknown_upstream
from freshline.lineage.graph import WAITS, Asset, Graph, SetAside, Source
from freshline.lineage.lifecycle import deprecated_reads
from freshline.lineage.macros import Macros, compile_macros
from freshline.lineage.reading import SourceRead, Sources
from freshline.lineage.renames import impossible
from freshline.lineage.views import look_through
from freshline.lineage.volatile import with_policies, without_policy
from freshline.lineage.windows import Early, with_windows

_NOTHING_LEARNT: Mapping[str, Sequence[Column]] = {}


@dataclass(slots=True)
class _Work:
    """One compilation under way."""

    declared: Declared
    binder: Binder
    early: Early
    remembered: Mapping[str, Analysis]
    definitions: dict[str, AssetDefinition]
    macros: Macros
    learnt: Mapping[str, Sequence[Column]]
    sources: dict[str, Source] = field(default_factory=dict[str, Source])
    assets: dict[str, Asset] = field(default_factory=dict[str, Asset])
    quarantined: dict[str, SetAside] = field(default_factory=dict[str, SetAside])
    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])
    results: dict[str, Analysis] = field(default_factory=dict[str, Analysis])
    bound: set[str] = field(default_factory=set[str])
    doubts: dict[str, tuple[str, Doubt]] = field(default_factory=dict[str, tuple[str, Doubt]])


@dataclass(slots=True)
class _Visit:
    """An asset whose upstreams are being visited."""

    definition: AssetDefinition
    digest: str
    references: tuple[Reference, ...]
    parsed: sql.Parsed | None
    memory: Analysis | None
    resolved: Resolved | None = None
    position: int = 0


def compile_graph(
    declared: Declared,
    root: Path,
    remembered: Mapping[str, Analysis],
    sources: Iterable[SourceRead] | None = None,
    learnt: Mapping[str, Sequence[Column]] = _NOTHING_LEARNT,
) -> tuple[Graph, dict[str, Analysis]]:
    """Return the graph of a project, and what to remember of it for the next time.

    `sources` are the project's, in their order, where they are being read already. `learnt` are
    the columns of what code has made, as of the last time.
    """
    if sources is None:
        with Sources(root, declared.sources, remembered) as found:
            return compile_graph(declared, root, remembered, found, learnt)
    binder = Binder()
    try:
        definitions = {d.key: d for d in declared.assets}
        macros = compile_macros(binder, declared)
        early = Early(binder, macros)
        work = _Work(declared, binder, early, remembered, definitions, macros, learnt)
        work.diagnostics += (*work.macros.broken.values(), *work.macros.refused)
        codes = {d.asset: d.code for d in reversed(declared.diagnostics)}
        for key in declared.broken:
            code = codes.get(key) or declared.causes.get(key, "E101")
            place = next((d.span for d in declared.diagnostics if d.asset == key), None)
            is_source = place is not None and place.file.startswith("sources/")
            work.quarantined[key] = SetAside(code=code, is_source=is_source)
        for problem in impossible(declared):
            _set_aside(work, str(problem.asset), (problem,))
        for source in sources:
            _keep_source(work, source)
        for key in sorted(definitions):
            if key not in work.assets and key not in work.quarantined:
                _visit(work, key)
        for key, (identity, doubt) in work.doubts.items():
            _keep(work, key, identity, doubt.settled())
        order = _with_checks(work)
        answers = early.answers()
    finally:
        binder.close()
    looked_through = look_through({key: work.assets[key] for key in order})
    memory = (remembered, work.results)
    seen = with_windows(looked_through, work.sources, work.macros, memory, answers)
    graph = Graph(
        project=declared.project,
        assets=with_policies(seen),
        sources=dict(sorted(work.sources.items())),
        quarantined=dict(sorted(work.quarantined.items())),
        macros={name: macro.definition for name, macro in work.macros.known.items()},
        schedules=declared.schedules,
        sensors=declared.sensors,
        diagnostics=(*declared.diagnostics, *sorted(work.diagnostics, key=_place)),
    )
    graph = with_automation(graph)
    told = (*graph.diagnostics, *deprecated_reads(graph), *without_policy(graph))
    return replace(graph, diagnostics=told), work.results


def _place(finding: Diagnostic) -> tuple[str, int, int, str]:
    """Return what orders findings, so that memory and doubts do not."""
    span = finding.span
    return (span.file, span.line, span.column, finding.code) if span else ("", 0, 0, finding.code)


def _with_checks(work: _Work) -> tuple[str, ...]:
    """Compile the checks of all that compiled; return the assets that stand, in order."""
    checking = Checking(
        binder=work.binder,
        bound=work.bound,
        assets=work.assets,
        sources=work.sources,
        quarantined=work.quarantined,
        remembered=work.remembered,
        results=work.results,
        macros=work.macros,
        functions=_functions_by_key(work.declared),
    )
    order = compile_checks(checking)
    work.diagnostics += checking.diagnostics
    return order


def _functions_by_key(declared: Declared) -> dict[str, tuple[CodeCheck, ...]]:
    found: dict[str, tuple[CodeCheck, ...]] = {}
    for check in declared.code_checks:
        found[check.of] = (*found.get(check.of, ()), check)
    return found


def _keep_source(work: _Work, read: SourceRead) -> None:
    result = read.analysis
    if result.source is not None:  # what else it takes, a package for instance, may be there next
        work.results[read.digest] = result
    work.diagnostics += result.diagnostics
    if result.source is None:
        code = result.diagnostics[0].code
        work.quarantined[read.definition.key] = SetAside(code=code, is_source=True)
    else:
        work.sources[read.definition.key] = result.source


def _visit(work: _Work, start: str) -> None:
    """Compile `start` and everything it reads that is not compiled yet."""
    path: dict[str, _Visit] = {}
    if (first := _begin(work, start)) is None:
        return
    path[start] = first
    while path:
        visit = next(reversed(path.values()))
        if visit.position == len(visit.references):
            path.pop(visit.definition.key)
            _finish(work, visit)
            continue
        reference = visit.references[visit.position]
        visit.position += 1
        key = reference.key
        if key in path:
            _report_cycle(work, path, visit, reference)
        elif key in work.definitions and key not in work.assets and key not in work.quarantined:
            if (begun := _begin(work, key)) is not None:
                path[key] = begun


def _begin(work: _Work, key: str) -> _Visit | None:
    """Find an asset's references, from memory or by parsing; None where it does not parse."""
    definition = work.definitions[key]
    if definition.code is not None:
        return _begin_code(work, definition)
    if (broken := work.macros.missed(definition.sql.text)) is not None:
        work.quarantined[key] = SetAside(code="E210", because=f"macro {broken}")
        return None
    macros = work.macros.called(definition.sql.text)
    called = (macro.digest for macro in macros)
    identity = digest(encode(definition), canonicaliser(), *called)
    memory = work.remembered.get(identity)
    if memory is not None and (memory.references or memory.asset is not None):
        return _Visit(definition, identity, memory.references, None, memory)
    try:
        parsed = take_apart(work.binder, definition.sql.text)
        found = [*sql.undeclared(parsed, [macro.definition.name for macro in macros])]
    except sql.SqlProblem as problem:
        at = (problem.offset, problem.length)
        wrong = finding(definition, problem.code, problem.message, at, problem.fix)
        _set_aside(work, definition.key, (wrong,))
        return None
    if found:
        findings = tuple(
            finding(definition, "E310", f"undeclared input {call}", at, undeclared_advice(call))
            for call, *at in found
        )
        _set_aside(work, definition.key, findings)
        return None
    return _Visit(definition, identity, parsed.references, parsed, None)


def _begin_code(work: _Work, definition: AssetDefinition) -> _Visit | None:
    """Find what the parameters of code stand for; None where one stands for nothing."""
    known = (*work.definitions, *work.sources, *work.quarantined)
    resolved = resolve(definition, known)
    if resolved.problems:
        _set_aside(work, definition.key, resolved.problems)
        return None
    upstreams = dict.fromkeys(key for _, key in resolved.parameters)
    references = tuple(Reference(key, 0, 1) for key in upstreams)
    return _Visit(definition, "", references, None, None, resolved)


def _finish_code(work: _Work, visit: _Visit, resolved: Resolved) -> None:
    key = visit.definition.key
    nodes = {u: work.sources.get(u) or work.assets[u] for _, u in resolved.parameters}
    schemas = {
        upstream: None if isinstance(node, Asset) and node.learns_columns else node.columns
        for upstream, node in nodes.items()
    }
    asset, problems = compile_code(
        visit.definition, resolved.parameters, schemas, work.binder, work.learnt.get(key)
    )
    if asset is None:
        _set_aside(work, key, problems)
    else:
        work.assets[key] = asset


def _finish(work: _Work, visit: _Visit) -> None:
    """Bind an asset whose upstreams are all visited."""
    key = visit.definition.key
    if key in work.quarantined:  # on a cycle
        return
    upstreams = tuple(dict.fromkeys(r.key for r in visit.references))
    unknown = [r for r in visit.references if not _exists(work, r.key)]
    if unknown:
        known = [*work.definitions, *work.sources]
        _set_aside(work, key, tuple(unknown_upstream(visit.definition, r, known) for r in unknown))
        return
    for upstream in upstreams:
        if (aside := work.quarantined.get(upstream)) is not None:
            code = WAITS if aside.code == WAITS else "E208"
            work.quarantined[key] = SetAside(code=code, because=aside.because or upstream)
            if visit.parsed is not None:  # it is not bound now: its own syntax can be judged
                _judge_syntax(work, visit.definition)
            return
    if visit.resolved is not None:
        _finish_code(work, visit, visit.resolved)
        return
    if (unlearnt := next((u for u in upstreams if _is_unlearnt(work, u)), None)) is not None:
        work.quarantined[key] = SetAside(code=WAITS, because=unlearnt)
        work.diagnostics.append(unlearnt_columns(visit.definition, unlearnt))
        return
    schemas = {u: (work.sources.get(u) or work.assets[u]).columns for u in upstreams}
    identity = digest_of(schemas)
    result = visit.memory
    if result is None or result.schemas != identity:
        parsed = visit.parsed or take_apart(work.binder, visit.definition.sql.text)
        for upstream, columns in schemas.items():
            if upstream not in work.bound:
                work.binder.declare(MARK + upstream, columns)
                work.bound.add(upstream)
        macros = work.macros.called(visit.definition.sql.text)
        found = analyse(work.binder, visit.definition, parsed, schemas, macros)
        if isinstance(found, Doubt):
            work.doubts[key] = (visit.digest, found)
            found = found.compiled
        result = found
        # What reads a view is another query once it is looked through.
        is_itself = not any(u in work.assets and work.assets[u].is_view for u in upstreams)
        if result.asset is not None and is_itself:
            work.early.ask(result.asset, schemas)
    _keep(work, key, visit.digest, result)


def _is_unlearnt(work: _Work, key: str) -> bool:
    asset = work.assets.get(key)
    return asset is not None and asset.learns_columns


def _judge_syntax(work: _Work, definition: AssetDefinition) -> None:
    try:
        insist_on_syntax(work.binder, definition.sql.text)
    except sql.SqlProblem as problem:
        at = (problem.offset, problem.length)
        wrong = finding(definition, problem.code, problem.message, at, problem.fix)
        _set_aside(work, definition.key, (wrong,))


def _keep(work: _Work, key: str, identity: str, result: Analysis) -> None:
    work.results[identity] = result
    work.diagnostics += result.diagnostics
    if result.asset is None:
        work.quarantined[key] = SetAside(code=result.diagnostics[0].code)
    else:
        work.assets[key] = result.asset


def _exists(work: _Work, key: str) -> bool:
    return (
        key in work.sources
        or key in work.assets
        or key in work.quarantined
        or key in work.definitions
    )


def _set_aside(work: _Work, key: str, findings: tuple[Diagnostic, ...]) -> None:
    work.quarantined[key] = SetAside(code=findings[0].code)
    work.diagnostics += findings


def _report_cycle(
    work: _Work, path: Mapping[str, _Visit], visit: _Visit, reference: Reference
) -> None:
    keys = list(path)
    cycle = keys[keys.index(reference.key) :]
    chain = " -> ".join([*reversed(cycle), cycle[-1]])
    message = f"dependency cycle: {chain}"
    at = (reference.offset, reference.length)
    fix = "break it at one of these reads"
    work.diagnostics.append(finding(visit.definition, "E206", message, at, fix))
    for key in cycle:
        work.quarantined[key] = SetAside(code="E206")
