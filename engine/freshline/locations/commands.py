"""A command of any language, run in a process of its own: inputs and outputs are paths.

It finds in its environment FRESHLINE_INPUT_<NAME> (a file, or a folder where there are several),
FRESHLINE_OUTPUT (the path to write to, FRESHLINE_OUTPUT_<NAME> for several), FRESHLINE_CONFIG in
JSON, FRESHLINE_MESSAGES (a file to append to), FRESHLINE_SCRATCH (a folder of its own), and what
the call is about: FRESHLINE_RUN, FRESHLINE_ASSET and the like. In its arguments `{input.NAME}`,
`{output}`, `{output.NAME}` and `{config.x}` stand for the same. It is run in the project's root.
"""

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn, cast

from freshline.calls import Call, Given, Line, Made, Returned
from freshline.errors import CodeError, ResourceError, WorkerLostError
from freshline.locations.attending import Attendance, Cause
from freshline.locations.calling import memory_shortages, stopped, subject_of
from freshline.locations.endings import ending
from freshline.locations.lines import Lines
from freshline.locations.messages import Messages
from freshline.locations.outputs import written
from freshline.locations.process import Ended, Process
from freshline.locations.settings import Settings
from freshline.locations.spawning import Program, Warden
from freshline.locations.starting import Place, kind_of, variables
from freshline.locations.traces import last_lines
from freshline.suggest import closest

_PLACEHOLDER = re.compile(r"\{(input|output|config)(?:\.([A-Za-z0-9_.]+))?\}")
_TAIL_EVERY = 0.2  # seconds between looks at the file of messages


class Paths(NamedTuple):
    """Where a command finds its inputs, by name, and puts its outputs."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    messages: str


class Command:
    """One call of a command."""

    def __init__(
        self, warden: Warden, call: Call, settings: Settings, tell: Callable[[Line], None]
    ) -> None:
        self._call = call
        self._settings = settings
        self._lines = Lines(tell, time.time)
        self._paths = laid_out(call)
        self._messages = Messages(Path(self._paths.messages), self._lines, time.time())
        self._shortages = memory_shortages()
        self._process = Process(warden, program(call, self._paths, settings), talks=False)
        self.attendance = Attendance(self._process, self._lines, settings, timeout=call.timeout)

    def run(self) -> Returned:
        """Run it to its end; errors as `Workers.call` has them."""
        attendance, process = self.attendance, self._process
        try:
            while process.ended is None and not process.is_empty:
                attendance.step(time.monotonic() + _TAIL_EVERY)
                self._messages.read(time.time())
        finally:
            self._messages.read(time.time(), to_the_end=True)
            is_gone = attendance.finish()
        if not is_gone:
            raise ResourceError(f"process {process.pid} cannot be ended: the kernel holds it")
        if attendance.cause is not Cause.NONE:
            raise stopped(attendance, subject_of(self._call), "")
        ended = process.ended
        if ended is None or ended.status != 0:
            self._failed(ended or Ended(-1, 0))
        return self._returned()

    def _failed(self, ended: Ended) -> NoReturn:
        last = self._lines.last
        subject = subject_of(self._call)
        told = last_lines(last)
        if ended.status >= 0 and os.WIFEXITED(ended.status):
            code = os.WEXITSTATUS(ended.status)
            why = next((line.strip() for line in reversed(last) if line.strip()), "")
            raise CodeError(
                f"{subject} ended with exit code {code}" + (f": {why[:500]}" if why else ""),
                help=_exit_advice(code),
                trace=told,
            )
        found = ending(ended, self._call.limits, out_of_memory=memory_shortages() > self._shortages)
        raise WorkerLostError(f"{subject}: {found.message}", help=found.help, trace=told)

    def _returned(self) -> Returned:
        made: list[Made] = []
        for name, path in self._paths.outputs.items():
            output_format, files = written(Path(path), subject_of(self._call))
            if not files and len(self._paths.outputs) == 1:
                raise CodeError(
                    f"{subject_of(self._call)} ended well, but wrote no output",
                    help="let it write to the path in FRESHLINE_OUTPUT, or to `{output}`",
                    trace=last_lines(self._lines.last),
                )
            metadata = self._messages.metadata.get(name, {}) if name else {}
            made.append(
                Made(
                    name=name,
                    format=output_format,
                    files=files,
                    metadata=metadata,
                    missing=not files,
                )
            )
        return Returned(
            made=tuple(made),
            checks=tuple(self._messages.checks),
            metadata=self._messages.metadata.get("", {}),
        )


def laid_out(call: Call) -> Paths:
    """Return the paths of a call, after the folders were made in which several files stand."""
    scratch = Path(call.scratch)
    for folder in ("inputs", "outputs"):
        (scratch / folder).mkdir(parents=True, exist_ok=True)
    inputs = {given.name: _input(given, scratch / "inputs") for given in call.given}
    named = [wanted.name for wanted in call.wanted]
    outputs = {name: str(scratch / "outputs" / (name or "output")) for name in named}
    present = {name: path for name, path in inputs.items() if path}
    return Paths(present, outputs, str(scratch / "messages.jsonl"))


def program(call: Call, paths: Paths, settings: Settings) -> Program:
    """Return the program of a command. CodeError where it is not there, or names what is not."""
    kind = kind_of(Place(call.root, call.location, call.limits))
    environment = dict(variables(kind.executable, settings, is_ours=kind.is_ours))
    environment |= told(call, paths)
    arguments = [filled(argument, call, paths) for argument in call.command]
    named = arguments[0]
    found = os.path.join(kind.root, named) if "/" in named else None
    path = found or shutil.which(named, path=environment["PATH"])
    if path is None or not os.path.exists(path):
        raise CodeError(
            f"there is no program {named}",
            help="install it, or name it by its path from the project's root",
        )
    if not os.access(path, os.X_OK) or os.path.isdir(path):
        raise CodeError(
            f"{named} cannot be run: it is not executable",
            help=f"chmod +x {named}, or put its interpreter before it",
        )
    return Program(
        arguments=(path, *arguments[1:]),
        environment=environment,
        folder=kind.root,
        limits=call.limits,
    )


def told(call: Call, paths: Paths) -> dict[str, str]:
    """Return the variables that only this call's process has."""
    told = {
        "FRESHLINE_CONFIG": json.dumps(call.config),
        "FRESHLINE_MESSAGES": paths.messages,
        "FRESHLINE_SCRATCH": call.scratch,
    }
    told |= {f"FRESHLINE_INPUT_{_upper(name)}": path for name, path in paths.inputs.items()}
    told |= {
        f"FRESHLINE_OUTPUT_{_upper(name)}": path for name, path in paths.outputs.items() if name
    }
    if len(paths.outputs) == 1:
        told["FRESHLINE_OUTPUT"] = next(iter(paths.outputs.values()))
    return told | {f"FRESHLINE_{_upper(name)}": value for name, value in call.about.items()}


