"""What compiling a project's code asks of the world around it, and which files that code is.

It stands apart from the loading itself, which a project that has not changed can be spared.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from freshline.calls import Load, Raised, ToldFile
from freshline.code import Location
from freshline.declare.files import ProjectFile
from freshline.definitions import Column, ProjectDefinition, SourceDefinition

Columns = Mapping[str, tuple[Column, ...]]
_PASSED_OVER = frozenset({"node_modules", "__pycache__", "site-packages"})


def _no_workers(load: Load) -> tuple[ToldFile, ...]:
    error = Raised(type="RuntimeError", message="there are no workers here to load code")
    return tuple(ToldFile(file=name, error=error) for name in (*load.files, *load.functions))


def _nothing_installed(location: Location) -> str:
    return ""


def _nothing_learnt(project: str, environment: str) -> Columns:
    return {}


def _nothing_brought(project: ProjectDefinition, sources: Sequence[SourceDefinition]) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What compiling asks of others: workers, what is installed for a location, what code made.

    `learnt` gives the columns of each asset's current version, by project and environment. `bring`
    sees to it that what sources stand for in other catalogs is here, or that it is known why not.
    """

    load: Callable[[Load], tuple[ToldFile, ...]] = _no_workers
    locked: Callable[[Location], str] = _nothing_installed
    learnt: Callable[[str, str], Columns] = _nothing_learnt
    bring: Callable[[ProjectDefinition, Sequence[SourceDefinition]], None] = _nothing_brought


NOBODY = Outside()


def code_files(root: Path) -> tuple[ProjectFile, ...]:
    """Return all Python files of a project that its code may import, sorted; none is opened."""
    found: list[ProjectFile] = []
    for folder, inside, names in os.walk(root):
        here = Path(folder).relative_to(root)
        inside[:] = sorted(
            name
            for name in inside
            if name[0] != "." and name not in _PASSED_OVER and not _is_environment(folder, name)
        )
        for name in names:
            if name.endswith(".py"):
                status = os.stat(os.path.join(folder, name))
                path = (here / name).as_posix()
                stamp = (status.st_size, status.st_mtime_ns, status.st_ino)
                found.append(ProjectFile(path, *stamp))
    return tuple(sorted(found))


def _is_environment(folder: str, name: str) -> bool:
    return os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
