"""Pictures remembered: a part of the lineage that was drawn before is drawn as it was.

Kept in the memory of the server, not on disk: a page that is read writes nothing, and what is lost
with the process is no more than how nodes of one layer are ordered.
"""

import threading
from collections.abc import Hashable, Mapping

from freshline_catalog.lineage_layout.graph import Graph
from freshline_catalog.lineage_layout.layout import Layout, layout

_MOST = 64  # pictures
_MOST_NODES = 8_000  # in all of them


class Remembered:
    """The last pictures; any thread may ask."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Hashable, Hashable], tuple[Graph, Layout]] = {}
        self._last: dict[Hashable, Mapping[str, int]] = {}
        self._lock = threading.Lock()

    def layout(self, scene: Hashable, guise: Hashable, graph: Graph) -> Layout:
        """Return the layout of a graph, as near as can be to how its scene was drawn before.

        `guise` is what people may do to one scene, such as closing groups: in another guise nodes
        keep their order too, and in the same one a graph that is the same is drawn the same.
        """
        with self._lock:
            kept = self._kept.get((scene, guise))
            if kept is not None and kept[0] == graph:
                self._kept[scene, guise] = self._kept.pop((scene, guise))
                return kept[1]
            before = kept[1].anchors if kept is not None else self._last.get(scene)
        made = layout(graph, before)
        with self._lock:
            self._kept.pop((scene, guise), None)
            self._kept[scene, guise] = (graph, made)
            self._last.pop(scene, None)
            self._last[scene] = made.anchors
            self._forget()
        return made

    def _forget(self) -> None:
        """Forget the oldest pictures, as many as it takes; the newest stays."""
        count = sum(len(graph.nodes) for graph, _ in self._kept.values())
        while len(self._kept) > 1 and (len(self._kept) > _MOST or count > _MOST_NODES):
            graph, _ = self._kept.pop(next(iter(self._kept)))
            count -= len(graph.nodes)
        while len(self._last) > _MOST:
            self._last.pop(next(iter(self._last)))