def filled(argument: str, call: Call, paths: Paths) -> str:
    """Return an argument with its placeholders filled in; other braces stay as they are.

    CodeError where a placeholder names what the call does not have.
    """

    def fill(found: re.Match[str]) -> str:
        kind, name = found[1], found[2]
        if kind == "config":
            return _configured(found[0], name, call.config)
        known = paths.inputs if kind == "input" else paths.outputs
        if name is None and len(known) == 1:
            return next(iter(known.values()))
        if name is None or name not in known:
            raise _unknown(found[0], name or "", list(known))
        return known[name]

    return _PLACEHOLDER.sub(fill, argument)


def _configured(placeholder: str, name: str | None, config: Mapping[str, object]) -> str:
    value: object = dict(config)
    for part in (name or "").split("."):
        there = _members(value)
        if part not in there:
            raise _unknown(placeholder, part, list(there))
        value = there[part]
    return value if isinstance(value, str) else json.dumps(value)


def _members(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _unknown(placeholder: str, name: str, known: list[str]) -> CodeError:
    close = closest(name, known)
    there = ", ".join(known) or "nothing"
    return CodeError(
        f"{placeholder} in the command stands for nothing",
        help=f'did you mean "{close[0]}"?' if close else f"there is: {there}",
    )


def _input(given: Given, folder: Path) -> str:
    """Return the path of an input: its file, or a folder with links to its files."""
    if given.missing or not given.files:
        return ""
    if len(given.files) == 1:
        return given.files[0]
    place = folder / given.name
    place.mkdir(exist_ok=True)
    for number, file in enumerate(given.files):
        link = place / f"{number:06}{Path(file).suffix}"
        if not link.is_symlink():
            link.symlink_to(file)
    return str(place)


def _exit_advice(code: int) -> str:
    match code:
        case 126:
            return "126 is what a shell says of a program that is not executable"
        case 127:
            return "127 is what a shell says of a program that is not there"
        case _ if code > 128:
            return f"a shell says {code} where signal {code - 128} ended what it ran"
        case _:
            return "its last lines are in the trace"


def _upper(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())
