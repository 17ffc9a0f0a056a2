"""A drawing as DOT text, for Graphviz and for whatever else reads it."""

from freshline_catalog.lineage_layout.drawing import Drawing
from freshline_catalog.lineage_layout.graph import Graph, Line, Node
from freshline_catalog.lineage_layout.lettering import plain
from freshline_catalog.lineage_layout.outline import outline

_STYLES = {Line.DIRECT: "", Line.INDIRECT: " [style=dotted]", Line.SENSOR: " [style=dashed]"}


def dot(graph: Graph, drawing: Drawing) -> str:
    """Return a directed graph from left to right; nodes show what they do in the picture.

    Columns are not drawn: what joins two nodes is one arrow. Raise ValueError where an edge has an
    end that is no node.
    """
    drawn = outline(graph)
    lines = ["digraph lineage {", "  rankdir=LR;", "  node [shape=box];"]
    for number, (group, members) in enumerate(drawn.boxes):
        lines += [f"  subgraph cluster_{number} {{"]
        lines += [f"    label={_text(drawing.box_face(group).label)};"]
        lines += [f"    {_node(node, drawing)}" for node in members]
        lines += ["  }"]
    lines += [f"  {_node(node, drawing)}" for node in drawn.loose]
    lines += [f"  {_text(u)} -> {_text(d)}{_STYLES[line]};" for u, d, line in drawn.arrows]
    return "\n".join([*lines, "}", ""])


def _node(node: Node, drawing: Drawing) -> str:
    face = drawing.face(node)
    label = _text(face.label)
    if face.words:
        label = f"{label[:-1]}\\n{_text(face.words)[1:]}"
    width = ", penwidth=3" if node.key in drawing.focus else ""
    return f"{_text(node.key)} [label={label}{width}];"


def _text(text: str) -> str:
    escaped = plain(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
