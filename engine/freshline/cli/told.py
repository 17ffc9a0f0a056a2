"""incidents, deliveries, mute and unmute: what is wrong, and what people are told of it."""

from collections.abc import Sequence

import click

from freshline.acts import Acts, Delivering, DeliveryState, Incident, Mute
from freshline.cli.compose import Project, actor, acts_in, opened, terminal_width
from freshline.cli.options import Whole, as_json, common, said
from freshline.cli.render import moment
from freshline.cli.table import table
from freshline.cli.when import moment_of
from freshline.codec import encode
from freshline.errors import UsageError
from freshline.refresh import CallWebhook
from freshline.secrets import redacted

_ID = 8  # characters of an id that are shown, and enough to name it


@click.command()
@click.option("--all", "with_closed", is_flag=True, help="Those that are closed too.")
@click.option("-n", "--limit", type=Whole(1), default=50, show_default=True)
@as_json
@common
def incidents(with_closed: bool, limit: int, as_json: bool) -> int:
    """List what is wrong, by its first cause; what hangs on it stands below."""
    with opened(said()) as project:
        found = _acts(project).incidents(*_scope(project), only_open=not with_closed, limit=limit)
    if as_json:
        click.echo(encode({"version": 1, "incidents": found}))
    elif not found:
        click.echo("there are no incidents" if with_closed else "there are no open incidents")
    else:
        for each in found:
            click.echo("\n".join(_incident(each)))
    return 0


@click.command()
@click.option("--dead", is_flag=True, help="Only those that were given up.")
@click.option("--retry", "id", metavar="ID", help="Attempt one that was given up anew.")
@click.option("-n", "--limit", type=Whole(1), default=20, show_default=True)
@as_json
@common
def deliveries(dead: bool, id: str | None, limit: int, as_json: bool) -> int:
    """List webhooks and notices, the newest first, and what became of them."""
    with opened(said()) as project:
        acts = _acts(project)
        if id is not None:
            return _retried(project, acts, id)
        state = DeliveryState.DEAD if dead else None
        found = acts.deliveries(*_scope(project), state=state, limit=limit)
    if as_json:
        facts = [_delivery_facts(each) for each in found]
        click.echo(redacted(encode({"version": 1, "deliveries": facts}).decode()))
    elif not found:
        click.echo("nothing was given up" if dead else "nothing was to be delivered yet")
    else:
        header = ("id", "made (UTC)", "to", "about", "state", "said")
        rows = [_delivery_row(each) for each in found]
        width = terminal_width()
        for line in table(header, rows, right=frozenset(), whole=frozenset({0, 1}), width=width):
            click.echo(line)
    return 0


@click.command()
@click.argument("subject")
@click.option("--until", metavar="WHEN", help="When it ends: a date, a time in UTC, or 2h.")
@click.option("--reason", metavar="TEXT", help="Why; others are shown it.")
@common
def mute(subject: str, until: str | None, reason: str | None) -> int:
    """Send no notices of SUBJECT: a sensor, an asset, a pattern of these such as `stg.*`."""
    if not reason or not reason.strip():
        raise UsageError("a mute needs a reason", help="add --reason TEXT: others are shown it")
    with opened(said()) as project:
        now = project.sight.clock.now()
        wish = Mute(
            subject=subject,
            actor=actor(),
            reason=reason.strip(),
            at=now,
            until=moment_of(until, now) if until is not None else None,
        )
        _acts(project).mute(*_scope(project), wish)
        _warn_if_unknown(project, subject)
    end = f"until {moment(wish.until)}" if wish.until is not None else "until `freshline unmute`"
    click.secho(f"{subject} is muted {end}", fg="green")
    return 0


@click.command()
@click.argument("subject", required=False)
@common
def unmute(subject: str | None) -> int:
    """Send notices of SUBJECT again; without one, list what is muted."""
    with opened(said()) as project:
        acts, scope, now = _acts(project), _scope(project), project.sight.clock.now()
        if subject is None:
            muted = [each for each in acts.mutes(*scope) if each.holds(now)]
            for each in muted:
                end = f" until {moment(each.until)}" if each.until is not None else ""
                click.echo(f"{each.subject}{end}  by {each.actor}: {each.reason}")
            if not muted:
                click.echo("nothing is muted")
        elif acts.unmute(*scope, subject):
            click.secho(f"{subject} is not muted any more", fg="green")
        else:
            click.echo(f"{subject} is not muted")
    return 0


def _acts(project: Project) -> Acts:
    return acts_in(project.sight.events)


def _scope(project: Project) -> tuple[str, str]:
    return project.graph.project.name, project.environment


def _incident(incident: Incident) -> Sequence[str]:
    opened = f"since {moment(incident.opened)}"
    if incident.closed is not None:
        opened = f"from {moment(incident.opened)} to {moment(incident.closed)}"
    owner = f"  {incident.owner}" if incident.owner else ""
    colour = "red" if incident.closed is None else "green"
    head = f"{click.style(incident.cause, fg=colour)}  {opened}{owner}"
    lines = [head, f"    {redacted(incident.why)}"]
    if incident.well is not None and incident.closed is None:
        lines.append(f"    well itself since {moment(incident.well)}; what hangs on it is not yet")
    if incident.below:
        lines.append(f"    with it: {', '.join(incident.below)}")
    return lines


def _retried(project: Project, acts: Acts, id: str) -> int:
    dead = acts.deliveries(*_scope(project), state=DeliveryState.DEAD, limit=10_000)
    meant = [each.delivery.id for each in dead if each.delivery.id.startswith(id)]
    if len(meant) != 1:
        why = "several deliveries begin so" if meant else f"no delivery {id} was given up"
        raise UsageError(why, help="see `freshline deliveries --dead`")
    acts.revive(meant[0], project.sight.clock.now())
    click.secho(f"{meant[0][:_ID]} is attempted anew", fg="green")
    return 0


def _delivery_facts(each: Delivering) -> dict[str, object]:
    return {
        "id": each.delivery.id,
        "at": each.delivery.at,
        "kind": _kind(each),
        "to": each.delivery.recipient,
        "happening": each.delivery.happening,
        "state": each.state,
        "attempts": each.attempts,
        "due": each.due if each.state is DeliveryState.WAITING else None,
        "settled": each.settled,
        "said": each.said,
    }


def _delivery_row(each: Delivering) -> tuple[str, ...]:
    happening = each.delivery.happening
    return (
        each.delivery.id[:_ID],
        moment(each.delivery.at),
        f"{_kind(each)} {redacted(each.delivery.recipient)}",
        f"{happening.name}: {redacted(happening.why)}",
        each.state.value,
        redacted(each.said),
    )


def _kind(each: Delivering) -> str:
    return "webhook" if isinstance(each.delivery.act, CallWebhook) else "notice"


def _warn_if_unknown(project: Project, subject: str) -> None:
    """Say so where nothing goes by that name now: a pattern, or one to come, may be meant."""
    graph = project.graph
    known = {sensor.name for sensor in graph.sensors}
    known |= graph.assets.keys() | graph.sources.keys() | graph.quarantined.keys()
    if subject not in known and not any(sign in subject for sign in "*?["):
        click.secho(f"note: there is no sensor or asset {subject} now", fg="yellow", err=True)
