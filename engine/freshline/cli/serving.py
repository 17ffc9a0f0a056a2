"""up and serve: the asset catalog in a browser, on this machine."""

import webbrowser

import click

from freshline import __version__
from freshline.catalog import Serving
from freshline.cli.automation.attending import Attendant
from freshline.cli.by_command import CommandEngine
from freshline.cli.compose import LOGS, catalog_path, root_of, server
from freshline.cli.options import F, Whole, common, said
from freshline.cli.scope import scope_of


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
@click.option("--no-daemon", is_flag=True, help="Serve pages, and build nothing by itself.")
@common
def up(host: str, port: int | None, opens: bool, read_only: bool, no_daemon: bool) -> int:
    """Keep everything fresh, and serve the asset catalog in a browser, until Ctrl-C.

    What is stale is built when its `refresh:` allows it: whatever changed, and whoever changed it.
    Pages follow. With --read-only nothing is built either.
    """
    automates = not (no_daemon or read_only)
    return _served(host, port, opens=opens, read_only=read_only, automates=automates)


@click.command()
@_options
@common
def serve(host: str, port: int | None, opens: bool, read_only: bool) -> int:
    """Serve the asset catalog in a browser, and nothing else, until Ctrl-C.

    Nothing is built by itself: that is what `up` and `daemon` do.
    """
    return _served(host, port, opens=opens, read_only=read_only)


def _served(
    host: str, port: int | None, *, opens: bool, read_only: bool, automates: bool = False
) -> int:
    root = root_of(said())
    scoped = scope_of(root, said().environment)
    project, environment = scoped.project, scoped.environment
    attendant = Attendant(root, environment) if automates else None

    def ready(address: str, link: str) -> None:
        click.echo(f"{project} is served at {click.style(address, bold=True)}")
        click.echo(f"sign in, once and within ten minutes: {address}{link}")
        click.echo("Ctrl-C ends it", err=True)
        if attendant is not None:
            attendant.start()
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
        if attendant is not None:
            attendant.stop()
        engine.close()
    return 0
