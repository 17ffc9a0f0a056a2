"""How a program of a location is started: its interpreter, its variables, its folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from freshline import worker
from freshline.code import Limits, Location
from freshline.locations.environments import outside_environment
from freshline.locations.interpreters import interpreter
from freshline.locations.settings import Settings
from freshline.locations.spawning import Program

_WORKER = Path(worker.__file__).with_name("__main__.py")
_SECRET = ("FRESHLINE_SECRET_", "FRESHLINE_SECRETS")
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


def worker_program(place: Place, settings: Settings) -> Program:
    """Return the worker of a place, with its socket at descriptor 3.

    CodeError where the location's interpreter cannot be had.
    """
    executable = interpreter(place.location, place.root)
    return Program(
        arguments=(executable, str(_WORKER), "3"),
        environment=variables(place.location, executable, settings),
        folder=os.path.abspath(place.root),
        limits=place.limits,
    )


def import_path(place: Place) -> list[str]:
    """Return the folders that come before all others when code of a place imports something."""
    root = os.path.abspath(place.root)
    location = os.path.normpath(os.path.join(root, place.location.path))
    return [location] if location == root else [location, root]


def variables(location: Location, executable: str, settings: Settings) -> Mapping[str, str]:
    """Return the process variables of a location's programs.

    They are ours without the secrets, which only resources receive. PYTHONPATH stays where the
    interpreter is ours too. What is installed beside the interpreter comes first on the PATH.
    """
    is_ours = location.python is None and location.requirements is None
    ours = dict(os.environ) if is_ours else outside_environment()
    told = {key: value for key, value in ours.items() if not key.startswith(_SECRET)}
    beside = os.path.dirname(executable)
    path = told.get("PATH", os.defpath)
    if path.split(os.pathsep)[0] != beside:
        told["PATH"] = beside + os.pathsep + path
    if settings.threads is not None:
        told = {name: str(settings.threads) for name in _THREADS} | told
    return told
