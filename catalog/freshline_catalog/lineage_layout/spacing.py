"""How much room things need beside and below each other, in pixels."""

from freshline_catalog.lineage_layout.proper import FREE, Proper

MARGIN = 16  # around the picture
BETWEEN_NODES = 20
BETWEEN_LANES = 12
BOX_PADDING = 12  # beside and below what is in a box
BOX_HEAD = 32  # above it, where its name stands
BETWEEN_BOXES = 20


def distance(proper: Proper, upper: int, lower: int) -> int:
    """Return how far apart the middles of two vertices are that follow each other in a layer."""
    count = len(proper.nodes)
    halves = (proper.height(upper) + proper.height(lower)) // 2
    one, other = proper.groups[upper], proper.groups[lower]
    if one == other:
        is_lane = upper >= count or lower >= count
        return halves + (BETWEEN_LANES if is_lane else BETWEEN_NODES)
    return halves + BETWEEN_BOXES + below(one) + above(other)


def above(group: int) -> int:
    """Return the room between the upper edge of a group's box and what is in it."""
    return 0 if group == FREE else BOX_HEAD


def below(group: int) -> int:
    """Return the room between what is in a group's box and its lower edge."""
    return 0 if group == FREE else BOX_PADDING
