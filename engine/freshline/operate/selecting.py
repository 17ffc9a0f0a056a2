"""Selections as schedules and sensors name them: resolved on a graph, without asking storages."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from freshline.errors import UsageError
from freshline.lineage.graph import Graph, reach
from freshline.lineage.selection import Selectable, parse, resolve
from freshline.lineage.subjects import subject_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The assets that a selection means, or why that cannot be said."""

    keys: frozenset[str] = frozenset()
    error: str = ""


class Selecting:
    """A graph as selections ask of it; each is resolved once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._subject: Selectable | None = None
        self._chosen: dict[str, Chosen] = {}
        self._needs: Mapping[str, tuple[str, ...]] | None = None
        self._needed: dict[str, frozenset[str]] = {}

    def chosen(self, text: str) -> Chosen:
        """Return the assets that a selection means; an empty one means all of them."""
        if text not in self._chosen:
            self._chosen[text] = self._resolve(text)
        return self._chosen[text]

    def needed(self, text: str) -> frozenset[str]:
        """Return the assets that a selection means, and all that these need."""
        if self._needs is None:
            self._needs = {key: asset.needs for key, asset in self.graph.assets.items()}
        if text not in self._needed:
            self._needed[text] = reach(self.chosen(text).keys, self._needs)
        return self._needed[text]

    def _resolve(self, text: str) -> Chosen:
        if not text.strip():
            return Chosen(keys=frozenset(self.graph.assets))
        if self._subject is None:
            self._subject = subject_of(self.graph)
        try:
            found = resolve(parse(text), self._subject)
        except UsageError as error:
            return Chosen(error=error.message.partition("\n")[0])
        return Chosen(keys=found & self.graph.assets.keys())


@lru_cache(maxsize=8)
def _of(graph: "_Same") -> Selecting:
    return Selecting(graph.graph)


def selecting(graph: Graph) -> Selecting:
    """Return how selections ask of a graph; the same as long as it is the same graph."""
    return _of(_Same(graph))


class _Same:
    """A graph that is told apart by being the very one."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.graph is self.graph

    def __hash__(self) -> int:
        return id(self.graph)
