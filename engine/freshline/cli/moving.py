"""schedule and sensor: what moves assets by itself, and how it is paused and resumed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import click

from freshline.cli.compose import Project, actor, automation_in, opened, terminal_width
from freshline.cli.options import as_json, common, said
from freshline.cli.render import moment
from freshline.cli.senses.rehearsing import rehearse
from freshline.cli.table import table
from freshline.codec import encode
from freshline.errors import Span, UsageError
from freshline.refresh_words import act_words, awaited_words, cron_words
from freshline.secrets import redacted
from freshline.suggest import closest
from freshline.ticks import Automation, Halt, Mover, Tick


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moving:
    """A schedule or sensor as it is declared, with who paused it and what it came to last."""

    name: str
    when: str
    does: str
    owner: str | None = None
    place: Span | None = None
    declared: bool = True
    halt: Halt | None = None
    last: Tick | None = None


@click.group(
    invoke_without_command=True, no_args_is_help=True, subcommand_metavar="COMMAND [ARGS]..."
)
@common
def schedule() -> None:
    """List schedules, pause and resume them."""
    _want_a_command()


@click.group(
    invoke_without_command=True, no_args_is_help=True, subcommand_metavar="COMMAND [ARGS]..."
)
@common
def sensor() -> None:
    """List sensors, try them, pause and resume them."""
    _want_a_command()


sensor.add_command(rehearse)


@schedule.command("list")
@as_json
@common
def list_schedules(as_json: bool) -> int:
    """List the schedules: when, what for, and what each came to last."""
    return _listed(Mover.SCHEDULE, as_json=as_json)


@sensor.command("list")
@as_json
@common
def list_sensors(as_json: bool) -> int:
    """List the sensors: what each waits for, what it does, and what it came to last."""
    return _listed(Mover.SENSOR, as_json=as_json)


@schedule.command("pause")
@click.argument("name")
@click.option("--reason", metavar="TEXT", help="Why; it goes on record.")
@as_json
@common
def pause_schedule(name: str, reason: str | None, as_json: bool) -> int:
    """Have the schedule NAME do nothing until it is resumed."""
    return _paused(Mover.SCHEDULE, name, reason, as_json=as_json)


@sensor.command("pause")
@click.argument("name")
@click.option("--reason", metavar="TEXT", help="Why; it goes on record.")
@as_json
@common
def pause_sensor(name: str, reason: str | None, as_json: bool) -> int:
    """Have the sensor NAME do nothing until it is resumed."""
    return _paused(Mover.SENSOR, name, reason, as_json=as_json)


@schedule.command("resume")
@click.argument("name")
@as_json
@common
def resume_schedule(name: str, as_json: bool) -> int:
    """Let the schedule NAME go on."""
    return _resumed(Mover.SCHEDULE, name, as_json=as_json)


@sensor.command("resume")
@click.argument("name")
@as_json
@common
def resume_sensor(name: str, as_json: bool) -> int:
    """Let the sensor NAME go on."""
    return _resumed(Mover.SENSOR, name, as_json=as_json)


def _want_a_command() -> None:
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        group = cast(click.Group, context.command)
        names = "|".join(group.commands)
        context.fail(f"Name one of its commands: freshline {group.name} {names}.")


def _listed(mover: Mover, *, as_json: bool) -> int:
    with opened(said()) as project:
        found = _moving(project, mover)
    if as_json:
        click.echo(encode({"version": 1, f"{mover}s": [_facts(each) for each in found]}))
    elif not found:
        click.echo(f"no {mover} is declared: say `{mover}s:` in a file of the project")
    else:
        gone = "not declared any more"
        rows = [
            (each.name, each.when if each.declared else gone, each.does, _stands(each))
            for each in found
        ]
        header = (mover.value, "when", "does", "last (UTC)")
        width = terminal_width()
        click.echo("\n".join(table(header, rows, whole=frozenset({0}), width=width)))
    return 0


def _paused(mover: Mover, name: str, reason: str | None, *, as_json: bool) -> int:
    if not reason or not reason.strip():
        raise UsageError("a pause needs a reason", help="add --reason TEXT: it goes on record")
    with opened(said()) as project:
        known = _meant(project, mover, name)
        halt = Halt(
            mover=mover,
            name=known.name,
            actor=actor(),
            reason=reason.strip(),
            at=project.sight.clock.now(),
        )
        _kept(project).halt(*_scope(project), halt)
    _tell(replace(known, halt=halt), mover, f"{mover} {name} is paused", as_json=as_json)
    return 0


def _resumed(mover: Mover, name: str, *, as_json: bool) -> int:
    with opened(said()) as project:
        known = _meant(project, mover, name)
        was_paused = _kept(project).resume(*_scope(project), mover, name)
    words = f"{mover} {name} goes on" if was_paused else f"{mover} {name} is not paused"
    _tell(replace(known, halt=None), mover, words, as_json=as_json)
    return 0


def _tell(known: _Moving, mover: Mover, words: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(encode({"version": 1, mover.value: _facts(known)}))
    else:
        click.secho(words, fg="green")


def _kept(project: Project) -> Automation:
    return automation_in(project.sight.events)


def _scope(project: Project) -> tuple[str, str]:
    return project.graph.project.name, project.environment


def _meant(project: Project, mover: Mover, name: str) -> _Moving:
    """Return the one of this name; UsageError with the nearest names."""
    known = {each.name: each for each in _moving(project, mover)}
    if name not in known:
        near = closest(name, list(known))
        hint = f'did you mean "{near[0]}"?' if near else f"see `freshline {mover} list`"
        raise UsageError(f'there is no {mover} "{name}"', help=hint)
    return known[name]


def _moving(project: Project, mover: Mover) -> Sequence[_Moving]:
    """Return what is declared, and what is not any more but still paused, by name."""
    kept, scope = _kept(project), _scope(project)
    halts = {halt.name: halt for halt in kept.halts(*scope) if halt.mover is mover}
    declared = _schedules(project) if mover is Mover.SCHEDULE else _sensors(project)
    left = {name: _Moving(name=name, when="", does="", declared=False) for name in halts}
    known: Mapping[str, _Moving] = {**left, **{each.name: each for each in declared}}
    return [
        replace(
            each,
            halt=halts.get(name),
            last=next(iter(kept.ticks(*scope, mover=mover, name=name, limit=1)), None),
        )
        for name, each in sorted(known.items())
    ]


def _schedules(project: Project) -> list[_Moving]:
    return [
        _Moving(
            name=each.name,
            when=cron_words(each.cron),
            does=f"make {each.selection} fresh",
            owner=each.owner,
            place=each.span,
        )
        for each in project.graph.schedules
    ]


def _sensors(project: Project) -> list[_Moving]:
    return [
        _Moving(
            name=each.name,
            when=redacted(awaited_words(each)),
            does=redacted("; ".join(map(act_words, each.acts))),
            owner=each.owner,
            place=each.span,
        )
        for each in project.graph.sensors
    ]


def _stands(each: _Moving) -> str:
    if each.halt is not None:
        return f"paused by {each.halt.actor}: {each.halt.reason}"
    if each.last is None:
        return "never"
    return f"{moment(each.last.at)} {each.last.outcome}: {each.last.why}"


def _facts(each: _Moving) -> Mapping[str, object]:
    return {
        "name": each.name,
        "when": each.when,
        "does": each.does,
        "owner": each.owner,
        "place": each.place,
        "declared": each.declared,
        "paused": each.halt,
        "last": each.last,
    }
