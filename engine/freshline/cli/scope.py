"""Which project and environment a command without a graph is about."""

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from freshline.cli.compose import catalog_path, event_log, surveys_in
from freshline.declare.files import PROJECT_FILES
from freshline.declare.settings import read_settings
from freshline.errors import DefinitionError, UsageError
from freshline.suggest import closest


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoped:
    """A project and one of its environments; `is_first` says that it need not be named."""

    project: str
    environment: str
    is_first: bool


def scope_of(root: Path, said_environment: str | None) -> Scoped:
    """Return the project and the environment that are meant, without compiling anything.

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
        return Scoped(
            project=settings.project.name,
            environment=environment,
            is_first=environment == names[0],
        )
    if catalog_path(root).is_file():
        with closing(event_log(root)) as log:
            for project, environment in surveys_in(log).scopes():
                if said_environment in (None, environment):
                    return Scoped(project=project, environment=environment, is_first=False)
    raise DefinitionError("the project cannot be read", diagnostics=settings.diagnostics)
