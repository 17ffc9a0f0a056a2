"""Waiting for an environment that somebody has alone: one line says for whom, Ctrl-C ends it."""

import time

import click

from freshline.cli.options import Common, said
from freshline.errors import BusyError
from freshline.ports import Wait

_LOOK = 0.2  # seconds between two tries


def in_line(options: Common | None = None) -> Wait:
    """Return what waits between two tries to get a lease, and says for whom when that changes.

    Without `options` those of the command that is running hold.
    """
    told: list[str] = []

    def wait(busy: BusyError) -> None:
        if busy.message not in told[-1:]:
            told.append(busy.message)
            if (options or said()).verbosity >= 0:
                click.secho(f"waiting: {busy.message}", fg="yellow", err=True)
        time.sleep(_LOOK)

    return wait
