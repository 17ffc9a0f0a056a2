"""What automation refers to, held against the graph: keys, columns, inputs, selections, queries.

An asset whose rule or inputs name what there is not is set aside; a schedule or sensor that does is
left out, and told. What is set aside for another reason is not called unknown.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from freshline.definitions import AssetDefinition
from freshline.errors import Diagnostic, Span, UsageError
from freshline.lineage.code_assets import optional_reads
from freshline.lineage.graph import Asset, Graph, without
from freshline.lineage.selection import (
    And,
    Facet,
    Keys,
    Or,
    Reach,
    Selectable,
    Selection,
    parse,
    resolve,
)
from freshline.lineage.selection import Not as Negated
from freshline.lineage.subjects import subject_of
from freshline.refresh import (
    AllOf,
    AnyOf,
    AssetArrived,
    Condition,
    Materialize,
    Named,
    Not,
    Rule,
    RunEnded,
    ScheduleDefinition,
    SensorDefinition,
    Trigger,
    Wake,
    WatermarkMoved,
    wakes,
)
from freshline.suggest import closest

REMOTE = "catalog://"
# What a selection may ask for that only a look at the catalog, or at every query, could answer.
_LATER = ("state", "changed")


def with_automation(graph: Graph) -> Graph:
    """Return a graph in which all that automation refers to is there, spelt as it is there.

    The findings about what was taken out are among its diagnostics.
    """
    assets: dict[str, Asset] = {}
    findings: list[Diagnostic] = []
    for key, asset in graph.assets.items():
        definition = asset.definition
        optional = optional_reads(asset) if asset.code is not None else frozenset[str]()
        if not definition.refresh.named and not definition.triggers and not optional:
            continue
        found = [*_waking(graph, definition), *_triggers(asset), *_needed(graph, asset)]
        findings += found
        if not found:
            rule = _respelt(definition.refresh.rule, graph)
            refresh = replace(definition.refresh, rule=rule)
            definition = replace(definition, refresh=refresh, triggers=_resolved(asset, optional))
            assets[key] = replace(asset, definition=definition)
    graph = without(replace(graph, assets={**graph.assets, **assets}), findings)
    if not graph.schedules and not graph.sensors:
        return graph
    subject = subject_of(graph)
    told: list[Diagnostic] = []
    schedules: list[ScheduleDefinition] = []
    for schedule in graph.schedules:
        wrong = [*_selections(graph, subject, schedule.named, (schedule.selection,))]
        told += wrong
        schedules += [] if wrong else [schedule]
    sensors: list[SensorDefinition] = []
    for sensor in graph.sensors:
        wrong = [*_of_sensor(graph, subject, sensor)]
        told += wrong
        sensors += [] if wrong else [_spelt(sensor, graph)]
    return replace(
        graph,
        schedules=tuple(schedules),
        sensors=tuple(sensors),
        diagnostics=(*graph.diagnostics, *told),
    )


def _waking(graph: Graph, definition: AssetDefinition) -> Iterator[Diagnostic]:
    """Yield what a rule waits for and there is not."""
    for wake in wakes(definition.refresh.rule):
        places = (definition.refresh.named, definition.span)
        for found in _arriving(graph, wake.key, wake.columns, places):
            yield replace(found, asset=definition.key)
        if wake.key == definition.key:
            place = _place(wake.key, *places)
            message = f"{wake.key} waits for itself"
            yield _finding("E213", message, place, "name what it reads", definition.key)


def _arriving(
    graph: Graph, key: str, columns: Iterable[str], places: tuple[tuple[Named, ...], Span]
) -> Iterator[Diagnostic]:
    """Yield what is wrong with an asset that is waited for, and with columns of it."""
    node = graph.assets.get(key) or graph.sources.get(key)
    if node is None:
        if key in graph.quarantined:
            return
        near = closest(key, (*graph.assets, *graph.sources, *graph.quarantined))
        fix = f'did you mean "{near[0]}"?' if near else "name an asset or a source by its full key"
        place = _place(key, *places)
        yield _finding("E213", f"waiting for {key}, which there is not", place, fix)
        return
    if isinstance(node, Asset) and node.learns_columns:
        return
    known = {column.name.lower(): column.name for column in node.columns}
    for name in columns:
        if name.lower() not in known:
            near = closest(name, known.values())
            hint = f'did you mean "{near[0]}"?  ' if near else ""
            fix = f"{hint}columns: {', '.join(known.values())}"
            place = _place(f"{key}.{name}", *places)
            yield _finding("E204", f'unknown column "{name}" in {key}', place, fix)


def _triggers(asset: Asset) -> Iterator[Diagnostic]:
    """Yield what is said of inputs that an asset does not read."""
    known = _inputs(asset)
    for trigger in asset.definition.triggers:
        if trigger.key in known:
            continue
        key = asset.definition.key
        near = closest(trigger.key, known)
        fix = f'did you mean "{near[0]}"?' if near else f"it reads {', '.join(asset.upstreams)}"
        fix = fix if asset.upstreams else "remove it: it reads nothing"
        place = _of_trigger(asset, trigger)
        message = f'{key} does not read "{trigger.key}"'
        yield _finding("E212", message, place, fix, key)


def _needed(graph: Graph, asset: Asset) -> Iterator[Diagnostic]:
    """Yield what SQL is said to do without, and cannot."""
    if asset.code is not None:
        return
    for trigger in asset.definition.triggers:
        if not trigger.optional:
            continue
        fix = "remove `optional`"
        if trigger.key in graph.sources:
            message = f"{trigger.key} is a source: only its files tell what columns SQL can read"
        elif asset.is_view:
            message = f"{asset.definition.key} is a view: whoever reads it reads {trigger.key}"
            fix = "say it of the view, where it is read; or make it a table"
        else:
            continue
        yield _finding("E215", message, _of_trigger(asset, trigger), fix, asset.definition.key)


def _of_trigger(asset: Asset, trigger: Trigger) -> Named:
    return Named(trigger.key, trigger.span or asset.definition.span, trigger.line)


def _inputs(asset: Asset) -> Mapping[str, str]:
    """Return the upstreams of an asset by what its author may call them."""
    known = {key: key for key in asset.upstreams}
    of = dict(asset.parameters)
    for each in asset.code.inputs if asset.code is not None else ():
        known.setdefault(each.key, of.get(each.name, each.key))
    return known


def _resolved(asset: Asset, optional: frozenset[str]) -> tuple[Trigger, ...]:
    """Return how each upstream is regarded; code that says what it can do without says it here."""
    known = _inputs(asset)
    found: dict[str, Trigger] = {}
    for each in asset.definition.triggers:
        found.setdefault(known[each.key], replace(each, key=known[each.key]))
    for key in sorted(optional):
        found[key] = replace(found.get(key, Trigger(key=key)), optional=True)
    return tuple(found.values())


def _respelt(rule: Rule, graph: Graph) -> Rule:
    """Return a rule with its columns as they are spelt where they come from."""
    match rule:
        case Wake(key=key, columns=columns, settle=settle):
            return Wake(key=key, columns=_columns(graph, key, columns), settle=settle)
        case AllOf(rules=inner):
            return AllOf(rules=tuple(_respelt(each, graph) for each in inner))
        case AnyOf(rules=inner):
            return AnyOf(rules=tuple(_respelt(each, graph) for each in inner))
        case Not(rule=negated):
            return Not(rule=_respelt(negated, graph))
        case _:
            return rule


def _spelt(sensor: SensorDefinition, graph: Graph) -> SensorDefinition:
    def spelt(condition: Condition) -> Condition:
        if not isinstance(condition, AssetArrived) or not condition.columns:
            return condition
        return AssetArrived(
            key=condition.key,
            columns=_columns(graph, condition.key, condition.columns),
            passed=condition.passed,
            changed=condition.changed,
            settle=condition.settle,
        )

    return replace(sensor, conditions=tuple(map(spelt, sensor.conditions)))


def _columns(graph: Graph, key: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    node = graph.assets.get(key) or graph.sources.get(key)
    known = {column.name.lower(): column.name for column in node.columns} if node else {}
    return tuple(known.get(name.lower(), name) for name in columns)


def _of_sensor(graph: Graph, subject: Selectable, sensor: SensorDefinition) -> Iterator[Diagnostic]:
    """Yield what a sensor refers to and there is not."""
    wanted: list[str] = []
    for condition in sensor.conditions:
        match condition:
            case AssetArrived(key=key, columns=columns):
                if not key.startswith(REMOTE):
                    yield from _arriving(graph, key, columns, (sensor.named, sensor.span))
            case RunEnded(selection=selection):
                wanted += [selection] if selection else []
            case WatermarkMoved(sql=text):
                yield from _query(graph, text, _place(text, sensor.named, sensor.span))
            case _:
                pass
    wanted += [act.selection for act in sensor.acts if isinstance(act, Materialize)]
    yield from _selections(graph, subject, sensor.named, wanted)


def _query(graph: Graph, text: str, place: Named) -> Iterator[Diagnostic]:
    """Yield why a query cannot be asked of the current versions."""
    # DuckDB and the analyser, for the few projects that have such a sensor.
    from freshline.lineage.watermarks import problems

    for code, message, fix in problems(graph, text):
        yield _finding(code, message, place, fix)


def _selections(
    graph: Graph, subject: Selectable, named: tuple[Named, ...], texts: Iterable[str]
) -> Iterator[Diagnostic]:
    """Yield why selections select nothing, as far as that is known without a look."""
    for text in dict.fromkeys(texts):
        place = next((each for each in named if each.words == text), None)
        if place is None:
            continue
        try:
            for leaf in _leaves(parse(text)):
                if isinstance(leaf, Facet) and (leaf.method in _LATER or graph.quarantined):
                    continue  # of what is set aside nobody knows the tags
                resolve(leaf, subject)
        except UsageError as problem:
            message = problem.message.partition("\n")[0]
            yield _finding("E214", message, place, problem.help or "mend the selection")


def _leaves(selection: Selection) -> Iterator[Keys | Facet]:
    match selection:
        case Keys() | Facet():
            yield selection
        case Reach(of=inner) | Negated(of=inner):
            yield from _leaves(inner)
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _leaves(part)
        case _:
            assert_never(selection)


def _place(words: str, named: tuple[Named, ...], otherwise: Span) -> Named:
    return next((each for each in named if each.words == words), Named(words, otherwise))


def _finding(
    code: str, message: str, place: Named, fix: str, asset: str | None = None
) -> Diagnostic:
    return Diagnostic(
        code=code, message=message, span=place.span, excerpt=place.line, fix=fix, asset=asset
    )
