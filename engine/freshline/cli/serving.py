"""up and serve: the asset catalog in a browser, on this machine; of one project, or of several."""

import webbrowser
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click

from freshline import __version__
from freshline.catalog import Found, OneOfSeveral, Serving, ServingSeveral
from freshline.cli.automation.attending import Attendant, stop_all
from freshline.cli.by_command import CommandEngine
from freshline.cli.compose import LOGS, catalog_path, server
from freshline.cli.folders import Meant, meant_by, roots_of
from freshline.cli.options import F, Whole, common, said
from freshline.cli.scope import scope_of


class _How(NamedTuple):
    """How pages are to be served, and whether anything is built beside them."""

    host: str
    port: int | None
    opens: bool
    read_only: bool
    automates: bool = False


def _options(function: F) -> F:
    """Add what both commands take."""
    for option in (
        click.argument("folders", nargs=-1),
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
def up(
    folders: tuple[str, ...],
    host: str,
    port: int | None,
    opens: bool,
    read_only: bool,
    no_daemon: bool,
) -> int:
    """Keep everything fresh, and serve the asset catalog in a browser, until Ctrl-C.

    What is stale is built when its `refresh:` allows it: whatever changed, and whoever changed it.
    Pages follow. With --read-only nothing is built either. FOLDERS are those of several projects,
    or one that holds several: each is kept fresh on its own, and all are served at one address.
    """
    automates = not (no_daemon or read_only)
    return _served(folders, _How(host, port, opens, read_only, automates))


@click.command()
@_options
@common
def serve(
    folders: tuple[str, ...], host: str, port: int | None, opens: bool, read_only: bool
) -> int:
    """Serve the asset catalog in a browser, and nothing else, until Ctrl-C.

    Nothing is built by itself: that is what `up` and `daemon` do. Of several FOLDERS, or one that
    holds several projects, all are served at one address.
    """
    return _served(folders, _How(host, port, opens, read_only))


def _served(folders: Sequence[str], how: _How) -> int:
    roots = roots_of(folders, said())
    if len(roots) > 1:
        return _several(meant_by(roots, said().environment), how)
    (root,) = roots
    scoped = scope_of(root, said().environment)
    project, environment = scoped.project, scoped.environment
    attendants = [Attendant(root, environment)] if how.automates else []
    engine = CommandEngine(root, environment)
    wanted = Serving(
        project=project,
        environment=environment,
        catalog=catalog_path(root),
        logs=root / LOGS,
        engine=engine,
        ready=_ready(f"{project} is", how, attendants),
        host=how.host,
        port=how.port,
        read_only=how.read_only,
        version=__version__,
    )
    try:
        server()(wanted)
    finally:
        stop_all(attendants)
        engine.close()
    return 0


def _several(projects: Sequence[Meant], how: _How) -> int:
    """Serve several projects, each opened and kept fresh for itself."""
    environment = said().environment
    engines: list[CommandEngine] = []
    attendants = [
        Attendant(each.root, environment, each.name) for each in projects if how.automates
    ]
    wanted = ServingSeveral(
        projects=tuple(
            OneOfSeveral(
                name=each.name,
                folder=each.folder,
                find=partial(_found, each.root, environment, engines),
            )
            for each in projects
        ),
        ready=_ready(f"{', '.join(each.name for each in projects)} are", how, attendants),
        host=how.host,
        port=how.port,
        read_only=how.read_only,
        version=__version__,
    )
    try:
        server()(wanted)
    finally:
        stop_all(attendants)
        for engine in engines:
            engine.close()
    return 0


def _found(root: Path, environment: str | None, engines: list[CommandEngine]) -> Found:
    """Return what is to be served of a project; its engine is kept for the end."""
    scoped = scope_of(root, environment)
    engine = CommandEngine(root, scoped.environment)
    engines.append(engine)
    return Found(
        project=scoped.project,
        environment=scoped.environment,
        catalog=catalog_path(root),
        logs=root / LOGS,
        engine=engine,
    )


def _ready(what: str, how: _How, attendants: Sequence[Attendant]) -> Callable[[str, str], None]:
    """Return what is done when the first page can be had."""

    def ready(address: str, link: str) -> None:
        click.echo(f"{what} served at {click.style(address, bold=True)}")
        click.echo(f"sign in, once and within ten minutes: {address}{link}")
        click.echo("Ctrl-C ends it", err=True)
        for attendant in attendants:
            attendant.start()
        if how.opens:
            webbrowser.open(address + link)

    return ready
