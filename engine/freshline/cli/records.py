"""history, runs and events: what was recorded."""

from collections.abc import Iterator, Mapping, Sequence

import click

from freshline.calls import Metadata
from freshline.cli.compose import Project, opened, terminal_width
from freshline.cli.formats import Field, Form, Records, Value, at, checked, formats, write
from freshline.cli.options import Whole, as_json, common, said
from freshline.cli.render import moment, size
from freshline.cli.select import one_asset
from freshline.cli.table import table
from freshline.cli.telling import briefly, told_of
from freshline.codec import encode
from freshline.errors import CorruptError, UsageError
from freshline.events import (
    AttemptStarted,
    CheckAccepted,
    Checked,
    Damaged,
    Event,
    Materialized,
    Paused,
    Pinned,
    Recorded,
    Removed,
    Renamed,
    Resumed,
    RunCancelRequested,
    RunFinished,
    RunRequested,
    RunStarted,
    RunWithdrawn,
    Unpinned,
)
from freshline.execute.aside import last_version
from freshline.execute.deadline import duration
from freshline.execute.run import FINAL
from freshline.keys import Target
from freshline.reconcile.fingerprint import storage_of
from freshline.versions import Version

_SHORT = 13  # characters of a run's id: its millisecond


@click.command()
@click.argument("asset")
@click.option("-n", "--limit", type=Whole(1), default=20, show_default=True)
@as_json
@formats
@common
def history(asset: str, limit: int, as_json: bool, form: str | None, output: str | None) -> int:
    """List the versions of ASSET, latest first."""
    asked = checked(form, output, as_json=as_json)
    with opened(said()) as project:
        key = one_asset(project, asset, may_be_aside=True)
        if key in project.graph.sources:
            raise UsageError(f"{key} is a source: it has no versions", help="see `events`")
        versions = list(_versions(project, key))[:limit]
        pinned, was = _pinned(project, key), _former(project, key)
        told = told_of(project, key)
    if as_json:
        known = {v.publish_id for v in versions}
        metadata = {publish: data for publish, data in told.items() if publish in known}
        facts = {"pinned": pinned, "versions": versions, "metadata": metadata}
        click.echo(encode({"version": 1, "asset": key, **facts}))
    elif not versions and asked.chosen == "table":
        click.echo(f"{key} was never materialized")
    else:
        write(_history(versions, pinned, told), asked)
        if was:
            click.echo(f"{key} was {', before that '.join(was)}", err=True)
    return 0


def _former(project: Project, key: str) -> tuple[str, ...]:
    """Return the keys that an asset had before, latest first."""
    state = project.sight.events.snapshot(project.graph.project.name, project.environment)
    return state.of(project.place.target(key)).was


def _pinned(project: Project, key: str) -> str | None:
    """Return the mat_id that an asset is pinned to, None where it is not."""
    state = project.sight.events.snapshot(project.graph.project.name, project.environment)
    pin = state.of(project.place.target(key)).pin
    return pin.mat_id if pin is not None and pin.holds(project.sight.clock.now()) else None


def _kind(version: Version, place: int, pinned: str | None) -> str:
    is_kept = not place and version.mat_id == pinned
    return f"{version.kind}, pinned" if is_kept else version.kind.value


def _history(
    versions: Sequence[Version], pinned: str | None, told: Mapping[str, Metadata]
) -> Records:
    header: tuple[str, ...] = ("version", "published (UTC)", "rows", "size", "kind", "computed as")
    shown: list[tuple[str, ...]] = [
        (
            f"{' ' if position else '*'} {v.number}",
            moment(v.at),
            "" if v.query else f"{v.rows:,}",
            size(v.bytes),
            _kind(v, position, pinned),
            v.mat_id,
        )
        for position, v in enumerate(versions)
    ]
    if any(v.publish_id in told for v in versions):
        header = (*header, "told")
        notes = (briefly(told.get(v.publish_id, {})) for v in versions)
        shown = [(*row, note) for row, note in zip(shown, notes, strict=True)]
    counted = (None if v.query else v.rows for v in versions)
    rows = [
        (v.number, at(v.at), count, v.bytes, v.kind.value, v.mat_id, not position)
        for position, (v, count) in enumerate(zip(versions, counted, strict=True))
    ]
    fields = (
        Field("version", "number"),
        Field("published", "moment"),
        Field("rows", "number"),
        Field("bytes", "number"),
        Field("kind"),
        Field("computed_as"),
        Field("current", "flag"),
    )
    width, whole = terminal_width(), frozenset({1})
    lines = table(header, shown, right=frozenset({2, 3}), whole=whole, width=width)
    return Records(fields, rows, lines)


