"""From a location to the interpreter that runs its code, and to what is installed there."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

from freshline.code import Location
from freshline.codec import decode, digest_of, encode
from freshline.errors import CodeError
from freshline.locations.environments import (
    environment_of,
    folder_of_environments,
    outside_environment,
)
from freshline.locations.listing import CODE as LIST_PACKAGES
from freshline.locations.listing import stamps

OLDEST = (3, 9)
_VERSION = re.compile(r"\d+(\.\d+){0,2}")
_ASK = "import sys; print(*sys.version_info[:3], sys.implementation.name)"


class Interpreter(NamedTuple):
    """An interpreter that answered: its path and its version."""

    path: str
    version: tuple[int, ...]
    implementation: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.version))} at {self.path}"


def interpreter(location: Location, root: str) -> str:
    """Return the path of the interpreter of a location; its environment is made where it must be.

    CodeError where there is none, saying what was looked for and what was found; and where its
    requirements cannot be installed.
    """
    if location.python is None and location.requirements is None:
        return sys.executable
    base = _base(location, root)
    if location.requirements is None:
        return base.path
    return environment_of(location, root, base.path, str(base))


def locked(location: Location, root: str) -> str:
    """Return the digest of what is installed where a location's code runs.

    Distributions and their versions count, and the Python's own; neither Freshline nor installers.
    """
    path = interpreter(location, root)
    kept = folder_of_environments(root) / f"installed-{digest_of(path)}.json"
    try:
        known = decode(kept.read_bytes(), _Installed)
        if known.stamps == stamps(known.stamps):
            return known.digest
    except (OSError, ValueError):
        pass
    listed = _listed(path, location)
    folders = [str(folder) for folder in listed["folders"]]
    known = _Installed(digest_of([listed["python"], listed["packages"]]), stamps(folders))
    kept.parent.mkdir(parents=True, exist_ok=True)
    aside = kept.with_name(f"{kept.name}.{os.getpid()}")
    aside.write_bytes(encode(known))
    aside.replace(kept)
    return known.digest


class _Installed(NamedTuple):
    digest: str
    stamps: dict[str, int]


def _listed(path: str, location: Location) -> dict[str, list[str]]:
    done = subprocess.run(
        [path, "-c", LIST_PACKAGES],
        capture_output=True,
        text=True,
        env=outside_environment(),
        cwd=os.sep,
    )
    try:
        return cast("dict[str, list[str]]", json.loads(done.stdout))
    except ValueError:
        raise CodeError(
            f"location {location.name}: {path} cannot list what is installed there",
            span=location.span,
            trace=done.stderr,
        ) from None


def _base(location: Location, root: str) -> Interpreter:
    """Return the interpreter that a location names, ours where it names none."""
    if location.python is None:
        return Interpreter(sys.executable, sys.version_info[:3], sys.implementation.name)
    if _VERSION.fullmatch(location.python):
        found = _of_version(location.python, location)
    else:
        found = _at(location.python, location, root)
    if found.version < OLDEST:
        raise CodeError(
            f"location {location.name} wants Python {found}; code needs 3.9 or later",
            help="name a later one in `python:`",
            span=location.span,
        )
    return found


def _at(named: str, location: Location, root: str) -> Interpreter:
    """Return the interpreter at a path: of itself, or of a virtual environment."""
    path = Path(root, os.path.expanduser(named))
    tried = [path] if path.is_file() else [path / "bin/python", path / "Scripts/python.exe"]
    for candidate in tried:
        # Not resolved: a virtual environment's interpreter is known by its own path.
        found = _asked(os.path.abspath(candidate))
        if found is not None:
            return found
    what = "is not there" if not path.exists() else "is neither a Python nor an environment of one"
    raise CodeError(
        f"location {location.name}: `python: {named}` {what}",
        help=f"looked for {' and '.join(map(str, tried))}",
        span=location.span,
    )


def _of_version(wanted: str, location: Location) -> Interpreter:
    """Return the latest interpreter of a version, among ours, on the PATH, of pyenv and of uv."""
    numbers = tuple(map(int, wanted.split(".")))
    if sys.version_info[: len(numbers)] == numbers:
        return Interpreter(sys.executable, sys.version_info[:3], sys.implementation.name)
    found = sorted(_all(), key=lambda one: one.version, reverse=True)
    for one in found:
        if one.version[: len(numbers)] == numbers:
            return one
    there = ", ".join(str(one) for one in found[:8]) or "none"
    raise CodeError(
        f"location {location.name}: there is no Python {wanted} on this machine",
        help=f"looked for python{wanted}, python3 and python on the PATH, and for what pyenv and uv"
        f" have installed; found {there}",
        span=location.span,
    )


@cache
def _all() -> tuple[Interpreter, ...]:
    """Return every interpreter that can be found, each once."""
    by_real_path: dict[str, Interpreter] = {}
    for candidate in _candidates():
        real = os.path.realpath(candidate)
        if real not in by_real_path and (found := _asked(candidate)) is not None:
            by_real_path[real] = found
    return tuple(by_real_path.values())


def _candidates() -> Iterator[str]:
    names = ["python3", "python", *(f"python3.{minor}" for minor in range(OLDEST[1], 20))]
    for name in names:
        on_path = shutil.which(name)
        if on_path is not None:
            yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python")
    for folder in (pyenv / "versions", uv):
        for path in sorted(folder.glob("*/bin/python3")):
            yield str(path)


@cache
def _asked(path: str) -> Interpreter | None:
    """Return the interpreter at a path, None where nothing there answers as one does."""
    try:
        done = subprocess.run(
            [path, "-I", "-S", "-c", _ASK], capture_output=True, text=True, timeout=20
        )
        *version, implementation = done.stdout.split()
        return Interpreter(path, tuple(map(int, version)), implementation)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
