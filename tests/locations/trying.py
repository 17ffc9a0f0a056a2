"""A project in a folder, workers for it, and calls of its functions, for the tests beside this."""

import itertools
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from freshline.calls import Call, Given, Line, Load, Returned, ToldFile, Wanted
from freshline.code import NO_LIMITS, Limits, Location
from freshline.errors import CodeError, FreshlineError
from freshline.locations.settings import Settings
from freshline.locations.workers import LocationWorkers

HASTY = Settings(cancel_grace=0.3, terminate_grace=0.3)
HERE = Location(name="main")
_NUMBERS = itertools.count()


@dataclass
class Outcome:
    """How a call ended: what it returned or raised, what it said, and after how many seconds."""

    returned: Returned | None = None
    error: FreshlineError | None = None
    lines: list[Line] = field(default_factory=list[Line])
    seconds: float = 0.0

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]

    @property
    def message(self) -> str:
        return "" if self.error is None else self.error.message

    @property
    def trace(self) -> str:
        return self.error.trace if isinstance(self.error, CodeError) else ""


class Project:
    """A project below a folder."""

    def __init__(self, root: Path, workers: LocationWorkers) -> None:
        self.root = root
        self.workers = workers

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def asset(self, body: str, *, head: str = "", name: str = "assets/m.py") -> None:
        """Write a file with one asset, `it`, whose function has this body."""
        imports = "import os, sys, time\nfrom freshline import asset, Context\n"
        code = textwrap.indent(textwrap.dedent(body), "    ")
        self.write(name, f"{imports}{textwrap.dedent(head)}\n@asset\ndef it():\n{code}\n")

    def load(self, *files: str, location: Location = HERE) -> tuple[ToldFile, ...]:
        return self.workers.load(Load(root=str(self.root), location=location, files=files))

    def call(
        self,
        function: str = "assets/m.py:it",
        *,
        limits: Limits = NO_LIMITS,
        timeout: float | None = None,
        location: Location = HERE,
        fresh: bool = False,
        tell: Callable[[Line], None] | None = None,
    ) -> Outcome:
        number = next(_NUMBERS)
        call = Call(
            id=f"call-{number}",
            root=str(self.root),
            location=location,
            scratch=self.scratch(),
            function=function,
            wanted=(Wanted("", "marts.it"),),
            limits=limits,
            timeout=timeout,
            fresh_process=fresh,
        )
        return self.run(call, tell)

    def command(
        self,
        *arguments: str,
        given: tuple[Given, ...] = (),
        wanted: tuple[Wanted, ...] = (Wanted("", "marts.it"),),
        limits: Limits = NO_LIMITS,
        timeout: float | None = None,
    ) -> Outcome:
        call = Call(
            id=f"call-{next(_NUMBERS)}",
            root=str(self.root),
            location=HERE,
            scratch=self.scratch(),
            command=arguments,
            given=given,
            wanted=wanted,
            config={"limit": 3, "name": "a b", "deep": {"x": [1]}},
            about={"asset": "marts.it", "run": "r1"},
            limits=limits,
            timeout=timeout,
        )
        return self.run(call)

    def run(self, call: Call, tell: Callable[[Line], None] | None = None) -> Outcome:
        outcome = Outcome()
        start = time.monotonic()
        try:
            outcome.returned = self.workers.call(call, tell or outcome.lines.append)
        except FreshlineError as error:
            outcome.error = error
        outcome.seconds = time.monotonic() - start
        return outcome

    def scratch(self) -> str:
        folder = self.root / ".freshline" / "scratch" / str(next(_NUMBERS))
        folder.mkdir(parents=True)
        return str(folder)


def processes_with(mark: str) -> list[int]:
    """Return the processes whose arguments or environment hold a text, but for zombies."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                seen = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            except OSError:
                continue
            if mark.encode() in seen:
                found.append(int(folder.name))
    return found
