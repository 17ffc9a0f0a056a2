"""The `freshline` command: its table of commands, and how errors reach people.

Commands are imported when they are called: showing help must not cost more than starting Python.
"""

import atexit
import difflib
import gc
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

import click

from freshline import __version__
from freshline.cli.options import common

if TYPE_CHECKING:
    from freshline.errors import FreshlineError

ERRORS = "FRESHLINE_ERRORS"  # `json` where a program reads what went wrong


class Entry(NamedTuple):
    """Where a command lives and what it does in one line."""

    place: str
    summary: str


# Group heading -> command -> entry. The order is the order of help.
TABLE: Mapping[str, Mapping[str, Entry]] = {
    "Begin": {
        "init": Entry("start:init", "Make a project that works."),
        "validate": Entry("deciding:validate", "Report everything that is wrong, with its place."),
        "test": Entry("testing:test", "Run the unit tests of assets: rows given, rows expected."),
    },
    "Keep fresh": {
        "plan": Entry("deciding:plan", "Show what would happen, and why."),
        "apply": Entry("deciding:apply", "Do it, and record it."),
        "cancel": Entry("cancel:cancel", "Stop the apply that is under way."),
        "status": Entry("deciding:status", "Show what is fresh, stale or missing."),
        "check": Entry("checking:check", "Run the checks on what is current."),
        "explain": Entry("asking:explain", "Tell the chain of causes for one asset."),
    },
    "Keep as it is": {
        "rollback": Entry("keeping:rollback", "Make an older version current, and pin it."),
        "unpin": Entry("keeping:unpin", "Let an asset move on from the version it is pinned to."),
        "pause": Entry("keeping:pause", "Leave assets as they are until they are resumed."),
        "resume": Entry("keeping:resume", "Keep paused assets fresh again."),
    },
    "Let it go by itself": {
        "schedule": Entry("moving:schedule", "List schedules, pause and resume them."),
        "sensor": Entry("moving:sensor", "List sensors, try them, pause and resume them."),
    },
    "Look": {
        "show": Entry("asking:show", "Show one asset: its columns, SQL and state."),
        "lineage": Entry("asking:lineage", "Show what an asset reads and who reads it."),
        "query": Entry("rows:query", "Run SQL over the current versions."),
        "preview": Entry("rows:preview", "Show some rows of an asset."),
    },
    "Serve": {
        "up": Entry("serving:up", "Keep everything fresh, and serve its catalog in a browser."),
        "daemon": Entry(
            "automation.automating:daemon", "Keep everything fresh, and serve nothing."
        ),
        "serve": Entry("serving:serve", "Serve the asset catalog in a browser, and nothing else."),
        "token": Entry("token:token", "Let other teams' programs read this catalog."),
        "docs": Entry("docs:docs", "Write the asset catalog as pages that need no server."),
    },
    "Be told": {
        "incidents": Entry("told:incidents", "List what is wrong, by its first cause."),
        "deliveries": Entry(
            "told:deliveries", "List webhooks and notices, and what became of them."
        ),
        "mute": Entry("told:mute", "Send no notices of a sensor or asset until they are wanted."),
        "unmute": Entry("told:unmute", "Send notices of a sensor or asset again."),
    },
    "Look back": {
        "diff": Entry("diff:diff", "Compare two versions of an asset."),
        "history": Entry("records:history", "List the versions of an asset."),
        "runs": Entry("records:runs", "List runs, or show one."),
        "events": Entry("records:events", "List what was recorded."),
        "logs": Entry("logs:logs", "Show what a run said while it went."),
    },
    "Look after": {
        "verify": Entry("care:verify", "Read every byte and compare it with its record."),
        "gc": Entry("garbage:gc", "Remove old versions and what dead runs left behind."),
        "doctor": Entry("care:doctor", "Check this machine and this project's folders."),
        "catalog": Entry("care:catalog", "Mend the catalog."),
        "schema": Entry("schema:schema", "Print or write the JSON Schemas that editors use."),
    },
}
_ENTRIES = {name: entry for group in TABLE.values() for name, entry in group.items()}
_ALIASES = {"why": "explain"}


class _NobodyReads(Exception):
    """Whoever read our output has gone: to click, the plain error would be a failure."""


class Commands(click.Group):
    """Finds a command in the table, then among those that plug-ins bring."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _NobodyReads from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of our own commands."""
        return list(_ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or fail with the nearest name."""
        name = _ALIASES.get(cmd_name, cmd_name)
        entry = _ENTRIES.get(name)
        if entry is not None:
            module, attribute = entry.place.split(":")
            return cast(click.Command, getattr(import_module(f"freshline.cli.{module}"), attribute))
        return _plugged_in(name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say what was probably meant where there is no such command."""
        if self.get_command(ctx, args[0]) is None:
            near = difflib.get_close_matches(args[0], _ENTRIES, n=1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            ctx.fail(f'There is no command "{args[0]}".{hint}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table, without importing a command."""
        width = max(len(name) for name in _ENTRIES)
        for heading, entries in TABLE.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(name.ljust(width), entry.summary) for name, entry in entries.items()]
                )


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="freshline")
@common
def freshline() -> None:
    """Freshline keeps data assets fresh: it knows what is stale, why, and rebuilds only that."""


def main() -> None:
    """Run the command line and leave with its exit code: 0 done, 1 failed, 2 asked wrongly.

    130 where it was stopped; 141, without a word, where nobody reads on what it writes.
    """
    # A graph lives as long as its command: looking through it for garbage again and again, and once
    # more at the end, finds nothing.
    gc.set_threshold(100_000, 20, 20)
    atexit.register(gc.freeze)
    try:
        code: object = freshline.main(prog_name="freshline", standalone_mode=False)
    except click.exceptions.Exit as exit:
        sys.exit(exit.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except (_NobodyReads, BrokenPipeError):
        # What is buffered still would be written at the end, and fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # DuckDB makes an error of its own of it
            click.echo("stopped", err=True)
            sys.exit(130)
        sys.exit(_failed(error))
    sys.exit(code if isinstance(code, int) else 0)


def _failed(error: Exception) -> int:
    """Tell an error of ours in two sentences; anything else is a bug and shows its traceback."""
    from freshline.errors import FreshlineError, UsageError

    if not isinstance(error, FreshlineError):
        from traceback import format_exception

        from freshline.secrets import redacted

        click.secho("This is a bug in Freshline, not in your project:", fg="red", err=True)
        click.echo(redacted("".join(format_exception(error))), err=True, nl=False)
        return 1
    if os.environ.get(ERRORS) == "json":
        click.echo(_as_json(error), err=True)
    else:
        from freshline.cli.render import error_text

        click.echo(error_text(error), err=True)
    return 2 if isinstance(error, UsageError) else 1


def _as_json(error: "FreshlineError") -> str:
    """Return an error for a program that runs this command."""
    from freshline.codec import encode
    from freshline.secrets import redacted

    problems = getattr(error, "diagnostics", ())
    told = {"code": error.code, "message": error.message, "help": error.help, "problems": problems}
    return redacted(encode(told).decode())


def _plugged_in(name: str) -> click.Command | None:
    from importlib.metadata import entry_points

    found = tuple(entry_points(group="freshline.commands", name=name))
    return cast(click.Command, found[0].load()) if found else None