def _versions(project: Project, key: str) -> Iterator[Version]:
    """Yield the versions that the storage has on record, latest first; damaged ones are named."""
    target = project.place.target(key)
    if (asset := project.graph.assets.get(key)) is not None:
        storage = project.storages[storage_of(asset.definition, project.graph.project)]
    else:
        kept = last_version(target, project.storages.values())
        if kept is None:
            return
        storage = kept.storage
    for number in reversed(storage.numbers(target)):
        try:
            yield storage.manifest(target, number).version
        except CorruptError as error:
            click.secho(f"warning: {error.message}", fg="yellow", err=True)


@click.command()
@click.argument("run", required=False)
@click.option("-n", "--limit", type=Whole(1), default=20, show_default=True)
@as_json
@formats
@common
def runs(run: str | None, limit: int, as_json: bool, form: str | None, output: str | None) -> int:
    """List runs, latest first; or show what one RUN did."""
    asked = checked(form, output, as_json=as_json)
    with opened(said()) as project:
        log, name = project.sight.events, project.graph.project.name
        started = [r for r in log.runs(name, 10_000 if run else limit)]
        if run is not None:
            started = [one_run(started, run)]
        found = [(r, log.events(run=r.event.run, limit=100_000)) for r in started]
    if as_json:
        told = [_run_facts(*entry) for entry in found]
        runs = [{name: facts[name] for name in _JSON} for facts in told]
        click.echo(encode({"version": 1, "runs": runs}))
    elif run is not None:
        _show_run(*found[0], asked)
    elif not found and asked.chosen == "table":
        click.echo("nothing was ever run")
    else:
        write(_runs(found), asked)
    return 0


def one_run(started: Sequence[Recorded], run: str) -> Recorded:
    """Return the newest run whose id begins like this, or raise UsageError."""
    if not run.strip():
        raise UsageError("which run?", help="see `freshline runs` for all")
    for entry in started:
        if entry.event.run.startswith(run):
            return entry
    raise UsageError(f'there is no run "{run}"', help="see `freshline runs`")


def _show_run(started: Recorded, entries: tuple[Recorded, ...], asked: Form) -> None:
    if asked.chosen == "table":
        facts = _run_facts(started, entries)
        took = f" in {facts['took']}" if facts["took"] else ""
        click.secho(f"run {started.event.run}", bold=True)
        click.echo(f"{facts['command']}   by {facts['by']}, {facts['started']} UTC")
        click.echo(f"{facts['outcome']}{took}: {facts['what']}\n".replace(": \n", "\n"))
    write(_events(entries), asked)


@click.command()
@click.option("--after", type=Whole(0), help="Only events behind this sequence.")
@click.option("-n", "--limit", type=Whole(1), default=50, show_default=True)
@click.option("--asset", help="Only events of this asset.")
@as_json
@formats
@common
def events(
    after: int | None,
    limit: int,
    asset: str | None,
    as_json: bool,
    form: str | None,
    output: str | None,
) -> int:
    """List what was recorded: the newest events, or those behind --after."""
    asked = checked(form, output, as_json=as_json)
    with opened(said()) as project:
        log = project.sight.events
        if after is None:
            found = tuple(reversed(log.latest(limit=limit, asset=asset)))
        else:
            found = log.events(after=after, limit=limit, asset=asset)
        if asset is not None and not found and not log.latest(limit=1, asset=asset):
            one_asset(project, asset, is_any=True)  # nothing may have happened to it yet
    if not as_json:
        write(_events(found), asked)
    for entry in found if as_json else ():
        body = {"sequence": entry.sequence, "kind": entry.event.kind, "event": entry.event}
        click.echo(encode(body))
    return 0


_JSON = (
    *("run", "started", "outcome", "steps", "by", "command"),
    *("environment", "plan_id", "finished", "counts"),
)
_STATUSES = sorted(status.value for status in FINAL)
_RUN_FIELDS = (
    *(Field("run"), Field("environment"), Field("started", "moment")),
    *(Field("finished", "moment"), Field("seconds", "seconds"), Field("outcome")),
    *(Field("by"), Field("command"), Field("plan_id"), Field("steps", "number")),
    *(Field(status, "number") for status in _STATUSES),
)
_EVENT_FIELDS = (
    *(Field("sequence", "number"), Field("at", "moment"), Field("kind"), Field("run")),
    *(Field("environment"), Field("asset"), Field("partition"), Field("detail")),
)


