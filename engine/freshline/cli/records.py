"""history, runs and events: what was recorded."""

from collections.abc import Iterator, Sequence

import click

from freshline.cli.compose import Project, opened, terminal_width
from freshline.cli.options import as_json, common, said
from freshline.cli.render import moment, size
from freshline.cli.select import one_asset
from freshline.cli.table import table
from freshline.codec import encode
from freshline.errors import CorruptError, UsageError
from freshline.events import (
    CheckAccepted,
    Checked,
    Event,
    Materialized,
    Recorded,
    RunFinished,
    RunStarted,
)
from freshline.reconcile.fingerprint import storage_of
from freshline.versions import Version


@click.command()
@click.argument("asset")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True)
@as_json
@common
def history(asset: str, limit: int, as_json: bool) -> int:
    """List the versions of ASSET, latest first."""
    with opened(said()) as project:
        key = one_asset(project, asset)
        if key in project.graph.sources:
            raise UsageError(f"{key} is a source: it has no versions", help="see `events`")
        versions = list(_versions(project, key))[:limit]
    if as_json:
        click.echo(encode({"version": 1, "asset": key, "versions": versions}))
        return 0
    rows = [
        (
            f"{' ' if position else '*'} {v.number}",
            moment(v.at),
            f"{v.rows:,}",
            size(v.bytes),
            v.kind.value,
            v.mat_id,
        )
        for position, v in enumerate(versions)
    ]
    if not rows:
        click.echo(f"{key} was never materialized")
    header = ("version", "published (UTC)", "rows", "size", "kind", "computed as")
    _print(header, rows, frozenset({2, 3}))
    return 0


def _versions(project: Project, key: str) -> Iterator[Version]:
    """Yield the versions that the storage has on record, latest first; damaged ones are named."""
    definition = project.graph.assets[key].definition
    storage = project.sight.storages[storage_of(definition, project.graph.project)]
    target = project.place.target(key)
    for number in reversed(storage.numbers(target)):
        try:
            yield storage.manifest(target, number).version
        except CorruptError as error:
            click.secho(f"warning: {error.message}", fg="yellow", err=True)


@click.command()
@click.argument("run", required=False)
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True)
@as_json
@common
def runs(run: str | None, limit: int, as_json: bool) -> int:
    """List runs, latest first; or show what one RUN did."""
    with opened(said()) as project:
        log, name = project.sight.events, project.graph.project.name
        started = [r for r in log.runs(name, 10_000 if run else limit)]
        if run is not None:
            started = [r for r in started if r.event.run.startswith(run)]
            if not started:
                raise UsageError(f'there is no run "{run}"', help="see `freshline runs`")
        found = [(r, log.events(run=r.event.run, limit=100_000)) for r in started]
    if as_json:
        click.echo(encode({"version": 1, "runs": [_run_facts(*entry) for entry in found]}))
    elif run is not None:
        for entry in found[0][1]:
            click.echo(event_line(entry))
    else:
        facts = [_run_facts(*entry) for entry in found]
        rows = [tuple(str(f[name]) for name in _RUN_COLUMNS) for f in facts]
        _print(_RUN_COLUMNS, rows, frozenset())
    return 0


@click.command()
@click.option("--after", type=click.IntRange(0), help="Only events behind this sequence.")
@click.option("-n", "--limit", type=click.IntRange(1), default=50, show_default=True)
@click.option("--asset", help="Only events of this asset.")
@as_json
@common
def events(after: int | None, limit: int, asset: str | None, as_json: bool) -> int:
    """List what was recorded: the newest events, or those behind --after."""
    with opened(said()) as project:
        log = project.sight.events
        if after is None:
            found = tuple(reversed(log.latest(limit=limit, asset=asset)))
        else:
            found = log.events(after=after, limit=limit, asset=asset)
    if as_json:
        for entry in found:
            body = {"sequence": entry.sequence, "kind": entry.event.kind, "event": entry.event}
            click.echo(encode(body))
    else:
        for entry in found:
            click.echo(event_line(entry))
    return 0


_RUN_COLUMNS = ("run", "started", "outcome", "steps", "by", "command")


def _run_facts(started: Recorded, entries: tuple[Recorded, ...]) -> dict[str, object]:
    begin = started.event
    assert isinstance(begin, RunStarted)
    end = next((e.event for e in entries if isinstance(e.event, RunFinished)), None)
    return {
        "run": begin.run,
        "started": moment(begin.at),
        "outcome": end.outcome.value if end else "not finished",
        "steps": begin.steps,
        "by": begin.actor,
        "command": begin.command,
        "environment": begin.environment,
        "plan_id": begin.plan_id,
        "finished": moment(end.at) if end else None,
        "counts": dict(end.counts) if end else {},
    }


def event_line(entry: Recorded) -> str:
    """Return one line about a recorded event: its place, when, of what kind, and what it says."""
    event = entry.event
    subject = str(getattr(event, "target", "")) or event.run
    detail = _event_detail(event)
    return (
        f"{entry.sequence:>7}  {moment(event.at)}  {event.kind:<15}  {subject}  {detail}".rstrip()
    )


def _event_detail(event: Event) -> str:
    match event:
        case Materialized():
            version = event.build.version
            found = "  found in storage" if event.recovered else ""
            return f"version {version.number}  {version.rows:,} rows{found}"
        case RunStarted():
            return event.command
        case Checked():
            failed = [result.name for result in event.results if not result.passed]
            told = f", {', '.join(failed)} failed" if failed else ""
            passed = len(event.results) - len(failed)
            return f"{passed} check{'' if passed == 1 else 's'} passed{told}"
        case CheckAccepted():
            return f"{event.name} by {event.actor}: {event.reason}"
        case RunFinished():
            return event.outcome.value
        case _:
            return str(getattr(event, "message", ""))


def _print(header: tuple[str, ...], rows: Sequence[Sequence[str]], right: frozenset[int]) -> None:
    if rows:
        click.echo("\n".join(table(header, rows, right=right, width=terminal_width())))
