"""What a picture says: the words, the state and the link of each node, beside where it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from freshline_catalog.lineage_layout.graph import Node, group_key


class State(StrEnum):
    """The colour of a node's bar; words beside it say the same."""

    FRESH = "fresh"
    STALE = "stale"
    FAILED = "failed"
    RUNNING = "running"
    NONE = "none"


class ChipState(StrEnum):
    """The colour of a node's chip."""

    PLAIN = "plain"
    WARNS = "warns"
    FAILS = "fails"


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What a node shows: its name, a line of words that begins with a glyph, a chip at the right.

    A `mark` is a few letters before the words. Without a `label` it shows its key; `title` is shown
    when the pointer rests on it, and is the key and the group where nothing is given. Without a
    `link` it is no link. Others than this project make what is `is_outside`.
    """

    label: str = ""
    words: str = ""
    state: State = State.NONE
    chip: str = ""
    chip_state: ChipState = ChipState.PLAIN
    link: str = ""
    title: str = ""
    is_outside: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What a picture says besides its layout: its `label`, a face for each key, what is in focus.

    The faces of groups, closed or drawn as boxes, are found under `group_key`.
    """

    label: str = "Lineage"
    faces: Mapping[str, Face] = field(default_factory=dict[str, Face])
    focus: frozenset[str] = frozenset()

    def face(self, node: Node) -> Face:
        """Return the face of a node, with words for what it does not say."""
        face = self.faces.get(node.key, Face())
        words = f"{node.members} assets" if node.members > 1 else "1 asset"
        named = f"{node.key}, group {node.group}" if node.group else node.key
        return Face(
            label=face.label or (node.group if node.members else node.key),
            words=face.words or (words if node.members else ""),
            state=face.state,
            chip=face.chip,
            chip_state=face.chip_state,
            link=face.link,
            title=face.title or (f"group {node.group}: {words}" if node.members else named),
            is_outside=face.is_outside,
            mark=face.mark,
        )

    def box_face(self, group: str) -> Face:
        """Return the face of a group that is drawn as a box."""
        face = self.faces.get(group_key(group), Face())
        return Face(label=face.label or group, link=face.link, title=face.title)