def _runs(found: Sequence[tuple[Recorded, tuple[Recorded, ...]]]) -> Records:
    header = ("run", "started (UTC)", "took", "outcome", "steps", "by", "command")
    shown: list[tuple[str, ...]] = []
    rows: list[tuple[Value, ...]] = []
    for started, entries in found:
        facts = _run_facts(started, entries)
        end = _end(entries)
        counts = end.counts if end else dict[str, int]()
        words = (facts["started"], facts["took"], facts["outcome"], facts["what"] or facts["steps"])
        shown.append((started.event.run[:_SHORT], *map(str, words), str(facts["by"])))
        shown[-1] += (str(facts["command"]).removeprefix("freshline "),)
        rows.append(
            (
                *(started.event.run, str(facts["environment"]), at(started.event.at)),
                *(at(end.at) if end else None, end.at - started.event.at if end else None),
                *(str(facts[name]) for name in ("outcome", "by", "command", "plan_id")),
                *(_steps(started), *(counts.get(status, 0) for status in _STATUSES)),
            )
        )
    width, whole = terminal_width(), frozenset({0, 1, 2, 3})
    lines = table(header, shown, right=frozenset({2}), whole=whole, width=width)
    return Records(_RUN_FIELDS, rows, lines)


def _run_facts(started: Recorded, entries: tuple[Recorded, ...]) -> dict[str, object]:
    begin = started.event
    assert isinstance(begin, RunStarted)
    end = _end(entries)
    counts = dict(end.counts) if end else {}
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
        "counts": counts,
        "took": duration(end.at - begin.at) if end else "",
        "what": ", ".join(f"{count} {name}" for name, count in sorted(counts.items())),
    }


def _end(entries: tuple[Recorded, ...]) -> RunFinished | None:
    return next((e.event for e in entries if isinstance(e.event, RunFinished)), None)


def _steps(started: Recorded) -> int:
    return started.event.steps if isinstance(started.event, RunStarted) else 0


def _events(entries: Sequence[Recorded]) -> Records:
    header = ("event", "recorded (UTC)", "kind", "about", "detail")
    shown = [
        (
            str(entry.sequence),
            moment(entry.event.at),
            entry.event.kind,
            str(getattr(entry.event, "target", "")) or entry.event.run[:_SHORT],
            told(entry.event),
        )
        for entry in entries
    ]
    rows: list[tuple[Value, ...]] = []
    for entry in entries:
        event = entry.event
        detail = told(event) or None
        rows.append((entry.sequence, at(event.at), event.kind, event.run, *_about(event), detail))
    width, whole = terminal_width(), frozenset({0, 1})
    lines = table(header, shown, right=frozenset({0}), whole=whole, width=width)
    return Records(_EVENT_FIELDS, rows, lines if entries else [])


def _about(event: Event) -> tuple[str | None, str | None, str | None]:
    """Return the environment, asset and partition that an event is about, as far as it says."""
    target: Target | None = getattr(event, "target", None)
    if target is None:
        return getattr(event, "environment", None), None, None
    return target.environment, target.asset, target.partition or None


def told(event: Event) -> str:
    """Return what an event says, in a few words."""
    match event:
        case Materialized():
            version = event.build.version
            found = "  found in storage" if event.recovered else ""
            what = "a definition" if version.query else f"{version.rows:,} rows"
            return f"version {version.number}  {what}{found}"
        case RunRequested():
            asked = f"{event.mover} {event.name}".strip()
            return f"by {asked}: {event.why}"
        case RunWithdrawn():
            return f"by {event.actor}"
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
        case RunCancelRequested():
            return f"by {event.actor}" + (f": {event.reason}" if event.reason else "")
        case Pinned() | Unpinned() | Paused() | Resumed():
            return f"by {event.actor}" + (f": {event.reason}" if event.reason else "")
        case Removed():
            numbers = ", ".join(map(str, event.numbers))
            return f"version{'' if len(event.numbers) == 1 else 's'} {numbers} by {event.actor}"
        case Damaged():
            return event.detail
        case Renamed():
            return f"from {event.was[0]}"
        case AttemptStarted():
            return f"against version {event.base}" if event.base else ""
        case _:
            return str(getattr(event, "message", ""))
