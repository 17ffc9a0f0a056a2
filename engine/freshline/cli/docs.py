"""docs: the asset catalog as a folder of pages that a browser opens from disk."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from freshline import __version__
from freshline.catalog import Exporting
from freshline.cli.compose import (
    LOGS,
    Project,
    catalog_path,
    exporter,
    opened,
    root_of,
    surveys_in,
)
from freshline.cli.options import common, said
from freshline.cli.surveying import survey_of, trace
from freshline.declare.files import ProjectFile, list_files


@click.command()
@click.argument("site", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a folder with other files in it.")
@common
def docs(site: Path, force: bool) -> int:
    """Write the asset catalog to a folder, as pages that need no server.

    They show the project as it is now, and open from disk. An older export is replaced.
    """
    folder = site.absolute()
    files = list_files(root_of(said()))
    with opened(said()) as project:
        root = project.root
        wanted = Exporting(
            project=project.graph.project.name,
            environment=project.environment,
            catalog=catalog_path(root),
            logs=root / LOGS,
            keep=(root, catalog_path(root), *(root / file.path for file in files)),
            folder=folder,
            survey=partial(_surveyed, project, files),
            force=force,
            version=__version__,
        )
        done = exporter()(wanted)
    click.echo(f"{done.pages} pages are in {folder}: open {folder / 'index.html'}")
    return 0


def _surveyed(project: Project, files: Sequence[ProjectFile]) -> None:
    """Write down what pages show of every asset."""
    surveys = surveys_in(project.sight.events)
    surveys.keep(survey_of(project, files).survey)
    trace(project, surveys)
