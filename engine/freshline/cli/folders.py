"""Folders of projects: from what people say to the projects that are to be served together."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from freshline.cli.options import Common
from freshline.cli.scope import Scoped, scope_of
from freshline.declare.files import PROJECT_FILES, find_root
from freshline.errors import FreshlineError, UsageError
from freshline.suggest import closest

_DEPTH = 2  # folders below one that is no project, down to which projects are looked for
_LONGEST_NAME = 60


class Meant(NamedTuple):
    """A project that is meant: its root, how to say where that is, and a name for it.

    `scoped` is None as long as its file cannot be understood; it goes by its folder's name then.
    """

    root: Path
    folder: str
    name: str
    scoped: Scoped | None


def roots_of(folders: Sequence[str], said: Common) -> tuple[Path, ...]:
    """Return the roots of the projects in folders, in the order in which they were named.

    Without folders it is the project that -p or the current folder is in, or those that lie below.
    UsageError where there is none, or one is named twice.
    """
    if folders and said.project is not None:
        raise UsageError(
            "-p names one project, and here are folders too",
            help="leave out -p, and name all projects by their folders",
        )
    if not folders:
        return _roots_at(said.project or Path.cwd(), "give the project's folder to -p")
    found: dict[Path, str] = {}
    for folder in folders:
        start = Path(folder)
        near = closest(start.name, _names_beside(start)) if not start.is_dir() else ()
        hint = f'did you mean "{start.parent / near[0]}"?' if near else "name folders of projects"
        for root in _roots_at(start, hint, upwards=False):
            real = root.resolve()
            if real in found:
                both = f"{found[real]} and {folder}" if found[real] != folder else f"{folder} twice"
                raise UsageError(
                    f"{both}: that is one project, {_shown(root)}", help="name each project once"
                )
            found[real] = folder
    return tuple(found)


def meant_by(roots: Sequence[Path], environment: str | None) -> tuple[Meant, ...]:
    """Return the projects at several roots, each by a name of its own.

    One that cannot be understood is among them; UsageError where two have one name, or one has no
    such environment.
    """
    found: dict[str, Meant] = {}
    for root in roots:
        scoped = _scoped(root, environment)
        name = scoped.project if scoped is not None else root.name[:_LONGEST_NAME]
        if name in found:
            places = f"{found[name].folder} and {_shown(root)}"
            raise UsageError(
                f'two projects are called "{name}": {places}',
                help="give one of them another name (`project:` in its freshline.yaml), "
                "or serve them apart",
            )
        found[name] = Meant(root, _shown(root), name, scoped)
    return tuple(found.values())


def _roots_at(start: Path, help: str, *, upwards: bool = True) -> tuple[Path, ...]:
    if not start.is_dir():
        raise UsageError(f"there is no folder {start}", help=help)
    start = Path(os.path.abspath(start))
    root = find_root(start)
    if root == start or (root is not None and upwards):
        return (root,)
    below = tuple(_below(start, _DEPTH))
    if below:
        if len(below) > 1 or upwards:
            names = ", ".join(_shown(each) for each in below)
            click.echo(f"{_shown(start)} is no project, but holds some: {names}", err=True)
        return below
    if root is not None:
        return (root,)
    raise UsageError(
        f"no freshline.yaml in {start} or any folder above it",
        help="go to a project, name one with -p DIR, or make one with `freshline init`",
    )


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the projects below a folder, by name; below a project nobody looks for others."""
    for each in _folders_in(folder):
        if _is_project(each):
            yield each
        elif depth > 1:
            yield from _below(each, depth - 1)


def _names_beside(folder: Path) -> list[str]:
    """Return the names of the folders that lie where one was looked for, those of projects."""
    beside = folder.parent if folder.parent.is_dir() else Path()
    return [each.name for each in _folders_in(beside) if _is_project(each) or any(_below(each, 1))]


def _folders_in(folder: Path) -> Iterable[Path]:
    try:
        found = [Path(entry) for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return ()
    return sorted(each for each in found if not each.name.startswith("."))


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in PROJECT_FILES)


def _scoped(root: Path, environment: str | None) -> Scoped | None:
    try:
        return scope_of(root, environment)
    except UsageError as error:
        raise UsageError(f"{_shown(root)}: {error.message}", help=error.help) from error
    except FreshlineError:
        return None


def _shown(folder: Path) -> str:
    """Return how to say where a folder is, from here: not by a way up and down again."""
    try:
        shown = os.path.relpath(folder)
    except (OSError, ValueError):
        return str(folder)
    return str(folder) if shown.startswith(os.path.join("..", "..")) else shown
