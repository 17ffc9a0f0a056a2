"""What the daemon asks of the world around it: where decisions are kept, what is seen, who runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from freshline.errors import Diagnostic
from freshline.events import Event
from freshline.lineage.graph import Graph
from freshline.operate.scene import Evaluated, Scene, Seen
from freshline.operate.telling import Telling
from freshline.ports import Clock, EventLog
from freshline.reconcile.facts import Facts
from freshline.reconcile.planned import Plan
from freshline.ticks import Automation

BUSY = 75  # the exit code of a run that somebody else kept from beginning: it may be begun again


class Ended(NamedTuple):
    """A run whose process is gone: its exit code, None where nobody knows, and what it said."""

    run: str
    code: int | None
    said: str


class Waiting(Protocol):
    """A process that was begun and does nothing before it is told its run."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...


class Processes(Protocol):
    """Who carries runs out, each in a process of its own that survives the daemon."""

    def waiting(self) -> Waiting:
        """Return a process that waits for its run; ResourceError where none can be begun."""
        ...

    def go(self, process: Waiting, run: str) -> None:
        """Tell a process its run: it looks up what was asked for, and does it."""
        ...

    def keep(self, process: Waiting) -> None:
        """Take a process back that was not needed after all."""
        ...

    def adopt(self, run: str, pid: int, since: float) -> None:
        """Attend to a run whose process an earlier daemon began at that time."""
        ...

    def ended(self) -> tuple[Ended, ...]:
        """Return the runs that have ended since this was asked last; at once."""
        ...

    def recover(self) -> None:
        """Have what dead runs left behind adopted or cleared away; nothing while that goes on."""
        ...

    def close(self) -> None:
        """Let go of whoever waits; runs that were begun go on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """The definitions in force: a graph, and what is wrong with the files that are there now.

    `is_old` says that these files could not be made a graph of: the one before is in force.
    """

    graph: Graph
    problems: tuple[Diagnostic, ...] = ()
    is_old: bool = False


class Definitions(Protocol):
    """Who notices changed files, and reads the project again."""

    def look(self) -> bool:
        """Notice what changed, as cheaply as is due; say whether something else is in force."""
        ...

    def again(self) -> None:
        """Read the project again though no file changed: something else would come of it."""
        ...

    @property
    def now(self) -> Defined | None:
        """The definitions in force; None as long as nothing could be read."""
        ...

    def patience(self) -> float:
        """Return the seconds until the next look may notice something that nobody tells of."""
        ...

    def close(self) -> None:
        """End the reading that is under way."""
        ...


def _never() -> bool:
    return False


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that the daemon of a project in an environment deals with.

    `pulse` moves when the catalog may have changed. `look` gives the plan of everything; `seen`
    what sensors wait for, given what happened; `stirs` says that there is an answer to what a look
    had asked, and `let_go` ends who was asked. `is_live` says whether the process of a run is
    there. `say` gets a line for people; `evaluate` decides. `telling` sees to what is done beside
    runs, where anybody does.
    """

    project: str
    environment: str
    events: EventLog
    automation: Automation
    clock: Clock
    pulse: Callable[[], int]
    definitions: Definitions
    processes: Processes
    look: Callable[[Graph], tuple[Plan, Facts]]
    seen: Callable[[Graph, Mapping[str, str], tuple[Event, ...]], Seen]
    evaluate: Callable[[Scene, Callable[[], str]], Evaluated]
    is_live: Callable[[str], bool]
    new_id: Callable[[], str]
    say: Callable[[str], None]
    stirs: Callable[[], bool] = _never
    let_go: Callable[[], None] = _nothing
    telling: Telling | None = None

    @property
    def scope(self) -> tuple[str, str]:
        """Project and environment."""
        return self.project, self.environment
