"""The `freshline` command: its table of commands, and how errors reach people.

Commands are imported when they are called: showing help must not cost more than starting Python.
"""

import difflib
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple, cast

import click

from freshline import __version__
from freshline.cli.options import common


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
        "status": Entry("deciding:status", "Show what is fresh, stale or missing."),
        "check": Entry("checking:check", "Run the checks on what is current."),
        "explain": Entry("asking:explain", "Tell the chain of causes for one asset."),
    },
    "Look": {
        "show": Entry("asking:show", "Show one asset: its columns, SQL and state."),
        "lineage": Entry("asking:lineage", "Show what an asset reads and who reads it."),
        "query": Entry("rows:query", "Run SQL over the current versions."),
        "preview": Entry("rows:preview", "Show some rows of an asset."),
    },
    "Look back": {
        "history": Entry("records:history", "List the versions of an asset."),
        "runs": Entry("records:runs", "List runs, or show one."),
        "events": Entry("records:events", "List what was recorded."),
    },
    "Look after": {
        "verify": Entry("care:verify", "Read every byte and compare it with its record."),
        "doctor": Entry("care:doctor", "Check this machine and this project's folders."),
        "catalog": Entry("care:catalog", "Mend the catalog."),
        "schema": Entry("schema:schema", "Print or write the JSON Schemas that editors use."),
    },
}
_ENTRIES = {name: entry for group in TABLE.values() for name, entry in group.items()}
_ALIASES = {"why": "explain"}


class Commands(click.Group):
    """Finds a command in the table, then among those that plug-ins bring."""

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
    """Run the command line and leave with its exit code: 0 done, 1 failed, 2 asked wrongly."""
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
    except BrokenPipeError:
        sys.exit(141)
    except Exception as error:
        sys.exit(_failed(error))
    sys.exit(code if isinstance(code, int) else 0)


def _failed(error: Exception) -> int:
    """Tell an error of ours in two sentences; anything else is a bug and shows its traceback."""
    from freshline.errors import FreshlineError, UsageError

    if not isinstance(error, FreshlineError):
        click.secho("This is a bug in Freshline, not in your project:", fg="red", err=True)
        raise error
    from freshline.cli.render import error_text

    click.echo(error_text(error), err=True)
    return 2 if isinstance(error, UsageError) else 1


def _plugged_in(name: str) -> click.Command | None:
    from importlib.metadata import entry_points

    found = tuple(entry_points(group="freshline.commands", name=name))
    return cast(click.Command, found[0].load()) if found else None
