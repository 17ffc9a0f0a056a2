"""sensor test: what a sensor sees now, whether it fires, and what it would do; nothing is kept.

Its function is called, its query asked and its files looked for as the daemon would; only what
comes of it is told to people instead of to the catalog.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import click

from freshline.calls import Line
from freshline.cli.compose import Project, RandomIds, automation_in, opened
from freshline.cli.options import as_json, common, said
from freshline.cli.senses.sensing import Senses
from freshline.codec import encode
from freshline.errors import UsageError
from freshline.operate import sensors
from freshline.operate.ground import Ground
from freshline.operate.scene import Scene
from freshline.operate.selecting import selecting
from freshline.operate.sensors import awaiting, memory_name
from freshline.reconcile.observe import Look, look, plan_from
from freshline.reconcile.planned import Wish
from freshline.refresh import (
    Act,
    AssetArrived,
    CallWebhook,
    Condition,
    Materialize,
    RunEnded,
    SensorDefinition,
    WatermarkMoved,
)
from freshline.secrets import redacted
from freshline.suggest import closest
from freshline.ticks import Mover, TickOutcome

_PATIENCE = 150.0  # seconds: longer than any function or query may take


@dataclass(frozen=True, slots=True, kw_only=True)
class _Would:
    """One act of a firing, and what it would do to which assets now, or why nothing."""

    act: str
    assets: tuple[str, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rehearsed:
    """What a sensor came to: lines under what they are about, and what it would do."""

    sensor: str
    fires: bool
    why: str
    is_paused: bool
    is_first: bool
    lines: Mapping[str, tuple[str, ...]]
    would: tuple[_Would, ...]

    @property
    def failed(self) -> bool:
        """Whether something that it waits for cannot be known."""
        return bool(self.lines["unknown"])


@click.command("test")
@click.argument("name")
@as_json
@common
def rehearse(name: str, as_json: bool) -> int:
    """Look now, and tell whether the sensor NAME would fire and what it would do. Keeps nothing."""
    with opened(said()) as project:
        found = _rehearsed(project, _meant(project, name))
    if as_json:
        click.echo(encode(_facts(found)))
    else:
        _show(found)
    return 1 if found.failed else 0


def _meant(project: Project, name: str) -> SensorDefinition:
    known = {each.name: each for each in project.graph.sensors}
    if name in known:
        return known[name]
    near = closest(name, list(known))
    hint = f'did you mean "{near[0]}"?' if near else "see `freshline sensor list`"
    raise UsageError(f'there is no sensor "{name}"', help=hint)


def _rehearsed(project: Project, sensor: SensorDefinition) -> _Rehearsed:
    graph = replace(project.graph, sensors=(sensor,))
    log = project.sight.events
    automation = automation_in(log)
    scope = (graph.project.name, project.environment)
    memories = automation.memories(*scope)
    halts = automation.halts(*scope)
    seen = look(graph, project.root, project.environment, project.sight)
    plan, facts = plan_from(seen, project.sight, Wish())
    is_first_environment = project.environment == graph.project.environments[0]
    named = None if is_first_environment else project.environment
    senses = Senses(project.root, scope, (log, automation), named, tell=_tell)
    try:
        arrived = senses.seen(graph, memories, facts.now, _PATIENCE)
    finally:
        senses.close()
    is_paused = any((h.mover, h.name) == (Mover.SENSOR, sensor.name) for h in halts)
    scene = Scene(plan=plan, facts=facts, memories=memories, seen=arrived)
    ground = Ground(scene)
    lines: dict[str, list[str]] = {"awaited": [], "arrived": [], "ignored": [], "unknown": []}
    for line in awaiting(ground, sensor):
        kind, _, words = line.partition(": ")
        lines[kind].append(redacted(words))
    decided = sensors.evaluate(ground, RandomIds().new).decided
    fired = next((d for d in decided if d.tick.outcome is TickOutcome.REQUESTED), None)
    return _Rehearsed(
        sensor=sensor.name,
        fires=fired is not None,
        why=redacted(fired.tick.why) if fired is not None else "",
        is_paused=is_paused,
        is_first=memory_name(sensor.name) not in memories and any(map(_begins, sensor.conditions)),
        lines={kind: tuple(words) for kind, words in lines.items()},
        would=tuple(_would(project, seen, act) for act in sensor.acts),
    )


def _begins(condition: Condition) -> bool:
    """Say whether what is there at the first look is not new."""
    return isinstance(condition, AssetArrived | WatermarkMoved | RunEnded)


def _would(project: Project, seen: Look, act: Act) -> _Would:
    match act:
        case Materialize(selection=selection):
            meant = selecting(project.graph).chosen(selection)
            if not meant.keys:
                why = meant.error or "what it names is set aside: see `freshline validate`"
                return _Would(act=f"make {selection} fresh", why_not=redacted(why))
            plan, _ = plan_from(seen, project.sight, Wish(selected=meant.keys))
            steps = tuple(f"{step.action} {step.asset}" for step in plan.steps)
            why_not = "" if steps else "nothing to build: all of it is fresh"
            return _Would(act=f"make {selection} fresh", assets=steps, why_not=why_not)
        case CallWebhook(url=url):
            return _Would(act=f"call {redacted(url)}")
        case _:
            return _Would(act=f"notify {', '.join(act.to)}")


def _tell(line: Line) -> None:
    """Show what a function logs, where people look on."""
    if line.source != "progress":
        click.echo(f"  {line.level}: {redacted(line.text)}", err=True)


def _show(found: _Rehearsed) -> None:
    colors = {"awaited": None, "arrived": "green", "ignored": "yellow", "unknown": "red"}
    for kind, words in found.lines.items():
        for each in words:
            click.echo(f"{click.style(kind, fg=colors[kind])}  {each}")
    if not found.fires:
        click.echo("it would not fire")
    else:
        click.secho(f"it would fire: {found.why}", fg="green")
    if found.is_paused:
        click.secho("it is paused: what comes is kept until it is resumed", fg="yellow")
    elif found.is_first and not found.fires:
        click.echo("nobody has looked for it yet: it begins with what is there at the first look")
    for would in found.would:
        click.echo(f"  {would.act}" + ("" if found.fires else ", if it fired"))
        for step in would.assets:
            click.echo(f"    {step}")
        if would.why_not:
            click.echo(f"    {would.why_not}")


def _facts(found: _Rehearsed) -> Mapping[str, object]:
    return {
        "version": 1,
        "sensor": found.sensor,
        "fires": found.fires,
        "why": found.why,
        "paused": found.is_paused,
        "first_look": found.is_first,
        **found.lines,
        "would": [
            {"act": would.act, "steps": would.assets, "why_not": would.why_not}
            for would in found.would
        ],
    }
