"""rollback, unpin, pause and resume: keeping an asset as it is, whatever a plan would say."""

import sys

import click

from freshline.cli.compose import Project, RandomIds, actor, holder, opened
from freshline.cli.options import Whole, as_json, common, said, selection
from freshline.cli.render import moment
from freshline.cli.select import one_asset, selected
from freshline.cli.waiting import shown_in_line
from freshline.cli.when import moment_of
from freshline.codec import encode
from freshline.errors import UsageError
from freshline.events import Event, Paused, Resumed, Unpinned
from freshline.execute.rollback import Rollback, Wanted, reason_of, roll_back
from freshline.state import TargetState
from freshline.versions import Version


@click.command()
@click.argument("asset")
@click.option("--to", "number", type=Whole(1), metavar="N", help="The version to go to.")
@click.option("--until", metavar="WHEN", help="When the pin ends: a date, a time in UTC, or 7d.")
@click.option("--reason", metavar="TEXT", help="Why; it goes on record.")
@click.option("-y", "--yes", is_flag=True, help="Do it without asking.")
@as_json
@common
def rollback(
    asset: str,
    number: int | None,
    until: str | None,
    reason: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Make an older version of ASSET current, and keep it until `unpin` or --until."""
    with opened(said()) as project:
        key = _buildable(project, one_asset(project, asset), "it has no versions to roll back to")
        ports = project.ports()
        if not yes and not sys.stdin.isatty():
            raise UsageError("nobody can be asked here", help="look at `history`, then say --yes")
        shown: list[Rollback] = []

        def agree(planned: Rollback) -> None:
            shown.append(planned)
            if not as_json:
                click.echo("\n".join(_rollback_lines(planned, wanted)), err=True)
            if not yes:
                click.confirm("Do it?", abort=True, err=True)

        wanted = Wanted(
            asset=key,
            number=number,
            reason=(reason or "").strip(),
            until=moment_of(until, ports.clock.now()) if until is not None else None,
            holder=holder(project.environment, "rollback"),
            command=" ".join(["freshline", *sys.argv[1:]]),
            wait=shown_in_line(),
        )
        done = roll_back(project.place, ports, wanted, agree)
    version = done.version
    if as_json:
        click.echo(encode(_rollback_facts(shown[0], wanted, version)))
    else:
        again = "" if shown[0].is_current else f": version {shown[0].then.number} again"
        click.secho(f"{key} is pinned to version {version.number}{again}", fg="green")
        if done.problem is not None:
            click.secho(f"warning: {done.problem.message}", fg="yellow", err=True)
            click.echo("its readers stay as they are until that is mended or accepted")
        elif shown[0].followers:
            click.echo("its readers follow with the next `freshline apply`")
    return 0


@click.command()
@click.argument("asset")
@click.option("--reason", metavar="TEXT", default="", help="Why; it goes on record.")
@common
def unpin(asset: str, reason: str) -> int:
    """Let ASSET follow its definition and its inputs again."""
    with opened(said()) as project:
        target = project.place.target(asset)
        known = _known(project, asset)
        if known.pin is None:
            click.echo(f"{one_asset(project, asset)} is not pinned")
            return 0
        at, run = project.sight.clock.now(), RandomIds().new()
        event = Unpinned(at=at, run=run, target=target, actor=actor(), reason=reason.strip())
        project.sight.events.append([event])
        click.secho(f"{asset} is not pinned any more", fg="green")
        click.echo(f"`freshline plan {asset}` shows what follows")
    return 0


@click.command()
@selection
@click.option("--reason", metavar="TEXT", help="Why; it goes on record.")
@common
def pause(selection: tuple[str, ...], reason: str | None) -> int:
    """Leave the assets of SELECTION as they are until `resume`; their readers go on."""
    if not reason or not reason.strip():
        raise UsageError("a pause needs a reason", help="add --reason TEXT: it goes on record")
    with opened(said()) as project:
        events: list[Event] = []
        for key in _meant(project, selection, "pause"):
            pause = _known(project, key).pause
            if pause is not None and pause.reason == reason.strip():
                click.echo(f"{key} is paused already")
                continue
            events.append(
                Paused(
                    at=project.sight.clock.now(),
                    run=RandomIds().new(),
                    target=project.place.target(key),
                    actor=actor(),
                    reason=reason.strip(),
                )
            )
            click.secho(f"{key} is paused", fg="green")
        if events:
            project.sight.events.append(events)
    return 0


@click.command()
@selection
@click.option("--reason", metavar="TEXT", default="", help="Why; it goes on record.")
@common
def resume(selection: tuple[str, ...], reason: str) -> int:
    """End the pause of the assets of SELECTION."""
    with opened(said()) as project:
        events: list[Event] = []
        for key in _meant(project, selection, "resume"):
            if _known(project, key).pause is None:
                click.echo(f"{key} is not paused")
                continue
            events.append(
                Resumed(
                    at=project.sight.clock.now(),
                    run=RandomIds().new(),
                    target=project.place.target(key),
                    actor=actor(),
                    reason=reason.strip(),
                )
            )
            click.secho(f"{key} is not paused any more", fg="green")
        if events:
            project.sight.events.append(events)
    return 0


def _meant(project: Project, words: tuple[str, ...], verb: str) -> list[str]:
    """Return the assets that are to be paused or resumed, in the graph's order."""
    if not words:
        raise UsageError(f"{verb} what?", help=f"name assets: `freshline {verb} marts.daily`")
    if len(words) == 1 and words[0] in project.graph.sources:
        return [_buildable(project, words[0], f"there is nothing to {verb}")]
    chosen = selected(project, words) or frozenset()
    found = [key for key in project.graph.assets if key in chosen]
    views = [key for key in found if project.graph.assets[key].is_view]
    for key in views:
        click.echo(f"{key} is a view: there is nothing to {verb}", err=True)
    found = [key for key in found if key not in views]
    if not found and not views:
        raise UsageError("the selection holds no asset", help="see `freshline status` for all")
    return found


def _buildable(project: Project, key: str, why: str) -> str:
    if key in project.graph.sources:
        raise UsageError(f"{key} is a source: {why}", help="name an asset that reads it")
    return key


def _known(project: Project, key: str) -> TargetState:
    state = project.sight.events.snapshot(project.graph.project.name, project.environment)
    return state.of(project.place.target(key))


def _rollback_lines(planned: Rollback, wanted: Wanted) -> list[str]:
    end = "`freshline unpin`" if wanted.until is None else moment(wanted.until)
    lines = [click.style(f"roll back {planned.asset}", bold=True)]
    if planned.is_current:
        lines.append(f"  stays  {_version_text(planned.now)}")
    else:
        lines.append(f"  from   {_version_text(planned.now)}")
        lines.append(f"  to     {_version_text(planned.then)}")
        readers = ", ".join(planned.followers) or "nobody reads it"
        lines.append(f"  readers that follow: {readers}")
    return [*lines, f"  pinned until {end}"]


def _version_text(version: Version) -> str:
    rows = "a definition" if version.query else f"{version.rows:,} rows"
    return f"version {version.number}  {moment(version.at)}  {rows}"


def _rollback_facts(planned: Rollback, wanted: Wanted, version: Version) -> dict[str, object]:
    return {
        "version": 1,
        "asset": planned.asset,
        "from": planned.now.number,
        "to": planned.then.number,
        "current": version.number,
        "mat_id": version.mat_id,
        "followers": list(planned.followers),
        "actor": wanted.holder.actor,
        "reason": reason_of(planned, wanted),
        "until": wanted.until,
    }
