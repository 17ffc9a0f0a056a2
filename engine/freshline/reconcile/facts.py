"""Facts: one look at the world, as a value. All that a verdict may ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from freshline.keys import Target
from freshline.lineage.graph import Graph
from freshline.ports import Inspection
from freshline.state import Observation, Pause, Pin, State
from freshline.versions import Build, Logic, Window


class Slice(NamedTuple):
    """An asset as one window shows it: whether its logic differs there from its current build's.

    `inputs` are the windows through which what is shown hangs on what the asset reads.
    """

    changed: bool
    inputs: tuple[tuple[str, Window], ...] = ()


# The columns of a new version in their order, each with its name in the version before.
Layout = tuple[tuple[str, str], ...]


class Relaid(NamedTuple):
    """How an asset's columns are those of its current build, and of what it reads under new names.

    That is so if each input in `below` has the rows that the build read, in the layout given there,
    and each other input the rows that the build read.
    """

    columns: Layout
    below: tuple[tuple[str, Layout], ...] = ()


class Slices(Protocol):
    """What queries show of each other. Equal questions get equal answers; None is: nobody knows."""

    def alike(self, key: str) -> bool:
        """Say whether an asset's current build was made by what is the same query as now."""
        ...

    def through(self, key: str, window: Window) -> Slice | None:
        """Return an asset that has a current build as it is seen through a window."""
        ...

    def relaid(self, key: str) -> Relaid | None:
        """Return how an asset's columns are those of its current build dropped, moved or renamed.

        None where they are not, or where that cannot be proven.
        """
        ...


class _Nothing:
    """Knows of no query what it shows."""

    def alike(self, key: str) -> bool:
        return False

    def through(self, key: str, window: Window) -> Slice | None:
        return None

    def relaid(self, key: str) -> Relaid | None:
        return None


NO_SLICES: Slices = _Nothing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One look at the world: all that a verdict may ask.

    `builds` holds the current build of each target, which for a target published but not yet
    recorded is the storage's word; `logic` and `history` may leave out what no verdict needs.
    `pins` are those in force now, and `now` is when that was. `renames` are the new keys that are
    not written down yet, each with the key it takes over from: all else is told under the new ones.
    `former` leads from keys that were to those that are.
    """

    graph: Graph
    state: State
    project: str
    environment: str
    builds: Mapping[str, Build]
    inspections: Mapping[str, Inspection]
    sources: Mapping[str, Observation]
    logic: Mapping[str, Logic] = field(default_factory=dict[str, Logic])
    history: Mapping[str, tuple[Build, ...]] = field(default_factory=dict[str, tuple[Build, ...]])
    pins: Mapping[str, Pin] = field(default_factory=dict[str, Pin])
    pauses: Mapping[str, Pause] = field(default_factory=dict[str, Pause])
    slices: Slices = NO_SLICES
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    former: Mapping[str, str] = field(default_factory=dict[str, str])
    now: float = 0.0

    def target(self, key: str) -> Target:
        """Return the address of an asset's state in this environment."""
        return Target(self.project, self.environment, key)
