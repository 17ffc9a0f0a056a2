"""A call of people's code, as it is put together for an asset or a check, and made."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from freshline.calls import Call, Given, Resource, Returned, Wanted
from freshline.code import MAIN, Code, CodeInput, Location
from freshline.definitions import ProjectDefinition
from freshline.errors import ComputeError, FreshlineError, InternalError
from freshline.execute.setting import Setting
from freshline.keys import Target
from freshline.secrets import resolved

CALLS = ".freshline/tmp/calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be called, for which asset; how each input is handed over, and what is wanted."""

    code: Code
    target: Target
    hand_over: Callable[[CodeInput, Path], Given]
    wanted: tuple[Wanted, ...] = ()
    attempt: int = 1
    timeout: float | None = None


def call(wish: Wish, setting: Setting) -> tuple[Returned, Path]:
    """Call, and return what came of it, with the folder that what it wrote stands in.

    CodeError, WorkerLostError or TimedOutError where that failed; then the folder is gone.
    """
    workers, code, key = setting.ports.workers, wish.code, wish.target.asset
    if workers is None:
        raise InternalError(f"nobody is here to run {key}", help="please report it")
    identity = setting.ports.ids.new()
    scratch = (setting.root / CALLS / setting.run / identity).absolute()
    scratch.mkdir(parents=True)
    try:
        made = Call(
            id=identity,
            root=str(setting.root.absolute()),
            location=location_of(code, setting.graph.project),
            scratch=str(scratch),
            function=code.function,
            command=code.command,
            given=tuple(wish.hand_over(each, scratch) for each in code.inputs),
            wanted=wish.wanted,
            config=settled(code.config),
            resources=resources_of(code.resources, setting.graph.project),
            about={
                "run": setting.run,
                "environment": wish.target.environment,
                "asset": key,
                "partition": "",
                "attempt": str(wish.attempt),
                "code_version": code.version,
            },
            limits=code.limits,
            timeout=wish.timeout,
            fresh_process=code.fresh_process,
        )
        return workers.call(made, partial(setting.tell, key)), scratch
    except FreshlineError:
        forget(scratch)
        raise


def forget(scratch: Path) -> None:
    """Remove what a call wrote."""
    shutil.rmtree(scratch, ignore_errors=True)


def forget_calls(root: Path, run: str) -> None:
    """Remove what the calls of a run left behind."""
    forget(root / CALLS / run)


def location_of(code: Code, project: ProjectDefinition) -> Location:
    """Return the location that code belongs to."""
    declared = {each.name: each for each in project.locations}
    return declared.get(code.location) or Location(name=MAIN)


def resources_of(receive: Mapping[str, str], project: ProjectDefinition) -> Mapping[str, Resource]:
    """Return what code receives, by parameter, with its secrets put in."""
    known = {each.name: each for each in project.resources}
    found: dict[str, Resource] = {}
    for parameter, name in receive.items():
        if name not in known:
            raise ComputeError(f"there is no resource {name}", help="declare it in freshline.yaml")
        found[parameter] = Resource(type=known[name].type, settings=settled(known[name].settings))
    return found


def settled(settings: Mapping[str, object]) -> Mapping[str, object]:
    """Return settings with their secrets put in."""
    return cast("Mapping[str, object]", resolved(dict(settings)))
