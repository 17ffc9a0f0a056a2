"""token: what lets other teams' programs read this catalog, made, listed and revoked."""

import os
from collections.abc import Generator
from contextlib import closing, contextmanager

import click

from freshline.cli.compose import SystemClock, actor, event_log, root_of, terminal_width, tokens_in
from freshline.cli.options import as_json, common, said
from freshline.cli.render import moment
from freshline.cli.scope import Scoped, scope_of
from freshline.cli.table import table
from freshline.cli.when import moment_of
from freshline.codec import encode
from freshline.errors import UsageError
from freshline.lineage.selection import parse
from freshline.suggest import closest
from freshline.tokens import (
    LONGEST_SELECTION,
    NAME,
    Token,
    Tokens,
    TokenScope,
    hash_of,
    secret_of,
)

_SCOPES = [scope.value for scope in TokenScope]


@click.group(invoke_without_command=True, subcommand_metavar="[COMMAND [ARGS]...]")
@as_json
@common
def token(as_json: bool) -> int:
    """List the tokens by which programs may read this catalog, make them and revoke them."""
    if click.get_current_context().invoked_subcommand is not None:
        return 0
    with _kept() as (kept, scoped):
        found = kept.tokens(scoped.project, scoped.environment)
    now = SystemClock().now()
    if as_json:
        click.echo(encode({"version": 1, "tokens": [_facts(each, now) for each in found]}))
    elif not found:
        click.echo("no token was made: see `freshline token create --help`")
    else:
        header = ("token", "may", "of", "made by", "last used (UTC)", "stands")
        rows = [
            (
                each.name,
                " ".join(scope.value for scope in each.scopes),
                each.selection or "all assets",
                each.actor,
                "never" if each.seen is None else moment(each.seen),
                _stands(each, now),
            )
            for each in found
        ]
        click.echo("\n".join(table(header, rows, whole=frozenset({0}), width=terminal_width())))
    return 0


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(_SCOPES),
    help="What it is for; say it for each.",
)
@click.option("--select", "selection", default="", help="Only for the assets of this selection.")
@click.option(
    "--expires",
    default="90d",
    show_default=True,
    metavar="WHEN",
    help="A duration, a date, or a time in UTC.",
)
@as_json
@common
def create(name: str, scopes: tuple[str, ...], selection: str, expires: str, as_json: bool) -> int:
    """Make the token NAME, and show its secret: this once, and never again."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f'"{name}" is no name of a token',
            help='use lower-case letters, digits, ".", "_" and "-"',
        )
    if not scopes:
        raise UsageError(
            "nobody said what the token is for", help=f"add --scope: {', '.join(_SCOPES)}"
        )
    if len(selection) > LONGEST_SELECTION:
        raise UsageError(f"a selection has at most {LONGEST_SELECTION} characters here")
    if selection.strip():
        parse(selection)
    now = SystemClock().now()
    made = Token(
        name=name,
        actor=actor(),
        scopes=tuple(scope for scope in TokenScope if scope.value in scopes),
        selection=selection.strip(),
        created=now,
        expires=moment_of(expires, now),
    )
    secret = secret_of(os.urandom(32))
    with _kept() as (kept, scoped):
        if not kept.create(scoped.project, scoped.environment, made, hash_of(secret)):
            raise UsageError(
                f'there is a token "{name}" already',
                help="take another name, and revoke the old one when nobody uses it any more",
            )
    if as_json:
        click.echo(encode({"version": 1, "token": _facts(made, now), "secret": secret}))
    else:
        click.echo(secret)
        until = moment(made.expires)
        click.echo(f"it is shown this once; it holds until {until} UTC", err=True)
    return 0


@token.command()
@click.argument("name")
@common
def revoke(name: str) -> int:
    """Have the token NAME let nobody in any more, from now on."""
    now = SystemClock().now()
    with _kept() as (kept, scoped):
        if not kept.revoke(scoped.project, scoped.environment, name, actor(), now):
            found = kept.tokens(scoped.project, scoped.environment)
            near = closest(name, [each.name for each in found if each.is_live(now)])
            raise UsageError(
                f'no token "{name}" is in force',
                help=f'did you mean "{near[0]}"?' if near else "see `freshline token`",
            )
    click.secho(f"token {name} is revoked", fg="green")
    return 0


@contextmanager
def _kept() -> Generator[tuple[Tokens, Scoped]]:
    root = root_of(said())
    scoped = scope_of(root, said().environment)
    with closing(event_log(root)) as log:
        yield tokens_in(log), scoped


def _stands(token: Token, now: float) -> str:
    if token.revoked is not None:
        return f"revoked {moment(token.revoked)}"
    return f"{'until' if now < token.expires else 'expired'} {moment(token.expires)}"


def _facts(token: Token, now: float) -> dict[str, object]:
    return {
        "name": token.name,
        "scopes": token.scopes,
        "selection": token.selection,
        "actor": token.actor,
        "created": token.created,
        "expires": token.expires,
        "last_used": token.seen,
        "revoked": token.revoked,
        "live": token.is_live(now),
    }
