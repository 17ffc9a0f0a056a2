"""What is laid out: nodes with their sizes, edges with their lines, groups open or closed.

Nothing here is about words or colours (see drawing): a layout hangs on the shape of the lineage
alone, so that it can be kept while statuses change.
"""

from dataclasses import dataclass
from enum import StrEnum

WIDTH, HEIGHT = 190, 44
ROW_HEIGHT = 18  # of a column listed in a node
ROWS_MARGIN = 8  # below the last of them


class Line(StrEnum):
    """How an edge is drawn, the most direct first: solid, dotted, dashed."""

    DIRECT = "direct"
    INDIRECT = "indirect"
    SENSOR = "sensor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A place in the lineage; `columns` are those to list in it, none as a rule.

    A closed group is a node too: then `members` says how many nodes it stands for, and `group` is
    its own name.
    """

    key: str
    group: str = ""
    columns: tuple[str, ...] = ()
    width: int = WIDTH
    members: int = 0

    @property
    def height(self) -> int:
        """The height in pixels, which is even."""
        rows = len(self.columns) * ROW_HEIGHT
        return HEIGHT + rows + (ROWS_MARGIN if rows else 0)

    def port(self, column: str) -> int:
        """Return how far below the middle of the node an edge of the column meets it.

        An edge of no column, or of one that is not listed, meets it in the middle.
        """
        if column not in self.columns:
            return 0
        row = self.columns.index(column)
        return HEIGHT + row * ROW_HEIGHT + ROW_HEIGHT // 2 - self.height // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A dependency of one node on another, or of a column of one on a column of another."""

    upstream: str
    downstream: str
    line: Line = Line.DIRECT
    from_column: str = ""
    to_column: str = ""
    is_masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What is laid out; the groups named in `closed` are drawn as one node each.

    With `boxes` the other groups are drawn around their nodes, which then stay together.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()
    closed: frozenset[str] = frozenset()
    boxes: bool = True


def group_key(group: str) -> str:
    """Return the key of the node that a closed group becomes; no asset has such a key."""
    return f"group:{group}"
