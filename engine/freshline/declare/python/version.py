"""The version of code: a hash of all that a result hangs on beside the inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from freshline.errors import Span


class EnvironmentRead(Protocol):
    """A place where code reads a process variable; its name is `*` where it is not constant."""

    @property
    def name(self) -> str:
        """The variable's name."""
        ...

    @property
    def span(self) -> Span:
        """Where it is read."""
        ...


class Reaching(Protocol):
    """What a function reaches in its project, as `freshline.declare.python.reached` finds it."""

    @property
    def text(self) -> str:
        """The normalised source of all of it."""
        ...

    @property
    def files(self) -> tuple[str, ...]:
        """The project's files that it comes from."""
        ...

    @property
    def env(self) -> tuple[EnvironmentRead, ...]:
        """The process variables that it reads."""
        ...

    @property
    def unsure(self) -> tuple[tuple[Span, str], ...]:
        """What could not be followed, and why."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What code runs among: the digest of what is installed for it, and the process's variables."""

    packages: str = ""
    process: Mapping[str, str] = field(default_factory=dict[str, str])
