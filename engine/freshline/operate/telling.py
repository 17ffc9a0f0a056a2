"""Telling: what follows decisions. Incidents are brought up to date, and what is due is delivered.

Others' machines are slow: they are called in a thread of its own, and nobody waits for it.
"""

import threading
from collections.abc import Callable, Mapping

from freshline.acts import Acts, Change
from freshline.definitions import ProjectDefinition
from freshline.errors import FreshlineError
from freshline.lineage.graph import Graph
from freshline.operate import incidents
from freshline.operate.scene import Evaluated, Scene
from freshline.outgoing.delivering import Deliverer, Ways
from freshline.outgoing.ways import ways_of
from freshline.ports import Lease

_AFTER_TROUBLE = 5.0
_GRACE = 10.0


class Telling:
    """Tells for one environment, of the leader. Its methods are called by one thread."""

    def __init__(
        self,
        acts: Acts,
        environment: str,
        say: Callable[[str], None],
        ways: Callable[[ProjectDefinition], Ways] = ways_of,
    ) -> None:
        self._acts, self._environment, self._say, self._ways = acts, environment, say, ways
        self._declared: Graph | None = None
        self._owners: Mapping[str, str] = {}
        self._project: ProjectDefinition | None = None
        self._deliverer: Deliverer | None = None
        self._thread: threading.Thread | None = None
        self._again: float | None = 0.0
        self._is_moved = False

    def looked(
        self, leader: Lease, scene: Scene, evaluated: Evaluated, declared: Graph
    ) -> tuple[Change, ...]:
        """Bring incidents up to date with one look; return what changed.

        `declared` is the graph before the look set anything aside. FencedError when somebody else
        leads.
        """
        scope = (scene.facts.project, scene.facts.environment)
        known = self._acts.incidents(*scope, only_open=True)
        if declared is not self._declared:
            # Of what cannot be read any more, nobody says whose it is: whoever owned it last does.
            self._owners = {**self._owners, **incidents.owners_of(declared)}
            self._declared = declared
        changes = incidents.look(scene, evaluated, known, self._owners)
        if not changes:
            return ()
        kept = self._acts.change(leader, *scope, changes)
        for change in kept:
            if change.incident.closed is not None:
                self._say(f"{change.incident.cause} is well again")
            elif all(change.incident.id != each.id for each in known):
                self._say(f"{change.incident.cause} is in trouble: {change.incident.why}")
        self.moved()
        return kept

    def moved(self) -> None:
        """Look at the next call whether something is due: something in the catalog changed."""
        self._is_moved = True

    def forget(self, project: str, before: float) -> None:
        """Remove settled deliveries and closed incidents from before a moment."""
        self._acts.forget_acts(project, self._environment, before)

    def deliver_due(self, project: ProjectDefinition, now: float) -> None:
        """Begin to deliver what is due, and return at once; as long as that goes on, nothing."""
        if self._thread is not None and self._thread.is_alive():
            return
        due = self._again is not None and now >= self._again
        if not due and not self._is_moved:
            return
        self._is_moved = False
        if self._deliverer is None or project is not self._project:
            ways = self._ways(project)
            self._deliverer = Deliverer(self._acts, project, self._environment, ways)
            self._project = project
        arguments = (self._deliverer, now)
        self._thread = threading.Thread(
            target=self._deliver, args=arguments, name="freshline deliveries", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Wait for what is being delivered, but not for long; it would be delivered again."""
        if self._thread is not None:
            self._thread.join(_GRACE)

    def _deliver(self, deliverer: Deliverer, now: float) -> None:
        try:
            self._again = deliverer.deliver_due(now)
        except FreshlineError as error:  # a catalog that is busy, a disk that is full
            self._say(f"deliveries: {error.message}")
            self._again = now + _AFTER_TROUBLE
