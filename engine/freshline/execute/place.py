"""A place: where an apply works, and what it finds there."""

from dataclasses import dataclass
from pathlib import Path

from freshline.execute.setting import Relearn, nothing_learns
from freshline.keys import Target
from freshline.lineage.graph import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an apply works: a compiled project, an environment of it, its file of views.

    `logs` is the folder for the logs of runs; without one none are written. `relearn` compiles the
    project again with these columns of what code makes.
    """

    graph: Graph
    root: Path
    environment: str
    views: Path | None = None
    logs: Path | None = None
    relearn: Relearn = nothing_learns

    def target(self, key: str) -> Target:
        """Return the address of an asset's state here."""
        return Target(self.graph.project.name, self.environment, key)
