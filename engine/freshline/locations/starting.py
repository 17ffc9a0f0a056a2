"""How a location's programs are started: their interpreter, their variables, their folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from freshline import worker
from freshline.code import Limits, Location
from freshline.locations.environments import outside_environment
from freshline.locations.interpreters import interpreter, locked
from freshline.locations.settings import Settings
from freshline.locations.spawning import Program

_WORKER = Path(worker.__file__).with_name("__main__.py")
_SECRET = ("FRESHLINE_SECRET_", "FRESHLINE_SECRETS")
# Threads that wait should sleep: on a busy machine those that spin take what the others need.
_PATIENCE = {"OMP_WAIT_POLICY": "PASSIVE"}
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
)


class Place(NamedTuple):
    """Where code runs: a project's root, the location, and what its process may take."""

    root: str
    location: Location
    limits: Limits


class Kind(NamedTuple):
    """What workers must share to stand in for each other.

    `installed` is the lock of what is installed beside an interpreter that is not ours.
    """

    root: str
    name: str
    path: str
    is_ours: bool
    executable: str
    installed: str
    limits: Limits


def kind_of(place: Place) -> Kind:
    """Return which workers can serve a place; its environment is made where it must be.

    CodeError where the location's interpreter cannot be had.
    """
    location = place.location
    is_ours = location.python is None and location.requirements is None
    return Kind(
        root=os.path.abspath(place.root),
        name=location.name,
        path=location.path,
        is_ours=is_ours,
        executable=interpreter(location, place.root),
        installed="" if is_ours else locked(location, place.root),
        limits=place.limits,
    )


def worker_program(kind: Kind, settings: Settings) -> Program:
    """Return the program of a worker, with its socket at descriptor 3."""
    return Program(
        arguments=(kind.executable, str(_WORKER), "3"),
        environment=variables(kind.executable, settings, is_ours=kind.is_ours),
        folder=kind.root,
        limits=kind.limits,
    )


def import_path(root: str, path: str) -> list[str]:
    """Return the folders that come before all others when the code of a location is imported.

    `path` is the location's.
    """
    location = os.path.normpath(os.path.join(root, path))
    return [location] if location == root else [location, root]


def variables(executable: str, settings: Settings, *, is_ours: bool) -> Mapping[str, str]:
    """Return the process variables of a location's programs.

    They are ours without the secrets, which only resources receive. PYTHONPATH stays where the
    interpreter is ours too. What is installed beside the interpreter comes first on the PATH.
    """
    ours = dict(os.environ) if is_ours else outside_environment()
    told = {key: value for key, value in ours.items() if not key.startswith(_SECRET)}
    beside = os.path.dirname(executable)
    path = told.get("PATH", os.defpath)
    if path.split(os.pathsep)[0] != beside:
        told["PATH"] = beside + os.pathsep + path
    if settings.threads is not None:
        told = {name: str(settings.threads) for name in _THREADS} | told
    return _PATIENCE | told
