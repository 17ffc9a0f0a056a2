"""up and serve: the asset catalog in a browser, on this machine."""

import os
import webbrowser
from contextlib import closing
from pathlib import Path

import click

from freshline import __version__
from freshline.catalog import Serving
from freshline.cli.by_command import CommandEngine
from freshline.cli.compose import LOGS, catalog_path, event_log, root_of, server, surveys_in
from freshline.cli.options import F, Whole, common, said
from freshline.declare.files import PROJECT_FILES
from freshline.declare.settings import read_settings
from freshline.errors import DefinitionError, UsageError
from freshline.suggest import closest


def _options(function: F) -> F:
    """Add what both commands take."""
    for option in (
        click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address."),
        click.option(
            "--port", type=Whole(0, 65535), help="Default: 8321, or the next free one; 0: any."
        ),
        click.option("--open", "opens", is_flag=True, help="Open it in the browser."),
        click.option("--read-only", is_flag=True, help="Let nobody change anything from pages."),
    ):
        function = option(function)
    return function


@click.command()
@_options
@common
def up(host: str, port: int | None, opens: bool, read_only: bool) -> int:
    """Serve the asset catalog in a browser, on this machine, until Ctrl-C.

    Pages follow what happens, whoever does it: an apply in another terminal, or a saved file.
    """
    return _served(host, port, opens=opens, read_only=read_only)


@click.command()
@_options
@common
def serve(host: str, port: int | None, opens: bool, read_only: bool) -> int:
    """Serve the asset catalog in a browser, and nothing else, until Ctrl-C.

    That is what `up` does too: when it does more one day, this will not.
    """
    return _served(host, port, opens=opens, read_only=read_only)


def _served(host: str, port: int | None, *, opens: bool, read_only: bool) -> int:
    root = root_of(said())
    project, environment = _scope(root, said().environment)

    def ready(address: str, link: str) -> None:
        click.echo(f"{project} is served at {click.style(address, bold=True)}")
        click.echo(f"sign in, once and within ten minutes: {address}{link}")
        click.echo("Ctrl-C ends it", err=True)
        if opens:
            webbrowser.open(address + link)

    engine = CommandEngine(root, environment)
    wanted = Serving(
        project=project,
        environment=environment,
        catalog=catalog_path(root),
        logs=root / LOGS,
        engine=engine,
        ready=ready,
        host=host,
        port=port,
        read_only=read_only,
        version=__version__,
    )
    try:
        server()(wanted)
    finally:
        engine.close()
    return 0


def _scope(root: Path, said_environment: str | None) -> tuple[str, str]:
    """Return the project and the environment to serve, without compiling anything.

    Where the project's file cannot be understood, they are those of the last survey: pages go on,
    and say what is wrong.
    """
    file = next(name for name in PROJECT_FILES if (root / name).is_file())
    settings = read_settings((root / file).read_bytes(), file, os.environ)
    names = settings.project.environments
    if settings.project.name:
        environment = said_environment or names[0]
        if environment not in names:
            near = closest(environment, names)
            hint = f'did you mean "{near[0]}"? ' if near else ""
            raise UsageError(
                f'there is no environment "{environment}"',
                help=f"{hint}environments: {', '.join(names)}",
            )
        return settings.project.name, environment
    if catalog_path(root).is_file():
        with closing(event_log(root)) as log:
            for project, environment in surveys_in(log).scopes():
                if said_environment in (None, environment):
                    return project, environment
    raise DefinitionError("the project cannot be read", diagnostics=settings.diagnostics)
