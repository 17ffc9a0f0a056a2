"""The page of commands: their options and exit codes, each with lines that can be typed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import click
import yaml
from docs.generate.markdown import cell, code, page, prose

from freshline.cli.main import TABLE, freshline

EXAMPLES = cast(
    Mapping[str, Mapping[str, str]],
    yaml.safe_load((Path(__file__).parents[1] / "examples.yaml").read_text(encoding="utf-8")),
)


def commands() -> str:
    """Return the page of all commands, from the command line itself."""
    lines = [
        "# Commands",
        "",
        *prose("""
        The answer goes to standard output, progress and warnings to standard error. A `SELECTION`
        names assets: see [selections](../concepts/selection.md). Everywhere:
        """),
        "",
        *_options(freshline, frozenset({"version"})),
        "",
        "| exit code | |",
        "|---|---|",
        "| 0 | It was done, or there was nothing to do. |",
        "| 1 | Something failed, is wrong or could not be made fresh: a definition, a step, a"
        " check, a test. |",
        "| 2 | The command was asked for something that it cannot do. With `plan"
        " --detailed-exitcode`: there is work. |",
        "| 130 | It was stopped, with Ctrl-C or by `freshline cancel`. |",
        "| 141 | Nobody reads on what it writes, as with `freshline events | head`. |",
    ]
    everywhere = frozenset(str(option.name) for option in freshline.params)
    for heading, entries in TABLE.items():
        lines += ["", f"## {heading}"]
        for name in entries:
            command = freshline.get_command(click.Context(freshline), name)
            assert command is not None
            lines += ["", *_command(("freshline", name), command, everywhere)]
            lines += ["", "| for instance | |", "|---|---|"]
            lines += [f"| {cell(code(line))} | {what} |" for line, what in EXAMPLES[name].items()]
    return page(lines)


def _command(
    path: tuple[str, ...], command: click.Command, everywhere: frozenset[str]
) -> Iterator[str]:
    context = click.Context(command, info_name=" ".join(path))
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"### {' '.join(path)}"
    yield ""
    yield f"`{' '.join(path)} {usage}`".replace(" [OPTIONS]", "", 1)
    yield ""
    yield " ".join((command.help or "").split())
    options = [*_options(command, everywhere)]
    if options:
        yield ""
        yield from options
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield ""
            yield from (
                line.replace("### ", "#### ", 1)
                for line in _command((*path, name), inner, everywhere)
            )


def _options(command: click.Command, leave_out: frozenset[str]) -> Iterator[str]:
    options = [
        option
        for option in command.params
        if isinstance(option, click.Option) and option.name not in leave_out
    ]
    if options:
        yield "| option | |"
        yield "|---|---|"
    for option in options:
        # A flag takes nothing; how many jobs there are by default depends on the machine.
        names = ", ".join(f"`{name}`" for name in option.opts)
        value = "" if option.is_flag or option.count else f" `{_metavar(option)}`"
        default = option.default if option.name != "jobs" else "what the machine has room for"
        shown = f" By default {default}." if option.show_default and default is not None else ""
        yield f"| {names}{cell(value)} | {cell((option.help or '') + shown).strip()} |"


def _metavar(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return " or ".join(str(choice) for choice in option.type.choices)
    return option.metavar or {"integer range": "N", "integer": "N"}.get(option.type.name, "TEXT")
