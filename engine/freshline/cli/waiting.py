"""Waiting for an environment that somebody has alone: one line says for whom, Ctrl-C ends it."""

import click

from freshline.cli.compose import SystemClock
from freshline.cli.options import Common, said
from freshline.errors import BusyError
from freshline.execute.in_line import in_line
from freshline.ports import Wait


def shown_in_line(options: Common | None = None) -> Wait:
    """Return what waits between two tries to get a lease, and says for whom when that changes.

    Without `options` those of the command that is running hold.
    """
    told: list[str] = []

    def tell(busy: BusyError) -> None:
        if busy.message not in told[-1:]:
            told.append(busy.message)
            if (options or said()).verbosity >= 0:
                click.secho(f"waiting: {busy.message}", fg="yellow", err=True)

    return in_line(SystemClock(), tell)
