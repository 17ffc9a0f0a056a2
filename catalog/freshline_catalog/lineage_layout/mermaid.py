"""A drawing as Mermaid text, for READMEs and tickets that draw it themselves."""

from freshline_catalog.lineage_layout.drawing import Drawing
from freshline_catalog.lineage_layout.graph import Graph, Line, Node
from freshline_catalog.lineage_layout.lettering import plain
from freshline_catalog.lineage_layout.outline import outline

_ARROWS = {Line.DIRECT: "-->", Line.INDIRECT: "-.->", Line.SENSOR: "-.->"}
# What Mermaid reads as markup or as the end of a text.
_ESCAPES = str.maketrans({letter: f"#{ord(letter)};" for letter in '#"<>&`\\;[]{}|'})


def mermaid(graph: Graph, drawing: Drawing) -> str:
    """Return a flow chart from left to right; nodes show what they do in the picture.

    Columns are not drawn: what joins two nodes is one arrow. Raise ValueError where an edge has an
    end that is no node.
    """
    drawn = outline(graph)
    # A key may be a word of Mermaid's own, so nodes go by numbers.
    names = {node.key: f"n{number}" for number, node in enumerate(drawn.nodes)}
    lines = ["graph LR"]
    for number, (group, members) in enumerate(drawn.boxes):
        lines += [f'  subgraph g{number}["{_text(drawing.box_face(group).label)}"]']
        lines += [f"    {names[node.key]}{_node(node, drawing)}" for node in members]
        lines += ["  end"]
    lines += [f"  {names[node.key]}{_node(node, drawing)}" for node in drawn.loose]
    lines += [f"  {names[u]} {_ARROWS[line]} {names[d]}" for u, d, line in drawn.arrows]
    in_focus = [names[node.key] for node in drawn.nodes if node.key in drawing.focus]
    lines += [f"  style {name} stroke-width:3px" for name in in_focus]
    return "\n".join(lines) + "\n"


def _node(node: Node, drawing: Drawing) -> str:
    face = drawing.face(node)
    words = f"<br/>{_text(face.words)}" if face.words else ""
    return f'["{_text(face.label)}{words}"]'


def _text(text: str) -> str:
    return plain(text).translate(_ESCAPES)
